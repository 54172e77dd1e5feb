//! Export, wipe, import: what comes back is what was there.

use std::path::Path;

use proptest::prelude::*;

use super::{SAMPLE, Small, ceilings, loaded, read};
use crate::platform::testing::ground;
use crate::problems::course::folder::read_one_problem;
use crate::problems::course::model::{Course, CourseProblem, WrongSolution};
use crate::problems::course::stored::read_course as read_stored;
use crate::problems::course::tree::Files;
use crate::problems::course::write::{course_files, put_problem};
use crate::problems::model::Test;

/// Loads a folder into a database, exports it, loads that into another database and exports again.
async fn there_and_back(root: &Path) -> Course {
    let course = read(root).unwrap();
    let first = ground().await;
    let (tests, _) = loaded(&first, root).await;
    let exported = read_stored(&first.platform, &tests).await.unwrap();
    assert_eq!(exported, course, "the export");
    let files = course_files(&exported).unwrap();
    let folder = tempfile::tempdir().unwrap();
    files.write_to(folder.path()).unwrap();
    assert_eq!(read(folder.path()).unwrap(), course, "the exported folder");

    let second = ground().await;
    let (tests, _) = loaded(&second, folder.path()).await;
    let again = read_stored(&second.platform, &tests).await.unwrap();
    assert_eq!(again, course, "the import");
    assert_eq!(course_files(&again).unwrap(), files, "the second export");
    course
}

#[tokio::test]
async fn the_sample_course_comes_back_identical() {
    let course = there_and_back(Path::new(SAMPLE)).await;
    let mut wrong = course.problems.iter().map(|it| it.wrong_solutions.len());
    assert!(wrong.all(|count| count > 0), "a wrong solution is lost");
    assert_eq!(course.title, "Python from the First Line");
}

#[tokio::test]
async fn everything_that_a_problem_can_have_comes_back() {
    let small = Small::new();
    for number in 2..=3 {
        small.write(&format!("problems/echo/tests/hidden/0{number}.in"), "c\n");
        small.write(&format!("problems/echo/tests/hidden/0{number}.out"), "c");
    }
    small.replace(
        "problems/echo/problem.toml",
        "[checker]\nkind = \"exact\"\n",
        "profile = \"science\"\nstop_on_first_failure = true\n\
         [checker]\nkind = \"custom\"\n[limits]\nwall_time_ms = 1234\nmemory_bytes = 33554432\n\
         [[subtask]]\nname = \"One \\\"quoted\\\"\"\npoints = 4\n\
         tests = [\"hidden/02\", \"public/01\"]\n\
         [[subtask]]\nname = \"Two\"\npoints = 6\nscoring = \"sum\"\n\
         tests = [\"hidden/01\", \"hidden/03\"]\nrequires = [\"One \\\"quoted\\\"\"]\n",
    );
    small.write("problems/echo/checker.py", "exit(42)\n");
    small.replace(
        "problems/add/problem.toml",
        "kind = \"exact\"",
        "kind = \"float\"\nabsolute_tolerance = 1e-9\ncase_sensitive = false\n\
         space_change_sensitive = true",
    );
    // No place in the course, no wrong solution, no reference solution.
    small.replace("course.toml", "\"add\", \"echo\"", "\"echo\"");
    small.replace(
        "course.toml",
        "title = \"T\"\n",
        "title = \"T\"\nunplaced = [\"add\"]\n",
    );
    std::fs::remove_dir_all(small.path("problems/add/wrong")).unwrap();
    small.write("problems/add/solution.py", "");
    // Names whose order is another with their ending.
    small.write("cheatsheets/one-more.md", "# One more\n");
    let course = there_and_back(small.folder.path()).await;
    assert_eq!(course.levels[0].sessions[0].problems.len(), 1);
    assert_eq!(course.problems[1].subtasks[0].tests, [1, 3]);
}

fn any_line() -> impl Strategy<Value = String> {
    "[^\\p{C}\\s]([^\\p{C}]{0,20}[^\\p{C}\\s])?"
}

fn any_text() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            any::<char>().prop_map(String::from),
            Just("\n".to_owned()),
            Just("\"\"\"".to_owned()),
            Just("]]>\\".to_owned()),
        ],
        0..30,
    )
    .prop_map(|parts| parts.concat().replace(['\r', '\0'], ""))
}

prop_compose! {
    fn any_problem()(
        title in any_line(),
        summary in any_line(),
        texts in proptest::collection::vec(any_text(), 4),
        tests in proptest::collection::vec((any_text(), any_text()), 1..5),
        public in 1usize..5,
        tolerances in (0.0f64..1e300, 0.0f64..1e300),
        points in 1u32..=1000,
        name in "[A-Za-z0-9_][A-Za-z0-9_-]{0,59}",
        is_float in any::<bool>(),
    ) -> CourseProblem {
        let mut problem = sample_problem();
        if is_float {
            problem.checker.kind = crate::problems::model::CheckerKind::Float;
            problem.checker.absolute_tolerance = tolerances.0;
            problem.checker.relative_tolerance = tolerances.1;
        }
        let numbered = (1u32..).zip(tests);
        problem.tests = numbered.map(|(number, (input, expected))| Test {
            number, hidden: number as usize > public, input, expected,
        }).collect();
        let [statement, starter, solution, wrong] = <[String; 4]>::try_from(texts).unwrap();
        problem.wrong_solutions = vec![WrongSolution { name, source: wrong }];
        CourseProblem {
            title, summary, points, statement, starter_source: starter,
            solution_source: solution, ..problem
        }
    }
}

fn sample_problem() -> CourseProblem {
    let small = Small::new();
    let mut course = read(small.folder.path()).unwrap();
    course.problems.remove(1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_right_problem_holds_is_read_as_it_was_written(problem in any_problem()) {
        let mut files = Files::default();
        put_problem(&mut files, &problem).unwrap();
        let again = read_one_problem(files, &problem.slug, &ceilings());
        prop_assert_eq!(again, Ok(problem));
    }
}
