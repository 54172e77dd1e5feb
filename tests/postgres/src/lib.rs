//! PostgreSQL for tests: a private server with a data folder of its own on a free port of
//! 127.0.0.1, and on it a database for each test. Needs the programs of Debian's package
//! `postgresql`; nothing of a server that the machine may run otherwise is touched.
//!
//! Tests that work on both engines ask `database_url`, and the variable
//! `CODERUNNER_TEST_DATABASE` (`sqlite`, `postgres`) says which they get. The server starts with
//! the first test of a process that wants it. Whoever starts many processes of tests starts one
//! server for all of them and passes its address in `CODERUNNER_TEST_POSTGRES`.

#![forbid(unsafe_code)]

mod programs;
mod server;

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;

pub use programs::Programs;
pub use server::Server;

/// Chooses the engine of tests that work on both.
pub const ENGINE_VARIABLE: &str = "CODERUNNER_TEST_DATABASE";
/// The address of a server that somebody started for all tests.
pub const SERVER_VARIABLE: &str = "CODERUNNER_TEST_POSTGRES";

/// A database on that server which new ones of tests begin as copies of, so that their tables need not be made each
/// time; see `Server::make_template`.
pub const TEMPLATE_VARIABLE: &str = "CODERUNNER_TEST_TEMPLATE";

/// The engine that tests are to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// As it is chosen and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

impl std::str::FromStr for Engine {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let found = Self::ALL.into_iter().find(|engine| engine.name() == text);
        found.with_context(|| format!("{text:?} is neither sqlite nor postgres"))
    }
}

/// The engine that the environment names; SQLite when it names none.
pub fn engine() -> Engine {
    match std::env::var(ENGINE_VARIABLE).as_deref() {
        Err(_) | Ok("") => Engine::Sqlite,
        Ok(name) => name
            .parse()
            .unwrap_or_else(|error| panic!("{ENGINE_VARIABLE}: {error}")),
    }
}

/// A new database of the chosen engine without any rows, as the setting `database_url` has it. It lives as
/// long as the folder of the test.
pub fn database_url(folder: &Path) -> String {
    match engine() {
        Engine::Sqlite => "sqlite:test.db".into(),
        Engine::Postgres => postgres_url(folder),
    }
}

/// A new database on PostgreSQL: a copy of the template if there is one, otherwise empty. It is dropped when the
/// folder of the test is gone and the next database is made, or with the server.
pub fn postgres_url(folder: &Path) -> String {
    let template = std::env::var(TEMPLATE_VARIABLE).ok();
    let made = shared().and_then(|(programs, address)| {
        make_database(&programs, &address, folder, template.as_deref())
    });
    made.unwrap_or_else(|error| panic!("{error:#}"))
}

/// The server that all tests of this process share.
fn shared() -> anyhow::Result<(Programs, String)> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    if let Ok(address) = std::env::var(SERVER_VARIABLE) {
        return Ok((Programs::find()?, address));
    }
    let server = SERVER.get_or_init(|| Server::start().map_err(|error| format!("{error:#}")));
    match server {
        Ok(server) => Ok((server.programs().clone(), server.address().to_owned())),
        Err(error) => anyhow::bail!("{error}"),
    }
}

/// Makes a database on a server, a copy of the template if one is named, and drops those whose folder is gone.
pub fn make_database(
    programs: &Programs,
    address: &str,
    folder: &Path,
    template: Option<&str>,
) -> anyhow::Result<String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    let name = format!("test_{}_{count}_{since}", std::process::id());
    let folder = folder.to_str().context("the folder has a name in UTF-8")?;
    let folder = folder.replace('\'', "''");
    let answer = programs.psql(
        address,
        &[
            &format!(
                "CREATE DATABASE {name} TEMPLATE {}",
                template.unwrap_or("template1")
            ),
            &format!("COMMENT ON DATABASE {name} IS '{folder}'"),
            "SELECT datname, description FROM pg_database
             JOIN pg_shdescription ON objoid = pg_database.oid WHERE datname LIKE 'test_%'",
        ],
    )?;
    for line in answer.lines() {
        if let Some((old, folder)) = line.split_once('|')
            && !Path::new(folder).exists()
        {
            // Another process may have done it by now.
            let drop = format!("DROP DATABASE IF EXISTS {old} WITH (FORCE)");
            let _ = programs.psql(address, &[&drop]);
        }
    }
    Ok(format!("{address}/{name}"))
}
