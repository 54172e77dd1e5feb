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
