//! What `[checker]` says, and what can be wrong with it.

use super::{Small, loaded, read};
use crate::judge::{Case, Checker, CustomChecker, Space, Tolerance, Words};
use crate::platform::db;
use crate::platform::testing::ground;
use crate::problems::model::{AnswerChecker, CheckerKind};
use crate::problems::service::Problems;

fn with_checker(lines: &str) -> Small {
    let small = Small::new();
    small.replace("problems/echo/problem.toml", "kind = \"exact\"", lines);
    small
}

#[test]
fn settings_become_the_checker_of_the_judge() {
    let words = |case, space| Words { case, space };
    let plain = words(Case::Sensitive, Space::Insensitive);
    let float =
        |absolute, relative| Checker::Float(plain, Tolerance::new(absolute, relative).unwrap());
    for (lines, checker) in [
        ("kind = \"exact\"", Checker::Exact),
        ("kind = \"tokens\"", Checker::Tokens(plain)),
        (
            "kind = \"tokens\"\ncase_sensitive = false\nspace_change_sensitive = true",
            Checker::Tokens(words(Case::Insensitive, Space::Sensitive)),
        ),
        ("kind = \"float\"", float(1e-6, 1e-6)),
        ("kind = \"float\"\ntolerance = 1e-3", float(1e-3, 1e-3)),
        // One of them alone is the only one.
        (
            "kind = \"float\"\nabsolute_tolerance = 0.5",
            float(0.5, 0.0),
        ),
        ("kind = \"float\"\nrelative_tolerance = 1", float(0.0, 1.0)),
        (
            "kind = \"float\"\nabsolute_tolerance = 0.5\nrelative_tolerance = 0.25",
            float(0.5, 0.25),
        ),
    ] {
        let course = read(with_checker(lines).folder.path()).unwrap();
        let echo = &course.problems[1];
        assert_eq!(echo.checker.to_checker().unwrap(), Some(checker), "{lines}");
    }
}

#[test]
fn settings_that_do_not_go_together_are_mistakes() {
    for (lines, mistake) in [
        (
            "kind = \"exact\"\ncase_sensitive = true",
            "case_sensitive: is not for kind = \"exact\"",
        ),
        (
            "kind = \"exact\"\nspace_change_sensitive = false",
            "space_change_sensitive: is only for kind = \"tokens\" and \"float\"",
        ),
        (
            "kind = \"unordered_lines\"\nspace_change_sensitive = true",
            "space_change_sensitive: is only for",
        ),
        (
            "kind = \"tokens\"\ntolerance = 0.1",
            "a tolerance is only for kind = \"float\"",
        ),
        (
            "kind = \"tokens\"\nrelative_tolerance = 0",
            "a tolerance is only for kind = \"float\"",
        ),
        (
            "kind = \"float\"\ntolerance = 0.1\nabsolute_tolerance = 0.1",
            "tolerance: stands for both others and can't be beside them",
        ),
        (
            "kind = \"float\"\ntolerance = -0.1",
            "tolerance: must be a number of at least 0",
        ),
        (
            "kind = \"float\"\ntolerance = nan",
            "tolerance: must be a number of at least 0",
        ),
        (
            "kind = \"float\"\nspace_change_sensitive = 1",
            "space_change_sensitive: must be true or false",
        ),
    ] {
        let mistakes = with_checker(lines).mistakes();
        assert_eq!(mistakes.len(), 1, "{lines}: {mistakes:#?}");
        assert!(mistakes[0].contains(mistake), "{lines}: {mistakes:#?}");
    }
}

#[test]
fn what_was_stored_before_white_space_could_count_is_still_read() {
    let stored = r#"{"kind":"tokens","case_sensitive":true,"absolute_tolerance":1e-6,"relative_tolerance":1e-6}"#;
    let settings: crate::problems::model::CheckerSettings = serde_json::from_str(stored).unwrap();
    assert!(!settings.space_change_sensitive);
}

#[test]
fn an_author_may_bring_a_checker() {
    let small = with_checker("kind = \"custom\"");
    small.write("problems/echo/checker.py", "raise SystemExit(42)\n");
    let course = read(small.folder.path()).unwrap();
    let echo = &course.problems[1];
    assert_eq!(echo.checker.kind, CheckerKind::Custom);
    assert_eq!(echo.checker.to_checker().unwrap(), None);
    assert_eq!(echo.checker_source, "raise SystemExit(42)\n");
    assert_eq!(course.problems[0].checker_source, "");
}

#[test]
fn a_checker_of_the_authors_own_is_complete_and_alone() {
    let source = "raise SystemExit(42)\n";
    for (lines, file, mistake) in [
        (
            "kind = \"custom\"",
            None,
            "checker.py: is missing, and needed with the checker kind = \"custom\"",
        ),
        ("kind = \"custom\"", Some(" \n"), "checker.py: is empty"),
        (
            "kind = \"tokens\"",
            Some(source),
            "checker.py: is only for the checker kind = \"custom\"",
        ),
        (
            "kind = \"custom\"\ncase_sensitive = true",
            Some(source),
            "case_sensitive: is not for kind = \"custom\"",
        ),
        (
            "kind = \"custom\"\nspace_change_sensitive = true",
            Some(source),
            "space_change_sensitive: is only for",
        ),
        (
            "kind = \"custom\"\ntolerance = 0.1",
            Some(source),
            "a tolerance is only for kind = \"float\"",
        ),
    ] {
        let small = with_checker(lines);
        if let Some(text) = file {
            small.write("problems/echo/checker.py", text);
        }
        let mistakes = small.mistakes();
        assert_eq!(mistakes.len(), 1, "{lines}: {mistakes:#?}");
        assert!(mistakes[0].contains(mistake), "{lines}: {mistakes:#?}");
    }
    let small = with_checker("kind = \"custom\"");
    small.write("problems/echo/checker.py", &"#".repeat(102_401));
    assert!(small.mistakes()[0].contains("at most 102400"));
}

#[tokio::test]
async fn a_checker_of_the_authors_own_is_sealed_in_the_database_and_open_for_grading() {
    let (ground, small) = (ground().await, with_checker("kind = \"custom\""));
    small.write("problems/echo/checker.py", "# SECRET\n");
    let (tests, _) = loaded(&ground, small.folder.path()).await;
    let problems = Problems::new(ground.platform.clone(), tests);
    let own = |source: &str| AnswerChecker::Custom(CustomChecker::new(source.into()));
    let echo = problems.for_grading("echo").await.unwrap();
    assert_eq!(echo.checker, own("# SECRET\n"));
    let stored: Vec<u8> =
        db::query_scalar("SELECT checker_ciphertext FROM problems WHERE slug = 'echo'")
            .fetch_one(ground.platform.db.read())
            .await
            .unwrap();
    assert!(!stored.windows(6).any(|part| part == b"SECRET"));

    // A new checker alone is a change.
    small.write("problems/echo/checker.py", "# ANOTHER\n");
    let (_, again) = loaded(&ground, small.folder.path()).await;
    assert_eq!(again.changed, 1);
    problems.invalidate();
    let echo = problems.for_grading("echo").await.unwrap();
    assert_eq!(echo.checker, own("# ANOTHER\n"));

    // And so is none any more.
    small.replace("problems/echo/problem.toml", "\"custom\"", "\"exact\"");
    std::fs::remove_file(small.path("problems/echo/checker.py")).unwrap();
    loaded(&ground, small.folder.path()).await;
    problems.invalidate();
    let echo = problems.for_grading("echo").await.unwrap();
    assert_eq!(echo.checker, AnswerChecker::BuiltIn(Checker::Exact));
}
