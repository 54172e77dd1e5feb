//! Counts and deletes what is older than a time. What has not ended is never old.

use std::time::Duration;

use jiff::Timestamp;

use super::model::Kind;
use crate::auth::service::ENDED_SESSIONS;
use crate::auth::store::old::{self as logins, Rows as Logins};
use crate::execution::store as runs;
use crate::platform::Platform;
use crate::platform::db::Connection;
use crate::platform::errors::Error;
use crate::platform::idempotency as request_ids;
use crate::snippets::store as snippets;
use crate::submissions::rejudge::store as rejudges;
use crate::submissions::store as submissions;

/// So many at a time, and then a pause, so that nobody waits long for the database.
pub(super) const BATCH: u32 = 100;
const PAUSE: Duration = Duration::from_millis(20);

/// Rows that are deleted by one statement, a batch at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// With their files.
    Runs,
    Submissions,
    /// With their items.
    Rejudges,
    RequestIds,
    Logins(Logins),
    Snippets,
}

impl Rows {
    /// What is deleted of a kind, in this order.
    fn of(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Runs => &[Self::Runs],
            Kind::Submissions => &[Self::Submissions],
            Kind::RequestIds => &[Self::RequestIds],
            Kind::Sessions => &[
                Self::Logins(Logins::TokensOfExpired),
                Self::Logins(Logins::Expired),
                Self::Logins(Logins::TokensOfEnded),
                Self::Logins(Logins::Ended),
                Self::Logins(Logins::Failures),
            ],
            Kind::Snippets => &[Self::Snippets],
        }
    }

    /// Whether a row is one of what its kind counts. The others go along.
    fn is_counted(self) -> bool {
        match self {
            Self::Logins(rows) => matches!(rows, Logins::Expired | Logins::Ended),
            _ => true,
        }
    }

    /// For the log.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Submissions => "submissions",
            Self::Rejudges => "rejudges",
            Self::RequestIds => "request_ids",
            Self::Logins(rows) => rows.words(),
            Self::Snippets => "snippets",
        }
    }
}

/// The use cases.
#[derive(Debug, Clone)]
pub struct Retention {
    pub(super) platform: Platform,
}

impl Retention {
    /// On a platform.
    pub fn new(platform: Platform) -> Self {
        Self { platform }
    }

    /// How long a server of this configuration keeps them.
    pub fn kept(&self, kind: Kind) -> Duration {
        let retention = &self.platform.config.retention;
        match kind {
            Kind::Runs | Kind::Submissions => retention.results,
            Kind::RequestIds => retention.request_ids,
            Kind::Sessions => ENDED_SESSIONS,
            Kind::Snippets => retention.snippets,
        }
    }

    /// How many are from before a time.
    pub async fn count(&self, kind: Kind, before: Timestamp) -> Result<u64, Error> {
        let pool = self.platform.db.read();
        Ok(match kind {
            Kind::Runs => runs::count_old(pool, before).await?,
            Kind::Submissions => submissions::count_old(pool, before).await?,
            Kind::RequestIds => request_ids::count_old(pool, before).await?,
            Kind::Sessions => logins::count_sessions(pool, before).await?,
            Kind::Snippets => snippets::count_old(pool, before).await?,
        })
    }

    /// Deletes those from before a time; says how many. Broken off, it has deleted some.
    pub async fn delete(&self, kind: Kind, before: Timestamp) -> Result<u64, Error> {
        let mut all = 0;
        for rows in Rows::of(kind) {
            let count = self.delete_rows(*rows, before).await?;
            all += if rows.is_counted() { count } else { 0 };
        }
        Ok(all)
    }

    /// Deletes rows from before a time, batch after batch.
    pub(super) async fn delete_rows(&self, rows: Rows, before: Timestamp) -> Result<u64, Error> {
        let mut all = 0;
        loop {
            let mut tx = self.platform.db.write().await?;
            let count = delete_some(&mut tx, rows, before).await?;
            tx.commit().await?;
            all += count;
            if count < u64::from(BATCH) {
                return Ok(all);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Deletes a batch at most.
async fn delete_some(
    tx: &mut Connection,
    rows: Rows,
    before: Timestamp,
) -> Result<u64, sqlx::Error> {
    match rows {
        Rows::Runs => runs::delete_old(tx, before, BATCH).await,
        Rows::Submissions => submissions::delete_old(tx, before, BATCH).await,
        Rows::Rejudges => rejudges::delete_old(tx, before, BATCH).await,
        Rows::RequestIds => request_ids::delete_old(tx, before, BATCH).await,
        Rows::Logins(rows) => logins::delete(tx, rows, before, BATCH).await,
        Rows::Snippets => snippets::delete_old(tx, before, BATCH).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::db::{query, query_scalar, to_micros};
    use crate::platform::testing::{Ground, ground};

    const DAY: Duration = Duration::from_secs(86_400);

    /// Stores three of each kind: old, new, and old but not ended where there is such a thing.
    async fn fill(ground: &Ground) {
        let now = ground.platform.clock.now();
        let (old, new) = (to_micros(now - 10 * DAY), to_micros(now - DAY));
        let mut tx = ground.platform.db.write().await.unwrap();
        query(
            "INSERT INTO users (id, email, display_name, role, password_hash, create_time)
             VALUES ('u', 'ada@example.org', 'Ada', 'student', '', 0)",
        )
        .execute(&mut *tx)
        .await
        .unwrap();
        for sql in [
            "INSERT INTO progress (user_id, problem, attempt_count, solved, points, solve_time,
                 last_attempt_time) VALUES ('u', 'p', 1, 1, 10, 1, 1)",
            "INSERT INTO attempts (submission_id, user_id, problem, verdict, accepted,
                 passed_test_count, test_count, create_time)
             VALUES ('old', 'u', 'p', 'ACCEPTED', 1, 1, 1, 1)",
            "INSERT INTO badges (user_id, key, earn_time) VALUES ('u', 'first', 7)",
            "INSERT INTO drafts (user_id, problem, source, save_time) VALUES ('u', 'p', '', 1)",
        ] {
            query(sql).execute(&mut *tx).await.unwrap();
        }
        for (id, end) in [("old", Some(old)), ("new", Some(new)), ("at work", None)] {
            let state = end.map_or("queued", |_| "finished");
            let run = query(
                "INSERT INTO runs (id, user_id, call_id, state, program, stdin, interactive,
                     outcome, create_time, finish_time)
                 VALUES ($1, 'u', 'c', $2, $3, $3, 0, $4, $5, $6)",
            );
            run.bind(id)
                .bind(state)
                .bind(Vec::<u8>::new())
                .bind(end.map(|_| "ok"))
                .bind(old)
                .bind(end)
                .execute(&mut *tx)
                .await
                .unwrap();
            let submission = query(
                "INSERT INTO submissions (id, user_id, problem, call_id, state, program, feedback,
                     test_count, verdict, create_time, finish_time)
                 VALUES ($1, 'u', 'p', 'c', $2, $3, 'full', 1, $4, $5, $6)",
            );
            submission
                .bind(id)
                .bind(state)
                .bind(Vec::<u8>::new())
                .bind(end.map(|_| "ACCEPTED"))
                .bind(old)
                .bind(end)
                .execute(&mut *tx)
                .await
                .unwrap();
            let session = query(
                "INSERT INTO sessions (id, user_id, user_agent, create_time, last_used_time,
                     expire_time, end_time)
                 VALUES ($1, 'u', '', $2, $2, $3, $4)",
            );
            session
                .bind(id)
                .bind(old)
                .bind(to_micros(now + DAY))
                .bind(end)
                .execute(&mut *tx)
                .await
                .unwrap();
            let request = query(
                "INSERT INTO request_ids (user_id, method, request_id, body_hash, claim_time)
                 VALUES ('u', 'm', $1, $2, $3)",
            );
            request
                .bind(id)
                .bind(Vec::<u8>::new())
                .bind(end.unwrap_or(new))
                .execute(&mut *tx)
                .await
                .unwrap();
            let snippet = query(
                "INSERT INTO snippets (id, user_id, program, profile, charge, create_time,
                     expire_time)
                 VALUES ($1, 'u', $2, 'python', 1, $3, $3)",
            );
            snippet
                .bind(id)
                .bind(Vec::<u8>::new())
                .bind(end.unwrap_or(new))
                .execute(&mut *tx)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// What was done stays done: progress, points, badges and the list of attempts.
    async fn earned(ground: &Ground) -> Vec<i64> {
        let sql = "SELECT points FROM progress UNION ALL SELECT accepted FROM attempts
             UNION ALL SELECT earn_time FROM badges UNION ALL SELECT count(*) FROM drafts
             UNION ALL SELECT submission_count FROM users";
        let pool = ground.platform.db.read();
        let mut all: Vec<i64> = query_scalar(sql).fetch_all(pool).await.unwrap();
        all.sort_unstable();
        all
    }

    async fn left(ground: &Ground, kind: Kind) -> Vec<String> {
        let sql = match kind {
            Kind::Runs => "SELECT id FROM runs ORDER BY id",
            Kind::Submissions => "SELECT id FROM submissions ORDER BY id",
            Kind::RequestIds => "SELECT request_id FROM request_ids ORDER BY request_id",
            Kind::Sessions => "SELECT id FROM sessions ORDER BY id",
            Kind::Snippets => "SELECT id FROM snippets ORDER BY id",
        };
        let pool = ground.platform.db.read();
        query_scalar(sql).fetch_all(pool).await.unwrap()
    }

    #[tokio::test]
    async fn only_what_is_old_and_has_ended_goes() {
        let ground = ground().await;
        fill(&ground).await;
        let retention = Retention::new(ground.platform.clone());
        let before = ground.platform.clock.now() - 5 * DAY;
        for kind in Kind::ALL {
            assert_eq!(retention.count(kind, before).await.unwrap(), 1, "{kind}");
            let all = left(&ground, kind).await;
            assert_eq!(all, ["at work", "new", "old"], "counting deletes nothing");
            assert_eq!(retention.delete(kind, before).await.unwrap(), 1, "{kind}");
            assert_eq!(left(&ground, kind).await, ["at work", "new"], "{kind}");
            assert_eq!(retention.count(kind, before).await.unwrap(), 0, "{kind}");
        }
        assert_eq!(earned(&ground).await, [1, 1, 3, 7, 10]);
    }
}
