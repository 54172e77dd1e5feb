//! One test of a submission in its own sandbox: the order for the runner, the answer that comes
//! back, and another try when a runner is lost. The expected answer stays here.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::execution::dispatcher::{Dispatcher, Listener, Slot};
use crate::execution::model::{CompileError, Limits, MAX_LOSSES, OutputStream, Program};
use crate::execution::order::{Ended, Failure, FunctionCall, FunctionResult, Order};
use crate::judge::{Answer, TestCase, TestResult, judge_test};
use crate::platform::queue::Ticket;
use crate::problems::model::{GradedProblem, ProblemKind, Test};

/// A test that no runner takes waits so long before it asks again.
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
    /// The ticket of the submission; its tests keep its place in the line.
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
    /// Runs and judges one test, in this slot first; without one it waits for its turn.
    pub async fn test(&self, test: &Test, mut slot: Option<Slot>) -> Result<Tested, Broken> {
        let mut losses = 0;
        let broken = |reason: String| Broken {
            number: test.number,
            reason,
        };
        let mut tries = 0;
        loop {
            tries += 1;
            let order = self.order(test, tries);
            let mut output = Output::new(self.limits.output_bytes);
            let slot = match slot.take() {
                Some(slot) => slot,
                None => self
                    .next_slot(test)
                    .await
                    .ok_or_else(|| broken("forgotten".into()))?,
            };
            let result = slot
                .execute(&order, &CancellationToken::new(), &mut output)
                .await;
            drop(slot);
            let pause = match result {
                Ok(ended) => return Ok(self.judge(test, ended, &output)),
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
            tokio::time::sleep(pause).await;
        }
    }

    async fn next_slot(&self, test: &Test) -> Option<Slot> {
        self.dispatcher
            .next_slot(Ticket {
                step: test.number,
                ..self.ticket
            })
            .await
    }

    fn order(&self, test: &Test, tries: u32) -> Order {
        let (stdin, call) = match self.problem.kind {
            ProblemKind::Stdin => (test.input.clone().into_bytes(), None),
            ProblemKind::Function => {
                let name = self.problem.function_name.clone();
                (
                    Vec::new(),
                    Some(FunctionCall {
                        name,
                        arguments: test.input.clone(),
                    }),
                )
            }
        };
        Order {
            name: format!("{}-{}-{tries}", self.name, test.number),
            program: self.program.clone(),
            limits: self.limits,
            stdin,
            interactive: false,
            call,
            // Files of a test could tell of its hidden input.
            collect: None,
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
        let result = judge_test(&self.problem.checker, case, &ending, answer, &output.stderr);
        Tested {
            result,
            compile_error: ending.compile_error,
        }
    }
}

/// Keeps what a program writes, up to the limit.
struct Output {
    limit: usize,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Output {
    fn new(limit: Option<u64>) -> Self {
        let limit = limit
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(usize::MAX);
        Self {
            limit,
            stdout: Vec::new(),
            stderr: Vec::new(),
        }
    }
}

impl Listener for Output {
    fn output(&mut self, stream: OutputStream, data: &[u8]) {
        let kept = match stream {
            OutputStream::Stdout => &mut self.stdout,
            OutputStream::Stderr => &mut self.stderr,
        };
        let room = self.limit.saturating_sub(kept.len());
        kept.extend_from_slice(&data[..data.len().min(room)]);
    }
}
