//! SQL of the progress.

use jiff::Timestamp;

use super::model::{Attempt, Badge, Draft, JudgedSubmission, ProblemProgress, badge, badge_for};
use crate::platform::db::{
    self, AFTER_ALL_IDS, Connection, Pool, Row, from_micros, from_text, to_micros,
};
use crate::platform::ids::UserId;

/// Writes what a judged submission means for its author: attempt, completion, points, badges.
/// Call it in the transaction that stores the verdict. A submission counts once, however often
/// this is called for it. Points are those of the best submission, and only another grading makes
/// them fewer. Of one
/// account's submissions only one is recorded at a time, whichever replicas judge them: points
/// and badges go by what was solved before. All times are those of submitting: how long a queue was
/// takes nobody's streak away.
pub async fn record_judged(
    tx: &mut Connection,
    judged: &JudgedSubmission,
) -> Result<(), sqlx::Error> {
    let user_id = judged.user_id.to_string();
    lock_account(tx, &user_id).await?;
    if !insert_attempt(tx, judged).await? {
        return Ok(());
    }
    let solved_before = is_solved(tx, judged).await?;
    count_attempt(tx, judged).await?;
    if judged.accepted && !solved_before {
        mark_solved(tx, judged).await?;
        award_badge(tx, &user_id, judged.create_time).await?;
    }
    Ok(())
}

/// Writes what another grading of a submission means: its attempt, and what all attempts at the
/// problem are worth now. Points and completion can go by that; badges stay, and so does the time
/// at which the problem was first solved, as long as any attempt solves it. Call it in the
/// transaction that stores the grade. Also for a submission that nobody could judge before.
pub async fn record_rejudged(
    tx: &mut Connection,
    judged: &JudgedSubmission,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let user_id = judged.user_id.to_string();
    lock_account(tx, &user_id).await?;
    if !change_attempt(tx, judged, now).await? {
        record_judged(tx, judged).await?;
        change_attempt(tx, judged, now).await?;
        return Ok(());
    }
    let solved_before = is_solved(tx, judged).await?;
    let best = db::query(
        "SELECT coalesce(max(points), 0) AS points, coalesce(max(accepted), 0) AS accepted
         FROM attempts WHERE user_id = $1 AND problem = $2",
    )
    .bind(&user_id)
    .bind(&judged.problem)
    .fetch_one(&mut *tx)
    .await?;
    let (points, solved): (i64, bool) = (best.try_get("points")?, best.try_get("accepted")?);
    db::query(
        "UPDATE progress SET points = $1, solved = $2,
             solve_time = CASE WHEN $2 = 1 THEN solve_time ELSE NULL END
         WHERE user_id = $3 AND problem = $4",
    )
    .bind(points)
    .bind(solved)
    .bind(&user_id)
    .bind(&judged.problem)
    .execute(&mut *tx)
    .await?;
    if solved && !solved_before {
        mark_solved(tx, judged).await?;
        award_badge(tx, &user_id, now).await?;
    }
    Ok(())
}

/// Of one account only one submission is recorded at a time.
async fn lock_account(tx: &mut Connection, user_id: &str) -> Result<(), sqlx::Error> {
    db::query("SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE")
        .bind(user_id)
        .fetch_optional(tx)
        .await?;
    Ok(())
}

async fn is_solved(tx: &mut Connection, judged: &JudgedSubmission) -> Result<bool, sqlx::Error> {
    db::query_scalar(
        "SELECT count(*) FROM progress WHERE user_id = $1 AND problem = $2 AND solved = 1",
    )
    .bind(judged.user_id.to_string())
    .bind(&judged.problem)
    .fetch_one(tx)
    .await
}

/// False when the submission was never counted.
async fn change_attempt(
    tx: &mut Connection,
    judged: &JudgedSubmission,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let result = db::query(
        "UPDATE attempts SET verdict = $1, accepted = $2, passed_test_count = $3, test_count = $4,
             points = $5, rejudge_time = $6 WHERE submission_id = $7",
    )
    .bind(judged.verdict)
    .bind(judged.accepted)
    .bind(judged.passed_test_count)
    .bind(judged.test_count)
    .bind(judged.points)
    .bind(to_micros(now))
    .bind(judged.submission_id.to_string())
    .execute(tx)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// False when the submission was counted before.
async fn insert_attempt(
    tx: &mut Connection,
    judged: &JudgedSubmission,
) -> Result<bool, sqlx::Error> {
    let result = db::query(
        "INSERT INTO attempts (submission_id, user_id, problem, verdict, accepted,
             passed_test_count, test_count, create_time, points)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (submission_id) DO NOTHING",
    )
    .bind(judged.submission_id.to_string())
    .bind(judged.user_id.to_string())
    .bind(&judged.problem)
    .bind(judged.verdict)
    .bind(judged.accepted)
    .bind(judged.passed_test_count)
    .bind(judged.test_count)
    .bind(to_micros(judged.create_time))
    .bind(judged.points)
    .execute(tx)
    .await?;
    Ok(result.rows_affected() == 1)
}

async fn count_attempt(tx: &mut Connection, judged: &JudgedSubmission) -> Result<(), sqlx::Error> {
    db::query(
        "INSERT INTO progress (user_id, problem, attempt_count, solved, points, last_attempt_time)
         VALUES ($1, $2, 1, 0, $3, $4)
         ON CONFLICT (user_id, problem) DO UPDATE SET
             attempt_count = progress.attempt_count + 1,
             points = CASE
                 WHEN progress.points > excluded.points
                 THEN progress.points ELSE excluded.points END,
             last_attempt_time = CASE
                 WHEN progress.last_attempt_time > excluded.last_attempt_time
                 THEN progress.last_attempt_time ELSE excluded.last_attempt_time END",
    )
    .bind(judged.user_id.to_string())
    .bind(&judged.problem)
    .bind(judged.points)
    .bind(to_micros(judged.create_time))
    .execute(tx)
    .await?;
    Ok(())
}

async fn mark_solved(tx: &mut Connection, judged: &JudgedSubmission) -> Result<(), sqlx::Error> {
    db::query(
        "UPDATE progress SET solved = 1, solve_time = $1 WHERE user_id = $2 AND problem = $3",
    )
    .bind(to_micros(judged.create_time))
    .bind(judged.user_id.to_string())
    .bind(&judged.problem)
    .execute(tx)
    .await?;
    Ok(())
}

async fn award_badge(
    tx: &mut Connection,
    user_id: &str,
    time: Timestamp,
) -> Result<(), sqlx::Error> {
    let solved: u32 =
        db::query_scalar("SELECT count(*) FROM progress WHERE user_id = $1 AND solved = 1")
            .bind(user_id)
            .fetch_one(&mut *tx)
            .await?;
    let Some(key) = badge_for(solved) else {
        return Ok(());
    };
    db::query(
        "INSERT INTO badges (user_id, key, earn_time) VALUES ($1, $2, $3)
         ON CONFLICT (user_id, key) DO NOTHING",
    )
    .bind(user_id)
    .bind(key)
    .bind(to_micros(time))
    .execute(tx)
    .await?;
    Ok(())
}

/// Problems tried, last tried first; only those after a place in that order.
pub async fn list(
    db: &Pool,
    user_id: UserId,
    after: Option<&(i64, String)>,
    limit: i64,
) -> Result<Vec<ProblemProgress>, sqlx::Error> {
    let (time, problem) = after.map_or((i64::MAX, ""), |(time, slug)| (*time, slug.as_str()));
    db::query(
        "SELECT problem, attempt_count, solved, points, solve_time, last_attempt_time
         FROM progress
         WHERE user_id = $1 AND last_attempt_time <= $2
             AND (last_attempt_time < $2 OR problem > $3)
         ORDER BY last_attempt_time DESC, problem LIMIT $4",
    )
    .bind(user_id.to_string())
    .bind(time)
    .bind(problem)
    .bind(limit)
    .fetch_all(db)
    .await?
    .into_iter()
    .map(problem_progress)
    .collect()
}

/// All problems that somebody has solved: their slugs with a space between, since a row for each
/// of some thousands costs more than all else of a summary. An index has all that is asked for.
pub async fn solved(db: &Pool, user_id: UserId) -> Result<String, sqlx::Error> {
    let row = db::query(
        "SELECT string_agg(problem, ' ') AS problems FROM progress
         WHERE user_id = $1 AND solved = 1",
    )
    .bind(user_id.to_string())
    .fetch_one(db)
    .await?;
    let problems: Option<String> = row.try_get("problems")?;
    Ok(problems.unwrap_or_default())
}

/// The days, in UTC, on which somebody has first solved a problem: the moments at which they began.
pub async fn solve_days(db: &Pool, user_id: UserId) -> Result<Vec<Timestamp>, sqlx::Error> {
    db::query(
        "SELECT DISTINCT solve_time / 86400000000 AS day FROM progress
         WHERE user_id = $1 AND solved = 1 AND solve_time IS NOT NULL",
    )
    .bind(user_id.to_string())
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| from_micros(row.try_get::<i64, _>("day")? * 86_400_000_000))
    .collect()
}

/// The points of somebody's best submissions at all problems together.
pub async fn points(db: &Pool, user_id: UserId) -> Result<u32, sqlx::Error> {
    db::query_scalar(
        "SELECT CAST(coalesce(sum(points), 0) AS BIGINT) FROM progress
         WHERE user_id = $1 AND points > 0",
    )
    .bind(user_id.to_string())
    .fetch_one(db)
    .await
}

fn problem_progress(row: Row) -> Result<ProblemProgress, sqlx::Error> {
    let solve_time: Option<i64> = row.try_get("solve_time")?;
    Ok(ProblemProgress {
        problem: row.try_get("problem")?,
        attempt_count: row.try_get("attempt_count")?,
        solved: row.try_get("solved")?,
        points: row.try_get("points")?,
        solve_time: solve_time.map(from_micros).transpose()?,
        last_attempt_time: from_micros(row.try_get("last_attempt_time")?)?,
    })
}

/// Somebody's badges, oldest first.
pub async fn badges(db: &Pool, user_id: UserId) -> Result<Vec<Badge>, sqlx::Error> {
    let rows = db::query("SELECT key, earn_time FROM badges WHERE user_id = $1 ORDER BY earn_time")
        .bind(user_id.to_string())
        .fetch_all(db)
        .await?;
    let mut badges = Vec::new();
    for row in rows {
        badges.extend(badge(
            row.try_get("key")?,
            from_micros(row.try_get("earn_time")?)?,
        ));
    }
    Ok(badges)
}

/// Attempts at a problem, newest first; only those older than `after`.
pub async fn attempts(
    db: &Pool,
    user_id: UserId,
    problem: &str,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Attempt>, sqlx::Error> {
    let rows = db::query(
        "SELECT submission_id, verdict, passed_test_count, test_count, create_time, rejudge_time
         FROM attempts
         WHERE user_id = $1 AND problem = $2 AND submission_id < $3
         ORDER BY submission_id DESC LIMIT $4",
    )
    .bind(user_id.to_string())
    .bind(problem)
    .bind(after.unwrap_or(AFTER_ALL_IDS))
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(attempt).collect()
}

fn attempt(row: Row) -> Result<Attempt, sqlx::Error> {
    let rejudge_time: Option<i64> = row.try_get("rejudge_time")?;
    Ok(Attempt {
        submission_id: from_text(row.try_get("submission_id")?)?,
        verdict: row.try_get("verdict")?,
        passed_test_count: row.try_get("passed_test_count")?,
        test_count: row.try_get("test_count")?,
        create_time: from_micros(row.try_get("create_time")?)?,
        rejudge_time: rejudge_time.map(from_micros).transpose()?,
    })
}

/// Keeps a draft in the place of the one before.
pub async fn save_draft(
    tx: &mut Connection,
    user_id: UserId,
    problem: &str,
    draft: &Draft,
) -> Result<(), sqlx::Error> {
    db::query(
        "INSERT INTO drafts (user_id, problem, source, save_time) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id, problem) DO UPDATE SET
             source = excluded.source, save_time = excluded.save_time",
    )
    .bind(user_id.to_string())
    .bind(problem)
    .bind(&draft.source)
    .bind(to_micros(draft.save_time))
    .execute(tx)
    .await?;
    Ok(())
}

/// Reads a draft.
pub async fn draft(
    db: &Pool,
    user_id: UserId,
    problem: &str,
) -> Result<Option<Draft>, sqlx::Error> {
    let row = db::query("SELECT source, save_time FROM drafts WHERE user_id = $1 AND problem = $2")
        .bind(user_id.to_string())
        .bind(problem)
        .fetch_optional(db)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Draft {
        source: row.try_get("source")?,
        save_time: from_micros(row.try_get("save_time")?)?,
    }))
}
