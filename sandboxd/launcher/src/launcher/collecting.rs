//! Files that a program left: kept while it runs, collected when it has ended. The launcher reads none of them
//! and makes the file system that they are on go away in no process of its own: it only hands a namespace and a
//! socket from one process of the slot to another, and waits for the end of a third.

use std::os::fd::OwnedFd;

use sandboxd_sandbox::slot::Kept;

use super::{Launcher, Stopped, explain, send};
use crate::slots::{Phase, Place};
use crate::wire::Event;

impl Launcher {
    /// Keeps the files of a living sandbox. Returns the daemon's end of the collector's socket.
    pub(super) fn keep(&mut self, run: u64) -> Result<OwnedFd, String> {
        let place = self.slots.of_run(run).ok_or("there is no such run")?;
        let Phase::Taken { sandbox, .. } = &mut place.phase else {
            return Err("the run has no sandbox".to_owned());
        };
        place.slot.keep(sandbox).map_err(|error| explain(&error))
    }

    /// Begins to collect the files of a sandbox that has ended; the slot is busy until that is over.
    pub(super) fn collect(
        &mut self,
        socket: &OwnedFd,
        index: usize,
        run: u64,
        kept: Kept,
        usable: bool,
    ) -> Result<(), Stopped> {
        if usable && let Some(place) = self.slots.get_mut(index) {
            let collector = None;
            place.phase = Phase::Collecting { run, collector };
            match place.slot.collect(kept) {
                Ok(()) => return Ok(()),
                Err(error) => tracing::error!(
                    slot = index,
                    error = explain(&error),
                    "files could not be collected"
                ),
            }
        }
        self.release(index, false);
        send(socket, &Event::Freed { run }, &[])
    }

    /// A collector has ended, and with it the sandbox's file system.
    pub(super) fn end_collection(&mut self, socket: &OwnedFd, index: usize) -> Result<(), Stopped> {
        let Some(place) = self.slots.get_mut(index) else {
            return Ok(());
        };
        let Phase::Collecting { run, .. } = place.phase else {
            return Ok(());
        };
        place.phase = Phase::Free;
        self.release(index, true);
        send(socket, &Event::Freed { run }, &[])
    }
}

/// The collector is there.
pub(super) fn settle(place: &mut Place, made: OwnedFd) {
    if let Phase::Collecting { collector, .. } = &mut place.phase {
        *collector = Some(made);
    }
}
