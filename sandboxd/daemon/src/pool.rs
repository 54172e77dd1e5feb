//! Sandboxes that wait for a program. They are made before anybody asks: a run takes one that is parked, and
//! another is made in its place, off the path that answers. When none is parked, one is made on demand;
//! when no slot is left, the run waits its turn.
//!
//! How many are parked follows use: at least the configured number, more after a burst found none, and
//! fewer again, one by one, when no run has missed one for a while.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sandboxd_sandbox::{Ends, Exit, KernelLimits, Usage};
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::sync::{Notify, oneshot};
use tokio::time;

use crate::job::HELLO;
use crate::launcher_client::{LauncherClient, LauncherError, Spawned};

/// A sandbox beyond the configured number goes when none was missed for this long, then one after
/// another.
const IDLE: Duration = Duration::from_secs(60);
/// How long a pool that can't make sandboxes waits before it tries again.
const RETRY: Duration = Duration::from_secs(1);

/// How a pool is set up.
#[derive(Debug, Clone)]
pub struct PoolOptions {
    /// Sandboxes that may live at one time.
    pub most: usize,
    /// Sandboxes that are parked at rest.
    pub parked: usize,
    /// What a sandbox is limited to until its run asks for something else.
    pub limits: KernelLimits,
    /// Time until Python must be ready.
    pub startup_time: Duration,
}

/// No sandbox could be had.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct NoSandbox(String);

impl NoSandbox {
    fn because(error: &LauncherError) -> Self {
        Self(match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        })
    }
}

/// See the module. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Pool {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    launcher: LauncherClient,
    options: PoolOptions,
    state: Mutex<State>,
    grown: Notify,
}

/// Invariant: `parked`, `making` and `taken` together are at most `options.most`.
#[derive(Debug, Default)]
struct State {
    parked: VecDeque<Sandbox>,
    /// On their way.
    making: usize,
    /// With a run, or on their way out.
    taken: usize,
    waiting: VecDeque<oneshot::Sender<Result<Sandbox, NoSandbox>>>,
    /// How many shall be parked at rest now.
    level: usize,
    missed: Option<time::Instant>,
}

impl State {
    fn living(&self) -> usize {
        self.parked.len() + self.making + self.taken
    }
}

/// A sandbox whose interpreter waits for a program.
#[derive(Debug)]
pub struct Sandbox {
    /// Kills it, and gives its place back when it is dead.
    pub tenancy: Tenancy,
    /// Our ends of it; the runner has said on its socket that it is ready.
    pub ends: Ends<UnixStream>,
}

impl Pool {
    /// A pool that begins to fill at once. Must be called on a runtime.
    pub fn new(launcher: LauncherClient, options: PoolOptions) -> Self {
        let state = State {
            level: options.parked.min(options.most),
            ..State::default()
        };
        let pool = Self {
            inner: Arc::new(Inner {
                launcher,
                options,
                state: Mutex::new(state),
                grown: Notify::new(),
            }),
        };
        pool.balance();
        tokio::spawn(pool.clone().shrink());
        pool
    }

    /// Sandboxes that wait for a program now.
    pub fn parked(&self) -> usize {
        self.lock().parked.len()
    }

    /// A sandbox with these limits. Waits for one when none is parked; a caller that gives up drops
    /// the future.
    ///
    /// # Errors
    /// When none can be made.
    pub async fn take(&self, limits: &KernelLimits) -> Result<Sandbox, NoSandbox> {
        let sandbox = match self.take_parked() {
            Some(sandbox) => sandbox,
            None => self.wait().await?,
        };
        let KernelLimits {
            memory_bytes,
            processes,
            ..
        } = self.inner.options.limits;
        if (memory_bytes, processes) != (limits.memory_bytes, limits.processes) {
            self.inner
                .launcher
                .limit(sandbox.tenancy.run, limits)
                .await
                .map_err(|error| NoSandbox::because(&error))?;
        }
        Ok(sandbox)
    }

    fn take_parked(&self) -> Option<Sandbox> {
        let mut state = self.lock();
        let sandbox = loop {
            let mut sandbox = state.parked.pop_front()?;
            state.taken += 1;
            if sandbox.tenancy.lives() {
                break sandbox;
            }
            // It died while it waited: of a host without memory, or with its slot.
            tracing::warn!(run = sandbox.tenancy.run, "a parked sandbox was dead");
            state.taken -= 1;
            sandbox.tenancy.settled = true;
        };
        drop(state);
        self.balance();
        Some(sandbox)
    }

    async fn wait(&self) -> Result<Sandbox, NoSandbox> {
        let (sender, receiver) = oneshot::channel();
        {
            let mut state = self.lock();
            state.waiting.push_back(sender);
            // A pool that shall park none makes each on demand.
            if self.inner.options.parked > 0 {
                let wanted = state.taken + state.waiting.len();
                state.level = state.level.max(wanted).min(self.inner.options.most);
                state.missed = Some(time::Instant::now());
            }
        }
        self.inner.grown.notify_one();
        self.balance();
        receiver
            .await
            .unwrap_or_else(|_| Err(NoSandbox("the pool is gone".to_owned())))
    }

    /// Makes as many as are waited for or missing from the level.
    fn balance(&self) {
        let missing = {
            let mut state = self.lock();
            let wanted = state.waiting.len() + state.level;
            let ready = state.parked.len() + state.making;
            let room = self.inner.options.most.saturating_sub(state.living());
            let missing = wanted.saturating_sub(ready).min(room);
            state.making += missing;
            missing
        };
        for _ in 0..missing {
            tokio::spawn(self.clone().make());
        }
    }

    async fn make(self) {
        let made = self.try_make().await;
        let failed = made.is_err();
        if let Err(problem) = &made {
            tracing::error!(%problem, "no sandbox for the pool");
        }
        self.arrived(made);
        if failed {
            time::sleep(RETRY).await;
            self.balance();
        }
    }

    fn arrived(&self, made: Result<Sandbox, NoSandbox>) {
        let mut state = self.lock();
        state.making -= 1;
        match made {
            Ok(sandbox) => Self::deliver(&mut state, sandbox),
            Err(problem) => {
                if let Some(waiting) = state.waiting.pop_front() {
                    // It may have given up.
                    let _ = waiting.send(Err(problem));
                }
            }
        }
    }

    fn deliver(state: &mut State, mut sandbox: Sandbox) {
        while let Some(waiting) = state.waiting.pop_front() {
            match waiting.send(Ok(sandbox)) {
                Ok(()) => {
                    state.taken += 1;
                    return;
                }
                // It gave up.
                Err(Ok(returned)) => sandbox = returned,
                Err(Err(_)) => return,
            }
        }
        state.parked.push_back(sandbox);
    }

    async fn try_make(&self) -> Result<Sandbox, NoSandbox> {
        let Inner {
            launcher, options, ..
        } = &*self.inner;
        let Spawned { run, ends, ended } = launcher
            .spawn(&options.limits)
            .await
            .map_err(|error| NoSandbox::because(&error))?;
        let mut tenancy = Tenancy {
            pool: self.clone(),
            run,
            ended: Some(ended),
            freed: None,
            // Until it is delivered its place is counted as being made.
            settled: true,
        };
        match time::timeout(options.startup_time, greet(ends)).await {
            Ok(Ok(ends)) => {
                tenancy.settled = false;
                Ok(Sandbox { tenancy, ends })
            }
            failed => {
                tenancy.kill().await;
                let exit = match time::timeout(options.startup_time, tenancy.ended()).await {
                    Ok(Some((Exit::Failed(reason), _))) => reason,
                    Ok(Some((exit, _))) => format!("{exit:?}"),
                    _ => "it does not die".to_owned(),
                };
                let problem = match failed {
                    Ok(Err(error)) => error.to_string(),
                    _ => format!("Python was not ready within {:?}", options.startup_time),
                };
                Err(NoSandbox(format!("{problem} ({exit})")))
            }
        }
    }

    fn give_back(&self) {
        self.lock().taken -= 1;
        self.balance();
    }

    /// Parks fewer when none was missed for a while. Sleeps for good while the level is the
    /// configured one.
    async fn shrink(self) {
        loop {
            self.inner.grown.notified().await;
            loop {
                time::sleep(IDLE).await;
                let surplus = {
                    let mut state = self.lock();
                    if state.level <= self.inner.options.parked {
                        break;
                    }
                    if state.missed.is_some_and(|missed| missed.elapsed() < IDLE) {
                        continue;
                    }
                    state.level -= 1;
                    let surplus = state.parked.pop_back();
                    state.taken += usize::from(surplus.is_some());
                    surplus
                };
                drop(surplus);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for the runner's greeting.
async fn greet(ends: Ends) -> io::Result<Ends<UnixStream>> {
    let mut ends = ends.with_control(|control| {
        let control = std::os::unix::net::UnixStream::from(control);
        control.set_nonblocking(true)?;
        UnixStream::from_std(control)
    })?;
    let mut byte = [0];
    if ends.control.read(&mut byte).await? == 1 && byte[0] == HELLO {
        Ok(ends)
    } else {
        Err(io::Error::other("the interpreter did not get ready"))
    }
}

/// A sandbox's life. Dropping it kills the sandbox; its place is free when it is dead and its files are collected.
#[derive(Debug)]
pub struct Tenancy {
    pool: Pool,
    run: u64,
    ended: Option<oneshot::Receiver<(Exit, Usage)>>,
    /// Set while files are kept: when they are gone.
    freed: Option<oneshot::Receiver<()>>,
    settled: bool,
}

impl Tenancy {
    /// Kills the sandbox.
    pub async fn kill(&self) {
        // Without a launcher the sandbox is dead already.
        let _ = self.pool.inner.launcher.kill(self.run).await;
    }

    /// How it ended; `None` when the launcher is gone. Returns once, after that never.
    pub async fn ended(&mut self) -> Option<(Exit, Usage)> {
        let Some(ended) = &mut self.ended else {
            return std::future::pending().await;
        };
        let end = ended.await.ok();
        self.ended = None;
        if !self.settled {
            self.settled = true;
            match self.freed.take() {
                None => self.pool.give_back(),
                Some(freed) => {
                    let pool = self.pool.clone();
                    tokio::spawn(async move {
                        // Without a launcher there is nothing to wait for.
                        let _ = freed.await;
                        pool.give_back();
                    });
                }
            }
        }
        end
    }

    /// Keeps the files that the program will leave. Returns the socket where they come when it has ended; whoever
    /// drops that gives them up.
    ///
    /// # Errors
    /// When they can't be kept.
    pub async fn keep(&mut self) -> Result<OwnedFd, LauncherError> {
        let launcher = &self.pool.inner.launcher;
        // Holds even if the answer comes too late for whoever asked.
        self.freed = Some(launcher.freed(self.run));
        launcher.keep(self.run).await
    }

    fn lives(&mut self) -> bool {
        let pending = oneshot::error::TryRecvError::Empty;
        self.ended
            .as_mut()
            .is_some_and(|ended| ended.try_recv() == Err(pending))
    }
}

impl Drop for Tenancy {
    fn drop(&mut self) {
        let Some(ended) = self.ended.take() else {
            return;
        };
        let (pool, run, settled) = (self.pool.clone(), self.run, self.settled);
        let freed = self.freed.take();
        tokio::spawn(async move {
            // Without a launcher it is dead already.
            let _ = pool.inner.launcher.kill(run).await;
            let _ = ended.await;
            if let Some(freed) = freed {
                let _ = freed.await;
            }
            if !settled {
                pool.give_back();
            }
        });
    }
}
