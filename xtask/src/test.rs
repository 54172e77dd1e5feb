//! `cargo xtask test`: sets up what the chosen groups need, runs each group, and ends with a
//! table and one line of counts. Nothing is left out silently: a group that is not chosen, a
//! test that is marked to be ignored, and a runner that had to be replaced are all said.
//!
//! The exit code is not 0 when a test failed, when a group could not run, and when a chosen
//! group ran no test at all.

mod counts;
mod databases;
mod groups;
mod pictures;
mod report;
mod web;

pub use report::Outcome;

use crate::{
    command::Step,
    layers, lint,
    package::{self, Profile},
    progress, setup,
};
use anyhow::{Result, bail};
use databases::Databases;
use groups::{Group, Runner};
use std::{path::Path, time::Instant};

/// What the virtual machine is given: a package, and another to upgrade to.
const PACKAGES: [(&str, &str); 2] = [
    ("CODERUNNER_TEST_PACKAGE", "0.0.1~test"),
    ("CODERUNNER_TEST_NEXT_PACKAGE", "0.0.2~test"),
];

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Only these groups: lint, unit, contract, postgres, fuzz, conformance, security, faults, e2e, web, pictures, vm.
    #[arg(long, value_delimiter = ',', value_name = "GROUP")]
    only: Vec<String>,
}

/// Runs the chosen groups. Returns whether all is well.
pub fn run(root: &Path, options: &Options) -> Result<bool> {
    let chosen = groups::choose(&options.only)?;
    setup::ensure(setup::BUILD)?;
    let needs_sandbox = chosen.iter().any(|group| group.needs_sandbox());
    if needs_sandbox {
        setup::require_root("testing the sandbox")?;
    }
    let runner = setup::test_runner(root);
    let built = if chosen.iter().any(|group| group.needs_build()) {
        // First, because it lies where the usual one will.
        let removable = match chosen.contains(&Group::Security) {
            true => layers::build_sandboxd(root).map(drop),
            false => Ok(()),
        };
        removable.and_then(|()| build(root))
    } else {
        Ok(())
    };
    let rootfs = match &built {
        Ok(()) if needs_sandbox => {
            setup::build_rootfs(root, &setup::target_folder(root).join("debug"))
        }
        _ => Ok(()),
    };
    let mut outcomes = Vec::new();
    for group in Group::ALL {
        if !chosen.contains(group) {
            println!("skipped: group {} was not chosen with --only", group.name());
            continue;
        }
        progress::announce(&format!("group {}", group.name()));
        outcomes.push(match (&built, &rootfs) {
            (Err(error), _) if group.needs_build() => broken(*group, error),
            (_, Err(error)) if group.needs_sandbox() => broken(*group, error),
            _ => run_group(root, *group, runner),
        });
    }
    Ok(report::print(&outcomes))
}

fn broken(group: Group, error: &anyhow::Error) -> Outcome {
    Outcome::broken(group.name(), format!("{error:#}"))
}

/// Builds all programs and tests at once. The groups then choose among what is built: building
/// each by itself would choose other features, and build the libraries anew.
fn build(root: &Path) -> Result<()> {
    progress::announce("building programs and tests (the first time takes some minutes)");
    Step::cargo(root, "build programs and tests")
        .args(["build", "--workspace", "--bins", "--tests"])
        .run()
}

fn run_group(root: &Path, group: Group, preferred: setup::TestRunner) -> Outcome {
    let started = Instant::now();
    let log = setup::target_folder(root).join(format!("test/{}.log", group.name()));
    let result = match group.runner(preferred) {
        Runner::Lint => return lint::run(root),
        Runner::Cargo(arguments) => run_cargo(root, group, &arguments, &log),
        Runner::Node => web::run(root, &log),
        Runner::Pictures => pictures::run(root, &log),
    };
    let mut outcome =
        result.unwrap_or_else(|error| Outcome::broken(group.name(), format!("{error:#}")));
    outcome.seconds = started.elapsed().as_secs_f64();
    outcome
}

fn run_cargo(root: &Path, group: Group, arguments: &[String], log: &Path) -> Result<Outcome> {
    let mut packages = Vec::new();
    if group == Group::Vm {
        setup::ensure(setup::MACHINE)?;
        // The programs are those that all tests use.
        for (variable, version) in PACKAGES {
            packages.push((variable, package::make(root, Profile::Dev, Some(version))?));
        }
    }
    let targets = groups::targets(root, group)?;
    if targets.is_empty() {
        bail!("the group has no test target");
    }
    let databases = match group.needs_postgres() {
        true => Some(Databases::start(root)?),
        false => None,
    };
    let mut step = Step::cargo(root, format!("run the tests of group {}", group.name()));
    if let Some(databases) = &databases {
        step = databases.told(step);
    }
    if group == Group::Postgres {
        step = step.env(test_postgres::ENGINE_VARIABLE, "postgres");
    }
    for (variable, package) in packages {
        step = step.env(variable, package);
    }
    let shown = step
        .args(arguments)
        .args(&targets)
        .env("CODERUNNER_TEST_ROOTFS", setup::rootfs_tree(root))
        .env(
            "CODERUNNER_TEST_BINARIES",
            setup::target_folder(root).join("debug"),
        )
        .env("CODERUNNER_TEST_LAYERS", layers::program(root))
        .env("CARGO_TERM_COLOR", "never")
        .show(log)?;
    let mut outcome = counts::from_cargo(group.name(), &shown.lines, shown.status);
    if group == Group::Postgres {
        // Those of its filter; a test marked to be ignored counts in the group `unit`.
        let elsewhere = std::mem::take(&mut outcome.skipped);
        outcome.skipped_names.clear();
        println!("{elsewhere} tests that no database has a part in ran in the group unit alone");
    }
    Ok(outcome)
}
