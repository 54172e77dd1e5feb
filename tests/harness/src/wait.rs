//! Waiting for a condition. Tests never sleep and hope.

use std::time::{Duration, Instant};

use crate::slowness::{self, scaled};

/// How many times slower this machine is; 1 when nothing else is said.
pub fn slowness() -> f64 {
    f64::from(slowness::factor())
}

/// A time that is long enough elsewhere, for this machine. What waits in this crate does that by itself.
pub fn patience(elsewhere: Duration) -> Duration {
    scaled(elsewhere)
}

/// How often a condition is looked at again.
const INTERVAL: Duration = Duration::from_millis(5);

/// Asks until the answer is `Ok`, for at most `patience` (longer on a slow machine); then gives the last error. Asks at
/// least once, and blocks the thread.
///
/// # Errors
/// What still stood in the way at the end.
pub fn until<T, E>(patience: Duration, mut ask: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let deadline = Instant::now() + scaled(patience);
    loop {
        match ask() {
            Err(_) if Instant::now() < deadline => std::thread::sleep(INTERVAL),
            answer => return answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_condition_is_asked_until_it_holds() {
        let mut asked = 0;
        let answer = until(Duration::from_secs(5), || {
            asked += 1;
            if asked == 3 { Ok(asked) } else { Err(asked) }
        });
        assert_eq!(answer, Ok(3));
    }

    #[test]
    fn the_last_error_is_given_when_time_is_up() {
        let answer: Result<(), &str> = until(Duration::from_millis(20), || Err("never"));
        assert_eq!(answer, Err("never"));
    }
}
