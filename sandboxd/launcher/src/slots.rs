//! All slots of a launcher: which state each is in, which profile and which run it has, what to wait for.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use sandboxd_sandbox::slot::Begun;
use sandboxd_sandbox::{Ends, KernelLimits, Profile, Sandbox, Slot};

/// A run that waits for its slot to be ready.
#[derive(Debug, Clone)]
pub struct Order {
    /// Its number.
    pub run: u64,
    /// Its limits.
    pub limits: KernelLimits,
}

/// What happens in an open slot.
#[derive(Debug)]
pub enum Phase {
    /// The keeper builds it.
    Opening,
    /// The keeper is ready; the zygote is not there yet.
    Joining,
    /// Nothing: a sandbox can be made.
    Free,
    /// The keeper makes a sandbox.
    Making {
        /// For which run.
        run: u64,
        /// The launcher's part of it.
        begun: Begun,
        /// The daemon's part of it.
        ends: Ends,
    },
    /// A sandbox lives.
    Taken {
        /// Its run.
        run: u64,
        /// It.
        sandbox: Sandbox,
        /// Its memory alarm has gone off and needs no more watching.
        alarmed: bool,
    },
    /// The sandbox has ended; its files are being collected.
    Collecting {
        /// Its run.
        run: u64,
        /// The collector, once there is one.
        collector: Option<OwnedFd>,
    },
}

/// An open slot.
#[derive(Debug)]
pub struct Place {
    /// The slot.
    pub slot: Slot,
    /// What happens in it.
    pub phase: Phase,
    /// The run that waits for it to be ready.
    pub waiting: Option<Order>,
    /// Its run is to be killed as soon as it is there.
    pub doomed: bool,
    /// What its interpreters have.
    pub profile: Profile,
    /// Which of the profile's templates its zygote comes from.
    pub generation: u64,
}

impl Place {
    /// Whether it waits for a copy of this profile's template.
    pub fn joins(&self, profile: Profile) -> bool {
        self.profile == profile && matches!(self.phase, Phase::Joining)
    }

    /// The run in it, or the one that waits for it.
    pub fn run(&self) -> Option<u64> {
        match &self.phase {
            Phase::Making { run, .. }
            | Phase::Taken { run, .. }
            | Phase::Collecting { run, .. } => Some(*run),
            Phase::Opening | Phase::Joining | Phase::Free => {
                self.waiting.as_ref().map(|order| order.run)
            }
        }
    }

    /// Whether files are being collected in it.
    pub fn is_collecting(&self) -> bool {
        matches!(self.phase, Phase::Collecting { .. })
    }
}

/// What became readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// A slot's keeper said something.
    Keeper(usize),
    /// A slot's sandbox ended.
    Ended(usize),
    /// A slot's collector ended.
    Collected(usize),
    /// A slot is out of memory.
    MemoryAlarm(usize),
    /// Everything in a retired slot is dead.
    Dead(usize),
}

/// All slots. Invariant: a run is in one slot at most.
#[derive(Debug)]
pub struct Slots {
    places: Vec<Option<Place>>,
    /// Retired ones whose processes are still dying, which can take the kernel half a second.
    dying: Vec<(usize, Slot)>,
    /// Free slots and their profiles, the one that was free longest first.
    free: VecDeque<(usize, Profile)>,
    highest_run: Option<u64>,
}

/// Why a run gets no slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoSlot {
    /// All slots are taken.
    #[error("all slots are taken")]
    Full,
    /// Run numbers only rise.
    #[error("this run number was used before")]
    Repeated,
}

/// Where a new run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Into this slot, which is free.
    Free(usize),
    /// Into this one, which must be opened.
    Closed(usize),
    /// Into this one, which is free, but of another profile: it must be closed and opened.
    OfAnother(usize),
}

impl Slots {
    /// `count` slots, all closed.
    pub fn new(count: u32) -> Self {
        Self {
            places: (0..count).map(|_| None).collect(),
            dying: Vec::new(),
            free: VecDeque::new(),
            highest_run: None,
        }
    }

    /// Finds a slot for a new run of a profile: a free one of the profile, else a closed one, else a free one of
    /// another profile.
    ///
    /// # Errors
    /// When there is none, or the run number is not new.
    pub fn choose(&mut self, run: u64, wanted: Profile) -> Result<Choice, NoSlot> {
        if self.highest_run.is_some_and(|highest| run <= highest) {
            return Err(NoSlot::Repeated);
        }
        let closed = |index: &usize| self.places[*index].is_none();
        let empty = |index: &usize| !self.dying.iter().any(|(dying, _)| dying == index);
        let mut all = 0..self.places.len();
        let closed = all
            .clone()
            .find(|index| closed(index) && empty(index))
            .or_else(|| all.find(closed));
        let choice = pick(&mut self.free, closed, wanted).ok_or(NoSlot::Full)?;
        self.highest_run = Some(run);
        Ok(choice)
    }

    /// Puts an opened slot into its place, in which nothing is dying.
    pub fn open(&mut self, index: usize, place: Place) {
        self.places[index] = Some(place);
    }

    /// An open slot.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut Place> {
        self.places.get_mut(index)?.as_mut()
    }

    /// The slot of a run.
    pub fn of_run(&mut self, run: u64) -> Option<&mut Place> {
        self.places
            .iter_mut()
            .flatten()
            .find(|place| place.run() == Some(run))
    }

    /// All open slots of a profile.
    pub fn of_profile(&self, profile: Profile) -> Vec<usize> {
        let is_of_it =
            |place: &Option<Place>| place.as_ref().is_some_and(|place| place.profile == profile);
        (0..self.places.len())
            .filter(|index| is_of_it(&self.places[*index]))
            .collect()
    }

    /// Takes a slot out of its place, which is closed when the slot is dropped.
    pub fn close(&mut self, index: usize) -> Option<Place> {
        self.free.retain(|(free, _)| *free != index);
        self.places.get_mut(index)?.take()
    }

    /// Closes a slot in which no run is, without waiting for its last process; see [`Watch::Dead`].
    pub fn retire(&mut self, index: usize) {
        if let Some(place) = self.close(index) {
            place.slot.end();
            self.dying.push((index, place.slot));
        }
    }

    /// Forgets a retired slot, of which nothing is left then. Waits for its last process.
    pub fn bury(&mut self, index: usize) {
        self.dying.retain(|(dying, _)| *dying != index);
    }

    /// Marks a slot as free.
    pub fn set_free(&mut self, index: usize) {
        if let Some(place) = self.get_mut(index) {
            place.phase = Phase::Free;
            place.doomed = false;
            let profile = place.profile;
            self.free.push_back((index, profile));
        }
    }

    /// What to wait for.
    pub fn watched(&self) -> Vec<(Watch, BorrowedFd<'_>)> {
        let mut watched = Vec::with_capacity(self.places.len() * 2);
        let dying = self.dying.iter();
        watched.extend(dying.map(|(index, slot)| (Watch::Dead(*index), slot.dead())));
        for (index, place) in self.places.iter().enumerate() {
            let Some(place) = place else { continue };
            watched.push((Watch::Keeper(index), place.slot.keeper()));
            if let Phase::Collecting {
                collector: Some(collector),
                ..
            } = &place.phase
            {
                watched.push((Watch::Collected(index), collector.as_fd()));
            }
            if let Phase::Taken {
                sandbox, alarmed, ..
            } = &place.phase
            {
                watched.push((Watch::Ended(index), sandbox.ended()));
                if let (Some(alarm), false) = (place.slot.memory_alarm(), alarmed) {
                    watched.push((Watch::MemoryAlarm(index), alarm));
                }
            }
        }
        watched
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.places.iter().flatten().count()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The choice between free slots, which leave the list, and the first closed one.
fn pick(
    free: &mut VecDeque<(usize, Profile)>,
    closed: Option<usize>,
    wanted: Profile,
) -> Option<Choice> {
    if let Some(at) = free.iter().position(|(_, profile)| *profile == wanted) {
        return free.remove(at).map(|(index, _)| Choice::Free(index));
    }
    if let Some(index) = closed {
        return Some(Choice::Closed(index));
    }
    free.pop_front().map(|(index, _)| Choice::OfAnother(index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Profile::{Python, Science};

    #[test]
    fn a_run_number_works_once() {
        let mut slots = Slots::new(2);
        assert_eq!(slots.choose(5, Python), Ok(Choice::Closed(0)));
        assert_eq!(slots.choose(5, Python), Err(NoSlot::Repeated));
        assert_eq!(slots.choose(4, Python), Err(NoSlot::Repeated));
    }

    #[test]
    fn without_slots_there_is_no_place() {
        assert_eq!(Slots::new(0).choose(1, Python), Err(NoSlot::Full));
    }

    #[test]
    fn a_slot_of_the_profile_is_better_than_a_closed_one_and_that_than_another_profiles() {
        let mut free = VecDeque::from([(0, Python), (1, Science), (2, Python)]);
        assert_eq!(pick(&mut free, Some(3), Science), Some(Choice::Free(1)));
        assert_eq!(pick(&mut free, Some(3), Science), Some(Choice::Closed(3)));
        // The one that was free longest is given up.
        assert_eq!(pick(&mut free, None, Science), Some(Choice::OfAnother(0)));
        assert_eq!(pick(&mut free, None, Python), Some(Choice::Free(2)));
        assert_eq!(pick(&mut free, None, Python), None);
    }
}
