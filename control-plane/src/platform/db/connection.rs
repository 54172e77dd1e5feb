//! Runs statements: on a pool of connections that only read, or inside a write transaction.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use futures::TryStreamExt;
use sqlx::{Error, Postgres, Sqlite, SqlitePool, Transaction};

use super::postgres::{Server, limited};
use super::query::{Done, Query};
use super::row::{self, Row};
use super::value::Value;

/// Runs a statement.
pub trait Executor: Send + Sized {
    /// For what it changes.
    fn execute(self, query: Query) -> impl Future<Output = Result<Done, Error>> + Send;
    /// For its answer: all rows, or the first.
    fn fetch(
        self,
        query: Query,
        first: bool,
    ) -> impl Future<Output = Result<Vec<Row>, Error>> + Send;
}

/// Connections of one kind. Cloning shares them.
#[derive(Debug, Clone)]
pub struct Pool(pub(super) Engine);

#[derive(Debug, Clone)]
pub(super) enum Engine {
    Sqlite(SqlitePool),
    Postgres(Server),
}

/// The connection of a write transaction.
#[derive(Debug)]
pub struct Connection(Link);

#[derive(Debug)]
enum Link {
    Sqlite(Transaction<'static, Sqlite>),
    /// With the longest that a statement may take.
    Postgres(Transaction<'static, Postgres>, Duration),
}

/// A write transaction; dropped without `commit` it is rolled back.
#[derive(Debug)]
#[must_use = "it is rolled back without commit"]
pub struct WriteTransaction(Connection);

/// A statement of sqlx with values of ours.
macro_rules! bound {
    ($statement:expr) => {{
        let (sql, values) = $statement?;
        values
            .into_iter()
            .fold(sqlx::query(sql), |query, value| match value {
                Value::Number(value) => query.bind(value),
                Value::Float(value) => query.bind(value),
                Value::Text(value) => query.bind(value),
                Value::Bytes(value) => query.bind(value),
            })
    }};
}

/// All rows or the first, from either engine.
macro_rules! rows {
    ($query:expr, $executor:expr, $first:expr, $engine:ident) => {{
        let mut stream = $query.fetch($executor);
        let mut rows = Vec::new();
        while let Some(row) = stream.try_next().await? {
            rows.push(Row(row::Engine::$engine(row)));
            if $first {
                break;
            }
        }
        Ok(rows)
    }};
}

/// Shows each row of either engine.
macro_rules! each {
    ($query:expr, $executor:expr, $show:expr, $engine:ident) => {{
        let mut stream = $query.fetch($executor);
        while let Some(row) = stream.try_next().await? {
            $show(Row(row::Engine::$engine(row)))?;
        }
    }};
}

impl Connection {
    pub(super) fn sqlite(transaction: Transaction<'static, Sqlite>) -> Self {
        Self(Link::Sqlite(transaction))
    }

    pub(super) fn postgres(transaction: Transaction<'static, Postgres>, limit: Duration) -> Self {
        Self(Link::Postgres(transaction, limit))
    }

    pub(super) fn is_postgres(&self) -> bool {
        matches!(self.0, Link::Postgres(..))
    }

    /// Shows all rows of an answer, one after the other, for as long as it takes: for answers that
    /// are too large to be held.
    pub(super) async fn for_each(
        &mut self,
        query: Query,
        mut show: impl FnMut(Row) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        match &mut self.0 {
            Link::Sqlite(link) => {
                each!(bound!(query.for_sqlite()), &mut **link, show, Sqlite)
            }
            Link::Postgres(link, _) => {
                each!(bound!(query.for_postgres()), &mut **link, show, Postgres)
            }
        }
        Ok(())
    }
}

impl WriteTransaction {
    pub(super) fn sqlite(transaction: Transaction<'static, Sqlite>) -> Self {
        Self(Connection::sqlite(transaction))
    }

    pub(super) fn postgres(transaction: Transaction<'static, Postgres>, limit: Duration) -> Self {
        Self(Connection::postgres(transaction, limit))
    }

    /// Makes all its writes last, and visible to others. When the connection is lost meanwhile
    /// nobody knows whether it did; a repeat must be safe, by `request_id` or attempt number.
    pub async fn commit(self) -> Result<(), Error> {
        match self.0.0 {
            Link::Sqlite(transaction) => transaction.commit().await,
            Link::Postgres(transaction, limit) => limited(limit, transaction.commit()).await,
        }
    }
}

impl Deref for WriteTransaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for WriteTransaction {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

impl Executor for &Pool {
    async fn execute(self, query: Query) -> Result<Done, Error> {
        match &self.0 {
            Engine::Sqlite(pool) => {
                let done = bound!(query.for_sqlite()).execute(pool).await?;
                Ok(Done(done.rows_affected()))
            }
            Engine::Postgres(server) => {
                let query = bound!(query.for_postgres());
                let mut connection = server.acquire().await?;
                let done = limited(server.limit(), query.execute(&mut *connection)).await?;
                Ok(Done(done.rows_affected()))
            }
        }
    }

    async fn fetch(self, query: Query, first: bool) -> Result<Vec<Row>, Error> {
        match &self.0 {
            Engine::Sqlite(pool) => rows!(bound!(query.for_sqlite()), pool, first, Sqlite),
            Engine::Postgres(server) => {
                let query = bound!(query.for_postgres());
                let mut connection = server.acquire().await?;
                let rows = async { rows!(query, &mut *connection, first, Postgres) };
                limited(server.limit(), rows).await
            }
        }
    }
}

impl Executor for &mut Connection {
    async fn execute(self, query: Query) -> Result<Done, Error> {
        let rows = match &mut self.0 {
            Link::Sqlite(link) => {
                let query = bound!(query.for_sqlite());
                query.execute(&mut **link).await?.rows_affected()
            }
            Link::Postgres(link, limit) => {
                let query = bound!(query.for_postgres());
                let done = limited(*limit, query.execute(&mut **link)).await;
                done?.rows_affected()
            }
        };
        Ok(Done(rows))
    }

    async fn fetch(self, query: Query, first: bool) -> Result<Vec<Row>, Error> {
        match &mut self.0 {
            Link::Sqlite(link) => rows!(bound!(query.for_sqlite()), &mut **link, first, Sqlite),
            Link::Postgres(link, limit) => {
                let query = bound!(query.for_postgres());
                let rows = async { rows!(query, &mut **link, first, Postgres) };
                limited(*limit, rows).await
            }
        }
    }
}
