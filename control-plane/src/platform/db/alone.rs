//! One control-plane at a time works on a database: what it finds unfinished at its start it queues again, and that
//! must not be what another one is just working on.
//!
//! On SQLite it is a locked file beside the database, on PostgreSQL a lock that a session of its own holds. Both end
//! with the process, however it ends. A session also ends with its server or its network; then the lock is asked for
//! again, and only when somebody else has had it for a while, this process must stop.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _, Error};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::location::Location;
use super::postgres::limited;

/// Names the lock; any number would do, and it must never change.
const LOCK: i64 = 0x636f_6465_7275_6e61;
/// How long one that ends may take, and a server to notice that one is gone with its machine.
const PATIENCE: Duration = Duration::from_secs(45);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);
/// How long the server may think about a question.
const ANSWER: Duration = Duration::from_secs(3);
/// The server asks a silent peer after ten seconds, and ends its session after thirty.
const SESSION: &str = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5;
     SET tcp_keepalives_count = 4; SET idle_session_timeout = 0;";

/// The right to work on a database.
#[derive(Debug)]
pub struct Alone(Held);

#[derive(Debug)]
enum Held {
    File { _locked: File },
    Session(JoinHandle<()>),
}

impl Drop for Alone {
    fn drop(&mut self) {
        if let Held::Session(task) = &self.0 {
            task.abort();
        }
    }
}

impl Alone {
    /// Waits for another control-plane that is about to end.
    ///
    /// # Errors
    /// When it does not end, or the database can't be asked.
    pub async fn take(location: &Location) -> anyhow::Result<Self> {
        Self::take_within(location, PATIENCE).await
    }

    async fn take_within(location: &Location, patience: Duration) -> anyhow::Result<Self> {
        let deadline = Instant::now() + patience;
        let mut told = false;
        loop {
            if let Some(held) = Held::try_take(location).await? {
                return Ok(Self(held));
            }
            if Instant::now() >= deadline {
                anyhow::bail!(
                    "another control-plane works on the database {location}; stop it first, or give this one a \
                     database of its own"
                );
            }
            if !told {
                tracing::warn!(
                    seconds = patience.as_secs(),
                    "another control-plane works on the database; waiting for its end"
                );
                told = true;
            }
            sleep(PAUSE).await;
        }
    }

    /// Comes back when somebody else works on the database.
    pub async fn lost(&mut self) {
        match &mut self.0 {
            Held::File { .. } => std::future::pending().await,
            Held::Session(task) => {
                // It ends in no other way.
                let _ = task.await;
            }
        }
    }
}

impl Held {
    /// None when somebody else has it.
    async fn try_take(location: &Location) -> anyhow::Result<Option<Self>> {
        match location {
            Location::Sqlite(database) => {
                let locked = lock_file(database)?;
                Ok(locked.map(|locked| Self::File { _locked: locked }))
            }
            Location::Postgres(url) => {
                let options = url.options().application_name("coderunner (alone)");
                let session = limited(ANSWER, lock_session(&options))
                    .await
                    .with_context(|| format!("ask the database {url} who works on it"))?;
                Ok(session.map(|session| Self::Session(tokio::spawn(keep(options, session)))))
            }
        }
    }
}

/// A file of its own: closing any other handle of the database would end the locks that SQLite holds on it.
fn lock_file(database: &Path) -> anyhow::Result<Option<File>> {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    let path = Path::new(&name);
    let open = || format!("open {}", path.display());
    let options = || File::options().create(true).append(true).open(path);
    let file = options().with_context(open)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).with_context(open),
    }
}

/// None when another session has the lock.
async fn lock_session(options: &PgConnectOptions) -> Result<Option<PgConnection>, Error> {
    let mut session = options.connect().await?;
    // An older server does not know the last of them, and has no such limit.
    let _ = sqlx::raw_sql(SESSION).execute(&mut session).await;
    let ours: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(LOCK)
        .fetch_one(&mut session)
        .await?;
    Ok(ours.then_some(session))
}

/// Holds the lock, and asks for it again when its session ended. Comes back when somebody else has it.
async fn keep(options: PgConnectOptions, session: PgConnection) {
    let mut session = Some(session);
    let mut refused_since = None;
    loop {
        sleep(PAUSE).await;
        if let Some(held) = &mut session {
            if limited(ANSWER, held.ping()).await.is_ok() {
                continue;
            }
            session = None;
        }
        match limited(ANSWER, lock_session(&options)).await {
            Ok(Some(again)) => {
                session = Some(again);
                refused_since = None;
            }
            // Perhaps our own session, which the server has not missed yet.
            Ok(None) => {
                let since = *refused_since.get_or_insert_with(Instant::now);
                if since.elapsed() > PATIENCE {
                    tracing::error!("another control-plane works on the database");
                    return;
                }
            }
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database of each engine, and what must live as long as it.
    fn places() -> [(tempfile::TempDir, Location); 2] {
        [false, true].map(|postgres| {
            let folder = tempfile::tempdir().unwrap();
            let place = match postgres {
                true => test_postgres::postgres_url(folder.path()),
                false => "test.db".to_owned(),
            };
            let location = Location::parse(&place, folder.path()).unwrap();
            (folder, location)
        })
    }

    #[tokio::test]
    async fn the_second_is_refused_until_the_first_has_gone() {
        for (_folder, location) in places() {
            let soon = Duration::from_millis(600);
            let first = Alone::take_within(&location, soon).await.unwrap();
            let refused = Alone::take_within(&location, soon).await.unwrap_err();
            assert!(
                refused.to_string().contains("another control-plane"),
                "{refused}"
            );
            let waiting = Alone::take(&location);
            tokio::pin!(waiting);
            assert!(tokio::time::timeout(soon, &mut waiting).await.is_err());
            drop(first);
            let mut second = waiting.await.unwrap();
            let lost = tokio::time::timeout(soon, second.lost()).await;
            assert!(lost.is_err(), "nobody else has it");
        }
    }

    #[tokio::test]
    async fn a_session_that_its_server_ended_is_taken_again() {
        let [_, (_folder, location)] = places();
        let mut first = Alone::take(&location).await.unwrap();
        let Location::Postgres(url) = &location else {
            panic!("not PostgreSQL")
        };
        let mut other = url.options().connect().await.unwrap();
        let holder = "SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid)
             WHERE locktype = 'advisory' AND datname = current_database()
                 AND application_name = 'coderunner (alone)'";
        let before: i32 = sqlx::query_scalar(holder)
            .fetch_one(&mut other)
            .await
            .unwrap();
        sqlx::query("SELECT pg_terminate_backend($1)")
            .bind(before)
            .execute(&mut other)
            .await
            .unwrap();
        let begun = Instant::now();
        loop {
            let now: Option<i32> = sqlx::query_scalar(holder)
                .fetch_optional(&mut other)
                .await
                .unwrap();
            if now.is_some_and(|now| now != before) {
                break;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "it was not taken again"
            );
            sleep(Duration::from_millis(20)).await;
        }
        let lost = tokio::time::timeout(Duration::from_millis(50), first.lost()).await;
        assert!(lost.is_err(), "nobody else has it");
    }
}
