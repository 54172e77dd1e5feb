//! SQL of the accounts.

use super::model::{AgeGroup, DisplayName, Email, ProfileChange, Stats, User};
use crate::platform::context::Role;
use crate::platform::db::{
    self, AFTER_ALL_IDS, Connection, Executor, Pool, Row, from_micros, from_text, to_micros,
};
use crate::platform::ids::UserId;

/// A new account.
#[derive(Debug)]
pub struct NewUser {
    pub user: User,
    pub password_hash: String,
    pub register_request_id: String,
}

/// An account with what logging in needs.
#[derive(Debug)]
pub struct Account {
    pub user: User,
    pub password_hash: String,
    /// Empty when the client gave none.
    pub register_request_id: String,
}

/// Writes a new account; false when its address is taken.
pub async fn insert(tx: &mut Connection, new: &NewUser) -> Result<bool, sqlx::Error> {
    let NewUser {
        user,
        password_hash,
        register_request_id,
    } = new;
    let User {
        id,
        email,
        display_name,
        age_group,
        role,
        create_time,
    } = user;
    let result = db::query(
        "INSERT INTO users (id, email, display_name, age_group, role, password_hash,
             register_request_id, create_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (email) DO NOTHING",
    )
    .bind(id.to_string())
    .bind(email)
    .bind(display_name)
    .bind(age_group.map(AgeGroup::word))
    .bind(role.word())
    .bind(password_hash)
    .bind(register_request_id)
    .bind(to_micros(*create_time))
    .execute(tx)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Reads an account by its address.
pub async fn by_email(db: impl Executor, email: &Email) -> Result<Option<Account>, sqlx::Error> {
    let row = db::query(
        "SELECT id, email, display_name, age_group, role, create_time, password_hash,
             register_request_id
         FROM users WHERE email = $1",
    )
    .bind(email.as_str())
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Account {
        password_hash: row.try_get("password_hash")?,
        register_request_id: row
            .try_get::<Option<String>, _>("register_request_id")?
            .unwrap_or_default(),
        user: user(row)?,
    }))
}

/// Reads an account by its id.
pub async fn by_id(db: impl Executor, id: UserId) -> Result<Option<User>, sqlx::Error> {
    let row = db::query(
        "SELECT id, email, display_name, age_group, role, create_time FROM users WHERE id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(db)
    .await?;
    row.map(user).transpose()
}

fn user(row: Row) -> Result<User, sqlx::Error> {
    let age_group: Option<&str> = row.try_get("age_group")?;
    Ok(User {
        id: from_text(row.try_get("id")?)?,
        email: row.try_get("email")?,
        display_name: row.try_get("display_name")?,
        age_group: age_group.map(from_text).transpose()?,
        role: from_text(row.try_get("role")?)?,
        create_time: from_micros(row.try_get("create_time")?)?,
    })
}

/// Accounts of people, newest first; only those older than `after`, and with this role.
pub async fn list(
    db: &Pool,
    role: Option<Role>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<User>, sqlx::Error> {
    let mut query = db::QueryBuilder::new(
        "SELECT id, email, display_name, age_group, role, create_time FROM users
         WHERE kind = 'person' AND id < ",
    );
    query.push_bind(after.unwrap_or(AFTER_ALL_IDS));
    // A condition that may be absent would keep PostgreSQL from the index of roles.
    if let Some(role) = role {
        query.push(" AND role = ").push_bind(role.word());
    }
    query.push(" ORDER BY id DESC LIMIT ").push_bind(limit);
    let rows = query.build().fetch_all(db).await?;
    rows.into_iter().map(user).collect()
}

/// Changes a profile.
pub async fn update_profile(
    tx: &mut Connection,
    id: UserId,
    change: &ProfileChange,
) -> Result<(), sqlx::Error> {
    db::query(
        "UPDATE users SET
             display_name = coalesce($2, display_name),
             age_group = CASE WHEN $3 = 1 THEN $4 ELSE age_group END
         WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(change.display_name.as_ref().map(DisplayName::as_str))
    .bind(change.age_group.is_some())
    .bind(change.age_group.flatten().map(AgeGroup::word))
    .execute(tx)
    .await?;
    Ok(())
}

/// Gives a person's account a role; false when there is none.
pub async fn set_role(tx: &mut Connection, id: UserId, role: Role) -> Result<bool, sqlx::Error> {
    let result = db::query("UPDATE users SET role = $1 WHERE id = $2 AND kind = 'person'")
        .bind(role.word())
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Gives an account another password. Whoever registered it can't get in by repeating that.
pub async fn set_password(
    tx: &mut Connection,
    id: UserId,
    password_hash: &str,
) -> Result<(), sqlx::Error> {
    db::query("UPDATE users SET password_hash = $1, register_request_id = NULL WHERE id = $2")
        .bind(password_hash)
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// How many accounts are admins.
pub async fn admin_count(tx: &mut Connection) -> Result<i64, sqlx::Error> {
    db::query_scalar("SELECT count(*) FROM users WHERE role = 'admin'")
        .fetch_one(tx)
        .await
}

/// How much somebody has run and solved.
pub async fn stats(db: &Pool, id: UserId) -> Result<Stats, sqlx::Error> {
    let row = db::query(
        "SELECT run_count, submission_count,
             (SELECT count(*) FROM attempts WHERE user_id = id AND accepted = 1) AS accepted,
             (SELECT count(*) FROM progress WHERE user_id = id AND solved = 1) AS solved
         FROM users WHERE id = $1",
    )
    .bind(id.to_string())
    .fetch_one(db)
    .await?;
    Ok(Stats {
        run_count: row.try_get("run_count")?,
        submission_count: row.try_get("submission_count")?,
        accepted_submission_count: row.try_get("accepted")?,
        solved_problem_count: row.try_get("solved")?,
    })
}
