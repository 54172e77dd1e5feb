//! The sandboxes that live now: which slots they hold and what to wait for.

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;

use sandboxd_sandbox::Sandbox;

/// A living sandbox and its place.
#[derive(Debug)]
pub struct Resident {
    /// The sandbox.
    pub sandbox: Sandbox,
    slot: u32,
    /// Its memory alarm has gone off and needs no more watching.
    pub alarmed: bool,
}

/// All living sandboxes. Invariant: no two share a slot.
#[derive(Debug)]
pub struct Residents {
    by_run: BTreeMap<u64, Resident>,
    free: Vec<u32>,
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

impl Residents {
    /// No sandbox yet, `slots` places.
    pub fn new(slots: u32) -> Self {
        Self {
            by_run: BTreeMap::new(),
            free: (0..slots).rev().collect(),
            highest_run: None,
        }
    }

    /// Takes a free slot for a new run.
    ///
    /// # Errors
    /// When there is none, or the run number is not new.
    pub fn reserve(&mut self, run: u64) -> Result<u32, NoSlot> {
        if self.highest_run.is_some_and(|highest| run <= highest) {
            return Err(NoSlot::Repeated);
        }
        let slot = self.free.pop().ok_or(NoSlot::Full)?;
        self.highest_run = Some(run);
        Ok(slot)
    }

    /// Gives back a slot whose sandbox could not be made.
    pub fn give_back(&mut self, slot: u32) {
        self.free.push(slot);
    }

    /// Moves a sandbox in.
    pub fn insert(&mut self, run: u64, slot: u32, sandbox: Sandbox) {
        self.by_run.insert(
            run,
            Resident {
                sandbox,
                slot,
                alarmed: false,
            },
        );
    }

    /// The sandbox of a run.
    pub fn get_mut(&mut self, run: u64) -> Option<&mut Resident> {
        self.by_run.get_mut(&run)
    }

    /// Moves a sandbox out; its slot is free from now on.
    pub fn remove(&mut self, run: u64) -> Option<Sandbox> {
        let resident = self.by_run.remove(&run)?;
        self.free.push(resident.slot);
        Some(resident.sandbox)
    }

    /// What to wait for: each run with its end and, where there is one, its memory alarm.
    pub fn watched(&self) -> impl Iterator<Item = (u64, BorrowedFd<'_>, Option<BorrowedFd<'_>>)> {
        self.by_run.iter().map(|(run, resident)| {
            let alarm = if resident.alarmed {
                None
            } else {
                resident.sandbox.memory_alarm()
            };
            (*run, resident.sandbox.ended(), alarm)
        })
    }

    /// How many live.
    pub fn len(&self) -> usize {
        self.by_run.len()
    }

    /// Whether none lives.
    pub fn is_empty(&self) -> bool {
        self.by_run.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_run_out_and_come_back() {
        let mut residents = Residents::new(2);
        let first = residents.reserve(1).expect("free");
        let second = residents.reserve(2).expect("free");
        assert_ne!(first, second);
        assert_eq!(residents.reserve(3), Err(NoSlot::Full));
        residents.give_back(first);
        assert_eq!(residents.reserve(4), Ok(first));
    }

    #[test]
    fn a_run_number_works_once() {
        let mut residents = Residents::new(2);
        residents.reserve(5).expect("free");
        assert_eq!(residents.reserve(5), Err(NoSlot::Repeated));
        assert_eq!(residents.reserve(4), Err(NoSlot::Repeated));
    }
}
