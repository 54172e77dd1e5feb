//! What there is to save: the tables with their columns and keys, as the database itself tells
//! them, so that no table of a later migration can be forgotten.

use std::collections::BTreeMap;

use anyhow::{Context, bail};

use super::super::connection::Connection;
use super::super::query::{self, Query};
use super::super::row::{Column, Row};
use super::super::sqlite;
use super::super::value::Value;
use super::format::{Heading, Kind};

const SQLITE_COLUMNS: &str = "SELECT tables.name AS table_name, columns.name AS column_name,
         columns.type AS kind, columns.pk AS key_place
     FROM sqlite_master AS tables JOIN pragma_table_info(tables.name) AS columns
     WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'
         AND tables.name <> '_sqlx_migrations'
     ORDER BY tables.name, columns.name";
const POSTGRES_COLUMNS: &str = "SELECT CAST(tables.relname AS TEXT) AS table_name,
         CAST(attname AS TEXT) AS column_name, format_type(atttypid, NULL) AS kind,
         COALESCE((SELECT place
             FROM pg_index, unnest(indkey) WITH ORDINALITY AS part (number, place)
             WHERE indrelid = tables.oid AND indisprimary AND number = attnum), 0) AS key_place
     FROM pg_class AS tables
     JOIN pg_attribute ON attrelid = tables.oid AND attnum > 0 AND NOT attisdropped
     WHERE tables.relkind = 'r' AND tables.relname <> '_sqlx_migrations'
         AND tables.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
     ORDER BY CAST(tables.relname AS TEXT) COLLATE \"C\", CAST(attname AS TEXT) COLLATE \"C\"";
const SQLITE_REFERENCES: &str = "SELECT tables.name AS table_name, keys.\"table\" AS refers_to
     FROM sqlite_master AS tables JOIN pragma_foreign_key_list(tables.name) AS keys
     WHERE tables.type = 'table'";
const POSTGRES_REFERENCES: &str = "SELECT CAST(child.relname AS TEXT) AS table_name,
         CAST(parent.relname AS TEXT) AS refers_to
     FROM pg_constraint JOIN pg_class AS child ON child.oid = conrelid
     JOIN pg_class AS parent ON parent.oid = confrelid
     WHERE contype = 'f'
         AND connamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())";

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Name, and columns by name.
    pub heading: Heading,
    /// The columns of its primary key, in the key's order.
    key: Vec<String>,
}

impl Table {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.heading.table
    }

    /// All its rows, in the order of the key: the same on both engines.
    pub fn select(&self) -> Query {
        query::built(format!(
            "SELECT {} FROM {} ORDER BY {}",
            self.columns(),
            quoted(self.name()),
            list(&self.key)
        ))
    }

    /// The values of a row of `select`.
    pub fn values(&self, row: &Row) -> Result<Vec<Value>, sqlx::Error> {
        let kinds = self.heading.columns.iter().map(|(_, kind)| *kind);
        kinds
            .enumerate()
            .map(|(place, kind)| {
                Ok(match kind {
                    Kind::Number => Value::Number(Column::read(row, place)?),
                    Kind::Text => Value::Text(Column::read(row, place)?),
                    Kind::Bytes => Value::Bytes(Column::read(row, place)?),
                })
            })
            .collect()
    }

    /// Adds rows, each with its values in the order of the columns.
    pub fn insert(&self, rows: Vec<Vec<Value>>) -> Query {
        let mut number = 0;
        let mut place = |_: &Value| {
            number += 1;
            format!("${number}")
        };
        let rows_of_places: Vec<_> = rows
            .iter()
            .map(|row| {
                let places: Vec<_> = row.iter().map(&mut place).collect();
                format!("({})", places.join(", "))
            })
            .collect();
        let sql = format!(
            "INSERT INTO {} ({}) VALUES {}",
            quoted(self.name()),
            self.columns(),
            rows_of_places.join(", ")
        );
        query::built(sql).values(rows.into_iter().flatten())
    }

    /// Deletes all rows.
    pub fn delete(&self) -> Query {
        query::built(format!("DELETE FROM {}", quoted(self.name())))
    }

    /// A row, if there is one.
    pub fn any_row(&self) -> Query {
        query::built(format!("SELECT 1 FROM {} LIMIT 1", quoted(self.name())))
    }

    /// Lets what happens by itself after writing to it rest or happen again, on PostgreSQL.
    pub fn triggers(&self, happen: bool) -> Query {
        let word = if happen { "ENABLE" } else { "DISABLE" };
        query::built(format!(
            "ALTER TABLE {} {word} TRIGGER USER",
            quoted(self.name())
        ))
    }

    fn columns(&self) -> String {
        let names: Vec<_> = self.heading.columns.iter().map(|(name, _)| name).collect();
        list(&names)
    }
}

/// A name as SQL has it. Names come from the database's own catalogue.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn list(names: &[impl AsRef<str>]) -> String {
    let names: Vec<_> = names.iter().map(|name| quoted(name.as_ref())).collect();
    names.join(", ")
}

/// All tables, each after those that it refers to.
pub async fn tables(connection: &mut Connection) -> anyhow::Result<Vec<Table>> {
    let (columns, references) = if connection.is_postgres() {
        (POSTGRES_COLUMNS, POSTGRES_REFERENCES)
    } else {
        (SQLITE_COLUMNS, SQLITE_REFERENCES)
    };
    let mut tables = BTreeMap::new();
    let mut keys: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
    for row in query::query(columns).fetch_all(&mut *connection).await? {
        let table: String = row.try_get("table_name")?;
        let column: String = row.try_get("column_name")?;
        let place: i64 = row.try_get("key_place")?;
        let kind = kind(row.try_get("kind")?)
            .with_context(|| format!("the column {table}.{column} is of no kind of ours"))?;
        if place > 0 {
            let key = keys.entry(table.clone()).or_default();
            key.push((place, column.clone()));
        }
        let heading = tables.entry(table.clone()).or_insert_with(|| Heading {
            table,
            columns: Vec::new(),
        });
        heading.columns.push((column, kind));
    }
    let mut refer: Vec<(String, String)> = Vec::new();
    for row in query::query(references).fetch_all(connection).await? {
        refer.push((row.try_get("table_name")?, row.try_get("refers_to")?));
    }
    let tables = tables.into_iter().map(|(name, heading)| {
        // Without a key there is no order that both engines have.
        let mut key = keys
            .remove(&name)
            .with_context(|| format!("the table {name} has no primary key"))?;
        key.sort();
        let key = key.into_iter().map(|(_, column)| column).collect();
        Ok((name, Table { heading, key }))
    });
    in_order(tables.collect::<anyhow::Result<_>>()?, &refer)
}

fn kind(word: &str) -> Option<Kind> {
    match word {
        "INTEGER" | "bigint" => Some(Kind::Number),
        "TEXT" | "text" => Some(Kind::Text),
        "BLOB" | "bytea" => Some(Kind::Bytes),
        _ => None,
    }
}

/// Takes away again and again the first table by name that refers to none of those left. Rows that
/// refer to rows of their own table would need an order among themselves; there are none.
fn in_order(
    mut tables: BTreeMap<String, Table>,
    references: &[(String, String)],
) -> anyhow::Result<Vec<Table>> {
    let mut ordered = Vec::new();
    while !tables.is_empty() {
        let waits = |name: &String| {
            let mut of = references.iter().filter(|(from, _)| from == name);
            of.any(|(_, to)| tables.contains_key(to))
        };
        let Some(next) = tables.keys().find(|name| !waits(name)).cloned() else {
            let names: Vec<_> = tables.keys().map(String::as_str).collect();
            bail!(
                "tables refer to themselves or to each other in a circle: {}",
                names.join(", ")
            );
        };
        ordered.extend(tables.remove(&next));
    }
    Ok(ordered)
}

/// Number and name of each migration that the database has.
pub async fn migrations(connection: &mut Connection) -> Result<Vec<String>, sqlx::Error> {
    let all = "SELECT CAST(version AS TEXT) || ' ' || description AS migration
         FROM _sqlx_migrations ORDER BY version";
    let rows = query::query(all).fetch_all(connection).await?;
    rows.iter().map(|row| row.try_get("migration")).collect()
}

/// Number and name of each migration that this program has; both engines have the same.
pub fn known_migrations() -> Vec<String> {
    let name = |migration: &sqlx::migrate::Migration| {
        format!("{} {}", migration.version, migration.description)
    };
    sqlite::MIGRATIONS.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> (String, Table) {
        let heading = Heading {
            table: name.into(),
            columns: vec![("b\"c".into(), Kind::Text), ("id".into(), Kind::Number)],
        };
        let key = vec!["id".into()];
        (name.into(), Table { heading, key })
    }

    fn ordered(references: &[(&str, &str)]) -> Option<String> {
        let tables = ["a", "b", "c"].map(table).into_iter().collect();
        let own = |(from, to): &(&str, &str)| (from.to_string(), to.to_string());
        let references: Vec<_> = references.iter().map(own).collect();
        let ordered = in_order(tables, &references).ok()?;
        Some(ordered.iter().map(Table::name).collect())
    }

    #[test]
    fn a_table_comes_after_those_that_it_refers_to() {
        for (references, expected) in [
            (&[][..], Some("abc")),
            (&[("a", "b")], Some("bac")),
            (&[("a", "c"), ("c", "b")], Some("bca")),
            (&[("b", "b")], None),
            (&[("a", "b"), ("b", "a")], None),
        ] {
            assert_eq!(ordered(references).as_deref(), expected, "{references:?}");
        }
    }

    #[test]
    fn names_are_quoted() {
        let (_, table) = table("only");
        let row = || vec![Value::Text(None), Value::Number(Some(1))];
        let (sql, values) = table.insert(vec![row(), row()]).for_postgres().unwrap();
        assert_eq!(
            sql.as_str(),
            "INSERT INTO \"only\" (\"b\"\"c\", \"id\") VALUES ($1, $2), ($3, $4)"
        );
        assert_eq!(values, [row(), row()].concat());
    }
}
