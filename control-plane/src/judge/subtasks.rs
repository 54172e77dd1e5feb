//! Subtasks: tests that earn points together. What a submission earns in each is decided here
//! from the verdicts of its tests, and nowhere else. Which tests are run at all is not.
//!
//! Points are whole numbers. In a subtask whose tests earn points one by one, they are rounded
//! down once for the whole subtask, so that more tests never earn less and all tests earn all.

use serde::{Deserialize, Serialize};

use super::verdict::{TestResult, Verdict};

/// How the tests of a subtask add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scoring {
    /// All points when all tests pass, else none.
    Minimum,
    /// The same part of the points for each test that passes.
    Sum,
}

/// Tests that earn points together. Invariant, kept by whoever reads a course: it has a test, none
/// of its tests is in another subtask, and those that it requires come before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subtask {
    /// What students call it; no other subtask of the problem has this name.
    pub name: String,
    /// When all its tests pass.
    pub points: u32,
    /// How its tests add up.
    pub scoring: Scoring,
    /// Numbers of its tests, rising.
    pub tests: Vec<u32>,
    /// Names of the subtasks that must pass, they and what they require, or this one earns nothing.
    pub requires: Vec<String>,
}

/// What a submission earned in a subtask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubtaskResult {
    /// Of the subtask.
    pub name: String,
    /// Earned.
    pub points: u32,
    /// Of the subtask.
    pub possible_points: u32,
    /// The worst of its tests; skipped when none of them was run.
    pub verdict: Verdict,
    /// Tests that passed.
    pub passed_test_count: u32,
    /// Tests of the subtask.
    pub test_count: u32,
}

/// What the results of tests earn, subtask by subtask. A test without a result was not run.
pub fn score(subtasks: &[Subtask], results: &[TestResult]) -> Vec<SubtaskResult> {
    let mut passed: Vec<&str> = Vec::new();
    let mut scored = Vec::with_capacity(subtasks.len());
    for subtask in subtasks {
        let mut requires = subtask.requires.iter();
        let may_earn = requires.all(|name| passed.contains(&name.as_str()));
        let result = subtask.score(results, may_earn);
        if may_earn && result.passed_test_count == result.test_count {
            passed.push(&subtask.name);
        }
        scored.push(result);
    }
    scored
}

impl Subtask {
    fn score(&self, results: &[TestResult], may_earn: bool) -> SubtaskResult {
        let verdict_of = |number: &u32| {
            let result = results.iter().find(|result| result.number == *number);
            result.map_or(Verdict::Skipped, |result| result.verdict)
        };
        let verdicts: Vec<_> = self.tests.iter().map(verdict_of).collect();
        let passed = verdicts.iter().filter(|it| **it == Verdict::Accepted);
        let (passed, all) = (count(passed.count()), count(verdicts.len()));
        SubtaskResult {
            name: self.name.clone(),
            points: if may_earn {
                self.earned(passed, all)
            } else {
                0
            },
            possible_points: self.points,
            verdict: Verdict::of_submission(verdicts).unwrap_or(Verdict::Skipped),
            passed_test_count: passed,
            test_count: all,
        }
    }

    fn earned(&self, passed: u32, all: u32) -> u32 {
        match self.scoring {
            _ if passed == all => self.points,
            Scoring::Minimum => 0,
            Scoring::Sum => {
                let part = u64::from(self.points) * u64::from(passed) / u64::from(all);
                u32::try_from(part).expect("a part of a number that fits")
            }
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn subtask(name: &str, points: u32, scoring: Scoring, tests: &[u32]) -> Subtask {
        Subtask {
            name: name.into(),
            points,
            scoring,
            tests: tests.to_vec(),
            requires: Vec::new(),
        }
    }

    fn results(verdicts: &[Verdict]) -> Vec<TestResult> {
        let numbered = (1..).zip(verdicts);
        let result = |(number, verdict): (u32, &Verdict)| TestResult {
            verdict: *verdict,
            ..TestResult::skipped(number, true)
        };
        numbered.map(result).collect()
    }

    use Scoring::{Minimum, Sum};
    use Verdict::{Accepted as Pass, Skipped, TimeLimit, WrongAnswer as Wrong};

    #[test]
    fn minimum_is_all_or_nothing_and_sum_is_rounded_down() {
        for (scoring, points, verdicts, earned, verdict) in [
            (Minimum, 10, &[Pass, Pass, Pass][..], 10, Pass),
            (Minimum, 10, &[Pass, Wrong, Pass], 0, Wrong),
            (Minimum, 10, &[Skipped, Skipped, Skipped], 0, Skipped),
            (Minimum, 10, &[], 0, Skipped),
            (Sum, 10, &[Wrong, Wrong, Wrong], 0, Wrong),
            (Sum, 10, &[Pass, Wrong, Wrong], 3, Wrong),
            (Sum, 10, &[Pass, TimeLimit, Pass], 6, TimeLimit),
            (Sum, 10, &[Pass, Pass, Pass], 10, Pass),
            (Sum, 2, &[Pass, Wrong, Skipped], 0, Wrong),
            (Sum, 2, &[Pass, Pass], 1, Skipped),
            (Sum, 0, &[Pass, Pass, Pass], 0, Pass),
            (Sum, u32::MAX, &[Pass, Pass, Wrong], 2_863_311_530, Wrong),
        ] {
            let scored = score(
                &[subtask("a", points, scoring, &[1, 2, 3])],
                &results(verdicts),
            );
            let [one] = &scored[..] else { panic!() };
            assert_eq!(
                (one.points, one.verdict),
                (earned, verdict),
                "{scoring:?} {points} {verdicts:?}"
            );
            assert_eq!((one.possible_points, one.test_count), (points, 3));
        }
    }

    #[test]
    fn what_requires_another_earns_nothing_before_it_has_passed() {
        let first = subtask("first", 20, Sum, &[1, 2]);
        let second = Subtask {
            requires: vec!["first".into()],
            ..subtask("second", 30, Minimum, &[3])
        };
        let third = Subtask {
            requires: vec!["second".into()],
            ..subtask("third", 50, Sum, &[4])
        };
        let subtasks = [first, second, third];
        for (verdicts, points) in [
            ([Pass, Pass, Pass, Pass], [20, 30, 50]),
            ([Pass, Wrong, Pass, Pass], [10, 0, 0]),
            ([Pass, Wrong, Skipped, Skipped], [10, 0, 0]),
            ([Pass, Pass, Wrong, Pass], [20, 0, 0]),
        ] {
            let scored = score(&subtasks, &results(&verdicts));
            let earned: Vec<_> = scored.iter().map(|one| one.points).collect();
            assert_eq!(earned, points, "{verdicts:?}");
        }
    }

    proptest! {
        #[test]
        fn more_tests_never_earn_less(points in 0..1000u32, passes: Vec<bool>, minimum: bool) {
            prop_assume!(!passes.is_empty());
            let tests: Vec<u32> = (1..).take(passes.len()).collect();
            let scoring = if minimum { Minimum } else { Sum };
            let subtasks = [subtask("a", points, scoring, &tests)];
            let earned = |passes: &[bool]| {
                let verdicts: Vec<_> = passes.iter().map(|pass| if *pass { Pass } else { Wrong }).collect();
                score(&subtasks, &results(&verdicts))[0].points
            };
            let before = earned(&passes);
            prop_assert!(before <= points);
            prop_assert_eq!(earned(&vec![true; passes.len()]), points);
            prop_assert_eq!(earned(&vec![false; passes.len()]), 0);
            for at in 0..passes.len() {
                let mut more = passes.clone();
                more[at] = true;
                prop_assert!(earned(&more) >= before);
            }
        }
    }
}
