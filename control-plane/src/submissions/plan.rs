//! Which tests of a submission run next, and which never do. Knows nothing of runners.
//!
//! Usually all tests run side by side. Where the author stops at the first failure, or a subtask
//! requires another, one group of tests runs after the other: the tests of no subtask first, then
//! subtask by subtask. A group whose requirements have not passed is left out.
//!
//! Where the author stops at the first failure, the first is the first in the order of the tests,
//! although they run side by side: a result is told when all before it in its group have passed,
//! and what comes after a failure is dropped, even if it ran. So the same program always has the
//! same results, whichever test ends first. In the same way it waits that the author's own checker
//! gave no answer for a test: that ends the grading, but only if all before it have passed.

use std::collections::VecDeque;

use super::testing::Tested;
use crate::judge::{CheckerFault, Verdict};
use crate::problems::model::{GradedProblem, Test};

/// What is left to do.
#[derive(Debug)]
pub struct Plan<'a> {
    groups: Vec<Group<'a>>,
    in_order: bool,
    over: bool,
    /// The first test that needs an answer of the checker and has none.
    fault: Option<(u32, CheckerFault)>,
}

/// What came of a test.
#[derive(Debug)]
enum Ended {
    Tested(Box<Tested>),
    Unanswered(u32, CheckerFault),
}

#[derive(Debug, Default)]
struct Group<'a> {
    /// Those that have not ended, in order.
    left: Vec<&'a Test>,
    /// Numbers of those that nobody was told of, in order. Only where the order matters.
    untold: VecDeque<u32>,
    /// Those of `untold` that have ended.
    waiting: Vec<Ended>,
    /// Groups that must pass first.
    requires: Vec<usize>,
    failed: bool,
}

impl<'a> Plan<'a> {
    /// All tests of a problem.
    pub fn new(problem: &'a GradedProblem) -> Self {
        let stops = problem.stop_on_first_failure;
        let stages = stops || problem.subtasks.iter().any(|it| !it.requires.is_empty());
        let groups = if stages {
            staged(problem)
        } else {
            vec![Group::of(problem.tests.iter().collect())]
        };
        Self {
            groups,
            in_order: stops,
            over: false,
            fault: None,
        }
    }

    /// Tests that can run now, side by side, in order. None when nothing is left to do.
    pub fn due(&self) -> Vec<&'a Test> {
        let ready = |group: &&Group| {
            let mut requires = group.requires.iter();
            !group.left.is_empty() && requires.all(|index| self.groups[*index].passed())
        };
        let is_over = self.over || self.fault.is_some();
        let group = self.groups.iter().find(ready).filter(|_| !is_over);
        group.map_or_else(Vec::new, |group| group.left.clone())
    }

    /// A test ended. Returns what may be told now.
    pub fn ended(&mut self, tested: Tested) -> Vec<Tested> {
        self.note(Ended::Tested(Box::new(tested)))
    }

    /// The checker gave no answer for a test, and is not asked again. Returns what may be told now.
    pub fn unanswered(&mut self, number: u32, fault: CheckerFault) -> Vec<Tested> {
        self.note(Ended::Unanswered(number, fault))
    }

    fn note(&mut self, ended: Ended) -> Vec<Tested> {
        let number = ended.number();
        let is_left = |group: &&mut Group| group.left.iter().any(|test| test.number == number);
        let Some(group) = self.groups.iter_mut().find(is_left) else {
            // It comes after a failure.
            return Vec::new();
        };
        group.left.retain(|test| test.number != number);
        let ended = match ended {
            Ended::Tested(tested) if tested.result.verdict == Verdict::CompileError => {
                self.over = true;
                return vec![*tested];
            }
            ended => ended,
        };
        let settled = match self.in_order {
            true => group.release(ended),
            false => group.settle(ended),
        };
        self.told(settled)
    }

    /// What may be told of what is settled. Keeps the first fault.
    fn told(&mut self, settled: Vec<Ended>) -> Vec<Tested> {
        let mut told = Vec::new();
        for ended in settled {
            match ended {
                Ended::Tested(tested) => told.push(*tested),
                Ended::Unanswered(number, fault) => {
                    let first = self.fault.as_ref().is_none_or(|(first, _)| number < *first);
                    if first {
                        self.fault = Some((number, fault));
                    }
                }
            }
        }
        told
    }

    /// The test for which the checker gave no answer, which ends the grading.
    pub fn fault(self) -> Option<(u32, CheckerFault)> {
        self.fault
    }

    /// True when this test has not ended and doesn't come after a failure.
    pub fn wants(&self, number: u32) -> bool {
        let mut left = self.groups.iter().flat_map(|group| &group.left);
        left.any(|test| test.number == number)
    }
}

fn staged(problem: &GradedProblem) -> Vec<Group<'_>> {
    let subtasks = &problem.subtasks;
    let in_none = |test: &&Test| subtasks.iter().all(|it| !it.tests.contains(&test.number));
    let mut groups = vec![Group::of(problem.tests.iter().filter(in_none).collect())];
    for subtask in subtasks {
        let mine = |test: &&Test| subtask.tests.contains(&test.number);
        let place = |name: &String| subtasks.iter().position(|it| it.name == *name);
        let places = subtask.requires.iter().filter_map(place);
        groups.push(Group {
            // Behind the group of those in none.
            requires: places.map(|place| place + 1).collect(),
            ..Group::of(problem.tests.iter().filter(mine).collect())
        });
    }
    groups
}

impl<'a> Group<'a> {
    fn of(tests: Vec<&'a Test>) -> Self {
        Self {
            untold: tests.iter().map(|test| test.number).collect(),
            left: tests,
            ..Self::default()
        }
    }

    fn passed(&self) -> bool {
        self.left.is_empty() && !self.failed
    }

    /// One that waits for no other.
    fn settle(&mut self, ended: Ended) -> Vec<Ended> {
        self.failed |= !ended.passed();
        vec![ended]
    }

    /// Results up to the first failure that have none missing before them.
    fn release(&mut self, ended: Ended) -> Vec<Ended> {
        self.waiting.push(ended);
        let mut settled = Vec::new();
        while let Some(next) = self.untold.front() {
            let place = self.waiting.iter().position(|it| it.number() == *next);
            let Some(place) = place else { break };
            self.untold.pop_front();
            let ended = self.waiting.swap_remove(place);
            self.failed = !ended.passed();
            settled.push(ended);
            if self.failed {
                self.left.clear();
                self.untold.clear();
                self.waiting.clear();
            }
        }
        settled
    }
}

impl Ended {
    fn number(&self) -> u32 {
        match self {
            Self::Tested(tested) => tested.result.number,
            Self::Unanswered(number, _) => *number,
        }
    }

    fn passed(&self) -> bool {
        match self {
            Self::Tested(tested) => tested.result.verdict == Verdict::Accepted,
            Self::Unanswered(..) => false,
        }
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
