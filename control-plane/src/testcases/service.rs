//! Seals and opens the tests of problems. Who may ask for which tests is decided by the callers:
//! the public ones for everybody, all of them for authors and for grading.

use std::sync::Arc;

use super::model::{Field, SealedTest, TestCase, checker_place, place, solution_place};
use super::store;
use crate::judge::CustomChecker;
use crate::platform::db::Db;
use crate::platform::errors::Error;
use crate::platform::ids::TestCaseId;
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

    /// Seals tests, reference solution and the author's own checker, empty for none, of a problem
    /// under a new key.
    pub fn seal(
        &self,
        problem: &Slug,
        tests: &[Test],
        solution: &str,
        checker: &str,
    ) -> SealedProblem {
        let slug = problem.as_str();
        let key = DataKey::generate();
        let seal_test = |test: &Test| {
            let id = TestCaseId::new();
            let place = |field| place(slug, id, test.number, test.hidden, field);
            SealedTest {
                id,
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
            wrapped_key: self.master.wrap(&key, slug),
        }
    }

    /// All tests of a problem, in order. For grading only.
    pub async fn all(&self, problem: &Slug) -> Result<Vec<Test>, Error> {
        let key = self.key(problem).await?;
        let sealed = store::list(self.db.read(), problem.as_str(), 0, i64::MAX).await?;
        sealed
            .iter()
            .map(|sealed| open(&key, problem, sealed))
            .collect()
    }

    /// The author's own checker, if the problem has one. For grading only.
    pub async fn checker(&self, problem: &Slug) -> Result<Option<CustomChecker>, Error> {
        let key = self.key(problem).await?;
        let sealed = store::checker(self.db.read(), problem.as_str()).await?;
        let open = |sealed: Vec<u8>| key.open(&sealed, &checker_place(problem.as_str()));
        let source = sealed.map(open).transpose();
        let source = source.map_err(|error| Error::internal("open a checker", error))?;
        Ok(source.map(CustomChecker::new))
    }

    /// The tests that students may see.
    pub async fn examples(&self, problem: &Slug) -> Result<Vec<Test>, Error> {
        let key = self.key(problem).await?;
        let sealed = store::list_public(self.db.read(), problem.as_str()).await?;
        sealed
            .iter()
            .map(|sealed| open(&key, problem, sealed))
            .collect()
    }

    /// A page of tests, for authors.
    pub async fn list(
        &self,
        problem: &Slug,
        page: &Page<u32>,
    ) -> Result<(Vec<TestCase>, String), Error> {
        let key = self.key(problem).await?;
        let after = page.after.unwrap_or(0);
        let rows = store::list(self.db.read(), problem.as_str(), after, page.fetch()).await?;
        let (rows, next) = page.finish(rows, |row| row.number);
        let tests = rows
            .iter()
            .map(|sealed| {
                Ok(TestCase {
                    id: sealed.id,
                    test: open(&key, problem, sealed)?,
                })
            })
            .collect::<Result<_, Error>>()?;
        Ok((tests, next))
    }

    async fn key(&self, problem: &Slug) -> Result<DataKey, Error> {
        let wrapped = store::wrapped_key(self.db.read(), problem.as_str()).await?;
        let wrapped = wrapped.ok_or(Error::NotFound("problem"))?;
        self.master
            .unwrap(&wrapped, problem.as_str())
            .map_err(|error| Error::internal("open the key of a problem", error))
    }
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
