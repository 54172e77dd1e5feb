//! Everything that the database holds, in a file, and back.
//!
//! The file is of no engine: the same rows give the same lines from SQLite and from PostgreSQL, so
//! that a backup also moves an installation from one to the other. It needs no program of the
//! engine's either, and one check serves both. `format` has the file, `tables` what there is to
//! save, `save` and `restore` the two ways.
//!
//! Keys are not in it: tests and solutions are encrypted in the database, and stay so in the file.

pub(super) mod format;
mod restore;
mod save;
mod tables;

use std::fmt;

pub use restore::restore;
pub use save::save;

/// How far a save or a restore is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// What is being done.
    pub step: &'static str,
    pub table: &'a str,
    /// Of all tables.
    pub rows: u64,
    /// How many there will be, when it is known.
    pub all: Option<u64>,
}

/// Hears of each row. It must not take long.
pub type Listener<'a> = dyn FnMut(Progress<'_>) + Send + 'a;

impl fmt::Display for Progress<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            step,
            table,
            rows,
            all,
        } = self;
        write!(formatter, "{step}: {rows} rows")?;
        if let Some(all) = all {
            write!(formatter, " of {all}")?;
        }
        write!(formatter, ", at the table {table}")
    }
}

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub tables: usize,
    pub rows: u64,
    /// Of all lines but the last, in hexadecimal digits.
    pub sha256: String,
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            tables,
            rows,
            sha256,
        } = self;
        write!(
            formatter,
            "{rows} rows of {tables} tables, SHA-256 {sha256}"
        )
    }
}
