//! Stores a course. The folder is the truth: levels, sessions and cheatsheets are replaced,
//! problems that came from a folder and are gone from it are deleted, and a problem that did not
//! change keeps its row, its key and its sealed tests. Problems of which the folder says nothing,
//! because authors made them over the API, stay last in their sessions as long as there are those.
//! All in one transaction.

use std::collections::{HashMap, HashSet};

use super::model::{Course, CourseProblem};
use super::store::{self, Origin};
use super::write::course_text;
use crate::platform::Platform;
use crate::platform::db::Connection;
use crate::platform::errors::Error;
use crate::platform::ids::TestCaseId;
use crate::testcases::model::{Secrets, TestCase};
use crate::testcases::service::{SealedProblem, TestCases};
use crate::testcases::store as tests;

/// What a load changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Loaded {
    pub problems: usize,
    pub changed: usize,
    pub deleted: usize,
    pub tests: usize,
    pub cheatsheets: usize,
}

impl std::fmt::Display for Loaded {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            problems,
            changed,
            deleted,
            tests,
            cheatsheets,
        } = self;
        write!(
            formatter,
            "{problems} problems with {tests} tests ({changed} new or changed, {deleted} deleted), \
             {cheatsheets} cheatsheets"
        )
    }
}

/// Stores a course that was read and checked, unless it is the one that was stored last: what
/// authors changed since stays then.
pub async fn store_new_course(
    platform: &Platform,
    test_cases: &TestCases,
    course: &Course,
) -> Result<Option<Loaded>, Error> {
    let last = store::folder_digest(platform.db.read()).await?;
    if last == digest(test_cases, course)? {
        return Ok(None);
    }
    store_course(platform, test_cases, course).await.map(Some)
}

/// Stores a course that was read and checked, from a folder that a start need not load again.
pub async fn store_course(
    platform: &Platform,
    test_cases: &TestCases,
    course: &Course,
) -> Result<Loaded, Error> {
    let digest = digest(test_cases, course)?;
    store(platform, test_cases, course, Some(&digest)).await
}

/// Stores a course that an author sent. The folder that was loaded last stays known, so that the
/// next start doesn't load it over this one.
pub async fn store_imported_course(
    platform: &Platform,
    test_cases: &TestCases,
    course: &Course,
) -> Result<Loaded, Error> {
    store(platform, test_cases, course, None).await
}

async fn store(
    platform: &Platform,
    test_cases: &TestCases,
    course: &Course,
    folder_digest: Option<&str>,
) -> Result<Loaded, Error> {
    let now = platform.clock.now();
    let mut tx = platform.db.write().await?;
    let mut stored: HashMap<String, String> =
        store::fingerprints(&mut tx).await?.into_iter().collect();
    let mut loaded = Loaded {
        problems: course.problems.len(),
        tests: course
            .problems
            .iter()
            .map(|problem| problem.tests.len())
            .sum(),
        cheatsheets: course.cheatsheets.len(),
        ..Loaded::default()
    };
    let before = store::places(&mut tx).await?;
    store::replace_levels(&mut tx, &course.levels).await?;
    for problem in &course.problems {
        let slug = problem.slug.as_str();
        let fingerprint = fingerprint(test_cases, problem);
        if stored.remove(slug).as_ref() == Some(&fingerprint) {
            continue;
        }
        let sealed = seal(test_cases, problem, new_tests(problem));
        let origin = Origin::Folder;
        store::put_problem(&mut tx, problem, &sealed, origin, &fingerprint, now).await?;
        tests::replace(&mut tx, slug, &sealed.tests).await?;
        loaded.changed += 1;
    }
    for slug in stored.keys() {
        loaded.deleted += usize::from(store::delete_from_folder(&mut tx, slug).await?);
    }
    let sessions = course.levels.iter().flat_map(|level| &level.sessions);
    let places = sessions.flat_map(|it| it.problems.iter().map(move |slug| (slug, &it.id)));
    let places: Vec<_> = places.collect();
    for (position, (slug, session_id)) in (0..).zip(places) {
        store::place_problem(&mut tx, slug.as_str(), session_id, position).await?;
    }
    keep_places(&mut tx, course, before).await?;
    store::replace_cheatsheets(&mut tx, &course.cheatsheets).await?;
    store::set_course(&mut tx, &course.title, folder_digest).await?;
    store::raise_revision(&mut tx).await?;
    tx.commit().await?;
    Ok(loaded)
}

/// Puts problems that the folder knows nothing of back into their sessions.
async fn keep_places(
    tx: &mut Connection,
    course: &Course,
    before: Vec<(String, String)>,
) -> Result<(), Error> {
    let known: HashSet<&str> = course.problems.iter().map(|it| it.slug.as_str()).collect();
    let sessions = course.levels.iter().flat_map(|level| &level.sessions);
    let sessions: HashSet<&str> = sessions.map(|session| session.id.as_str()).collect();
    for (slug, session) in before {
        if !known.contains(slug.as_str()) && sessions.contains(session.as_str()) {
            store::append_to_session(tx, &slug, &session).await?;
        }
    }
    Ok(())
}

/// Differs when anything of a course does.
fn digest(test_cases: &TestCases, course: &Course) -> Result<String, Error> {
    let problems = course.problems.iter();
    let problems: Vec<_> = problems.map(|it| fingerprint(test_cases, it)).collect();
    let sheets = course.cheatsheets.iter();
    let sheets: Vec<_> = sheets.map(|it| (it.slug.as_str(), &it.body)).collect();
    let content = serde_json::json!([course_text(course)?, problems, sheets]).to_string();
    Ok(test_cases.master().fingerprint(content.as_bytes()))
}

/// Seals all secrets of a problem under a new key.
pub fn seal(
    test_cases: &TestCases,
    problem: &CourseProblem,
    tests: Vec<TestCase>,
) -> SealedProblem {
    let wrong = serde_json::json!(problem.wrong_solutions).to_string();
    let secrets = Secrets {
        solution: problem.solution_source.clone(),
        checker: problem.checker_source.clone(),
        wrong_solutions: wrong,
        tests,
    };
    test_cases.seal(&problem.slug, &secrets)
}

/// The tests of a problem, with ids that nobody had before.
pub fn new_tests(problem: &CourseProblem) -> Vec<TestCase> {
    let tests = problem.tests.iter().cloned();
    tests
        .map(|test| TestCase {
            id: TestCaseId::new(),
            test,
        })
        .collect()
}

/// Differs when anything of a problem does, but for its place in the course.
pub fn fingerprint(test_cases: &TestCases, problem: &CourseProblem) -> String {
    test_cases.master().fingerprint(content(problem).as_bytes())
}

/// Everything of a problem in one text, which differs when anything of it does.
fn content(problem: &CourseProblem) -> String {
    let CourseProblem {
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
        starter_source,
        solution_source,
        wrong_solutions,
        checker,
        checker_source,
        feedback,
        profile,
        limits,
        subtasks,
        stop_on_first_failure,
        tests,
    } = problem;
    let tests: Vec<_> = tests
        .iter()
        .map(|test| (test.hidden, &test.input, &test.expected))
        .collect();
    serde_json::json!([
        slug.as_str(),
        title,
        summary,
        statement,
        kind.word(),
        function_name,
        difficulty.word(),
        points,
        tags,
        category,
        starter_source,
        solution_source,
        wrong_solutions,
        checker,
        checker_source,
        format!("{feedback:?} {profile:?} {limits:?} {stop_on_first_failure}"),
        subtasks,
        tests,
    ])
    .to_string()
}
