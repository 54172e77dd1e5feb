//! SQL of the classes.

use jiff::Timestamp;

use super::model::{Class, JoinCode, Member};
use crate::platform::db::{
    self, Connection, Executor, Pool, Row, from_micros, from_text, to_micros,
};
use crate::platform::ids::{ClassId, UserId};
use crate::progress::model::ProblemProgress;

/// The statement that reads classes, with its condition.
macro_rules! classes {
    ($condition:literal) => {
        concat!(
            "SELECT classes.id, teacher_id, title, join_code, member_count, classes.create_time,
                 users.display_name AS teacher_name
             FROM classes JOIN users ON users.id = classes.teacher_id ",
            $condition
        )
    };
}

/// Stores a new class; false when its code is that of another.
pub async fn insert(tx: &mut Connection, class: &Class) -> Result<bool, sqlx::Error> {
    let Class {
        id,
        teacher_id,
        teacher_name: _,
        title,
        join_code,
        member_count: _,
        create_time,
    } = class;
    let result = db::query(
        "INSERT INTO classes (id, teacher_id, title, join_code, member_count, create_time)
         VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (join_code) DO NOTHING",
    )
    .bind(id.to_string())
    .bind(teacher_id.to_string())
    .bind(title)
    .bind(join_code.letters())
    .bind(to_micros(*create_time))
    .execute(tx)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Deletes a class with its memberships.
pub async fn delete(tx: &mut Connection, id: ClassId) -> Result<(), sqlx::Error> {
    db::query("DELETE FROM classes WHERE id = $1")
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// How many classes somebody teaches.
pub async fn count_of_teacher(tx: &mut Connection, teacher: UserId) -> Result<u32, sqlx::Error> {
    db::query_scalar("SELECT count(*) FROM classes WHERE teacher_id = $1")
        .bind(teacher.to_string())
        .fetch_one(tx)
        .await
}

/// A class by its id.
pub async fn by_id(db: impl Executor, id: ClassId) -> Result<Option<Class>, sqlx::Error> {
    let row = db::query(classes!("WHERE classes.id = $1"))
        .bind(id.to_string())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(class_of).transpose()
}

/// A class by its code.
pub async fn by_code(tx: &mut Connection, code: &JoinCode) -> Result<Option<Class>, sqlx::Error> {
    let row = db::query(classes!("WHERE classes.join_code = $1"))
        .bind(code.letters())
        .fetch_optional(tx)
        .await?;
    row.as_ref().map(class_of).transpose()
}

/// Classes that somebody teaches or is in, by title; only those after a place in that order.
pub async fn of_user(
    db: &Pool,
    user: UserId,
    after: Option<&(String, String)>,
    limit: i64,
) -> Result<Vec<Class>, sqlx::Error> {
    let (title, id) = after.map_or(("", ""), |(title, id)| (title, id));
    let rows = db::query(classes!(
        "WHERE classes.id IN (SELECT id FROM classes WHERE teacher_id = $1
                 UNION SELECT class_id FROM class_members WHERE user_id = $1)
             AND (classes.title > $2 OR (classes.title = $2 AND classes.id > $3))
         ORDER BY classes.title, classes.id LIMIT $4"
    ))
    .bind(user.to_string())
    .bind(title)
    .bind(id)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(class_of).collect()
}

/// Whether somebody is in a class.
pub async fn is_member(
    tx: &mut Connection,
    class: ClassId,
    user: UserId,
) -> Result<bool, sqlx::Error> {
    db::query_scalar("SELECT count(*) FROM class_members WHERE class_id = $1 AND user_id = $2")
        .bind(class.to_string())
        .bind(user.to_string())
        .fetch_one(tx)
        .await
}

/// Puts somebody into a class who is not in it.
pub async fn add_member(
    tx: &mut Connection,
    class: ClassId,
    user: UserId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    db::query("INSERT INTO class_members (class_id, user_id, join_time) VALUES ($1, $2, $3)")
        .bind(class.to_string())
        .bind(user.to_string())
        .bind(to_micros(now))
        .execute(&mut *tx)
        .await?;
    db::query("UPDATE classes SET member_count = member_count + 1 WHERE id = $1")
        .bind(class.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// Takes somebody out of a class.
pub async fn remove_member(
    tx: &mut Connection,
    class: ClassId,
    user: UserId,
) -> Result<(), sqlx::Error> {
    let removed = db::query("DELETE FROM class_members WHERE class_id = $1 AND user_id = $2")
        .bind(class.to_string())
        .bind(user.to_string())
        .execute(&mut *tx)
        .await?;
    if removed.rows_affected() == 0 {
        return Ok(());
    }
    db::query("UPDATE classes SET member_count = member_count - 1 WHERE id = $1")
        .bind(class.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// Members by name; only those after a place in that order.
pub async fn members(
    db: &Pool,
    class: ClassId,
    after: Option<&(String, String)>,
    limit: i64,
) -> Result<Vec<Member>, sqlx::Error> {
    let (name, id) = after.map_or(("", ""), |(name, id)| (name, id));
    let rows = db::query(
        "SELECT users.id AS user_id, users.display_name, class_members.join_time
         FROM class_members JOIN users ON users.id = class_members.user_id
         WHERE class_members.class_id = $1
             AND (users.display_name > $2 OR (users.display_name = $2 AND users.id > $3))
         ORDER BY users.display_name, users.id LIMIT $4",
    )
    .bind(class.to_string())
    .bind(name)
    .bind(id)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(member_of).collect()
}

/// Members by name, each with all that it has tried; only those after a place in that order. One
/// query: the members as in `members`, and the progress of each by its key.
pub async fn progress(
    db: &Pool,
    class: ClassId,
    after: Option<&(String, String)>,
    limit: i64,
) -> Result<Vec<(Member, Vec<ProblemProgress>)>, sqlx::Error> {
    let (name, id) = after.map_or(("", ""), |(name, id)| (name, id));
    let rows = db::query(
        "SELECT page.user_id, page.display_name, page.join_time, progress.problem,
             progress.attempt_count, progress.solved, progress.points, progress.solve_time,
             progress.last_attempt_time
         FROM (SELECT users.id AS user_id, users.display_name, class_members.join_time
             FROM class_members JOIN users ON users.id = class_members.user_id
             WHERE class_members.class_id = $1
                 AND (users.display_name > $2 OR (users.display_name = $2 AND users.id > $3))
             ORDER BY users.display_name, users.id LIMIT $4) AS page
         LEFT JOIN progress ON progress.user_id = page.user_id
         ORDER BY page.display_name, page.user_id, progress.problem",
    )
    .bind(class.to_string())
    .bind(name)
    .bind(id)
    .bind(limit)
    .fetch_all(db)
    .await?;
    let mut members: Vec<(Member, Vec<ProblemProgress>)> = Vec::new();
    for row in &rows {
        let member = member_of(row)?;
        if members
            .last()
            .is_none_or(|(last, _)| last.user_id != member.user_id)
        {
            members.push((member, Vec::new()));
        }
        let (_, problems) = members.last_mut().expect("one was pushed");
        problems.extend(problem_of(row)?);
    }
    Ok(members)
}

fn class_of(row: &Row) -> Result<Class, sqlx::Error> {
    let code: String = row.try_get("join_code")?;
    Ok(Class {
        id: from_text(row.try_get("id")?)?,
        teacher_id: from_text(row.try_get("teacher_id")?)?,
        teacher_name: row.try_get("teacher_name")?,
        title: row.try_get("title")?,
        join_code: JoinCode::parse(&code).map_err(|error| sqlx::Error::Decode(error.into()))?,
        member_count: row.try_get("member_count")?,
        create_time: from_micros(row.try_get("create_time")?)?,
    })
}

fn member_of(row: &Row) -> Result<Member, sqlx::Error> {
    Ok(Member {
        user_id: from_text(row.try_get("user_id")?)?,
        display_name: row.try_get("display_name")?,
        join_time: from_micros(row.try_get("join_time")?)?,
    })
}

/// None for a member that has tried nothing.
fn problem_of(row: &Row) -> Result<Option<ProblemProgress>, sqlx::Error> {
    let problem: Option<String> = row.try_get("problem")?;
    let Some(problem) = problem else {
        return Ok(None);
    };
    let solve_time: Option<i64> = row.try_get("solve_time")?;
    Ok(Some(ProblemProgress {
        problem,
        attempt_count: row.try_get("attempt_count")?,
        solved: row.try_get("solved")?,
        points: row.try_get("points")?,
        solve_time: solve_time.map(from_micros).transpose()?,
        last_attempt_time: from_micros(row.try_get("last_attempt_time")?)?,
    }))
}
