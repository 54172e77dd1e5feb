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
use super::super::{Db, Location, postgres, query, sqlite};
use super::Summary;
use super::format::{End, Heading, Line, Reader};
use super::tables::{Table, known_migrations, quoted, tables};
use crate::platform::config::Database;

/// Nobody waits for this transaction, so it takes what it takes.
const NO_HURRY: Duration = Duration::from_secs(24 * 60 * 60);
/// A migration puts its one row there; it makes no database full.
const NEVER_EMPTY: &str = "content_revision";

/// Fills the database from a file of `save`. One that holds anything is left alone, unless it is to
/// be overwritten.
pub async fn restore(settings: &Database, file: &Path, overwrite: bool) -> anyhow::Result<Summary> {
    let checked = check(file).with_context(|| format!("read the backup {}", file.display()))?;
    match &settings.location {
        Location::Sqlite(file) => sqlite::ensure_alone(file).await?,
        Location::Postgres(url) => postgres::ensure_alone(url, settings).await?,
    }
    let patient = Database {
        statement_limit: NO_HURRY,
        ..settings.clone()
    };
    let db = Db::open(&patient).await?;
    let replaced = replace(&db, file, &checked, overwrite).await;
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

fn check(file: &Path) -> anyhow::Result<Checked> {
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
    let mut headings = Vec::new();
    while let Some(line) = reader.next_line()? {
        if let Line::Heading(heading) = line {
            headings.push(heading);
        }
    }
    let end = reader.end().cloned().context("it has no end")?;
    Ok(Checked { headings, end })
}

fn last(migrations: &[String]) -> &str {
    migrations.last().map_or("none", String::as_str)
}

async fn replace(db: &Db, file: &Path, checked: &Checked, overwrite: bool) -> anyhow::Result<()> {
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
    let end = fill(&mut tx, &tables, file).await?;
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

async fn fill(tx: &mut Connection, tables: &[Table], file: &Path) -> anyhow::Result<End> {
    let mut reader = open(file)?;
    let mut tables = tables.iter();
    let mut insert = None;
    while let Some(line) = reader.next_line()? {
        match line {
            Line::Heading(heading) => {
                let table = tables.next();
                let table = table.filter(|table| table.heading == heading);
                insert = Some(table.context("the backup was changed")?.insert());
            }
            Line::Row(values) => {
                let insert = insert.clone().context("a row comes before its table")?;
                let query = query::built(insert).values(values);
                query.execute(&mut *tx).await?;
            }
        }
    }
    reader.end().cloned().context("the backup was cut off")
}
