//! Reads a course back from the database, with everything that only its authors may see.

use super::model::{Course, CourseProblem, WrongSolution};
use super::store as course_store;
use crate::platform::Platform;
use crate::platform::db::Connection;
use crate::platform::errors::Error;
use crate::problems::model::{Place, Problem, Slug};
use crate::problems::service::Problems;
use crate::problems::store;
use crate::testcases::model::{Secrets, TestCase};
use crate::testcases::service::TestCases;

/// What a course without a name is called when it is written.
const UNNAMED: &str = "Course";

/// A problem with all its secrets, as it is stored.
#[derive(Debug, Clone)]
pub struct StoredProblem {
    pub problem: CourseProblem,
    /// The same tests as those of the problem, with their ids.
    pub tests: Vec<TestCase>,
    pub place: Option<Place>,
    pub etag: String,
}

/// Reads a problem as it stands in a transaction. NOT_FOUND when there is no such one.
pub async fn read_problem(
    tx: &mut Connection,
    test_cases: &TestCases,
    slug: &Slug,
) -> Result<StoredProblem, Error> {
    let problem = store::problem(&mut *tx, slug.as_str()).await?;
    let problem = problem.ok_or(Error::NotFound("problem"))?;
    let secrets = test_cases.secrets(tx, slug).await?;
    joined(problem, secrets)
}

/// Reads the whole course. Nobody can change it meanwhile.
pub async fn read_course(platform: &Platform, test_cases: &TestCases) -> Result<Course, Error> {
    let course = read_course_within(platform, test_cases, u64::MAX).await?;
    course.ok_or_else(|| Error::internal("read the course", "it is endless"))
}

/// Reads the whole course; none when its tests have more than so many bytes.
pub async fn read_course_within(
    platform: &Platform,
    test_cases: &TestCases,
    most: u64,
) -> Result<Option<Course>, Error> {
    let mut left = most;
    let mut tx = platform.db.write().await?;
    let title = course_store::title(platform.db.read()).await?;
    let reader = Problems::new(platform.clone(), test_cases.clone());
    let catalogue = reader.catalogue().await?;
    let mut problems = Vec::with_capacity(catalogue.problems().len());
    for problem in catalogue.problems() {
        let stored = read_problem(&mut tx, test_cases, &problem.slug).await?;
        let tests = stored.problem.tests.iter();
        let sizes = tests.map(|test| test.input.len() + test.expected.len());
        match left.checked_sub(sizes.sum::<usize>() as u64) {
            Some(now) => left = now,
            None => return Ok(None),
        }
        problems.push(stored.problem);
    }
    problems.sort_by(|one, other| one.slug.cmp(&other.slug));
    Ok(Some(Course {
        title: Some(title)
            .filter(|title| !title.is_empty())
            .unwrap_or_else(|| UNNAMED.to_owned()),
        levels: catalogue.levels().to_vec(),
        problems,
        cheatsheets: catalogue.cheatsheets().to_vec(),
    }))
}

fn joined(problem: Problem, secrets: Secrets) -> Result<StoredProblem, Error> {
    let Problem {
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
        checker,
        feedback,
        profile,
        limits,
        subtasks,
        stop_on_first_failure,
        place,
        test_count: _,
        etag,
        update_time: _,
    } = problem;
    let Secrets {
        solution,
        checker: checker_source,
        wrong_solutions,
        tests,
    } = secrets;
    let wrong_solutions: Vec<WrongSolution> = serde_json::from_str(&wrong_solutions)
        .map_err(|error| Error::internal("read wrong solutions", error))?;
    let problem = CourseProblem {
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
        solution_source: solution,
        wrong_solutions,
        checker,
        checker_source,
        feedback,
        profile,
        limits,
        subtasks,
        stop_on_first_failure,
        tests: tests.iter().map(|stored| stored.test.clone()).collect(),
    };
    Ok(StoredProblem {
        problem,
        tests,
        place,
        etag,
    })
}
