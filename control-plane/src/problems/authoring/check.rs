//! Checks a problem that came over the API by the rules of course folders: it is written as the
//! files of a folder, in memory, and read back. So there is one set of rules, and whatever is
//! stored can be exported.

use std::path::Path;

use crate::platform::errors::{Error, Violations};
use crate::problems::course::folder::read_one_problem;
use crate::problems::course::model::{Ceilings, CourseProblem, Mistake};
use crate::problems::course::problem::{MAX_TAGS, MAX_TESTS, MAX_WRONG_SOLUTIONS};
use crate::problems::course::tree::Files;
use crate::problems::course::values::wrong_name;
use crate::problems::course::write::put_problem;
use crate::problems::model::ProblemKind;

/// An answer has no room for more.
const MAX_VIOLATIONS: usize = 20;
const MAX_DESCRIPTION_CHARS: usize = 200;

/// The problem as it is stored, or the fields that are wrong with it. `tests` names the field that
/// the tests came in.
pub fn check(
    draft: &CourseProblem,
    ceilings: &Ceilings,
    tests: &'static str,
) -> Result<CourseProblem, Error> {
    check_counts(draft, tests)?;
    check_parts(draft, tests)?;
    let mut files = Files::default();
    put_problem(&mut files, draft)?;
    read_one_problem(files, &draft.slug, ceilings).map_err(|mistakes| {
        let mistakes = mistakes.iter();
        refusal(mistakes.map(|mistake| field_of(mistake, draft.slug.as_str(), tests)))
    })
}

/// A request has room for millions of empty parts. Nobody looks at each of them twice.
fn check_counts(draft: &CourseProblem, tests: &'static str) -> Result<(), Error> {
    let in_subtasks = draft.subtasks.iter();
    let in_subtasks = in_subtasks.map(|one| one.tests.len().max(one.requires.len()));
    let mut violations = Violations::default();
    for (field, count, most) in [
        (tests, draft.tests.len(), MAX_TESTS),
        ("problem.tags", draft.tags.len(), MAX_TAGS),
        (
            "problem.wrong_solutions",
            draft.wrong_solutions.len(),
            MAX_WRONG_SOLUTIONS,
        ),
        ("problem.subtasks", draft.subtasks.len(), MAX_TESTS),
        (
            "problem.subtasks",
            in_subtasks.max().unwrap_or(0),
            MAX_TESTS,
        ),
    ] {
        if count > most {
            violations.add(field, format!("are {count}, and may be at most {most}."));
        }
    }
    violations.check()
}

/// What could not be told any more from the files: names that make paths, and texts that make JSON.
fn check_parts(draft: &CourseProblem, tests: &'static str) -> Result<(), Error> {
    let mut wrong: Vec<(String, String)> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for solution in &draft.wrong_solutions {
        let name = solution.name.as_str();
        let mistake = match wrong_name(name) {
            Err(mistake) => Some(mistake),
            Ok(_) if names.contains(&name) => Some(format!("{name:?} is there twice")),
            Ok(_) => None,
        };
        let field = "problem.wrong_solutions".to_owned();
        wrong.extend(mistake.map(|mistake| (field, format!("{mistake}."))));
        names.push(name);
    }
    let calls = draft.tests.iter();
    for test in calls.filter(|_| draft.kind == ProblemKind::Function) {
        for (name, text) in [("input", &test.input), ("expected", &test.expected)] {
            if serde_json::from_str::<serde_json::Value>(text).is_err() {
                let number = test.number;
                let mistake = format!("{name} of test {number} must be one JSON value.");
                wrong.push((tests.to_owned(), mistake));
            }
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(refusal(wrong.into_iter()))
}

/// The first mistakes, short enough for the headers that an error is sent in.
pub fn refusal(mistakes: impl Iterator<Item = (String, String)>) -> Error {
    let mut violations = Violations::default();
    for (field, description) in mistakes.take(MAX_VIOLATIONS) {
        violations.add(field, shortened(description));
    }
    violations.into_error()
}

fn shortened(text: String) -> String {
    if text.chars().count() <= MAX_DESCRIPTION_CHARS {
        return text;
    }
    let start: String = text.chars().take(MAX_DESCRIPTION_CHARS).collect();
    format!("{start}...")
}

/// The field of a request that a mistake in a file is about, and what is wrong with it.
fn field_of(mistake: &Mistake, slug: &str, tests: &str) -> (String, String) {
    let root = Path::new("problems").join(slug);
    let file = mistake.file.strip_prefix(&root).unwrap_or(&mistake.file);
    let shown = file.display();
    let text = &mistake.text;
    let field = match file.to_str().unwrap_or_default() {
        "problem.toml" => return key_of(mistake),
        "statement.md" => "problem.statement",
        "starter.py" => "problem.starter_source",
        "solution.py" => "problem.solution_source",
        "checker.py" => "problem.checker.source",
        other if other.starts_with("wrong") => {
            return (
                "problem.wrong_solutions".into(),
                format!("{shown}: {text}."),
            );
        }
        other if other.starts_with("tests") => {
            return (tests.into(), format!("{shown}: {text}."));
        }
        _ => "problem",
    };
    (field.into(), format!("{text}."))
}

/// The same for problem.toml, whose keys are fields of the same name but for a few.
fn key_of(mistake: &Mistake) -> (String, String) {
    let is_key = |key: &&str| {
        key.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    let split = mistake.text.split_once(": ");
    let (key, text) = match split.filter(|(key, _)| is_key(key)) {
        Some((key, text)) => (key, text),
        None => ("", mistake.text.as_str()),
    };
    let field = match (mistake.table, key) {
        ("subtask", "") | ("", "subtask") => "problem.subtasks".to_owned(),
        ("subtask", key) => format!("problem.subtasks.{key}"),
        ("limits", "wall_time_ms") => "problem.limits.wall_time_limit".to_owned(),
        ("limits", "memory_bytes") => "problem.limits.memory_limit_bytes".to_owned(),
        ("", "") => "problem".to_owned(),
        ("", key) => format!("problem.{key}"),
        (table, "") => format!("problem.{table}"),
        (table, key) => format!("problem.{table}.{key}"),
    };
    (field, format!("{text}."))
}
