//! One program of an author against all tests, as a submission of it would be graded: by the same
//! exam, in the same sandboxes, judged by the same checker. Two things differ. Every test is run
//! whatever became of the others, and nothing is kept back of hidden tests, because the author
//! wrote them.

use std::sync::Arc;

use super::model::{Candidate, Trial};
use crate::execution::dispatcher::Dispatcher;
use crate::execution::model::Program;
use crate::execution::notes::Notes;
use crate::execution::service::program_limits;
use crate::judge::{TestResult, Verdict};
use crate::platform::config::Limits;
use crate::platform::errors::Error;
use crate::platform::ids::{CallId, UserId, ValidationId};
use crate::platform::queue::{Job, Priority, Ticket};
use crate::problems::model::{GradedProblem, Test};
use crate::submissions::model::Grade;
use crate::submissions::testing::{Exam, Tested};

/// What all programs of a problem are tried with.
pub struct Bench {
    pub dispatcher: Arc<Dispatcher>,
    pub limits: Limits,
    /// The problem with its tests opened (`opened`).
    pub problem: GradedProblem,
    /// Numbers of the hidden tests.
    pub hidden: Vec<u32>,
    pub user: UserId,
    pub call_id: CallId,
}

/// The problem with no test hidden and none that waits for another; and which were hidden.
pub fn opened(mut problem: GradedProblem) -> (GradedProblem, Vec<u32>) {
    let hidden = problem.tests.iter().filter(|test| test.hidden);
    let hidden = hidden.map(|test| test.number).collect();
    for Test { hidden, .. } in &mut problem.tests {
        *hidden = false;
    }
    problem.stop_on_first_failure = false;
    for subtask in &mut problem.subtasks {
        subtask.requires.clear();
    }
    (problem, hidden)
}

impl Bench {
    /// Tries a program. `tested` hears of each test as it ends, in any order.
    pub async fn try_out(
        &self,
        candidate: Candidate,
        source: &str,
        mut tested: impl FnMut(TestResult) + Send,
    ) -> Result<Trial, Error> {
        let id = ValidationId::new();
        let waiting = Waiting {
            dispatcher: &self.dispatcher,
            job: Job::Validation(id),
        };
        let slot = self.dispatcher.next_slot(self.ticket(waiting.job)).await;
        let slot = slot.ok_or_else(Error::shutting_down)?;
        let program = Program {
            source: source.to_owned(),
            files: Vec::new(),
        };
        let Self {
            limits, problem, ..
        } = self;
        let exam = Exam {
            dispatcher: &self.dispatcher,
            problem,
            program: &program,
            limits: program_limits(limits, problem.wall_time_limit, problem.memory_limit_bytes),
            checker_limits: program_limits(limits, limits.test_wall_time, limits.memory_bytes),
            ticket: slot.ticket(),
            name: id.to_string(),
            call_id: self.call_id.to_string(),
            // Of what nobody looks up later.
            notes: &Notes::default(),
        };
        let (mut results, mut compile_error) = (Vec::new(), None);
        let hear = |Tested {
                        result,
                        compile_error: error,
                    }: Tested| {
            let result = self.as_stored(result);
            if result.verdict == Verdict::CompileError {
                compile_error = Some(error.unwrap_or_default());
            }
            tested(result.clone());
            results.push(result);
        };
        let broken = exam.sit(slot, hear).await.err();
        drop(waiting);
        self.fill(&mut results);
        let grade = Grade::of(results, compile_error, problem.points, &problem.subtasks);
        let grade = match &broken {
            None => grade,
            Some(broken) => {
                tracing::warn!(%broken, "a program of an author can't be judged");
                grade.unjudged(Verdict::InternalError)
            }
        };
        let Grade {
            verdict,
            results,
            compile_error,
            ..
        } = grade;
        Ok(Trial {
            candidate,
            verdict,
            results,
            compile_error,
            author_message: broken.map(|broken| broken.for_author()).unwrap_or_default(),
        })
    }

    fn ticket(&self, job: Job) -> Ticket {
        Ticket {
            job,
            step: 0,
            priority: Priority::Validation,
            user: self.user,
            order: None,
        }
    }

    /// Tests that were not run.
    fn fill(&self, results: &mut Vec<TestResult>) {
        let tests = self.problem.tests.iter();
        let missing = tests.filter(|test| results.iter().all(|it| it.number != test.number));
        let missing: Vec<_> = missing
            .map(|test| TestResult::skipped(test.number, self.hidden.contains(&test.number)))
            .collect();
        results.extend(missing);
    }

    fn as_stored(&self, result: TestResult) -> TestResult {
        TestResult {
            hidden: self.hidden.contains(&result.number),
            ..result
        }
    }
}

/// Leaves the queue when nobody waits any more.
struct Waiting<'a> {
    dispatcher: &'a Dispatcher,
    job: Job,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.dispatcher.forget(self.job);
    }
}
