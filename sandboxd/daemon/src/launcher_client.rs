//! The daemon's end of the conversation with the launcher: requests out, events to whoever waits for
//! them. When the launcher is gone, everybody who waits is told, and the daemon has no reason to live.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sandboxd_launcher::wire::{self, Event, Facts, MAX_MESSAGE, Request};
use sandboxd_sandbox::cgroup::Priority;
use sandboxd_sandbox::{ENDS, Ends, Exit, KernelLimits, Profile, Usage};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::oneshot;
use tokio::time;

/// How long the launcher may take to make a sandbox: the first one of a profile waits for its template, which
/// loads its modules for some seconds.
const SPAWN_PATIENCE: Duration = Duration::from_secs(60);

/// The launcher can't do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LauncherError {
    /// It said no.
    #[error("the launcher made no sandbox: {0}")]
    Refused(String),
    /// It is gone.
    #[error("the launcher is gone")]
    Gone,
    /// It says nothing.
    #[error("the launcher made no sandbox within {0:?}")]
    Slow(Duration),
    /// The socket failed.
    #[error("talking to the launcher")]
    Socket(#[source] io::Error),
}

/// A sandbox that was made, and the promise of its end.
#[derive(Debug)]
pub struct Spawned {
    /// Its number.
    pub run: u64,
    /// Our ends of its pipes.
    pub ends: Ends,
    /// How it ended; an error when the launcher is gone.
    pub ended: oneshot::Receiver<(Exit, Usage)>,
}

/// A sandbox's pipes and the promise of its end.
type Made = (Ends, oneshot::Receiver<(Exit, Usage)>);

#[derive(Debug)]
enum Waiting {
    ForSandbox(oneshot::Sender<Result<Made, LauncherError>>),
    ForEnd(oneshot::Sender<(Exit, Usage)>),
}

/// See the module. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LauncherClient {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    socket: AsyncFd<OwnedFd>,
    waiting: Mutex<HashMap<u64, Waiting>>,
    limiting: Mutex<HashMap<u64, oneshot::Sender<Option<String>>>>,
    keeping: Mutex<HashMap<u64, oneshot::Sender<Result<OwnedFd, String>>>>,
    freeing: Mutex<HashMap<u64, oneshot::Sender<()>>>,
    ponging: Mutex<Vec<oneshot::Sender<()>>>,
    asking: Mutex<HashMap<u64, oneshot::Sender<bool>>>,
    /// How long a sandbox may take.
    patience: Duration,
    /// Held until the launcher has been asked: it takes rising numbers only.
    next_run: tokio::sync::Mutex<u64>,
}

impl LauncherClient {
    /// Takes the socket (set to not block) and waits for the launcher to be ready.
    ///
    /// # Errors
    /// When it ends before.
    pub async fn connect(socket: OwnedFd) -> Result<(Self, Facts), LauncherError> {
        use nix::fcntl::{FcntlArg, OFlag, fcntl};
        fcntl(&socket, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))
            .map_err(|error| LauncherError::Socket(error.into()))?;
        #[expect(
            deprecated,
            reason = "sound with an OwnedFd, whose descriptor neither changes nor closes; the new function is unsafe"
        )]
        let socket = AsyncFd::new(socket).map_err(LauncherError::Socket)?;
        let inner = Arc::new(Inner {
            socket,
            waiting: Mutex::default(),
            limiting: Mutex::default(),
            keeping: Mutex::default(),
            freeing: Mutex::default(),
            ponging: Mutex::default(),
            asking: Mutex::default(),
            patience: SPAWN_PATIENCE,
            next_run: tokio::sync::Mutex::new(1),
        });
        match inner.receive().await? {
            (Event::Ready(facts), _) => Ok((Self { inner }, facts)),
            (other, _) => Err(LauncherError::Refused(format!(
                "an unexpected first message {other:?}"
            ))),
        }
    }

    /// Hands out events until the launcher is gone. To be run for as long as the daemon lives.
    pub async fn dispatch(&self) -> LauncherError {
        loop {
            match self.inner.receive().await {
                Ok((event, descriptors)) => self.inner.hand_out(event, descriptors),
                Err(error) => {
                    // Dropping the senders tells everybody who waits.
                    lock(&self.inner.waiting).clear();
                    lock(&self.inner.limiting).clear();
                    lock(&self.inner.keeping).clear();
                    lock(&self.inner.freeing).clear();
                    lock(&self.inner.ponging).clear();
                    lock(&self.inner.asking).clear();
                    return error;
                }
            }
        }
    }

    /// Makes a sandbox of a profile.
    ///
    /// # Errors
    /// When the launcher refuses, is gone, or takes too long.
    pub async fn spawn(
        &self,
        profile: Profile,
        limits: &KernelLimits,
    ) -> Result<Spawned, LauncherError> {
        let (sender, receiver) = oneshot::channel();
        let run = {
            let mut next_run = self.inner.next_run.lock().await;
            let run = *next_run;
            *next_run += 1;
            lock(&self.inner.waiting).insert(run, Waiting::ForSandbox(sender));
            let limits = limits.clone();
            let request = Request::Spawn {
                run,
                profile,
                limits,
            };
            self.inner.send(&request).await?;
            run
        };
        let patience = self.inner.patience;
        let Ok(answer) = time::timeout(patience, receiver).await else {
            // What it makes after all is killed as soon as it is there.
            self.kill(run).await?;
            return Err(LauncherError::Slow(patience));
        };
        let (ends, ended) = answer.map_err(|_| LauncherError::Gone)??;
        Ok(Spawned { run, ends, ended })
    }

    /// Changes a sandbox's limits, before its program is handed over.
    ///
    /// # Errors
    /// When one does not hold, or the launcher is gone.
    pub async fn limit(&self, run: u64, limits: &KernelLimits) -> Result<(), LauncherError> {
        let (sender, receiver) = oneshot::channel();
        lock(&self.inner.limiting).insert(run, sender);
        let limits = limits.clone();
        self.inner.send(&Request::Limit { run, limits }).await?;
        match receiver.await.map_err(|_| LauncherError::Gone)? {
            None => Ok(()),
            Some(problem) => Err(LauncherError::Refused(problem)),
        }
    }

    /// Keeps the files of a sandbox for when it has ended. To be called once, before its program is handed over.
    /// Returns the socket to their collector, which there will be when the sandbox has ended; see
    /// `sandboxd_sandbox::collection`.
    ///
    /// # Errors
    /// When they can't be kept, or the launcher is gone.
    pub async fn keep(&self, run: u64) -> Result<OwnedFd, LauncherError> {
        let (sender, receiver) = oneshot::channel();
        lock(&self.inner.keeping).insert(run, sender);
        self.inner.send(&Request::Keep { run }).await?;
        receiver
            .await
            .map_err(|_| LauncherError::Gone)?
            .map_err(LauncherError::Refused)
    }

    /// When the place of a sandbox is free again after its files were collected; an error when they were not kept,
    /// or the launcher is gone. To be called before [`LauncherClient::keep`].
    pub fn freed(&self, run: u64) -> oneshot::Receiver<()> {
        let (sender, freed) = oneshot::channel();
        lock(&self.inner.freeing).insert(run, sender);
        freed
    }

    /// Returns when the launcher has answered, whatever else it has to do.
    ///
    /// # Errors
    /// When it is gone.
    pub async fn ping(&self) -> Result<(), LauncherError> {
        let (sender, receiver) = oneshot::channel();
        lock(&self.inner.ponging).push(sender);
        self.inner.send(&Request::Ping).await?;
        receiver.await.map_err(|_| LauncherError::Gone)
    }

    /// Whether a program waits for its input, as the kernel sees it. One question of a run at a time.
    ///
    /// # Errors
    /// When the launcher is gone.
    pub async fn waits(&self, run: u64) -> Result<bool, LauncherError> {
        let (sender, receiver) = oneshot::channel();
        lock(&self.inner.asking).insert(run, sender);
        self.inner.send(&Request::Waits { run }).await?;
        receiver.await.map_err(|_| LauncherError::Gone)
    }

    /// Gives a sandbox more or less of processors that others want as well. No effect when it has ended.
    ///
    /// # Errors
    /// When the launcher is gone.
    pub async fn prioritise(&self, run: u64, priority: Priority) -> Result<(), LauncherError> {
        self.inner
            .send(&Request::Prioritise { run, priority })
            .await
    }

    /// Kills a sandbox. No effect when it has ended.
    ///
    /// # Errors
    /// When the launcher is gone.
    pub async fn kill(&self, run: u64) -> Result<(), LauncherError> {
        self.inner.send(&Request::Kill { run }).await
    }
}

/// A map stays a map, whatever panicked while holding it.
fn lock<T>(map: &Mutex<T>) -> MutexGuard<'_, T> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inner {
    async fn send(&self, request: &Request) -> Result<(), LauncherError> {
        let message =
            wire::encode(request).map_err(|error| LauncherError::Refused(error.to_string()))?;
        self.socket
            .async_io(Interest::WRITABLE, |socket| {
                sandboxd_sys::socket::send(socket.as_fd(), &message, &[])
            })
            .await
            .map_err(|error| match error.kind() {
                io::ErrorKind::BrokenPipe => LauncherError::Gone,
                _ => LauncherError::Socket(error),
            })
    }

    async fn receive(&self) -> Result<(Event, Vec<OwnedFd>), LauncherError> {
        let mut buffer = [0; MAX_MESSAGE];
        let (length, descriptors) = self
            .socket
            .async_io(Interest::READABLE, |socket| {
                sandboxd_sys::socket::receive(socket.as_fd(), &mut buffer)
            })
            .await
            .map_err(LauncherError::Socket)?;
        if length == 0 {
            return Err(LauncherError::Gone);
        }
        let event = wire::decode(&buffer[..length])
            .map_err(|error| LauncherError::Refused(error.to_string()))?;
        Ok((event, descriptors))
    }

    fn hand_out(&self, event: Event, descriptors: Vec<OwnedFd>) {
        match event {
            Event::Spawned { run } => self.hand_out_sandbox(run, descriptors),
            Event::Refused { run, reason } => {
                if let Some(Waiting::ForSandbox(sender)) = lock(&self.waiting).remove(&run) {
                    // Nobody waits any more: fine, there is no sandbox.
                    let _ = sender.send(Err(LauncherError::Refused(reason)));
                }
            }
            Event::Limited { run, problem } => {
                if let Some(sender) = lock(&self.limiting).remove(&run) {
                    // A caller that gave up drops its sandbox.
                    let _ = sender.send(problem);
                }
            }
            Event::Kept { run, problem } => {
                if let Some(sender) = lock(&self.keeping).remove(&run) {
                    let socket = descriptors.into_iter().next();
                    let kept = socket.ok_or_else(|| problem.unwrap_or_default());
                    if kept.is_err() {
                        lock(&self.freeing).remove(&run);
                    }
                    // A caller that gave up drops its sandbox.
                    let _ = sender.send(kept);
                }
            }
            Event::Freed { run } => {
                if let Some(sender) = lock(&self.freeing).remove(&run) {
                    // Nobody waits for a sandbox whose pool is gone.
                    let _ = sender.send(());
                }
            }
            Event::Ended { run, exit, usage } => {
                if let Some(Waiting::ForEnd(sender)) = lock(&self.waiting).remove(&run) {
                    let _ = sender.send((exit, usage));
                }
            }
            // Whoever asks is answered in order, so this is true for all.
            Event::Pong => {
                for sender in lock(&self.ponging).drain(..) {
                    // A caller that gave up hears nothing.
                    let _ = sender.send(());
                }
            }
            Event::Waits { run, for_input } => {
                if let Some(sender) = lock(&self.asking).remove(&run) {
                    // The run may have ended meanwhile.
                    let _ = sender.send(for_input);
                }
            }
            Event::Ready(_) => tracing::warn!("the launcher said twice that it is ready"),
        }
    }

    fn hand_out_sandbox(&self, run: u64, descriptors: Vec<OwnedFd>) {
        let mut waiting = lock(&self.waiting);
        let Some(Waiting::ForSandbox(sender)) = waiting.remove(&run) else {
            return;
        };
        let Ok(ends) = <[OwnedFd; ENDS]>::try_from(descriptors) else {
            let reason = "a sandbox came without its descriptors".to_owned();
            let _ = sender.send(Err(LauncherError::Refused(reason)));
            return;
        };
        let (end_sender, ended) = oneshot::channel();
        waiting.insert(run, Waiting::ForEnd(end_sender));
        // A caller that gave up drops its run, which is killed by its guard or by the closed pipes.
        let _ = sender.send(Ok((Ends::from_descriptors(ends), ended)));
    }
}

#[cfg(test)]
mod tests {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};

    use super::*;

    fn limits() -> KernelLimits {
        KernelLimits {
            memory_bytes: 128 << 20,
            processes: 50,
            cpu_millicores: 500,
            cpu_seconds: 6,
            scratch_bytes: 50 << 20,
            scratch_inodes: 4096,
            file_bytes: 50 << 20,
            open_files: 256,
        }
    }

    /// A client with little patience, and the launcher's end of its socket.
    async fn client() -> (LauncherClient, OwnedFd) {
        let kind = (AddressFamily::Unix, SockType::SeqPacket);
        let (ours, launcher) = socketpair(kind.0, kind.1, None, SockFlag::empty()).expect("a pair");
        let ready = Event::Ready(Facts {
            cgroup: "cgroup v2".to_owned(),
            landlock: 0,
            swept: 0,
        });
        let ready = wire::encode(&ready).expect("it is short");
        sandboxd_sys::socket::send(launcher.as_fd(), &ready, &[]).expect("there is room");
        let (mut client, _) = LauncherClient::connect(ours).await.expect("it is ready");
        let inner = Arc::get_mut(&mut client.inner).expect("nobody else has it yet");
        inner.patience = Duration::from_millis(50);
        (client, launcher)
    }

    fn next_request(launcher: &OwnedFd) -> Request {
        let mut buffer = [0; MAX_MESSAGE];
        let (length, _) =
            sandboxd_sys::socket::receive(launcher.as_fd(), &mut buffer).expect("a message");
        wire::decode(&buffer[..length]).expect("one of ours")
    }

    #[tokio::test]
    async fn a_launcher_that_says_nothing_is_not_waited_for_for_ever() {
        let (client, launcher) = client().await;
        let failed = client.spawn(Profile::Python, &limits()).await;
        let error = failed.expect_err("nothing was made");
        assert_eq!(
            error.to_string(),
            "the launcher made no sandbox within 50ms"
        );
        assert!(matches!(
            next_request(&launcher),
            Request::Spawn { run: 1, .. }
        ));
        // What it makes too late is not wanted any more.
        assert_eq!(next_request(&launcher), Request::Kill { run: 1 });
    }

    #[tokio::test]
    async fn a_ping_ends_with_the_answer_and_not_before() {
        let (client, launcher) = client().await;
        let dispatching = client.clone();
        tokio::spawn(async move { dispatching.dispatch().await });
        let waiting = client.ping();
        tokio::pin!(waiting);
        let early = time::timeout(Duration::from_millis(50), &mut waiting).await;
        assert!(early.is_err(), "nobody answered");
        assert_eq!(next_request(&launcher), Request::Ping);
        let pong = wire::encode(&Event::Pong).expect("it is short");
        sandboxd_sys::socket::send(launcher.as_fd(), &pong, &[]).expect("there is room");
        waiting.await.expect("answered");
    }

    #[tokio::test]
    async fn a_launcher_that_is_gone_is_an_error_at_once() {
        let (client, launcher) = client().await;
        drop(launcher);
        let failed = client.spawn(Profile::Python, &limits()).await;
        assert!(matches!(failed, Err(LauncherError::Gone)), "{failed:?}");
    }
}
