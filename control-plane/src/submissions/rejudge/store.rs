//! SQL of rejudges. Every write finds the state that the one before it left, so that each may be
//! repeated, by this process or the next one.
//!
//! What a rejudge counts stands with it, or a page of them would look at a million items. Whoever
//! changes an item changes the counts in the same transaction, and locks the rejudge before the
//! item (`lock`), so that nobody waits in a circle.

mod counts;
mod items;

use jiff::Timestamp;

use super::model::{Change, Counts, Rejudge, State};
use crate::platform::db::{
    self, AFTER_ALL_IDS, Connection, Pool, QueryBuilder, Row, from_micros, from_text, to_micros,
};
use crate::platform::ids::{RejudgeId, UserId};
use crate::submissions::store::from_json;
pub use items::{
    Due, Item, choose, due, forget_submission, graded, replace_grade, skip, unwritten, waiting,
    written,
};

/// A rejudge with its counts.
const SELECT: &str = "SELECT id, problem, etag, state, create_time, finish_time,
        submission_count, graded_count, changed_count, applied_count, skipped_count, failed_count
    FROM rejudges";

/// A rejudge that there is something to do for.
#[derive(Debug)]
pub struct Open {
    /// Names it.
    pub id: RejudgeId,
    /// Slug.
    pub problem: String,
    /// Of the problem's content that its submissions are graded by.
    pub etag: String,
}

/// Stores a new rejudge. False when another one of the problem is not decided.
pub async fn insert(
    tx: &mut Connection,
    id: RejudgeId,
    user: UserId,
    (problem, etag): (&str, &str),
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = db::query(
        "INSERT INTO rejudges (id, user_id, problem, etag, state, create_time)
         VALUES ($1, $2, $3, $4, 'grading', $5) ON CONFLICT DO NOTHING",
    )
    .bind(id.to_string())
    .bind(user.to_string())
    .bind(problem)
    .bind(etag)
    .bind(to_micros(now))
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Lets nobody else move a rejudge on until the transaction ends. False when there is none.
pub async fn lock(tx: &mut Connection, id: RejudgeId) -> Result<bool, sqlx::Error> {
    let row = db::query("SELECT id FROM rejudges WHERE id = $1 FOR NO KEY UPDATE")
        .bind(id.to_string())
        .fetch_optional(tx)
        .await?;
    Ok(row.is_some())
}

/// A rejudge as it stands. Inside a transaction it sees what that wrote.
pub async fn get(db: impl db::Executor, id: RejudgeId) -> Result<Option<Rejudge>, sqlx::Error> {
    let mut query = QueryBuilder::new(SELECT);
    query.push(" WHERE id = ").push_bind(id.to_string());
    let row = query.build().fetch_optional(db).await?;
    row.as_ref().map(read).transpose()
}

/// Rejudges, newest first; only those before one.
pub async fn list(
    pool: &Pool,
    problem: Option<&str>,
    before: Option<&str>,
    count: i64,
) -> Result<Vec<Rejudge>, sqlx::Error> {
    let mut query = QueryBuilder::new(SELECT);
    query.push(" WHERE id < ");
    query.push_bind(before.unwrap_or(AFTER_ALL_IDS));
    if let Some(problem) = problem {
        query.push(" AND problem = ").push_bind(problem);
    }
    query.push(" ORDER BY id DESC LIMIT ");
    query.push_bind(count);
    let rows = query.build().fetch_all(pool).await?;
    rows.iter().map(read).collect()
}

/// Moves a rejudge on, if it stands there still. One that ends comes with the time.
pub async fn change_state(
    tx: &mut Connection,
    id: RejudgeId,
    from: State,
    to: State,
    finish_time: Option<Timestamp>,
) -> Result<bool, sqlx::Error> {
    let done =
        db::query("UPDATE rejudges SET state = $1, finish_time = $2 WHERE id = $3 AND state = $4")
            .bind(to.word())
            .bind(finish_time.map(to_micros))
            .bind(id.to_string())
            .bind(from.word())
            .execute(tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets what was found.
pub async fn forget(tx: &mut Connection, id: RejudgeId) -> Result<(), sqlx::Error> {
    db::query("DELETE FROM rejudge_items WHERE rejudge_id = $1")
        .bind(id.to_string())
        .execute(&mut *tx)
        .await?;
    counts::recount(tx, id).await
}

/// The oldest rejudge in a state.
pub async fn oldest(pool: &Pool, state: State) -> Result<Option<Open>, sqlx::Error> {
    let row =
        db::query("SELECT id, problem, etag FROM rejudges WHERE state = $1 ORDER BY id LIMIT 1")
            .bind(state.word())
            .fetch_optional(pool)
            .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Open {
        id: from_text(row.try_get("id")?)?,
        problem: row.try_get("problem")?,
        etag: row.try_get("etag")?,
    }))
}

/// Has all that was graded graded again, by other content of the problem. Nothing happens when
/// somebody else did, or when it is not grading any more.
pub async fn begin_anew(tx: &mut Connection, open: &Open, etag: &str) -> Result<(), sqlx::Error> {
    let done = db::query(
        "UPDATE rejudges SET etag = $1 WHERE id = $2 AND etag = $3 AND state = 'grading'",
    )
    .bind(etag)
    .bind(open.id.to_string())
    .bind(&open.etag)
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 1 {
        db::query(
            "UPDATE rejudge_items SET state = 'waiting', changes = 0, old_worth = NULL,
                 new_worth = NULL, new_grade = NULL
             WHERE rejudge_id = $1 AND state IN ('graded', 'failed')",
        )
        .bind(open.id.to_string())
        .execute(&mut *tx)
        .await?;
        counts::recount(tx, open.id).await?;
    }
    Ok(())
}

/// Deletes up to `most` items of rejudges that were decided before a time, or that nobody has
/// decided since then, and those rejudges that have none left. Says how many of both.
pub async fn delete_old(
    tx: &mut Connection,
    before: Timestamp,
    most: u32,
) -> Result<u64, sqlx::Error> {
    let items = db::query(
        "DELETE FROM rejudge_items WHERE (rejudge_id, submission_id) IN
             (SELECT i.rejudge_id, i.submission_id
              FROM rejudges r JOIN rejudge_items i ON i.rejudge_id = r.id
              WHERE r.create_time < $1 AND (r.state = 'ready' OR r.finish_time < $1)
              LIMIT $2)",
    )
    .bind(to_micros(before))
    .bind(most)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if items == u64::from(most) {
        return Ok(items);
    }
    let empty = db::query(
        "DELETE FROM rejudges WHERE id IN
             (SELECT id FROM rejudges
              WHERE create_time < $1 AND (state = 'ready' OR finish_time < $1)
              LIMIT $2)",
    )
    .bind(to_micros(before))
    .bind(most)
    .execute(tx)
    .await?;
    Ok(items + empty.rows_affected())
}

fn read(row: &Row) -> Result<Rejudge, sqlx::Error> {
    let finish_time: Option<i64> = row.try_get("finish_time")?;
    Ok(Rejudge {
        id: from_text(row.try_get("id")?)?,
        problem: row.try_get("problem")?,
        etag: row.try_get("etag")?,
        state: from_text(row.try_get("state")?)?,
        counts: Counts {
            submissions: row.try_get("submission_count")?,
            graded: row.try_get("graded_count")?,
            changed: row.try_get("changed_count")?,
            applied: row.try_get("applied_count")?,
            skipped: row.try_get("skipped_count")?,
            failed: row.try_get("failed_count")?,
        },
        create_time: from_micros(row.try_get("create_time")?)?,
        finish_time: finish_time.map(from_micros).transpose()?,
    })
}

/// The submissions that change, oldest first; only those after one.
pub async fn changes(
    pool: &Pool,
    id: RejudgeId,
    after: Option<&str>,
    count: i64,
) -> Result<Vec<Change>, sqlx::Error> {
    let rows = db::query(
        "SELECT submission_id, user_id, create_time, state, old_worth, new_worth
         FROM rejudge_items
         WHERE rejudge_id = $1 AND submission_id > $2 AND changes = 1
             AND state IN ('graded', 'applied')
         ORDER BY submission_id LIMIT $3",
    )
    .bind(id.to_string())
    .bind(after.unwrap_or(""))
    .bind(count)
    .fetch_all(pool)
    .await?;
    rows.iter().map(read_change).collect()
}

fn read_change(row: &Row) -> Result<Change, sqlx::Error> {
    Ok(Change {
        submission: from_text(row.try_get("submission_id")?)?,
        user: from_text(row.try_get("user_id")?)?,
        create_time: from_micros(row.try_get("create_time")?)?,
        old: from_json(row.try_get("old_worth")?)?,
        new: from_json(row.try_get("new_worth")?)?,
        applied: row.try_get::<&str, _>("state")? == "applied",
    })
}
