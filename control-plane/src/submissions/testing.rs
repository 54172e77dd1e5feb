//! The tests of a submission, each in its own sandbox: the order for the runner, the answers that
//! come back, and another try for what has not ended when a runner is lost. The expected answers
//! stay here.
//!
//! All tests go to a runner in one call, if that is no more than it can do in a few rounds: a
//! submission with many slow tests gives its sandboxes back in between, so that others get their
//! turn.

use std::time::Duration;

use crate::execution::dispatcher::{BatchListener, Dispatcher, Slot};
use crate::execution::model::{CompileError, Limits, MAX_LOSSES, OutputStream, Program};
use crate::execution::order::{BatchOrder, Case, Ended, Failure, FunctionResult};
use crate::judge::{Answer, Observed, TestCase, TestResult, Verdict, judge_test};
use crate::platform::queue::Ticket;
use crate::problems::model::{GradedProblem, ProblemKind, Test};

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
    /// The ticket of the submission; further calls keep its place in the line.
    pub ticket: Ticket,
    /// Names the submission and the attempt on the runners.
    pub name: String,
    /// The call that made the submission.
    pub call_id: String,
}

/// What became of a test.
#[derive(Debug)]
pub struct Tested {
    /// As much as may be stored.
    pub result: TestResult,
    /// Set when Python could not compile the program.
    pub compile_error: Option<CompileError>,
}

/// A test could not be run, by our fault.
#[derive(Debug, thiserror::Error)]
#[error("test {number} could not be run: {reason}")]
pub struct Broken {
    number: u32,
    reason: String,
}

impl Exam<'_> {
    /// Runs and judges all tests, in this slot first. `tested` hears of each as it ends, once.
    /// After a compile error no further test is run. A runner may be lost twice: what has not
    /// ended then is run again.
    pub async fn sit(
        &self,
        slot: Slot,
        mut tested: impl FnMut(Tested) + Send,
    ) -> Result<(), Broken> {
        let mut left: Vec<&Test> = self.problem.tests.iter().collect();
        let (mut slot, mut losses, mut calls) = (Some(slot), 0, 0);
        while let Some(first) = left.first() {
            let broken = |reason: String| Broken {
                number: first.number,
                reason,
            };
            let own = match slot.take() {
                Some(slot) => Some(slot),
                None => self.next_slot(calls).await,
            };
            let mut own = own.ok_or_else(|| broken("forgotten".into()))?;
            calls += 1;
            own.widen(AT_ONCE.min(left.len()));
            let sizes = left.iter().map(|test| test.input.len());
            let now = &left[..fitting(sizes, own.sandboxes())];
            let mut papers = Papers::new(self, now, &mut tested);
            let result = own
                .execute_batch(&self.order(now, calls), &mut papers)
                .await;
            drop(own);
            let Papers {
                ended, compiles, ..
            } = papers;
            if !compiles {
                return Ok(());
            }
            let pause = match result {
                Ok(()) => Duration::ZERO,
                Err(Failure::Lost(reason)) => {
                    losses += 1;
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
            let has_ended = |number: u32| ended.contains(&number);
            left.retain(|test| !has_ended(test.number));
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    async fn next_slot(&self, calls: u32) -> Option<Slot> {
        self.dispatcher
            .next_slot(Ticket {
                step: calls,
                ..self.ticket
            })
            .await
    }

    fn order<'a>(&'a self, tests: &[&'a Test], calls: u32) -> BatchOrder<'a> {
        let name = &self.problem.function_name;
        let case = |test: &'a Test| match self.problem.kind {
            ProblemKind::Stdin => Case::Stdin(&test.input),
            ProblemKind::Function => Case::Call(name, &test.input),
        };
        BatchOrder {
            name: format!("{}-{calls}", self.name),
            program: self.program,
            profile: self.problem.profile,
            limits: self.limits,
            cases: tests.iter().copied().map(case).collect(),
            call_id: self.call_id.clone(),
        }
    }

    fn judge(&self, test: &Test, ended: Ended, output: &Output) -> Tested {
        let name = &self.problem.function_name;
        let Ended {
            ending,
            function,
            files: _,
        } = ended;
        let answer = match (self.problem.kind, &function) {
            (ProblemKind::Stdin, _) => Answer::Text(&output.stdout),
            (ProblemKind::Function, FunctionResult::Returned(json)) => Answer::Returned(json),
            (ProblemKind::Function, FunctionResult::NotDefined) => Answer::NotDefined(name),
            (ProblemKind::Function, FunctionResult::NotData) => Answer::NotData(name),
            (ProblemKind::Function, FunctionResult::NoResult | FunctionResult::NotCalled) => {
                Answer::NoResult(name)
            }
        };
        let case = TestCase {
            number: test.number,
            hidden: test.hidden,
            input: test.input.as_bytes(),
            expected: test.expected.as_bytes(),
        };
        let observed = Observed {
            program: self.program,
            ending: &ending,
            answer,
            stderr: &output.stderr,
        };
        let result = judge_test(&self.problem.checker, case, observed);
        Tested {
            result,
            compile_error: ending.compile_error,
        }
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

/// The answers of a call as they come: kept up to the limit, judged when the program has ended.
struct Papers<'a, 'b> {
    exam: &'a Exam<'b>,
    tests: &'a [&'a Test],
    outputs: Vec<Output>,
    tested: &'a mut (dyn FnMut(Tested) + Send),
    /// Numbers of the tests that have ended.
    ended: Vec<u32>,
    compiles: bool,
}

/// What one program wrote.
#[derive(Default)]
struct Output {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl<'a, 'b> Papers<'a, 'b> {
    fn new(
        exam: &'a Exam<'b>,
        tests: &'a [&'a Test],
        tested: &'a mut (dyn FnMut(Tested) + Send),
    ) -> Self {
        Self {
            exam,
            tests,
            outputs: tests.iter().map(|_| Output::default()).collect(),
            tested,
            ended: Vec::new(),
            compiles: true,
        }
    }
}

impl BatchListener for Papers<'_, '_> {
    fn output(&mut self, case: usize, stream: OutputStream, data: &[u8]) {
        let limit = self.exam.limits.output_bytes;
        let limit = limit.and_then(|limit| usize::try_from(limit).ok());
        let output = &mut self.outputs[case];
        let kept = match stream {
            OutputStream::Stdout => &mut output.stdout,
            OutputStream::Stderr => &mut output.stderr,
        };
        let room = limit.unwrap_or(usize::MAX).saturating_sub(kept.len());
        kept.extend_from_slice(&data[..data.len().min(room)]);
    }

    fn ended(&mut self, case: usize, ended: Ended) {
        let test = self.tests[case];
        // Judged, it is not needed any more.
        let output = std::mem::take(&mut self.outputs[case]);
        let tested = self.exam.judge(test, ended, &output);
        self.ended.push(test.number);
        self.compiles &= tested.result.verdict != Verdict::CompileError;
        (self.tested)(tested);
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
