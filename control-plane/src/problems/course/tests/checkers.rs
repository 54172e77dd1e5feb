//! What `[checker]` says, and what can be wrong with it.

use super::{Small, read};
use crate::judge::{Case, Checker, Space, Tolerance, Words};

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
        assert_eq!(echo.checker.to_checker().unwrap(), checker, "{lines}");
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
