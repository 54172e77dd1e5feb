//! Rounds of runs, a fixed number at one time, with the time that each took and the time that
//! the whole round took.

use crate::paths::Path;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// How many runs are under way at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level(pub usize);

/// All that was measured of one path at one level.
#[derive(Debug)]
pub struct Sample {
    pub path: &'static str,
    pub level: Level,
    /// Of the runs that succeeded, in no order.
    pub latencies: Vec<Duration>,
    /// Sum of the rounds' durations.
    pub elapsed: Duration,
    pub failures: Vec<String>,
}

impl Sample {
    pub fn empty(path: &'static str, level: Level) -> Self {
        Self {
            path,
            level,
            latencies: Vec::new(),
            elapsed: Duration::ZERO,
            failures: Vec::new(),
        }
    }

    /// Makes `runs` runs with as many workers as the level says; each starts its next run when
    /// its last one ended.
    pub async fn add_round(&mut self, path: Arc<dyn Path>, runs: usize) {
        let left = Arc::new(AtomicUsize::new(runs));
        let started = Instant::now();
        let workers =
            (0..self.level.0).map(|_| tokio::spawn(work(Arc::clone(&path), Arc::clone(&left))));
        for worker in futures::future::join_all(workers).await {
            match worker {
                Ok((latencies, failures)) => {
                    self.latencies.extend(latencies);
                    self.failures.extend(failures);
                }
                Err(error) => self
                    .failures
                    .push(format!("{}: a worker broke: {error}", self.path)),
            }
        }
        self.elapsed += started.elapsed();
    }
}

async fn work(path: Arc<dyn Path>, left: Arc<AtomicUsize>) -> (Vec<Duration>, Vec<String>) {
    let (mut latencies, mut failures) = (Vec::new(), Vec::new());
    while left
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            left.checked_sub(1)
        })
        .is_ok()
    {
        let started = Instant::now();
        match path.run().await {
            Ok(()) => latencies.push(started.elapsed()),
            Err(error) => failures.push(format!("{}: {error:#}", path.name())),
        }
    }
    (latencies, failures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;
    use futures::future::BoxFuture;
    use std::sync::atomic::AtomicI32;

    /// Fails every third run, and notes how many were under way at most.
    #[derive(Default)]
    struct Counting {
        runs: AtomicUsize,
        alive: AtomicI32,
        most: AtomicI32,
    }

    impl Path for Counting {
        fn name(&self) -> &'static str {
            "counting"
        }

        fn run(&self) -> BoxFuture<'_, anyhow::Result<()>> {
            Box::pin(async {
                let alive = self.alive.fetch_add(1, Ordering::SeqCst) + 1;
                self.most.fetch_max(alive, Ordering::SeqCst);
                tokio::task::yield_now().await;
                self.alive.fetch_sub(1, Ordering::SeqCst);
                if self.runs.fetch_add(1, Ordering::SeqCst) % 3 == 2 {
                    bail!("every third")
                }
                Ok(())
            })
        }
    }

    #[tokio::test]
    async fn a_round_makes_just_as_many_runs_as_asked_and_counts_failures_apart() {
        let path = Arc::new(Counting::default());
        let mut sample = Sample::empty("counting", Level(4));
        sample.add_round(Arc::<Counting>::clone(&path), 30).await;
        assert_eq!(path.runs.load(Ordering::SeqCst), 30);
        assert_eq!((sample.latencies.len(), sample.failures.len()), (20, 10));
        assert!(path.most.load(Ordering::SeqCst) <= 4);
    }
}
