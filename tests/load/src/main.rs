//! `coderunner-load`: measures how long one small program takes by several paths, in one run of
//! this program, so that the figures can be compared with each other.
//!
//! The paths are in [`paths`], one row of the table each. How they are measured is in
//! [`measure`]: one run at a time after a rest, then back to back with several workers, always
//! path by path in turn, so that a machine that gets slower or faster meanwhile does so for all.
//! After the table come the echo of typed input, a burst, and a soak if one was asked for.
//!
//! A run counts only if it printed what it must; otherwise it is a failure, and one failure makes
//! the exit code 1.

#![forbid(unsafe_code)]

mod cpu;
mod echo;
mod measure;
mod paths;
mod report;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use measure::{Measured, Plan, Round};
use paths::{Path, Places, Sandboxd, WarmSandbox};
use std::{fs, io::IsTerminal, path::PathBuf, process::ExitCode, sync::Arc};

/// Lines that are typed into one program.
const ECHOED_LINES: usize = 200;
/// Runs that are asked for at once; sandboxd lets so many wait.
const BURST_RUNS: usize = 200;
const SOAK_WORKERS: usize = 8;
/// More failures than this tell nothing new.
const SHOWN_FAILURES: usize = 5;

#[derive(Parser)]
#[command(
    version,
    about = "Measures a run by bare Python, by sandboxd and by the whole path"
)]
struct Arguments {
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    plan: Plan,
    /// After the table, also make so many runs of sandboxd-warm, 8 at a time.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    soak: Option<u32>,
    /// Also write the rows to this file as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("coderunner-load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<()> {
    let warm = Sandboxd::connect(&arguments.places.socket).await?;
    let paths = paths::all(&arguments.places, &warm).await?;
    for path in &paths {
        // Also warms caches, so that the first measured run isn't a special one.
        path.run()
            .await
            .with_context(|| format!("the path {} does not work", path.name()))?;
    }
    let mut failures = compare(arguments, &paths).await?;
    failures.extend(echo_input(&warm).await);
    failures.extend(burst(&warm).await?);
    if let Some(runs) = arguments.soak {
        failures.extend(soak(&warm, runs as usize).await?);
    }
    for failure in failures.iter().take(SHOWN_FAILURES) {
        eprintln!("failed: {failure}");
    }
    ensure!(failures.is_empty(), "{} runs failed", failures.len());
    Ok(())
}

/// The table and its file; returns what failed.
async fn compare(arguments: &Arguments, paths: &[Arc<dyn Path>]) -> Result<Vec<String>> {
    let progress = progress(arguments.plan.steps(paths));
    let measured = measure::measure(paths, &arguments.plan, &progress).await?;
    progress.finish_and_clear();
    let rows = report::rows(&measured);
    println!("{}", report::table(&rows));
    println!("{}", report::circumstances(&arguments.plan));
    if let Some(file) = &arguments.json {
        fs::write(file, report::json(&rows)?)
            .with_context(|| format!("could not write {}", file.display()))?;
    }
    for path in paths {
        if let Some(caveat) = path.caveat().await? {
            eprintln!("careful: {} {caveat}", path.name());
        }
    }
    let failures = measured.into_iter().flat_map(
        |Measured {
             name: _,
             latencies: _,
             throughputs: _,
             failures,
         }| failures,
    );
    Ok(failures.collect())
}

async fn echo_input(warm: &Sandboxd) -> Option<String> {
    match echo::echo(warm, ECHOED_LINES).await {
        Ok(latencies) => {
            println!("{}", report::echo_line(&latencies));
            None
        }
        Err(error) => Some(format!("input-echo: {error:#}")),
    }
}

/// All runs at once: there is a worker for each.
async fn burst(warm: &Sandboxd) -> Result<Vec<String>> {
    let path = Arc::new(WarmSandbox(warm.clone()));
    let round = Round::make(path, BURST_RUNS, BURST_RUNS).await?;
    println!(
        "{}",
        report::round_line(&format!("burst-{BURST_RUNS}"), &round)
    );
    Ok(round.failures)
}

async fn soak(warm: &Sandboxd, runs: usize) -> Result<Vec<String>> {
    eprintln!("soaking: {runs} runs, {SOAK_WORKERS} at a time");
    let path = Arc::new(WarmSandbox(warm.clone()));
    let round = Round::make(path, SOAK_WORKERS, runs).await?;
    println!("{}", report::round_line(&format!("soak-{runs}"), &round));
    Ok(round.failures)
}

fn progress(steps: usize) -> indicatif::ProgressBar {
    if std::io::stderr().is_terminal() {
        let style =
            indicatif::ProgressStyle::with_template("[{elapsed}] {bar:30} {pos}/{len} {msg}");
        indicatif::ProgressBar::new(steps as u64).with_style(style.expect("a constant template"))
    } else {
        indicatif::ProgressBar::hidden()
    }
}
