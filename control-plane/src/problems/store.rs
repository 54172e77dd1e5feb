//! SQL that reads the course. Writing it is in `course/store.rs`.

use std::time::Duration;

use super::model::parse_feedback;
use super::model::{Cheatsheet, CourseSession, Level, Place, Problem, Slug, TestLimits};
use crate::platform::db::{self, Executor, Pool, Row, from_micros, from_text};

/// All problems in the order of the course, those outside of it last. They are read in parts, so
/// that no statement takes long however many there are. A change between two parts raises the
/// revision of the content, and all is read again.
pub async fn problems(db: &Pool) -> Result<Vec<Problem>, sqlx::Error> {
    let mut all: Vec<(i64, Problem)> = Vec::new();
    let mut after = String::new();
    loop {
        let part = part(db, &after).await?;
        let Some(last) = part.iter().map(|(_, problem)| problem.slug.as_str()).max() else {
            break;
        };
        after = last.to_owned();
        all.extend(part);
    }
    all.sort_by(|(position, problem), (other_position, other)| {
        let place = |problem: &Problem| problem.place.is_none();
        (place(problem), position, &problem.slug).cmp(&(place(other), other_position, &other.slug))
    });
    Ok(all.into_iter().map(|(_, problem)| problem).collect())
}

/// The next problems by slug, with their positions. What is sealed stays where it is.
async fn part(db: &Pool, after: &str) -> Result<Vec<(i64, Problem)>, sqlx::Error> {
    db::query(
        "SELECT slug, part.title, part.summary, statement, kind, function_name, difficulty, points,
             category, tags, starter_source, checker, feedback, wall_time_limit_ms,
             memory_limit_bytes, fingerprint, session_id, part.position, update_time, profile,
             subtasks, stop_on_first_failure, levels.id AS level_id, levels.age_group,
             (SELECT count(*) FROM test_cases WHERE problem = part.slug) AS test_count
         FROM (SELECT slug, title, summary, statement, kind, function_name, difficulty, points,
                 category, tags, starter_source, checker, feedback, wall_time_limit_ms,
                 memory_limit_bytes, fingerprint, session_id, position, update_time, profile,
                 subtasks, stop_on_first_failure
             FROM problems WHERE slug > $1 ORDER BY slug LIMIT 1000) AS part
         LEFT JOIN course_sessions ON course_sessions.id = part.session_id
         LEFT JOIN levels ON levels.id = course_sessions.level_id",
    )
    .bind(after)
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| Ok((row.try_get("position")?, problem_of(row)?)))
    .collect()
}

/// A problem; none when there is no such one.
pub async fn problem(db: impl Executor, slug: &str) -> Result<Option<Problem>, sqlx::Error> {
    let row = db::query(
        "SELECT slug, problems.title, problems.summary, statement, kind, function_name, difficulty,
             points, category, tags, starter_source, checker, feedback, wall_time_limit_ms,
             memory_limit_bytes, fingerprint, session_id, update_time, profile, subtasks,
             stop_on_first_failure, levels.id AS level_id, levels.age_group,
             (SELECT count(*) FROM test_cases WHERE problem = problems.slug) AS test_count
         FROM problems
         LEFT JOIN course_sessions ON course_sessions.id = problems.session_id
         LEFT JOIN levels ON levels.id = course_sessions.level_id
         WHERE problems.slug = $1",
    )
    .bind(slug)
    .fetch_optional(db)
    .await?;
    row.map(problem_of).transpose()
}

fn problem_of(row: Row) -> Result<Problem, sqlx::Error> {
    let place = match row.try_get::<Option<String>, _>("session_id")? {
        None => None,
        Some(session_id) => Some(Place {
            session_id,
            level_id: row.try_get("level_id")?,
            age_group: from_text(row.try_get("age_group")?)?,
        }),
    };
    let wall_time: Option<i64> = row.try_get("wall_time_limit_ms")?;
    let memory: Option<i64> = row.try_get("memory_limit_bytes")?;
    Ok(Problem {
        slug: from_text(row.try_get("slug")?)?,
        title: row.try_get("title")?,
        summary: row.try_get("summary")?,
        statement: row.try_get("statement")?,
        kind: from_text(row.try_get("kind")?)?,
        function_name: row.try_get("function_name")?,
        difficulty: from_text(row.try_get("difficulty")?)?,
        points: row.try_get("points")?,
        tags: from_json(row.try_get("tags")?)?,
        category: row.try_get("category")?,
        starter_source: row.try_get("starter_source")?,
        checker: from_json(row.try_get("checker")?)?,
        feedback: parse_feedback(row.try_get("feedback")?)
            .map_err(|error| sqlx::Error::Decode(error.into()))?,
        profile: from_text(row.try_get("profile")?)?,
        limits: TestLimits {
            wall_time: wall_time.map(|millis| Duration::from_millis(millis.unsigned_abs())),
            memory_bytes: memory.map(i64::unsigned_abs),
        },
        subtasks: from_json(row.try_get("subtasks")?)?,
        stop_on_first_failure: row.try_get("stop_on_first_failure")?,
        place,
        test_count: row.try_get("test_count")?,
        etag: row.try_get("fingerprint")?,
        update_time: from_micros(row.try_get("update_time")?)?,
    })
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, sqlx::Error> {
    serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// All levels with their sessions, in the order of the course. The sessions have no problems
/// yet; `problems` has them in order.
pub async fn levels(db: &Pool) -> Result<Vec<Level>, sqlx::Error> {
    let rows =
        db::query("SELECT id, age_group, number, title, summary FROM levels ORDER BY position")
            .fetch_all(db)
            .await?;
    let mut levels = rows.into_iter().map(level).collect::<Result<Vec<_>, _>>()?;
    let rows =
        db::query("SELECT id, level_id, title, summary FROM course_sessions ORDER BY position")
            .fetch_all(db)
            .await?;
    for row in rows {
        let level_id: &str = row.try_get("level_id")?;
        let level = levels.iter_mut().find(|level| level.id == level_id);
        if let Some(level) = level {
            level.sessions.push(CourseSession {
                id: row.try_get("id")?,
                title: row.try_get("title")?,
                summary: row.try_get("summary")?,
                problems: Vec::new(),
            });
        }
    }
    Ok(levels)
}

fn level(row: Row) -> Result<Level, sqlx::Error> {
    Ok(Level {
        id: row.try_get("id")?,
        age_group: from_text(row.try_get("age_group")?)?,
        number: row.try_get("number")?,
        title: row.try_get("title")?,
        summary: row.try_get("summary")?,
        sessions: Vec::new(),
    })
}

/// All cheatsheets by slug.
pub async fn cheatsheets(db: &Pool) -> Result<Vec<Cheatsheet>, sqlx::Error> {
    db::query("SELECT slug, title, body FROM cheatsheets ORDER BY slug")
        .fetch_all(db)
        .await?
        .into_iter()
        .map(|row| {
            Ok(Cheatsheet {
                slug: from_text::<Slug>(row.try_get("slug")?)?,
                title: row.try_get("title")?,
                body: row.try_get("body")?,
            })
        })
        .collect()
}

/// Rises with each change of the content.
pub async fn revision(db: &Pool) -> Result<i64, sqlx::Error> {
    db::query_scalar("SELECT revision FROM content_revision")
        .fetch_one(db)
        .await
}

#[cfg(test)]
mod tests;
