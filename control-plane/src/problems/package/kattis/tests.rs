//! Packages there and back.

mod foreign;

use std::path::Path;

use proptest::prelude::*;

use super::{Imported, read, write};
use crate::judge::{Scoring, Subtask};
use crate::platform::config::Limits;
use crate::problems::authoring::check::check;
use crate::problems::course::folder::read_course;
use crate::problems::course::model::{Ceilings, CourseProblem, WrongSolution};
use crate::problems::course::tree::Files;
use crate::problems::model::{CheckerKind, CheckerSettings, ProblemKind, Test};
use crate::problems::package::archive::{pack, unpack};

fn ceilings() -> Ceilings {
    Ceilings::of(&Limits::default())
}

fn sample() -> Vec<CourseProblem> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/content/sample");
    read_course(Path::new(folder), &ceilings())
        .unwrap()
        .problems
}

fn stdin_problem() -> CourseProblem {
    let problems = sample().into_iter();
    let mut stdin = problems.filter(|problem| problem.kind == ProblemKind::Stdin);
    stdin.next().unwrap()
}

/// Export, archive, import, and the checks of an import.
fn there_and_back(problem: &CourseProblem) -> CourseProblem {
    let archive = pack(&write(problem).unwrap().files).unwrap();
    let files = unpack(&archive).unwrap();
    let Imported { problem, warnings } = read(&files, None, &ceilings()).unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    check(&problem, &ceilings(), "package").unwrap()
}

#[test]
fn problems_of_the_sample_course_come_back_identical() {
    let mut count = 0;
    for problem in sample() {
        if problem.kind == ProblemKind::Function {
            assert!(write(&problem).is_err());
            continue;
        }
        count += 1;
        assert_eq!(there_and_back(&problem), problem);
    }
    assert!(count > 5);
}

fn test(number: u32, hidden: bool) -> Test {
    Test {
        number,
        hidden,
        input: format!("{number}\n"),
        expected: format!("{number}\n"),
    }
}

/// Subtasks whose tests are mixed, one with a public test, one that requires what can't be required
/// elsewhere.
fn with_subtasks() -> CourseProblem {
    let subtask = |name: &str, points, scoring, tests: &[u32], requires: &[&str]| Subtask {
        name: name.into(),
        points,
        scoring,
        tests: tests.to_vec(),
        requires: requires.iter().map(ToString::to_string).collect(),
    };
    CourseProblem {
        tests: (1..=7).map(|number| test(number, number > 2)).collect(),
        points: 100,
        subtasks: vec![
            subtask(
                "One \"quoted\" {{nextsample}}",
                30,
                Scoring::Sum,
                &[4, 7],
                &[],
            ),
            subtask("Zwei: ü", 50, Scoring::Minimum, &[1, 3], &[]),
            subtask(
                "#3",
                20,
                Scoring::Minimum,
                &[5, 6],
                &["One \"quoted\" {{nextsample}}", "Zwei: ü"],
            ),
        ],
        stop_on_first_failure: true,
        ..stdin_problem()
    }
}

#[test]
fn subtasks_come_back_with_what_the_format_has_no_place_for() {
    let problem = check(&with_subtasks(), &ceilings(), "tests").unwrap();
    assert_eq!(there_and_back(&problem), problem);
    let warnings = write(&problem).unwrap().warnings.join("\n");
    for word in ["samples, which earn no points", "one by one"] {
        assert!(warnings.contains(word), "{word}: {warnings}");
    }
}

#[test]
fn every_checker_comes_back() {
    let kinds = [
        CheckerKind::Exact,
        CheckerKind::Tokens,
        CheckerKind::Float,
        CheckerKind::UnorderedLines,
        CheckerKind::Custom,
    ];
    for kind in kinds {
        for flags in 0..4 {
            let has_case = !matches!(kind, CheckerKind::Exact | CheckerKind::Custom);
            let by_words = matches!(kind, CheckerKind::Tokens | CheckerKind::Float);
            let mut problem = stdin_problem();
            problem.checker = CheckerSettings {
                kind,
                case_sensitive: !has_case || flags & 1 == 0,
                space_change_sensitive: by_words && flags & 2 != 0,
                absolute_tolerance: 1e-9,
                relative_tolerance: 0.0,
            };
            if kind == CheckerKind::Custom {
                problem.checker_source = "import sys\nsys.exit(42)\n".into();
            }
            let problem = check(&problem, &ceilings(), "tests").unwrap();
            assert_eq!(there_and_back(&problem), problem, "{kind:?} {flags}");
        }
    }
}

fn any_line() -> impl Strategy<Value = String> {
    "[^\\p{C}\\s]([^\\p{C}]{0,20}[^\\p{C}\\s])?"
}

fn any_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        any::<char>().prop_map(String::from),
        Just("\n".to_owned()),
        Just("# ".to_owned()),
        Just("{{nextsample}}".to_owned()),
    ];
    proptest::collection::vec(part, 0..30)
        .prop_map(|parts| parts.concat().replace(['\r', '\0'], ""))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_right_problem_holds_comes_back(
        title in any_line(),
        summary in any_line(),
        texts in proptest::collection::vec(any_text(), 4),
        with_heading in any::<bool>(),
        tests in proptest::collection::vec((any_text(), any_text()), 1..15),
        public in 1u32..5,
        millis in proptest::option::of(100u64..10_000),
        memory in proptest::option::of(16u64 * 1024 * 1024..128 * 1024 * 1024),
        name in "[A-Za-z0-9_][A-Za-z0-9_-]{0,59}",
        slug in "[a-z0-9-]{1,40}",
    ) {
        let [mut statement, starter_source, solution_source, source] =
            <[String; 4]>::try_from(texts).unwrap();
        if with_heading {
            statement = format!("# {title}\n{statement}");
        }
        let numbered = (1u32..).zip(tests);
        let problem = CourseProblem {
            slug: crate::problems::model::Slug::parse(&slug).unwrap(),
            title,
            summary,
            statement,
            starter_source,
            solution_source,
            wrong_solutions: vec![WrongSolution { name, source }],
            limits: crate::problems::model::TestLimits {
                wall_time: millis.map(std::time::Duration::from_millis),
                memory_bytes: memory,
            },
            tests: numbered
                .map(|(number, (input, expected))| Test {
                    number, hidden: number > public, input, expected,
                })
                .collect(),
            ..stdin_problem()
        };
        let problem = check(&problem, &ceilings(), "tests").unwrap();
        let archive = pack(&write(&problem).unwrap().files).unwrap();
        let imported = read(&unpack(&archive).unwrap(), None, &ceilings()).unwrap();
        prop_assert_eq!(check(&imported.problem, &ceilings(), "package").unwrap(), problem);
    }

    #[test]
    fn no_text_of_a_package_does_harm(
        file in proptest::sample::select(vec![
            "problem.yaml", "data/secret/test_group.yaml", ".coderunner/settings.toml",
            "data/secret/1-small/a.yaml", "data/secret/1-small/test_group.yaml",
        ]),
        text in "[ -~\n]{0,80}",
    ) {
        let files = foreign::increment(|files| files.push((format!("increment/{file}"), text)));
        let _ = read(&files, None, &ceilings());
    }
}
