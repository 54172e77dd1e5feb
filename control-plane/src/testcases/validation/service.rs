//! Tries out all programs of a problem's author, one after the other, for whoever listens.
//!
//! It costs the author one run of their quota, waits behind all other work, and has an end:
//! an author has one validation at a time, and what was not tried within ten minutes is not tried.
//! When nobody listens any more, it stops.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures::stream::{self, Stream};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::time::{Instant, timeout, timeout_at};

use super::model::{Bounds, Candidate, Report, Trial, report};
use super::trial::{Bench, opened};
use crate::execution::service::Execution;
use crate::execution::watch::HEARTBEAT_EVERY;
use crate::judge::{CustomChecker, TestResult};
use crate::platform::Platform;
use crate::platform::context::Caller;
use crate::platform::errors::{Error, Reason};
use crate::platform::ids::{CallId, UserId};
use crate::platform::queue::Lane;
use crate::problems::authoring::service::Authoring;
use crate::problems::course::stored::StoredProblem;
use crate::problems::model::{Problem, Slug};
use crate::problems::service::graded;

/// No validation takes longer.
const LONGEST: Duration = Duration::from_secs(600);
/// When to ask again while another validation of the same author is under way.
const RETRY: Duration = Duration::from_secs(5);

/// Validations. Cloning shares the list of those that are under way.
#[derive(Clone)]
pub struct Validations {
    platform: Platform,
    authoring: Authoring,
    execution: Arc<Execution>,
    busy: Arc<Mutex<HashSet<UserId>>>,
}

/// What a listener hears.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A program is tried now.
    Started {
        candidate: Candidate,
        /// From 1.
        number: usize,
        count: usize,
    },
    /// A test of the program that started last.
    Tested(Box<TestResult>),
    /// It has ended.
    Tried(Trial),
    /// Nothing happened for a while.
    Heartbeat,
    /// All have ended; always last.
    Finished(Report),
}

impl Validations {
    /// Validations of the problems that these authors write.
    pub fn new(platform: Platform, authoring: Authoring, execution: Arc<Execution>) -> Self {
        Self {
            platform,
            authoring,
            execution,
            busy: Arc::default(),
        }
    }

    /// Starts one.
    pub async fn validate(
        &self,
        caller: Caller,
        call_id: CallId,
        slug: &Slug,
    ) -> Result<impl Stream<Item = Result<Event, Error>> + Send + use<>, Error> {
        let (problem, stored) = self.authoring.read(slug).await?;
        if stored.problem.solution_source.trim().is_empty() {
            return Err(Error::FailedPrecondition {
                reason: Reason::NO_REFERENCE_SOLUTION,
                message: "The problem has no reference solution to try its tests with.",
            });
        }
        let turn = self.turn(caller.user_id)?;
        let lane = Lane::Submissions;
        self.execution.admit(caller, lane, problem.profile).await?;
        let work = Work {
            bench: self.bench(&problem, &stored, caller, call_id)?,
            candidates: candidates(stored),
            deadline: Instant::now() + LONGEST,
        };
        let draining = self.platform.draining.clone();
        let (sender, receiver) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let _turn = turn;
            let ended = tokio::select! {
                () = sender.closed() => return,
                () = draining.cancelled() => Err(Error::shutting_down()),
                ended = work.run(&sender) => ended,
            };
            // Nobody listens any more; there is nobody to tell either.
            let _ = sender.send(ended.map(Event::Finished));
        });
        Ok(heard(receiver))
    }

    fn bench(
        &self,
        problem: &Problem,
        stored: &StoredProblem,
        caller: Caller,
        call_id: CallId,
    ) -> Result<Bench, Error> {
        let limits = self.platform.config.limits.clone();
        let checker = Some(stored.problem.checker_source.clone());
        let checker = checker.filter(|source| !source.is_empty());
        let checker = checker.map(CustomChecker::new);
        let tests = stored.problem.tests.clone();
        let (problem, hidden) = opened(graded(problem, tests, checker, &limits)?);
        Ok(Bench {
            dispatcher: self.execution.dispatcher.clone(),
            limits,
            problem,
            hidden,
            user: caller.user_id,
            call_id,
        })
    }

    fn turn(&self, user: UserId) -> Result<Turn, Error> {
        if !lock(&self.busy).insert(user) {
            return Err(Error::ResourceExhausted {
                reason: Reason::VALIDATION_RUNNING,
                message: "Another validation of yours is under way. Wait for its end.".into(),
                retry_after: RETRY,
            });
        }
        Ok(Turn {
            busy: self.busy.clone(),
            user,
        })
    }
}

/// The right to have a validation under way; given back when dropped.
struct Turn {
    busy: Arc<Mutex<HashSet<UserId>>>,
    user: UserId,
}

impl Drop for Turn {
    fn drop(&mut self) {
        lock(&self.busy).remove(&self.user);
    }
}

fn lock(busy: &Mutex<HashSet<UserId>>) -> MutexGuard<'_, HashSet<UserId>> {
    busy.lock().expect("nobody panics while holding the list")
}

fn candidates(stored: StoredProblem) -> Vec<(Candidate, String)> {
    let reference = (Candidate::Reference, stored.problem.solution_source);
    let wrong = stored.problem.wrong_solutions.into_iter();
    let wrong = wrong.map(|wrong| (Candidate::Wrong(wrong.name), wrong.source));
    std::iter::once(reference).chain(wrong).collect()
}

struct Work {
    bench: Bench,
    /// The reference solution first.
    candidates: Vec<(Candidate, String)>,
    deadline: Instant,
}

type Listener = UnboundedSender<Result<Event, Error>>;

impl Work {
    async fn run(self, listener: &Listener) -> Result<Report, Error> {
        let count = self.candidates.len();
        let (mut trials, mut untried) = (Vec::new(), Vec::new());
        for (number, (candidate, source)) in (1..).zip(&self.candidates) {
            let started = Event::Started {
                candidate: candidate.clone(),
                number,
                count,
            };
            // Without a judged reference solution there is nothing to hold the others against.
            let is_pointless = trials
                .first()
                .is_some_and(|it: &Trial| !it.verdict.is_judged());
            if is_pointless || Instant::now() >= self.deadline {
                untried.push(candidate.clone());
                continue;
            }
            tell(listener, started);
            match self.try_one(candidate, source, listener).await? {
                Some(trial) => {
                    tell(listener, Event::Tried(trial.clone()));
                    trials.push(trial);
                }
                None => untried.push(candidate.clone()),
            }
        }
        self.sum_up(trials, untried)
    }

    /// None when the time is over.
    async fn try_one(
        &self,
        candidate: &Candidate,
        source: &str,
        listener: &Listener,
    ) -> Result<Option<Trial>, Error> {
        let is_reference = *candidate == Candidate::Reference;
        let shown = |result| {
            if is_reference {
                result
            } else {
                without_data(result)
            }
        };
        let tested = |result| tell(listener, Event::Tested(Box::new(shown(result))));
        let trial = self.bench.try_out(candidate.clone(), source, tested);
        let Ok(trial) = timeout_at(self.deadline, trial).await else {
            return Ok(None);
        };
        let trial = trial?;
        let results = trial.results.into_iter().map(shown).collect();
        Ok(Some(Trial { results, ..trial }))
    }

    fn sum_up(&self, mut trials: Vec<Trial>, untried: Vec<Candidate>) -> Result<Report, Error> {
        if trials.is_empty() {
            return Err(Error::ResourceExhausted {
                reason: Reason::QUEUE_FULL,
                message: "The reference solution did not get through in ten minutes.".into(),
                retry_after: RETRY,
            });
        }
        let reference = trials.remove(0);
        let bounds = Bounds {
            wall_time: self.bench.problem.wall_time_limit,
            memory_bytes: self.bench.problem.memory_limit_bytes,
        };
        Ok(report(reference, trials, untried, bounds))
    }
}

/// Of fifty wrong solutions nobody wants to see a hundred outputs each; and what is told has to
/// wait in memory for a slow listener.
fn without_data(result: TestResult) -> TestResult {
    TestResult {
        input: String::new(),
        expected: String::new(),
        actual: String::new(),
        message: String::new(),
        explanation: None,
        ..result
    }
}

fn tell(listener: &Listener, event: Event) {
    // Whoever stopped listening ends the work in a moment.
    let _ = listener.send(Ok(event));
}

fn heard(
    receiver: UnboundedReceiver<Result<Event, Error>>,
) -> impl Stream<Item = Result<Event, Error>> + Send {
    stream::unfold(receiver, |mut receiver| async move {
        match timeout(HEARTBEAT_EVERY, receiver.recv()).await {
            Err(_) => Some((Ok(Event::Heartbeat), receiver)),
            Ok(event) => event.map(|event| (event, receiver)),
        }
    })
}
