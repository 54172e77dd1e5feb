//! SQL of submissions. As with runs, every write of a result names its attempt and finds the
//! state that the state machine asks for.

use jiff::Timestamp;

use super::model::Submission;
use crate::execution::model::{Event, Program, State};
use crate::execution::notes::{BEFORE_NUMBER, How, Note};
use crate::judge::Verdict;
use crate::platform::db::{self, Connection, Pool, Row, from_micros, from_text, to_micros};
use crate::platform::ids::{SubmissionId, UserId};
use crate::problems::model::{feedback_word, parse_feedback};

const COLUMNS: &str = "id, user_id, problem, state, feedback, verdict, test_results,
    subtask_results, passed_test_count, test_count, points, compile_error, explanation,
    author_message, create_time,
    start_time, finish_time, rejudge_time";

/// What the grader needs to know of a submission.
#[derive(Debug)]
pub struct Work {
    /// The program.
    pub program: Program,
    /// Slug.
    pub problem: String,
    /// The call that made it.
    pub call_id: String,
    /// How often it was claimed.
    pub attempt: u32,
}

/// A submission that a crash or a shutdown left.
#[derive(Debug)]
pub struct Unfinished {
    /// The submission.
    pub submission: Submission,
    /// How often it was claimed.
    pub attempt: u32,
    /// How often it was lost.
    pub losses: u32,
}

/// A stored submission.
#[derive(Debug)]
pub struct Stored {
    /// The submission.
    pub submission: Submission,
    /// The attempt that gave the result.
    pub attempt: u32,
    /// The program.
    pub program: Program,
}

/// Which submissions are listed.
#[derive(Debug)]
pub struct Filter {
    /// Whose.
    pub user: UserId,
    /// Only of this problem.
    pub problem: Option<String>,
    /// Only those before this one.
    pub before: Option<SubmissionId>,
    /// At most so many.
    pub count: i64,
}

/// What became of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// It is deleted, now or since earlier.
    Deleted,
    /// It has not ended.
    NotFinished,
    /// This user has no such submission.
    Missing,
}

/// Stores a new submission.
pub async fn insert(
    tx: &mut Connection,
    submission: &Submission,
    call_id: &str,
    program: &Program,
) -> Result<(), sqlx::Error> {
    db::query(
        "INSERT INTO submissions (id, user_id, problem, call_id, state, program, feedback,
             test_count, create_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(submission.id.to_string())
    .bind(submission.user.to_string())
    .bind(&submission.problem)
    .bind(call_id)
    .bind(State::Queued.word())
    .bind(to_json(program)?.into_bytes())
    .bind(feedback_word(submission.feedback))
    .bind(submission.test_count)
    .bind(to_micros(submission.create_time))
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes a submission for the attempt after `attempt`, and adds notes. False when somebody else did, or
/// when it has ended.
pub async fn claim(
    tx: &mut Connection,
    id: SubmissionId,
    attempt: u32,
    notes: &str,
) -> Result<bool, sqlx::Error> {
    let Some(state) = next_state(tx, id, attempt, Event::Claimed).await? else {
        return Ok(false);
    };
    let claim = "UPDATE submissions SET state = $1, attempt = attempt + 1, notes = notes || $2
         WHERE id = $3";
    db::query(claim)
        .bind(state.word())
        .bind(notes)
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(true)
}

/// Stores the result of an attempt. False when the attempt is not the last one any more, or the
/// submission has ended already.
pub async fn finish(
    tx: &mut Connection,
    submission: &Submission,
    attempt: u32,
    notes: &str,
) -> Result<bool, sqlx::Error> {
    let Some(state) = next_state(tx, submission.id, attempt, Event::Ended).await? else {
        return Ok(false);
    };
    db::query(
        "UPDATE submissions SET state = $1, verdict = $2, test_results = $3, subtask_results = $4,
             passed_test_count = $5, test_count = $6, points = $7, compile_error = $8,
             explanation = $9, author_message = $10, start_time = $11, finish_time = $12,
             notes = notes || $13
         WHERE id = $14",
    )
    .bind(state.word())
    .bind(submission.verdict.map(Verdict::name))
    .bind(to_json(&submission.results)?)
    .bind(to_json(&submission.subtasks)?)
    .bind(submission.passed_test_count)
    .bind(submission.test_count)
    .bind(submission.points)
    .bind(submission.compile_error.as_ref().map(to_json).transpose()?)
    .bind(submission.explanation.as_ref().map(to_json).transpose()?)
    .bind(&submission.author_message)
    .bind(submission.start_time.map(to_micros))
    .bind(submission.finish_time.map(to_micros))
    .bind(notes)
    .bind(submission.id.to_string())
    .execute(tx)
    .await?;
    Ok(true)
}

/// Whether a submission is at this attempt and has not ended. For a repeat of `claim` whose first
/// commit got no answer: the submission is ours then, because nobody else works on it.
pub async fn is_claimed(
    tx: &mut Connection,
    id: SubmissionId,
    attempt: u32,
) -> Result<bool, sqlx::Error> {
    db::query_scalar(
        "SELECT count(*) FROM submissions WHERE id = $1 AND attempt = $2 AND state = 'running'",
    )
    .bind(id.to_string())
    .bind(attempt)
    .fetch_one(tx)
    .await
}

/// Whether it was this result that was stored. For a repeat of `finish` whose first commit got no
/// answer.
pub async fn is_finished(
    tx: &mut Connection,
    submission: &Submission,
    attempt: u32,
) -> Result<bool, sqlx::Error> {
    db::query_scalar(
        "SELECT count(*) FROM submissions
         WHERE id = $1 AND attempt = $2 AND state = 'finished' AND finish_time = $3",
    )
    .bind(submission.id.to_string())
    .bind(attempt)
    .bind(submission.finish_time.map(to_micros))
    .fetch_one(tx)
    .await
}

async fn next_state(
    tx: &mut Connection,
    id: SubmissionId,
    attempt: u32,
    event: Event,
) -> Result<Option<State>, sqlx::Error> {
    let state: Option<String> = db::query_scalar(
        "SELECT state FROM submissions WHERE id = $1 AND attempt = $2 FOR NO KEY UPDATE",
    )
    .bind(id.to_string())
    .bind(attempt)
    .fetch_optional(tx)
    .await?;
    let Some(state) = state else { return Ok(None) };
    Ok(from_text::<State>(&state)?.after(event).ok())
}

/// What the grader needs.
pub async fn work(pool: &Pool, id: SubmissionId) -> Result<Option<Work>, sqlx::Error> {
    let row = db::query("SELECT program, problem, call_id, attempt FROM submissions WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(pool)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Work {
        program: from_json(row.try_get("program")?)?,
        problem: row.try_get("problem")?,
        call_id: row.try_get("call_id")?,
        attempt: row.try_get("attempt")?,
    }))
}

/// A submission that was not deleted.
pub async fn get(pool: &Pool, id: SubmissionId) -> Result<Option<Stored>, sqlx::Error> {
    let mut query = db::QueryBuilder::new("SELECT ");
    query
        .push(COLUMNS)
        .push(", attempt, program FROM submissions WHERE deleted = 0 AND id = ");
    query.push_bind(id.to_string());
    let Some(row) = query.build().fetch_optional(pool).await? else {
        return Ok(None);
    };
    Ok(Some(Stored {
        submission: read(&row)?,
        attempt: row.try_get("attempt")?,
        program: from_json(row.try_get("program")?)?,
    }))
}

/// Submissions, newest first.
pub async fn list(pool: &Pool, filter: &Filter) -> Result<Vec<Submission>, sqlx::Error> {
    let mut query = db::QueryBuilder::new("SELECT ");
    query
        .push(COLUMNS)
        .push(" FROM submissions WHERE deleted = 0 AND user_id = ");
    query.push_bind(filter.user.to_string());
    if let Some(problem) = &filter.problem {
        query.push(" AND problem = ").push_bind(problem.clone());
    }
    if let Some(before) = filter.before {
        query.push(" AND id < ").push_bind(before.to_string());
    }
    query
        .push(" ORDER BY id DESC LIMIT ")
        .push_bind(filter.count);
    query
        .build()
        .fetch_all(pool)
        .await?
        .iter()
        .map(read)
        .collect()
}

/// Deletes the content of a user's finished submission.
pub async fn delete(
    tx: &mut Connection,
    id: SubmissionId,
    user: UserId,
) -> Result<Deletion, sqlx::Error> {
    let state: Option<String> =
        db::query_scalar("SELECT state FROM submissions WHERE id = $1 AND user_id = $2")
            .bind(id.to_string())
            .bind(user.to_string())
            .fetch_optional(&mut *tx)
            .await?;
    let Some(state) = state else {
        return Ok(Deletion::Missing);
    };
    if from_text::<State>(&state)? != State::Finished {
        return Ok(Deletion::NotFinished);
    }
    db::query(
        "UPDATE submissions SET deleted = 1, program = $1, test_results = '[]',
             subtask_results = '[]', compile_error = NULL, explanation = NULL, author_message = ''
         WHERE id = $2",
    )
    .bind(Vec::<u8>::new())
    .bind(id.to_string())
    .execute(tx)
    .await?;
    Ok(Deletion::Deleted)
}

/// After a restart: counts a loss for every submission that was being graded, uses up the number
/// of an attempt that was perhaps begun and not yet claimed, and lists all that have not ended,
/// oldest first. Only for the one process that owns this database.
pub async fn recover(tx: &mut Connection, now: Timestamp) -> Result<Vec<Unfinished>, sqlx::Error> {
    db::query(
        "UPDATE submissions SET loss_count = loss_count + CASE WHEN state = $1 THEN 1 ELSE 0 END,
             attempt = attempt + CASE WHEN state = $2 THEN 1 ELSE 0 END,
             notes = notes || CASE WHEN state = $1 THEN $3 || CAST(attempt AS TEXT) || $4 ELSE '' END,
             requeue_time = NULL
         WHERE state <> 'finished'",
    )
    .bind(State::Running.word())
    .bind(State::Queued.word())
    .bind(BEFORE_NUMBER)
    .bind(Note::ended_behind_number(How::Interrupted, now))
    .execute(&mut *tx)
    .await?;
    let mut query = db::QueryBuilder::new("SELECT ");
    query.push(COLUMNS);
    query.push(", attempt, loss_count FROM submissions WHERE state <> 'finished' ORDER BY id");
    let rows = query.build().fetch_all(tx).await?;
    rows.iter().map(unfinished).collect()
}

/// Whether there are any that an operator wants begun again.
pub async fn any_requeued(pool: &Pool) -> Result<bool, sqlx::Error> {
    db::query_scalar("SELECT count(*) FROM submissions WHERE requeue_time IS NOT NULL")
        .fetch_one(pool)
        .await
}

/// Submissions that an operator wants begun again, and whose wish is taken off the list by this.
pub async fn take_requeued(tx: &mut Connection) -> Result<Vec<Unfinished>, sqlx::Error> {
    let mut query = db::QueryBuilder::new(
        "UPDATE submissions SET requeue_time = NULL
         WHERE requeue_time IS NOT NULL AND state <> 'finished' RETURNING ",
    );
    query.push(COLUMNS).push(", attempt, loss_count");
    let rows = query.build().fetch_all(tx).await?;
    rows.iter().map(unfinished).collect()
}

fn unfinished(row: &Row) -> Result<Unfinished, sqlx::Error> {
    Ok(Unfinished {
        submission: read(row)?,
        attempt: row.try_get("attempt")?,
        losses: row.try_get("loss_count")?,
    })
}

/// How many submissions that were judged before a time there are.
pub async fn count_old(pool: &Pool, before: Timestamp) -> Result<u64, sqlx::Error> {
    db::query_scalar(
        "SELECT count(*) FROM submissions WHERE state = 'finished' AND finish_time < $1",
    )
    .bind(to_micros(before))
    .fetch_one(pool)
    .await
}

/// Deletes up to `count` submissions that ended before a time; says how many.
pub async fn delete_old(
    tx: &mut Connection,
    before: Timestamp,
    count: u32,
) -> Result<u64, sqlx::Error> {
    let result = db::query(
        "DELETE FROM submissions WHERE id IN
             (SELECT id FROM submissions WHERE state = 'finished' AND finish_time < $1 LIMIT $2)",
    )
    .bind(to_micros(before))
    .bind(count)
    .execute(tx)
    .await?;
    Ok(result.rows_affected())
}

fn read(row: &Row) -> Result<Submission, sqlx::Error> {
    let time = |column| {
        row.try_get::<Option<i64>, _>(column)?
            .map(from_micros)
            .transpose()
    };
    let text = |column| row.try_get::<&str, _>(column);
    let optional = |column| row.try_get::<Option<&str>, _>(column);
    Ok(Submission {
        id: from_text(text("id")?)?,
        user: from_text(text("user_id")?)?,
        problem: text("problem")?.to_owned(),
        feedback: parse_feedback(text("feedback")?)
            .map_err(|error| sqlx::Error::Decode(error.into()))?,
        state: from_text(text("state")?)?,
        verdict: optional("verdict")?.map(from_text).transpose()?,
        results: from_json(text("test_results")?.as_bytes())?,
        subtasks: from_json(text("subtask_results")?.as_bytes())?,
        passed_test_count: row.try_get("passed_test_count")?,
        test_count: row.try_get("test_count")?,
        points: row.try_get("points")?,
        compile_error: optional("compile_error")?
            .map(|text| from_json(text.as_bytes()))
            .transpose()?,
        author_message: row.try_get("author_message")?,
        explanation: optional("explanation")?
            .map(|text| from_json(text.as_bytes()))
            .transpose()?,
        queue_position: None,
        create_time: from_micros(row.try_get("create_time")?)?,
        start_time: time("start_time")?,
        finish_time: time("finish_time")?,
        rejudge_time: time("rejudge_time")?,
    })
}

/// As it is stored.
pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// Reads what was stored.
pub(super) fn from_json<T: serde::de::DeserializeOwned>(text: &[u8]) -> Result<T, sqlx::Error> {
    serde_json::from_slice(text).map_err(|error| sqlx::Error::Decode(error.into()))
}
