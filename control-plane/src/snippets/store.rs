//! SQL of the shared code.

use jiff::Timestamp;

use super::model::{Snippet, SnippetId, StoredSnippet};
use crate::execution::store::{from_json, to_json};
use crate::platform::db::{self, Connection, Pool, from_micros, from_text, to_micros};
use crate::platform::ids::UserId;

/// What a user's live snippets take.
#[derive(Debug)]
pub struct Charged {
    pub bytes: u64,
    /// When the first of them goes.
    pub first_expire_time: Option<Timestamp>,
}

/// Stores new code.
pub async fn insert(tx: &mut Connection, stored: &StoredSnippet<'_>) -> Result<(), sqlx::Error> {
    let StoredSnippet {
        user_id,
        snippet,
        charge,
    } = stored;
    db::query(
        "INSERT INTO snippets (id, user_id, program, profile, charge, create_time, expire_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(snippet.id.to_string())
    .bind(user_id.to_string())
    .bind(to_json(&snippet.program)?.into_bytes())
    .bind(snippet.profile.word())
    .bind(i64::try_from(*charge).unwrap_or(i64::MAX))
    .bind(to_micros(snippet.create_time))
    .bind(to_micros(snippet.expire_time))
    .execute(tx)
    .await?;
    Ok(())
}

/// What a user's live snippets take.
pub async fn charged(
    tx: &mut Connection,
    user_id: UserId,
    now: Timestamp,
) -> Result<Charged, sqlx::Error> {
    let row = db::query(
        "SELECT CAST(coalesce(sum(charge), 0) AS BIGINT) AS bytes, min(expire_time) AS first
         FROM snippets WHERE user_id = $1 AND expire_time > $2",
    )
    .bind(user_id.to_string())
    .bind(to_micros(now))
    .fetch_one(tx)
    .await?;
    let (bytes, first): (i64, Option<i64>) = (row.try_get("bytes")?, row.try_get("first")?);
    Ok(Charged {
        bytes: u64::try_from(bytes).unwrap_or(0),
        first_expire_time: first.map(from_micros).transpose()?,
    })
}

/// Code that has not expired.
pub async fn live(
    db: &Pool,
    id: SnippetId,
    now: Timestamp,
) -> Result<Option<Snippet>, sqlx::Error> {
    let row = db::query(
        "SELECT program, profile, create_time, expire_time
         FROM snippets WHERE id = $1 AND expire_time > $2",
    )
    .bind(id.to_string())
    .bind(to_micros(now))
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Snippet {
        id,
        program: from_json(row.try_get("program")?)?,
        profile: from_text(row.try_get("profile")?)?,
        create_time: from_micros(row.try_get("create_time")?)?,
        expire_time: from_micros(row.try_get("expire_time")?)?,
    }))
}

/// How many were shared before a time.
pub async fn count_old(db: &Pool, before: Timestamp) -> Result<u64, sqlx::Error> {
    db::query_scalar("SELECT count(*) FROM snippets WHERE create_time < $1")
        .bind(to_micros(before))
        .fetch_one(db)
        .await
}

/// Deletes some that were shared before a time. Says how many.
pub async fn delete_old(
    tx: &mut Connection,
    before: Timestamp,
    most: u32,
) -> Result<u64, sqlx::Error> {
    let result = db::query(
        "DELETE FROM snippets WHERE id IN
             (SELECT id FROM snippets WHERE create_time < $1 ORDER BY create_time LIMIT $2)",
    )
    .bind(to_micros(before))
    .bind(most)
    .execute(tx)
    .await?;
    Ok(result.rows_affected())
}
