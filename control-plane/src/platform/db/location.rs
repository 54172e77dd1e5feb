//! Which database a setting names: a file of SQLite, or a PostgreSQL server. The URL of a server
//! may hold a password, so it is shown nowhere: `Debug` and `Display` say host and name only.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file.
    Sqlite(PathBuf),
    /// A server.
    Postgres(PostgresUrl),
}

/// A URL of a PostgreSQL server that was checked.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

impl Location {
    /// Reads a setting: `postgres://...`, `sqlite:FILE`, or the path of a file. The error says
    /// what would be right and never repeats the text.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, String> {
        if ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| text.starts_with(scheme))
        {
            return PostgresUrl::parse(text).map(Self::Postgres);
        }
        match text.strip_prefix("sqlite:") {
            Some(file) if !file.is_empty() => Ok(Self::Sqlite(folder.join(file))),
            None if !text.is_empty() && !text.contains(':') => Ok(Self::Sqlite(folder.join(text))),
            _ => Err("must be sqlite:FILE or postgres://USER@HOST/DATABASE".into()),
        }
    }

    /// The file of SQLite.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(file) => Some(file),
            Self::Postgres(_) => None,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(formatter, "{}", file.display()),
            Self::Postgres(url) => write!(formatter, "{url}"),
        }
    }
}

impl PostgresUrl {
    fn parse(text: &str) -> Result<Self, String> {
        // The library's error might repeat a part of the text.
        let options = PgConnectOptions::from_str(text)
            .map_err(|_| "is no URL of PostgreSQL; write postgres://USER@HOST:PORT/DATABASE")?;
        if options.get_database().is_none_or(str::is_empty) {
            return Err("must name the database: postgres://USER@HOST:PORT/DATABASE".into());
        }
        Ok(Self(text.to_owned()))
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// How to connect, as the URL says.
    pub(super) fn options(&self) -> PgConnectOptions {
        PgConnectOptions::from_str(&self.0).expect("checked when it was made")
    }

    /// Whether the way to the server is encrypted or never leaves this machine, or the URL says
    /// in so many words (`sslmode=`) how it is to be.
    pub fn is_explicit_about_tls(&self) -> bool {
        let options = self.options();
        let host = options.get_host();
        let local = options.get_socket().is_some()
            || host.starts_with('/')
            || host == "localhost"
            || host
                .trim_matches(['[', ']'])
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        local || self.0.contains("sslmode=") || self.0.contains("ssl-mode=")
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = self.options();
        let name = options.get_database().unwrap_or_default();
        match options.get_socket() {
            Some(socket) => write!(formatter, "{name} of PostgreSQL at {}", socket.display()),
            None => write!(
                formatter,
                "{name} of PostgreSQL at {}:{}",
                options.get_host(),
                options.get_port()
            ),
        }
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PostgresUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read() {
        let folder = Path::new("/etc/coderunner");
        for (text, expected) in [
            ("sqlite:data.db", "/etc/coderunner/data.db"),
            ("sqlite:/var/data.db", "/var/data.db"),
            ("data.db", "/etc/coderunner/data.db"),
            (
                "postgres://u:pw@db.example:6432/course",
                "course of PostgreSQL at db.example:6432",
            ),
            (
                "postgresql://u@db.example/course",
                "course of PostgreSQL at db.example:5432",
            ),
        ] {
            let location = Location::parse(text, folder).unwrap();
            assert_eq!(location.to_string(), expected, "{text}");
        }
        for text in [
            "",
            "sqlite:",
            "mysql://h/d",
            "postgres:secret",
            "postgres://u:secret@h",
        ] {
            let error = Location::parse(text, folder).unwrap_err();
            assert!(error.contains("postgres://USER@HOST"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn the_password_is_shown_nowhere() {
        let text = "postgres://alice:hunter2@db.example/course?sslmode=require";
        let location = Location::parse(text, Path::new("/")).unwrap();
        let shown = format!("{location} {location:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn ways_that_others_may_read_are_known() {
        for (url, expected) in [
            ("postgres://u@127.0.0.1/d", true),
            ("postgres://u@[::1]/d", true),
            ("postgres://u@localhost/d", true),
            ("postgres://u@%2Frun%2Fpostgresql/d", true),
            ("postgres://u@db.example/d", false),
            ("postgres://u@10.0.0.7/d", false),
            ("postgres://u@db.example/d?sslmode=verify-full", true),
        ] {
            let found = PostgresUrl::parse(url).unwrap().is_explicit_about_tls();
            assert_eq!(found, expected, "{url}");
        }
    }
}
