//! SQL that counts and deletes what is old of sessions, refresh tokens and failed logins.

use jiff::Timestamp;

use crate::platform::db::{self, Connection, Pool, to_micros};

/// Rows that are deleted by one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Refresh tokens of sessions that expired. There may be a thousand of one session, so that
    /// they go before it, and not with it.
    TokensOfExpired,
    /// Sessions that expired, with what tokens they have left.
    Expired,
    /// Refresh tokens of sessions that were ended.
    TokensOfEnded,
    /// Sessions that were ended, with what tokens they have left.
    Ended,
    /// Failed logins that lock nobody out any more.
    Failures,
    /// Networks that nobody has logged in from since.
    Networks,
}

impl Rows {
    /// For the log.
    pub fn words(self) -> &'static str {
        match self {
            Self::TokensOfExpired => "tokens of expired sessions",
            Self::Expired => "expired sessions",
            Self::TokensOfEnded => "tokens of ended sessions",
            Self::Ended => "ended sessions",
            Self::Failures => "failed logins",
            Self::Networks => "networks of logins",
        }
    }

    /// Finds its rows by an index, so many at most.
    fn deletion(self) -> &'static str {
        match self {
            Self::TokensOfExpired => {
                "DELETE FROM refresh_tokens WHERE token_hash IN
                     (SELECT token_hash FROM sessions
                          JOIN refresh_tokens ON session_id = sessions.id
                      WHERE expire_time < $1 LIMIT $2)"
            }
            Self::Expired => {
                "DELETE FROM sessions WHERE id IN
                     (SELECT id FROM sessions WHERE expire_time < $1
                      ORDER BY expire_time LIMIT $2)"
            }
            Self::TokensOfEnded => {
                "DELETE FROM refresh_tokens WHERE token_hash IN
                     (SELECT token_hash FROM sessions
                          JOIN refresh_tokens ON session_id = sessions.id
                      WHERE end_time < $1 LIMIT $2)"
            }
            Self::Ended => {
                "DELETE FROM sessions WHERE id IN
                     (SELECT id FROM sessions WHERE end_time < $1 ORDER BY end_time LIMIT $2)"
            }
            Self::Failures => {
                "DELETE FROM login_failures WHERE email_hash IN
                     (SELECT email_hash FROM login_failures
                      WHERE last_failure_time < $1 AND locked_until < $1
                      ORDER BY last_failure_time LIMIT $2)"
            }
            Self::Networks => {
                "DELETE FROM login_networks WHERE place_hash IN
                     (SELECT place_hash FROM login_networks WHERE last_login_time < $1
                      ORDER BY last_login_time LIMIT $2)"
            }
        }
    }
}

/// Deletes up to `most` rows from before a time; says how many.
pub async fn delete(
    tx: &mut Connection,
    rows: Rows,
    before: Timestamp,
    most: u32,
) -> Result<u64, sqlx::Error> {
    let done = db::query(rows.deletion())
        .bind(to_micros(before))
        .bind(most)
        .execute(tx)
        .await?;
    Ok(done.rows_affected())
}

/// How many sessions ended or expired before a time.
pub async fn count_sessions(pool: &Pool, before: Timestamp) -> Result<u64, sqlx::Error> {
    db::query_scalar("SELECT count(*) FROM sessions WHERE expire_time < $1 OR end_time < $1")
        .bind(to_micros(before))
        .fetch_one(pool)
        .await
}
