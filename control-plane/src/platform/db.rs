//! The SQLite database: two pools over one file in WAL mode, migrations inside the program.
//!
//! Readers never wait for the writer. There is one writing connection, and every write is a
//! transaction that begins with BEGIN IMMEDIATE: writers of this process wait in the pool's
//! queue, another process (such as `content load`) is waited for with busy_timeout, and no
//! transaction can fail half-way because its read snapshot grew old. SQLITE_BUSY is what is left
//! when another process writes for longer than the timeout.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Sqlite, Transaction};

use super::errors::Error;

const READERS: u32 = 8;
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// A write transaction; dropped without `commit` it is rolled back.
pub type WriteTransaction = Transaction<'static, Sqlite>;

/// The database. Cloning shares the pools.
#[derive(Debug, Clone)]
pub struct Db {
    readers: SqlitePool,
    writer: SqlitePool,
    /// Write transactions so far.
    #[cfg(test)]
    writes: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl Db {
    /// Opens the file, makes it when it is missing, and applies what migrations it lacks.
    pub async fn open(path: &Path) -> anyhow::Result<Self> {
        create_private(path).with_context(|| format!("make the database {}", path.display()))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(BUSY_TIMEOUT)
            .connect_with(options.clone())
            .await
            .with_context(|| format!("open the database {}", path.display()))?;
        sqlx::migrate!("migrations/sqlite")
            .run(&writer)
            .await
            .with_context(|| format!("bring the database {} up to date", path.display()))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(BUSY_TIMEOUT)
            .connect_with(options.pragma("query_only", "on"))
            .await
            .with_context(|| format!("open the database {} for reading", path.display()))?;
        Ok(Self {
            readers,
            writer,
            #[cfg(test)]
            writes: Default::default(),
        })
    }

    /// Write transactions so far.
    #[cfg(test)]
    pub fn writes(&self) -> u64 {
        self.writes.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// For queries that change nothing; the connections refuse to write.
    pub fn read(&self) -> &SqlitePool {
        &self.readers
    }

    /// Begins a write transaction; waits for the ones before it. Keep it short, and never await
    /// anything but the database inside.
    pub async fn write(&self) -> Result<WriteTransaction, Error> {
        #[cfg(test)]
        self.writes
            .fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Fails when the database does not answer.
    pub async fn ping(&self) -> Result<(), Error> {
        sqlx::query("SELECT 1").execute(self.read()).await?;
        Ok(())
    }

    /// Closes all connections and folds the log into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Makes a missing file with a mode for the owner only; it will hold password hashes. SQLite
/// gives its log files the mode of the database.
fn create_private(path: &Path) -> std::io::Result<()> {
    let new = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match new {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other.map(drop),
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    async fn database() -> (tempfile::TempDir, Db) {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("test.db")).await.unwrap();
        (folder, db)
    }

    #[tokio::test]
    async fn many_writers_at_once_all_succeed() {
        let (folder, db) = database().await;
        // A second process would open the file for itself, as this does.
        let other = Db::open(&folder.path().join("test.db")).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..40 {
            let db = if number % 2 == 0 {
                db.clone()
            } else {
                other.clone()
            };
            tasks.spawn(async move {
                let mut tx = db.write().await?;
                sqlx::query("UPDATE content_revision SET revision = revision + 1")
                    .execute(&mut *tx)
                    .await?;
                tx.commit().await?;
                Ok::<_, Error>(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap().unwrap();
        }
        let count: i64 = sqlx::query_scalar("SELECT revision FROM content_revision")
            .fetch_one(db.read())
            .await
            .unwrap();
        assert_eq!(count, 40);
    }

    #[tokio::test]
    async fn nobody_else_can_read_the_files() {
        let (folder, _db) = database().await;
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{:?}", entry.path());
        }
    }

    #[tokio::test]
    async fn readers_can_not_write() {
        let (_folder, db) = database().await;
        let result = sqlx::query("DELETE FROM users").execute(db.read()).await;
        assert!(result.unwrap_err().to_string().contains("readonly"));
    }
}
