//! `cargo xtask scale`: the release build of control-plane and of the driver of `tests/scale`, which
//! fills a private PostgreSQL server, measures and judges. Needs no root and no sandboxd.

use crate::{command::Step, progress, setup};
use anyhow::Result;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Measure only this: `echo`, GetProblem against an echo, without a large database.
    #[arg(long, value_parser = ["echo"])]
    only: Option<String>,
    /// Problems, with 5 tests each.
    #[arg(long, default_value_t = 50_000)]
    problems: u32,
    /// Accounts.
    #[arg(long, default_value_t = 20_000)]
    users: u32,
    /// Submissions and attempts, and a fifth as many runs.
    #[arg(long, default_value_t = 1_000_000)]
    submissions: u32,
    /// Calls of each kind, four at a time.
    #[arg(long, default_value_t = 300)]
    calls: u32,
    /// Turns of the echo and of GetProblem.
    #[arg(long, default_value_t = 7)]
    rounds: u32,
    /// Also write everything to this file as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// The whole command; an error when something does not hold.
pub fn run(root: &Path, options: &Options) -> Result<()> {
    let Options {
        only,
        problems,
        users,
        submissions,
        calls,
        rounds,
        json,
    } = options;
    setup::ensure(setup::BUILD)?;
    setup::ensure(setup::POSTGRES)?;
    let programs = setup::build_programs(root, &[("scale-tests", "coderunner-scale")])?;
    let mut driver = Step::new(programs.join("coderunner-scale"), "keep every bound")
        .args(["measure"])
        .arg_path("--course", &root.join("control-plane/content/sample"))
        .args(["--problems", &problems.to_string()])
        .args(["--users", &users.to_string()])
        .args(["--submissions", &submissions.to_string()])
        .args(["--calls", &calls.to_string()])
        .args(["--rounds", &rounds.to_string()])
        .advice("the tables above say what does not hold");
    if let Some(part) = only {
        driver = driver.args(["--only", part]);
    }
    if let Some(file) = json {
        driver = driver.arg_path("--json", file);
    }
    progress::announce(match only {
        Some(_) => "measuring",
        None => "filling a database, which takes some minutes, and measuring",
    });
    driver.run()
}
