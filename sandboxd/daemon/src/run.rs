//! One run from sandbox to outcome: start, feed, watch the clocks, kill when a limit is hit, collect.
//!
//! The clock of the program starts when it is handed to the waiting interpreter, and stops when every
//! process of the sandbox is dead; while an interactive program waits for input, it stands still (see `patience`).
//! The run ends with its main process; output that is still in the pipes
//! is read for a bounded time.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use coderunner_proto::common::v1::{CompileError, Outcome, OutputStream, Usage as UsageMessage};
use coderunner_proto::sandbox::v1::{Finished, FunctionStatus, Started, execute_response::Event};
use sandboxd_sandbox::cgroup::parse_cpu;
use sandboxd_sandbox::layers::{Layer, stands};
use sandboxd_sandbox::{Ends, Exit, KernelLimits, Limits, Profile, Usage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time;

use crate::compiling::Compiling;
use crate::files::{Files, Wanted};
use crate::input::Input;
use crate::job::{Answer, Code, Job, MAX_ANSWER, MAX_RESULT, ProcessLimits, parse_result};
use crate::outcome::{Evidence, KillReason, judge};
use crate::output::{Drained, EventSender, drain};
use crate::patience::Patience;
use crate::pool::{Pool, Sandbox, Tenancy};

/// How often the CPU time is read: soon after the start, when a program that computes must begin to make way for
/// others, and later as often as its limit needs.
const CPU_CHECKS: [Duration; 2] = [Duration::from_millis(10), Duration::from_millis(50)];
/// How long output may still come after the last process died.
const DRAIN_PATIENCE: Duration = Duration::from_secs(1);
/// How long a killed sandbox may take to be dead.
const KILL_PATIENCE: Duration = Duration::from_secs(10);

/// What to run; already checked.
#[derive(Debug)]
pub struct Order {
    /// What its interpreter has.
    pub profile: Profile,
    /// The program as the runner wants it.
    pub job: Vec<u8>,
    /// A function's return value is expected.
    pub wants_result: bool,
    /// What it draws is passed on. It comes on the pipe on which a result would.
    pub wants_drawing: bool,
    /// Input from the start.
    pub stdin: Vec<u8>,
    /// More input may come.
    pub interactive: bool,
    /// Limits that the daemon watches.
    pub limits: Limits,
    /// Limits that the kernel watches.
    pub kernel_limits: KernelLimits,
    /// It compiles the program for a batch, and gets its input after that.
    pub compiling: Option<Compiling>,
    /// Files that are to come back.
    pub files: Option<Wanted>,
}

impl Order {
    /// An order for a program without input, for the daemon's own check at start.
    pub fn script(
        profile: Profile,
        source: &[u8],
        limits: Limits,
        kernel_limits: KernelLimits,
    ) -> Self {
        Self {
            profile,
            job: Job {
                limits: ProcessLimits::of(&kernel_limits),
                source,
                code: Code::Compile,
                files: &[],
                function: None,
                drawing: false,
            }
            .encode(),
            wants_result: false,
            wants_drawing: false,
            stdin: Vec::new(),
            interactive: false,
            limits,
            kernel_limits,
            compiling: None,
            files: None,
        }
    }

    /// Without the limits that a build for tests takes out.
    fn with_remaining_limits(mut self) -> Self {
        if !stands(Layer::WallTime) {
            self.limits.wall_time = Duration::from_secs(20);
        }
        if !stands(Layer::CpuTime) {
            self.limits.cpu_time = Duration::MAX;
        }
        if !stands(Layer::OutputCap) {
            self.limits.output_bytes = 32 << 20;
            self.limits.drawing_bytes = 32 << 20;
        }
        self
    }
}

/// What is to be told when a run has ended.
#[derive(Debug, Default)]
pub struct End {
    /// Files that the program left.
    pub files: Vec<Event>,
    /// How it ended.
    pub finished: Finished,
}

impl From<Finished> for End {
    fn from(finished: Finished) -> Self {
        let files = Vec::new();
        Self { files, finished }
    }
}

/// Handles by which others reach a run.
#[derive(Debug, Clone, Default)]
pub struct Handle {
    /// Set once the program runs.
    pub input: Arc<std::sync::OnceLock<Input>>,
    /// Kills it.
    pub cancel: Arc<Notify>,
    /// Set when the host takes no new runs, and wants those that it has to come to their end.
    pub draining: Arc<AtomicBool>,
}

/// Runs an order; what happens while it runs goes to `events`, the end is returned, so that its place is
/// free before anybody hears of it.
pub async fn run(pool: &Pool, order: Order, handle: &Handle, events: &EventSender) -> End {
    let requested = Instant::now();
    let sandbox = tokio::select! {
        taken = pool.take(order.profile, &order.kernel_limits) => match taken {
            Ok(sandbox) => sandbox,
            Err(error) => return internal_error(format!("no sandbox: {error}")).into(),
        },
        () = handle.cancel.notified() => return cancelled().into(),
        () = events.closed() => return cancelled().into(),
    };
    run_in(sandbox, order, handle, events, requested).await
}

/// The same in a sandbox that the caller has taken.
pub async fn run_in(
    sandbox: Sandbox,
    order: Order,
    handle: &Handle,
    events: &EventSender,
    requested: Instant,
) -> End {
    let order = order.with_remaining_limits();
    match Running::start(sandbox, order, handle, events, requested).await {
        Ok(running) => running.supervise(handle, events).await,
        Err(error) => {
            internal_error(format!("the sandbox's pipes could not be used: {error}")).into()
        }
    }
}

/// The end of a run that was cancelled before it had a sandbox.
fn cancelled() -> Finished {
    Finished {
        outcome: Outcome::Cancelled.into(),
        usage: Some(UsageMessage::default()),
        ..Finished::default()
    }
}

/// The end of a run that failed by our fault.
pub fn internal_error(reason: String) -> Finished {
    tracing::error!(reason, "a run failed by our fault");
    Finished {
        outcome: Outcome::InternalError.into(),
        usage: Some(UsageMessage::default()),
        internal_error: reason,
        ..Finished::default()
    }
}

/// Everything that lives while a program runs.
struct Running {
    tenancy: Tenancy,
    limits: Limits,
    clock: CpuClock,
    /// When the program was handed over.
    started: Instant,
    /// Time since then that does not count.
    patience: Patience,
    streams: [Reading; 2],
    /// What it draws, if that is wanted.
    drawing: Option<Reading>,
    answer: Conversation,
    /// A function's return value, if one is wanted.
    result: Option<JoinHandle<Vec<u8>>>,
    /// The files that it leaves, if they are wanted.
    files: Option<Files>,
}

impl Running {
    async fn start(
        sandbox: Sandbox,
        order: Order,
        handle: &Handle,
        events: &EventSender,
        requested: Instant,
    ) -> io::Result<Self> {
        let Sandbox { mut tenancy, ends } = sandbox;
        let files = match order.files {
            Some(wanted) => Some(Files::keep(wanted, &mut tenancy).await),
            None => None,
        };
        let Ends {
            stdin,
            stdout,
            stderr,
            control,
            result,
            cpu_clock,
        } = ends;
        let stdout = pipe::Receiver::from_owned_fd(stdout)?;
        let stderr = pipe::Receiver::from_owned_fd(stderr)?;
        let (mut result_task, mut drawing_pipe) = (None, None);
        if order.wants_result {
            let result = pipe::Receiver::from_owned_fd(result)?;
            result_task = Some(tokio::spawn(read_bounded(result, MAX_RESULT + 1)));
        } else if order.wants_drawing {
            drawing_pipe = Some(pipe::Receiver::from_owned_fd(result)?);
        }
        // What the compiling waits for, see there.
        let mut withheld = None;
        // Nothing to read is an end of file, at once.
        let input = if let Some(compiling) = order.compiling {
            let stdin = pipe::Sender::from_owned_fd(stdin)?;
            withheld = Some((compiling, stdin, order.stdin));
            Input::closed()
        } else if order.interactive || !order.stdin.is_empty() {
            let stdin = pipe::Sender::from_owned_fd(stdin)?;
            Input::start(stdin, order.stdin, order.interactive)
        } else {
            drop(stdin);
            Input::closed()
        };
        let mut clock = CpuClock::new(File::from(cpu_clock));
        clock.reset();
        let started = Instant::now();
        let startup_duration = requested.elapsed().try_into().ok();
        // Set once, here, and before anybody can know that there is a program.
        let _ = handle.input.set(input);
        // Nobody listens: noticed below.
        let _ = events
            .send(Event::Started(Started { startup_duration }))
            .await;
        let reading = |pipe, stream, limit| {
            Reading::new(tokio::spawn(drain(pipe, stream, limit, events.clone())))
        };
        let Limits {
            output_bytes,
            drawing_bytes,
            ..
        } = order.limits;
        let streams = [
            reading(stdout, OutputStream::Stdout, output_bytes),
            reading(stderr, OutputStream::Stderr, output_bytes),
        ];
        // Over its limit this pipe is closed like the others, and that is all: an animation that is too long is no
        // reason to take the program's output away.
        let drawing = drawing_pipe.map(|pipe| reading(pipe, OutputStream::Drawing, drawing_bytes));
        Ok(Self {
            tenancy,
            patience: Patience::new(order.limits.input_wait),
            limits: order.limits,
            clock,
            started,
            streams,
            drawing,
            answer: match withheld {
                Some((compiling, stdin, bytes)) => Conversation::Sending(tokio::spawn(
                    compiling.converse(control, order.job, stdin, bytes),
                )),
                None => Conversation::begin(control, order.job),
            },
            result: result_task,
            files,
        })
    }

    async fn supervise(mut self, handle: &Handle, events: &EventSender) -> End {
        let (killed, ended) = match self.watch(handle, events).await {
            Watched::Ended(ended) => (None, ended),
            Watched::Kill(reason) => match time::timeout(KILL_PATIENCE, self.tenancy.die()).await {
                Ok(ended) => (Some(reason), ended),
                Err(_) => {
                    return internal_error("a killed sandbox did not die".to_owned()).into();
                }
            },
        };
        let waited = self.patience.waited();
        let wall = self.started.elapsed().saturating_sub(waited);
        let Some((exit, usage)) = ended else {
            return internal_error("the launcher is gone".to_owned()).into();
        };
        let files = match self.files.take() {
            Some(files) => Some(files.receive().await),
            None => None,
        };
        // Who asks for the next run as soon as this one is answered has no second place meanwhile.
        self.tenancy.freed().await;
        let mut end = End::from(self.collect(killed, exit, usage, wall).await);
        if let Some((events, summary)) = files {
            end.files = events;
            end.finished.collected_files = Some(summary);
        }
        end
    }

    /// Waits for the first thing that ends the run.
    async fn watch(&mut self, handle: &Handle, events: &EventSender) -> Watched {
        let deadline = time::sleep(self.limits.wall_time);
        tokio::pin!(deadline);
        let [soon, late] = CPU_CHECKS;
        let cpu_check = time::sleep(soon);
        tokio::pin!(cpu_check);
        let [stdout, stderr] = &mut self.streams;
        let mut question = Question::default();
        loop {
            tokio::select! {
                // A run that ended is never killed for something that happened at the same time.
                biased;
                ended = self.tenancy.ended() => return Watched::Ended(ended),
                () = handle.cancel.notified() => return Watched::Kill(KillReason::Cancelled),
                () = events.closed() => return Watched::Kill(KillReason::Cancelled),
                () = &mut deadline => return Watched::Kill(KillReason::WallTime),
                () = &mut cpu_check => {
                    let used = self.clock.elapsed();
                    if used >= self.limits.cpu_time {
                        return Watched::Kill(KillReason::CpuTime);
                    }
                    let elapsed = self.started.elapsed();
                    self.tenancy.weigh(used, elapsed).await;
                    // Whoever thinks keeps nobody from running: when all places are taken, waiting counts.
                    let may_wait = handle.input.get().is_some_and(Input::is_open)
                        && !handle.draining.load(Ordering::Relaxed)
                        && self.tenancy.has_room_beside();
                    if !question.is_asked() && self.patience.look(used, may_wait) {
                        question = Question::ask(self.tenancy.waits());
                    }
                    cpu_check.as_mut().reset(time::Instant::now() + elapsed.clamp(soon, late));
                }
                waits = question.answer() => {
                    let given = self.patience.hear(waits, Instant::now());
                    let later = deadline.deadline() + given;
                    deadline.as_mut().reset(later);
                }
                drained = stdout.finished() => {
                    if drained.truncated { return Watched::Kill(KillReason::Output); }
                }
                drained = stderr.finished() => {
                    if drained.truncated { return Watched::Kill(KillReason::Output); }
                }
            }
        }
    }

    async fn collect(
        self,
        killed: Option<KillReason>,
        exit: Exit,
        usage: Usage,
        wall: Duration,
    ) -> Finished {
        let [stdout, stderr] = self.streams;
        let (stdout, stderr) = (stdout.in_time().await, stderr.in_time().await);
        let drawing = match self.drawing {
            Some(drawing) => drawing.in_time().await,
            None => Drained::default(),
        };
        let answer = Answer::parse(&self.answer.end().await);
        let cpu = usage.cpu.saturating_sub(self.clock.start);
        let spoke = !matches!(answer, Answer::Unintelligible);
        let compile_error: Option<CompileError> = match answer {
            Answer::CompileError(error) => Some(error),
            Answer::Started | Answer::Unintelligible => None,
        };
        // Two streams can reach their limit and the end of the run in any order.
        let killed =
            killed.or((stdout.truncated || stderr.truncated).then_some(KillReason::Output));
        let evidence = Evidence {
            killed,
            exit: &exit,
            usage: &usage,
            compile_error: compile_error.is_some(),
            began: spoke || cpu >= self.limits.cpu_time,
        };
        let outcome = judge(&evidence);
        let wall = if evidence.ended_before_its_kill() {
            wall.min(self.limits.wall_time)
        } else {
            wall
        };
        let (function_status, result_json) = match self.result {
            Some(result) => parse_result(bytes_in_time(result).await),
            None => (FunctionStatus::Unspecified, Vec::new()),
        };
        Finished {
            outcome: outcome.into(),
            exit_code: if let Exit::Exited(code) = exit {
                Some(code)
            } else {
                None
            },
            signal: if let Exit::Signaled(signal) = exit {
                Some(signal)
            } else {
                None
            },
            usage: Some(usage_message(
                wall,
                cpu,
                &usage,
                [stdout, stderr, drawing],
                &self.patience,
            )),
            compile_error: compile_error.filter(|_| outcome == Outcome::CompileError),
            function_status: function_status.into(),
            result_json,
            collected_files: None,
            internal_error: match (&exit, outcome) {
                (Exit::Failed(reason), _) => reason.clone(),
                (_, Outcome::InternalError) => {
                    "the sandbox ended before the program began".to_owned()
                }
                _ => String::new(),
            },
        }
    }
}

/// The job on its way to the runner, and the runner's answer.
enum Conversation {
    /// The job is in the socket's buffer, where the answer will be as well.
    Sent(UnixStream),
    /// The job is larger than the buffer.
    Sending(JoinHandle<Vec<u8>>),
}

impl Conversation {
    fn begin(control: UnixStream, mut job: Vec<u8>) -> Self {
        match control.try_write(&job) {
            Ok(written) if written == job.len() => Self::Sent(control),
            partly => {
                job.drain(..partly.unwrap_or(0));
                Self::Sending(tokio::spawn(converse(control, job)))
            }
        }
    }

    /// The answer. To be asked for when the sandbox is dead.
    async fn end(self) -> Vec<u8> {
        match self {
            Self::Sent(control) => {
                let mut bytes = Vec::new();
                if let Ok(control) = control.into_std() {
                    // It doesn't block: what is there now, or nothing, is the answer.
                    let _ = control.take(MAX_ANSWER as u64).read_to_end(&mut bytes);
                }
                bytes
            }
            Self::Sending(task) => bytes_in_time(task).await,
        }
    }
}

/// Sends the job and reads the answer.
async fn converse(control: UnixStream, job: Vec<u8>) -> Vec<u8> {
    let (reader, mut writer) = control.into_split();
    let send = async move {
        // A runner that died in the middle is seen by its exit.
        let _ = writer.write_all(&job).await;
        writer
    };
    let (answer, _writer) = tokio::join!(read_bounded(reader, MAX_ANSWER), send);
    answer
}

/// Reads to the end, or as much as is allowed.
pub async fn read_bounded(reader: impl tokio::io::AsyncRead + Unpin, most: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What was read before an error is all there is.
    let _ = reader.take(most as u64).read_to_end(&mut bytes).await;
    bytes
}

/// What happened first.
enum Watched {
    /// The sandbox ended; `None` when the launcher is gone.
    Ended(Option<(Exit, Usage)>),
    /// It must be killed.
    Kill(KillReason),
}

/// A question to the launcher, or none: whether the program waits for its input.
#[derive(Default)]
struct Question(Option<Pin<Box<dyn Future<Output = bool> + Send>>>);

impl Question {
    fn ask(question: impl Future<Output = bool> + Send + 'static) -> Self {
        Self(Some(Box::pin(question)))
    }

    fn is_asked(&self) -> bool {
        self.0.is_some()
    }

    /// Returns once for each question.
    async fn answer(&mut self) -> bool {
        let Some(asked) = &mut self.0 else {
            return std::future::pending().await;
        };
        let answer = asked.await;
        self.0 = None;
        answer
    }
}

/// One of the program's output streams, being read.
struct Reading {
    task: JoinHandle<Drained>,
    drained: Option<Drained>,
}

impl Reading {
    fn new(task: JoinHandle<Drained>) -> Self {
        Self {
            task,
            drained: None,
        }
    }

    /// Returns once, when the stream ended or reached its limit; after that never.
    async fn finished(&mut self) -> Drained {
        if self.drained.is_some() {
            return std::future::pending().await;
        }
        let drained = (&mut self.task).await.unwrap_or_default();
        self.drained = Some(drained);
        drained
    }

    /// What came out, waiting a bounded time for what is still in the pipe.
    async fn in_time(mut self) -> Drained {
        if let Some(drained) = self.drained {
            return drained;
        }
        let waited = time::timeout(DRAIN_PATIENCE, self.finished()).await;
        waited.unwrap_or_else(|_| {
            self.task.abort();
            Drained::default()
        })
    }
}

async fn bytes_in_time(mut reader: JoinHandle<Vec<u8>>) -> Vec<u8> {
    match time::timeout(DRAIN_PATIENCE, &mut reader).await {
        Ok(bytes) => bytes.unwrap_or_default(),
        Err(_) => {
            reader.abort();
            Vec::new()
        }
    }
}

fn usage_message(
    wall: Duration,
    cpu: Duration,
    usage: &Usage,
    [stdout, stderr, drawing]: [Drained; 3],
    patience: &Patience,
) -> UsageMessage {
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    UsageMessage {
        wall_duration: wall.try_into().ok(),
        cpu_duration: cpu.try_into().ok(),
        peak_memory_bytes: number(usage.peak_memory_bytes),
        stdout_bytes: number(stdout.bytes),
        stderr_bytes: number(stderr.bytes),
        stdout_truncated: stdout.truncated,
        stderr_truncated: stderr.truncated,
        drawing_bytes: number(drawing.bytes),
        drawing_truncated: drawing.truncated,
        input_wait_duration: Some(patience.waited())
            .filter(|waited| !waited.is_zero())
            .and_then(|waited| waited.try_into().ok()),
    }
}

/// The program's CPU time, read from its control group.
struct CpuClock {
    file: File,
    start: Duration,
}

impl CpuClock {
    fn new(file: File) -> Self {
        Self {
            file,
            start: Duration::ZERO,
        }
    }

    fn reset(&mut self) {
        self.start = self.read().unwrap_or_default();
    }

    /// Zero when it can't be read: the group is gone, and so is the program.
    fn elapsed(&self) -> Duration {
        self.read().unwrap_or_default().saturating_sub(self.start)
    }

    fn read(&self) -> Option<Duration> {
        let mut buffer = [0; 512];
        let length = self.file.read_at(&mut buffer, 0).ok()?;
        parse_cpu(std::str::from_utf8(&buffer[..length]).ok()?)
    }
}
