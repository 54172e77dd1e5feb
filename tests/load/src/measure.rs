//! How paths are measured, always path by path in turn.
//!
//! First the latency: one run at a time, each after a rest, so that a run finds the machine idle
//! and what the run before left behind is cleared away. Then the throughput: rounds of runs back
//! to back, by several workers that share a count.

use crate::{cpu, paths::Path};
use anyhow::Result;
use indicatif::ProgressBar;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// Workers of the rounds.
pub const WORKERS: [usize; 3] = [1, 2, 8];
/// Before each run whose latency is measured; not part of it.
pub const REST: Duration = Duration::from_millis(30);
/// After a round, before the CPU time is read: what a round leaves to be done, such as making the
/// next sandboxes, is its own cost and not that of the next round.
const SETTLING: Duration = Duration::from_millis(150);

/// How much is measured.
#[derive(Debug, clap::Args)]
pub struct Plan {
    /// Runs of each path whose latency is measured, one at a time; grade-10, with 10 tests a
    /// run, makes a quarter of them.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub runs: u32,
    /// Rounds of each path with 1, 2 and 8 workers.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: u32,
    /// Runs of one path in one round; a quarter of them by grade-10.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub runs_per_round: u32,
}

impl Plan {
    /// Turns and rounds, for a progress bar.
    pub fn steps(&self, paths: &[Arc<dyn Path>]) -> usize {
        self.runs as usize + WORKERS.len() * self.rounds as usize * paths.len()
    }
}

/// All that was measured of one path.
#[derive(Debug)]
pub struct Measured {
    pub name: &'static str,
    /// Of the runs after a rest that succeeded.
    pub latencies: Vec<Duration>,
    /// In the order of [`WORKERS`].
    pub throughputs: [Throughput; WORKERS.len()],
    /// Of all runs.
    pub failures: Vec<String>,
}

/// The sum of some rounds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Throughput {
    /// Runs, failures among them.
    pub made: usize,
    pub succeeded: usize,
    /// From the first run's start to the last one's end.
    pub elapsed: Duration,
    /// Of the whole machine.
    pub cpu: Duration,
}

impl Measured {
    pub fn empty(name: &'static str) -> Self {
        Self {
            name,
            latencies: Vec::new(),
            throughputs: Default::default(),
            failures: Vec::new(),
        }
    }

    fn add(&mut self, level: usize, round: Round) {
        let Round {
            throughput,
            failures,
        } = round;
        let Throughput {
            made,
            succeeded,
            elapsed,
            cpu,
        } = throughput;
        let sum = &mut self.throughputs[level];
        sum.made += made;
        sum.succeeded += succeeded;
        sum.elapsed += elapsed;
        sum.cpu += cpu;
        self.failures.extend(failures);
    }
}

/// Measures all paths.
///
/// # Errors
/// When the machine's CPU time can't be read. Runs that fail are in what is returned.
pub async fn measure(
    paths: &[Arc<dyn Path>],
    plan: &Plan,
    progress: &ProgressBar,
) -> Result<Vec<Measured>> {
    let mut measured: Vec<_> = paths
        .iter()
        .map(|path| Measured::empty(path.name()))
        .collect();
    progress.set_message("one at a time");
    for turn in 0..plan.runs {
        for (path, measured) in paths.iter().zip(&mut measured) {
            if turn % path.one_in() == 0 {
                rested(path.as_ref(), measured).await;
            }
        }
        progress.inc(1);
    }
    for (level, workers) in WORKERS.into_iter().enumerate() {
        for _ in 0..plan.rounds {
            for (path, measured) in paths.iter().zip(&mut measured) {
                progress.set_message(format!("{} by {workers}", path.name()));
                let runs = plan.runs_per_round.div_ceil(path.one_in()) as usize;
                let round = Round::make(Arc::clone(path), workers, runs).await?;
                measured.add(level, round);
                progress.inc(1);
            }
        }
    }
    Ok(measured)
}

/// One run after a rest.
async fn rested(path: &dyn Path, measured: &mut Measured) {
    sleep(REST).await;
    let started = Instant::now();
    let result = path.run().await;
    let latency = started.elapsed();
    match result {
        Ok(()) => measured.latencies.push(latency),
        Err(error) => measured
            .failures
            .push(format!("{}: {error:#}", path.name())),
    }
}

/// Runs back to back.
#[derive(Debug)]
pub struct Round {
    pub throughput: Throughput,
    pub failures: Vec<String>,
}

impl Round {
    /// Makes `runs` runs with so many workers; each starts its next run when its last one ended.
    ///
    /// # Errors
    /// When the machine's CPU time can't be read.
    pub async fn make(path: Arc<dyn Path>, workers: usize, runs: usize) -> Result<Self> {
        let left = Arc::new(AtomicUsize::new(runs));
        let (mut succeeded, mut failures) = (0, Vec::new());
        let cpu_before = cpu::used()?;
        let started = Instant::now();
        let workers =
            (0..workers).map(|_| tokio::spawn(work(Arc::clone(&path), Arc::clone(&left))));
        // Collected first, or one worker would wait for another.
        let workers: Vec<_> = workers.collect();
        for worker in workers {
            match worker.await {
                Ok((more, failed)) => {
                    succeeded += more;
                    failures.extend(failed);
                }
                Err(error) => failures.push(format!("{}: a worker broke: {error}", path.name())),
            }
        }
        let elapsed = started.elapsed();
        sleep(SETTLING).await;
        let throughput = Throughput {
            made: runs,
            succeeded,
            elapsed,
            cpu: cpu::used()?.saturating_sub(cpu_before),
        };
        Ok(Self {
            throughput,
            failures,
        })
    }
}

async fn work(path: Arc<dyn Path>, left: Arc<AtomicUsize>) -> (usize, Vec<String>) {
    let (mut succeeded, mut failures) = (0, Vec::new());
    while left
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            left.checked_sub(1)
        })
        .is_ok()
    {
        match path.run().await {
            Ok(()) => succeeded += 1,
            Err(error) => failures.push(format!("{}: {error:#}", path.name())),
        }
    }
    (succeeded, failures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;
    use futures::future::BoxFuture;
    use std::sync::{Mutex, atomic::AtomicI32};

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

        fn run(&self) -> BoxFuture<'_, Result<()>> {
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

    /// Writes its name down.
    struct Noting {
        name: &'static str,
        one_in: u32,
        notes: Arc<Mutex<Vec<&'static str>>>,
    }

    impl Path for Noting {
        fn name(&self) -> &'static str {
            self.name
        }

        fn one_in(&self) -> u32 {
            self.one_in
        }

        fn run(&self) -> BoxFuture<'_, Result<()>> {
            Box::pin(async {
                self.notes.lock().unwrap().push(self.name);
                Ok(())
            })
        }
    }

    #[tokio::test]
    async fn a_round_makes_just_as_many_runs_as_asked_and_counts_failures_apart() {
        let path = Arc::new(Counting::default());
        let round = Round::make(Arc::<Counting>::clone(&path), 4, 30)
            .await
            .unwrap();
        assert_eq!(path.runs.load(Ordering::SeqCst), 30);
        let Throughput {
            made,
            succeeded,
            elapsed,
            cpu: _,
        } = round.throughput;
        assert_eq!((made, succeeded, round.failures.len()), (30, 20, 10));
        assert!(elapsed > Duration::ZERO);
        assert!(path.most.load(Ordering::SeqCst) <= 4);
    }

    #[tokio::test]
    async fn paths_take_turns_and_a_long_one_takes_fewer() {
        let notes = Arc::default();
        let path = |name, one_in| -> Arc<dyn Path> {
            Arc::new(Noting {
                name,
                one_in,
                notes: Arc::clone(&notes),
            })
        };
        let plan = Plan {
            runs: 5,
            rounds: 1,
            runs_per_round: 4,
        };
        let paths = [path("short", 1), path("long", 4)];
        let measured = measure(&paths, &plan, &ProgressBar::hidden())
            .await
            .unwrap();
        let turns = "short long short short short short long";
        let round = "short short short short long";
        assert_eq!(
            notes.lock().unwrap().join(" "),
            [turns, round, round, round].join(" ")
        );
        assert_eq!(measured[0].latencies.len(), 5);
        assert_eq!(measured[1].latencies.len(), 2);
        assert!(measured[1].throughputs.iter().all(|sum| sum.succeeded == 1));
    }

    #[tokio::test]
    async fn failures_of_turns_and_rounds_are_counted_together() {
        let plan = Plan {
            runs: 3,
            rounds: 2,
            runs_per_round: 3,
        };
        let paths: [Arc<dyn Path>; 1] = [Arc::new(Counting::default())];
        let measured = measure(&paths, &plan, &ProgressBar::hidden())
            .await
            .unwrap();
        assert_eq!(measured[0].latencies.len(), 2);
        assert_eq!(measured[0].failures.len(), 1 + 3 * 2);
        assert_eq!(measured[0].failures[0], "counting: every third");
        let sum = measured[0].throughputs[2];
        assert_eq!((sum.made, sum.succeeded), (6, 4));
    }
}
