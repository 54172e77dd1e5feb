//! SQL of sessions, refresh tokens and failed logins.

pub mod old;

use jiff::Timestamp;

use super::model::Session;
use crate::platform::context::Role;
use crate::platform::db::{
    self, Connection, Executor, Pool, Row, from_micros, from_text, to_micros,
};
use crate::platform::ids::{SessionId, UserId};

/// A digest, as tokens and addresses are stored.
pub type Digest = [u8; 32];

/// Failed logins in a row.
#[derive(Debug, Clone, Copy)]
pub struct Failures {
    pub count: u32,
    pub locked_until: Timestamp,
    pub last_time: Timestamp,
}

/// A refresh token with its session.
#[derive(Debug)]
pub struct StoredToken {
    pub session_id: SessionId,
    pub user_id: UserId,
    pub spent: bool,
    pub session_ended: bool,
    pub expire_time: Timestamp,
}

/// Writes a new session.
pub async fn insert_session(
    tx: &mut Connection,
    user_id: UserId,
    session: &Session,
) -> Result<(), sqlx::Error> {
    let Session {
        id,
        user_agent,
        create_time,
        last_used_time,
        expire_time,
    } = session;
    db::query(
        "INSERT INTO sessions (id, user_id, user_agent, create_time, last_used_time, expire_time)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id.to_string())
    .bind(user_id.to_string())
    .bind(user_agent)
    .bind(to_micros(*create_time))
    .bind(to_micros(*last_used_time))
    .bind(to_micros(*expire_time))
    .execute(tx)
    .await?;
    Ok(())
}

/// The role of a session's account, while both live.
pub async fn live_role(
    db: &Pool,
    session_id: SessionId,
    user_id: UserId,
) -> Result<Option<Role>, sqlx::Error> {
    let role: Option<String> = db::query_scalar(
        "SELECT users.role FROM sessions JOIN users ON users.id = sessions.user_id
         WHERE sessions.id = $1 AND sessions.user_id = $2 AND sessions.end_time IS NULL",
    )
    .bind(session_id.to_string())
    .bind(user_id.to_string())
    .fetch_optional(db)
    .await?;
    role.as_deref().map(from_text).transpose()
}

/// Somebody's live sessions, newest first; only those older than `after`.
pub async fn sessions(
    db: &Pool,
    user_id: UserId,
    now: Timestamp,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Session>, sqlx::Error> {
    let rows = db::query(
        "SELECT id, user_agent, create_time, last_used_time, expire_time FROM sessions
         WHERE user_id = $1 AND end_time IS NULL AND expire_time > $2 AND ($3 IS NULL OR id < $3)
         ORDER BY id DESC LIMIT $4",
    )
    .bind(user_id.to_string())
    .bind(to_micros(now))
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(session).collect()
}

fn session(row: Row) -> Result<Session, sqlx::Error> {
    Ok(Session {
        id: from_text(row.try_get("id")?)?,
        user_agent: row.try_get("user_agent")?,
        create_time: from_micros(row.try_get("create_time")?)?,
        last_used_time: from_micros(row.try_get("last_used_time")?)?,
        expire_time: from_micros(row.try_get("expire_time")?)?,
    })
}

/// Ends a session of somebody; false when there is none. One that ended before counts as there.
pub async fn end_session(
    tx: &mut Connection,
    session_id: SessionId,
    user_id: UserId,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let result = db::query(
        "UPDATE sessions SET end_time = coalesce(end_time, $1) WHERE id = $2 AND user_id = $3",
    )
    .bind(to_micros(now))
    .bind(session_id.to_string())
    .bind(user_id.to_string())
    .execute(tx)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Ends all live sessions of somebody. Says how many.
pub async fn end_sessions(
    tx: &mut Connection,
    user_id: UserId,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    let result =
        db::query("UPDATE sessions SET end_time = $1 WHERE user_id = $2 AND end_time IS NULL")
            .bind(to_micros(now))
            .bind(user_id.to_string())
            .execute(tx)
            .await?;
    Ok(result.rows_affected())
}

/// Notes that a session was refreshed.
pub async fn extend_session(
    tx: &mut Connection,
    session_id: SessionId,
    now: Timestamp,
    expire_time: Timestamp,
) -> Result<(), sqlx::Error> {
    db::query("UPDATE sessions SET last_used_time = $1, expire_time = $2 WHERE id = $3")
        .bind(to_micros(now))
        .bind(to_micros(expire_time))
        .bind(session_id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// Writes a new refresh token.
pub async fn insert_token(
    tx: &mut Connection,
    token: &Digest,
    session_id: SessionId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    db::query(
        "INSERT INTO refresh_tokens (token_hash, session_id, create_time) VALUES ($1, $2, $3)",
    )
    .bind(token.as_slice())
    .bind(session_id.to_string())
    .bind(to_micros(now))
    .execute(tx)
    .await?;
    Ok(())
}

/// Reads a refresh token with its session.
pub async fn token(
    tx: &mut Connection,
    token: &Digest,
) -> Result<Option<StoredToken>, sqlx::Error> {
    let row = db::query(
        "SELECT sessions.id, user_id, spent_time, end_time, expire_time
         FROM refresh_tokens JOIN sessions ON sessions.id = session_id WHERE token_hash = $1",
    )
    .bind(token.as_slice())
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredToken {
        session_id: from_text(row.try_get("id")?)?,
        user_id: from_text(row.try_get("user_id")?)?,
        spent: row.try_get::<Option<i64>, _>("spent_time")?.is_some(),
        session_ended: row.try_get::<Option<i64>, _>("end_time")?.is_some(),
        expire_time: from_micros(row.try_get("expire_time")?)?,
    }))
}

/// Spends a refresh token.
pub async fn spend_token(
    tx: &mut Connection,
    token: &Digest,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    db::query("UPDATE refresh_tokens SET spent_time = $1 WHERE token_hash = $2")
        .bind(to_micros(now))
        .bind(token.as_slice())
        .execute(tx)
        .await?;
    Ok(())
}

/// Failed logins in a row of an account, or of an account at a network.
pub async fn failures(db: impl Executor, email: &Digest) -> Result<Option<Failures>, sqlx::Error> {
    let row = db::query(
        "SELECT failure_count, locked_until, last_failure_time FROM login_failures
         WHERE email_hash = $1",
    )
    .bind(email.as_slice())
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Failures {
        count: row.try_get("failure_count")?,
        locked_until: from_micros(row.try_get("locked_until")?)?,
        last_time: from_micros(row.try_get("last_failure_time")?)?,
    }))
}

/// Stores failed logins in a row.
pub async fn set_failures(
    tx: &mut Connection,
    email: &Digest,
    failures: Failures,
) -> Result<(), sqlx::Error> {
    db::query(
        "INSERT INTO login_failures (email_hash, failure_count, locked_until, last_failure_time)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (email_hash) DO UPDATE SET failure_count = excluded.failure_count,
             locked_until = excluded.locked_until,
             last_failure_time = excluded.last_failure_time",
    )
    .bind(email.as_slice())
    .bind(failures.count)
    .bind(to_micros(failures.locked_until))
    .bind(to_micros(failures.last_time))
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets failed logins after a right one.
pub async fn clear_failures(tx: &mut Connection, email: &Digest) -> Result<(), sqlx::Error> {
    db::query("DELETE FROM login_failures WHERE email_hash = $1")
        .bind(email.as_slice())
        .execute(tx)
        .await?;
    Ok(())
}

/// Whether an account has logged in from a network.
pub async fn knows_network(db: impl Executor, place: &Digest) -> Result<bool, sqlx::Error> {
    let row = db::query("SELECT last_login_time FROM login_networks WHERE place_hash = $1")
        .bind(place.as_slice())
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

/// Notes that an account has logged in from a network.
pub async fn know_network(
    tx: &mut Connection,
    place: &Digest,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    db::query(
        "INSERT INTO login_networks (place_hash, last_login_time) VALUES ($1, $2)
         ON CONFLICT (place_hash) DO UPDATE SET last_login_time = excluded.last_login_time",
    )
    .bind(place.as_slice())
    .bind(to_micros(now))
    .execute(tx)
    .await?;
    Ok(())
}
