//! The checks that look at the source only: formatting, compiler and clippy warnings, the API
//! files with buf, and the house rules. Each counts as one test.

use crate::{
    command::Step,
    house::{RULES, Workspace},
    node::Node,
    progress,
    test::Outcome,
};
use anyhow::Result;
use std::{path::Path, time::Instant};

/// `cargo xtask lint`: returns whether all is well.
pub fn run_alone(root: &Path) -> Result<bool> {
    let outcome = run(root);
    println!(
        "{} passed, {} failed, 0 skipped",
        outcome.passed, outcome.failed
    );
    Ok(outcome.failed == 0)
}

type Check = fn(&Path) -> Result<()>;

/// All checks, each whether or not the one before failed.
pub fn run(root: &Path) -> Outcome {
    let started = Instant::now();
    let mut outcome = Outcome::named("lint");
    let checks: [(&str, Check); 3] = [
        ("cargo fmt --check", formatting),
        ("cargo clippy, warnings denied", clippy),
        ("buf lint", api_files),
    ];
    for (name, check) in checks {
        progress::announce(name);
        let result = check(root);
        record(
            &mut outcome,
            name,
            result.err().map(|error| format!("{error:#}")),
        );
    }
    progress::announce("house rules");
    match Workspace::read(root) {
        Ok(workspace) => {
            for rule in RULES {
                let problems = (rule.check)(&workspace);
                record(
                    &mut outcome,
                    rule.name,
                    (!problems.is_empty()).then(|| problems.join("\n")),
                );
            }
        }
        Err(error) => record(&mut outcome, "house rules", Some(format!("{error:#}"))),
    }
    outcome.seconds = started.elapsed().as_secs_f64();
    outcome
}

fn record(outcome: &mut Outcome, name: &str, problem: Option<String>) {
    match problem {
        None => {
            outcome.passed += 1;
            println!("    ok: {name}");
        }
        Some(problem) => {
            outcome.failed += 1;
            println!("    FAILED: {name}\n{problem}");
        }
    }
}

fn formatting(root: &Path) -> Result<()> {
    Step::cargo(root, "find the source formatted")
        .args(["fmt", "--all", "--check"])
        .advice("run `cargo fmt`")
        .run()
}

fn clippy(root: &Path) -> Result<()> {
    Step::cargo(root, "find the source free of warnings")
        .args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ])
        .run()
}

fn api_files(root: &Path) -> Result<()> {
    let node = Node::ensure(root)?;
    // buf is among the web tests' pinned packages, as they generate their stubs with it.
    let folder = root.join("tests/web");
    node.install(&folder)?;
    node.run(&folder, "npm", "find the API files clean")
        .args(["run", "--silent", "lint:proto"])
        .run()
}
