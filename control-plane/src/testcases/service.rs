//! Seals and opens the tests of problems. Who may ask for which tests is decided by the callers:
//! the public ones for everybody, all of them for authors and for grading.

use std::sync::Arc;

use super::model::{
    Field, SealedTest, Secrets, TestCase, checker_place, place, solution_place, wrong_place,
};
use super::store::{self, Which};
use crate::judge::CustomChecker;
use crate::platform::db::{Connection, Db};
use crate::platform::errors::Error;
use crate::platform::pagination::Page;
use crate::platform::seal::{CannotOpen, DataKey, MasterKey};
use crate::problems::model::{Slug, Test};

/// Tests of all problems. Cloning shares the keys.
#[derive(Debug, Clone)]
pub struct TestCases {
    db: Db,
    master: Arc<MasterKey>,
}

/// Sealed data of a problem, ready for the database.
#[derive(Debug)]
pub struct SealedProblem {
    pub wrapped_key: Vec<u8>,
    pub solution: Vec<u8>,
    /// None unless the author wrote one.
    pub checker: Option<Vec<u8>>,
    pub wrong_solutions: Vec<u8>,
    pub tests: Vec<SealedTest>,
}

impl TestCases {
    /// Tests in this database under this key.
    pub fn new(db: Db, master: Arc<MasterKey>) -> Self {
        Self { db, master }
    }

    /// The key that data keys are wrapped with.
    pub fn master(&self) -> &MasterKey {
        &self.master
    }

    /// Seals the secrets of a problem under a new key.
    pub fn seal(&self, problem: &Slug, secrets: &Secrets) -> SealedProblem {
        let slug = problem.as_str();
        let key = DataKey::generate();
        let Secrets {
            solution,
            checker,
            wrong_solutions,
            tests,
        } = secrets;
        let seal_test = |TestCase { id, test }: &TestCase| {
            let place = |field| place(slug, *id, test.number, test.hidden, field);
            SealedTest {
                id: *id,
                number: test.number,
                hidden: test.hidden,
                input: key.seal(&test.input, &place(Field::Input)),
                expected: key.seal(&test.expected, &place(Field::Expected)),
            }
        };
        SealedProblem {
            tests: tests.iter().map(seal_test).collect(),
            solution: key.seal(solution, &solution_place(slug)),
            checker: (!checker.is_empty()).then(|| key.seal(checker, &checker_place(slug))),
            wrong_solutions: key.seal(wrong_solutions, &wrong_place(slug)),
            wrapped_key: self.master.wrap(&key, slug),
        }
    }

    /// Everything secret of a problem, for its authors, as it stands in a transaction.
    pub async fn secrets(&self, tx: &mut Connection, problem: &Slug) -> Result<Secrets, Error> {
        let slug = problem.as_str();
        let sources = store::sources(&mut *tx, slug).await?;
        let sources = sources.ok_or(Error::NotFound("problem"))?;
        let sealed = store::list(&mut *tx, slug, Which::ALL).await?;
        let sealed = sealed.ok_or(Error::NotFound("problem"))?;
        let key = self.open_key(&sources.wrapped_key, problem)?;
        let open = |sealed: &[u8], place: String| {
            let opened = key.open(sealed, &place);
            opened.map_err(|error| Error::internal("open a problem's secrets", error))
        };
        let checker = sources.checker.as_deref();
        let checker = checker.map(|sealed| open(sealed, checker_place(slug)));
        let wrong = sources.wrong_solutions.as_deref();
        let wrong = wrong.map(|sealed| open(sealed, wrong_place(slug)));
        Ok(Secrets {
            solution: open(&sources.solution, solution_place(slug))?,
            checker: checker.transpose()?.unwrap_or_default(),
            wrong_solutions: wrong.transpose()?.unwrap_or_else(|| "[]".to_owned()),
            tests: open_all(&key, problem, &sealed.tests)?,
        })
    }

    /// What tells two states of a test apart. Nobody without the key can try out what a test is.
    pub fn etag(&self, test: &Test, subtask: Option<&str>) -> String {
        let Test {
            number,
            hidden,
            input,
            expected,
        } = test;
        let content = serde_json::json!([number, hidden, input, expected, subtask]).to_string();
        self.master.fingerprint(content.as_bytes())
    }

    /// All tests of a problem, in order, and the etag of the problem that they belong to. For
    /// grading only.
    pub async fn all(&self, problem: &Slug) -> Result<(Vec<Test>, String), Error> {
        let (tests, etag) = self.read(problem, Which::ALL).await?;
        Ok((tests.into_iter().map(|stored| stored.test).collect(), etag))
    }

    /// The author's own checker, if the problem has one, and the etag of the problem that it
    /// belongs to. For grading only.
    pub async fn checker(&self, problem: &Slug) -> Result<(Option<CustomChecker>, String), Error> {
        let sealed = store::checker(self.db.read(), problem.as_str()).await?;
        let sealed = sealed.ok_or(Error::NotFound("problem"))?;
        let key = self.open_key(&sealed.wrapped_key, problem)?;
        let open = |sealed: Vec<u8>| key.open(&sealed, &checker_place(problem.as_str()));
        let source = sealed.checker.map(open).transpose();
        let source = source.map_err(|error| Error::internal("open a checker", error))?;
        Ok((source.map(CustomChecker::new), sealed.etag))
    }

    /// The tests that students may see.
    pub async fn examples(&self, problem: &Slug) -> Result<Vec<Test>, Error> {
        let public = Which {
            public_only: true,
            ..Which::ALL
        };
        let (tests, _) = self.read(problem, public).await?;
        Ok(tests.into_iter().map(|stored| stored.test).collect())
    }

    /// A page of tests, for authors.
    pub async fn list(
        &self,
        problem: &Slug,
        page: &Page<u32>,
    ) -> Result<(Vec<TestCase>, String), Error> {
        let which = Which {
            after: page.after.unwrap_or(0),
            limit: page.fetch(),
            ..Which::ALL
        };
        let (tests, _) = self.read(problem, which).await?;
        Ok(page.finish(tests, |stored| stored.test.number))
    }

    async fn read(&self, problem: &Slug, which: Which) -> Result<(Vec<TestCase>, String), Error> {
        let sealed = store::list(self.db.read(), problem.as_str(), which).await?;
        let sealed = sealed.ok_or(Error::NotFound("problem"))?;
        let key = self.open_key(&sealed.wrapped_key, problem)?;
        Ok((open_all(&key, problem, &sealed.tests)?, sealed.etag))
    }

    fn open_key(&self, wrapped: &[u8], problem: &Slug) -> Result<DataKey, Error> {
        self.master
            .unwrap(wrapped, problem.as_str())
            .map_err(|error| Error::internal("open the key of a problem", error))
    }
}

fn open_all(key: &DataKey, problem: &Slug, sealed: &[SealedTest]) -> Result<Vec<TestCase>, Error> {
    let opened = sealed.iter().map(|sealed| {
        Ok(TestCase {
            id: sealed.id,
            test: open(key, problem, sealed)?,
        })
    });
    opened.collect()
}

fn open(key: &DataKey, problem: &Slug, sealed: &SealedTest) -> Result<Test, Error> {
    let SealedTest {
        id,
        number,
        hidden,
        input,
        expected,
    } = sealed;
    let open = |text: &[u8], field| -> Result<String, CannotOpen> {
        key.open(text, &place(problem.as_str(), *id, *number, *hidden, field))
    };
    let cannot_open = |error| Error::internal("open a test case", error);
    Ok(Test {
        number: *number,
        hidden: *hidden,
        input: open(input, Field::Input).map_err(cannot_open)?,
        expected: open(expected, Field::Expected).map_err(cannot_open)?,
    })
}

#[cfg(test)]
mod tests;
