//! Writes a course as the files that `folder` reads. Reading them gives the same course; the
//! layout of the author's own files, such as comments in TOML, is not part of a course and is lost.
//!
//! It also writes what is no right problem yet, for the reader to find what is wrong with it, and
//! so that nobody has to check a problem in a second way.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::checker;
use super::model::{Course, CourseProblem};
use super::tree::Files;
use crate::judge::{Scoring, Subtask};
use crate::platform::errors::Error;
use crate::problems::model::{
    CheckerKind, CheckerSettings, Level, ProblemKind, Slug, Test, TestLimits, feedback_word,
    scoring_word,
};

/// course.toml
#[derive(Serialize)]
struct CourseDocument<'a> {
    title: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unplaced: Vec<&'a str>,
    levels: Vec<LevelDocument<'a>>,
}

#[derive(Serialize)]
struct LevelDocument<'a> {
    id: &'a str,
    age_group: &'a str,
    number: u32,
    title: &'a str,
    summary: &'a str,
    sessions: Vec<SessionDocument<'a>>,
}

#[derive(Serialize)]
struct SessionDocument<'a> {
    id: &'a str,
    title: &'a str,
    summary: &'a str,
    problems: Vec<&'a str>,
}

/// problem.toml
#[derive(Serialize)]
struct ProblemDocument<'a> {
    title: &'a str,
    summary: &'a str,
    kind: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    function_name: &'a str,
    difficulty: &'a str,
    points: u32,
    tags: &'a [String],
    category: &'a str,
    feedback: &'a str,
    profile: &'a str,
    stop_on_first_failure: bool,
    checker: CheckerDocument,
    limits: LimitsDocument,
    #[serde(rename = "subtask", skip_serializing_if = "Vec::is_empty")]
    subtasks: Vec<SubtaskDocument<'a>>,
}

#[derive(Serialize)]
struct CheckerDocument {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    case_sensitive: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    space_change_sensitive: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    absolute_tolerance: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relative_tolerance: Option<f64>,
}

#[derive(Serialize)]
struct LimitsDocument {
    #[serde(skip_serializing_if = "Option::is_none")]
    wall_time_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_bytes: Option<i64>,
}

#[derive(Serialize)]
struct SubtaskDocument<'a> {
    name: &'a str,
    points: u32,
    scoring: &'a str,
    tests: Vec<String>,
    requires: &'a [String],
}

/// All files of a course.
pub fn course_files(course: &Course) -> Result<Files, Error> {
    let mut files = Files::default();
    files.put("course.toml", course_text(course)?);
    for problem in &course.problems {
        put_problem(&mut files, problem)?;
    }
    for sheet in &course.cheatsheets {
        let file = format!("cheatsheets/{}.md", sheet.slug);
        files.put(file, sheet.body.as_str());
    }
    Ok(files)
}

/// course.toml
pub fn course_text(course: &Course) -> Result<String, Error> {
    let Course {
        title,
        levels,
        problems,
        cheatsheets: _,
    } = course;
    let sessions = levels.iter().flat_map(|level| &level.sessions);
    let placed: HashSet<&Slug> = sessions.flat_map(|session| &session.problems).collect();
    let slugs = problems.iter().map(|problem| &problem.slug);
    let unplaced = slugs.filter(|slug| !placed.contains(slug));
    toml_text(&CourseDocument {
        title,
        unplaced: unplaced.map(Slug::as_str).collect(),
        levels: levels.iter().map(level_document).collect(),
    })
}

/// Adds the files of a problem, below `problems/`.
pub fn put_problem(files: &mut Files, problem: &CourseProblem) -> Result<(), Error> {
    let path = Path::new("problems").join(problem.slug.as_str());
    files.put(path.join("problem.toml"), toml_text(&document(problem))?);
    let texts = [
        ("statement.md", &problem.statement),
        ("starter.py", &problem.starter_source),
        ("solution.py", &problem.solution_source),
    ];
    for (name, text) in texts {
        files.put(path.join(name), text.as_str());
    }
    if !problem.checker_source.is_empty() {
        files.put(path.join(checker::FILE), problem.checker_source.as_str());
    }
    for wrong in &problem.wrong_solutions {
        let file = path.join("wrong").join(format!("{}.py", wrong.name));
        files.put(file, wrong.source.as_str());
    }
    put_tests(files, &path.join("tests"), problem);
    Ok(())
}

fn put_tests(files: &mut Files, path: &Path, problem: &CourseProblem) {
    for hidden in [false, true] {
        let folder = path.join(if hidden { "hidden" } else { "public" });
        let tests = problem.tests.iter().filter(|test| test.hidden == hidden);
        for (nth, test) in (1..).zip(tests) {
            put_test(files, &folder, nth, test, problem.kind);
        }
    }
}

fn put_test(files: &mut Files, folder: &Path, nth: u32, test: &Test, kind: ProblemKind) {
    let file = |extension: &str| -> PathBuf { folder.join(format!("{nth:02}.{extension}")) };
    let (input, expected) = (&test.input, &test.expected);
    match kind {
        ProblemKind::Stdin => {
            files.put(file("in"), input.as_str());
            files.put(file("out"), expected.as_str());
        }
        ProblemKind::Function => {
            let call = format!("{{\"arguments\": {input}, \"expected\": {expected}}}\n");
            files.put(file("json"), call);
        }
    }
}

fn level_document(level: &Level) -> LevelDocument<'_> {
    let sessions = level.sessions.iter().map(|session| SessionDocument {
        id: &session.id,
        title: &session.title,
        summary: &session.summary,
        problems: session.problems.iter().map(Slug::as_str).collect(),
    });
    LevelDocument {
        id: &level.id,
        age_group: level.age_group.word(),
        number: level.number,
        title: &level.title,
        summary: &level.summary,
        sessions: sessions.collect(),
    }
}

fn document(problem: &CourseProblem) -> ProblemDocument<'_> {
    let public = problem.tests.iter().filter(|test| !test.hidden).count();
    let public = u32::try_from(public).unwrap_or(u32::MAX);
    let subtasks = problem.subtasks.iter();
    ProblemDocument {
        title: &problem.title,
        summary: &problem.summary,
        kind: problem.kind.word(),
        function_name: &problem.function_name,
        difficulty: problem.difficulty.word(),
        points: problem.points,
        tags: &problem.tags,
        category: &problem.category,
        feedback: feedback_word(problem.feedback),
        profile: problem.profile.word(),
        stop_on_first_failure: problem.stop_on_first_failure,
        checker: checker_document(problem.checker),
        limits: limits_document(problem.limits),
        subtasks: subtasks.map(|one| subtask_document(one, public)).collect(),
    }
}

fn checker_document(checker: CheckerSettings) -> CheckerDocument {
    let CheckerSettings {
        kind,
        case_sensitive,
        space_change_sensitive,
        absolute_tolerance,
        relative_tolerance,
    } = checker;
    let has_case = !matches!(kind, CheckerKind::Exact | CheckerKind::Custom);
    let by_words = matches!(kind, CheckerKind::Tokens | CheckerKind::Float);
    let is_float = kind == CheckerKind::Float;
    CheckerDocument {
        kind: kind.word(),
        case_sensitive: has_case.then_some(case_sensitive),
        // Where it has no meaning, only somebody who set it is told so.
        space_change_sensitive: (by_words || space_change_sensitive)
            .then_some(space_change_sensitive),
        absolute_tolerance: is_float.then_some(absolute_tolerance),
        relative_tolerance: is_float.then_some(relative_tolerance),
    }
}

fn limits_document(limits: TestLimits) -> LimitsDocument {
    // TOML has no larger numbers, and no limit is as high.
    let millis = |limit: Duration| i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
    let bytes = |limit: u64| i64::try_from(limit).unwrap_or(i64::MAX);
    LimitsDocument {
        wall_time_ms: limits.wall_time.map(millis),
        memory_bytes: limits.memory_bytes.map(bytes),
    }
}

fn subtask_document(subtask: &Subtask, public: u32) -> SubtaskDocument<'_> {
    let Subtask {
        name,
        points,
        scoring,
        tests,
        requires,
    } = subtask;
    let scoring: Scoring = *scoring;
    let named = tests.iter().map(|number| {
        let (folder, nth) = match number.checked_sub(public) {
            None | Some(0) => ("public", *number),
            Some(nth) => ("hidden", nth),
        };
        format!("{folder}/{nth:02}")
    });
    SubtaskDocument {
        name,
        points: *points,
        scoring: scoring_word(scoring),
        tests: named.collect(),
        requires,
    }
}

fn toml_text<T: Serialize>(document: &T) -> Result<String, Error> {
    toml::to_string(document).map_err(|error| Error::internal("write a course as TOML", error))
}
