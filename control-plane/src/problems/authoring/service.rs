//! Changes of problems by their authors. Each change is one transaction: read the problem as it
//! stands, hold its etag against the one that the author knows, change it, check all of it, seal
//! it under a new key, raise the revision of the content so that every process reads it anew.
//!
//! A course folder that is loaded again overwrites the problems that are in it, and the places of
//! all: see `course/service.rs`.

use std::sync::Arc;

use super::arrangement::{Placed, TestContent, arrange, placed};
use super::check::check;
use crate::judge::Subtask;
use crate::platform::Platform;
use crate::platform::db::WriteTransaction;
use crate::platform::errors::{Error, Reason};
use crate::platform::ids::TestCaseId;
use crate::problems::course::model::{Ceilings, CourseProblem};
use crate::problems::course::service::{fingerprint, new_tests, seal};
use crate::problems::course::store::{self as course_store, Origin};
use crate::problems::course::stored::{StoredProblem, read_problem};
use crate::problems::model::{Problem, ProblemPage, Slug, Test};
use crate::problems::service::Problems;
use crate::problems::store;
use crate::testcases::model::TestCase;
use crate::testcases::service::TestCases;
use crate::testcases::store as test_store;

/// Authors' changes. Cloning shares the cache that they empty.
#[derive(Clone)]
pub struct Authoring {
    platform: Platform,
    tests: TestCases,
    problems: Problems,
}

/// Where a problem goes in the course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placing {
    /// It stays where it is.
    Keep,
    /// It is in no session.
    Out,
    /// It comes last in this session.
    In(String),
}

/// A test with what its author is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthoredTest {
    pub test_case: TestCase,
    pub subtask: Option<String>,
    pub etag: String,
}

impl Authoring {
    /// Changes of the problems in the platform's database.
    pub fn new(platform: Platform, tests: TestCases, problems: Problems) -> Self {
        Self {
            platform,
            tests,
            problems,
        }
    }

    /// The key for digests of what must not be guessed from them.
    pub fn digest(&self, content: &[u8]) -> String {
        self.tests.master().fingerprint(content)
    }

    /// The tests that are changed.
    pub fn tests(&self) -> &TestCases {
        &self.tests
    }

    /// Makes a problem.
    pub async fn create(
        &self,
        draft: &CourseProblem,
        placing: Placing,
    ) -> Result<ProblemPage, Error> {
        self.create_from(draft, placing, "tests").await
    }

    /// Makes a problem whose tests came in this field.
    pub async fn create_from(
        &self,
        draft: &CourseProblem,
        placing: Placing,
        tests: &'static str,
    ) -> Result<ProblemPage, Error> {
        let problem = check(draft, &self.ceilings(), tests)?;
        let mut tx = self.platform.db.write().await?;
        let slug = problem.slug.as_str();
        if store::problem(&mut *tx, slug).await?.is_some() {
            return Err(Error::AlreadyExists {
                reason: Reason::SLUG_TAKEN,
                message: "Another problem has this slug; choose a new one.",
            });
        }
        let tests = new_tests(&problem);
        self.finish(tx, &problem, tests, placing).await
    }

    /// Changes a problem but its tests. The etag must be that of the problem as it stands.
    pub async fn update(
        &self,
        slug: &Slug,
        etag: &str,
        edit: impl FnOnce(&mut CourseProblem) + Send,
        placing: Placing,
    ) -> Result<ProblemPage, Error> {
        let mut tx = self.platform.db.write().await?;
        let stored = read_problem(&mut tx, &self.tests, slug).await?;
        check_etag(etag, &stored.etag)?;
        let mut draft = stored.problem;
        edit(&mut draft);
        let problem = check(&draft, &self.ceilings(), "tests")?;
        // Checking can change how the data of a test is written, but neither order nor number.
        let ids = stored.tests.iter().map(|test| test.id);
        let tests = with_ids(&problem, ids);
        self.finish(tx, &problem, tests, placing).await
    }

    /// Puts a problem and its tests in the place of the one that has its slug, as far as that has
    /// this etag. Tests that stay the same keep their ids.
    pub async fn replace(
        &self,
        etag: &str,
        draft: &CourseProblem,
        placing: Placing,
    ) -> Result<ProblemPage, Error> {
        let problem = check(draft, &self.ceilings(), "package")?;
        let mut tx = self.platform.db.write().await?;
        let stored = read_problem(&mut tx, &self.tests, &problem.slug).await?;
        check_etag(etag, &stored.etag)?;
        let mut tests = new_tests(&problem);
        for test in &mut tests {
            let mut before = stored.tests.iter();
            if let Some(same) = before.find(|before| before.test == test.test) {
                test.id = same.id;
            }
        }
        self.finish(tx, &problem, tests, placing).await
    }

    /// Deletes a problem with its tests, when the etag is empty or right.
    pub async fn delete(&self, slug: &Slug, etag: &str) -> Result<(), Error> {
        let mut tx = self.platform.db.write().await?;
        let problem = store::problem(&mut *tx, slug.as_str()).await?;
        let problem = problem.ok_or(Error::NotFound("problem"))?;
        if !etag.is_empty() {
            check_etag(etag, &problem.etag)?;
        }
        course_store::delete(&mut tx, slug.as_str()).await?;
        course_store::raise_revision(&mut tx).await?;
        tx.commit().await?;
        self.problems.invalidate();
        Ok(())
    }

    /// A problem with everything that only its authors may see, and what everybody may see of it.
    pub async fn read(&self, slug: &Slug) -> Result<(Problem, StoredProblem), Error> {
        let mut tx = self.platform.db.write().await?;
        let stored = read_problem(&mut tx, &self.tests, slug).await?;
        let problem = store::problem(&mut *tx, slug.as_str()).await?;
        Ok((problem.ok_or(Error::NotFound("problem"))?, stored))
    }

    /// Tests with their subtasks and etags.
    pub async fn authored(
        &self,
        slug: &Slug,
        tests: Vec<TestCase>,
    ) -> Result<Vec<AuthoredTest>, Error> {
        let problem = store::problem(self.platform.db.read(), slug.as_str()).await?;
        let problem = problem.ok_or(Error::NotFound("problem"))?;
        let tests = tests.into_iter();
        Ok(tests
            .map(|test| self.authored_one(&problem.subtasks, test))
            .collect())
    }

    /// Adds a test behind those of its kind, public or hidden.
    pub async fn add_test(&self, slug: &Slug, content: TestContent) -> Result<AuthoredTest, Error> {
        let id = TestCaseId::new();
        let add = |tests: &mut Vec<Placed>| {
            tests.push(Placed { id, content });
            Ok(())
        };
        let (problem, tests) = self.change_tests(slug, add).await?;
        self.found(&problem, tests, id)
    }

    /// Replaces a test. One that becomes public or hidden goes behind those of its new kind.
    pub async fn change_test(
        &self,
        slug: &Slug,
        id: TestCaseId,
        etag: &str,
        content: TestContent,
    ) -> Result<AuthoredTest, Error> {
        let replace = |tests: &mut Vec<Placed>| {
            let place = tests.iter().position(|test| test.id == id);
            let place = place.ok_or(Error::NotFound("test case"))?;
            let before = tests.remove(place);
            let moves = before.content.hidden != content.hidden;
            let place = if moves { tests.len() } else { place };
            tests.insert(place, Placed { id, content });
            Ok(())
        };
        let mut tx = self.platform.db.write().await?;
        let stored = read_problem(&mut tx, &self.tests, slug).await?;
        check_etag(etag, &self.etag_of(&stored, id)?)?;
        let (problem, tests) = self.rearrange(tx, stored, replace).await?;
        self.found(&problem, tests, id)
    }

    /// Deletes a test, when the etag is empty or right.
    pub async fn delete_test(&self, slug: &Slug, id: TestCaseId, etag: &str) -> Result<(), Error> {
        let mut tx = self.platform.db.write().await?;
        let stored = read_problem(&mut tx, &self.tests, slug).await?;
        let now = self.etag_of(&stored, id)?;
        if !etag.is_empty() {
            check_etag(etag, &now)?;
        }
        let remove = |tests: &mut Vec<Placed>| {
            tests.retain(|test| test.id != id);
            Ok(())
        };
        self.rearrange(tx, stored, remove).await?;
        Ok(())
    }

    async fn change_tests(
        &self,
        slug: &Slug,
        edit: impl FnOnce(&mut Vec<Placed>) -> Result<(), Error> + Send,
    ) -> Result<(CourseProblem, Vec<TestCase>), Error> {
        let mut tx = self.platform.db.write().await?;
        let stored = read_problem(&mut tx, &self.tests, slug).await?;
        self.rearrange(tx, stored, edit).await
    }

    async fn rearrange(
        &self,
        tx: WriteTransaction,
        stored: StoredProblem,
        edit: impl FnOnce(&mut Vec<Placed>) -> Result<(), Error> + Send,
    ) -> Result<(CourseProblem, Vec<TestCase>), Error> {
        let mut draft = stored.problem;
        let mut tests = placed(&draft, &stored.tests);
        edit(&mut tests)?;
        check_subtasks(&draft.subtasks, &tests)?;
        let ids = arrange(&mut draft, tests);
        let problem = check(&draft, &self.ceilings(), "test_case")?;
        let tests = with_ids(&problem, ids.into_iter());
        self.finish(tx, &problem, tests.clone(), Placing::Keep)
            .await?;
        Ok((problem, tests))
    }

    /// Writes a problem that was checked, and commits.
    async fn finish(
        &self,
        mut tx: WriteTransaction,
        problem: &CourseProblem,
        tests: Vec<TestCase>,
        placing: Placing,
    ) -> Result<ProblemPage, Error> {
        let slug = problem.slug.as_str();
        let etag = fingerprint(&self.tests, problem);
        let sealed = seal(&self.tests, problem, tests);
        let now = self.platform.clock.now();
        course_store::put_problem(&mut tx, problem, &sealed, Origin::Api, &etag, now).await?;
        test_store::replace(&mut tx, slug, &sealed.tests).await?;
        match placing {
            Placing::Keep => {}
            Placing::Out => course_store::take_out(&mut tx, slug).await?,
            Placing::In(session) => {
                if !course_store::has_session(&mut tx, &session).await? {
                    let text = "must be the id of a session of the course.";
                    return Err(Error::invalid("problem.session_id", text));
                }
                course_store::append_to_session(&mut tx, slug, &session).await?;
            }
        }
        course_store::raise_revision(&mut tx).await?;
        let stored = store::problem(&mut *tx, slug).await?;
        let stored = stored.ok_or(Error::NotFound("problem"))?;
        tx.commit().await?;
        self.problems.invalidate();
        let public = problem.tests.iter().filter(|test| !test.hidden);
        Ok(ProblemPage {
            problem: stored.into(),
            examples: Arc::new(public.cloned().collect()),
        })
    }

    fn found(
        &self,
        problem: &CourseProblem,
        tests: Vec<TestCase>,
        id: TestCaseId,
    ) -> Result<AuthoredTest, Error> {
        let mut tests = tests.into_iter();
        let test = tests.find(|test| test.id == id);
        let test = test.ok_or(Error::NotFound("test case"))?;
        Ok(self.authored_one(&problem.subtasks, test))
    }

    fn etag_of(&self, stored: &StoredProblem, id: TestCaseId) -> Result<String, Error> {
        let test = stored.tests.iter().find(|test| test.id == id);
        let test = test.ok_or(Error::NotFound("test case"))?;
        let subtask = subtask_of(&stored.problem.subtasks, &test.test);
        Ok(self.tests.etag(&test.test, subtask))
    }

    fn authored_one(&self, subtasks: &[Subtask], test_case: TestCase) -> AuthoredTest {
        let subtask = subtask_of(subtasks, &test_case.test);
        AuthoredTest {
            etag: self.tests.etag(&test_case.test, subtask),
            subtask: subtask.map(str::to_owned),
            test_case,
        }
    }

    fn ceilings(&self) -> Ceilings {
        Ceilings::of(&self.platform.config.limits)
    }
}

/// The subtask that a test is in.
fn subtask_of<'a>(subtasks: &'a [Subtask], test: &Test) -> Option<&'a str> {
    let mut subtasks = subtasks.iter();
    let found = subtasks.find(|subtask| subtask.tests.contains(&test.number));
    found.map(|subtask| subtask.name.as_str())
}

fn with_ids(problem: &CourseProblem, ids: impl Iterator<Item = TestCaseId>) -> Vec<TestCase> {
    let tests = problem.tests.iter().cloned();
    ids.zip(tests)
        .map(|(id, test)| TestCase { id, test })
        .collect()
}

fn check_etag(known: &str, now: &str) -> Result<(), Error> {
    if known == now {
        return Ok(());
    }
    Err(Error::Aborted {
        reason: Reason::ETAG_MISMATCH,
        message: "Somebody else changed it meanwhile; read it again and repeat.",
        retry_after: None,
    })
}

/// A test can only be in a subtask that there is.
fn check_subtasks(subtasks: &[Subtask], tests: &[Placed]) -> Result<(), Error> {
    let mut named = tests
        .iter()
        .filter_map(|test| test.content.subtask.as_ref());
    let known = |name: &&String| subtasks.iter().any(|subtask| subtask.name == **name);
    match named.find(|name| !known(name)) {
        None => Ok(()),
        Some(name) => {
            let text = format!("the problem has no subtask {name:?}.");
            Err(Error::invalid("test_case.subtask_name", text))
        }
    }
}
