//! How long calls take: each a number of times, by several workers at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use futures::future::{BoxFuture, join_all};

/// Makes a call, the n-th one; an error when it did not answer what it must.
pub type Call = Arc<dyn Fn(usize) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// Before the first that counts.
const WARMING: usize = 8;

/// What was measured of one call.
#[derive(Debug, Default)]
pub struct Measured {
    /// Of those that succeeded.
    pub latencies: Vec<Duration>,
    pub failures: Vec<String>,
    /// From the first call's start to the last one's end.
    pub elapsed: Duration,
}

/// Makes a call so often, by so many workers that share the count.
pub async fn repeat(call: &Call, workers: usize, times: usize) -> Measured {
    for number in 0..WARMING {
        // What is wrong with it shows again below.
        let _ = call(number).await;
    }
    let next = AtomicUsize::new(0);
    run(call, workers, || {
        let number = next.fetch_add(1, Ordering::Relaxed);
        (number < times).then_some(number)
    })
    .await
}

/// Makes a call back to back for a while, by so many workers.
pub async fn last(call: &Call, workers: usize, duration: Duration) -> Measured {
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    run(call, workers, || {
        let number = next.fetch_add(1, Ordering::Relaxed);
        (start.elapsed() < duration).then_some(number)
    })
    .await
}

/// Workers that each make one call after the other.
async fn run(call: &Call, workers: usize, next: impl Fn() -> Option<usize>) -> Measured {
    let start = Instant::now();
    let worker = async || {
        let mut measured = Measured::default();
        while let Some(number) = next() {
            let begin = Instant::now();
            // A task of its own, so that all cores are used.
            match tokio::spawn(call(number)).await {
                Ok(Ok(())) => measured.latencies.push(begin.elapsed()),
                Ok(Err(error)) => measured.failures.push(format!("{error:#}")),
                Err(error) => measured.failures.push(format!("it panicked: {error}")),
            }
        }
        measured
    };
    let workers = join_all((0..workers).map(|_| worker())).await;
    let mut all = Measured::default();
    for Measured {
        latencies,
        failures,
        elapsed: _,
    } in workers
    {
        all.latencies.extend(latencies);
        all.failures.extend(failures);
    }
    all.elapsed = start.elapsed();
    all
}

/// Nearest rank: the smallest value that at least so many percent do not exceed, in milliseconds.
pub fn percentile_ms(latencies: &[Duration], percent: usize) -> f64 {
    let mut sorted = latencies.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    let value = sorted.get(rank - 1);
    value.map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn failures_are_kept_apart_and_nothing_is_made_twice() {
        let call: Call = Arc::new(|number| {
            Box::pin(async move {
                anyhow::ensure!(number % 4 != 0, "number {number}");
                Ok(())
            })
        });
        let mut measured = repeat(&call, 3, 20).await;
        measured.failures.sort();
        let expected = ["number 0", "number 12", "number 16", "number 4", "number 8"];
        assert_eq!(measured.failures, expected);
        assert_eq!(measured.latencies.len(), 15);
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        let millis = |values: std::ops::RangeInclusive<u64>| -> Vec<_> {
            values.map(Duration::from_millis).collect()
        };
        assert_eq!(percentile_ms(&millis(1..=200), 95), 190.0);
        assert_eq!(percentile_ms(&millis(1..=100), 50), 50.0);
        assert_eq!(percentile_ms(&millis(7..=7), 95), 7.0);
        assert!(percentile_ms(&[], 95).is_nan());
    }
}
