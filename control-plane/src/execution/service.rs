//! Use cases of runs: create, look at, follow, type into, stop. Who may see a run is decided in
//! one place (`find`): for everybody but its owner it doesn't exist.

use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use futures::future::BoxFuture;
use jiff::Timestamp;
use prost::Message;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::dispatcher::{Dispatcher, Work};
use super::engine::System;
use super::kept::{Collection, RunFile};
use super::live::{LiveRun, LiveRuns};
use super::log::Room;
use super::model::{
    Ending, Limits, Outcome, Profile, ProfileView, Program, QueuePosition, Run, State,
};
use super::order::InputFailure;
use super::watch::{Heard, watch};
use super::{program, store};
use crate::platform::Platform;
use crate::platform::context::Caller;
use crate::platform::errors::{Error, Reason, Violations};
use crate::platform::idempotency::{Unseen, check_request_id, reused};
use crate::platform::ids::{CallId, RunId, UserId};
use crate::platform::queue::{Job, Lane, Priority, Refusal, Stats, Ticket};

/// Most standard input that is there from the start.
const MAX_STDIN: usize = 1024 * 1024;
/// How long a caller waits for the stored end of a run that was cancelled while it waited.
const CANCEL_LIMIT: Duration = Duration::from_secs(5);
/// Most bytes typed at one time.
const MAX_INPUT: usize = 64 * 1024;

/// Runs of programs.
pub struct Execution {
    pub(super) platform: Platform,
    pub(crate) dispatcher: Arc<Dispatcher>,
    pub(super) live: LiveRuns,
    /// Ends the streams of runs that don't end before the program does.
    pub(super) closing: CancellationToken,
}

/// A program that somebody wants to run.
#[derive(Debug)]
pub struct RunRequest {
    /// The program.
    pub program: Program,
    /// What it finds in its interpreter; none for a name of no profile, which the check refuses.
    pub profile: Option<Profile>,
    /// Standard input from the start.
    pub stdin: Vec<u8>,
    /// Standard input stays open.
    pub interactive: bool,
    /// Files that it leaves are kept.
    pub collect_files: bool,
}

impl Execution {
    /// Sets it up; `Engine::start` brings it to life.
    pub fn new(platform: Platform, dispatcher: Arc<Dispatcher>) -> Arc<Self> {
        Arc::new(Self {
            platform,
            dispatcher,
            live: LiveRuns::default(),
            closing: CancellationToken::new(),
        })
    }

    /// Says everything that is wrong with a request.
    pub fn check(&self, request: &RunRequest) -> Result<(), Error> {
        let mut violations = Violations::default();
        program::check(
            &request.program,
            &self.platform.config.limits,
            &mut violations,
        );
        if request.profile.is_none() {
            let names = Profile::ALL.map(Profile::word).join(", ");
            violations.add("profile", format!("must be one of {names}."));
        }
        if request.stdin.len() > MAX_STDIN {
            violations.add("stdin", format!("may have at most {MAX_STDIN} bytes."));
        }
        violations.check()
    }

    /// Accepts a checked program and queues it. Run, request_id and answer are stored together, in
    /// the one write that must be durable before the caller hears of the run. A call that was
    /// faster with this request_id gives the answer.
    pub async fn create<A: Message + Default>(
        self: &Arc<Self>,
        caller: Caller,
        call_id: CallId,
        request: RunRequest,
        unseen: Unseen,
        answer: impl FnOnce(Run) -> A,
    ) -> Result<A, Error> {
        let profile = request.profile.unwrap_or_default();
        self.admit(caller, Lane::Runs, profile).await?;
        let run = new_run(caller.user_id, self.platform.clock.now());
        let mut shown = run.clone();
        shown.queue_position = Some(self.first_position());
        let answer = answer(shown);
        let faster = self
            .insert(&run, call_id, &request, unseen, &answer)
            .await?;
        if let Some(answer) = faster {
            return Ok(answer);
        }
        self.enqueue(run, request.interactive, 0);
        Ok(answer)
    }

    /// Refuses new work while the program ends, work of a profile that no runner has, while the queue is too
    /// long, and over the user's quota.
    pub async fn admit(&self, caller: Caller, lane: Lane, profile: Profile) -> Result<(), Error> {
        if self.platform.draining.is_cancelled() {
            return Err(Error::shutting_down());
        }
        if !self.dispatcher.runners().may_have(profile) {
            return Err(Error::FailedPrecondition {
                reason: Reason::PROFILE_UNAVAILABLE,
                message: "The libraries that the program needs are not installed here.",
            });
        }
        self.dispatcher
            .queue()
            .admit(lane)
            .map_err(|Refusal { retry_after }| Error::ResourceExhausted {
                reason: Reason::QUEUE_FULL,
                message: "Too many programs are waiting. Try again in a moment.".into(),
                retry_after,
            })?;
        let user_id = caller.user_id.to_string();
        let rates = &self.platform.rate_limits;
        rates.check_run(&user_id, caller.quota()).await
    }

    /// None when the run was stored, else the answer of the call that was faster.
    async fn insert<A: Message + Default>(
        self: &Arc<Self>,
        run: &Run,
        call_id: CallId,
        request: &RunRequest,
        unseen: Unseen,
        answer: &A,
    ) -> Result<Option<A>, Error> {
        let new = store::NewRun {
            id: run.id,
            user: run.user,
            call_id: call_id.to_string(),
            program: &request.program,
            profile: request.profile.unwrap_or_default(),
            stdin: &request.stdin,
            interactive: request.interactive,
            collect_files: request.collect_files,
            create_time: run.create_time,
        };
        let mut tx = self.platform.db.write_beside().await?;
        let faster = unseen.settle(&mut tx, answer).await?;
        if faster.is_none() {
            store::insert(&mut tx, &new).await?;
            let doubt = self.in_doubt(run, request.interactive);
            tx.commit().await?;
            doubt.clear();
        }
        Ok(faster)
    }

    /// Makes a stored run live and queues it.
    pub(super) fn enqueue(&self, run: Run, interactive: bool, attempt: u32) {
        let job = Job::Run(run.id);
        let ticket = Ticket {
            job,
            step: 0,
            priority: Priority::Run,
            user: run.user,
            order: None,
        };
        let limits = &self.platform.config.limits;
        let room = Room {
            output: usize::try_from(limits.output_bytes).unwrap_or(usize::MAX),
            drawing: usize::try_from(limits.drawing_bytes).unwrap_or(usize::MAX),
        };
        let live = LiveRun::new(run, interactive, attempt, room);
        self.live.insert(live.clone());
        self.dispatcher.queue().push(ticket);
        live.queued(self.position(job), self.platform.clock.now());
    }

    fn first_position(&self) -> QueuePosition {
        let stats = self.dispatcher.queue().stats();
        let position = u32::try_from(stats.queued_runs + 1).unwrap_or(u32::MAX);
        QueuePosition {
            position,
            estimated_wait: stats.estimated_wait,
        }
    }

    fn position(&self, job: Job) -> Option<QueuePosition> {
        let wait = self.dispatcher.queue().position(job)?;
        Some(QueuePosition {
            position: wait.position,
            estimated_wait: wait.estimate,
        })
    }

    /// A run as it stands.
    pub async fn get(&self, caller: Caller, id: RunId) -> Result<Run, Error> {
        Ok(self.find(caller, id).await?.snapshot())
    }

    /// A file that a run left, with its bytes.
    pub async fn file(
        &self,
        caller: Caller,
        id: RunId,
        path: &str,
    ) -> Result<(RunFile, Vec<u8>), Error> {
        self.find(caller, id).await?;
        store::file(self.platform.db.read(), id, path)
            .await?
            .ok_or(Error::NotFound("file"))
    }

    /// Follows a run.
    pub async fn watch(
        &self,
        caller: Caller,
        id: RunId,
        after: u64,
    ) -> Result<impl Stream<Item = Result<Heard, Error>> + Send + 'static, Error> {
        let run = self.find_moving(caller, id).await?;
        Ok(watch(
            run,
            after,
            self.platform.clock.clone(),
            self.closing.clone(),
        ))
    }

    /// Types into a running program. A repeat of a request_id types nothing twice.
    pub async fn send_input(
        &self,
        caller: Caller,
        id: RunId,
        request_id: &str,
        data: &[u8],
    ) -> Result<(), Error> {
        let run = self.find(caller, id).await?;
        check_request_id(request_id)?;
        if data.len() > MAX_INPUT {
            return Err(Error::invalid(
                "data",
                format!("may have at most {MAX_INPUT} bytes."),
            ));
        }
        let digest: [u8; 32] = Sha256::digest(data).into();
        let mut typed = run.input.lock().await;
        match typed.seen.get(request_id) {
            Some(before) if *before == digest => return Ok(()),
            Some(_) => return Err(reused()),
            None => {}
        }
        let place = run.place().ok_or_else(not_running)?;
        if typed.closed || !run.interactive {
            return Err(input_closed());
        }
        place
            .runner
            .write_input(&place.name, data.to_vec())
            .await
            .map_err(input_error)?;
        typed.push(data);
        if !request_id.is_empty() {
            typed.seen.insert(request_id.to_owned(), digest);
        }
        Ok(())
    }

    /// Ends a running program's input.
    pub async fn close_input(&self, caller: Caller, id: RunId) -> Result<(), Error> {
        let run = self.find(caller, id).await?;
        let mut typed = run.input.lock().await;
        let place = run.place().ok_or_else(not_running)?;
        if !typed.closed && run.interactive {
            place
                .runner
                .close_input(&place.name)
                .await
                .map_err(input_error)?;
            typed.closed = true;
        }
        Ok(())
    }

    /// Stops a run. A queued one ends at once; a running one as soon as its runner has killed it.
    pub async fn cancel(self: &Arc<Self>, caller: Caller, id: RunId) -> Result<Run, Error> {
        let run = self.find_moving(caller, id).await?;
        run.cancel.cancel();
        if self.dispatcher.forget(Job::Run(id)) > 0 {
            // The caller may hang up, and the database be away: who took the run out of the queue must bring it to
            // its end.
            let (execution, run) = (self.clone(), run.clone());
            let ended = tokio::spawn(async move {
                let ending = Ending::without_program(Outcome::Cancelled);
                execution.finish(&run, ending).await;
            });
            match tokio::time::timeout(CANCEL_LIMIT, ended).await {
                Ok(ended) => ended.map_err(|error| Error::internal("cancel a run", error))?,
                Err(late) => return Err(Error::unavailable(late)),
            }
        }
        Ok(run.snapshot())
    }

    /// How long the queue is.
    pub fn queue_stats(&self) -> Stats {
        self.dispatcher.queue().stats()
    }

    /// Version of Python; none while no runner answers.
    pub fn python_version(&self) -> Option<String> {
        self.dispatcher.runners().python_version()
    }

    /// The profiles of the runners that answer.
    pub fn profiles(&self) -> Vec<ProfileView> {
        self.dispatcher.runners().profiles()
    }

    /// Limits of a run.
    pub fn run_limits(&self) -> Limits {
        let limits = &self.platform.config.limits;
        Limits {
            input_wait: Some(limits.input_wait),
            drawing_bytes: Some(limits.drawing_bytes),
            ..program_limits(limits, limits.run_wall_time, limits.memory_bytes)
        }
    }

    /// How many files of a run are kept.
    pub fn collection(&self) -> Collection {
        let limits = &self.platform.config.limits;
        Collection {
            files: limits.kept_files,
            file_bytes: limits.kept_file_bytes,
            total_bytes: limits.kept_run_bytes,
        }
    }

    /// Limits of each test of a submission, where the problem has none of its own.
    pub fn test_limits(&self) -> Limits {
        let limits = &self.platform.config.limits;
        program_limits(limits, limits.test_wall_time, limits.memory_bytes)
    }

    /// The installation's settings.
    pub fn config(&self) -> &crate::platform::config::Config {
        &self.platform.config
    }

    /// Answers of calls that were made before.
    pub fn idempotency(&self) -> &crate::platform::idempotency::Idempotency {
        &self.platform.idempotency
    }

    /// The run, when it is the caller's.
    async fn find(&self, caller: Caller, id: RunId) -> Result<Arc<LiveRun>, Error> {
        // A run leaves `live` after its end was stored, so it can't be missed in between.
        let run = match self.live.get(id) {
            Some(run) => Some(run),
            None => store::get(self.platform.db.read(), id)
                .await?
                .map(LiveRun::restore),
        };
        run.filter(|run| run.user() == caller.user_id)
            .ok_or(Error::NotFound("run"))
    }

    /// The same where only the run that is worked on will do: nobody tells a copy of it how it goes on. One that is
    /// stored and not live yet will be soon (see `doubt`).
    async fn find_moving(&self, caller: Caller, id: RunId) -> Result<Arc<LiveRun>, Error> {
        let run = self.find(caller, id).await?;
        if run.is_over() {
            return Ok(run);
        }
        match self.live.get(id) {
            Some(run) => Ok(run),
            None if run.is_over() => Ok(run),
            None => Err(Error::unavailable("the run is not in the queue yet")),
        }
    }
}

impl System for Execution {
    fn recover(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.recover())
    }

    fn work(self: Arc<Self>) -> Work {
        Arc::new(move |slot| Box::pin(self.clone().work(slot)))
    }

    fn tell_positions(&self) {
        for live in self.live.all() {
            if let Some(position) = self.position(Job::Run(live.id())) {
                live.queued(Some(position), self.platform.clock.now());
            }
        }
    }

    fn adopt(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.adopt())
    }

    fn delete_old(&self, before: Timestamp, count: u32) -> BoxFuture<'_, Result<u64, Error>> {
        Box::pin(self.delete_old(before, count))
    }

    fn close(&self) {
        self.closing.cancel();
    }
}

/// The limits that go with every program.
pub fn program_limits(
    limits: &crate::platform::config::Limits,
    wall_time: std::time::Duration,
    memory_bytes: u64,
) -> Limits {
    Limits {
        wall_time: Some(wall_time),
        cpu_time: Some(wall_time),
        memory_bytes: Some(memory_bytes),
        output_bytes: Some(limits.output_bytes),
        processes: u32::try_from(limits.processes).ok(),
        input_wait: None,
        drawing_bytes: None,
    }
}

pub(super) fn new_run(user: UserId, now: Timestamp) -> Run {
    Run {
        id: RunId::new(),
        user,
        state: State::Queued,
        ending: None,
        stdout: Vec::new(),
        stderr: Vec::new(),
        drawing: Vec::new(),
        queue_position: None,
        create_time: now,
        start_time: None,
        finish_time: None,
        files: None,
        explanation: None,
    }
}

fn not_running() -> Error {
    Error::FailedPrecondition {
        reason: Reason::RUN_NOT_RUNNING,
        message: "The program isn't running.",
    }
}

fn input_closed() -> Error {
    Error::FailedPrecondition {
        reason: Reason::INPUT_CLOSED,
        message: "The program's input is closed.",
    }
}

fn input_error(failure: InputFailure) -> Error {
    match failure {
        InputFailure::NotRunning => not_running(),
        InputFailure::Closed => input_closed(),
        InputFailure::Full { retry_after } => Error::ResourceExhausted {
            reason: Reason::INPUT_FULL,
            message: "The program isn't reading its input.".into(),
            retry_after,
        },
        InputFailure::Lost(_) => Error::unavailable(failure),
    }
}
