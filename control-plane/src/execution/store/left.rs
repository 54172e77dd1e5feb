//! SQL of the runs that were left: by a process that ended, by an operator who wants them begun
//! again, and by time.

use jiff::Timestamp;

use super::head;
use crate::execution::model::{Run, State};
use crate::execution::notes::{BEFORE_NUMBER, How, Note};
use crate::platform::db::{self, Connection, Pool, Row, to_micros};

/// A run that a crash or a shutdown left.
#[derive(Debug)]
pub struct Unfinished {
    /// The run, without output.
    pub run: Run,
    /// Standard input stays open.
    pub interactive: bool,
    /// How often it was claimed.
    pub attempt: u32,
    /// How often its runner was lost.
    pub losses: u32,
}

/// After a restart: counts a loss for every run that was in a sandbox, and for none that waited for one; uses up the number of an
/// attempt that was perhaps begun and not yet claimed, and lists all that have not ended, oldest
/// first. Only for the one process that owns this database.
pub async fn recover(tx: &mut Connection, now: Timestamp) -> Result<Vec<Unfinished>, sqlx::Error> {
    db::query(
        "UPDATE runs SET
             loss_count = loss_count + CASE WHEN state = $1 AND waiting = $2 THEN 1 ELSE 0 END,
             attempt = attempt + CASE WHEN state = $3 THEN 1 ELSE 0 END,
             notes = notes || CASE WHEN state = $1 AND waiting = $2
                 THEN $4 || CAST(attempt AS TEXT) || $5 ELSE '' END,
             waiting = $6,
             requeue_time = NULL
         WHERE state <> 'finished'",
    )
    .bind(State::Running.word())
    .bind(false)
    .bind(State::Queued.word())
    .bind(BEFORE_NUMBER)
    .bind(Note::ended_behind_number(How::Interrupted, now))
    .bind(true)
    .execute(&mut *tx)
    .await?;
    let rows = db::query(
        "SELECT id, user_id, state, create_time, start_time, interactive, attempt, loss_count
         FROM runs WHERE state <> 'finished' ORDER BY id",
    )
    .fetch_all(tx)
    .await?;
    rows.iter().map(unfinished).collect()
}

/// Whether there are any that an operator wants begun again.
pub async fn any_requeued(pool: &Pool) -> Result<bool, sqlx::Error> {
    db::query_scalar("SELECT count(*) FROM runs WHERE requeue_time IS NOT NULL")
        .fetch_one(pool)
        .await
}

/// Runs that an operator wants begun again, and whose wish is taken off the list by this.
pub async fn take_requeued(tx: &mut Connection) -> Result<Vec<Unfinished>, sqlx::Error> {
    let rows = db::query(
        "UPDATE runs SET requeue_time = NULL WHERE requeue_time IS NOT NULL AND state <> 'finished'
         RETURNING id, user_id, state, create_time, start_time, interactive, attempt, loss_count",
    )
    .fetch_all(tx)
    .await?;
    rows.iter().map(unfinished).collect()
}

fn unfinished(row: &Row) -> Result<Unfinished, sqlx::Error> {
    Ok(Unfinished {
        run: head(row)?,
        interactive: row.try_get("interactive")?,
        attempt: row.try_get("attempt")?,
        losses: row.try_get("loss_count")?,
    })
}

/// How many runs that ended before a time there are.
pub async fn count_old(pool: &Pool, before: Timestamp) -> Result<u64, sqlx::Error> {
    db::query_scalar("SELECT count(*) FROM runs WHERE state = 'finished' AND finish_time < $1")
        .bind(to_micros(before))
        .fetch_one(pool)
        .await
}

/// Deletes up to `count` runs that ended before a time; says how many.
pub async fn delete_old(
    tx: &mut Connection,
    before: Timestamp,
    count: u32,
) -> Result<u64, sqlx::Error> {
    let result = db::query(
        "DELETE FROM runs WHERE id IN
             (SELECT id FROM runs WHERE state = 'finished' AND finish_time < $1 LIMIT $2)",
    )
    .bind(to_micros(before))
    .bind(count)
    .execute(tx)
    .await?;
    Ok(result.rows_affected())
}
