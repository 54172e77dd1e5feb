//! SQL of the tests.

use super::model::SealedTest;
use crate::platform::db::{self, Connection, Executor, Pool, Row, from_text};

/// What a problem's row has of its secrets.
pub struct SealedSources {
    pub wrapped_key: Vec<u8>,
    pub solution: Vec<u8>,
    /// None unless the author wrote one.
    pub checker: Option<Vec<u8>>,
    /// None in what was stored before there were any.
    pub wrong_solutions: Option<Vec<u8>>,
}

/// The sealed secrets of a problem but its tests; none when there is no such problem.
pub async fn sources(
    db: impl Executor,
    problem: &str,
) -> Result<Option<SealedSources>, sqlx::Error> {
    let row = db::query(
        "SELECT wrapped_key, solution_ciphertext, checker_ciphertext, wrong_ciphertext
         FROM problems WHERE slug = $1",
    )
    .bind(problem)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(SealedSources {
        wrapped_key: row.try_get("wrapped_key")?,
        solution: row.try_get("solution_ciphertext")?,
        checker: row.try_get("checker_ciphertext")?,
        wrong_solutions: row.try_get("wrong_ciphertext")?,
    }))
}

/// The author's own checker of a problem, with what is needed to open it.
pub struct SealedChecker {
    pub wrapped_key: Vec<u8>,
    /// Of the problem that it is the checker of.
    pub etag: String,
    /// None unless the author wrote one.
    pub checker: Option<Vec<u8>>,
}

/// The sealed checker of a problem; none when there is no such problem.
pub async fn checker(db: &Pool, problem: &str) -> Result<Option<SealedChecker>, sqlx::Error> {
    let row = db::query(
        "SELECT wrapped_key, fingerprint, checker_ciphertext FROM problems WHERE slug = $1",
    )
    .bind(problem)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(SealedChecker {
        wrapped_key: row.try_get("wrapped_key")?,
        etag: row.try_get("fingerprint")?,
        checker: row.try_get("checker_ciphertext")?,
    }))
}

/// Tests of a problem, with what is needed to open them.
pub struct SealedTests {
    pub wrapped_key: Vec<u8>,
    /// Of the problem that they are the tests of.
    pub etag: String,
    /// In order.
    pub tests: Vec<SealedTest>,
}

/// Which tests of a problem are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Which {
    /// Only those with a higher number.
    pub after: u32,
    /// Only those that students may see.
    pub public_only: bool,
    /// At most so many.
    pub limit: i64,
}

impl Which {
    /// All tests.
    pub const ALL: Self = Self {
        after: 0,
        public_only: false,
        limit: i64::MAX,
    };
}

/// Tests of a problem in order; none when there is no such problem. In one statement, because an
/// author who changes the problem meanwhile seals its tests under another key.
pub async fn list(
    db: impl Executor,
    problem: &str,
    which: Which,
) -> Result<Option<SealedTests>, sqlx::Error> {
    let rows = db::query(
        "SELECT problems.wrapped_key, problems.fingerprint, test_cases.id, test_cases.number,
             test_cases.hidden, test_cases.input_ciphertext, test_cases.expected_ciphertext
         FROM problems
         LEFT JOIN test_cases ON test_cases.problem = problems.slug AND test_cases.number > $2
             AND test_cases.hidden <= $3
         WHERE problems.slug = $1 ORDER BY test_cases.number LIMIT $4",
    )
    .bind(problem)
    .bind(which.after)
    .bind(!which.public_only)
    .bind(which.limit)
    .fetch_all(db)
    .await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let (wrapped_key, etag) = (first.try_get("wrapped_key")?, first.try_get("fingerprint")?);
    let is_test = |row: &Row| {
        row.try_get::<Option<String>, _>("id")
            .map(|id| id.is_some())
    };
    let mut tests = Vec::with_capacity(rows.len());
    for row in rows {
        if is_test(&row)? {
            tests.push(sealed_test(row)?);
        }
    }
    Ok(Some(SealedTests {
        wrapped_key,
        etag,
        tests,
    }))
}

/// Replaces all tests of a problem.
pub async fn replace(
    tx: &mut Connection,
    problem: &str,
    tests: &[SealedTest],
) -> Result<(), sqlx::Error> {
    db::query("DELETE FROM test_cases WHERE problem = $1")
        .bind(problem)
        .execute(&mut *tx)
        .await?;
    for test in tests {
        db::query(
            "INSERT INTO test_cases
             (id, problem, number, hidden, input_ciphertext, expected_ciphertext)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(test.id.to_string())
        .bind(problem)
        .bind(test.number)
        .bind(test.hidden)
        .bind(&test.input)
        .bind(&test.expected)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

fn sealed_test(row: Row) -> Result<SealedTest, sqlx::Error> {
    Ok(SealedTest {
        id: from_text(row.try_get("id")?)?,
        number: row.try_get("number")?,
        hidden: row.try_get("hidden")?,
        input: row.try_get("input_ciphertext")?,
        expected: row.try_get("expected_ciphertext")?,
    })
}
