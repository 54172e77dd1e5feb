//! SQL of the request_ids.

use jiff::Timestamp;

use super::Key;
use crate::platform::db::{self, Connection, Executor, from_micros, to_micros};

/// A request_id that was seen before.
pub struct Found {
    pub body: Vec<u8>,
    /// None while the first call is at work.
    pub answer: Option<Vec<u8>>,
    pub claim_time: Timestamp,
}

/// Reads a claim.
pub async fn find(db: impl Executor, key: &Key) -> Result<Option<Found>, sqlx::Error> {
    let row = db::query(
        "SELECT body_hash, answer, claim_time FROM request_ids
         WHERE user_id = $1 AND method = $2 AND request_id = $3",
    )
    .bind(&key.user_id)
    .bind(key.method)
    .bind(&key.request_id)
    .fetch_optional(db)
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
    tx: &mut Connection,
    key: &Key,
    body: &[u8],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    db::query(
        "INSERT INTO request_ids (user_id, method, request_id, body_hash, claim_time)
         VALUES ($1, $2, $3, $4, $5)",
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
    tx: &mut Connection,
    key: &Key,
    body: &[u8],
    answer: &[u8],
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let result = db::query(
        "INSERT INTO request_ids (user_id, method, request_id, body_hash, claim_time, answer)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (user_id, method, request_id) DO UPDATE
             SET answer = excluded.answer, claim_time = excluded.claim_time
             WHERE request_ids.answer IS NULL
                 AND request_ids.body_hash = excluded.body_hash",
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
pub async fn take_over(tx: &mut Connection, key: &Key, now: Timestamp) -> Result<(), sqlx::Error> {
    db::query(
        "UPDATE request_ids SET claim_time = $1
         WHERE user_id = $2 AND method = $3 AND request_id = $4",
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
pub async fn complete(tx: &mut Connection, key: &Key, answer: &[u8]) -> Result<(), sqlx::Error> {
    db::query(
        "UPDATE request_ids SET answer = $1 WHERE user_id = $2 AND method = $3 AND request_id = $4",
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
pub async fn delete(tx: &mut Connection, key: &Key) -> Result<(), sqlx::Error> {
    db::query("DELETE FROM request_ids WHERE user_id = $1 AND method = $2 AND request_id = $3")
        .bind(&key.user_id)
        .bind(key.method)
        .bind(&key.request_id)
        .execute(tx)
        .await?;
    Ok(())
}

/// How many claims are from before a time.
pub async fn count_old(pool: &db::Pool, before: Timestamp) -> Result<u64, sqlx::Error> {
    db::query_scalar("SELECT count(*) FROM request_ids WHERE claim_time < $1")
        .bind(to_micros(before))
        .fetch_one(pool)
        .await
}

/// Deletes up to `most` claims from before a time; says how many.
pub async fn delete_old(
    tx: &mut Connection,
    before: Timestamp,
    most: u32,
) -> Result<u64, sqlx::Error> {
    let result = db::query(
        "DELETE FROM request_ids WHERE (user_id, method, request_id) IN
             (SELECT user_id, method, request_id FROM request_ids WHERE claim_time < $1
              ORDER BY claim_time LIMIT $2)",
    )
    .bind(to_micros(before))
    .bind(most)
    .execute(tx)
    .await?;
    Ok(result.rows_affected())
}
