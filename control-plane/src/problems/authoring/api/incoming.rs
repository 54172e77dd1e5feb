//! A problem off the wire: what can be said in our types, and a violation for what can't. Rules of
//! a course are checked later (`check`).

use std::time::Duration;

use coderunner_proto::common::v1 as common;
use coderunner_proto::v1 as pb;

use crate::judge::{Feedback, Scoring, Subtask};
use crate::platform::errors::{Error, Violations};
use crate::problems::authoring::service::Placing;
use crate::problems::course::model::{CourseProblem, WrongSolution};
use crate::problems::model::{
    CheckerKind, CheckerSettings, Difficulty, ProblemKind, Slug, Test, TestLimits, parse_profile,
};

/// Tests of a new problem, public ones first.
pub fn tests_in(tests: Vec<pb::NewTestCase>) -> Vec<Test> {
    let mut tests: Vec<_> = tests
        .into_iter()
        .map(|test| {
            let pb::NewTestCase {
                hidden,
                input,
                expected,
            } = test;
            (hidden, input, expected)
        })
        .collect();
    tests.sort_by_key(|(hidden, ..)| *hidden);
    let numbered = (1..).zip(tests);
    numbered
        .map(|(number, (hidden, input, expected))| Test {
            number,
            hidden,
            input,
            expected,
        })
        .collect()
}

/// What can be said in our types, not yet checked by the rules of a course.
pub fn problem_in(problem: pb::Problem) -> Result<(CourseProblem, Placing), Error> {
    let pb::Problem {
        slug,
        title,
        summary,
        statement,
        kind,
        function_name,
        difficulty,
        points,
        tags,
        category,
        level_id: _,
        session_id,
        starter_source,
        checker,
        feedback,
        limits,
        examples: _,
        test_count: _,
        etag: _,
        update_time: _,
        profile,
        subtasks,
        stop_on_first_failure,
        solution_source,
        wrong_solutions,
    } = problem;
    let mut violations = Violations::default();
    let slug = violations.keep("problem.slug", Slug::parse(&slug));
    let kind = violations.keep("problem.kind", kind_in(kind));
    let difficulty = violations.keep("problem.difficulty", difficulty_in(difficulty));
    let points = violations.keep("problem.points", number_in(points.into()));
    let checker = violations.keep("problem.checker.kind", checker_in(checker));
    let feedback = violations.keep("problem.feedback", feedback_in(feedback));
    let limits = limits_in(limits, &mut violations);
    let profile = if profile.is_empty() {
        "python"
    } else {
        &profile
    };
    let profile = violations.keep("problem.profile", parse_profile(profile));
    let subtasks = subtasks.into_iter().map(subtask_in);
    let subtasks: Result<Vec<_>, _> = subtasks.collect();
    let subtasks = violations.keep("problem.subtasks", subtasks);
    let placing = if session_id.is_empty() {
        Placing::Out
    } else {
        Placing::In(session_id)
    };
    let draft = (|| {
        let (checker, checker_source) = checker?;
        Some(CourseProblem {
            slug: slug?,
            title,
            summary,
            statement,
            kind: kind?,
            function_name,
            difficulty: difficulty?,
            points: points?,
            tags,
            category,
            starter_source,
            solution_source,
            wrong_solutions: wrong_solutions.into_iter().map(wrong_in).collect(),
            checker,
            checker_source,
            feedback: feedback?,
            profile: profile?,
            limits,
            subtasks: subtasks?,
            stop_on_first_failure,
            tests: Vec::new(),
        })
    })();
    violations.check()?;
    let draft = draft.ok_or_else(|| Error::invalid("problem", "is missing."))?;
    Ok((draft, placing))
}

fn kind_in(kind: i32) -> Result<ProblemKind, &'static str> {
    match pb::ProblemKind::try_from(kind) {
        Ok(pb::ProblemKind::Stdin) => Ok(ProblemKind::Stdin),
        Ok(pb::ProblemKind::Function) => Ok(ProblemKind::Function),
        Ok(pb::ProblemKind::Unspecified) | Err(_) => Err("must be STDIN or FUNCTION."),
    }
}

fn difficulty_in(difficulty: i32) -> Result<Difficulty, &'static str> {
    match pb::Difficulty::try_from(difficulty) {
        Ok(pb::Difficulty::Easy) => Ok(Difficulty::Easy),
        Ok(pb::Difficulty::Medium) => Ok(Difficulty::Medium),
        Ok(pb::Difficulty::Hard) => Ok(Difficulty::Hard),
        Ok(pb::Difficulty::Unspecified) | Err(_) => Err("must be EASY, MEDIUM or HARD."),
    }
}

fn feedback_in(feedback: i32) -> Result<Feedback, &'static str> {
    match pb::Feedback::try_from(feedback) {
        Ok(pb::Feedback::Full) => Ok(Feedback::Full),
        Ok(pb::Feedback::VerdictPerTest) => Ok(Feedback::VerdictPerTest),
        Ok(pb::Feedback::VerdictOnly) => Ok(Feedback::VerdictOnly),
        Ok(pb::Feedback::Unspecified) | Err(_) => {
            Err("must be FULL, VERDICT_PER_TEST or VERDICT_ONLY.")
        }
    }
}

fn checker_in(checker: Option<pb::Checker>) -> Result<(CheckerSettings, String), &'static str> {
    let pb::Checker {
        kind,
        case_sensitive,
        absolute_tolerance,
        relative_tolerance,
        source,
        space_change_sensitive,
    } = checker.unwrap_or_default();
    let kind = match pb::CheckerKind::try_from(kind) {
        Ok(pb::CheckerKind::Exact) => CheckerKind::Exact,
        Ok(pb::CheckerKind::Tokens) => CheckerKind::Tokens,
        Ok(pb::CheckerKind::Float) => CheckerKind::Float,
        Ok(pb::CheckerKind::UnorderedLines) => CheckerKind::UnorderedLines,
        Ok(pb::CheckerKind::Custom) => CheckerKind::Custom,
        Ok(pb::CheckerKind::Unspecified) | Err(_) => {
            return Err("must be EXACT, TOKENS, FLOAT, UNORDERED_LINES or CUSTOM.");
        }
    };
    let settings = CheckerSettings {
        kind,
        case_sensitive,
        space_change_sensitive,
        absolute_tolerance,
        relative_tolerance,
    };
    Ok((settings, source))
}

fn subtask_in(subtask: pb::Subtask) -> Result<Subtask, &'static str> {
    let pb::Subtask {
        name,
        points,
        scoring,
        test_numbers,
        required_names,
    } = subtask;
    let scoring = match pb::SubtaskScoring::try_from(scoring) {
        Ok(pb::SubtaskScoring::Minimum) => Scoring::Minimum,
        Ok(pb::SubtaskScoring::Sum) => Scoring::Sum,
        Ok(pb::SubtaskScoring::Unspecified) | Err(_) => {
            return Err("scoring must be MINIMUM or SUM.");
        }
    };
    let numbers = test_numbers
        .into_iter()
        .map(|number| number_in(number.into()));
    let mut tests: Vec<u32> = numbers.collect::<Result<_, _>>()?;
    tests.sort_unstable();
    Ok(Subtask {
        name,
        points: number_in(points.into())?,
        scoring,
        tests,
        requires: required_names,
    })
}

/// Limits that an author sets. The others are those of the installation.
fn limits_in(limits: Option<common::Limits>, violations: &mut Violations) -> TestLimits {
    let common::Limits {
        wall_time_limit,
        cpu_time_limit,
        memory_limit_bytes,
        output_limit_bytes,
        process_limit,
        input_wait_limit,
        drawing_limit_bytes,
    } = limits.unwrap_or_default();
    let others = [
        ("cpu_time_limit", cpu_time_limit.is_some()),
        ("output_limit_bytes", output_limit_bytes != 0),
        ("process_limit", process_limit != 0),
        ("input_wait_limit", input_wait_limit.is_some()),
        ("drawing_limit_bytes", drawing_limit_bytes != 0),
    ];
    for (name, is_set) in others {
        if is_set {
            let text = "can't be set for a problem.";
            violations.add(format!("problem.limits.{name}"), text);
        }
    }
    let wall_time = wall_time_limit.map(|limit| {
        Duration::try_from(limit).map_err(|_| "must not be negative or out of range.")
    });
    let memory = (memory_limit_bytes != 0)
        .then(|| u64::try_from(memory_limit_bytes).map_err(|_| "must not be negative."));
    TestLimits {
        wall_time: wall_time
            .and_then(|limit| violations.keep("problem.limits.wall_time_limit", limit)),
        memory_bytes: memory
            .and_then(|limit| violations.keep("problem.limits.memory_limit_bytes", limit)),
    }
}

fn wrong_in(wrong: pb::WrongSolution) -> WrongSolution {
    let pb::WrongSolution { name, source } = wrong;
    WrongSolution { name, source }
}

fn number_in(number: i64) -> Result<u32, &'static str> {
    u32::try_from(number).map_err(|_| "must not be negative.")
}
