//! A batch: one program, many inputs, each in a sandbox of its own. Workers take sandboxes, several at one
//! time; whoever has one begins the next case. The first compiles for all (see [`crate::compiling`]) while
//! the others get their sandboxes; when it dies before it has answered, the next one compiles.
//!
//! How a single run is supervised is no matter of this module: each case is a run like any other, but for
//! where its code comes from.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use coderunner_proto::common::v1::Outcome;
use coderunner_proto::sandbox::v1::{BatchEnd, BatchFinished, Finished, execute_response::Event};
use sandboxd_sandbox::{KernelLimits, Limits, Profile};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::JoinSet;

use crate::compiling::{Compiled, Compiling};
use crate::job::{Code, Job, ProcessLimits};
use crate::output::EventSender;
use crate::pool::{NoSandbox, Pool, Sandbox};
use crate::run::{self, End, Handle};

/// What to run; already checked.
#[derive(Debug)]
pub struct Order {
    /// The main file.
    pub source: Vec<u8>,
    /// Path and content of the others.
    pub files: Vec<(String, Vec<u8>)>,
    /// One input each, at least one.
    pub cases: Vec<Case>,
    /// What the program finds in its interpreter.
    pub profile: Profile,
    /// Cases that run at one time, at least one.
    pub max_parallel: usize,
    /// Stop when a case fails.
    pub stop_on_first_failure: bool,
    /// Limits of each case that the daemon watches.
    pub limits: Limits,
    /// Limits of each case that the kernel watches.
    pub kernel_limits: KernelLimits,
}

/// One input.
#[derive(Debug, Default)]
pub struct Case {
    /// Standard input.
    pub stdin: Vec<u8>,
    /// Function to call and its arguments.
    pub function: Option<(String, String)>,
}

/// What batches share: sandboxes, and how many of them batches may hold.
#[derive(Debug, Clone)]
pub struct Sandboxes {
    pool: Pool,
    /// Sandboxes that no batch holds, of those that batches may have. First come, first served, so that
    /// a small batch gets its turns beside a large one.
    places: Arc<Semaphore>,
}

impl Sandboxes {
    /// Of this pool at most `most`, which must not be all of them: single runs must find some.
    pub fn new(pool: Pool, most: usize) -> Self {
        Self {
            pool,
            places: Arc::new(Semaphore::new(most)),
        }
    }
}

/// Runs a batch to its end; every event but the last goes to `events`, the last is returned. `handle`
/// cancels it; `living` counts the cases that have a sandbox or are about to get one.
pub async fn run(
    sandboxes: Sandboxes,
    order: Order,
    handle: &Handle,
    living: Arc<AtomicUsize>,
    events: EventSender,
) -> BatchFinished {
    let workers = order.max_parallel.min(order.cases.len());
    let case_count = order.cases.len();
    let Order {
        source,
        files,
        cases,
        profile,
        max_parallel: _,
        stop_on_first_failure,
        limits,
        kernel_limits,
    } = order;
    let batch = Arc::new(Batch {
        sandboxes,
        events,
        living,
        program: Program {
            source,
            files,
            profile,
            limits,
            kernel_limits,
        },
        stop_on_first_failure,
        turns: AtomicUsize::new(case_count),
        state: watch::Sender::new(State {
            cases: cases.into_iter().map(Some).collect(),
            ..State::default()
        }),
    });
    let mut working = JoinSet::new();
    for _ in 0..workers {
        working.spawn(Arc::clone(&batch).work());
    }
    // Returns when no worker works any more; dropped before, it ends them and their sandboxes.
    loop {
        tokio::select! {
            biased;
            worker = working.join_next() => match worker {
                None => return batch.finished(case_count),
                Some(Ok(())) => {}
                Some(Err(failed)) => std::panic::resume_unwind(failed.into_panic()),
            },
            () = handle.cancel.notified() => batch.stop(BatchEnd::Cancelled),
            () = batch.events.closed(), if batch.goes_on() => batch.stop(BatchEnd::Cancelled),
        }
    }
}

/// Everything that the workers share.
#[derive(Debug)]
struct Batch {
    sandboxes: Sandboxes,
    events: EventSender,
    living: Arc<AtomicUsize>,
    program: Program,
    stop_on_first_failure: bool,
    /// Cases for which no worker goes to get a sandbox yet.
    turns: AtomicUsize,
    state: watch::Sender<State>,
}

#[derive(Debug)]
struct Program {
    source: Vec<u8>,
    files: Vec<(String, Vec<u8>)>,
    profile: Profile,
    limits: Limits,
    kernel_limits: KernelLimits,
}

#[derive(Debug, Default)]
struct State {
    code: CodeState,
    /// Why no further case begins.
    end: Option<BatchEnd>,
    /// What reaches the cases that have begun, in their order.
    begun: Vec<Handle>,
    /// Taken by the one that begins.
    cases: Vec<Option<Case>>,
}

/// How far the program's code is.
#[derive(Debug, Clone, Default)]
enum CodeState {
    /// Nobody compiles.
    #[default]
    Missing,
    /// A case does.
    Compiling,
    /// This is what it gave.
    There(Arc<Compiled>),
}

/// What a case does for the program's code.
enum Role {
    Compiles(oneshot::Sender<Compiled>, oneshot::Receiver<Compiled>),
    Takes(Arc<Compiled>),
}

/// The right to have one more sandbox; counted while it is held.
struct Place<'a> {
    living: &'a AtomicUsize,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.living.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Batch {
    /// Runs one case after another until there is none left or the batch is stopped.
    async fn work(self: Arc<Self>) {
        while self.goes_on() && self.take_turn() {
            let Some(place) = self.or_stopped(self.place()).await else {
                return;
            };
            let requested = Instant::now();
            let taken = self
                .sandboxes
                .pool
                .take(self.program.profile, &self.program.kernel_limits);
            let Some(taken) = self.or_stopped(taken).await else {
                return;
            };
            let Some(role) = self.or_stopped(self.role()).await else {
                return;
            };
            // Stopped at the last moment: the case has not begun, and the sandbox has seen nothing.
            let Some((index, case, handle)) = self.begin() else {
                return;
            };
            let events = self.events.of_case(index);
            let finished = match taken {
                Ok(sandbox) => {
                    self.run_case(sandbox, case, role, &handle, &events, requested)
                        .await
                }
                Err(problem) => self.fail_case(&problem, role),
            };
            // The place is free before the caller can know.
            drop(place);
            let failed = finished.outcome() != Outcome::Ok;
            // A caller that is gone has cancelled.
            let _ = events.send(Event::Finished(finished)).await;
            if failed && self.stop_on_first_failure {
                self.stop(BatchEnd::Failure);
            }
        }
    }

    fn goes_on(&self) -> bool {
        self.state.borrow().end.is_none()
    }

    /// False when there is somebody for every case.
    fn take_turn(&self) -> bool {
        let one_less = |turns: usize| turns.checked_sub(1);
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        self.turns.fetch_update(set, fetch, one_less).is_ok()
    }

    /// What `future` gives, unless the batch is stopped before.
    async fn or_stopped<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let mut state = self.state.subscribe();
        tokio::select! {
            biased;
            _ = state.wait_for(|state| state.end.is_some()) => None,
            value = future => Some(value),
        }
    }

    async fn place(&self) -> Place<'_> {
        let permit = Arc::clone(&self.sandboxes.places).acquire_owned().await;
        self.living.fetch_add(1, Ordering::Relaxed);
        Place {
            living: &self.living,
            _permit: permit.expect("nobody closes the semaphore"),
        }
    }

    /// Takes the code, waiting for it while another case compiles, or takes on to compile it.
    async fn role(&self) -> Role {
        let mut state = self.state.subscribe();
        loop {
            let mut role = None;
            self.state.send_if_modified(|state| match &state.code {
                CodeState::Missing => {
                    state.code = CodeState::Compiling;
                    let (compiled, told) = oneshot::channel();
                    role = Some(Role::Compiles(compiled, told));
                    // Nobody waits for that.
                    false
                }
                CodeState::Compiling => false,
                CodeState::There(compiled) => {
                    role = Some(Role::Takes(Arc::clone(compiled)));
                    false
                }
            });
            if let Some(role) = role {
                return role;
            }
            // Whoever compiles tells when it is done, or that it can't.
            let _ = state
                .wait_for(|state| !matches!(state.code, CodeState::Compiling))
                .await;
        }
    }

    /// Begins the next case; none when the batch was stopped.
    fn begin(&self) -> Option<(usize, Case, Handle)> {
        let mut begun = None;
        self.state.send_if_modified(|state| {
            if state.end.is_none() {
                let index = state.begun.len();
                let handle = Handle::default();
                state.begun.push(handle.clone());
                let case = state.cases[index].take();
                begun = case.map(|case| (index, case, handle));
            }
            // Nobody waits for that.
            false
        });
        begun
    }

    /// Begins no further case and kills those that run. The first reason counts.
    fn stop(&self, end: BatchEnd) {
        self.state.send_if_modified(|state| {
            if state.end.is_some() {
                return false;
            }
            state.end = Some(end);
            for handle in &state.begun {
                handle.cancel.notify_one();
            }
            true
        });
    }

    async fn run_case(
        &self,
        sandbox: Sandbox,
        case: Case,
        role: Role,
        handle: &Handle,
        events: &EventSender,
        requested: Instant,
    ) -> Finished {
        match role {
            Role::Takes(compiled) => {
                let order = self.program.order(case, Some(&compiled), None);
                drop(compiled);
                run::run_in(sandbox, order, handle, events, requested)
                    .await
                    .finished
            }
            Role::Compiles(compiled, told) => {
                let order = self.program.order(case, None, Some(compiled));
                let run = run::run_in(sandbox, order, handle, events, requested);
                tokio::pin!(run);
                tokio::select! {
                    biased;
                    Ok(compiled) = told => {
                        self.set_code(CodeState::There(Arc::new(compiled)));
                        run.await.finished
                    }
                    End { finished, .. } = &mut run => {
                        match finished.outcome() {
                            Outcome::CompileError => self.stop(BatchEnd::CompileError),
                            _ => self.set_code(CodeState::Missing),
                        }
                        finished
                    }
                }
            }
        }
    }

    fn fail_case(&self, problem: &NoSandbox, role: Role) -> Finished {
        if let Role::Compiles(..) = role {
            self.set_code(CodeState::Missing);
        }
        run::internal_error(format!("no sandbox: {problem}"))
    }

    fn set_code(&self, code: CodeState) {
        self.state.send_modify(|state| state.code = code);
    }

    fn finished(&self, case_count: usize) -> BatchFinished {
        let state = self.state.borrow();
        let run = state.begun.len();
        let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        let end = state.end.unwrap_or(BatchEnd::Completed);
        BatchFinished {
            end: end.into(),
            run_count: count(run),
            skipped_count: count(case_count - run),
        }
    }
}

impl Program {
    /// One case as a run. It compiles for all when `compiled` is to be told.
    fn order(
        &self,
        case: Case,
        given: Option<&Compiled>,
        compiled: Option<oneshot::Sender<Compiled>>,
    ) -> run::Order {
        let Self {
            source,
            files,
            profile,
            limits,
            kernel_limits,
        } = self;
        let Case { stdin, function } = case;
        let code = match (given, &compiled) {
            (_, Some(_)) => Code::CompileForAll,
            (Some(Compiled::Code(code)), None) => Code::Given(code),
            (Some(Compiled::EachForItself) | None, None) => Code::Compile,
        };
        let (name, arguments) = function.unzip();
        let withheld = code == Code::CompileForAll;
        let job = Job {
            limits: ProcessLimits::of(kernel_limits),
            source,
            code,
            files,
            function: name.as_deref().map(|name| match &arguments {
                Some(arguments) if !withheld => (name, arguments.as_str()),
                _ => (name, ""),
            }),
            drawing: false,
        };
        run::Order {
            job: job.encode(),
            wants_result: name.is_some(),
            wants_drawing: false,
            stdin,
            interactive: false,
            profile: *profile,
            limits: limits.clone(),
            kernel_limits: kernel_limits.clone(),
            files: None,
            compiling: compiled.map(|compiled| Compiling {
                compiled,
                arguments,
            }),
        }
    }
}
