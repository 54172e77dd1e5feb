//! One program for some inputs, on one runner and in one call. Each case is final when it has ended,
//! whatever becomes of the others.

use std::time::Duration;

use futures::StreamExt;
use tokio::time::{Instant, timeout, timeout_at};

use super::{ANSWER_LIMIT, GRACE, LONGEST, Slot, TRIES};
use crate::execution::model::{Outcome, OutputStream};
use crate::execution::order::{BatchHappening, BatchOrder, Ended, Failure, Happening};
use crate::execution::runners::Lease;

/// Hears what the programs of a batch do while they do it. Must not block.
pub trait BatchListener: Send {
    /// It is on its way to this runner.
    fn placed(&mut self, runner: &str);
    /// The program of a case wrote something.
    fn output(&mut self, case: usize, stream: OutputStream, data: &[u8]);
    /// It ended. Called once for a case at most.
    fn ended(&mut self, case: usize, ended: Ended);
    /// Whether it is of use how a case ends that has not ended yet. Asked after each end; when no
    /// case is wanted any more, the rest of the batch is given up.
    fn wants(&self, case: usize) -> bool;
}

impl Slot {
    /// Sandboxes that it may have at one time.
    pub fn sandboxes(&self) -> usize {
        1 + self.further
    }

    /// Takes further sandboxes, up to `most` in all, if there are some for which nobody waits.
    pub fn widen(&mut self, most: usize) {
        let missing = most.saturating_sub(self.sandboxes());
        self.further += self.dispatcher.queue.widen(&self.ticket, missing);
    }

    /// Runs a program for some inputs, as many at one time as this slot and one runner have
    /// sandboxes for. Ok when each case that the listener wants has ended, or when the first could
    /// not be compiled; it has heard of each that has ended, also when it fails.
    pub async fn execute_batch(
        &mut self,
        order: &BatchOrder<'_>,
        listener: &mut dyn BatchListener,
    ) -> Result<(), Failure> {
        let mut tries = 0;
        loop {
            tries += 1;
            let runners = &self.dispatcher.runners;
            let lease = runners.lease(order.profile, self.sandboxes()).await?;
            self.narrow(lease.sandboxes());
            listener.placed(lease.id());
            let result = run_on(&lease, order, listener).await;
            lease.report(result.as_ref().err());
            match result {
                Err(Failure::Refused { .. }) if tries < TRIES => {}
                result => return result,
            }
        }
    }

    /// Gives back what is more than that.
    fn narrow(&mut self, sandboxes: usize) {
        let surplus = self.sandboxes().saturating_sub(sandboxes).min(self.further);
        self.further -= surplus;
        self.dispatcher.queue.narrow(&self.ticket, surplus);
    }
}

async fn run_on(
    lease: &Lease,
    order: &BatchOrder<'_>,
    listener: &mut dyn BatchListener,
) -> Result<(), Failure> {
    let taken = lease.client().execute_batch(order, lease.sandboxes());
    let taken = timeout(ANSWER_LIMIT, taken).await;
    let mut events = taken.map_err(|_| Failure::Unreachable("it gave no answer".into()))??;
    // Something happens at least as often as a case reaches its limit.
    let patience: Duration = order.limits.wall_time.unwrap_or(LONGEST) + GRACE;
    let mut has_ended = vec![false; order.cases.len()];
    let mut fault = None;
    loop {
        let event = timeout_at(Instant::now() + patience, events.next()).await;
        let lost = |reason: &str| Failure::Lost(reason.to_owned());
        let event = event.map_err(|_| lost("nothing came in time"))?;
        match event.ok_or_else(|| lost("its stream ended early"))? {
            Ok(BatchHappening::Case(case, happening)) => {
                let ended = has_ended.get_mut(case).filter(|ended| !**ended);
                let ended = ended.ok_or_else(|| lost("it sent an event of no case"))?;
                match happening {
                    Happening::Started => {}
                    Happening::Output(stream, data) => listener.output(case, stream, &data),
                    Happening::Finished(end) => match unbelievable(&end) {
                        Some(problem) => fault = Some(problem),
                        None => {
                            *ended = true;
                            listener.ended(case, *end);
                            if given_up(&has_ended, listener) {
                                // The end of the stream cancels what still runs.
                                return Ok(());
                            }
                        }
                    },
                }
            }
            Ok(BatchHappening::Finished {
                run_count,
                compile_error,
            }) => {
                let all = has_ended.iter().all(|ended| *ended);
                let compiled = !(compile_error && run_count == 1 && has_ended[0]);
                return match fault {
                    Some(problem) => Err(lost(problem)),
                    None if all || !compiled => Ok(()),
                    None => Err(lost("it left cases out")),
                };
            }
            Err(failure) => return Err(Failure::Lost(failure.to_string())),
        }
    }
}

/// Whether some cases have not ended, and none of them is wanted.
fn given_up(has_ended: &[bool], listener: &dyn BatchListener) -> bool {
    let mut left = (0..has_ended.len()).filter(|case| !has_ended[*case]);
    let some = left.clone().next().is_some();
    some && !left.any(|case| listener.wants(case))
}

/// What is wrong with an end that nobody asked for, or that the runner calls its own fault.
fn unbelievable(ended: &Ended) -> Option<&'static str> {
    match ended.ending.outcome {
        Outcome::InternalError => Some("it failed inside"),
        Outcome::Cancelled => Some("it cancelled the program"),
        _ => None,
    }
}
