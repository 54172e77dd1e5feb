//! SQLite: two pools over one file in WAL mode.
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
use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, Sqlite, Transaction};

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a database that is to be restored may still be in use.
const LEAVING_TIMEOUT: Duration = Duration::from_secs(3);

/// Opens the file, makes it when it is missing, and applies what migrations it lacks. Gives the
/// pool that reads and the one that writes.
pub(super) async fn open(path: &Path, readers: u32) -> anyhow::Result<(SqlitePool, SqlitePool)> {
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
    MIGRATIONS
        .run(&writer)
        .await
        .with_context(|| format!("bring the database {} up to date", path.display()))?;
    let readers = SqlitePoolOptions::new()
        .max_connections(readers)
        .acquire_timeout(BUSY_TIMEOUT)
        .connect_with(options.pragma("query_only", "on"))
        .await
        .with_context(|| format!("open the database {} for reading", path.display()))?;
    Ok((readers, writer))
}

/// A transaction that reads one state of the file, whatever is written meanwhile. It changes nothing
/// and makes no database where there is none.
pub(super) async fn snapshot(path: &Path) -> anyhow::Result<Transaction<'static, Sqlite>> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("query_only", "on");
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await?;
    Ok(pool.begin_with("BEGIN").await?)
}

/// Fails when another program has the file open. In WAL mode whoever has it open holds a lock that
/// goes together with none that excludes others.
pub(super) async fn ensure_alone(path: &Path) -> anyhow::Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .locking_mode(SqliteLockingMode::Exclusive)
        .busy_timeout(LEAVING_TIMEOUT);
    let context = || {
        let path = path.display();
        format!("have the database {path} alone; stop every control-plane first")
    };
    let mut connection = options.connect().await.with_context(context)?;
    sqlx::query("SELECT count(*) FROM sqlite_master")
        .execute(&mut connection)
        .await
        .with_context(context)?;
    connection.close().await.with_context(context)
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn nobody_else_can_read_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let _pools = open(&folder.path().join("test.db"), 8).await.unwrap();
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{:?}", entry.path());
        }
    }
}
