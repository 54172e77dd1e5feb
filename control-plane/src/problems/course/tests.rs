//! The sample course is right, and every mistake in a course is found and placed.

mod checkers;
mod round_trip;
mod subtasks;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder::read_course;
use super::model::{Ceilings, Course, Mistake};
use super::service::{Loaded, store_course};
use crate::platform::seal::MasterKey;
use crate::platform::testing::{Ground, ground};
use crate::problems::service::Problems;
use crate::testcases::service::TestCases;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/content/sample");

fn ceilings() -> Ceilings {
    let limits = crate::platform::config::Limits::default();
    Ceilings {
        wall_time: limits.wall_time_ceiling,
        memory_bytes: limits.memory_bytes,
        source_bytes: limits.source_bytes,
    }
}

fn read(root: &Path) -> Result<Course, Vec<Mistake>> {
    read_course(root, &ceilings())
}

/// A course of one problem of each kind.
struct Small {
    folder: tempfile::TempDir,
}

impl Small {
    fn new() -> Self {
        let small = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        small.write(
            "course.toml",
            "title = \"T\"\n[[levels]]\nid = \"l\"\nage_group = \"11-14\"\nnumber = 1\n\
             title = \"L\"\nsummary = \"S.\"\n[[levels.sessions]]\nid = \"s\"\ntitle = \"S\"\n\
             summary = \"S.\"\nproblems = [\"add\", \"echo\"]\n",
        );
        small.write("cheatsheets/one.md", "# One\n\nText.\n");
        for (slug, kind) in [
            ("echo", "kind = \"stdin\"\n"),
            ("add", "kind = \"function\"\nfunction_name = \"add\"\n"),
        ] {
            small.write(
                &format!("problems/{slug}/problem.toml"),
                &format!(
                    "title = \"T\"\nsummary = \"S.\"\n{kind}difficulty = \"easy\"\npoints = 10\n\
                     tags = [\"input\"]\ncategory = \"basics\"\nfeedback = \"full\"\n\
                     [checker]\nkind = \"exact\"\n"
                ),
            );
            for name in ["statement.md", "starter.py", "solution.py", "wrong/one.py"] {
                small.write(&format!("problems/{slug}/{name}"), "# text\n");
            }
        }
        small.write("problems/echo/tests/public/01.in", "a\n");
        small.write("problems/echo/tests/public/01.out", "a\n");
        small.write("problems/echo/tests/hidden/01.in", "b\n");
        small.write("problems/echo/tests/hidden/01.out", "b\n");
        let call = "{\"arguments\": [1, 12345678901234567890123], \"expected\": 1.50}";
        small.write("problems/add/tests/public/01.json", call);
        small
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn replace(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        self.write(file, &text.replace(from, to));
    }

    fn mistakes(&self) -> Vec<String> {
        let mistakes = read(self.folder.path()).expect_err("the course has no mistake");
        mistakes.iter().map(ToString::to_string).collect()
    }
}

#[test]
fn the_sample_course_has_no_mistake() {
    let course = read(Path::new(SAMPLE)).unwrap_or_else(|mistakes| {
        let list: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        panic!("{}", list.join("\n"))
    });
    assert!(course.problems.len() >= 12);
    for problem in &course.problems {
        assert!(
            problem.tests.iter().any(|test| !test.hidden),
            "{}",
            problem.slug
        );
        assert!(
            problem.tests.iter().any(|test| test.hidden),
            "{}",
            problem.slug
        );
    }
}

#[test]
fn numbers_of_function_tests_keep_all_digits() {
    let course = read(Small::new().folder.path()).unwrap();
    let test = &course.problems[0].tests[0];
    assert_eq!(test.input, "[1,12345678901234567890123]");
    assert_eq!(test.expected, "1.50");
}

#[test]
fn public_tests_come_first_and_are_numbered_through() {
    let course = read(Small::new().folder.path()).unwrap();
    let tests: Vec<_> = course.problems[1]
        .tests
        .iter()
        .map(|test| (test.number, test.hidden))
        .collect();
    assert_eq!(tests, [(1, false), (2, true)]);
}

#[test]
fn every_mistake_of_a_file_is_placed() {
    let small = Small::new();
    small.write(
        "problems/echo/problem.toml",
        "title = 3\nsummary = \"S.\"\nkind = \"stdio\"\ncolour = \"red\"\ndifficulty = \"easy\"\n\
         points = 0\ntags = [\"ok\", \"Not Ok\"]\ncategory = \"basics\"\n\n\
         [checker]\nkind = \"exact\"\nabsolute_tolerance = -1\n",
    );
    let mistakes = small.mistakes();
    for (line, part) in [
        (1, "title: must be text"),
        (3, "kind: must be one of"),
        (4, "colour: is not a known key"),
        (6, "points: must be a whole number from 1 to 1000"),
        (7, "tags: \"Not Ok\" must be"),
        (1, "feedback: is missing"),
        (12, "absolute_tolerance: must be a number of at least 0"),
    ] {
        let start = format!("problems/echo/problem.toml:{line}: {part}");
        assert!(
            mistakes.iter().any(|mistake| mistake.starts_with(&start)),
            "{start}\n{mistakes:#?}"
        );
    }
    assert_eq!(mistakes.len(), 7, "{mistakes:#?}");
}

/// What is done to a course, and what is then said about it.
type Break = (fn(&Small), &'static str);

#[test]
fn each_mistake_is_found() {
    let cases: &[Break] = &[
        (
            |it| fs::remove_file(it.path("course.toml")).unwrap(),
            "course.toml: is missing",
        ),
        (
            |it| it.write("course.toml", "title = \n"),
            "course.toml:1: ",
        ),
        (
            |it| it.write("notes.txt", ""),
            "notes.txt: does not belong here",
        ),
        (
            |it| it.replace("course.toml", "\"11-14\"", "\"9-10\""),
            "course.toml:4: age_group: ",
        ),
        (
            |it| it.replace("course.toml", "\"echo\"", "\"echoes\""),
            "there is no problem echoes",
        ),
        (
            |it| it.replace("course.toml", ", \"echo\"", ""),
            "problems/echo: is in no session",
        ),
        (
            |it| it.replace("course.toml", "\"echo\"", "\"add\""),
            "add is in two sessions",
        ),
        (
            |it| it.write("problems/Bad/problem.toml", ""),
            "problems/Bad: must be 1 to 40 of",
        ),
        (
            |it| fs::remove_file(it.path("problems/echo/statement.md")).unwrap(),
            "statement.md: ",
        ),
        (
            |it| it.write("problems/echo/extra.md", ""),
            "extra.md: does not belong here",
        ),
        (
            |it| fs::write(it.path("problems/echo/starter.py"), [0xff]).unwrap(),
            "must be UTF-8",
        ),
        (
            |it| it.write("problems/echo/starter.py", "a\r\n"),
            "\\n at the ends of lines",
        ),
        (
            |it| it.write("problems/echo/solution.py", &"#".repeat(102_401)),
            "at most 102400",
        ),
        (
            |it| fs::remove_file(it.path("problems/echo/wrong/one.py")).unwrap(),
            "one wrong",
        ),
        (
            |it| it.write("problems/echo/tests/public/02.in", ""),
            "public/02.out: is missing",
        ),
        (
            |it| it.write("problems/echo/tests/public/x.in", ""),
            "public/x.in: does not belong",
        ),
        (
            |it| it.write("problems/add/tests/public/01.json", "[]"),
            "must be {\"arguments\"",
        ),
        (
            |it| it.write("problems/add/tests/public/01.json", "{"),
            "01.json: EOF",
        ),
        (
            |it| it.replace("problems/add/problem.toml", "\"add\"", "\"class\""),
            "Python name",
        ),
        (
            |it| it.replace("problems/add/problem.toml", "function_name = \"add\"\n", ""),
            "function_name: is missing",
        ),
        (
            |it| it.replace("problems/echo/problem.toml", "\"exact\"", "\"guess\""),
            "kind: must be one of \"exact\"",
        ),
        (
            |it| {
                let limits = "\n[limits]\nwall_time_ms = 30001\n[checker]\n";
                it.replace("problems/echo/problem.toml", "[checker]\n", limits);
            },
            "wall_time_ms: must be a whole number from 100 to 30000",
        ),
        (
            |it| it.write("cheatsheets/one.md", "One\n"),
            "first line must be",
        ),
        (
            |it| it.write("cheatsheets/One.txt", "# One\n"),
            "must be called <slug>.md",
        ),
        (
            |it| {
                let file = it.path("problems/echo/starter.py");
                fs::remove_file(&file).unwrap();
                std::os::unix::fs::symlink("/etc/hostname", file).unwrap();
            },
            "must be a plain file",
        ),
    ];
    for (number, (spoil, expected)) in cases.iter().enumerate() {
        let small = Small::new();
        spoil(&small);
        let mistakes = small.mistakes();
        let found = mistakes.iter().any(|mistake| mistake.contains(expected));
        assert!(found, "case {number}: {expected}\n{mistakes:#?}");
    }
}

async fn loaded(ground: &Ground, root: &Path) -> (TestCases, Loaded) {
    let tests = TestCases::new(
        ground.platform.db.clone(),
        Arc::new(MasterKey::new(&[7; 32])),
    );
    let course = read(root).unwrap();
    let loaded = store_course(&ground.platform, &tests, &course)
        .await
        .unwrap();
    (tests, loaded)
}

#[tokio::test]
async fn a_second_load_changes_only_what_changed() {
    let (ground, small) = (ground().await, Small::new());
    let (tests, first) = loaded(&ground, small.folder.path()).await;
    assert_eq!((first.problems, first.changed, first.tests), (2, 2, 3));
    let problems = Problems::new(ground.platform.clone(), tests);
    let before = problems.for_grading("echo").await.unwrap();

    let (_, second) = loaded(&ground, small.folder.path()).await;
    assert_eq!((second.changed, second.deleted), (0, 0));

    small.write("problems/echo/tests/hidden/01.out", "c\n");
    let (_, third) = loaded(&ground, small.folder.path()).await;
    assert_eq!((third.changed, third.deleted), (1, 0));
    problems.invalidate();
    let after = problems.for_grading("echo").await.unwrap();
    assert_ne!(before.tests[1], after.tests[1]);
    assert_eq!(before.tests[0], after.tests[0]);

    fs::remove_dir_all(small.path("problems/echo")).unwrap();
    small.replace("course.toml", ", \"echo\"", "");
    let (_, fourth) = loaded(&ground, small.folder.path()).await;
    assert_eq!((fourth.problems, fourth.deleted), (1, 1));
    problems.invalidate();
    assert!(problems.for_grading("echo").await.is_err());
}

#[tokio::test]
async fn graded_problems_have_their_limits_resolved() {
    let ground = ground().await;
    let (tests, _) = loaded(&ground, Path::new(SAMPLE)).await;
    let problems = Problems::new(ground.platform.clone(), tests);
    let coins = problems.for_grading("fewest-coins").await.unwrap();
    assert_eq!(coins.wall_time_limit.as_millis(), 5000);
    assert_eq!(coins.memory_limit_bytes, 64 * 1024 * 1024);
    let hello = problems.for_grading("hello-name").await.unwrap();
    assert_eq!(hello.wall_time_limit.as_millis(), 15_000);
    assert_eq!(hello.memory_limit_bytes, 128 * 1024 * 1024);
    for slug in ["nothing", "", "../hello-name", "HELLO-NAME"] {
        assert!(problems.for_grading(slug).await.is_err(), "{slug}");
    }
}
