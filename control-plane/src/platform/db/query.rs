//! A statement and its values. One text serves both engines: `$1`, `$2` for values, and only what
//! both understand. Where a row must be locked against side-by-side writers on PostgreSQL, the
//! text ends with `FOR NO KEY UPDATE`; SQLite has one writer, and never sees these words.

use std::marker::PhantomData;

use sqlx::{AssertSqlSafe, Error, SqlSafeStr, SqlStr};

use super::connection::Executor;
use super::row::{Column, Row};
use super::value::{Bind, Value};

/// Ends a SELECT that locks its rows until the transaction ends, where writers run side by side.
/// Rows that refer to a locked row can still be written.
const LOCK: &str = " FOR NO KEY UPDATE";

/// A statement with its values.
#[derive(Debug)]
pub struct Query {
    sql: Text,
    values: Vec<Value>,
}

#[derive(Debug)]
enum Text {
    Fixed(&'static str),
    Built(String),
}

/// What a statement changed.
#[derive(Debug, Clone, Copy)]
pub struct Done(pub(super) u64);

impl Done {
    /// How many rows it wrote.
    pub fn rows_affected(&self) -> u64 {
        self.0
    }
}

/// A statement.
pub fn query(sql: &'static str) -> Query {
    Query {
        sql: Text::Fixed(sql),
        values: Vec::new(),
    }
}

/// A statement whose text was made here, of names from the database's own catalogue.
pub(super) fn built(sql: String) -> Query {
    Query {
        sql: Text::Built(sql),
        values: Vec::new(),
    }
}

/// A statement that answers with one column.
pub fn query_scalar<T>(sql: &'static str) -> Scalar<T> {
    Scalar {
        query: query(sql),
        kind: PhantomData,
    }
}

impl Query {
    /// Gives the next value.
    pub fn bind(mut self, value: impl Bind) -> Self {
        self.values.push(value.value());
        self
    }

    /// Gives all values that follow.
    pub(super) fn values(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        self.values.extend(values);
        self
    }

    /// Runs it for what it changes.
    pub async fn execute(self, db: impl Executor) -> Result<Done, Error> {
        db.execute(self).await
    }

    /// All rows of the answer.
    pub async fn fetch_all(self, db: impl Executor) -> Result<Vec<Row>, Error> {
        db.fetch(self, false).await
    }

    /// The first row of the answer.
    pub async fn fetch_optional(self, db: impl Executor) -> Result<Option<Row>, Error> {
        Ok(db.fetch(self, true).await?.pop())
    }

    /// The first row of an answer that has one.
    pub async fn fetch_one(self, db: impl Executor) -> Result<Row, Error> {
        self.fetch_optional(db).await?.ok_or(Error::RowNotFound)
    }

    /// The text for SQLite, and the values.
    pub(super) fn for_sqlite(self) -> Result<(SqlStr, Vec<Value>), Error> {
        let sql = match self.sql {
            Text::Fixed(sql) => sql.strip_suffix(LOCK).unwrap_or(sql).into_sql_str(),
            Text::Built(mut sql) => {
                if sql.ends_with(LOCK) {
                    sql.truncate(sql.len() - LOCK.len());
                }
                AssertSqlSafe(sql).into_sql_str()
            }
        };
        Ok((sql, checked(self.values)?))
    }

    /// The text for PostgreSQL, and the values.
    pub(super) fn for_postgres(self) -> Result<(SqlStr, Vec<Value>), Error> {
        let sql = match self.sql {
            Text::Fixed(sql) => sql.into_sql_str(),
            Text::Built(sql) => AssertSqlSafe(sql).into_sql_str(),
        };
        Ok((sql, checked(self.values)?))
    }
}

fn checked(values: Vec<Value>) -> Result<Vec<Value>, Error> {
    values.iter().try_for_each(Value::check)?;
    Ok(values)
}

/// A statement that answers with one column.
#[derive(Debug)]
pub struct Scalar<T> {
    query: Query,
    kind: PhantomData<fn() -> T>,
}

impl<T: for<'r> Column<'r>> Scalar<T> {
    /// Gives the next value.
    pub fn bind(mut self, value: impl Bind) -> Self {
        self.query = self.query.bind(value);
        self
    }

    /// The values of all rows.
    pub async fn fetch_all(self, db: impl Executor) -> Result<Vec<T>, Error> {
        let rows = self.query.fetch_all(db).await?;
        rows.iter().map(|row| T::read(row, 0)).collect()
    }

    /// The value of the first row.
    pub async fn fetch_optional(self, db: impl Executor) -> Result<Option<T>, Error> {
        let row = self.query.fetch_optional(db).await?;
        row.map(|row| T::read(&row, 0)).transpose()
    }

    /// The value of the first row of an answer that has one.
    pub async fn fetch_one(self, db: impl Executor) -> Result<T, Error> {
        self.fetch_optional(db).await?.ok_or(Error::RowNotFound)
    }
}

/// A statement put together from pieces.
#[derive(Debug)]
pub struct QueryBuilder {
    sql: String,
    values: Vec<Value>,
}

impl QueryBuilder {
    /// Begins with a piece.
    pub fn new(sql: &'static str) -> Self {
        Self {
            sql: sql.to_owned(),
            values: Vec::new(),
        }
    }

    /// Adds a piece. It must come from the program, never from outside.
    pub fn push(&mut self, sql: &'static str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Adds the place of a value, and the value.
    pub fn push_bind(&mut self, value: impl Bind) -> &mut Self {
        self.values.push(value.value());
        self.sql.push_str(&format!("${}", self.values.len()));
        self
    }

    /// The whole statement; the builder is empty after it.
    pub fn build(&mut self) -> Query {
        Query {
            sql: Text::Built(std::mem::take(&mut self.sql)),
            values: std::mem::take(&mut self.values),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_get_their_numbers() {
        let mut builder = QueryBuilder::new("SELECT a FROM b WHERE c = ");
        builder.push_bind(1).push(" AND d < ").push_bind("x");
        let (sql, values) = builder.build().for_postgres().unwrap();
        assert_eq!(sql.as_str(), "SELECT a FROM b WHERE c = $1 AND d < $2");
        assert_eq!(values, [1.value(), "x".value()]);
    }

    #[test]
    fn only_postgres_is_asked_to_lock_rows() {
        let text = "SELECT state FROM runs WHERE id = $1 FOR NO KEY UPDATE";
        let (sql, _) = query(text).for_sqlite().unwrap();
        assert_eq!(sql.as_str(), "SELECT state FROM runs WHERE id = $1");
        let (sql, _) = query(text).for_postgres().unwrap();
        assert_eq!(sql.as_str(), text);
        let mut builder = QueryBuilder::new("SELECT 1");
        let (sql, _) = builder.push(LOCK).build().for_sqlite().unwrap();
        assert_eq!(sql.as_str(), "SELECT 1");
    }
}
