//! `cargo xtask promises`, `cargo xtask chaos` and `cargo xtask crash`: the release build of the programs, the root
//! file system, and the driver of `tests/faults` on them. The driver measures, judges and prints; this module only prepares.

use crate::{command::Step, package, progress, setup};
use anyhow::Result;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Promises {
    /// Only these rows: escapes, honest, internal-errors, leftovers, lateness, output, neighbour,
    /// killed, attackers-memory.
    #[arg(long, value_delimiter = ',', value_name = "ROW")]
    only: Vec<String>,
    /// Some seconds for each row instead of as many runs as the promise speaks of. The bounds are the same.
    #[arg(long)]
    quick: bool,
    /// Also write the rows to this file as JSON.
    #[arg(long, value_name = "FILE", conflicts_with = "in_machine")]
    json: Option<PathBuf>,
    /// In a virtual machine with Debian and cgroup v2, with sandboxd installed from its package. Its processor is
    /// emulated, and limits of time are eight times longer there.
    #[arg(long)]
    in_machine: bool,
}

#[derive(Debug, clap::Args)]
pub struct Chaos {
    /// How long, in minutes.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// What happens is decided by this number; a random one, which is printed, when it is not given.
    #[arg(long)]
    seed: Option<u64>,
    /// The first round to make, to come to a failure sooner.
    #[arg(long, default_value_t = 0)]
    from_round: u64,
}

#[derive(Debug, clap::Args)]
pub struct Crash {
    /// Only these: kill-control-plane, kill-sandboxd, stop-control-plane, cut-database (PostgreSQL only).
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

/// Measures the promises; an error when one does not hold.
pub fn promises(root: &Path, options: &Promises) -> Result<()> {
    let Promises {
        only,
        quick,
        json,
        in_machine,
    } = options;
    let mut arguments = vec!["promises".to_owned()];
    if !only.is_empty() {
        arguments.extend(["--only".to_owned(), only.join(",")]);
    }
    if *quick {
        arguments.push("--quick".to_owned());
    }
    let mut step = if *in_machine {
        machine(root)?.env("CODERUNNER_VM_PROMISES", arguments.join(" "))
    } else {
        driver(root, "keep every promise")?.args(&arguments)
    };
    if let Some(file) = json {
        step = step.arg_path("--json", file);
    }
    progress::announce("measuring the promises");
    step.run()
}

/// The test of the machine, which measures instead of going through its stages.
fn machine(root: &Path) -> Result<Step> {
    let programs = prepare(root)?;
    setup::ensure(setup::MACHINE)?;
    let package = package::make(root, package::Profile::Release, None)?;
    let step = Step::cargo(root, "keep every promise in the machine")
        .args(["test", "--workspace", "--test", "installed"])
        .env("CODERUNNER_TEST_PACKAGE", &package)
        .env("CODERUNNER_TEST_NEXT_PACKAGE", &package)
        .env("CODERUNNER_TEST_BINARIES", &programs)
        .env("CODERUNNER_TEST_ROOTFS", setup::rootfs_tree(root))
        .advice("the table above says what does not hold");
    Ok(step)
}

/// Makes chaos; an error when an invariant was broken.
pub fn chaos(root: &Path, options: &Chaos) -> Result<()> {
    let Chaos {
        minutes,
        seed,
        from_round,
    } = options;
    let mut driver = driver(root, "keep every invariant under chaos")?
        .args(["chaos", "--minutes", &minutes.to_string()])
        .args(["--from-round", &from_round.to_string()]);
    if let Some(seed) = seed {
        driver = driver.args(["--seed", &seed.to_string()]);
    }
    progress::announce("chaos");
    driver.run()
}

/// Kills, stops and cuts off; an error when work was lost, stored twice or judged wrongly.
pub fn crash(root: &Path, options: &Crash) -> Result<()> {
    let Crash {
        only,
        database,
        accepted,
        seed,
    } = options;
    if database.is_empty() || database.iter().any(|name| name == "postgres") {
        setup::ensure(setup::POSTGRES)?;
    }
    let mut driver = driver(root, "lose nothing in a crash")?.args([
        "crash",
        "--accepted",
        &accepted.to_string(),
    ]);
    if !only.is_empty() {
        driver = driver.args(["--only", &only.join(",")]);
    }
    if !database.is_empty() {
        driver = driver.args(["--database", &database.join(",")]);
    }
    if let Some(seed) = seed {
        driver = driver.args(["--seed", &seed.to_string()]);
    }
    progress::announce("crashes under load");
    driver.run()
}

/// Builds all programs, and returns the folder that has them.
fn prepare(root: &Path) -> Result<PathBuf> {
    setup::require_root("measuring sandboxd")?;
    setup::ensure(setup::BUILD)?;
    let programs = setup::build_programs(root, &[("fault-tests", "fault-tests")])?;
    setup::build_rootfs(root, &programs)?;
    Ok(programs)
}

fn driver(root: &Path, purpose: &str) -> Result<Step> {
    let programs = prepare(root)?;
    let driver = Step::new(programs.join("fault-tests"), purpose)
        .env("CODERUNNER_TEST_BINARIES", &programs)
        .env("CODERUNNER_TEST_ROOTFS", setup::rootfs_tree(root))
        .env("CODERUNNER_TEST_SOURCES", root.join("tests"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .advice("the table above says what does not hold");
    Ok(driver)
}
