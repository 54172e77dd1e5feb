//! SQL of rejudges. Every write finds the state that the one before it left, so that each may be
//! repeated, by this process or the next one.

use jiff::Timestamp;

use super::model::{Change, Counts, NewGrade, Rejudge, Selection, State, Worth};
use crate::judge::Verdict;
use crate::platform::db::{
    self, AFTER_ALL_IDS, Connection, Pool, QueryBuilder, Row, from_micros, from_text, to_micros,
};
use crate::platform::ids::{RejudgeId, SubmissionId, UserId};
use crate::submissions::model::Submission;
use crate::submissions::store::{from_json, to_json};

/// A rejudge with its counts.
const SELECT: &str = "SELECT r.id, r.problem, r.etag, r.state, r.create_time, r.finish_time,
        count(i.submission_id) AS submission_count,
        count(CASE WHEN i.state IN ('graded', 'applied') THEN 1 END) AS graded_count,
        count(CASE WHEN i.state IN ('graded', 'applied') AND i.changes = 1 THEN 1 END)
            AS changed_count,
        count(CASE WHEN i.state = 'applied' THEN 1 END) AS applied_count,
        count(CASE WHEN i.state = 'skipped' THEN 1 END) AS skipped_count,
        count(CASE WHEN i.state = 'failed' THEN 1 END) AS failed_count
    FROM rejudges r LEFT JOIN rejudge_items i ON i.rejudge_id = r.id";

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

/// A submission that waits to be graded again.
#[derive(Debug, Clone, Copy)]
pub struct Item {
    /// The submission.
    pub submission: SubmissionId,
    /// The attempt that gave its result.
    pub attempt: u32,
}

/// A change that is to be written.
#[derive(Debug)]
pub struct Due {
    /// The attempt that it is for.
    pub attempt: u32,
    /// What is written.
    pub grade: NewGrade,
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

/// Adds the submissions that a selection means, `most` at most; says how many. Deleted ones are
/// skipped, and so are those that are named and are not there.
pub async fn choose(
    tx: &mut Connection,
    id: RejudgeId,
    selection: &Selection,
    most: u32,
) -> Result<u64, sqlx::Error> {
    let mut query = QueryBuilder::new(
        "INSERT INTO rejudge_items (rejudge_id, submission_id, attempt, state) SELECT ",
    );
    query.push_bind(id.to_string());
    query.push(
        ", id, attempt, CASE WHEN deleted = 1 THEN 'skipped' ELSE 'waiting' END
          FROM submissions WHERE state = 'finished' AND problem = ",
    );
    query.push_bind(&selection.problem);
    if let Some(from) = selection.from {
        query
            .push(" AND create_time >= ")
            .push_bind(to_micros(from));
    }
    if let Some(until) = selection.until {
        query
            .push(" AND create_time < ")
            .push_bind(to_micros(until));
    }
    let verdicts = selection.verdicts.iter().copied().map(Verdict::name);
    push_one_of(&mut query, " AND verdict IN (", verdicts);
    let named = selection.submissions.iter().map(SubmissionId::to_string);
    push_one_of(&mut query, " AND id IN (", named);
    query.push(" ORDER BY id LIMIT ").push_bind(most);
    let chosen = query.build().execute(&mut *tx).await?.rows_affected();
    let mut missing = 0;
    for submission in &selection.submissions {
        missing += skip_missing(tx, id, *submission).await?;
    }
    Ok(chosen + missing)
}

fn push_one_of<T: db::Bind>(
    query: &mut QueryBuilder,
    before: &'static str,
    values: impl Iterator<Item = T>,
) {
    let mut some = false;
    for value in values {
        query.push(if some { ", " } else { before });
        query.push_bind(value);
        some = true;
    }
    if some {
        query.push(")");
    }
}

async fn skip_missing(
    tx: &mut Connection,
    id: RejudgeId,
    submission: SubmissionId,
) -> Result<u64, sqlx::Error> {
    let done = db::query(
        "INSERT INTO rejudge_items (rejudge_id, submission_id, attempt, state)
         VALUES ($1, $2, 0, 'skipped') ON CONFLICT DO NOTHING",
    )
    .bind(id.to_string())
    .bind(submission.to_string())
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
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
    query.push(" WHERE r.id = ").push_bind(id.to_string());
    query.push(" GROUP BY r.id");
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
    query.push(" WHERE r.id < ");
    query.push_bind(before.unwrap_or(AFTER_ALL_IDS));
    if let Some(problem) = problem {
        query.push(" AND r.problem = ").push_bind(problem);
    }
    query.push(" GROUP BY r.id ORDER BY r.id DESC LIMIT ");
    query.push_bind(count);
    let rows = query.build().fetch_all(pool).await?;
    rows.iter().map(read).collect()
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
        .execute(tx)
        .await?;
    Ok(())
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

/// Submissions that wait to be graded.
pub async fn waiting(pool: &Pool, id: RejudgeId, count: u32) -> Result<Vec<Item>, sqlx::Error> {
    items(pool, id, ("waiting", false), count).await
}

/// Submissions whose change waits to be written.
pub async fn unwritten(pool: &Pool, id: RejudgeId, count: u32) -> Result<Vec<Item>, sqlx::Error> {
    items(pool, id, ("graded", true), count).await
}

async fn items(
    pool: &Pool,
    id: RejudgeId,
    (state, changes): (&str, bool),
    count: u32,
) -> Result<Vec<Item>, sqlx::Error> {
    let rows = db::query(
        "SELECT submission_id, attempt FROM rejudge_items
         WHERE rejudge_id = $1 AND state = $2 AND changes = $3
         ORDER BY submission_id LIMIT $4",
    )
    .bind(id.to_string())
    .bind(state)
    .bind(changes)
    .bind(count)
    .fetch_all(pool)
    .await?;
    let item = |row: &Row| {
        Ok(Item {
            submission: from_text(row.try_get("submission_id")?)?,
            attempt: row.try_get("attempt")?,
        })
    };
    rows.iter().map(item).collect()
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
        .execute(tx)
        .await?;
    }
    Ok(())
}

/// Leaves a submission that waits alone.
pub async fn skip(
    tx: &mut Connection,
    id: RejudgeId,
    submission: SubmissionId,
) -> Result<(), sqlx::Error> {
    db::query(
        "UPDATE rejudge_items SET state = 'skipped'
         WHERE rejudge_id = $1 AND submission_id = $2 AND state = 'waiting'",
    )
    .bind(id.to_string())
    .bind(submission.to_string())
    .execute(tx)
    .await?;
    Ok(())
}

/// Stores what grading a submission again has found. Without a grade nothing could be judged. What
/// was graded by other content of the problem than the rest is not kept.
pub async fn graded(
    tx: &mut Connection,
    open: &Open,
    submission: &Submission,
    grade: Option<&NewGrade>,
) -> Result<(), sqlx::Error> {
    let old = Worth::of(submission);
    let changes = grade.is_some_and(|grade| old.as_ref() != Some(&grade.worth));
    db::query(
        "UPDATE rejudge_items SET state = $1, changes = $2, user_id = $3, create_time = $4,
             old_worth = $5, new_worth = $6, new_grade = $7
         WHERE rejudge_id = $8 AND submission_id = $9 AND state = 'waiting'
             AND EXISTS (SELECT 1 FROM rejudges WHERE id = $8 AND etag = $10)",
    )
    .bind(if grade.is_some() { "graded" } else { "failed" })
    .bind(changes)
    .bind(submission.user.to_string())
    .bind(to_micros(submission.create_time))
    .bind(old.as_ref().map(to_json).transpose()?)
    // What stays as it is need not be kept twice.
    .bind(grade.map(|grade| to_json(&grade.worth)).transpose()?)
    .bind(grade.filter(|_| changes).map(to_json).transpose()?)
    .bind(open.id.to_string())
    .bind(submission.id.to_string())
    .bind(&open.etag)
    .execute(tx)
    .await?;
    Ok(())
}

/// The change of a submission that is to be written; none when it is written or was skipped. Nobody
/// else can write it until the transaction ends.
pub async fn due(
    tx: &mut Connection,
    id: RejudgeId,
    submission: SubmissionId,
) -> Result<Option<Due>, sqlx::Error> {
    let row = db::query(
        "SELECT attempt, new_grade FROM rejudge_items
         WHERE rejudge_id = $1 AND submission_id = $2 AND state = 'graded' AND changes = 1
         FOR NO KEY UPDATE",
    )
    .bind(id.to_string())
    .bind(submission.to_string())
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Due {
        attempt: row.try_get("attempt")?,
        grade: from_json(row.try_get("new_grade")?)?,
    }))
}

/// Puts a grade in the place of a submission's own. False when it was deleted or is at another
/// attempt than the one that was graded; nothing is written then.
pub async fn replace_grade(
    tx: &mut Connection,
    submission: SubmissionId,
    due: &Due,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let Due { attempt, grade } = due;
    let done = db::query(
        "UPDATE submissions SET attempt = attempt + 1, verdict = $1, test_results = $2,
             subtask_results = $3, passed_test_count = $4, test_count = $5, points = $6,
             compile_error = $7, explanation = $8, author_message = $9, rejudge_time = $10
         WHERE id = $11 AND attempt = $12 AND deleted = 0 AND state = 'finished'",
    )
    .bind(grade.worth.verdict.name())
    .bind(to_json(&grade.results)?)
    .bind(to_json(&grade.worth.subtasks)?)
    .bind(grade.passed_test_count)
    .bind(grade.test_count)
    .bind(grade.worth.points)
    .bind(grade.compile_error.as_ref().map(to_json).transpose()?)
    .bind(grade.explanation.as_ref().map(to_json).transpose()?)
    .bind(&grade.author_message)
    .bind(to_micros(now))
    .bind(submission.to_string())
    .bind(*attempt)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Says that a change is written, or that it never will be.
pub async fn written(
    tx: &mut Connection,
    id: RejudgeId,
    submission: SubmissionId,
    applied: bool,
) -> Result<(), sqlx::Error> {
    db::query(
        "UPDATE rejudge_items SET state = $1, new_grade = NULL
         WHERE rejudge_id = $2 AND submission_id = $3",
    )
    .bind(if applied { "applied" } else { "skipped" })
    .bind(id.to_string())
    .bind(submission.to_string())
    .execute(tx)
    .await?;
    Ok(())
}

/// Keeps nothing of what the program of a submission did, and leaves the submission alone: its
/// author deletes it.
pub async fn forget_submission(
    tx: &mut Connection,
    submission: SubmissionId,
) -> Result<(), sqlx::Error> {
    db::query(
        "UPDATE rejudge_items SET state = 'skipped', changes = 0, new_grade = NULL
         WHERE submission_id = $1
             AND (state = 'waiting' OR (state = 'graded' AND changes = 1))",
    )
    .bind(submission.to_string())
    .execute(tx)
    .await?;
    Ok(())
}

/// Deletes rejudges that were decided before a time, or that nobody has decided since then.
pub async fn delete_old(tx: &mut Connection, before: Timestamp) -> Result<(), sqlx::Error> {
    db::query(
        "DELETE FROM rejudges WHERE create_time < $1 AND (state = 'ready' OR finish_time < $1)",
    )
    .bind(to_micros(before))
    .execute(tx)
    .await?;
    Ok(())
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
