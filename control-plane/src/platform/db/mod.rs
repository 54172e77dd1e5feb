//! The database: SQLite or PostgreSQL, whichever the configuration names. The rest of the program
//! sees the types of this module and does not know which of the two it is.
//!
//! One text of SQL serves both (`query`). On both there are readers, which can't write, and write
//! transactions, which nothing disturbs: see `sqlite` and `postgres` for how. Migrations are
//! inside the program, in a folder for each engine; a test compares what they make.

mod alone;
pub mod backup;
mod connection;
mod failure;
mod location;
mod postgres;
mod query;
mod row;
mod sqlite;
#[cfg(test)]
mod tests;
mod value;
#[cfg(test)]
pub mod wire;

use std::sync::Arc;

use jiff::Timestamp;

pub use alone::Alone;
pub use connection::{Connection, Executor, Pool, WriteTransaction};
pub use failure::{Failure, failure};
pub use location::{Location, PostgresUrl};
pub use query::{Done, Query, QueryBuilder, Scalar, query, query_scalar};
pub use row::{Column, Row};
pub use value::{Bind, HoldsNul, Value};

use super::config::Database;
use super::errors::Error;
use connection::Engine;
use postgres::{Company, Watch};

/// A text behind every id, for lists that go backwards from an id or from the newest: with a
/// condition that may be absent PostgreSQL would not go to the place in the index.
pub const AFTER_ALL_IDS: &str = "~";

/// The database. Cloning shares the pools.
#[derive(Debug, Clone)]
pub struct Db {
    readers: Pool,
    writers: Pool,
    watch: Option<Arc<Watch>>,
    /// Write transactions so far.
    #[cfg(test)]
    writes: Arc<std::sync::atomic::AtomicU64>,
}

impl Db {
    /// Opens the database and applies what migrations it lacks. A missing file is made; a missing
    /// server, or a missing database on it, is an error.
    pub async fn open(settings: &Database) -> anyhow::Result<Self> {
        let (readers, writers, watch) = match &settings.location {
            Location::Sqlite(file) => {
                let (readers, writer) = sqlite::open(file, settings.readers).await?;
                (Engine::Sqlite(readers), Engine::Sqlite(writer), None)
            }
            Location::Postgres(url) => {
                let (readers, writers, watch) = postgres::open(url, settings).await?;
                (
                    Engine::Postgres(readers),
                    Engine::Postgres(writers),
                    Some(Arc::new(watch)),
                )
            }
        };
        Ok(Self {
            readers: Pool(readers),
            writers: Pool(writers),
            watch,
            #[cfg(test)]
            writes: Arc::default(),
        })
    }

    /// Write transactions so far.
    #[cfg(test)]
    pub fn writes(&self) -> u64 {
        self.writes.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// For queries that change nothing; the connections refuse to write.
    pub fn read(&self) -> &Pool {
        &self.readers
    }

    /// Begins a write transaction that no other one runs beside, on any replica; waits for the
    /// ones before it. Keep it short, and never await anything but the database inside.
    pub async fn write(&self) -> Result<WriteTransaction, Error> {
        self.begin(Company::Alone).await
    }

    /// Begins a write transaction that may run beside others of its kind on PostgreSQL, where a
    /// commit need not wait for the disk alone. Only for use cases that decide by conditional
    /// writes or by rows that they have locked (`FOR NO KEY UPDATE`). SQLite has one writer, and
    /// there it is the same as `write`.
    pub async fn write_beside(&self) -> Result<WriteTransaction, Error> {
        self.begin(Company::Beside).await
    }

    async fn begin(&self, company: Company) -> Result<WriteTransaction, Error> {
        #[cfg(test)]
        self.writes
            .fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Ok(match &self.writers.0 {
            Engine::Sqlite(pool) => {
                WriteTransaction::sqlite(pool.begin_with("BEGIN IMMEDIATE").await?)
            }
            Engine::Postgres(server) => {
                WriteTransaction::postgres(server.begin(company).await?, server.limit())
            }
        })
    }

    /// Fails when the database does not answer.
    pub async fn ping(&self) -> Result<(), Error> {
        query("SELECT 1").execute(self.read()).await?;
        Ok(())
    }

    /// Closes all connections; SQLite folds its log into the file.
    pub async fn close(&self) {
        if let Some(watch) = &self.watch {
            watch.end();
        }
        for pool in [&self.readers, &self.writers] {
            match &pool.0 {
                Engine::Sqlite(pool) => pool.close().await,
                Engine::Postgres(server) => server.close().await,
            }
        }
    }
}

/// How times are stored: microseconds since 1970 UTC.
pub fn to_micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// Reads a stored time.
pub fn from_micros(micros: i64) -> Result<Timestamp, sqlx::Error> {
    Timestamp::from_microsecond(micros).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// Reads any stored word as a type of ours, such as an id or an enum.
pub fn from_text<T>(text: &str) -> Result<T, sqlx::Error>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse()
        .map_err(|error: T::Err| sqlx::Error::Decode(error.into()))
}
