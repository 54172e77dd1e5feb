//! SQL that writes a course.

use jiff::Timestamp;

use super::model::CourseProblem;
use crate::platform::db::{self, Connection, Pool, to_micros};
use crate::problems::model::{Cheatsheet, Level, feedback_word};
use crate::testcases::service::SealedProblem;

/// Fingerprints of the stored problems by slug.
pub async fn fingerprints(tx: &mut Connection) -> Result<Vec<(String, String)>, sqlx::Error> {
    let rows = db::query("SELECT slug, fingerprint FROM problems")
        .fetch_all(tx)
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("slug")?, row.try_get("fingerprint")?)))
        .collect()
}

/// Replaces all levels and sessions. Problems lose their places and need new ones.
pub async fn replace_levels(tx: &mut Connection, levels: &[Level]) -> Result<(), sqlx::Error> {
    db::query("DELETE FROM levels").execute(&mut *tx).await?;
    let mut session_position = 0;
    for (position, level) in (0i64..).zip(levels) {
        let Level {
            id,
            age_group,
            number,
            title,
            summary,
            sessions,
        } = level;
        db::query(
            "INSERT INTO levels (id, position, age_group, number, title, summary)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id)
        .bind(position)
        .bind(age_group.word())
        .bind(number)
        .bind(title)
        .bind(summary)
        .execute(&mut *tx)
        .await?;
        for session in sessions {
            db::query(
                "INSERT INTO course_sessions (id, level_id, position, title, summary)
                 VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(&session.id)
            .bind(id)
            .bind(session_position)
            .bind(&session.title)
            .bind(&session.summary)
            .execute(&mut *tx)
            .await?;
            session_position += 1;
        }
    }
    Ok(())
}

/// Problems and the sessions that they are in, in the order of the course.
pub async fn places(tx: &mut Connection) -> Result<Vec<(String, String)>, sqlx::Error> {
    let rows = db::query(
        "SELECT slug, session_id FROM problems WHERE session_id IS NOT NULL
         ORDER BY position, slug",
    )
    .fetch_all(tx)
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("slug")?, row.try_get("session_id")?)))
        .collect()
}

/// Puts a problem into a session.
pub async fn place_problem(
    tx: &mut Connection,
    slug: &str,
    session_id: &str,
    position: i64,
) -> Result<(), sqlx::Error> {
    db::query("UPDATE problems SET session_id = $1, position = $2 WHERE slug = $3")
        .bind(session_id)
        .bind(position)
        .bind(slug)
        .execute(tx)
        .await?;
    Ok(())
}

/// Who wrote a problem. Loading a folder deletes only what came from a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Folder,
    Api,
}

impl Origin {
    fn word(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Api => "api",
        }
    }
}

/// Writes a problem without its tests, in the place of the one that had its slug.
pub async fn put_problem(
    tx: &mut Connection,
    problem: &CourseProblem,
    sealed: &SealedProblem,
    origin: Origin,
    fingerprint: &str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let tags = serde_json::to_string(&problem.tags).map_err(encode)?;
    let checker = serde_json::to_string(&problem.checker).map_err(encode)?;
    let subtasks = serde_json::to_string(&problem.subtasks).map_err(encode)?;
    let wall_time = problem.limits.wall_time.map(|limit| limit.as_millis());
    let wall_time = wall_time.and_then(|limit| i64::try_from(limit).ok());
    let memory = problem
        .limits
        .memory_bytes
        .and_then(|limit| i64::try_from(limit).ok());
    db::query(
        "INSERT INTO problems (slug, title, summary, statement, kind, function_name,
             difficulty, points, category, tags, starter_source, solution_ciphertext, checker,
             feedback, wall_time_limit_ms, memory_limit_bytes, wrapped_key, fingerprint,
             position, update_time, profile, subtasks, stop_on_first_failure,
             checker_ciphertext, origin, wrong_ciphertext)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
             $17, $18, 0, $19, $20, $21, $22, $23, $24, $25)
         ON CONFLICT (slug) DO UPDATE SET origin = $24, title = $2, summary = $3,
             statement = $4, kind = $5, function_name = $6, difficulty = $7, points = $8,
             category = $9, tags = $10, starter_source = $11, solution_ciphertext = $12,
             checker = $13, feedback = $14, wall_time_limit_ms = $15, memory_limit_bytes = $16,
             wrapped_key = $17, fingerprint = $18, update_time = $19, profile = $20,
             subtasks = $21, stop_on_first_failure = $22, checker_ciphertext = $23,
             wrong_ciphertext = $25",
    )
    .bind(problem.slug.as_str())
    .bind(&problem.title)
    .bind(&problem.summary)
    .bind(&problem.statement)
    .bind(problem.kind.word())
    .bind(&problem.function_name)
    .bind(problem.difficulty.word())
    .bind(problem.points)
    .bind(&problem.category)
    .bind(tags)
    .bind(&problem.starter_source)
    .bind(&sealed.solution)
    .bind(checker)
    .bind(feedback_word(problem.feedback))
    .bind(wall_time)
    .bind(memory)
    .bind(&sealed.wrapped_key)
    .bind(fingerprint)
    .bind(to_micros(now))
    .bind(problem.profile.word())
    .bind(subtasks)
    .bind(problem.stop_on_first_failure)
    .bind(&sealed.checker)
    .bind(origin.word())
    .bind(&sealed.wrong_solutions)
    .execute(tx)
    .await?;
    Ok(())
}

fn encode(error: serde_json::Error) -> sqlx::Error {
    sqlx::Error::Encode(error.into())
}

/// Deletes a problem that came from a folder and is not in it any more.
pub async fn delete_from_folder(tx: &mut Connection, slug: &str) -> Result<bool, sqlx::Error> {
    let result = db::query("DELETE FROM problems WHERE slug = $1 AND origin = 'folder'")
        .bind(slug)
        .execute(tx)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Replaces all cheatsheets.
pub async fn replace_cheatsheets(
    tx: &mut Connection,
    sheets: &[Cheatsheet],
) -> Result<(), sqlx::Error> {
    db::query("DELETE FROM cheatsheets")
        .execute(&mut *tx)
        .await?;
    for Cheatsheet { slug, title, body } in sheets {
        db::query("INSERT INTO cheatsheets (slug, title, body) VALUES ($1, $2, $3)")
            .bind(slug.as_str())
            .bind(title)
            .bind(body)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

/// Sets what the course is called, and the digest of the folder that it came from, if it did.
pub async fn set_course(
    tx: &mut Connection,
    title: &str,
    digest: Option<&str>,
) -> Result<(), sqlx::Error> {
    db::query(
        "UPDATE content_revision SET course_title = $1,
             folder_digest = coalesce($2, folder_digest)",
    )
    .bind(title)
    .bind(digest)
    .execute(tx)
    .await?;
    Ok(())
}

/// The digest of the folder that was loaded last; empty when none was.
pub async fn folder_digest(db: &Pool) -> Result<String, sqlx::Error> {
    db::query_scalar("SELECT folder_digest FROM content_revision")
        .fetch_one(db)
        .await
}

/// What the course is called; empty when none was loaded.
pub async fn title(db: &Pool) -> Result<String, sqlx::Error> {
    db::query_scalar("SELECT course_title FROM content_revision")
        .fetch_one(db)
        .await
}

/// Deletes a problem with its tests.
pub async fn delete(tx: &mut Connection, slug: &str) -> Result<(), sqlx::Error> {
    db::query("DELETE FROM problems WHERE slug = $1")
        .bind(slug)
        .execute(tx)
        .await?;
    Ok(())
}

/// Whether there is a session of this id.
pub async fn has_session(tx: &mut Connection, session_id: &str) -> Result<bool, sqlx::Error> {
    let row = db::query("SELECT 1 FROM course_sessions WHERE id = $1")
        .bind(session_id)
        .fetch_optional(tx)
        .await?;
    Ok(row.is_some())
}

/// Puts a problem behind the last one of a session, before what comes after it in the course.
pub async fn append_to_session(
    tx: &mut Connection,
    slug: &str,
    session_id: &str,
) -> Result<(), sqlx::Error> {
    let last: i64 = db::query_scalar(
        "SELECT coalesce(max(problems.position), -1) FROM problems
         JOIN course_sessions ON course_sessions.id = problems.session_id
         WHERE problems.slug <> $1 AND course_sessions.position <=
             (SELECT position FROM course_sessions WHERE id = $2)",
    )
    .bind(slug)
    .bind(session_id)
    .fetch_one(&mut *tx)
    .await?;
    db::query("UPDATE problems SET position = position + 1 WHERE position > $1")
        .bind(last)
        .execute(&mut *tx)
        .await?;
    place_problem(tx, slug, session_id, last + 1).await
}

/// Takes a problem out of the course.
pub async fn take_out(tx: &mut Connection, slug: &str) -> Result<(), sqlx::Error> {
    db::query("UPDATE problems SET session_id = NULL, position = 0 WHERE slug = $1")
        .bind(slug)
        .execute(tx)
        .await?;
    Ok(())
}

/// Tells all processes that the content changed.
pub async fn raise_revision(tx: &mut Connection) -> Result<(), sqlx::Error> {
    db::query("UPDATE content_revision SET revision = revision + 1")
        .execute(tx)
        .await?;
    Ok(())
}
