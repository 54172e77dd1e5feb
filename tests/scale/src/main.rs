//! `coderunner-scale measure`: fills a private PostgreSQL server as years of a school would, starts
//! control-plane on it, and measures every call that lists or sums up, with the plans by which the
//! server answered. Then GetProblem with login against a service that only echoes. Usually called
//! through `cargo xtask scale`, which builds what it needs.
//!
//! The server tells the plan of every statement while times are measured, which costs some of
//! them. `--only echo` measures the last alone, which takes seconds and no large database. Exit code
//! 0 when every call keeps its bound, no plan reads all of a large table, and GetProblem has its
//! share of the echo's rate; 1 otherwise; 2 for wrong usage.

#![forbid(unsafe_code)]

mod calls;
mod echo;
mod measure;
mod place;
mod plans;
mod rates;
mod report;
mod seed;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use place::Place;
use report::Report;
use seed::Counts;

/// More failures than this tell nothing new.
const SHOWN_FAILURES: usize = 5;
/// A problem of the sample course.
const PROBLEM: &str = "fizz-buzz";

#[derive(Parser)]
#[command(version, about = "Measures control-plane on a large database")]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Fill a database and measure.
    Measure(Options),
    /// Serve the echo that GetProblem is compared with.
    Echo {
        #[arg(long)]
        port: u16,
    },
}

/// A part of what is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// GetProblem against an echo.
    Echo,
}

#[derive(clap::Args)]
struct Options {
    /// Folder of the sample course.
    #[arg(long, value_name = "DIR")]
    course: PathBuf,
    /// Measure only this.
    #[arg(long)]
    only: Option<Part>,
    #[command(flatten)]
    counts: Counts,
    /// Calls of each kind.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(20..=1_000_000))]
    calls: u32,
    /// Calls at a time.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1000))]
    workers: u32,
    /// What the 95th percentile of each call must stay below, in milliseconds.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    bound_ms: u32,
    #[command(flatten)]
    rates: rates::Plan,
    /// What GetProblem's rate must be of the echo's.
    #[arg(long, default_value_t = 0.5)]
    least_ratio: f64,
    /// Also write everything to this file as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Action::Measure(options) => measure(&options).await,
        Action::Echo { port } => echo::serve(port).await.map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("coderunner-scale: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether everything holds.
async fn measure(options: &Options) -> Result<bool> {
    let programs = place::programs()?;
    let whole = options.only.is_none();
    let counts = whole.then_some(options.counts);
    // The server reads it from a folder of its own.
    let course = fs::canonicalize(&options.course)
        .with_context(|| format!("find the course {}", options.course.display()))?;
    let mut place = Place::make(&programs, &course, counts).await?;
    let rows = if whole {
        let begin = Instant::now();
        calls::read_course(&place.accounts.ordinary).await?;
        let read_course_ms = begin.elapsed().as_millis();
        println!("the first call, for which the course was read, took {read_course_ms} ms");
        times(&place, options).await?
    } else {
        Vec::new()
    };
    let memory_mib = place.memory_bytes()? / (1024 * 1024);
    let rates = rates::compare(&place, PROBLEM, options.rates).await?;
    // Before it reads the log, so that the log is whole.
    place.stop()?;
    let scans = if whole { scans(&place)? } else { Vec::new() };
    if whole {
        println!("{}", report::table(&rows));
        println!("control-plane had {memory_mib} MiB of memory after these calls");
    }
    for scan in &scans {
        println!("{scan}");
    }
    println!("{}", report::rates(&rates));
    let report = Report {
        rows,
        scans,
        memory_mib,
        echo_per_s: rates::median(rates.echo.iter().map(|round| round.per_s)),
        get_problem_per_s: rates::median(rates.get_problem.iter().map(|round| round.per_s)),
        ratio: rates::median(report::ratios(&rates)),
    };
    if let Some(file) = &options.json {
        fs::write(file, report::json(&report)?)
            .with_context(|| format!("write {}", file.display()))?;
    }
    let slow = report.rows.iter().filter(|row| !row.holds).count();
    if whole {
        println!(
            "{} of {} calls keep the bound of {} ms at p95; {} statements read all of a large table",
            report.rows.len() - slow,
            report.rows.len(),
            options.bound_ms,
            report.scans.len()
        );
    }
    Ok(slow == 0 && report.scans.is_empty() && report.ratio >= options.least_ratio)
}

/// A row for each call.
async fn times(place: &Place, options: &Options) -> Result<Vec<report::Row>> {
    let (workers, times) = (options.workers as usize, options.calls as usize);
    let bound = Duration::from_millis(options.bound_ms.into());
    let mut rows = Vec::new();
    for named in calls::all(&place.accounts).await? {
        let measured = measure::repeat(&named.call, workers, times).await;
        for failure in measured.failures.iter().take(SHOWN_FAILURES) {
            eprintln!("{} by {} failed: {failure}", named.name, named.who);
        }
        rows.push(report::row(named.name, named.who, &measured, bound));
    }
    Ok(rows)
}

/// What reads all of a large table, of all that control-plane asked.
fn scans(place: &Place) -> Result<Vec<String>> {
    let plans = plans::read(&place.database_log()?)?;
    let large = place.large_tables()?;
    let statements = plans::statements(&plans);
    ensure!(
        !statements.is_empty(),
        "the database server has logged no plan"
    );
    let tables: Vec<_> = large
        .iter()
        .map(|(table, rows)| format!("{table} {rows}"))
        .collect();
    println!(
        "{} plans of {} statements; large tables: {}",
        plans.len(),
        statements.len(),
        tables.join(", ")
    );
    let found = plans::scans(&plans, &large);
    Ok(found.into_iter().map(report::scan).collect())
}
