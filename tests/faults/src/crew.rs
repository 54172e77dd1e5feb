//! Many runs by some workers, with a word of progress now and then.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(10);

/// Calls `one` with 0 to `count - 1`, by so many workers at one time; the answers come in any order.
pub fn all<T: Send>(
    what: &str,
    workers: usize,
    count: usize,
    one: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let told = Mutex::new(Instant::now());
    let began = Instant::now();
    let work = || {
        let mut answers = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return answers;
            }
            answers.push(one(index));
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.elapsed() >= PROGRESS {
                *told = Instant::now();
                tell(&format!(
                    "{what}: {index} of {count} after {:.0} s",
                    began.elapsed().as_secs_f64()
                ));
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let answers = workers
            .into_iter()
            .map(|worker| worker.join().expect("a worker does not panic"));
        answers.flatten().collect()
    })
}

/// Progress goes to standard error, apart from the table.
pub fn tell(line: &str) {
    eprintln!("    {line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_is_called_once() {
        let mut answers = all("counting", 3, 100, |index| index);
        answers.sort_unstable();
        assert_eq!(answers, (0..100).collect::<Vec<_>>());
    }
}
