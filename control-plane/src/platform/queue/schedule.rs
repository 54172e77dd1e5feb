//! Who is next: the rules of the queue as a plain value, without threads or clocks.
//!
//! - A *ticket* asks for one sandbox. A run has one ticket; a submission has one for its start,
//!   and one for each further batch of its tests. Whoever can use more than one sandbox at a time
//!   may take further ones with its turn, as long as nobody waits for them.
//! - Priorities take turns by weight (contest 8, submission 4, run 2, validation 1): a higher one gets more
//!   turns, and none starves (stride scheduling, Waldspurger and Weihl 1995).
//! - What is graded again comes after everything else: it has a turn only when nothing else may
//!   run, and counts neither for the length of the queue nor for anybody's wait.
//! - Within a priority the user who holds the fewest sandboxes is next, then the oldest ticket.
//! - Nobody holds more than a share of all sandboxes, and submissions leave a quarter of them to
//!   runs, because a test may take three times as long as a run.

use std::collections::HashMap;
use std::time::Duration;

use super::{Job, Lane, Priority, Refusal, Stats, Ticket, Wait};

/// Shared by the weights of all priorities.
const STRIDE: u64 = 840;
/// What a sandbox is probably held for, before anything was measured.
const FIRST_GUESS: Duration = Duration::from_millis(500);

/// What bounds the queue.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Most jobs that wait; none for no limit.
    pub length: Option<usize>,
    /// Longest estimated wait that a new run is accepted with; none for no limit.
    pub wait: Option<Duration>,
    /// The part of all sandboxes that one user may hold, over 0 up to 1. One is always allowed.
    pub user_share: f64,
}

/// The waiting tickets and the sandboxes that are held.
#[derive(Debug)]
pub struct Schedule {
    rules: Rules,
    capacity: usize,
    closed: bool,
    waiting: Vec<Waiting>,
    next_order: u64,
    held: usize,
    held_by_lane: [usize; 2],
    held_by_user: HashMap<crate::platform::ids::UserId, usize>,
    turns: [u64; Priority::ALL.len()],
    last_turn: u64,
    hold_time: [Duration; 2],
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    ticket: Ticket,
    order: u64,
}

fn weight(priority: Priority) -> u64 {
    match priority {
        Priority::Contest => 8,
        Priority::Submission => 4,
        Priority::Run => 2,
        Priority::Validation | Priority::Rejudge => 1,
    }
}

impl Schedule {
    /// Empty, without any sandbox.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            capacity: 0,
            closed: false,
            waiting: Vec::new(),
            next_order: 0,
            held: 0,
            held_by_lane: [0; 2],
            held_by_user: HashMap::new(),
            turns: [0; Priority::ALL.len()],
            last_turn: 0,
            hold_time: [FIRST_GUESS; 2],
        }
    }

    /// How many sandboxes there are now.
    pub fn set_capacity(&mut self, capacity: usize) {
        self.capacity = capacity;
    }

    /// Starts no more jobs.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// Whether a new job of this lane would be accepted when `capacity` sandboxes are counted on.
    pub fn admit(&self, lane: Lane, capacity: usize) -> Result<(), Refusal> {
        let wait = self.wait_behind(self.ordinary().count(), lane, capacity);
        let too_many = self
            .rules
            .length
            .is_some_and(|length| self.jobs() >= length);
        let too_long = self.rules.wait.is_some_and(|limit| wait > limit);
        if too_many || too_long || (capacity == 0 && self.rules.wait.is_some()) {
            let retry_after = wait.clamp(Duration::from_secs(1), Duration::from_secs(60));
            return Err(Refusal { retry_after });
        }
        Ok(())
    }

    /// Adds a ticket. One with the order of an earlier ticket takes its place in the line.
    pub fn push(&mut self, mut ticket: Ticket) -> Ticket {
        let order = *ticket.order.get_or_insert(self.next_order);
        self.next_order = self.next_order.max(order) + 1;
        let priority = ticket.priority;
        if !self
            .waiting
            .iter()
            .any(|waiting| waiting.ticket.priority == priority)
        {
            // Whoever comes back from idleness has saved up no turns.
            let turn = &mut self.turns[priority as usize];
            *turn = (*turn).max(self.last_turn);
        }
        self.waiting.push(Waiting { ticket, order });
        ticket
    }

    /// Takes the next ticket and a sandbox for it; none when nothing may run now.
    pub fn next(&mut self) -> Option<Ticket> {
        if self.held >= self.capacity {
            return None;
        }
        let candidates = Priority::ALL.into_iter().filter_map(|priority| {
            self.first_of(priority)
                .map(|index| (self.turns[priority as usize], priority, index))
        });
        // Of equal turns the higher priority, which comes first in ALL.
        let is_last = |priority| priority == Priority::Rejudge;
        let (turn, priority, index) =
            candidates.min_by_key(|(turn, priority, _)| (is_last(*priority), *turn))?;
        if !is_last(priority) {
            self.last_turn = turn;
            self.turns[priority as usize] = turn + STRIDE / weight(priority);
        }
        let ticket = self.waiting.remove(index).ticket;
        self.hold(&ticket, 1);
        Some(ticket)
    }

    /// Takes up to `most` further sandboxes for a ticket that has one, within the same limits; says
    /// how many. None while a ticket waits that may have one.
    pub fn widen(&mut self, ticket: &Ticket, most: usize) -> usize {
        let wanted_by_others = |priority| {
            (priority != Priority::Rejudge || ticket.priority == Priority::Rejudge)
                && self.first_of(priority).is_some()
        };
        if Priority::ALL.into_iter().any(wanted_by_others) {
            return 0;
        }
        let lane = ticket.priority.lane();
        let held_by_user = self.held_by_user.get(&ticket.user).copied().unwrap_or(0);
        let taken = most
            .min(self.capacity.saturating_sub(self.held))
            .min(
                self.lane_limit(lane)
                    .saturating_sub(self.held_by_lane[lane as usize]),
            )
            .min(self.user_limit().saturating_sub(held_by_user));
        self.hold(ticket, taken);
        // Each of them is a turn that somebody else will not have.
        self.turns[ticket.priority as usize] += STRIDE / weight(ticket.priority) * taken as u64;
        taken
    }

    /// Gives back what `widen` took, or a part of it.
    pub fn narrow(&mut self, ticket: &Ticket, count: usize) {
        let lane = ticket.priority.lane() as usize;
        self.held = self.held.saturating_sub(count);
        self.held_by_lane[lane] = self.held_by_lane[lane].saturating_sub(count);
        if let Some(held) = self.held_by_user.get_mut(&ticket.user) {
            *held = held.saturating_sub(count);
            if *held == 0 {
                self.held_by_user.remove(&ticket.user);
            }
        }
    }

    /// Gives a ticket's sandbox back; `held` says how long it had one, or how long all of its
    /// sandboxes together.
    pub fn done(&mut self, ticket: &Ticket, held: Duration) {
        self.narrow(ticket, 1);
        let lane = ticket.priority.lane() as usize;
        self.hold_time[lane] = (self.hold_time[lane] * 7 + held) / 8;
    }

    fn hold(&mut self, ticket: &Ticket, count: usize) {
        self.held += count;
        self.held_by_lane[ticket.priority.lane() as usize] += count;
        *self.held_by_user.entry(ticket.user).or_default() += count;
    }

    /// Takes all waiting tickets of a job away; says how many there were.
    pub fn remove(&mut self, job: Job) -> usize {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| waiting.ticket.job != job);
        before - self.waiting.len()
    }

    /// Where a waiting job stands among those of its lane.
    pub fn position(&self, job: Job) -> Option<Wait> {
        let own = self
            .waiting
            .iter()
            .find(|waiting| waiting.ticket.job == job)?;
        let lane = own.ticket.priority.lane();
        let before = |waiting: &&Waiting| {
            let other = waiting.ticket.priority;
            other.lane() == lane
                && (other > own.ticket.priority
                    || (other == own.ticket.priority && waiting.order < own.order))
        };
        let ahead = self.waiting.iter().filter(before).count();
        let wait = self.wait_behind(ahead, lane, self.capacity);
        Some(Wait {
            position: u32::try_from(ahead + 1).unwrap_or(u32::MAX),
            estimate: wait,
        })
    }

    /// How long the queue is.
    pub fn stats(&self) -> Stats {
        let jobs_of = |lane| {
            let starts = self.ordinary().filter(|waiting| waiting.ticket.step == 0);
            starts
                .filter(|waiting| waiting.ticket.priority.lane() == lane)
                .count()
        };
        Stats {
            queued_runs: jobs_of(Lane::Runs),
            queued_submissions: jobs_of(Lane::Submissions),
            running: self.held,
            capacity: self.capacity,
            estimated_wait: self.wait_behind(self.ordinary().count(), Lane::Runs, self.capacity),
        }
    }

    /// All that somebody waits for.
    fn ordinary(&self) -> impl Iterator<Item = &Waiting> {
        self.waiting
            .iter()
            .filter(|waiting| waiting.ticket.priority != Priority::Rejudge)
    }

    fn jobs(&self) -> usize {
        self.ordinary()
            .filter(|waiting| waiting.ticket.step == 0)
            .count()
    }

    /// The ticket of this priority whose turn it is, of those that may run now.
    fn first_of(&self, priority: Priority) -> Option<usize> {
        let lane = priority.lane();
        if self.held_by_lane[lane as usize] >= self.lane_limit(lane) {
            return None;
        }
        let held_by = |ticket: &Ticket| self.held_by_user.get(&ticket.user).copied().unwrap_or(0);
        let limit = self.user_limit();
        let waiting = self.waiting.iter().enumerate();
        waiting
            .filter(|(_, waiting)| waiting.ticket.priority == priority)
            .filter(|(_, waiting)| !self.closed || waiting.ticket.step > 0)
            .filter(|(_, waiting)| held_by(&waiting.ticket) < limit)
            .min_by_key(|(_, waiting)| (held_by(&waiting.ticket), waiting.order))
            .map(|(index, _)| index)
    }

    fn lane_limit(&self, lane: Lane) -> usize {
        match lane {
            Lane::Runs => self.capacity,
            Lane::Submissions => self.capacity - self.capacity / 4,
        }
    }

    fn user_limit(&self) -> usize {
        ((self.capacity as f64 * self.rules.user_share).ceil() as usize).max(1)
    }

    /// How long somebody waits with that many tickets ahead. Nothing while a sandbox is free.
    fn wait_behind(&self, ahead: usize, lane: Lane, capacity: usize) -> Duration {
        if ahead == 0 && self.held < capacity {
            return Duration::ZERO;
        }
        let rounds = (ahead + 1) as f64 / capacity.max(1) as f64;
        self.hold_time[lane as usize].mul_f64(rounds)
    }
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
