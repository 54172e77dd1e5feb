//! Fills a database from a backup, all of it or nothing.
//!
//! 1. The whole file is read and checked: digest, lines, migrations. Nothing has been opened yet.
//! 2. No control-plane may be at work on the database: what it knows in memory would be wrong.
//! 3. One transaction checks that the database is empty, or empties it, and reads the file once
//!    more into it. It is committed when the end is the same as the first time.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail, ensure};

use super::super::connection::Connection;
use super::super::value::Value;
use super::super::{Db, Location, postgres, query, sqlite};
use super::format::{End, Heading, Line, Reader};
use super::tables::{Table, known_migrations, quoted, tables};
use super::{Listener, Progress, Summary};
use crate::platform::config::Database;

/// Nobody waits for this transaction, so it takes what it takes.
const NO_HURRY: Duration = Duration::from_secs(24 * 60 * 60);
/// A migration puts its one row there; it makes no database full.
const NEVER_EMPTY: &str = "content_revision";
/// Rows are stored with so many in one statement, or with so many bytes of text and bytes.
const BATCH_ROWS: usize = 64;
const BATCH_BYTES: usize = 1024 * 1024;

/// Fills the database from a file of `save`. One that holds anything is left alone, unless it is to
/// be overwritten.
pub async fn restore(
    settings: &Database,
    file: &Path,
    overwrite: bool,
    listener: &mut Listener<'_>,
) -> anyhow::Result<Summary> {
    let checked =
        check(file, listener).with_context(|| format!("read the backup {}", file.display()))?;
    match &settings.location {
        Location::Sqlite(file) => sqlite::ensure_alone(file).await?,
        Location::Postgres(url) => postgres::ensure_alone(url, settings).await?,
    }
    let patient = Database {
        statement_limit: NO_HURRY,
        ..settings.clone()
    };
    let db = Db::open(&patient).await?;
    let replaced = replace(&db, file, &checked, overwrite, listener).await;
    db.close().await;
    replaced.with_context(|| format!("restore the database {}", settings.location))?;
    Ok(Summary {
        tables: checked.headings.len(),
        rows: checked.end.rows,
        sha256: checked.end.sha256,
    })
}

/// What is known of a file that was read to its end.
struct Checked {
    headings: Vec<Heading>,
    end: End,
}

fn open(file: &Path) -> anyhow::Result<Reader<BufReader<File>>> {
    Ok(Reader::new(BufReader::new(File::open(file)?))?)
}

fn check(file: &Path, listener: &mut Listener<'_>) -> anyhow::Result<Checked> {
    let mut reader = open(file)?;
    let header = reader.header();
    ensure!(
        header.migrations == known_migrations(),
        "it is of control-plane {} with the migration \"{}\", and this is {} with \"{}\"; restore \
         it with a control-plane that has the same migrations, and start a newer one after that",
        header.program,
        last(&header.migrations),
        env!("CARGO_PKG_VERSION"),
        last(&known_migrations()),
    );
    let (mut headings, mut rows) = (Vec::<Heading>::new(), 0);
    while let Some(line) = reader.next_line()? {
        match line {
            Line::Heading(heading) => headings.push(heading),
            Line::Row(_) => {
                rows += 1;
                listener(Progress {
                    step: "checking",
                    table: headings.last().map_or("", |heading| &heading.table),
                    rows,
                    all: None,
                });
            }
        }
    }
    let end = reader.end().cloned().context("it has no end")?;
    Ok(Checked { headings, end })
}

fn last(migrations: &[String]) -> &str {
    migrations.last().map_or("none", String::as_str)
}

async fn replace(
    db: &Db,
    file: &Path,
    checked: &Checked,
    overwrite: bool,
    listener: &mut Listener<'_>,
) -> anyhow::Result<()> {
    let mut tx = db.write().await?;
    let tables = tables(&mut tx).await?;
    let same = tables.iter().map(|table| &table.heading);
    ensure!(
        same.eq(&checked.headings),
        "the backup has other tables or columns than the database"
    );
    if !overwrite {
        ensure_empty(&mut tx, &tables).await?;
    }
    let triggers = put_aside_triggers(&mut tx, &tables).await?;
    for table in tables.iter().rev() {
        table.delete().execute(&mut *tx).await?;
    }
    let mut filling = Filling {
        tx: &mut tx,
        batch: Vec::new(),
        bytes: 0,
        rows: 0,
        all: checked.end.rows,
        listener,
    };
    let end = filling.fill(&tables, file).await?;
    ensure!(
        end == checked.end,
        "the backup was changed while it was read"
    );
    put_back_triggers(&mut tx, &tables, triggers).await?;
    tx.commit().await?;
    Ok(())
}

async fn ensure_empty(tx: &mut Connection, tables: &[Table]) -> anyhow::Result<()> {
    for table in tables.iter().filter(|table| table.name() != NEVER_EMPTY) {
        if table.any_row().fetch_optional(&mut *tx).await?.is_some() {
            bail!(
                "it is not empty: there are rows in the table {}; --overwrite deletes all that it \
                 holds",
                table.name()
            );
        }
    }
    Ok(())
}

/// Counts that triggers keep are in the backup and must not be counted again. Gives what SQLite
/// needs to make them anew; should the transaction not be committed, they were never away.
async fn put_aside_triggers(tx: &mut Connection, tables: &[Table]) -> anyhow::Result<Vec<String>> {
    if tx.is_postgres() {
        for table in tables {
            table.triggers(false).execute(&mut *tx).await?;
        }
        return Ok(Vec::new());
    }
    let mut triggers: Vec<String> = Vec::new();
    let all = query::query("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'");
    for row in all.fetch_all(&mut *tx).await? {
        triggers.push(row.try_get("sql")?);
        let name: String = row.try_get("name")?;
        let drop = query::built(format!("DROP TRIGGER {}", quoted(&name)));
        drop.execute(&mut *tx).await?;
    }
    Ok(triggers)
}

async fn put_back_triggers(
    tx: &mut Connection,
    tables: &[Table],
    triggers: Vec<String>,
) -> anyhow::Result<()> {
    for sql in triggers {
        query::built(sql).execute(&mut *tx).await?;
    }
    if tx.is_postgres() {
        for table in tables {
            table.triggers(true).execute(&mut *tx).await?;
        }
    }
    Ok(())
}

/// Rows on their way into the database.
struct Filling<'a, 'l> {
    tx: &'a mut Connection,
    batch: Vec<Vec<Value>>,
    /// Of the batch.
    bytes: usize,
    /// Stored so far.
    rows: u64,
    all: u64,
    listener: &'a mut Listener<'l>,
}

impl Filling<'_, '_> {
    async fn fill(&mut self, tables: &[Table], file: &Path) -> anyhow::Result<End> {
        let mut reader = open(file)?;
        let mut tables = tables.iter();
        let mut table = None;
        while let Some(line) = reader.next_line()? {
            match line {
                Line::Heading(heading) => {
                    self.flush(table).await?;
                    let next = tables.next().filter(|table| table.heading == heading);
                    table = Some(next.context("the backup was changed")?);
                }
                Line::Row(values) => {
                    self.bytes += values.iter().map(size).sum::<usize>();
                    self.batch.push(values);
                    if self.batch.len() == BATCH_ROWS || self.bytes >= BATCH_BYTES {
                        self.flush(table).await?;
                    }
                }
            }
        }
        self.flush(table).await?;
        reader.end().cloned().context("the backup was cut off")
    }

    async fn flush(&mut self, table: Option<&Table>) -> anyhow::Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let table = table.context("a row comes before its table")?;
        let rows = std::mem::take(&mut self.batch);
        self.bytes = 0;
        self.rows += rows.len() as u64;
        let insert = table.insert(rows);
        let context = || format!("fill the table {}", table.name());
        insert.execute(&mut *self.tx).await.with_context(context)?;
        (self.listener)(Progress {
            step: "restoring",
            table: table.name(),
            rows: self.rows,
            all: Some(self.all),
        });
        Ok(())
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Text(Some(text)) => text.len(),
        Value::Bytes(Some(bytes)) => bytes.len(),
        _ => 0,
    }
}
