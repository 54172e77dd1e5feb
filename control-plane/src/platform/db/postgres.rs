//! PostgreSQL: a pool that reads, a pool that writes, and a watch over the server.
//!
//! **Writing.** A write transaction gets what the single writer of SQLite gives: from its first
//! statement to its end nothing that it reads is changed by others. It runs at READ COMMITTED
//! behind one lock of the whole database (`pg_advisory_xact_lock`), which all replicas share;
//! so whatever a use case checks is still so when it writes, and nothing has to be tried again.
//! Transactions that are asked for a lot and decide by the rows that they lock or by conditional
//! writes take the lock shared instead (`Db::write_beside`): they run side by side, and none runs
//! beside an exclusive one. Who waits for the lock is served in order, so that neither kind
//! starves the other. The lock ends with the transaction, also when its process dies.
//!
//! **Being away.** Nothing waits for a server that is not there. A watch asks it every second on
//! a connection of its own; as long as there is no answer, whoever wants a connection is refused
//! at once. Whatever slips through is bounded: waiting for a connection, every statement (by the
//! server, and by us when not even the server answers), waiting for locks, and transactions that
//! do nothing, which a dead client would leave. When the server is back, the watch is the first
//! to see it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Error, Postgres, Transaction};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use super::location::PostgresUrl;
use crate::platform::config::Database;

/// How often the watch asks.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// How often it asks while the server is away.
const ASK_AGAIN: Duration = Duration::from_millis(250);
/// How long the server may think about such a question.
const PATIENCE: Duration = Duration::from_secs(3);
/// How much longer than the server we wait for the end of a statement.
const GRACE: Duration = Duration::from_secs(1);
/// How our connections are called in the server's views.
const NAME: &str = "coderunner";
/// Names the lock of all writers; any number would do, and it must never change.
const WRITERS_LOCK: i64 = 0x636f_6465_7275_6e6e;

/// Connections to a server. Cloning shares them.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pool: PgPool,
    /// For tests that connect once more.
    #[cfg(test)]
    url: String,
    limit: Duration,
    away: watch::Receiver<bool>,
}

/// Ends the watch when nobody holds the database any more.
#[derive(Debug)]
pub(super) struct Watch(AbortHandle);

impl Watch {
    /// Ends it, and its connection.
    pub(super) fn end(&self) {
        self.0.abort();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end();
    }
}

/// Whether others may write at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Company {
    Alone,
    Beside,
}

/// Brings the tables up to date and opens the pools: the one that reads, the one that writes.
pub(super) async fn open(
    url: &PostgresUrl,
    settings: &Database,
) -> anyhow::Result<(Server, Server, Watch)> {
    // Floats are sent in binary form, and a pooler may not know the setting.
    let options = url.options().extra_float_digits(None);
    let options = options.application_name(NAME);
    let limit = settings.wait_limit + PATIENCE;
    let mut connection = limited(limit, options.connect())
        .await
        .with_context(|| format!("connect to the database {url}"))?;
    // Without a limit of time: an index over a large table takes what it takes.
    sqlx::migrate!("migrations/postgres")
        .run(&mut connection)
        .await
        .with_context(|| format!("bring the database {url} up to date"))?;
    connection.close().await?;
    let (tell, away) = watch::channel(false);
    let watch = tokio::spawn(watch_server(options.clone(), tell));
    let server = |session: String, connections| Server {
        pool: pool(settings, connections, session).connect_lazy_with(options.clone()),
        #[cfg(test)]
        url: url.text().to_owned(),
        limit: settings.statement_limit + GRACE,
        away: away.clone(),
    };
    let writing = session(settings);
    let reading = format!("{writing} SET default_transaction_read_only = on;");
    let readers = server(reading, settings.readers);
    let writers = server(writing, settings.writers);
    Ok((readers, writers, Watch(watch.abort_handle())))
}

/// A transaction that reads one state of the database, whatever is written meanwhile, for as long
/// as it takes.
pub(super) async fn snapshot(
    url: &PostgresUrl,
    settings: &Database,
) -> anyhow::Result<Transaction<'static, Postgres>> {
    let bounds = ["statement_timeout", "idle_in_transaction_session_timeout"];
    let options = url
        .options()
        .application_name("coderunner-backup")
        .options(bounds.map(|bound| (bound, "0")));
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(settings.wait_limit + PATIENCE)
        .connect_with(options)
        .await?;
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    Ok(pool.begin_with(begin).await?)
}

/// How each session begins: what the server bounds by itself, and what its own settings must not change. Said in
/// statements, because poolers pass no options of the start on. Plans compiled to machine code don't pay for
/// statements as short as ours.
fn session(settings: &Database) -> String {
    let limit = settings.statement_limit.as_millis();
    format!(
        "SET statement_timeout = {limit};
         SET lock_timeout = {limit};
         SET idle_in_transaction_session_timeout = {limit};
         SET default_transaction_isolation = 'read committed';
         SET jit = off;"
    )
}

fn pool(settings: &Database, connections: u32, session: String) -> PgPoolOptions {
    let session: Arc<str> = session.into();
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(settings.wait_limit)
        .after_connect(move |connection, _| {
            let session = session.to_string();
            Box::pin(async move {
                let settings = sqlx::raw_sql(AssertSqlSafe(session)).execute(connection);
                limited(PATIENCE, settings).await.map(drop)
            })
        })
        .after_release(|connection, _| {
            // The pool asks too, but would wait for ever where nothing answers.
            Box::pin(async move { limited(PATIENCE, connection.ping()).await.map(|()| true) })
        })
}

/// A future of the database with an end.
pub(super) async fn limited<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match timeout(limit, work).await {
        Ok(result) => result,
        Err(_) => Err(silent()),
    }
}

fn silent() -> Error {
    Error::Io(std::io::Error::new(
        std::io::ErrorKind::TimedOut,
        "the database does not answer",
    ))
}

impl Server {
    /// The longest that a statement may take.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// A connection; refused at once while the server is away.
    pub(super) async fn acquire(&self) -> Result<PoolConnection<Postgres>, Error> {
        let away = self.away.clone();
        tokio::select! {
            biased;
            true = is_away(away) => Err(silent()),
            connection = self.pool.acquire() => connection,
        }
    }

    /// Begins a write transaction.
    pub(super) async fn begin(
        &self,
        company: Company,
    ) -> Result<Transaction<'static, Postgres>, Error> {
        let connection = self.acquire().await?;
        let lock = match company {
            Company::Alone => "SELECT pg_advisory_xact_lock($1)",
            Company::Beside => "SELECT pg_advisory_xact_lock_shared($1)",
        };
        limited(self.limit, async {
            let mut transaction = Transaction::begin(connection, None).await?;
            sqlx::query(lock)
                .bind(WRITERS_LOCK)
                .execute(&mut *transaction)
                .await?;
            Ok(transaction)
        })
        .await
    }

    #[cfg(test)]
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Comes back with true as soon as the server is away; with false when nobody watches any more.
async fn is_away(mut away: watch::Receiver<bool>) -> bool {
    away.wait_for(|away| *away).await.is_ok()
}

/// Tells whether the server is away, until it is aborted.
async fn watch_server(options: PgConnectOptions, tell: watch::Sender<bool>) {
    let mut connection = None;
    loop {
        let answer = limited(PATIENCE, ask(&options, &mut connection)).await;
        let away = match &answer {
            Ok(()) => false,
            // It has no place for the watch, which says nothing of the others.
            Err(Error::Database(error)) if error.code().is_some_and(|it| it.starts_with("53")) => {
                *tell.borrow()
            }
            Err(_) => true,
        };
        if answer.is_err() {
            connection = None;
        }
        if tell.send_replace(away) != away {
            match answer {
                Err(error) => tracing::error!(%error, "the database is away"),
                Ok(()) => tracing::info!("the database is back"),
            }
        }
        sleep(if away { ASK_AGAIN } else { ASK_EVERY }).await;
    }
}

async fn ask(
    options: &PgConnectOptions,
    connection: &mut Option<PgConnection>,
) -> Result<(), Error> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(options.connect().await?),
    };
    connection.ping().await
}
