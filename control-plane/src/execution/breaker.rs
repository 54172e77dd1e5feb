//! The circuit breaker of a runner, as a plain value. After three failures in a row the runner
//! gets no work for a while that doubles each time; a probe that succeeds then closes the breaker,
//! so that no user's run is the probe.

use std::time::{Duration, Instant};

/// Failures in a row that open it.
const FAILURES: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Whether a runner may get work.
#[derive(Debug, Clone)]
pub struct Breaker {
    failures: u32,
    open_until: Option<Instant>,
    next_pause: Duration,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            failures: 0,
            open_until: None,
            next_pause: FIRST_PAUSE,
        }
    }
}

impl Breaker {
    /// True while the runner gets no work.
    pub fn is_open(&self) -> bool {
        self.open_until.is_some()
    }

    /// When the next probe may be made; none means at any time.
    pub fn probe_at(&self) -> Option<Instant> {
        self.open_until
    }

    /// A program was run to its end: all is well.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// The runner answered a probe. It may have work again, but one more failure is enough to
    /// open the breaker for longer, until a program has run to its end.
    pub fn answered(&mut self, now: Instant) {
        if self.open_until.is_some_and(|until| now >= until) {
            self.open_until = None;
            self.failures = FAILURES - 1;
        }
    }

    /// Something went wrong that a healthy runner doesn't do.
    pub fn failed(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES && self.open_until.is_none_or(|until| now >= until) {
            self.open_until = Some(now + self.next_pause);
            self.next_pause = (self.next_pause * 2).min(LONGEST_PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_after_three_and_closes_after_a_probe() {
        let start = Instant::now();
        let mut breaker = Breaker::default();
        breaker.failed(start);
        breaker.failed(start);
        assert!(!breaker.is_open());
        breaker.failed(start);
        assert!(breaker.is_open());
        breaker.answered(start);
        assert!(breaker.is_open(), "too early");
        breaker.answered(start + FIRST_PAUSE);
        assert!(!breaker.is_open());
    }

    #[test]
    fn the_pause_doubles_until_a_program_ran() {
        let mut now = Instant::now();
        let mut breaker = Breaker::default();
        let mut pauses = Vec::new();
        for _ in 0..9 {
            while !breaker.is_open() {
                breaker.failed(now);
            }
            let until = breaker.probe_at().unwrap();
            pauses.push((until - now).as_millis());
            now = until;
            breaker.answered(now);
        }
        assert_eq!(
            pauses,
            [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]
        );
        breaker.succeeded();
        breaker.failed(now);
        assert!(!breaker.is_open());
    }

    #[test]
    fn a_success_forgets_failures() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        for _ in 0..10 {
            breaker.failed(now);
            breaker.failed(now);
            breaker.succeeded();
        }
        assert!(!breaker.is_open());
    }
}
