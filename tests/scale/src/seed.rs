//! Fills a database, and makes its server tell how it answers each statement.

use anyhow::{Context, Result};
use test_postgres::Programs;

const SCRIPT: &str = include_str!("seed.sql");
/// Reading all of a smaller table is what a planner should do.
const LARGE: u32 = 10_000;

/// How much is in the database.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Counts {
    /// Problems, with 5 tests each.
    #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1000..=10_000_000))]
    pub problems: u32,
    /// Accounts.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1000..=10_000_000))]
    pub users: u32,
    /// Submissions and attempts, and a fifth as many runs.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(10_000..=100_000_000))]
    pub submissions: u32,
}

/// Ids of the accounts that things are seeded for.
#[derive(Debug)]
pub struct Owners<'a> {
    /// Has some thousands.
    pub heavy: &'a str,
    /// Has some dozens.
    pub ordinary: &'a str,
    /// Becomes an admin.
    pub admin: &'a str,
}

/// Fills a database whose tables are there.
pub fn seed(programs: &Programs, url: &str, counts: Counts, owners: &Owners<'_>) -> Result<()> {
    let Counts {
        problems,
        users,
        submissions,
    } = counts;
    let Owners {
        heavy,
        ordinary,
        admin,
    } = owners;
    let [problems, users, submissions] = [problems, users, submissions].map(|it| it.to_string());
    let variables = [
        ("problems", problems.as_str()),
        ("users", users.as_str()),
        ("submissions", submissions.as_str()),
        ("heavy", *heavy),
        ("ordinary", *ordinary),
        ("admin", *admin),
    ];
    programs
        .script(url, SCRIPT, &variables)
        .context("seed the database")?;
    Ok(())
}

/// Has the server log the plan of every statement from the next connections on.
pub fn log_plans(programs: &Programs, url: &str) -> Result<()> {
    let (_, database) = url.rsplit_once('/').context("the address has a database")?;
    let script = format!(
        "ALTER DATABASE {database} SET session_preload_libraries = 'auto_explain';
         ALTER DATABASE {database} SET auto_explain.log_min_duration = 0;
         ALTER DATABASE {database} SET auto_explain.log_format = 'json';"
    );
    programs
        .script(url, &script, &[])
        .context("load auto_explain")?;
    Ok(())
}

/// Tables with more rows than a planner should read to find a few, with their rows.
pub fn large_tables(programs: &Programs, url: &str) -> Result<Vec<(String, u64)>> {
    let script = format!(
        "SELECT relname, reltuples::bigint FROM pg_class
         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples > {LARGE}
         ORDER BY reltuples DESC, relname;"
    );
    let answer = programs.script(url, &script, &[])?;
    let table = |line: &str| {
        let (name, rows) = line.split_once('|').context("a name and a count")?;
        Ok((name.to_owned(), rows.parse()?))
    };
    answer.lines().map(table).collect()
}
