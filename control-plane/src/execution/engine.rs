//! Everything that runs in the background of runs and submissions, from start to end: recovery of
//! what an earlier process left, probes of the runners, the dispatcher, places in the queue,
//! deletion of old results, and the orderly end.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::dispatcher::{Dispatcher, Work};
use super::runners::Runners;
use crate::platform::Platform;
use crate::platform::errors::Error;
use crate::platform::queue::{LocalQueue, Queue, Rules};

/// Watchers of queued work hear so often where it stands.
const POSITIONS_EVERY: Duration = Duration::from_millis(500);
/// What operators want begun again is looked for so often.
const ADOPT_EVERY: Duration = Duration::from_secs(5);
/// Old results are looked for so often, and deleted in batches so small that nobody waits long
/// for the database.
const RETENTION_EVERY: Duration = Duration::from_secs(600);
const RETENTION_BATCH: u32 = 100;
/// The part of all sandboxes that one user may hold.
const USER_SHARE: f64 = 0.5;

/// A kind of work that the engine does: runs, or submissions.
pub trait System: Send + Sync + 'static {
    /// Queues what an earlier process left.
    fn recover(&self) -> BoxFuture<'_, Result<(), Error>>;
    /// Does one job from its first slot to its end.
    fn work(self: Arc<Self>) -> Work;
    /// Tells watchers of queued work where it stands.
    fn tell_positions(&self);
    /// Queues what operators want begun again.
    fn adopt(&self) -> BoxFuture<'_, Result<(), Error>>;
    /// Deletes up to `count` results from before a time; says how many.
    fn delete_old(&self, before: Timestamp, count: u32) -> BoxFuture<'_, Result<u64, Error>>;
    /// Does what nobody waits for, for ever.
    fn go_on(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }
    /// Ends the streams of work that has not ended.
    fn close(&self);
}

/// The engine, before it is started.
pub struct Engine {
    platform: Platform,
    dispatcher: Arc<Dispatcher>,
}

/// The engine at work.
pub struct Running {
    dispatcher: Arc<Dispatcher>,
    systems: [Arc<dyn System>; 2],
    stop: CancellationToken,
    drain_limit: Duration,
}

impl Engine {
    /// Sets up queue, runners and dispatcher. Fails when a runner's certificates can't be read.
    pub fn new(platform: &Platform) -> anyhow::Result<Self> {
        let limits = &platform.config.limits;
        let rules = Rules {
            length: limits
                .queue_length
                .and_then(|length| usize::try_from(length.get()).ok()),
            wait: limits.queue_wait,
            user_share: USER_SHARE,
        };
        let queue: Arc<dyn Queue> = Arc::new(LocalQueue::new(rules));
        let runners = Runners::new(
            &platform.config.runners,
            queue.clone(),
            platform.clock.clone(),
        )?;
        Ok(Self {
            platform: platform.clone(),
            dispatcher: Dispatcher::new(queue, runners),
        })
    }

    /// The dispatcher, for the systems that are built on it.
    pub fn dispatcher(&self) -> Arc<Dispatcher> {
        self.dispatcher.clone()
    }

    /// Recovers, looks at the runners once, and starts working.
    pub async fn start<R: System, S: System>(
        self,
        runs: Arc<R>,
        submissions: Arc<S>,
    ) -> Result<Running, Error> {
        let stop = CancellationToken::new();
        runs.recover().await?;
        submissions.recover().await?;
        self.dispatcher.runners().watch_over(stop.clone()).await;
        let systems: [Arc<dyn System>; 2] = [runs.clone(), submissions.clone()];
        let serve = self
            .dispatcher
            .clone()
            .serve(runs.work(), submissions.work());
        spawn(&stop, serve);
        for system in &systems {
            spawn(&stop, system.clone().go_on());
        }
        spawn(&stop, positions(systems.clone()));
        spawn(&stop, adoption(systems.clone()));
        spawn(&stop, retention(systems.clone(), self.platform.clone()));
        let drain_limit = self.platform.config.drain_limit;
        Ok(Running {
            dispatcher: self.dispatcher,
            systems,
            stop,
            drain_limit,
        })
    }
}

impl Running {
    /// Ends the work in the background, as the end of the process does.
    #[cfg(test)]
    pub fn stop_background(&self) {
        self.stop.cancel();
    }

    /// Starts no new work and waits for what runs, within the configured limit. What is queued or
    /// still runs then stays stored and is queued at the next start. Ends all streams at last.
    pub async fn drain(self) {
        if !self.dispatcher.drain(self.drain_limit).await {
            tracing::warn!("some programs have not ended in time; they will be run again");
        }
        self.systems.iter().for_each(|system| system.close());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn spawn(stop: &CancellationToken, work: impl Future<Output = ()> + Send + 'static) {
    let stop = stop.clone();
    tokio::spawn(async move { stop.run_until_cancelled(work).await });
}

async fn positions(systems: [Arc<dyn System>; 2]) {
    loop {
        tokio::time::sleep(POSITIONS_EVERY).await;
        systems.iter().for_each(|system| system.tell_positions());
    }
}

async fn adoption(systems: [Arc<dyn System>; 2]) {
    loop {
        tokio::time::sleep(ADOPT_EVERY).await;
        for system in &systems {
            if let Err(error) = system.adopt().await {
                tracing::warn!(%error, "what is to be begun again could not be looked for");
            }
        }
    }
}

async fn retention(systems: [Arc<dyn System>; 2], platform: Platform) {
    loop {
        let before = platform.clock.now() - platform.config.retention.results;
        for system in &systems {
            match delete_batches(&**system, before).await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "old results deleted"),
                Err(error) => tracing::warn!(%error, "old results could not be deleted"),
            }
        }
        tokio::time::sleep(RETENTION_EVERY).await;
    }
}

async fn delete_batches(system: &dyn System, before: Timestamp) -> Result<u64, Error> {
    let mut count = 0;
    loop {
        let deleted = system.delete_old(before, RETENTION_BATCH).await?;
        count += deleted;
        if deleted < u64::from(RETENTION_BATCH) {
            return Ok(count);
        }
        // Writers of users' calls go first.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
