//! SQL of the request_ids.

use jiff::Timestamp;
use sqlx::{Row, SqliteConnection};

use super::Key;
use crate::platform::db::{from_micros, to_micros};

/// A request_id that was seen before.
pub struct Found {
    pub body: Vec<u8>,
    /// None while the first call is at work.
    pub answer: Option<Vec<u8>>,
    pub claim_time: Timestamp,
}

/// Reads a claim.
pub async fn find(tx: &mut SqliteConnection, key: &Key) -> Result<Option<Found>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT body_hash, answer, claim_time FROM request_ids
         WHERE user_id = ? AND method = ? AND request_id = ?",
    )
    .bind(&key.user_id)
    .bind(key.method)
    .bind(&key.request_id)
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Found {
        body: row.try_get("body_hash")?,
        answer: row.try_get("answer")?,
        claim_time: from_micros(row.try_get("claim_time")?)?,
    }))
}

/// Writes a new claim.
pub async fn insert(
    tx: &mut SqliteConnection,
    key: &Key,
    body: &[u8],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO request_ids (user_id, method, request_id, body_hash, claim_time)
         VALUES (?, ?, ?, ?, ?)",
    )
    .bind(&key.user_id)
    .bind(key.method)
    .bind(&key.request_id)
    .bind(body)
    .bind(to_micros(now))
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes a request_id and its answer. False when there is an answer already, or one to come to another
/// body.
pub async fn settle(
    tx: &mut SqliteConnection,
    key: &Key,
    body: &[u8],
    answer: &[u8],
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query(
        "INSERT INTO request_ids (user_id, method, request_id, body_hash, claim_time, answer)
         VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (user_id, method, request_id) DO UPDATE
             SET answer = excluded.answer, claim_time = excluded.claim_time
             WHERE answer IS NULL AND body_hash = excluded.body_hash",
    )
    .bind(&key.user_id)
    .bind(key.method)
    .bind(&key.request_id)
    .bind(body)
    .bind(to_micros(now))
    .bind(answer)
    .execute(tx)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Makes an abandoned claim one of now.
pub async fn take_over(
    tx: &mut SqliteConnection,
    key: &Key,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE request_ids SET claim_time = ?
         WHERE user_id = ? AND method = ? AND request_id = ?",
    )
    .bind(to_micros(now))
    .bind(&key.user_id)
    .bind(key.method)
    .bind(&key.request_id)
    .execute(tx)
    .await?;
    Ok(())
}

/// Stores the answer of a claim.
pub async fn complete(
    tx: &mut SqliteConnection,
    key: &Key,
    answer: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE request_ids SET answer = ? WHERE user_id = ? AND method = ? AND request_id = ?",
    )
    .bind(answer)
    .bind(&key.user_id)
    .bind(key.method)
    .bind(&key.request_id)
    .execute(tx)
    .await?;
    Ok(())
}

/// Deletes a claim.
pub async fn delete(tx: &mut SqliteConnection, key: &Key) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM request_ids WHERE user_id = ? AND method = ? AND request_id = ?")
        .bind(&key.user_id)
        .bind(key.method)
        .bind(&key.request_id)
        .execute(tx)
        .await?;
    Ok(())
}

/// Deletes claims from before a time; says how many.
pub async fn forget(tx: &mut SqliteConnection, before: Timestamp) -> Result<u64, sqlx::Error> {
    let result = sqlx::query("DELETE FROM request_ids WHERE claim_time < ?")
        .bind(to_micros(before))
        .execute(tx)
        .await?;
    Ok(result.rows_affected())
}
