//! SQL of the tests.

use super::model::SealedTest;
use crate::platform::db::{self, Connection, Executor, Pool, Row, from_text};

/// The wrapped data key of a problem; none when there is no such problem.
pub async fn wrapped_key(db: &Pool, problem: &str) -> Result<Option<Vec<u8>>, sqlx::Error> {
    db::query_scalar("SELECT wrapped_key FROM problems WHERE slug = $1")
        .bind(problem)
        .fetch_optional(db)
        .await
}

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

/// The sealed checker of a problem, if its author wrote one.
pub async fn checker(db: &Pool, problem: &str) -> Result<Option<Vec<u8>>, sqlx::Error> {
    let row: Option<Option<Vec<u8>>> =
        db::query_scalar("SELECT checker_ciphertext FROM problems WHERE slug = $1")
            .bind(problem)
            .fetch_optional(db)
            .await?;
    Ok(row.flatten())
}

/// The tests of a problem after a number, in order; at most so many.
pub async fn list(
    db: impl Executor,
    problem: &str,
    after: u32,
    limit: i64,
) -> Result<Vec<SealedTest>, sqlx::Error> {
    db::query(
        "SELECT id, number, hidden, input_ciphertext, expected_ciphertext FROM test_cases
         WHERE problem = $1 AND number > $2 ORDER BY number LIMIT $3",
    )
    .bind(problem)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?
    .into_iter()
    .map(sealed_test)
    .collect()
}

/// The public tests of a problem, in order.
pub async fn list_public(db: &Pool, problem: &str) -> Result<Vec<SealedTest>, sqlx::Error> {
    db::query(
        "SELECT id, number, hidden, input_ciphertext, expected_ciphertext FROM test_cases
         WHERE problem = $1 AND hidden = 0 ORDER BY number",
    )
    .bind(problem)
    .fetch_all(db)
    .await?
    .into_iter()
    .map(sealed_test)
    .collect()
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
