//! The runner hosts: which of them are well, how much they can take, and who gets the next
//! program. Each is probed in the background; one that fails gets no work until it answers again
//! and its circuit breaker is closed.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use futures::future::join_all;
use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::breaker::Breaker;
use super::model::{Profile, ProfileView};
use super::order::{Failure, RunnerStatus};
use super::runner_client::RunnerClient;
use crate::platform::clock::SharedClock;
use crate::platform::config::RunnerConfig;
use crate::platform::queue::Queue;

/// Time between two looks at a runner that is well, and at one that isn't.
const PROBE_EVERY: Duration = Duration::from_secs(2);
const PROBE_AGAIN: Duration = Duration::from_millis(250);

/// All runner hosts of the configuration.
pub struct Runners {
    runners: Vec<Arc<Runner>>,
    queue: Arc<dyn Queue>,
    clock: SharedClock,
    /// Rises with each change that can make a runner free.
    version: watch::Sender<u64>,
}

/// One runner host.
pub struct Runner {
    id: String,
    client: RunnerClient,
    state: Mutex<State>,
    probe_now: Notify,
}

#[derive(Default)]
struct State {
    breaker: Breaker,
    /// What it said last; none while it doesn't answer.
    status: Option<RunnerStatus>,
    last_status: Option<RunnerStatus>,
    last_seen: Option<Timestamp>,
    /// It gets no work by an operator's wish.
    drained: bool,
    /// It had no free sandbox a moment ago.
    busy_until: Option<Instant>,
    running: usize,
}

/// How a runner is, for operators.
#[derive(Debug, Clone, PartialEq)]
pub struct RunnerView {
    /// Its name in the configuration.
    pub id: String,
    /// How it is.
    pub health: RunnerHealth,
    /// Sandboxes that it may have at one time.
    pub capacity: usize,
    /// Programs that it runs for this control-plane now.
    pub running: usize,
    /// Version of its sandboxd; empty when it never answered.
    pub version: String,
    /// When it last answered.
    pub last_seen: Option<Timestamp>,
}

/// How a runner is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunnerHealth {
    /// It gets work.
    Healthy,
    /// It failed lately.
    Unhealthy,
    /// It gets no new work by request.
    Draining,
}

/// The right to run programs on one runner, one or more at a time; given back when dropped.
pub struct Lease {
    runner: Arc<Runner>,
    runners: Arc<Runners>,
    sandboxes: usize,
}

impl Runners {
    /// Prepares the connections. Call `watch_over` to have them used.
    pub fn new(
        configs: &[RunnerConfig],
        queue: Arc<dyn Queue>,
        clock: SharedClock,
    ) -> anyhow::Result<Arc<Self>> {
        let runner = |config: &RunnerConfig| {
            Ok(Arc::new(Runner {
                id: config.id.clone(),
                client: RunnerClient::new(&config.address)?,
                state: Mutex::default(),
                probe_now: Notify::new(),
            }))
        };
        let runners = configs.iter().map(runner).collect::<anyhow::Result<_>>()?;
        Ok(Arc::new(Self {
            runners,
            queue,
            clock,
            version: watch::Sender::new(0),
        }))
    }

    /// Looks at all runners once, then keeps doing so in the background until `stop`.
    pub async fn watch_over(self: &Arc<Self>, stop: CancellationToken) {
        join_all(self.runners.iter().map(|runner| self.probe(runner))).await;
        for runner in &self.runners {
            let (runners, runner, stop) = (self.clone(), runner.clone(), stop.clone());
            tokio::spawn(async move {
                let probing = async {
                    loop {
                        let pause = runner.pause(Instant::now());
                        let _ = tokio::time::timeout(pause, runner.probe_now.notified()).await;
                        runners.probe(&runner).await;
                    }
                };
                stop.run_until_cancelled(probing).await;
            });
        }
    }

    /// Waits for the least-loaded healthy runner of a profile with a free sandbox, and takes up to
    /// `most` there. Waits also while no runner answers at all.
    ///
    /// # Errors
    /// When runners answer and none has the profile: `Unreachable` when one had it that is away now, else
    /// `Rejected`.
    pub async fn lease(self: &Arc<Self>, profile: Profile, most: usize) -> Result<Lease, Failure> {
        let mut version = self.version.subscribe();
        loop {
            version.mark_unchanged();
            if let Some(lease) = self.try_lease(profile, most) {
                return Ok(lease);
            }
            self.expect_profile(profile)?;
            // A busy runner is free after a while without any change that could be waited for.
            let _ = tokio::time::timeout(Duration::from_millis(20), version.changed()).await;
        }
    }

    /// Whether it makes sense to wait for a runner of this profile.
    fn expect_profile(&self, profile: Profile) -> Result<(), Failure> {
        let (mut some_work, mut some_knew) = (false, false);
        for runner in &self.runners {
            let state = runner.state();
            let knew = |status: &Option<RunnerStatus>| {
                status.as_ref().is_some_and(|status| status.has(profile))
            };
            if state.capacity() > 0 {
                if knew(&state.status) {
                    return Ok(());
                }
                some_work = true;
            }
            some_knew |= knew(&state.last_status);
        }
        let name = profile.word();
        match (some_work, some_knew) {
            (false, _) => Ok(()),
            (true, true) => Err(Failure::Unreachable(format!(
                "the runners that have the profile {name} are away"
            ))),
            (true, false) => Err(Failure::Rejected(format!(
                "no runner has the profile {name}"
            ))),
        }
    }

    /// Whether a program of this profile may be accepted: some runner has it, or nobody knows yet because none
    /// has answered.
    pub fn may_have(&self, profile: Profile) -> bool {
        let mut known = self.runners.iter().filter_map(|runner| {
            let state = runner.state();
            state.last_status.as_ref().map(|status| status.has(profile))
        });
        match known.next() {
            None => true,
            Some(first) => first || known.any(|has| has),
        }
    }

    /// The profiles of the runners that answer, each as the first of them describes it.
    pub fn profiles(&self) -> Vec<ProfileView> {
        let mut profiles: Vec<ProfileView> = Vec::new();
        for runner in &self.runners {
            let state = runner.state();
            for view in state.status.iter().flat_map(|status| &status.profiles) {
                if profiles.iter().all(|known| known.profile != view.profile) {
                    profiles.push(view.clone());
                }
            }
        }
        profiles
    }

    fn try_lease(self: &Arc<Self>, profile: Profile, most: usize) -> Option<Lease> {
        let now = Instant::now();
        let load = |runner: &&Arc<Runner>| {
            let state = runner.state();
            if !state.status.as_ref()?.has(profile) {
                return None;
            }
            let capacity = state.capacity();
            let busy = state.busy_until.is_some_and(|until| now < until);
            // In thousandths, so that it can be compared.
            (state.running < capacity && !busy).then(|| state.running * 1000 / capacity)
        };
        let free = self
            .runners
            .iter()
            .filter_map(|runner| Some((load(&runner)?, runner)));
        let (_, runner) = free.min_by_key(|(load, _)| *load)?;
        let mut state = runner.state();
        let sandboxes = state.capacity().saturating_sub(state.running).min(most);
        if sandboxes == 0 {
            return None;
        }
        state.running += sandboxes;
        Some(Lease {
            runner: runner.clone(),
            runners: self.clone(),
            sandboxes,
        })
    }

    /// Sends a runner no more work, or sends it work again. None when there is no such runner.
    pub fn set_drained(&self, id: &str, drained: bool) -> Option<RunnerView> {
        let runner = self.runners.iter().find(|runner| runner.id == id)?;
        runner.state().drained = drained;
        self.changed();
        Some(runner.view())
    }

    /// How all runners are, by id.
    pub fn views(&self) -> Vec<RunnerView> {
        let mut views: Vec<_> = self.runners.iter().map(|runner| runner.view()).collect();
        views.sort_by(|left, right| left.id.cmp(&right.id));
        views
    }

    /// Version of Python on the runners that answer; none while none does.
    pub fn python_version(&self) -> Option<String> {
        self.runners
            .iter()
            .find_map(|runner| Some(runner.state().status.as_ref()?.python_version.clone()))
    }

    async fn probe(&self, runner: &Runner) {
        let result = runner.client.status().await;
        let mut state = runner.state();
        let was_well = state.status.is_some();
        match result {
            Ok(status) => {
                state.breaker.answered(Instant::now());
                state.last_seen = Some(self.clock.now());
                state.last_status = Some(status.clone());
                state.status = Some(status);
                if !was_well {
                    tracing::info!(runner = runner.id, "the runner answers");
                }
            }
            Err(error) => {
                state.status = None;
                state.breaker.failed(Instant::now());
                if was_well {
                    tracing::warn!(runner = runner.id, %error, "the runner doesn't answer");
                }
            }
        }
        drop(state);
        self.changed();
    }

    fn changed(&self) {
        self.queue.set_capacity(
            self.runners
                .iter()
                .map(|runner| runner.state().capacity())
                .sum(),
        );
        self.version.send_modify(|version| *version += 1);
    }
}

impl Runner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nobody panics while holding a runner")
    }

    /// Time to the next probe.
    fn pause(&self, now: Instant) -> Duration {
        let state = self.state();
        match state.breaker.probe_at() {
            Some(at) => at.saturating_duration_since(now),
            None if state.status.is_some() => PROBE_EVERY,
            None => PROBE_AGAIN,
        }
    }

    fn view(&self) -> RunnerView {
        let state = self.state();
        let said_draining = state.status.as_ref().is_some_and(|status| status.draining);
        let health = if state.drained || said_draining {
            RunnerHealth::Draining
        } else if state.capacity() > 0 {
            RunnerHealth::Healthy
        } else {
            RunnerHealth::Unhealthy
        };
        let last = state.last_status.as_ref();
        RunnerView {
            id: self.id.clone(),
            health,
            capacity: last.map_or(0, |status| status.capacity),
            running: state.running,
            version: last
                .map(|status| status.version.clone())
                .unwrap_or_default(),
            last_seen: state.last_seen,
        }
    }
}

impl State {
    /// How many programs it may have now; 0 when it gets no work.
    fn capacity(&self) -> usize {
        match &self.status {
            Some(status) if !(status.draining || self.drained || self.breaker.is_open()) => {
                status.capacity
            }
            _ => 0,
        }
    }
}

impl Lease {
    /// The runner's name in the configuration.
    pub fn id(&self) -> &str {
        &self.runner.id
    }

    /// The connection to the runner.
    pub fn client(&self) -> &RunnerClient {
        &self.runner.client
    }

    /// Programs that may run at one time.
    pub fn sandboxes(&self) -> usize {
        self.sandboxes
    }

    /// Tells how it went, so that the next program goes to a runner that is well.
    pub fn report(&self, failure: Option<&Failure>) {
        let now = Instant::now();
        let mut state = self.runner.state();
        match failure {
            None => state.breaker.succeeded(),
            Some(Failure::Refused { retry_after }) => state.busy_until = Some(now + *retry_after),
            Some(Failure::Unreachable(_) | Failure::Lost(_)) => {
                state.breaker.failed(now);
                self.runner.probe_now.notify_one();
            }
            Some(Failure::Rejected(_) | Failure::Cancelled) => {}
        }
        drop(state);
        if let Some(failure @ (Failure::Unreachable(_) | Failure::Lost(_))) = failure {
            tracing::warn!(runner = self.runner.id, %failure, "a program did not end");
            self.runners.changed();
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.runner.state().running -= self.sandboxes;
        self.runners.version.send_modify(|version| *version += 1);
    }
}
