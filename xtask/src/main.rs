//! The repository's commands: `cargo xtask up | test | lint | fuzz | bench | scale | promises | chaos | layers |
//! rootfs | package`.
//!
//! Each is one module that reads as its list of steps. They share `setup` (what the machine
//! must have), `command` (programs that are run) and `services` (sandboxd and control-plane as
//! children). Exit code 0 when all is well, 1 when a step failed (its reason is the last line
//! on standard error), 2 for wrong usage.

#![forbid(unsafe_code)]

mod bench;
mod command;
mod faults;
mod fuzz;
mod house;
mod layers;
mod lint;
mod node;
mod package;
mod ports;
mod progress;
mod proof;
mod scale;
mod services;
mod settings;
mod setup;
mod test;
mod up;
mod web_app;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Code Runner's repository commands"
)]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Set everything up, start sandboxd and control-plane, prove that they work, and stay.
    Up(up::Options),
    /// Run the tests, all of them or some groups.
    Test(test::Options),
    /// Check formatting, lints, the API files and the house rules.
    Lint,
    /// Look for inputs that break what reads hostile bytes.
    Fuzz(fuzz::Options),
    /// Measure a run by bare Python, by sandboxd and by the whole path.
    Bench(bench::Options),
    /// Take each layer of the sandbox out, run all attacks without it, and write docs/LAYERS.md.
    Layers(layers::Options),
    /// Measure every promise of the sandbox and print the table.
    Promises(faults::Promises),
    /// Run honest and hostile programs while sandboxd is killed, and look at the host.
    Chaos(faults::Chaos),
    /// Kill, stop and cut off the parts of a whole installation under load, and count what becomes of the work.
    Crash(faults::Crash),
    /// Fill a PostgreSQL database as years of a school would, and measure the calls that read it.
    Scale(scale::Options),
    /// Build the Python root filesystem if its recipe changed.
    Rootfs,
    /// Make the Debian package of sandboxd.
    Package(package::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cargo xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether everything that was checked is well.
fn run(action: Action) -> Result<bool> {
    let root = workspace_root();
    match action {
        Action::Up(options) => up::run(&root, &options).map(|()| true),
        Action::Test(options) => test::run(&root, &options),
        Action::Lint => lint::run_alone(&root),
        Action::Fuzz(options) => fuzz::run(&root, &options),
        Action::Bench(options) => bench::run(&root, &options).map(|()| true),
        Action::Layers(options) => layers::run(&root, &options).map(|()| true),
        Action::Promises(options) => faults::promises(&root, &options).map(|()| true),
        Action::Chaos(options) => faults::chaos(&root, &options).map(|()| true),
        Action::Crash(options) => faults::crash(&root, &options).map(|()| true),
        Action::Scale(options) => scale::run(&root, &options).map(|()| true),
        Action::Rootfs => setup::build_rootfs_alone(&root).map(|()| true),
        Action::Package(options) => package::run(&root, &options).map(|()| true),
    }
}

/// The folder above this crate's.
fn workspace_root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}
