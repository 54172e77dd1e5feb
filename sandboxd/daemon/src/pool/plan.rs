//! What the pool does next, from counts alone: how many sandboxes of each profile it makes, and how many parked
//! ones it gives up for another profile's runs. Runs that wait come first, in the order in which they
//! came; what is left of the places is shared out so that each profile has the same part of what it
//! shall have parked.

use sandboxd_sandbox::Profile;

/// A number for each profile.
pub type Each = [usize; Profile::COUNT];

/// What there is of one profile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Waiting for a run.
    pub parked: usize,
    /// On their way.
    pub making: usize,
    /// With a run, or on their way out.
    pub taken: usize,
    /// How many shall be parked.
    pub level: usize,
}

/// What to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Plan {
    /// Sandboxes to make.
    pub make: Each,
    /// Parked sandboxes to give up.
    pub give_up: Each,
}

/// Plans for a pool of `most` places. `leaving` of those that count as taken are being given up already;
/// `waiting` are the profiles of the runs without a sandbox, the one that waits longest first.
pub fn plan(
    most: usize,
    leaving: usize,
    mut counts: [Counts; Profile::COUNT],
    waiting: impl Iterator<Item = Profile>,
) -> Plan {
    let mut plan = Plan::default();
    let living: usize = counts
        .iter()
        .map(|each| each.parked + each.making + each.taken)
        .sum();
    let mut room = most.saturating_sub(living);
    // Sandboxes on their way are for those that wait longest.
    let mut coming = counts.map(|each| each.making);
    let mut without_room = 0;
    for profile in waiting {
        let index = profile.index();
        if coming[index] > 0 {
            coming[index] -= 1;
            counts[index].making -= 1;
        } else if room > 0 {
            room -= 1;
            plan.make[index] += 1;
        } else {
            without_room += 1;
        }
    }
    for _ in leaving..without_room {
        // A profile whose runs wait has none parked.
        let Some(index) = (0..Profile::COUNT).max_by_key(|index| counts[*index].parked) else {
            break;
        };
        if counts[index].parked == 0 {
            break;
        }
        counts[index].parked -= 1;
        plan.give_up[index] += 1;
    }
    for _ in 0..room {
        let Some(index) = emptiest(&counts) else {
            break;
        };
        counts[index].making += 1;
        plan.make[index] += 1;
    }
    plan
}

/// The profile with the smallest part of its level, if one is below it.
fn emptiest(counts: &[Counts; Profile::COUNT]) -> Option<usize> {
    let ready = |index: usize| counts[index].parked + counts[index].making;
    (0..Profile::COUNT)
        .filter(|index| ready(*index) < counts[*index].level)
        // a/b < c/d as a*d < c*b.
        .min_by(|one, other| {
            (ready(*one) * counts[*other].level).cmp(&(ready(*other) * counts[*one].level))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Profile::{Python, Science};

    fn counts(parked: usize, making: usize, taken: usize, level: usize) -> Counts {
        Counts {
            parked,
            making,
            taken,
            level,
        }
    }

    fn planned(
        most: usize,
        leaving: usize,
        each: [Counts; 2],
        waiting: &[Profile],
    ) -> (Each, Each) {
        let Plan { make, give_up } = plan(most, leaving, each, waiting.iter().copied());
        (make, give_up)
    }

    #[test]
    fn each_profile_is_filled_to_its_level() {
        let each = [counts(1, 1, 0, 4), counts(0, 0, 0, 1)];
        assert_eq!(planned(8, 0, each, &[]), ([2, 1], [0, 0]));
        let full = [counts(4, 0, 0, 4), counts(1, 0, 0, 1)];
        assert_eq!(planned(8, 0, full, &[]), ([0, 0], [0, 0]));
        // More levels than places: nobody is left without.
        let each = [counts(0, 0, 0, 4), counts(0, 0, 0, 4)];
        assert_eq!(planned(4, 0, each, &[]), ([2, 2], [0, 0]));
        let each = [counts(0, 0, 3, 4), counts(0, 0, 0, 1)];
        assert_eq!(planned(4, 0, each, &[]).0.iter().sum::<usize>(), 1);
    }

    #[test]
    fn a_run_that_waits_comes_before_every_level_and_takes_what_is_on_its_way() {
        let each = [counts(0, 0, 2, 4), counts(0, 1, 0, 4)];
        // The one on its way is for the run; the last place is for a level.
        let (make, give_up) = planned(4, 0, each, &[Science]);
        assert_eq!((make.iter().sum::<usize>(), give_up), (1, [0, 0]));
        assert_eq!(planned(4, 0, each, &[Science, Science]), ([0, 1], [0, 0]));
    }

    #[test]
    fn a_parked_sandbox_is_given_up_for_a_run_of_another_profile_once() {
        let each = [counts(4, 0, 0, 4), counts(0, 0, 0, 1)];
        assert_eq!(planned(4, 0, each, &[Science]), ([0, 0], [1, 0]));
        // It is on its way out.
        let each = [counts(3, 0, 1, 4), counts(0, 0, 0, 1)];
        assert_eq!(planned(4, 1, each, &[Science]), ([0, 0], [0, 0]));
        // It is gone.
        let each = [counts(3, 0, 0, 4), counts(0, 0, 0, 1)];
        assert_eq!(planned(4, 0, each, &[Science]), ([0, 1], [0, 0]));
        // The other way round.
        let each = [counts(0, 0, 0, 2), counts(2, 0, 0, 2)];
        assert_eq!(planned(2, 0, each, &[Python]), ([0, 0], [0, 1]));
    }

    #[test]
    fn running_programs_are_not_given_up_and_nothing_is_when_there_is_room() {
        let busy = [counts(0, 0, 4, 4), counts(0, 0, 0, 1)];
        assert_eq!(planned(4, 0, busy, &[Science, Python]), ([0, 0], [0, 0]));
        let some = [counts(2, 0, 1, 2), counts(0, 0, 0, 0)];
        assert_eq!(planned(4, 0, some, &[Science]), ([0, 1], [0, 0]));
    }

    #[test]
    fn the_run_that_waits_longest_gets_the_only_place() {
        let each = [counts(0, 0, 3, 0), counts(0, 0, 0, 0)];
        assert_eq!(planned(4, 0, each, &[Science, Python, Python]).0, [0, 1]);
        assert_eq!(planned(4, 0, each, &[Python, Science, Science]).0, [1, 0]);
    }

    #[test]
    fn there_are_never_more_than_the_places() {
        for parked in 0..4 {
            for taken in 0..4 {
                for waiting in 0..6 {
                    let each = [counts(parked, 0, taken, 9), counts(0, 0, 0, 9)];
                    let waiting = vec![Science; waiting];
                    let Plan { make, give_up } = plan(6, 0, each, waiting.iter().copied());
                    assert!(parked + taken + make.iter().sum::<usize>() <= 6.max(parked + taken));
                    assert!(give_up[0] <= parked && give_up[1] == 0);
                }
            }
        }
    }
}
