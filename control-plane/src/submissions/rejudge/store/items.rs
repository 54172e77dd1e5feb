//! SQL of the submissions of a rejudge: which they are, what was found of each, what is written.

use jiff::Timestamp;

use super::counts::{Added, CHANGE_DROPPED, affected, count, recount};
use super::{Open, lock};
use crate::judge::Verdict;
use crate::platform::db::{self, Connection, Pool, QueryBuilder, Row, from_text, to_micros};
use crate::platform::ids::{RejudgeId, SubmissionId};
use crate::submissions::model::Submission;
use crate::submissions::rejudge::model::{NewGrade, Selection, Worth};
use crate::submissions::store::{from_json, to_json};

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
    recount(tx, id).await?;
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

/// Leaves a submission that waits alone.
pub async fn skip(
    tx: &mut Connection,
    id: RejudgeId,
    submission: SubmissionId,
) -> Result<(), sqlx::Error> {
    lock(tx, id).await?;
    let done = db::query(
        "UPDATE rejudge_items SET state = 'skipped'
         WHERE rejudge_id = $1 AND submission_id = $2 AND state = 'waiting'",
    )
    .bind(id.to_string())
    .bind(submission.to_string())
    .execute(&mut *tx)
    .await?;
    let added = Added {
        skipped: affected(&done),
        ..Added::default()
    };
    count(tx, id, added).await
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
    lock(tx, open.id).await?;
    let done = db::query(
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
    .execute(&mut *tx)
    .await?;
    let one = affected(&done);
    let added = match grade {
        Some(_) => Added {
            graded: one,
            changed: if changes { one } else { 0 },
            ..Added::default()
        },
        None => Added {
            failed: one,
            ..Added::default()
        },
    };
    count(tx, open.id, added).await
}

/// The change of a submission that is to be written; none when it is written or was skipped. Nobody
/// else can write it until the transaction ends.
pub async fn due(
    tx: &mut Connection,
    id: RejudgeId,
    submission: SubmissionId,
) -> Result<Option<Due>, sqlx::Error> {
    lock(tx, id).await?;
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

/// Says of a change that was due that it is written, or that it never will be.
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
    .execute(&mut *tx)
    .await?;
    let added = match applied {
        true => Added {
            applied: 1,
            ..Added::default()
        },
        false => CHANGE_DROPPED,
    };
    count(tx, id, added).await
}

/// Keeps nothing of what the program of a submission did, and leaves the submission alone: its
/// author deletes it. Nobody may write beside this: it finds its rejudges by their items.
pub async fn forget_submission(
    tx: &mut Connection,
    submission: SubmissionId,
) -> Result<(), sqlx::Error> {
    let rows = db::query(
        "SELECT rejudge_id, state FROM rejudge_items
         WHERE submission_id = $1
             AND (state = 'waiting' OR (state = 'graded' AND changes = 1))",
    )
    .bind(submission.to_string())
    .fetch_all(&mut *tx)
    .await?;
    for row in rows {
        let id: RejudgeId = from_text(row.try_get("rejudge_id")?)?;
        db::query(
            "UPDATE rejudge_items SET state = 'skipped', changes = 0, new_grade = NULL
             WHERE rejudge_id = $1 AND submission_id = $2",
        )
        .bind(id.to_string())
        .bind(submission.to_string())
        .execute(&mut *tx)
        .await?;
        let added = match row.try_get::<&str, _>("state")? {
            "waiting" => Added {
                skipped: 1,
                ..Added::default()
            },
            _ => CHANGE_DROPPED,
        };
        count(tx, id, added).await?;
    }
    Ok(())
}
