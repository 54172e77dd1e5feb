//! Writes a backup. One state of the database is read, in one transaction, while the server goes
//! on: readers of SQLite's log and of PostgreSQL's snapshots hold up no writer.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use jiff::Timestamp;

use super::super::connection::Connection;
use super::super::{Location, postgres, sqlite};
use super::format::{Header, Writer};
use super::tables::{known_migrations, migrations, tables};
use super::{Listener, Progress, Summary};
use crate::platform::config::Database;

/// Writes all that the database holds into a new file, which only its owner can read. The file is
/// there when it is whole and on the disk, and not before.
pub async fn save(
    settings: &Database,
    file: &Path,
    now: Timestamp,
    listener: &mut Listener<'_>,
) -> anyhow::Result<Summary> {
    let mut snapshot = snapshot(settings).await?;
    let found = migrations(&mut snapshot).await.context(
        "read which migrations the database has; is it one of Code Runner? `init` makes one",
    )?;
    ensure!(
        found == known_migrations(),
        "the database was made by another version of control-plane; back it up with that one, or \
         start this one once, which brings it up to date"
    );
    let mut part = Part::create(file)?;
    let header = Header::new(now.to_string(), found);
    let summary = write(&mut snapshot, &mut part.to, &header, listener).await?;
    part.keep()?;
    Ok(summary)
}

async fn snapshot(settings: &Database) -> anyhow::Result<Connection> {
    let opened = match &settings.location {
        Location::Sqlite(file) => sqlite::snapshot(file).await.map(Connection::sqlite),
        Location::Postgres(url) => postgres::snapshot(url, settings)
            .await
            .map(|snapshot| Connection::postgres(snapshot, settings.statement_limit)),
    };
    opened.with_context(|| format!("open the database {}", settings.location))
}

async fn write(
    snapshot: &mut Connection,
    to: &mut impl Write,
    header: &Header,
    listener: &mut Listener<'_>,
) -> anyhow::Result<Summary> {
    let tables = tables(snapshot).await?;
    let mut writer = Writer::new(to, header)?;
    let mut rows = 0;
    for table in &tables {
        writer.heading(&table.heading)?;
        snapshot
            .for_each(table.select(), |row| {
                writer.row(&table.values(&row)?)?;
                rows += 1;
                listener(Progress {
                    step: "saving",
                    table: table.name(),
                    rows,
                    all: None,
                });
                Ok(())
            })
            .await
            .with_context(|| format!("save the table {}", table.name()))?;
    }
    let end = writer.end()?;
    Ok(Summary {
        tables: tables.len(),
        rows: end.rows,
        sha256: end.sha256,
    })
}

/// A file under another name until it is whole; dropped before, it is deleted.
struct Part {
    to: BufWriter<File>,
    part: PathBuf,
    file: PathBuf,
    whole: bool,
}

impl Part {
    fn create(file: &Path) -> anyhow::Result<Self> {
        let shown = file.display();
        ensure!(!file.exists(), "{shown} exists already");
        let mut part = file.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let to = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&part)
            .with_context(|| {
                let part = part.display();
                format!("make {part}; if a backup was broken off, delete that file")
            })?;
        Ok(Self {
            to: BufWriter::new(to),
            part,
            file: file.to_owned(),
            whole: false,
        })
    }

    fn keep(mut self) -> anyhow::Result<()> {
        let context = || format!("write {}", self.file.display());
        self.to.flush().with_context(context)?;
        self.to.get_ref().sync_all().with_context(context)?;
        std::fs::rename(&self.part, &self.file).with_context(context)?;
        self.whole = true;
        let folder = match self.file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let folder = File::open(folder).and_then(|folder| folder.sync_all());
        folder.with_context(|| format!("write the folder of {}", self.file.display()))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.whole {
            // There is nothing more to be done about it; the next backup says what is in its way.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}
