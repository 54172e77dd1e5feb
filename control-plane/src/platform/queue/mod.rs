//! The queue between accepting work and doing it. `Queue` is the seam: here it is kept in the
//! memory of this process, and the database is what survives a crash; a shared queue for several
//! replicas can take its place.

mod schedule;

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use tokio::sync::Notify;

use super::ids::{RunId, SubmissionId, UserId, ValidationId};
pub use schedule::Rules;
use schedule::Schedule;

/// For how long sandboxes that went away are still counted on when new work is accepted: a runner
/// that is being restarted comes back.
const PATIENCE: Duration = Duration::from_secs(30);

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Job {
    /// A program to run.
    Run(RunId),
    /// A program to grade.
    Submission(SubmissionId),
    /// A program to grade again, which nobody waits for.
    Rejudge(SubmissionId),
    /// An author's program to try the tests of a problem with.
    Validation(ValidationId),
}

/// How urgent it is, the most urgent last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// A submission that is graded again: only when nothing else could be done.
    Rejudge,
    /// A program of a problem's author.
    Validation,
    /// A run in the playground.
    Run,
    /// An ordinary submission.
    Submission,
    /// A submission in a contest.
    Contest,
}

/// The two lines in which jobs wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Programs to run.
    Runs,
    /// Programs to grade.
    Submissions,
}

impl Priority {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 5] = [
        Self::Contest,
        Self::Submission,
        Self::Run,
        Self::Validation,
        Self::Rejudge,
    ];

    /// The line in which it waits.
    pub fn lane(self) -> Lane {
        match self {
            Self::Run => Lane::Runs,
            Self::Submission | Self::Contest | Self::Validation | Self::Rejudge => {
                Lane::Submissions
            }
        }
    }
}

/// Asks for one sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// Whose.
    pub job: Job,
    /// 0 for the start of the job; a submission counts its further batches of tests from 1.
    pub step: u32,
    /// How urgent it is.
    pub priority: Priority,
    /// Who asked.
    pub user: UserId,
    /// Its place in the line; given by the queue, and kept by tickets that follow.
    pub order: Option<u64>,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// 1 is next.
    pub position: u32,
    /// How long it will probably wait.
    pub estimate: Duration,
}

/// The queue takes no more for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// When to come back.
    pub retry_after: Duration,
}

/// How long the queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Runs that wait to start.
    pub queued_runs: usize,
    /// Submissions that wait to start.
    pub queued_submissions: usize,
    /// Sandboxes in use.
    pub running: usize,
    /// Sandboxes in all.
    pub capacity: usize,
    /// How long a run that comes now will probably wait.
    pub estimated_wait: Duration,
}

/// A queue of tickets.
pub trait Queue: Send + Sync {
    /// Whether a new job would be accepted. Asked before it is stored.
    fn admit(&self, lane: Lane) -> Result<(), Refusal>;
    /// Adds a ticket of an accepted job, and returns it with its place in the line.
    fn push(&self, ticket: Ticket) -> Ticket;
    /// Waits for the next ticket that may have a sandbox.
    fn pop(&self) -> BoxFuture<'_, Ticket>;
    /// Takes up to `most` further sandboxes for a ticket that `pop` gave, if nobody waits for them;
    /// says how many.
    fn widen(&self, ticket: &Ticket, most: usize) -> usize;
    /// Gives back that many of the further sandboxes.
    fn narrow(&self, ticket: &Ticket, count: usize);
    /// Gives back what `pop` gave, and says for how long sandboxes were used, all in all.
    fn done(&self, ticket: &Ticket, held: Duration);
    /// Takes a job's waiting tickets away; says how many there were.
    fn remove(&self, job: Job) -> usize;
    /// Where a waiting job stands; none when it doesn't wait.
    fn position(&self, job: Job) -> Option<Wait>;
    /// How long the queue is.
    fn stats(&self) -> Stats;
    /// How many sandboxes there are now.
    fn set_capacity(&self, capacity: usize);
    /// Starts no more jobs; what waits stays stored. Jobs that have begun get their further
    /// tickets.
    fn close(&self);
}

/// A queue in the memory of this process.
#[derive(Debug)]
pub struct LocalQueue {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    schedule: Schedule,
    /// The sandboxes that were there last, and when.
    last_capacity: Option<(usize, Instant)>,
}

impl LocalQueue {
    /// An empty queue.
    pub fn new(rules: Rules) -> Self {
        let schedule = Schedule::new(rules);
        let state = State {
            schedule,
            last_capacity: None,
        };
        Self {
            state: Mutex::new(state),
            changed: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nobody panics while holding the queue")
    }
}

impl Queue for LocalQueue {
    fn admit(&self, lane: Lane) -> Result<(), Refusal> {
        let state = self.state();
        let lately = state
            .last_capacity
            .filter(|(_, when)| when.elapsed() < PATIENCE);
        let capacity = lately.map_or(0, |(capacity, _)| capacity);
        state.schedule.admit(lane, capacity)
    }

    fn push(&self, ticket: Ticket) -> Ticket {
        let ticket = self.state().schedule.push(ticket);
        self.changed.notify_one();
        ticket
    }

    fn pop(&self) -> BoxFuture<'_, Ticket> {
        Box::pin(async {
            loop {
                if let Some(ticket) = self.state().schedule.next() {
                    return ticket;
                }
                // A change since the look above has left a permit, so that none is missed.
                self.changed.notified().await;
            }
        })
    }

    fn widen(&self, ticket: &Ticket, most: usize) -> usize {
        self.state().schedule.widen(ticket, most)
    }

    fn narrow(&self, ticket: &Ticket, count: usize) {
        self.state().schedule.narrow(ticket, count);
        self.changed.notify_one();
    }

    fn done(&self, ticket: &Ticket, held: Duration) {
        self.state().schedule.done(ticket, held);
        self.changed.notify_one();
    }

    fn remove(&self, job: Job) -> usize {
        self.state().schedule.remove(job)
    }

    fn position(&self, job: Job) -> Option<Wait> {
        self.state().schedule.position(job)
    }

    fn stats(&self) -> Stats {
        self.state().schedule.stats()
    }

    fn set_capacity(&self, capacity: usize) {
        let mut state = self.state();
        state.schedule.set_capacity(capacity);
        if capacity > 0 {
            state.last_capacity = Some((capacity, Instant::now()));
        }
        drop(state);
        self.changed.notify_one();
    }

    fn close(&self) {
        self.state().schedule.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket() -> Ticket {
        let job = Job::Run(RunId::new());
        Ticket {
            job,
            step: 0,
            priority: Priority::Run,
            user: UserId::new(),
            order: None,
        }
    }

    #[tokio::test]
    async fn tickets_wait_for_capacity_and_for_each_other() {
        let queue = LocalQueue::new(Rules {
            length: None,
            wait: None,
            user_share: 1.0,
        });
        let (first, second) = (queue.push(ticket()), queue.push(ticket()));
        let soon = Duration::from_millis(20);
        assert!(
            tokio::time::timeout(soon, queue.pop()).await.is_err(),
            "no sandbox yet"
        );
        queue.set_capacity(1);
        assert_eq!(queue.pop().await, first);
        assert!(
            tokio::time::timeout(soon, queue.pop()).await.is_err(),
            "the only one is in use"
        );
        let (popped, ()) = tokio::join!(queue.pop(), async { queue.done(&first, soon) });
        assert_eq!(popped, second);
        queue.done(&second, soon);
        queue.close();
        let new = queue.push(ticket());
        assert!(
            tokio::time::timeout(soon, queue.pop()).await.is_err(),
            "no job starts any more"
        );
        let further = queue.push(Ticket { step: 1, ..new });
        assert_eq!(queue.pop().await, further);
    }

    #[test]
    fn work_is_accepted_while_a_runner_is_being_restarted() {
        let wait = Some(Duration::from_secs(5));
        let queue = LocalQueue::new(Rules {
            length: Some(10),
            wait,
            user_share: 1.0,
        });
        assert!(queue.admit(Lane::Runs).is_err(), "there never was a runner");
        queue.set_capacity(2);
        queue.set_capacity(0);
        assert_eq!(queue.admit(Lane::Runs), Ok(()));
    }
}
