//! `coderunner-load`: measures how long one small program takes by three paths, in one run of
//! this program, so that the figures can be compared with each other.
//!
//! - `python`: the interpreter of the root filesystem, started bare on this machine.
//! - `sandboxd`: `SandboxService.Execute` over the Unix socket, from request to `finished`.
//! - `full`: `CreateRun` and `WatchRun` of the public API, from request to the finished run.
//!
//! Rounds are interleaved (path by path, again and again), so that a machine that gets slower or
//! faster meanwhile does so for all. A run counts only if it printed what it must; otherwise it
//! is a failure, and one failure makes the exit code 1.

#![forbid(unsafe_code)]

mod measure;
mod paths;
mod report;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use measure::{Level, Sample};
use paths::{BarePython, FullPath, Path, SandboxPath};
use std::{io::IsTerminal, path::PathBuf, process::ExitCode, sync::Arc};

/// Runs at one time.
const LEVELS: [Level; 3] = [Level(1), Level(2), Level(8)];

#[derive(Parser)]
#[command(
    version,
    about = "Measures a run by bare Python, by sandboxd and by the whole path"
)]
struct Arguments {
    /// Address of control-plane.
    #[arg(long, value_name = "URL")]
    server: String,
    /// Socket of sandboxd.
    #[arg(long, value_name = "PATH")]
    socket: PathBuf,
    /// Tree of the root filesystem.
    #[arg(long, value_name = "DIR")]
    rootfs: PathBuf,
    /// How often each path is measured at each level.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// Runs of one path in one round.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    runs: u32,
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
    let paths: [Arc<dyn Path>; 3] = [
        Arc::new(BarePython::new(&arguments.rootfs)?),
        Arc::new(SandboxPath::connect(&arguments.socket).await?),
        Arc::new(FullPath::log_in(&arguments.server).await?),
    ];
    for path in &paths {
        // Also warms caches, so that the first measured run isn't a special one.
        path.run()
            .await
            .with_context(|| format!("the path {} does not work", path.name()))?;
    }
    let samples = measure_all(arguments, &paths).await;
    let rows = report::rows(&samples);
    println!("{}", report::table(&rows));
    if let Some(file) = &arguments.json {
        let text = report::json(&rows, arguments.rounds, arguments.runs)?;
        std::fs::write(file, text)
            .with_context(|| format!("could not write {}", file.display()))?;
    }
    let failures: Vec<_> = samples.iter().flat_map(|sample| &sample.failures).collect();
    for failure in failures.iter().take(5) {
        eprintln!("failed: {failure}");
    }
    ensure!(failures.is_empty(), "{} runs failed", failures.len());
    Ok(())
}

/// Level by level; within a level round by round, each path once a round.
async fn measure_all(arguments: &Arguments, paths: &[Arc<dyn Path>]) -> Vec<Sample> {
    let steps = LEVELS.len() * paths.len() * arguments.rounds as usize;
    let progress = progress(steps);
    let mut samples = Vec::new();
    for level in LEVELS {
        let first = samples.len();
        samples.extend(paths.iter().map(|path| Sample::empty(path.name(), level)));
        for _ in 0..arguments.rounds {
            for (index, path) in paths.iter().enumerate() {
                progress.set_message(format!("{} at {}", path.name(), level.0));
                let runs = arguments.runs as usize;
                samples[first + index]
                    .add_round(Arc::clone(path), runs)
                    .await;
                progress.inc(1);
            }
        }
    }
    progress.finish_and_clear();
    samples
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
