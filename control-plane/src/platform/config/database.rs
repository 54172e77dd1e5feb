//! The settings of the database.

use std::path::Path;
use std::time::Duration;

use super::reader::Section;
use crate::platform::db::Location;

/// Which database, and how it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    pub location: Location,
    /// Connections that read.
    pub readers: u32,
    /// Connections that write, on PostgreSQL; SQLite has one.
    pub writers: u32,
    /// How long a call waits for a connection of PostgreSQL before it is refused.
    pub wait_limit: Duration,
    /// How long a statement on PostgreSQL, or its waiting for other writers, may take.
    pub statement_limit: Duration,
}

impl Database {
    /// The database at a place, with the usual figures.
    pub fn at(location: Location) -> Self {
        Self {
            location,
            readers: 8,
            writers: 8,
            wait_limit: Duration::from_secs(3),
            statement_limit: Duration::from_secs(5),
        }
    }

    /// Reads `database_url` and the table `database`.
    pub(super) fn read(root: &mut Section, folder: &Path) -> Option<Self> {
        let url = root.required("database_url");
        let location = url.and_then(|url: String| {
            Location::parse(&url, folder)
                .map_err(|error| root.problem("database_url", error))
                .ok()
        });
        let figures = root.table("database", |table| {
            let count = |value: u64| u32::try_from(value).expect("bounded by the reader");
            [
                count(table.number("readers", 8, 1, 200)),
                count(table.number("writers", 8, 1, 200)),
                count(table.number("wait_limit_ms", 3000, 100, 60_000)),
                count(table.number("statement_limit_ms", 5000, 100, 600_000)),
            ]
        });
        let [readers, writers, wait, statement] = figures;
        Some(Self {
            location: location?,
            readers,
            writers,
            wait_limit: Duration::from_millis(wait.into()),
            statement_limit: Duration::from_millis(statement.into()),
        })
    }

    /// What would be unsafe with strangers on the network.
    pub(super) fn check_production(&self, problems: &mut Vec<String>) {
        if let Location::Postgres(url) = &self.location
            && !url.is_explicit_about_tls()
        {
            problems.push(
                "database_url: must say sslmode in production when the server is on another \
                 machine, best verify-full: postgres://...?sslmode=verify-full&sslrootcert=FILE"
                    .into(),
            );
        }
    }
}
