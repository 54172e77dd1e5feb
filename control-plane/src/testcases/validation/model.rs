//! What the author's programs did with the tests, and what follows for the tests.

use std::time::Duration;

use crate::execution::model::CompileError;
use crate::judge::{TestResult, Verdict};

/// A program of a problem's author.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Candidate {
    /// Must be accepted.
    Reference,
    /// Must not be accepted; by its name.
    Wrong(String),
}

/// What became of a program.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    pub candidate: Candidate,
    pub verdict: Verdict,
    /// One for each test, in order.
    pub results: Vec<TestResult>,
    /// Set when Python could not compile the program.
    pub compile_error: Option<CompileError>,
    /// What was wrong with the problem's own checker; empty when nothing was.
    pub author_message: String,
}

/// What a test gives a program, above which the reference solution is said to be near it.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub wall_time: Duration,
    pub memory_bytes: u64,
}

/// Something that the author should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    pub kind: WarningKind,
    /// Whom it is about.
    pub candidate: Candidate,
    /// Numbers of the tests that it is about, in order.
    pub tests: Vec<u32>,
}

/// What is amiss, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WarningKind {
    /// Nothing can be said of a program, by our fault or by that of the problem's checker.
    NotJudged,
    /// The reference solution fails.
    SolutionFails,
    /// A wrong solution passes all tests.
    WrongSolutionAccepted,
    /// The time was over before a program was tried.
    NotTried,
    /// A wrong solution is no Python, so that any test would catch it.
    WrongSolutionNotCompiled,
    /// The reference solution comes close to a limit: another machine may be slower.
    SolutionNearLimit,
    /// There is no wrong solution to try the tests with.
    NoWrongSolution,
    /// Every wrong solution passes these tests.
    TestsCatchNothing,
    /// A wrong solution passes these tests, and others not.
    WrongSolutionPasses,
}

/// All that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The reference solution's.
    pub verdict: Verdict,
    /// Those that were tried, the reference solution first.
    pub trials: Vec<Trial>,
    /// The worst first.
    pub warnings: Vec<Warning>,
}

impl Trial {
    fn passed(&self) -> Vec<u32> {
        self.numbers(|result| result.verdict == Verdict::Accepted)
    }

    fn numbers(&self, is_meant: impl Fn(&TestResult) -> bool) -> Vec<u32> {
        let meant = self.results.iter().filter(|result| is_meant(result));
        meant.map(|result| result.number).collect()
    }

    /// Says something of the tests.
    fn counts(&self) -> bool {
        self.verdict.is_judged() && self.verdict != Verdict::CompileError
    }
}

/// Sums up. The reference solution was tried, and some of the wrong ones; `untried` are the others.
pub fn report(
    reference: Trial,
    wrong: Vec<Trial>,
    untried: Vec<Candidate>,
    bounds: Bounds,
) -> Report {
    let mut warnings = of_reference(&reference, bounds);
    if wrong.is_empty() && untried.is_empty() {
        warnings.push(Warning::of(
            WarningKind::NoWrongSolution,
            Candidate::Reference,
        ));
    }
    warnings.extend(wrong.iter().filter_map(of_wrong));
    warnings.extend(catching_nothing(&wrong));
    let not_tried = |candidate| Warning::of(WarningKind::NotTried, candidate);
    warnings.extend(untried.into_iter().map(not_tried));
    warnings.sort_by_key(|warning| warning.kind);
    let verdict = reference.verdict;
    let trials = std::iter::once(reference).chain(wrong).collect();
    Report {
        verdict,
        trials,
        warnings,
    }
}

impl Warning {
    fn of(kind: WarningKind, candidate: Candidate) -> Self {
        Self {
            kind,
            candidate,
            tests: Vec::new(),
        }
    }
}

fn of_reference(trial: &Trial, bounds: Bounds) -> Vec<Warning> {
    let warning = |kind, tests| Warning {
        tests,
        ..Warning::of(kind, Candidate::Reference)
    };
    if !trial.verdict.is_judged() {
        return vec![warning(WarningKind::NotJudged, Vec::new())];
    }
    let mut warnings = Vec::new();
    if trial.verdict != Verdict::Accepted {
        let failed = trial.numbers(|result| result.verdict != Verdict::Accepted);
        warnings.push(warning(WarningKind::SolutionFails, failed));
    }
    let near =
        trial.numbers(|result| result.verdict == Verdict::Accepted && is_near(result, bounds));
    if !near.is_empty() {
        warnings.push(warning(WarningKind::SolutionNearLimit, near));
    }
    warnings
}

/// More than half of the time, or nine tenths of the memory.
fn is_near(result: &TestResult, bounds: Bounds) -> bool {
    result.usage.is_some_and(|usage| {
        let time = usage.wall.max(usage.cpu);
        time * 2 > bounds.wall_time || usage.peak_memory_bytes / 9 * 10 > bounds.memory_bytes
    })
}

fn of_wrong(trial: &Trial) -> Option<Warning> {
    let kind = match trial.verdict {
        Verdict::Accepted => WarningKind::WrongSolutionAccepted,
        Verdict::CompileError => WarningKind::WrongSolutionNotCompiled,
        verdict if !verdict.is_judged() => WarningKind::NotJudged,
        _ => WarningKind::WrongSolutionPasses,
    };
    let passed = trial.passed();
    let says_nothing = kind == WarningKind::WrongSolutionPasses && passed.is_empty();
    let lists = matches!(
        kind,
        WarningKind::WrongSolutionPasses | WarningKind::WrongSolutionAccepted
    );
    (!says_nothing).then(|| Warning {
        tests: if lists { passed } else { Vec::new() },
        ..Warning::of(kind, trial.candidate.clone())
    })
}

/// Tests that all wrong solutions pass.
fn catching_nothing(wrong: &[Trial]) -> Option<Warning> {
    let mut counting = wrong.iter().filter(|trial| trial.counts());
    let mut tests = counting.next()?.passed();
    for trial in counting {
        let passed = trial.passed();
        tests.retain(|number| passed.contains(number));
    }
    (!tests.is_empty()).then(|| Warning {
        tests,
        ..Warning::of(WarningKind::TestsCatchNothing, Candidate::Reference)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::TestUsage;

    fn trial(candidate: Candidate, verdicts: &[Verdict]) -> Trial {
        let results = (1..).zip(verdicts).map(|(number, verdict)| TestResult {
            verdict: *verdict,
            ..TestResult::skipped(number, false)
        });
        Trial {
            candidate,
            verdict: Verdict::of_submission(verdicts.iter().copied()).unwrap(),
            results: results.collect(),
            compile_error: None,
            author_message: String::new(),
        }
    }

    fn wrong(name: &str, verdicts: &[Verdict]) -> Trial {
        trial(Candidate::Wrong(name.into()), verdicts)
    }

    const BOUNDS: Bounds = Bounds {
        wall_time: Duration::from_secs(1),
        memory_bytes: 1000,
    };

    fn said(reference: Trial, others: Vec<Trial>) -> Vec<String> {
        let report = report(reference, others, Vec::new(), BOUNDS);
        let warnings = report.warnings.iter().map(|warning| {
            let who = match &warning.candidate {
                Candidate::Reference => "-",
                Candidate::Wrong(name) => name,
            };
            format!("{:?} {who} {:?}", warning.kind, warning.tests)
        });
        warnings.collect()
    }

    #[test]
    fn what_is_amiss_is_said_the_worst_first() {
        use Verdict::{Accepted, CompileError, InternalError, Skipped, TimeLimit, WrongAnswer};
        let good = || trial(Candidate::Reference, &[Accepted; 3]);
        let cases = [
            (good(), vec![], vec!["NoWrongSolution - []"]),
            (good(), vec![wrong("a", &[WrongAnswer; 3])], vec![]),
            (
                good(),
                vec![
                    wrong("a", &[Accepted; 3]),
                    wrong("b", &[Accepted, Accepted, TimeLimit]),
                ],
                vec![
                    "WrongSolutionAccepted a [1, 2, 3]",
                    "TestsCatchNothing - [1, 2]",
                    "WrongSolutionPasses b [1, 2]",
                ],
            ),
            (
                trial(Candidate::Reference, &[Accepted, TimeLimit, WrongAnswer]),
                vec![
                    wrong("a", &[CompileError, Skipped, Skipped]),
                    wrong("b", &[InternalError; 3]),
                ],
                vec![
                    "NotJudged b []",
                    "SolutionFails - [2, 3]",
                    "WrongSolutionNotCompiled a []",
                ],
            ),
            (
                trial(Candidate::Reference, &[InternalError; 3]),
                vec![wrong("a", &[WrongAnswer; 3])],
                vec!["NotJudged - []"],
            ),
        ];
        for (number, (reference, others, expected)) in cases.into_iter().enumerate() {
            assert_eq!(said(reference, others), expected, "case {number}");
        }
    }

    #[test]
    fn a_solution_near_a_limit_is_told_of() {
        let with = |wall, cpu, peak_memory_bytes| {
            let mut trial = trial(Candidate::Reference, &[Verdict::Accepted]);
            trial.results[0].usage = Some(TestUsage {
                wall: Duration::from_millis(wall),
                cpu: Duration::from_millis(cpu),
                peak_memory_bytes,
            });
            let near = "SolutionNearLimit - [1]".to_owned();
            said(trial, vec![wrong("a", &[Verdict::WrongAnswer])]).contains(&near)
        };
        assert!(!with(500, 500, 900));
        assert!(with(501, 1, 1));
        assert!(with(1, 501, 1));
        assert!(with(1, 1, 909));
    }

    #[test]
    fn programs_that_were_not_tried_are_named() {
        let reference = trial(Candidate::Reference, &[Verdict::Accepted]);
        let untried = vec![Candidate::Wrong("late".into())];
        let report = report(reference, Vec::new(), untried.clone(), BOUNDS);
        assert_eq!(report.warnings.len(), 1);
        assert_eq!(report.warnings[0].kind, WarningKind::NotTried);
        assert_eq!(report.warnings[0].candidate, untried[0]);
    }
}
