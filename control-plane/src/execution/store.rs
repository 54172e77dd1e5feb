//! SQL of runs. Every write of a result names the attempt that it belongs to and finds the state
//! that the state machine asks for, so that a result is stored exactly once.

mod left;

use jiff::Timestamp;

use super::kept::RunFile;
use super::model::{Ending, Event, Profile, Program, Run, State};
use crate::platform::db::{self, Connection, Pool, Row, from_micros, from_text, to_micros};
use crate::platform::ids::{RunId, UserId};
pub use left::{Unfinished, any_requeued, count_old, delete_old, recover, take_requeued};

/// A run that was accepted.
#[derive(Debug)]
pub struct NewRun<'a> {
    /// Names it.
    pub id: RunId,
    /// Whose it is.
    pub user: UserId,
    /// The call that made it.
    pub call_id: String,
    /// The program.
    pub program: &'a Program,
    /// What it finds in its interpreter.
    pub profile: Profile,
    /// Standard input from the start.
    pub stdin: &'a [u8],
    /// Standard input stays open.
    pub interactive: bool,
    /// Files that it leaves are kept.
    pub collect_files: bool,
    /// When it was accepted.
    pub create_time: Timestamp,
}

/// What a worker needs to know of a run.
#[derive(Debug)]
pub struct Work {
    /// The program.
    pub program: Program,
    /// What it finds in its interpreter.
    pub profile: Profile,
    /// Standard input from the start.
    pub stdin: Vec<u8>,
    /// The call that made it.
    pub call_id: String,
    /// Files that it leaves are kept.
    pub collect_files: bool,
    /// How often it was claimed.
    pub attempt: u32,
}

/// A stored run with what its watchers need.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The run.
    pub run: Run,
    /// The attempt that gave the result.
    pub attempt: u32,
    /// The order of its output.
    pub order: Vec<i64>,
}

/// Stores a new run, and counts it for its user.
pub async fn insert(tx: &mut Connection, run: &NewRun<'_>) -> Result<(), sqlx::Error> {
    db::query(
        "INSERT INTO runs (id, user_id, call_id, state, program, profile, stdin, interactive,
             collect_files, create_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(run.id.to_string())
    .bind(run.user.to_string())
    .bind(&run.call_id)
    .bind(State::Queued.word())
    .bind(to_json(run.program)?.into_bytes())
    .bind(run.profile.word())
    .bind(run.stdin)
    .bind(run.interactive)
    .bind(run.collect_files)
    .bind(to_micros(run.create_time))
    .execute(&mut *tx)
    .await?;
    db::query("UPDATE users SET run_count = run_count + 1 WHERE id = $1")
        .bind(run.user.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// Takes a run for the attempt after `attempt`, and adds notes. False when somebody else did, or when
/// it has ended.
pub async fn claim(
    tx: &mut Connection,
    id: RunId,
    attempt: u32,
    notes: &str,
) -> Result<bool, sqlx::Error> {
    let Some(state) = next_state(tx, id, attempt, Event::Claimed).await? else {
        return Ok(false);
    };
    db::query(
        "UPDATE runs SET state = $1, attempt = attempt + 1, waiting = $2, notes = notes || $3
         WHERE id = $4",
    )
    .bind(state.word())
    .bind(false)
    .bind(notes)
    .bind(id.to_string())
    .execute(tx)
    .await?;
    Ok(true)
}

/// Whether a run is at this attempt and has not ended. For a repeat of `claim` whose first commit
/// got no answer: the run is ours then, because nobody else works on it.
pub async fn is_claimed(tx: &mut Connection, id: RunId, attempt: u32) -> Result<bool, sqlx::Error> {
    db::query_scalar(
        "SELECT count(*) FROM runs WHERE id = $1 AND attempt = $2 AND state = 'running'",
    )
    .bind(id.to_string())
    .bind(attempt)
    .fetch_one(tx)
    .await
}

/// Whether it was this end that was stored. For a repeat of `finish` whose first commit got no
/// answer.
pub async fn is_finished(tx: &mut Connection, stored: &Stored) -> Result<bool, sqlx::Error> {
    db::query_scalar(
        "SELECT count(*) FROM runs
         WHERE id = $1 AND attempt = $2 AND state = 'finished' AND finish_time = $3",
    )
    .bind(stored.run.id.to_string())
    .bind(stored.attempt)
    .bind(stored.run.finish_time.map(to_micros))
    .fetch_one(tx)
    .await
}

/// How often a run has lost its runner. None when the attempt is not the last one any more, or the run has ended.
pub async fn losses(
    tx: &mut Connection,
    id: RunId,
    attempt: u32,
) -> Result<Option<u32>, sqlx::Error> {
    if next_state(tx, id, attempt, Event::Lost).await?.is_none() {
        return Ok(None);
    }
    db::query_scalar("SELECT loss_count FROM runs WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(tx)
        .await
}

/// Notes that a run waits for its next attempt, and how often it has lost its runner. False when the attempt is not
/// the last one any more, or the run has ended.
pub async fn wait(
    tx: &mut Connection,
    id: RunId,
    attempt: u32,
    losses: u32,
    notes: &str,
) -> Result<bool, sqlx::Error> {
    if next_state(tx, id, attempt, Event::Lost).await?.is_none() {
        return Ok(false);
    }
    // A repeat adds no notes.
    db::query(
        "UPDATE runs SET loss_count = $1, waiting = $2,
             notes = CASE WHEN waiting = $2 THEN notes ELSE notes || $3 END
         WHERE id = $4",
    )
    .bind(losses)
    .bind(true)
    .bind(notes)
    .bind(id.to_string())
    .execute(tx)
    .await?;
    Ok(true)
}

/// Stores the end of an attempt. False when the attempt is not the last one any more, or the run
/// has ended already.
pub async fn finish(
    tx: &mut Connection,
    stored: &Stored,
    ending: &Ending,
    files: &[(RunFile, Vec<u8>)],
    event: Event,
    notes: &str,
) -> Result<bool, sqlx::Error> {
    let Stored {
        run,
        attempt,
        order,
    } = stored;
    let Some(state) = next_state(tx, run.id, *attempt, event).await? else {
        return Ok(false);
    };
    let Ending {
        outcome,
        exit_code,
        signal,
        usage,
        compile_error,
    } = ending;
    db::query(
        "UPDATE runs SET state = $1, outcome = $2, exit_code = $3, signal = $4, usage = $5,
             compile_error = $6, stdout = $7, stderr = $8, output_order = $9, start_time = $10,
             finish_time = $11, files = $12, explanation = $13, drawing = $14, notes = notes || $15
         WHERE id = $16",
    )
    .bind(state.word())
    .bind(outcome.word())
    .bind(exit_code)
    .bind(signal)
    .bind(usage.as_ref().map(to_json).transpose()?)
    .bind(compile_error.as_ref().map(to_json).transpose()?)
    .bind(&run.stdout)
    .bind(&run.stderr)
    .bind(to_json(order)?)
    .bind(run.start_time.map(to_micros))
    .bind(run.finish_time.map(to_micros))
    .bind(run.files.as_ref().map(to_json).transpose()?)
    .bind(run.explanation.as_ref().map(to_json).transpose()?)
    .bind(&run.drawing)
    .bind(notes)
    .bind(run.id.to_string())
    .execute(&mut *tx)
    .await?;
    for (file, content) in files {
        db::query(
            "INSERT INTO run_files (run_id, path, media_type, content) VALUES ($1, $2, $3, $4)",
        )
        .bind(run.id.to_string())
        .bind(&file.path)
        .bind(&file.media_type)
        .bind(content)
        .execute(&mut *tx)
        .await?;
    }
    Ok(true)
}

/// A file of a run, and its content.
pub async fn file(
    pool: &Pool,
    id: RunId,
    path: &str,
) -> Result<Option<(RunFile, Vec<u8>)>, sqlx::Error> {
    let row = db::query(
        "SELECT path, media_type, content FROM run_files WHERE run_id = $1 AND path = $2",
    )
    .bind(id.to_string())
    .bind(path)
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let content: Vec<u8> = row.try_get("content")?;
    let file = RunFile {
        path: row.try_get("path")?,
        media_type: row.try_get("media_type")?,
        size_bytes: content.len() as u64,
    };
    Ok(Some((file, content)))
}

/// Bytes of all files that are kept of a user's runs.
pub async fn kept_bytes(pool: &Pool, user: UserId) -> Result<u64, sqlx::Error> {
    let bytes: i64 = db::query_scalar(
        "SELECT COALESCE(SUM(LENGTH(content)), 0) FROM run_files
         WHERE run_id IN (SELECT id FROM runs WHERE user_id = $1)",
    )
    .bind(user.to_string())
    .fetch_one(pool)
    .await?;
    Ok(u64::try_from(bytes).unwrap_or(0))
}

/// Where the state machine moves a run whose last attempt is this one.
async fn next_state(
    tx: &mut Connection,
    id: RunId,
    attempt: u32,
    event: Event,
) -> Result<Option<State>, sqlx::Error> {
    let state: Option<String> =
        db::query_scalar("SELECT state FROM runs WHERE id = $1 AND attempt = $2 FOR NO KEY UPDATE")
            .bind(id.to_string())
            .bind(attempt)
            .fetch_optional(tx)
            .await?;
    let Some(state) = state else { return Ok(None) };
    Ok(from_text::<State>(&state)?.after(event).ok())
}

/// What a worker needs to run it.
pub async fn work(pool: &Pool, id: RunId) -> Result<Option<Work>, sqlx::Error> {
    let row = db::query(
        "SELECT program, profile, stdin, call_id, collect_files, attempt FROM runs WHERE id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Work {
        program: from_json(row.try_get("program")?)?,
        profile: from_text(row.try_get("profile")?)?,
        stdin: row.try_get("stdin")?,
        call_id: row.try_get("call_id")?,
        collect_files: row.try_get("collect_files")?,
        attempt: row.try_get("attempt")?,
    }))
}

/// A run with its output.
pub async fn get(pool: &Pool, id: RunId) -> Result<Option<Stored>, sqlx::Error> {
    let row = db::query(
        "SELECT id, user_id, state, outcome, exit_code, signal, usage, compile_error, stdout,
             stderr, drawing, output_order, create_time, start_time, finish_time, files, explanation,
             attempt
         FROM runs WHERE id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let mut run = head(&row)?;
    run.ending = ending(&row)?;
    run.stdout = row.try_get("stdout")?;
    run.stderr = row.try_get("stderr")?;
    run.drawing = row.try_get("drawing")?;
    run.finish_time = time(&row, "finish_time")?;
    let json = |column| row.try_get::<Option<&str>, _>(column);
    run.files = json("files")?
        .map(|text| from_json(text.as_bytes()))
        .transpose()?;
    run.explanation = json("explanation")?
        .map(|text| from_json(text.as_bytes()))
        .transpose()?;
    let order = from_json(row.try_get("output_order")?)?;
    Ok(Some(Stored {
        run,
        attempt: row.try_get("attempt")?,
        order,
    }))
}

fn head(row: &Row) -> Result<Run, sqlx::Error> {
    Ok(Run {
        id: from_text(row.try_get("id")?)?,
        user: from_text(row.try_get("user_id")?)?,
        state: from_text(row.try_get("state")?)?,
        ending: None,
        stdout: Vec::new(),
        stderr: Vec::new(),
        drawing: Vec::new(),
        queue_position: None,
        create_time: from_micros(row.try_get("create_time")?)?,
        start_time: time(row, "start_time")?,
        finish_time: None,
        files: None,
        explanation: None,
    })
}

fn ending(row: &Row) -> Result<Option<Ending>, sqlx::Error> {
    let Some(outcome) = row.try_get::<Option<&str>, _>("outcome")? else {
        return Ok(None);
    };
    let json = |column| row.try_get::<Option<&str>, _>(column);
    Ok(Some(Ending {
        outcome: from_text(outcome)?,
        exit_code: row.try_get("exit_code")?,
        signal: row.try_get("signal")?,
        usage: json("usage")?
            .map(|text| from_json(text.as_bytes()))
            .transpose()?,
        compile_error: json("compile_error")?
            .map(|text| from_json(text.as_bytes()))
            .transpose()?,
    }))
}

fn time(row: &Row, column: &str) -> Result<Option<Timestamp>, sqlx::Error> {
    row.try_get::<Option<i64>, _>(column)?
        .map(from_micros)
        .transpose()
}

pub fn to_json<T: serde::Serialize>(value: &T) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))
}

pub fn from_json<T: serde::de::DeserializeOwned>(text: &[u8]) -> Result<T, sqlx::Error> {
    serde_json::from_slice(text).map_err(|error| sqlx::Error::Decode(error.into()))
}
