//! The tests of a submission, each in its own sandbox: the calls of a runner, and another try for
//! what has not ended when a runner is lost. The expected answers stay here; only the author's own
//! checker is given them, in a sandbox that no student's program runs in.
//!
//! All tests that may run side by side (`plan`) go to a runner in one call, if that is no more
//! than it can do in a few rounds: a submission with many slow tests gives its sandboxes back in
//! between, so that others get their turn. Where the author's own checker looks at the answers, it
//! does so in a call of its own after that.

mod checks;
mod papers;

use std::time::Duration;

use super::plan::Plan;
use crate::execution::dispatcher::{Dispatcher, Slot};
use crate::execution::model::{CompileError, Limits, MAX_LOSSES, OutputStream, Program};
use crate::execution::notes::Notes;
use crate::execution::order::Failure;
use crate::judge::{CheckerFault, TestResult};
use crate::platform::queue::Ticket;
use crate::problems::model::{AnswerChecker, GradedProblem};
use papers::Answered;

/// Tests of one submission that run at one time.
const AT_ONCE: usize = 4;
/// Tests that each sandbox of a call runs one after another, at most.
const ROUNDS: usize = 8;
/// Input of all tests of a call, but for a single test with more.
const INPUT_BYTES: usize = 8 * 1024 * 1024;
/// Tests that no runner takes wait so long before they ask again.
const UNREACHABLE_PAUSE: Duration = Duration::from_millis(200);

/// What all tests of one submission share.
pub struct Exam<'a> {
    /// Hands out slots.
    pub dispatcher: &'a Dispatcher,
    /// The problem with its tests.
    pub problem: &'a GradedProblem,
    /// The program.
    pub program: &'a Program,
    /// Limits of each test.
    pub limits: Limits,
    /// Limits of the author's own checker for each answer.
    pub checker_limits: Limits,
    /// The ticket of the submission; further calls keep its place in the line.
    pub ticket: Ticket,
    /// Names the submission and the attempt on the runners.
    pub name: String,
    /// The call that made the submission.
    pub call_id: String,
    /// Which runners had it.
    pub notes: &'a Notes,
}

/// What became of a test.
#[derive(Debug)]
pub struct Tested {
    /// As much as may be stored.
    pub result: TestResult,
    /// Set when Python could not compile the program.
    pub compile_error: Option<CompileError>,
}

/// A submission can't be graded, whatever its program does.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// By our fault.
    #[error("test {number} could not be run: {reason}")]
    Test {
        /// One that is missing.
        number: u32,
        /// What happened.
        reason: String,
    },
    /// By the fault of the problem's author.
    #[error("the checker gave no answer for test {number}: {fault}")]
    Checker {
        /// The first such test.
        number: u32,
        /// What happened.
        fault: CheckerFault,
    },
}

impl Broken {
    /// What the problem's author is told; empty when it is no fault of theirs.
    pub fn for_author(&self) -> String {
        match self {
            Self::Test { .. } => String::new(),
            Self::Checker { number, fault } => {
                format!("Your checker gave no answer for test {number}: {fault}.")
            }
        }
    }
}

/// What is left to do, and who hears of what is done.
struct Desk<'a, 'b> {
    plan: Plan<'a>,
    /// Programs whose answers the author's own checker is still to look at.
    answered: Vec<Answered<'a>>,
    tested: &'b mut (dyn FnMut(Tested) + Send),
}

impl Desk<'_, '_> {
    fn judged(&mut self, tested: Tested) {
        let told = self.plan.ended(tested);
        told.into_iter().for_each(&mut self.tested);
    }

    fn unanswered(&mut self, number: u32, fault: CheckerFault) {
        let told = self.plan.unanswered(number, fault);
        told.into_iter().for_each(&mut self.tested);
    }
}

impl Exam<'_> {
    /// Runs and judges all tests that are to run, in this slot first. `tested` hears of each as it
    /// is judged, once. After a compile error no further test is run. A runner may be lost twice:
    /// what has not ended then is run again.
    pub async fn sit(
        &self,
        slot: Slot,
        mut tested: impl FnMut(Tested) + Send,
    ) -> Result<(), Broken> {
        let mut desk = Desk {
            plan: Plan::new(self.problem),
            answered: Vec::new(),
            tested: &mut tested,
        };
        let (mut slot, mut losses, mut calls) = (Some(slot), 0, 0);
        while let Some(number) = desk.plan.due().first().map(|test| test.number) {
            let broken = |reason| Broken::Test { number, reason };
            let own = match slot.take() {
                Some(slot) => Some(slot),
                None => self.next_slot(calls).await,
            };
            let own = own.ok_or_else(|| broken("forgotten".into()))?;
            calls += 1;
            let pause = match self.call(own, calls, &mut desk).await {
                Ok(()) => Duration::ZERO,
                // Nothing more is wanted of it, whatever became of it.
                Err(_) if desk.plan.due().is_empty() => Duration::ZERO,
                Err(Failure::Lost(reason)) => {
                    losses += 1;
                    self.notes.lost_runner();
                    if losses >= MAX_LOSSES {
                        return Err(broken(reason));
                    }
                    Duration::ZERO
                }
                Err(Failure::Refused { retry_after }) => retry_after,
                Err(Failure::Unreachable(_)) => UNREACHABLE_PAUSE,
                Err(failure @ (Failure::Rejected(_) | Failure::Cancelled)) => {
                    return Err(broken(failure.to_string()));
                }
            };
            tokio::time::sleep(pause).await;
        }
        match desk.plan.fault() {
            Some((number, fault)) => Err(Broken::Checker { number, fault }),
            None => Ok(()),
        }
    }

    async fn next_slot(&self, calls: u32) -> Option<Slot> {
        self.dispatcher
            .next_slot(Ticket {
                step: calls,
                ..self.ticket
            })
            .await
    }

    /// One call of a runner: it checks answers when there are some, else it runs tests.
    async fn call<'a>(
        &'a self,
        mut slot: Slot,
        number: u32,
        desk: &mut Desk<'a, '_>,
    ) -> Result<(), Failure> {
        let Desk { plan, answered, .. } = desk;
        // What comes after a failure is dropped, even if it ran.
        answered.retain(|answered| plan.wants(answered.number()));
        match &self.problem.checker {
            AnswerChecker::Custom(checker) if !desk.answered.is_empty() => {
                self.check(checker, &mut slot, number, desk).await
            }
            _ => self.run(&mut slot, number, desk).await,
        }
    }

    fn call_name(&self, number: u32) -> String {
        format!("{}-{number}", self.name)
    }
}

/// How many of these inputs go into one call.
fn fitting(sizes: impl Iterator<Item = usize>, sandboxes: usize) -> usize {
    let mut bytes = 0;
    let fits = |size: &usize| {
        bytes += size;
        bytes <= INPUT_BYTES
    };
    sizes
        .take(sandboxes * ROUNDS)
        .take_while(fits)
        .count()
        .max(1)
}

/// What one program wrote.
#[derive(Default)]
struct Output {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Output {
    /// Keeps what is within the limit of each stream.
    fn push(&mut self, stream: OutputStream, data: &[u8], limits: &Limits) {
        let limit = limits.output_bytes;
        let limit = limit.and_then(|limit| usize::try_from(limit).ok());
        let kept = match stream {
            OutputStream::Stdout => &mut self.stdout,
            OutputStream::Stderr => &mut self.stderr,
            // Nobody asked for it.
            OutputStream::Drawing => return,
        };
        let room = limit.unwrap_or(usize::MAX).saturating_sub(kept.len());
        kept.extend_from_slice(&data[..data.len().min(room)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_no_more_than_a_few_rounds_and_no_more_input_than_fits() {
        let of = |sizes: &[usize], sandboxes| fitting(sizes.iter().copied(), sandboxes);
        assert_eq!(of(&[1; 99], 4), 32);
        assert_eq!(of(&[1; 99], 1), 8);
        assert_eq!(of(&[1; 3], 4), 3);
        assert_eq!(of(&[INPUT_BYTES / 2; 9], 4), 2);
        assert_eq!(of(&[INPUT_BYTES + 1, 1], 4), 1, "alone, and no more");
        assert_eq!(of(&[1, INPUT_BYTES, 1], 4), 1);
    }
}
