//! How long an interactive program has waited for its input, which its wall-clock limit does not count.
//!
//! A run is looked at every 50 ms anyway. Where it has computed nothing since the last look, the launcher is asked
//! whether the kernel sees a thread of it wait for input (`sandboxd_sandbox::waiting`). The time between two answers
//! of yes, without computing in between, is given back; so each wait costs the program up to two looks, and whoever
//! only pretends gains nothing that waiting for input would not give as well: up to the limit of all waiting.

use std::time::{Duration, Instant};

/// A program that waits may compute so much between two looks: a thread that shows the time, for example.
const IDLE: Duration = Duration::from_millis(5);

/// See the module.
#[derive(Debug)]
pub struct Patience {
    limit: Duration,
    waited: Duration,
    /// CPU time at the last look.
    used: Duration,
    /// The last answer of yes, if nothing has happened since.
    since: Option<Instant>,
}

impl Patience {
    /// Patience for so long in all of a run.
    pub fn new(limit: Duration) -> Self {
        Self {
            limit,
            waited: Duration::ZERO,
            used: Duration::ZERO,
            since: None,
        }
    }

    /// What has been waited and does not count.
    pub fn waited(&self) -> Duration {
        self.waited
    }

    /// A look at the program, which has used that much CPU time; `may_wait` when nothing else speaks against its
    /// waiting. Whether to ask if it does.
    pub fn look(&mut self, used: Duration, may_wait: bool) -> bool {
        let idle = used.saturating_sub(self.used) < IDLE;
        self.used = used;
        let asks = idle && may_wait && self.waited < self.limit;
        if !asks {
            self.since = None;
        }
        asks
    }

    /// The answer. Returns the time that is given back.
    pub fn hear(&mut self, waits: bool, now: Instant) -> Duration {
        let before = std::mem::replace(&mut self.since, waits.then_some(now));
        let (true, Some(before)) = (waits, before) else {
            return Duration::ZERO;
        };
        let given = (now - before).min(self.limit.saturating_sub(self.waited));
        self.waited += given;
        given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Duration = Duration::from_millis(50);

    /// Looks every 50 ms: CPU time used since the last one, and whether the kernel sees it wait.
    fn waited(limit: Duration, looks: &[(u64, bool)]) -> Duration {
        let mut patience = Patience::new(limit);
        let (mut now, mut used) = (Instant::now(), Duration::ZERO);
        let mut given = Duration::ZERO;
        for (computed, waits) in looks {
            now += LOOK;
            used += Duration::from_millis(*computed);
            if patience.look(used, true) {
                given += patience.hear(*waits, now);
            }
        }
        assert_eq!(given, patience.waited());
        given
    }

    #[test]
    fn what_lies_between_two_answers_is_given_back() {
        let hour = Duration::from_secs(3600);
        assert_eq!(waited(hour, &[(0, true); 11]), LOOK * 10);
        assert_eq!(waited(hour, &[(0, false); 11]), Duration::ZERO);
        assert_eq!(waited(hour, &[(0, true)]), Duration::ZERO);
        let twice = [(0, true), (0, true), (0, false), (0, true), (0, true)];
        assert_eq!(waited(hour, &twice), LOOK * 2);
    }

    #[test]
    fn a_program_that_computes_does_not_wait_whatever_the_kernel_sees() {
        let hour = Duration::from_secs(3600);
        assert_eq!(waited(hour, &[(25, true); 20]), Duration::ZERO);
        let between = [(0, true), (25, true), (0, true), (0, true)];
        assert_eq!(waited(hour, &between), LOOK);
        assert_eq!(
            waited(hour, &[(1, true); 11]),
            LOOK * 10,
            "a clock in a thread"
        );
    }

    #[test]
    fn patience_has_an_end() {
        let limit = Duration::from_millis(120);
        assert_eq!(waited(limit, &[(0, true); 100]), limit);
        assert_eq!(waited(Duration::ZERO, &[(0, true); 100]), Duration::ZERO);
    }

    #[test]
    fn nothing_is_asked_while_something_speaks_against_it() {
        let mut patience = Patience::new(Duration::from_secs(1));
        let now = Instant::now();
        assert!(patience.look(Duration::ZERO, true));
        patience.hear(true, now);
        assert!(!patience.look(Duration::ZERO, false));
        assert!(patience.look(Duration::ZERO, true));
        assert_eq!(patience.hear(true, now + LOOK), Duration::ZERO);
    }
}
