//! `fault-tests promises`, `fault-tests chaos` and `fault-tests crash`. Usually called through `cargo xtask`, which builds what they
//! need; the library's comment says what they need elsewhere. Exit code 0 when everything holds, 1 when something
//! does not or could not be measured, 2 for wrong usage.

#![forbid(unsafe_code)]

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use fault_tests::chaos::{self, Plan};
use fault_tests::crash;
use fault_tests::promises::{self, Extent};
use fault_tests::report;

#[derive(Parser)]
#[command(
    version,
    about = "Measures the sandbox's promises, and tries to break them by chaos"
)]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Measure the promises and print the table.
    Promises(Promises),
    /// Run honest and hostile programs while sandboxd is killed, and look at the host.
    Chaos(Chaos),
    /// Kill, stop and cut off the parts of a whole installation under load, and count what becomes of the work.
    Crash(Crash),
}

#[derive(clap::Args)]
struct Promises {
    /// Only these rows.
    #[arg(long, value_delimiter = ',', value_name = "ROW")]
    only: Vec<String>,
    /// Some seconds for each row instead of as many runs as the promise speaks of. The bounds are the same.
    #[arg(long)]
    quick: bool,
    /// Also write the rows to this file as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(clap::Args)]
struct Chaos {
    /// How long, in minutes.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// What happens is decided by this number; a random one when it is not given.
    #[arg(long)]
    seed: Option<u64>,
    /// The first round to make, to come to a failure sooner.
    #[arg(long, default_value_t = 0)]
    from_round: u64,
}

#[derive(clap::Args)]
struct Crash {
    /// Only these: kill-control-plane, kill-sandboxd, stop-control-plane, cut-database.
    #[arg(long, value_delimiter = ',', value_name = "BLOW")]
    only: Vec<String>,
    /// Only on these databases: sqlite, postgres.
    #[arg(long, value_delimiter = ',', value_name = "DATABASE")]
    database: Vec<String>,
    /// Runs and submissions that are accepted for each.
    #[arg(long, default_value_t = 500, value_name = "N")]
    accepted: usize,
    /// When it happens is decided by this number; a random one when it is not given.
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    let answer = match Arguments::parse().command {
        Action::Promises(options) => measure(&options),
        Action::Chaos(options) => run_chaos(&options),
        Action::Crash(options) => run_crash(&options),
    };
    match answer {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("fault-tests: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether every promise holds.
fn measure(options: &Promises) -> Result<bool> {
    let Promises { only, quick, json } = options;
    let chosen = promises::choose(only)?;
    let extent = if *quick { Extent::Quick } else { Extent::Full };
    let rows = promises::measure(&chosen, extent);
    println!("{}", report::text(&rows));
    if let Some(file) = json {
        fs::write(file, report::json(&rows)?)
            .with_context(|| format!("writing the rows to {}", file.display()))?;
    }
    Ok(rows.iter().all(|row| row.holds))
}

/// Returns whether every invariant held.
fn run_chaos(options: &Chaos) -> Result<bool> {
    let Chaos {
        minutes,
        seed,
        from_round,
    } = *options;
    let duration = Duration::try_from_secs_f64(minutes * 60.0)
        .with_context(|| format!("{minutes} minutes are no time"))?;
    let seed = seed.unwrap_or_else(rand::random);
    let answer = chaos::run(&Plan {
        seed,
        duration,
        from_round,
    });
    match answer {
        Ok(told) => {
            println!("{told}\n{}", report::circumstances());
            Ok(true)
        }
        Err(broken) => {
            println!("{broken:#}\n{}", report::circumstances());
            Ok(false)
        }
    }
}

/// Returns whether nothing was lost, stored twice or judged wrongly.
fn run_crash(options: &Crash) -> Result<bool> {
    let Crash {
        only,
        database,
        accepted,
        seed,
    } = options;
    let rows = crash::run(&crash::Plan {
        cases: crash::choose(only, database)?,
        accepted: *accepted,
        seed: seed.unwrap_or_else(rand::random),
    });
    println!("{}", report::text(&rows));
    Ok(rows.iter().all(|row| row.holds))
}
