//! Reads one problem of a course: its settings, texts and tests.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::checker::{FILE as CHECKER_FILE, read_checker, read_own_checker};
use super::document::{Table, read_document};
use super::folder::Folder;
use super::model::{Ceilings, CourseProblem, WrongSolution};
use super::subtasks::{TestCounts, read_subtasks};
use super::values::{python_name, sentence, title, word, wrong_name};
use crate::execution::model::Profile;
use crate::judge::{Feedback, Subtask};
use crate::problems::model::{
    CheckerSettings, Difficulty, ProblemKind, Slug, Test, TestLimits, parse_feedback, parse_profile,
};

/// Test numbers are two digits.
pub const MAX_TESTS: usize = 99;
/// Input and expected output of all tests of a problem together. Each of them is read at once, for
/// grading and for each change.
pub const MAX_TESTS_BYTES: usize = 32 * 1024 * 1024;
/// Tags of a problem.
pub const MAX_TAGS: usize = 50;
/// Wrong solutions of a problem.
pub const MAX_WRONG_SOLUTIONS: usize = 50;

/// What problem.toml says.
#[derive(Debug)]
pub struct Settings {
    pub title: String,
    pub summary: String,
    pub kind: ProblemKind,
    pub function_name: String,
    pub difficulty: Difficulty,
    pub points: u32,
    pub tags: Vec<String>,
    pub category: String,
    pub feedback: Feedback,
    pub profile: Profile,
    pub checker: CheckerSettings,
    pub limits: TestLimits,
    pub subtasks: Vec<Subtask>,
    pub stop_on_first_failure: bool,
}

/// Reads a problem; none when something is wrong with it.
pub fn read_problem(folder: &mut Folder, name: &str, ceilings: &Ceilings) -> Option<CourseProblem> {
    let path = Path::new("problems").join(name);
    let slug = Slug::parse(name)
        .map_err(|error| folder.mistakes.file(&path, error))
        .ok();
    let files = [
        "problem.toml",
        "statement.md",
        "starter.py",
        "solution.py",
        "tests",
    ];
    folder.check_names(&path, &files, &[CHECKER_FILE, "wrong"]);
    let counts = count_tests(folder, &path.join("tests"));
    let settings = folder.text(&path.join("problem.toml")).and_then(|text| {
        let file = path.join("problem.toml");
        read_document(&file, &text, &mut folder.mistakes, |table| {
            read_settings(table, ceilings, counts)
        })
    });
    let statement = folder.text(&path.join("statement.md"));
    let starter = read_source(folder, &path.join("starter.py"), ceilings);
    let solution = read_source(folder, &path.join("solution.py"), ceilings);
    let wrong_solutions = read_wrong_solutions(folder, &path.join("wrong"), ceilings);
    let settings = settings??;
    let kind = settings.checker.kind;
    let checker = read_own_checker(folder, &path.join(CHECKER_FILE), kind, ceilings);
    let tests = read_tests(folder, &path.join("tests"), settings.kind)?;
    Some(CourseProblem {
        slug: slug?,
        title: settings.title,
        summary: settings.summary,
        statement: statement?,
        kind: settings.kind,
        function_name: settings.function_name,
        difficulty: settings.difficulty,
        points: settings.points,
        tags: settings.tags,
        category: settings.category,
        starter_source: starter?,
        solution_source: solution?,
        wrong_solutions,
        checker: settings.checker,
        checker_source: checker?,
        feedback: settings.feedback,
        profile: settings.profile,
        limits: settings.limits,
        subtasks: settings.subtasks,
        stop_on_first_failure: settings.stop_on_first_failure,
        tests,
    })
}

/// Reads problem.toml; none when something is wrong with it.
pub fn read_settings(
    table: &mut Table,
    ceilings: &Ceilings,
    counts: TestCounts,
) -> Option<Settings> {
    let title = table.text("title", title);
    let summary = table.text("summary", sentence);
    let kind = table.text("kind", str::parse::<ProblemKind>);
    let function_name = table.optional_text("function_name", python_name);
    match (kind, &function_name) {
        (Some(ProblemKind::Function), None) => {
            table.mistake("function_name: is missing, and needed with kind = \"function\"");
        }
        (Some(ProblemKind::Stdin), Some(_)) => {
            table.mistake("function_name: is only for kind = \"function\"");
        }
        _ => {}
    }
    let difficulty = table.text("difficulty", str::parse);
    let points_at = table.place("points");
    let points = table.number("points", 1, 1000);
    let tags = table.texts("tags", word);
    if tags.len() > MAX_TAGS {
        table.mistake(format_args!("tags: may be at most {MAX_TAGS}"));
    }
    let category = table.text("category", word);
    let feedback = table.text("feedback", parse_feedback);
    let profile = table.optional_text("profile", parse_profile);
    let checker = table.table("checker", read_checker);
    if checker.is_none() {
        table.mistake("checker: is missing");
    }
    let limits = table.table("limits", |limits| read_limits(limits, ceilings));
    let stop_on_first_failure = table.optional_bool("stop_on_first_failure");
    let subtasks = read_subtasks(table, points, counts, points_at);
    Some(Settings {
        title: title?,
        summary: summary?,
        kind: kind?,
        function_name: function_name.unwrap_or_default(),
        difficulty: difficulty?,
        points: u32::try_from(points?).ok()?,
        tags,
        category: category?,
        feedback: feedback?,
        profile: profile.unwrap_or_default(),
        checker: checker??,
        limits: limits.unwrap_or_default(),
        subtasks,
        stop_on_first_failure: stop_on_first_failure.unwrap_or(false),
    })
}

fn read_limits(table: &mut Table, ceilings: &Ceilings) -> TestLimits {
    let most = u64::try_from(ceilings.wall_time.as_millis()).unwrap_or(u64::MAX);
    let wall_time = table.optional_number("wall_time_ms", 100, most);
    let least = 16 * 1024 * 1024;
    TestLimits {
        wall_time: wall_time.map(Duration::from_millis),
        memory_bytes: table.optional_number("memory_bytes", least, ceilings.memory_bytes),
    }
}

/// Reads a Python file of a problem; none when it can't be read or is too long.
pub fn read_source(folder: &mut Folder, file: &Path, ceilings: &Ceilings) -> Option<String> {
    let source = folder.text(file)?;
    if source.len() as u64 > ceilings.source_bytes {
        let text = format!("may have at most {} bytes", ceilings.source_bytes);
        folder.mistakes.file(file, text);
        return None;
    }
    Some(source)
}

/// Programs that must not be accepted. A problem may have none, but a folder for them without any
/// was forgotten.
fn read_wrong_solutions(
    folder: &mut Folder,
    path: &Path,
    ceilings: &Ceilings,
) -> Vec<WrongSolution> {
    if !folder.has(path) {
        return Vec::new();
    }
    let names = folder.names(path);
    if names.is_empty() {
        folder
            .mistakes
            .file(path, "must hold at least one wrong solution");
    }
    if names.len() > MAX_WRONG_SOLUTIONS {
        let text = format!("may hold at most {MAX_WRONG_SOLUTIONS} wrong solutions");
        folder.mistakes.file(path, text);
    }
    let read = |name: &String| {
        let file = path.join(name);
        let Some(stem) = name.strip_suffix(".py") else {
            folder.mistakes.file(&file, "must be called <name>.py");
            return None;
        };
        let stem = wrong_name(stem).map_err(|error| folder.mistakes.file(&file, error));
        Some(WrongSolution {
            name: stem.ok()?,
            source: read_source(folder, &file, ceilings)?,
        })
    };
    names.iter().filter_map(read).collect()
}

/// How many tests there are, whatever else may be wrong with them; `read_tests` tells.
fn count_tests(folder: &Folder, path: &Path) -> TestCounts {
    let count = |name| {
        let names = folder.names_if_any(&path.join(name));
        let is_test = |name: &&String| name.ends_with(".in") || name.ends_with(".json");
        u32::try_from(names.iter().filter(is_test).count()).unwrap_or(u32::MAX)
    };
    TestCounts {
        public: count("public"),
        hidden: count("hidden"),
    }
}

fn read_tests(folder: &mut Folder, path: &Path, kind: ProblemKind) -> Option<Vec<Test>> {
    if !folder.has(path) {
        return None;
    }
    folder.check_names(path, &["public"], &["hidden"]);
    let mut tests = Vec::new();
    for (name, hidden) in [("public", false), ("hidden", true)] {
        let path = path.join(name);
        if !folder.has(&path) {
            continue;
        }
        let stems = read_stems(folder, &path, kind);
        if stems.is_empty() && !hidden {
            folder.mistakes.file(&path, "must hold at least one test");
        }
        for stem in stems {
            let (input, expected) = read_test(folder, &path.join(stem), kind)?;
            let number = u32::try_from(tests.len() + 1).unwrap_or(u32::MAX);
            tests.push(Test {
                number,
                hidden,
                input,
                expected,
            });
        }
    }
    if tests.len() > MAX_TESTS {
        folder
            .mistakes
            .file(path, format_args!("may hold at most {MAX_TESTS} tests"));
    }
    let sizes = tests
        .iter()
        .map(|test| test.input.len() + test.expected.len());
    if sizes.sum::<usize>() > MAX_TESTS_BYTES {
        let text = format!("may hold at most {MAX_TESTS_BYTES} bytes of input and output in all");
        folder.mistakes.file(path, text);
    }
    Some(tests)
}

/// The numbers of the tests in a folder, whose files must be 01, 02, ... without a gap.
fn read_stems(folder: &mut Folder, path: &Path, kind: ProblemKind) -> Vec<String> {
    let extensions: &[&str] = match kind {
        ProblemKind::Stdin => &["in", "out"],
        ProblemKind::Function => &["json"],
    };
    let names = folder.names(path);
    let count = names.len().div_ceil(extensions.len());
    let stems: Vec<String> = (1..=count).map(|number| format!("{number:02}")).collect();
    let expected: Vec<String> = stems
        .iter()
        .flat_map(|stem| {
            extensions
                .iter()
                .map(move |extension| format!("{stem}.{extension}"))
        })
        .collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    folder.check_names(path, &expected, &[]);
    if names == expected { stems } else { Vec::new() }
}

fn read_test(folder: &mut Folder, path: &Path, kind: ProblemKind) -> Option<(String, String)> {
    match kind {
        ProblemKind::Stdin => {
            let input = folder.text(&path.with_extension("in"));
            let expected = folder.text(&path.with_extension("out"));
            Some((input?, expected?))
        }
        ProblemKind::Function => read_call(folder, path.with_extension("json")),
    }
}

fn read_call(folder: &mut Folder, file: PathBuf) -> Option<(String, String)> {
    let text = folder.text(&file)?;
    match parse_call(&text) {
        Ok(call) => Some(call),
        Err(error) => {
            folder.mistakes.file(&file, error);
            None
        }
    }
}

/// Arguments and expected value of a function test, each as JSON.
pub fn parse_call(text: &str) -> Result<(String, String), String> {
    let shape = "must be {\"arguments\": [...], \"expected\": ...}";
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let Value::Object(mut call) = value else {
        return Err(shape.into());
    };
    let arguments = call.remove("arguments").filter(Value::is_array);
    let (Some(arguments), Some(expected)) = (arguments, call.remove("expected")) else {
        return Err(shape.into());
    };
    if let Some(key) = call.keys().next() {
        return Err(format!("{key}: is not a known key"));
    }
    Ok((arguments.to_string(), expected.to_string()))
}
