//! Sandboxes that wait for a program. They are made before anybody asks: a run takes one of its profile that is
//! parked, and another is made in its place, off the path that answers. When none is parked, one is made on
//! demand; when no slot is left, a parked one of another profile is given up for it, or the run waits its
//! turn. What is made and given up is decided in [`plan`].
//!
//! Making one takes about as much of a processor as running a small program. So those that are missing are made
//! when no run has come for a moment, and while runs come, only as many as leave a quarter of the
//! level ready.
//!
//! How many are parked follows use: at least the configured number, more after a burst found none, and
//! fewer again, one by one, when no run has missed one for a while. A profile can begin with none,
//! until its first run.

mod plan;

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sandboxd_sandbox::cgroup::Priority;
use sandboxd_sandbox::{Ends, Exit, KernelLimits, Profile, Usage};
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::sync::{Notify, oneshot};
use tokio::time;

use crate::fairness::Fairness;
use crate::job::HELLO;
use crate::launcher_client::{LauncherClient, LauncherError, Spawned};
use crate::pool::plan::{Counts, plan};

/// A sandbox beyond the configured number goes when none was missed for this long, then one after
/// another.
const IDLE: Duration = Duration::from_secs(60);
/// How long no run must have come before all that are missing are made: about what a small program takes from
/// end to end, so that the tests of a submission come one after another before it.
const LULL: Duration = Duration::from_millis(15);
/// How long a killed sandbox makes way for others, if it did before.
const GENTLE: Duration = Duration::from_millis(50);
/// How long a pool that can't make sandboxes waits before it tries again.
const RETRY: Duration = Duration::from_secs(1);

/// How a pool is set up.
#[derive(Debug, Clone)]
pub struct PoolOptions {
    /// Sandboxes that may live at one time.
    pub most: usize,
    /// Sandboxes of each profile that are parked at rest.
    pub parked: [usize; Profile::COUNT],
    /// Whether a profile's are parked from the start, and not only from its first run on.
    pub at_start: [bool; Profile::COUNT],
    /// What a sandbox is limited to until its run asks for something else.
    pub limits: KernelLimits,
    /// Time until Python must be ready.
    pub startup_time: Duration,
    /// Who makes way for whom.
    pub fairness: Fairness,
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
    /// A run was given a sandbox, and others are made when none has come for a moment.
    taken: Notify,
}

/// Invariant: `parked`, `making` and `taken` of all shelves together are at most `options.most`.
#[derive(Debug, Default)]
struct State {
    shelves: [Shelf; Profile::COUNT],
    /// Of those that are taken: given up and on their way out.
    leaving: usize,
    /// When the last run came.
    last_taken: Option<time::Instant>,
    /// The one that waits longest first.
    waiting: VecDeque<(Profile, oneshot::Sender<Result<Sandbox, NoSandbox>>)>,
}

/// One profile's sandboxes.
#[derive(Debug, Default)]
struct Shelf {
    parked: VecDeque<Sandbox>,
    /// On their way.
    making: usize,
    /// With a run, or on their way out.
    taken: usize,
    /// How many shall be parked at rest now.
    level: usize,
    missed: Option<time::Instant>,
}

impl State {
    fn shelf(&mut self, profile: Profile) -> &mut Shelf {
        &mut self.shelves[profile.index()]
    }

    fn counts(&self) -> [Counts; Profile::COUNT] {
        let busy = self.rests_at().is_some();
        self.shelves.each_ref().map(|shelf| Counts {
            parked: shelf.parked.len(),
            making: shelf.making,
            taken: shelf.taken,
            level: if busy {
                shelf.level.div_ceil(4)
            } else {
                shelf.level
            },
        })
    }

    /// When the pool can begin to fill up, if runs have come of late.
    fn rests_at(&self) -> Option<time::Instant> {
        self.last_taken
            .map(|last| last + LULL)
            .filter(|rests| *rests > time::Instant::now())
    }

    /// The next run that waits for a sandbox of this profile.
    fn next_waiting(
        &mut self,
        wanted: Profile,
    ) -> Option<oneshot::Sender<Result<Sandbox, NoSandbox>>> {
        let at = self
            .waiting
            .iter()
            .position(|(profile, _)| *profile == wanted)?;
        self.waiting.remove(at).map(|(_, sender)| sender)
    }

    /// A parked sandbox of this profile that is to be dropped.
    fn give_up(&mut self, profile: Profile) -> Option<Sandbox> {
        let shelf = self.shelf(profile);
        let mut sandbox = shelf.parked.pop_back()?;
        shelf.taken += 1;
        self.leaving += 1;
        sandbox.tenancy.leaving = true;
        Some(sandbox)
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
        let mut state = State::default();
        for profile in Profile::ALL {
            if options.at_start[profile.index()] {
                state.shelf(profile).level = options.parked[profile.index()];
            }
        }
        let pool = Self {
            inner: Arc::new(Inner {
                launcher,
                options,
                state: Mutex::new(state),
                grown: Notify::new(),
                taken: Notify::new(),
            }),
        };
        pool.balance();
        tokio::spawn(pool.clone().shrink());
        tokio::spawn(pool.clone().fill());
        pool
    }

    /// Sandboxes of this profile that wait for a program now.
    pub fn parked(&self, profile: Profile) -> usize {
        self.lock().shelf(profile).parked.len()
    }

    /// Whether a run that comes now finds a place: nobody waits for one, and not all are taken.
    pub fn has_room(&self) -> bool {
        let state = self.lock();
        let taken: usize = state.shelves.iter().map(|shelf| shelf.taken).sum();
        state.waiting.is_empty() && taken < self.inner.options.most
    }

    /// A sandbox of this profile with these limits. Waits for one when none is parked; a caller that
    /// gives up drops the future.
    ///
    /// # Errors
    /// When none can be made.
    pub async fn take(
        &self,
        profile: Profile,
        limits: &KernelLimits,
    ) -> Result<Sandbox, NoSandbox> {
        let sandbox = match self.take_parked(profile) {
            Some(sandbox) => sandbox,
            None => self.wait(profile).await?,
        };
        self.inner.taken.notify_one();
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

    fn take_parked(&self, profile: Profile) -> Option<Sandbox> {
        let at_rest = self.inner.options.parked[profile.index()];
        let mut state = self.lock();
        state.last_taken = Some(time::Instant::now());
        let shelf = state.shelf(profile);
        // The first run of a profile that began with none.
        shelf.level = shelf.level.max(at_rest);
        let sandbox = loop {
            let mut sandbox = shelf.parked.pop_front()?;
            shelf.taken += 1;
            if sandbox.tenancy.lives() {
                break sandbox;
            }
            // It died while it waited: of a host without memory, or with its slot.
            tracing::warn!(run = sandbox.tenancy.run, "a parked sandbox was dead");
            shelf.taken -= 1;
            sandbox.tenancy.settled = true;
        };
        drop(state);
        self.balance();
        Some(sandbox)
    }

    async fn wait(&self, profile: Profile) -> Result<Sandbox, NoSandbox> {
        let (sender, receiver) = oneshot::channel();
        {
            let PoolOptions { most, parked, .. } = self.inner.options;
            let mut state = self.lock();
            state.last_taken = Some(time::Instant::now());
            state.waiting.push_back((profile, sender));
            // A pool that shall park none makes each on demand.
            if parked[profile.index()] > 0 {
                let is_of_it = |(waiting, _): &&(Profile, _)| *waiting == profile;
                let waiting = state.waiting.iter().filter(is_of_it).count();
                let shelf = state.shelf(profile);
                shelf.level = shelf.level.max(shelf.taken + waiting).min(most);
                shelf.missed = Some(time::Instant::now());
            }
        }
        self.inner.grown.notify_one();
        self.balance();
        receiver
            .await
            .unwrap_or_else(|_| Err(NoSandbox("the pool is gone".to_owned())))
    }

    /// Makes as many as are waited for or missing from the levels.
    fn balance(&self) {
        let mut given_up = Vec::new();
        let planned = {
            let mut state = self.lock();
            state.waiting.retain(|(_, sender)| !sender.is_closed());
            let waiting = state.waiting.iter().map(|(profile, _)| *profile);
            let planned = plan(
                self.inner.options.most,
                state.leaving,
                state.counts(),
                waiting,
            );
            for profile in Profile::ALL {
                state.shelf(profile).making += planned.make[profile.index()];
                for _ in 0..planned.give_up[profile.index()] {
                    given_up.extend(state.give_up(profile));
                }
            }
            planned
        };
        for profile in Profile::ALL {
            for _ in 0..planned.make[profile.index()] {
                tokio::spawn(self.clone().make(profile));
            }
        }
    }

    async fn make(self, profile: Profile) {
        let made = self.try_make(profile).await;
        let failed = made.is_err();
        if let Err(problem) = &made {
            tracing::error!(%problem, profile = profile.name(), "no sandbox for the pool");
        }
        self.arrived(profile, made);
        if failed {
            time::sleep(RETRY).await;
        }
        // A run of another profile may have found every place taken by those on their way.
        self.balance();
    }

    fn arrived(&self, profile: Profile, made: Result<Sandbox, NoSandbox>) {
        let mut state = self.lock();
        state.shelf(profile).making -= 1;
        match made {
            Ok(sandbox) => Self::deliver(&mut state, profile, sandbox),
            Err(problem) => {
                // What can't be made is not tried again and again, but for the next run that wants it.
                if !self.inner.options.at_start[profile.index()] {
                    state.shelf(profile).level = 0;
                }
                if let Some(waiting) = state.next_waiting(profile) {
                    // It may have given up.
                    let _ = waiting.send(Err(problem));
                }
            }
        }
    }

    fn deliver(state: &mut State, profile: Profile, mut sandbox: Sandbox) {
        while let Some(waiting) = state.next_waiting(profile) {
            match waiting.send(Ok(sandbox)) {
                Ok(()) => {
                    state.shelf(profile).taken += 1;
                    return;
                }
                // It gave up.
                Err(Ok(returned)) => sandbox = returned,
                Err(Err(_)) => return,
            }
        }
        state.shelf(profile).parked.push_back(sandbox);
    }

    async fn try_make(&self, profile: Profile) -> Result<Sandbox, NoSandbox> {
        let Inner {
            launcher, options, ..
        } = &*self.inner;
        let Spawned { run, ends, ended } = launcher
            .spawn(profile, &options.limits)
            .await
            .map_err(|error| NoSandbox::because(&error))?;
        let mut tenancy = Tenancy {
            pool: self.clone(),
            profile,
            run,
            ended: Some(ended),
            leaving: false,
            freed: None,
            // Until it is delivered its place is counted as being made.
            settled: true,
            priority: Priority::Usual,
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

    fn give_back(&self, profile: Profile, leaving: bool) {
        {
            let mut state = self.lock();
            state.shelf(profile).taken -= 1;
            state.leaving -= usize::from(leaving);
        }
        self.balance();
    }

    /// Makes those that are missing when no run has come for a moment. Sleeps for good while none comes.
    async fn fill(self) {
        loop {
            self.inner.taken.notified().await;
            while let Some(rests) = self.rests_at() {
                time::sleep_until(rests).await;
            }
            self.balance();
        }
    }

    fn rests_at(&self) -> Option<time::Instant> {
        self.lock().rests_at()
    }

    /// Parks fewer when none was missed for a while. Sleeps for good while the levels are the
    /// configured ones.
    async fn shrink(self) {
        loop {
            self.inner.grown.notified().await;
            loop {
                time::sleep(IDLE).await;
                let grown = Profile::ALL
                    .into_iter()
                    .filter(|profile| self.has_grown(*profile));
                let grown: Vec<_> = grown.collect();
                if grown.is_empty() {
                    break;
                }
                for profile in grown {
                    // Dropped when the lock is free again.
                    let _surplus = self.shrink_one(profile);
                }
            }
        }
    }

    fn has_grown(&self, profile: Profile) -> bool {
        self.lock().shelf(profile).level > self.inner.options.parked[profile.index()]
    }

    fn shrink_one(&self, profile: Profile) -> Option<Sandbox> {
        let mut state = self.lock();
        let shelf = state.shelf(profile);
        if shelf.missed.is_some_and(|missed| missed.elapsed() < IDLE) {
            return None;
        }
        shelf.level -= 1;
        if shelf.parked.len() > shelf.level {
            state.give_up(profile)
        } else {
            None
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
    profile: Profile,
    run: u64,
    ended: Option<oneshot::Receiver<(Exit, Usage)>>,
    /// It is given up without a run.
    leaving: bool,
    /// Set while files are kept: when they are gone.
    freed: Option<oneshot::Receiver<()>>,
    settled: bool,
    priority: Priority,
}

impl Tenancy {
    /// Kills the sandbox.
    pub async fn kill(&self) {
        // Without a launcher the sandbox is dead already.
        let _ = self.pool.inner.launcher.kill(self.run).await;
    }

    /// Whether the program waits for its input, as the kernel sees it; false without a launcher.
    pub fn waits(&self) -> impl Future<Output = bool> + Send + 'static {
        let (launcher, run) = (self.pool.inner.launcher.clone(), self.run);
        async move { launcher.waits(run).await.unwrap_or(false) }
    }

    /// Whether another run would find a place now.
    pub fn has_room_beside(&self) -> bool {
        self.pool.has_room()
    }

    /// Kills the sandbox and waits for its end; `None` when the launcher is gone. A program that made way for others does
    /// so when it dies, for [`GENTLE`]: to take a large one apart is work as well.
    pub async fn die(&mut self) -> Option<(Exit, Usage)> {
        self.kill().await;
        if let Ok(end) = time::timeout(GENTLE, self.ended()).await {
            return end;
        }
        hurry(&self.pool.inner.launcher, self.run).await;
        self.ended().await
    }

    /// Gives the sandbox a priority that follows from what it has used; see [`Fairness`].
    pub async fn weigh(&mut self, used: Duration, wall: Duration) {
        let priority = self.pool.inner.options.fairness.priority(used, wall);
        if priority != self.priority {
            self.priority = priority;
            // Without a launcher the sandbox is dead.
            let _ = self
                .pool
                .inner
                .launcher
                .prioritise(self.run, priority)
                .await;
        }
    }

    /// How it ended; `None` when the launcher is gone. Returns once, after that never.
    pub async fn ended(&mut self) -> Option<(Exit, Usage)> {
        let Some(ended) = &mut self.ended else {
            return std::future::pending().await;
        };
        let end = ended.await.ok();
        self.ended = None;
        if self.freed.is_none() {
            self.settle();
        }
        end
    }

    /// Returns when the place of an ended sandbox is free, which with kept files is when they are gone.
    pub async fn freed(&mut self) {
        if let Some(freed) = &mut self.freed {
            // Without a launcher there is nothing to wait for.
            let _ = freed.await;
            self.freed = None;
            self.settle();
        }
    }

    fn settle(&mut self) {
        if !self.settled {
            self.settled = true;
            self.pool.give_back(self.profile, self.leaving);
        }
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
        let lives = self
            .ended
            .as_mut()
            .is_some_and(|ended| ended.try_recv() == Err(pending));
        if !lives {
            // The end was told just now, and is told once.
            self.ended = None;
        }
        lives
    }
}

/// Lets a killed sandbox make way for nobody any more.
async fn hurry(launcher: &LauncherClient, run: u64) {
    // Without a launcher it is dead.
    let _ = launcher.prioritise(run, Priority::Usual).await;
}

impl Drop for Tenancy {
    fn drop(&mut self) {
        let (ended, freed) = (self.ended.take(), self.freed.take());
        if ended.is_none() && freed.is_none() {
            return;
        }
        let (pool, run, settled) = (self.pool.clone(), self.run, self.settled);
        let (profile, leaving) = (self.profile, self.leaving);
        tokio::spawn(async move {
            if let Some(mut ended) = ended {
                let launcher = &pool.inner.launcher;
                // Without a launcher it is dead already.
                let _ = launcher.kill(run).await;
                if time::timeout(GENTLE, &mut ended).await.is_err() {
                    hurry(launcher, run).await;
                    let _ = ended.await;
                }
            }
            if let Some(freed) = freed {
                let _ = freed.await;
            }
            if !settled {
                pool.give_back(profile, leaving);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(state: &State) -> [usize; Profile::COUNT] {
        state.counts().map(|counts| counts.level)
    }

    #[test]
    fn while_runs_come_a_quarter_is_enough_and_later_all_are_made() {
        let mut state = State::default();
        state.shelf(Profile::Python).level = 10;
        state.shelf(Profile::Science).level = 1;
        assert_eq!(levels(&state), [10, 1], "nobody ever came");
        let now = time::Instant::now();
        state.last_taken = Some(now + Duration::from_secs(60));
        assert_eq!(levels(&state), [3, 1]);
        assert!(state.rests_at().is_some());
        state.last_taken = now.checked_sub(LULL);
        assert_eq!(levels(&state), [10, 1]);
        assert!(state.rests_at().is_none());
        state.shelf(Profile::Science).level = 0;
        state.last_taken = Some(now + Duration::from_secs(60));
        assert_eq!(levels(&state), [3, 0], "none is made that nobody wants");
    }
}
