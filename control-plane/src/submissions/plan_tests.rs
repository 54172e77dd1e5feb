//! Orders of ends, and what comes of them.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::execution::model::{Ending, Outcome, Profile};
use crate::judge::{Checker, CustomChecker, Feedback, Scoring, Subtask, TestResult};
use crate::problems::model::{AnswerChecker, ProblemKind, Slug};

/// Six tests: 1 in no subtask, 2 and 3 in "a", 4 and 5 in "b", 6 in "c", which requires "a".
fn problem(stop: bool, with_subtasks: bool) -> GradedProblem {
    let subtask = |name: &str, tests: &[u32], requires: &[&str]| Subtask {
        name: name.into(),
        points: 10,
        scoring: Scoring::Minimum,
        tests: tests.to_vec(),
        requires: requires.iter().map(ToString::to_string).collect(),
    };
    let subtasks = vec![
        subtask("a", &[2, 3], &[]),
        subtask("b", &[4, 5], &[]),
        subtask("c", &[6], &["a"]),
    ];
    let test = |number| Test {
        number,
        hidden: number > 1,
        input: String::new(),
        expected: String::new(),
    };
    GradedProblem {
        slug: Slug::parse("p").unwrap(),
        etag: String::new(),
        kind: ProblemKind::Stdin,
        function_name: String::new(),
        checker: AnswerChecker::BuiltIn(Checker::Exact),
        feedback: Feedback::Full,
        profile: Profile::default(),
        wall_time_limit: Duration::from_secs(1),
        memory_limit_bytes: 1,
        points: 30,
        subtasks: if with_subtasks { subtasks } else { Vec::new() },
        stop_on_first_failure: stop,
        tests: (1..=6).map(test).collect(),
    }
}

fn tested(number: u32, verdict: Verdict) -> Tested {
    let result = TestResult {
        verdict,
        ..TestResult::skipped(number, false)
    };
    Tested {
        result,
        compile_error: None,
    }
}

fn numbers(tests: &[&Test]) -> Vec<u32> {
    tests.iter().map(|test| test.number).collect()
}

fn fault() -> CheckerFault {
    let ending = Ending::without_program(Outcome::TimeLimit);
    CustomChecker::ruling(&ending, Vec::new(), b"").unwrap_err()
}

/// What comes of some tests; all others pass.
#[derive(Debug, Clone, Default)]
struct Scene {
    /// They fail.
    wrong: Vec<u32>,
    /// The checker gives no answer for them.
    unanswered: Vec<u32>,
}

/// How a problem was played.
#[derive(Debug, PartialEq, Eq)]
struct Played {
    /// The groups that ran together.
    rounds: Vec<Vec<u32>>,
    /// What was told, as it was.
    told: Vec<(u32, Verdict)>,
    /// The test that ended the grading, because the checker gave no answer.
    fault: Option<u32>,
}

/// Plays a problem whose tests in `wrong` fail, with `pick` choosing which of the running tests
/// ends next. Returns the groups that ran together, and what was told.
fn play(
    problem: &GradedProblem,
    wrong: &[u32],
    pick: impl FnMut(usize) -> usize,
) -> (Vec<Vec<u32>>, Vec<(u32, Verdict)>) {
    let scene = Scene {
        wrong: wrong.to_vec(),
        ..Scene::default()
    };
    let played = play_scene(problem, &scene, pick);
    assert_eq!(played.fault, None);
    (played.rounds, played.told)
}

fn play_scene(
    problem: &GradedProblem,
    scene: &Scene,
    mut pick: impl FnMut(usize) -> usize,
) -> Played {
    let mut plan = Plan::new(problem);
    let (mut rounds, mut told) = (Vec::new(), Vec::new());
    loop {
        let mut running = numbers(&plan.due());
        if running.is_empty() {
            let fault = plan.fault().map(|(number, _)| number);
            return Played {
                rounds,
                told,
                fault,
            };
        }
        rounds.push(running.clone());
        while running.iter().any(|number| plan.wants(*number)) {
            let number = running.remove(pick(running.len()));
            let now = if scene.unanswered.contains(&number) {
                plan.unanswered(number, fault())
            } else if scene.wrong.contains(&number) {
                plan.ended(tested(number, Verdict::WrongAnswer))
            } else {
                plan.ended(tested(number, Verdict::Accepted))
            };
            told.extend(now.iter().map(|it| (it.result.number, it.result.verdict)));
        }
    }
}

#[test]
fn without_a_reason_to_wait_all_tests_run_side_by_side() {
    let mut plain = problem(false, true);
    plain.subtasks[2].requires.clear();
    for problem in [plain, problem(false, false)] {
        let (rounds, told) = play(&problem, &[2, 5], |_| 0);
        assert_eq!(rounds, [[1, 2, 3, 4, 5, 6]]);
        assert_eq!(told.len(), 6);
    }
}

#[test]
fn a_subtask_whose_requirement_failed_is_left_out() {
    let problem = problem(false, true);
    let (rounds, told) = play(&problem, &[], |_| 0);
    assert_eq!(rounds, [vec![1], vec![2, 3], vec![4, 5], vec![6]]);
    assert_eq!(told.len(), 6);
    for wrong in [2, 3] {
        let (rounds, told) = play(&problem, &[wrong], |_| 0);
        assert_eq!(rounds, [vec![1], vec![2, 3], vec![4, 5]], "{wrong}");
        assert_eq!(told.len(), 5);
    }
    // What it does not require may fail.
    let (rounds, _) = play(&problem, &[1, 4, 5], |_| 0);
    assert_eq!(rounds, [vec![1], vec![2, 3], vec![4, 5], vec![6]]);
}

#[test]
fn what_requires_a_subtask_that_was_left_out_is_left_out_too() {
    let mut problem = problem(false, true);
    problem.subtasks[1].requires = vec!["a".into()];
    problem.subtasks[2].requires = vec!["b".into()];
    let (rounds, _) = play(&problem, &[3], |_| 0);
    assert_eq!(rounds, [vec![1], vec![2, 3]]);
}

#[test]
fn it_stops_within_a_subtask_and_not_across_them() {
    let told = |problem: &GradedProblem, wrong: &[u32]| -> Vec<u32> {
        let (_, told) = play(problem, wrong, |_| 0);
        told.into_iter().map(|(number, _)| number).collect()
    };
    for (with_subtasks, wrong, expected) in [
        (true, &[][..], &[1, 2, 3, 4, 5, 6][..]),
        (true, &[1], &[1, 2, 3, 4, 5, 6]),
        (true, &[2], &[1, 2, 4, 5]),
        (true, &[3], &[1, 2, 3, 4, 5]),
        (true, &[4], &[1, 2, 3, 4, 6]),
        (true, &[2, 4], &[1, 2, 4]),
        (false, &[], &[1, 2, 3, 4, 5, 6]),
        (false, &[1], &[1]),
        (false, &[4, 5], &[1, 2, 3, 4]),
    ] {
        assert_eq!(
            told(&problem(true, with_subtasks), wrong),
            expected,
            "{with_subtasks} {wrong:?}"
        );
    }
}

#[test]
fn a_result_waits_for_those_before_it() {
    let problem = problem(true, false);
    let mut plan = Plan::new(&problem);
    let mut ended = |number, verdict| -> Vec<u32> {
        let told = plan.ended(tested(number, verdict));
        told.iter().map(|it| it.result.number).collect()
    };
    assert!(ended(3, Verdict::WrongAnswer).is_empty());
    assert!(ended(2, Verdict::Accepted).is_empty());
    assert_eq!(ended(1, Verdict::Accepted), [1, 2, 3]);
    let after = ended(4, Verdict::Accepted);
    assert!(after.is_empty(), "it comes after the failure");
    assert!(plan.due().is_empty());
}

#[test]
fn after_a_compile_error_nothing_runs() {
    for (stop, with_subtasks) in [(false, false), (true, false), (false, true), (true, true)] {
        let problem = problem(stop, with_subtasks);
        let mut plan = Plan::new(&problem);
        let first = plan.due()[0].number;
        let told = plan.ended(tested(first, Verdict::CompileError));
        assert_eq!(told.len(), 1);
        assert!(plan.due().is_empty());
    }
}

#[test]
fn what_did_not_end_is_due_again() {
    let problem = problem(false, false);
    let mut plan = Plan::new(&problem);
    plan.ended(tested(2, Verdict::Accepted));
    plan.ended(tested(5, Verdict::TimeLimit));
    assert_eq!(numbers(&plan.due()), [1, 3, 4, 6]);
}

#[test]
fn a_missing_answer_waits_for_the_tests_before_it() {
    let problem = problem(true, false);
    for (wrong, unanswered, told, fault) in [
        (&[][..], &[3][..], &[1, 2][..], Some(3)),
        (&[1], &[3], &[1], None),
        (&[4], &[3], &[1, 2], Some(3)),
        (&[], &[2, 5], &[1], Some(2)),
    ] {
        let scene = Scene {
            wrong: wrong.to_vec(),
            unanswered: unanswered.to_vec(),
        };
        let last_first = play_scene(&problem, &scene, |len| len - 1);
        let numbers: Vec<_> = last_first.told.iter().map(|(number, _)| *number).collect();
        assert_eq!((&numbers[..], last_first.fault), (told, fault), "{scene:?}");
    }
}

proptest! {
    #[test]
    fn what_the_checker_leaves_unanswered_does_not_depend_on_which_test_ends_first(
        wrong in prop::collection::vec(1..=6u32, 0..3),
        unanswered in prop::collection::vec(1..=6u32, 0..3),
        stop: bool,
        with_subtasks: bool,
        picks in prop::collection::vec(any::<prop::sample::Index>(), 6),
    ) {
        let problem = problem(stop, with_subtasks);
        let scene = Scene { wrong, unanswered };
        let mut picks = picks.iter();
        let mut some = play_scene(&problem, &scene, |len| picks.next().unwrap().index(len));
        let mut first = play_scene(&problem, &scene, |_| 0);
        for played in [&mut some, &mut first] {
            played.told.sort_unstable();
        }
        prop_assert_eq!(some, first);
    }

    #[test]
    fn results_do_not_depend_on_which_test_ends_first(
        wrong in prop::collection::vec(1..=6u32, 0..4),
        stop: bool,
        with_subtasks: bool,
        picks in prop::collection::vec(any::<prop::sample::Index>(), 6),
    ) {
        let problem = problem(stop, with_subtasks);
        let mut picks = picks.iter();
        let (_, mut some) = play(&problem, &wrong, |len| picks.next().unwrap().index(len));
        let (_, mut first) = play(&problem, &wrong, |_| 0);
        let (_, mut last) = play(&problem, &wrong, |len| len - 1);
        for told in [&mut some, &mut first, &mut last] {
            told.sort_unstable();
        }
        prop_assert_eq!(&some, &first);
        prop_assert_eq!(&last, &first);
    }
}
