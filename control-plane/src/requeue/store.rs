//! SQL of what has not ended, for operators. Reads no program, input or output.

use jiff::Timestamp;

use super::model::Unfinished;
use crate::execution::notes::{How, Note, read};
use crate::history::model::Kind;
use crate::platform::db::{self, Connection, Pool, from_micros, from_text, to_micros};

/// All runs or submissions that have not ended, oldest first.
pub async fn unfinished(pool: &Pool, kind: Kind) -> Result<Vec<Unfinished>, sqlx::Error> {
    let sql = match kind {
        Kind::Run => {
            "SELECT id, state, attempt, create_time, notes FROM runs
             WHERE state <> 'finished' ORDER BY id"
        }
        Kind::Submission => {
            "SELECT id, state, attempt, create_time, notes FROM submissions
             WHERE state <> 'finished' ORDER BY id"
        }
    };
    let rows = db::query(sql).fetch_all(pool).await?;
    rows.iter()
        .map(|row| {
            Ok(Unfinished {
                kind,
                id: row.try_get("id")?,
                state: from_text(row.try_get("state")?)?,
                attempt: row.try_get("attempt")?,
                create_time: from_micros(row.try_get("create_time")?)?,
                notes: read(row.try_get("notes")?),
            })
        })
        .collect()
}

/// Takes it from whoever has it, and marks it to be queued. False when it has ended, or something has
/// happened to it since it was read.
///
/// The number rises by two: a worker may be at the next attempt already and not have claimed it.
pub async fn requeue(
    tx: &mut Connection,
    stuck: &Unfinished,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let sql = match stuck.kind {
        Kind::Run => {
            "UPDATE runs SET attempt = attempt + 2, requeue_time = $1, notes = notes || $2
             WHERE id = $3 AND attempt = $4 AND state = $5"
        }
        Kind::Submission => {
            "UPDATE submissions SET attempt = attempt + 2, requeue_time = $1, notes = notes || $2
             WHERE id = $3 AND attempt = $4 AND state = $5"
        }
    };
    let note = Note::ended(stuck.attempt_at_work(), How::Requeued, now);
    let done = db::query(sql)
        .bind(to_micros(now))
        .bind(note.line())
        .bind(&stuck.id)
        .bind(stuck.attempt)
        .bind(stuck.state.word())
        .execute(tx)
        .await?;
    Ok(done.rows_affected() == 1)
}
