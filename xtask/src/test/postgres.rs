//! PostgreSQL for the tests of a group: one server for all of its processes, which ends with the group, and on it a
//! database with the tables of control-plane, of which each test gets a copy. (The tables are made from nothing in
//! the tests of the engines' migrations, and for this one.)

use crate::{command::Step, setup};
use anyhow::{Context, Result};
use std::{fs, path::Path};

pub(super) fn start(root: &Path) -> Result<(test_postgres::Server, &'static str)> {
    setup::ensure(setup::POSTGRES)?;
    let server = test_postgres::Server::start()?;
    let template = server.make_template(|url| make_tables(root, url))?;
    Ok((server, template))
}

/// Has control-plane make its tables, as it does for an operator.
fn make_tables(root: &Path, url: &str) -> Result<()> {
    let target = setup::target_folder(root);
    let folder = target.join("test/postgres");
    let file = folder.join("config.toml");
    let settings = format!("database_url = \"{url}\"\nkeys_dir = \"keys\"\n");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&file, settings))
        .with_context(|| format!("could not write {}", file.display()))?;
    Step::new(
        target.join("debug/control-plane"),
        "make the tables of the tests",
    )
    .args(["init"])
    .arg_path("--config", &file)
    .run()
}
