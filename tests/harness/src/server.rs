//! A sandboxd of the test's own: started, asked, stopped, killed, started again.

use std::fs::{self, File};
use std::future::Future;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use coderunner_proto::sandbox::v1::sandbox_service_client::SandboxServiceClient;
use coderunner_proto::sandbox::v1::{ExecuteRequest, GetStatusRequest, GetStatusResponse};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};

use crate::batch::{Batch, BatchReport, RunningBatch};
use crate::processes::{self, Process};
use crate::running::{Arrival, Report, Running};
use crate::slowness::{self, scaled};
use crate::{Job, binaries, host, wait};

/// A start may take this long: on a busy machine the first one reads everything from disk.
const START_PATIENCE: Duration = Duration::from_secs(30);
/// Draining an idle server is quick.
const STOP_PATIENCE: Duration = Duration::from_secs(10);
/// Longer than any limit that a server accepts.
pub const RUN_PATIENCE: Duration = Duration::from_secs(60);
/// Largest message from the server: an event of output, with room to spare.
const MAX_MESSAGE: usize = 24 << 20;
/// Bytes that a caller takes who does not read; the least that HTTP/2 begins with.
pub const UNREAD_WINDOW: u32 = 65_535;
/// User ids that one server gets: two for each sandbox, the last for its own unprivileged half.
const IDS: u32 = 64;

/// How a server differs from the usual one.
#[derive(Debug, Clone)]
pub struct Options {
    /// Sandboxes that may live at one time, at most 31.
    pub max_sandboxes: u32,
    /// Sandboxes of the standard library that wait at rest; as many as there can be when not said.
    pub parked: Option<u32>,
    /// Users that may talk through the socket.
    pub allowed_uids: Vec<u32>,
    /// Layers of the sandbox that are taken out, by name; with any, the server is the build that is made for this.
    pub without_layers: Vec<String>,
    /// The tree that programs see; the usual one without.
    pub rootfs: Option<PathBuf>,
    /// How long the server may take to get ready.
    pub start_patience: Duration,
    /// More keys of the configuration file's section `[listen]`, as TOML.
    pub more_listen: String,
    /// More keys of the section `[pool]`, as TOML.
    pub more_pool: String,
    /// More sections of the configuration file, as TOML.
    pub more_config: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_sandboxes: 4,
            parked: None,
            allowed_uids: vec![0],
            without_layers: Vec::new(),
            rootfs: None,
            start_patience: START_PATIENCE,
            more_listen: String::new(),
            more_pool: String::new(),
            more_config: String::new(),
        }
    }
}

/// One of the two processes that sandboxd splits itself into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// Privileged: makes sandboxes.
    Launcher,
    /// Unprivileged: speaks gRPC.
    Daemon,
}

/// A client of the server, on a runtime of its own.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    runtime: Arc<Runtime>,
    channel: Channel,
}

impl Connection {
    pub(crate) fn client(&self) -> SandboxServiceClient<Channel> {
        SandboxServiceClient::new(self.channel.clone())
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE)
    }

    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

/// A running sandboxd. A test that ends well calls [`Sandboxd::stop`] and sees its errors; dropping it is
/// the safety net: it is asked to end, killed if it does not, and its control groups are removed.
#[derive(Debug)]
pub struct Sandboxd {
    folder: TempDir,
    process: Child,
    connection: Connection,
    options: Options,
    id_base: u32,
    cgroup: String,
    next_run: AtomicU32,
}

impl Sandboxd {
    /// Starts a server with a folder, ids and a control group that nothing else uses, and waits until it
    /// answers. Blocks.
    ///
    /// # Errors
    /// When programs are missing or the server does not come up; the error holds the end of its log.
    pub fn start(options: Options) -> Result<Self> {
        if !nix::unistd::geteuid().is_root() {
            bail!("tests of the sandbox make namespaces and control groups: run them as root");
        }
        let folder = tempfile::Builder::new()
            .prefix("sandboxd-test-")
            .tempdir()
            .context("making a folder for the server")?;
        // Both halves reach the socket's folder.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))
            .context("opening the server's folder")?;
        let random = random_number();
        let id_base =
            200_000_000 + u32::try_from(random % 29_000_000).expect("below 29 million") * IDS;
        let cgroup = format!("sandboxd-test-{:012x}", random & 0xffff_ffff_ffff);
        fs::write(
            folder.path().join("sandboxd.toml"),
            config(folder.path(), &options, id_base, &cgroup)?,
        )
        .context("writing the server's configuration")?;
        let connection = connect(&folder.path().join("sandboxd.sock"))?;
        let process = launch(folder.path(), &options)?;
        let mut this = Self {
            folder,
            process,
            connection,
            options,
            id_base,
            cgroup,
            next_run: AtomicU32::new(1),
        };
        this.wait_until_ready()?;
        Ok(this)
    }

    /// Starts the server again, in the same folder with the same configuration, after it was killed.
    ///
    /// # Errors
    /// As for [`Sandboxd::start`]; also when it still lives.
    pub fn start_again(&mut self) -> Result<()> {
        self.begin_again()?;
        self.connection = connect(&self.socket())?;
        self.wait_until_ready()
    }

    /// Starts the server again and does not wait until it answers.
    ///
    /// # Errors
    /// When it still lives.
    pub fn begin_again(&mut self) -> Result<()> {
        if self
            .process
            .try_wait()
            .context("looking at the server")?
            .is_none()
        {
            bail!("the server still lives");
        }
        self.process = launch(self.folder.path(), &self.options)?;
        Ok(())
    }

    /// Asks the server to end (SIGTERM) and waits for it.
    ///
    /// # Errors
    /// When it does not end in time or not with code 0.
    pub fn stop(mut self) -> Result<()> {
        let pid = self.pid();
        kill(Pid::from_raw(pid), Signal::SIGTERM).context("asking the server to stop")?;
        let status = self.wait_for_exit(STOP_PATIENCE)?;
        if !status.success() {
            bail!("the server ended with {status}; {}", self.log_tail());
        }
        Ok(())
    }

    /// Kills one half with SIGKILL.
    ///
    /// # Errors
    /// When there is no such process.
    pub fn kill(&self, half: Half) -> Result<()> {
        let process = self.half(half)?;
        kill(Pid::from_raw(process.pid), Signal::SIGKILL)
            .with_context(|| format!("killing {process}"))
    }

    /// Waits until the server's first process is gone.
    ///
    /// # Errors
    /// When it is still there after `patience`.
    pub fn wait_for_exit(&mut self, patience: Duration) -> Result<ExitStatus> {
        let process = &mut self.process;
        let status = wait::until(patience, || match process.try_wait() {
            Ok(Some(status)) => Ok(status),
            Ok(None) => Err("it still lives".to_owned()),
            Err(error) => Err(error.to_string()),
        });
        match status {
            Ok(status) => Ok(status),
            Err(reason) => bail!(
                "the server did not end in {patience:?}: {reason}; {}",
                self.log_tail()
            ),
        }
    }

    /// Begins a run and returns before it ends.
    ///
    /// # Errors
    /// Never for the run itself: a refusal shows when its events are awaited.
    pub fn begin(&self, job: Job) -> Result<Running> {
        let run_id = self.next_run_id();
        let request = job.into_request(run_id.clone());
        let (began, arrivals, listener) = self.listen(self.connection.client(), request, None);
        let connection = self.connection.clone();
        Ok(Running::new(connection, run_id, began, arrivals, listener))
    }

    /// Begins a run whose caller reads nothing after the start, over a connection of its own that takes at
    /// most [`UNREAD_WINDOW`] bytes unread, until [`Running::read_on`].
    ///
    /// # Errors
    /// As for [`Sandboxd::begin`].
    pub fn begin_unread(&self, job: Job) -> Result<Running> {
        let run_id = self.next_run_id();
        let request = job.into_request(run_id.clone());
        let own = Connection {
            runtime: Arc::clone(&self.connection.runtime),
            channel: channel(
                &self.connection.runtime,
                &self.socket(),
                Some(UNREAD_WINDOW),
            )?,
        };
        let (hold, released) = oneshot::channel();
        let (began, arrivals, listener) = self.listen(own.client(), request, Some(released));
        let connection = self.connection.clone();
        let mut running = Running::new(connection, run_id, began, arrivals, listener);
        running.hold = Some(hold);
        Ok(running)
    }

    /// Begins a batch and returns before it ends.
    pub fn begin_batch(&self, batch: Batch) -> RunningBatch {
        let run_id = self.next_run_id();
        let request = batch.into_request(run_id.clone());
        let (_, arrivals, listener) = self.listen(self.connection.client(), request, None);
        RunningBatch::new(self.connection.clone(), run_id, arrivals, listener)
    }

    /// Runs a batch to its end.
    ///
    /// # Errors
    /// When the server refuses it or breaks; never for what the program does.
    pub fn run_batch(&self, batch: Batch) -> Result<BatchReport> {
        self.begin_batch(batch)
            .finish(RUN_PATIENCE)
            .with_context(|| self.log_tail())
    }

    fn next_run_id(&self) -> String {
        let number = self.next_run.fetch_add(1, Ordering::Relaxed);
        format!("run-{number}")
    }

    /// Sends a request and passes on what comes; after the first message only when `released` says so.
    fn listen(
        &self,
        mut client: SandboxServiceClient<Channel>,
        request: ExecuteRequest,
        mut released: Option<oneshot::Receiver<()>>,
    ) -> (Instant, mpsc::Receiver<Arrival>, JoinHandle<()>) {
        let (sender, arrivals) = mpsc::channel();
        let began = Instant::now();
        let listener = self.connection.runtime.spawn(async move {
            let arrived = |response| sender.send((Instant::now(), response)).is_ok();
            let mut stream = match client.execute(request).await {
                Ok(response) => response.into_inner(),
                Err(refusal) => {
                    arrived(Err(refusal));
                    return;
                }
            };
            loop {
                let wanted = match stream.message().await {
                    Ok(Some(response)) => arrived(Ok(response)),
                    Ok(None) => false,
                    Err(broken) => {
                        arrived(Err(broken));
                        false
                    }
                };
                if !wanted {
                    return;
                }
                if let Some(released) = released.take() {
                    // It says so by going away.
                    let _ = released.await;
                }
            }
        });
        (began, arrivals, listener)
    }

    /// Runs a job to its end.
    ///
    /// # Errors
    /// When the server refuses it or breaks; never for what the program does.
    pub fn run(&self, job: Job) -> Result<Report> {
        self.begin(job)?
            .finish(RUN_PATIENCE)
            .with_context(|| self.log_tail())
    }

    /// Runs `sandboxd exec` with these arguments against this server.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn exec(&self, arguments: &[&str]) -> Result<Output> {
        Command::new(binaries::program("sandboxd")?)
            .arg("exec")
            .arg("--socket")
            .arg(self.socket())
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .context("starting sandboxd exec")
    }

    /// What the server says of itself.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn status(&self) -> Result<GetStatusResponse> {
        let mut client = self.connection.client();
        let answer = self
            .connection
            .block_on(client.get_status(GetStatusRequest {}));
        Ok(answer
            .context("asking for the server's status")?
            .into_inner())
    }

    /// Waits until the server is at rest: as many sandboxes wait for a program as there can be, and the copies
    /// of a template that brought the zygotes there have gone.
    ///
    /// # Errors
    /// When it is not after `patience`.
    pub fn wait_until_parked(&self, patience: Duration) -> Result<()> {
        let most = i32::try_from(self.options.max_sandboxes).context("a small number")?;
        wait::until(patience, || match self.status() {
            Ok(status) if status.parked == most => self.expect_no_copies(),
            Ok(status) => Err(format!("{} of {most} sandboxes wait", status.parked)),
            Err(error) => Err(format!("{error:#}")),
        })
        .map_err(|problem| anyhow!("the server is not at rest: {problem}; {}", self.log_tail()))
    }

    /// A zygote's way into its slot takes two copies of the template, which still are its children's children.
    fn expect_no_copies(&self) -> Result<(), String> {
        let template_user = self.sandbox_users().end;
        let all = processes::all().map_err(|error| format!("{error:#}"))?;
        let templates = processes::of_users(&all, &(template_user..template_user + 1));
        let copy = templates
            .iter()
            .find(|process| templates.iter().any(|other| other.pid == process.parent));
        match copy {
            Some(copy) => Err(format!("{copy} is a copy of a template")),
            None => Ok(()),
        }
    }

    /// The server's first process.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.process.id()).expect("process ids are small")
    }

    /// One of the server's two own processes.
    ///
    /// # Errors
    /// When it is not there.
    pub fn half(&self, half: Half) -> Result<Process> {
        let wanted = match half {
            Half::Launcher => 0,
            Half::Daemon => self.id_base + IDS - 1,
        };
        processes::tree(&processes::all()?, self.pid())
            .into_iter()
            .find(|process| process.uid == wanted)
            .with_context(|| format!("the server has no {half:?} with user {wanted}"))
    }

    /// Host user ids of its sandboxes.
    pub fn sandbox_users(&self) -> Range<u32> {
        self.id_base..self.id_base + self.options.max_sandboxes * 2
    }

    /// The group below which its sandboxes have theirs.
    pub fn cgroup(&self) -> &str {
        &self.cgroup
    }

    /// Its folder: configuration, socket, log.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("sandboxd.sock")
    }

    /// Its configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.folder.path().join("sandboxd.toml")
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + scaled(self.options.start_patience);
        loop {
            if let Some(status) = self.process.try_wait().context("looking at the server")? {
                bail!(
                    "the server ended at once with {status}; {}",
                    self.log_tail()
                );
            }
            // A connection that was refused stays refused, so each try is a new one.
            self.connection = connect(&self.socket())?;
            match self.status() {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > deadline => {
                    return Err(
                        error.context(format!("the server did not get ready; {}", self.log_tail()))
                    );
                }
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    fn ends_when_asked(&mut self) -> bool {
        kill(Pid::from_raw(self.pid()), Signal::SIGTERM).is_ok()
            && self.wait_for_exit(STOP_PATIENCE).is_ok()
    }

    /// All that the server has logged.
    pub fn log(&self) -> String {
        let path = self.folder.path().join("sandboxd.log");
        fs::read_to_string(&path).unwrap_or_default()
    }

    /// Sandboxes that may live at one time.
    pub fn max_sandboxes(&self) -> u32 {
        self.options.max_sandboxes
    }

    fn log_tail(&self) -> String {
        let text = self.log();
        let lines: Vec<&str> = text.lines().collect();
        let tail = &lines[lines.len().saturating_sub(20)..];
        format!("the end of its log:\n{}", tail.join("\n"))
    }
}

impl Drop for Sandboxd {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) && !self.ends_when_asked() {
            for half in [Half::Launcher, Half::Daemon] {
                // Gone already is as good.
                let _ = self.kill(half);
            }
            // The first process is one of the two.
            let _ = self.process.wait();
        }
        // The name is ours alone, so nobody else would ever sweep what a killed server left there.
        host::remove_groups(&self.cgroup);
    }
}

/// Whether a process ended by this signal.
pub fn ended_by(status: ExitStatus, signal: Signal) -> bool {
    status.signal() == Some(signal as i32)
}

fn config(folder: &Path, options: &Options, id_base: u32, cgroup: &str) -> Result<String> {
    let Options {
        max_sandboxes,
        parked,
        allowed_uids,
        rootfs,
        start_patience: _,
        more_listen,
        more_pool,
        without_layers: _,
        more_config,
    } = options;
    if *max_sandboxes * 2 >= IDS {
        bail!("{max_sandboxes} sandboxes are more than a test server has ids for");
    }
    let rootfs = match rootfs {
        Some(rootfs) => rootfs.clone(),
        None => binaries::rootfs()?,
    };
    let parked = parked.unwrap_or(*max_sandboxes);
    let more_time = more_time(slowness::factor());
    Ok(format!(
        "[listen]\nsocket = {socket:?}\nallowed_uids = {allowed_uids:?}\n{more_listen}\n\
         [rootfs]\npath = {rootfs:?}\n\n\
         [pool]\nmax_sandboxes = {max_sandboxes}\nparked = {parked}\nstartup_time_ms = {startup}\n{more_pool}\n\
         [identity]\nuid_base = {id_base}\ndaemon_uid = {daemon}\n\n\
         [cgroup]\nparent = {cgroup:?}\n\n{more_time}{more_config}",
        socket = folder.join("sandboxd.sock"),
        daemon = id_base + IDS - 1,
        startup = 10_000 * slowness::factor(),
    ))
}

/// On a slow machine the limits of time that a server has by itself are longer too. Tests that set limits of the
/// server's own don't run there.
fn more_time(factor: u32) -> String {
    if factor == 1 {
        return String::new();
    }
    let (usual, most) = (5_000 * factor, 30_000 * factor);
    format!(
        "[limits]\nwall_time_ms = {usual}\ncpu_time_ms = {usual}\n\
         most_wall_time_ms = {most}\nmost_cpu_time_ms = {most}\n\n"
    )
}

fn launch(folder: &Path, options: &Options) -> Result<Child> {
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.join("sandboxd.log"))
        .context("opening the server's log")?;
    let mut command = if options.without_layers.is_empty() {
        Command::new(binaries::program("sandboxd")?)
    } else {
        let mut command = Command::new(binaries::sandboxd_with_removable_layers()?);
        command.env("SANDBOXD_WITHOUT_LAYERS", options.without_layers.join(","));
        command
    };
    command
        .arg("serve")
        .arg("--config")
        .arg(folder.join("sandboxd.toml"))
        .stdin(Stdio::null())
        .stdout(log.try_clone().context("opening the server's log")?)
        .stderr(log)
        .spawn()
        .context("starting sandboxd")
}

fn connect(socket: &Path) -> Result<Connection> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("making a runtime for the client")?;
    let channel = channel(&runtime, socket, None)?;
    Ok(Connection {
        runtime: Arc::new(runtime),
        channel,
    })
}

/// A connection that is made when it is used; `window` is how many bytes the server may send that nobody reads.
fn channel(runtime: &Runtime, socket: &Path, window: Option<u32>) -> Result<Channel> {
    let endpoint = Endpoint::from_shared(format!("unix:{}", socket.display()))
        .context("naming the server's socket")?
        .initial_stream_window_size(window)
        .initial_connection_window_size(window);
    let _inside = runtime.enter();
    Ok(endpoint.connect_lazy())
}

/// Differs between processes and calls.
pub fn random_number() -> u64 {
    RandomState::new().build_hasher().finish()
}
