//! Who makes way for whom where the sandboxes want more than the processors have: a program that has computed for a
//! while makes way for those that have just begun. Most programs of learners end within milliseconds, and most
//! that don't are endless loops; so a run beside nine endless loops takes about as long as alone.
//!
//! Nobody starves for it. Whoever has had less than half of what equal parts for all places would have given it
//! since it began does not make way any more.

use std::time::Duration;

use sandboxd_sandbox::cgroup::Priority;

/// CPU time that every run has at the usual priority.
const BURST: Duration = Duration::from_millis(10);

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fairness {
    /// Processors that a run is sure of.
    share: f64,
}

impl Fairness {
    /// For a host with so many processors and so many sandboxes at one time.
    pub fn new(processors: usize, sandboxes: usize) -> Self {
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX).max(1));
        Self {
            share: count(processors) / count(sandboxes) / 2.0,
        }
    }

    /// Of a run that has used so much CPU time in so much time.
    pub fn priority(self, used: Duration, wall: Duration) -> Priority {
        if used > BURST + wall.mul_f64(self.share) {
            Priority::Low
        } else {
            Priority::Usual
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_short_program_makes_way_for_nobody_and_a_loop_soon_does() {
        let fairness = Fairness::new(2, 10);
        assert_eq!(fairness.priority(BURST, BURST), Priority::Usual);
        assert_eq!(fairness.priority(SECOND / 5, SECOND / 5), Priority::Low);
    }

    #[test]
    fn whoever_got_less_than_half_of_an_equal_part_does_not_make_way() {
        // Two processors for ten: 0.2 each, and half of that is 0.1.
        let fairness = Fairness::new(2, 10);
        assert_eq!(fairness.priority(SECOND, SECOND * 9), Priority::Low);
        assert_eq!(fairness.priority(SECOND, SECOND * 10), Priority::Usual);
    }

    #[test]
    fn one_sandbox_on_many_processors_may_use_half_of_them() {
        let fairness = Fairness::new(4, 1);
        assert_eq!(fairness.priority(SECOND * 2, SECOND), Priority::Usual);
        assert_eq!(fairness.priority(SECOND * 3, SECOND), Priority::Low);
    }
}
