//! `cargo xtask layers`: takes each layer of the sandbox out in turn, runs all attacks without it, and writes
//! docs/LAYERS.md. The sandboxd out of which layers can be taken is a build of its own, for tests.

use crate::{command::Step, progress, setup};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Only these sets of layers: names with commas between them, sets apart by blanks. The others
    /// keep what was found before.
    #[arg(long, num_args = 1.., value_name = "LAYER[,LAYER]")]
    only: Vec<String>,
    /// Attacks at one time; most of them wait most of the time.
    #[arg(long, default_value_t = 4)]
    threads: usize,
}

/// The whole command.
pub fn run(root: &Path, options: &Options) -> Result<()> {
    setup::require_root("attacking sandboxes")?;
    setup::ensure(setup::BUILD)?;
    let sandboxd = build_sandboxd(root)?;
    let programs = setup::target_folder(root).join("debug");
    progress::announce("building sandboxd, the attacks and the root filesystem's builder");
    Step::cargo(root, "build sandboxd and the attacks")
        .args(["build", "--workspace", "--bin", "sandboxd"])
        .args(["--bin", "layers", "--bin", "rootfs-builder"])
        .run()?;
    setup::build_rootfs(root, &programs)?;
    progress::announce("attacking without one layer after another (about a minute each)");
    let mut step = Step::new(programs.join("layers"), "try all layers")
        .env("CODERUNNER_TEST_ROOTFS", setup::rootfs_tree(root))
        .env("CODERUNNER_TEST_BINARIES", &programs)
        .env("CODERUNNER_TEST_LAYERS", &sandboxd)
        .arg_path("--results", &folder(root).join("results"))
        .arg_path("--document", &root.join("docs/LAYERS.md"))
        .args(["--threads", &options.threads.to_string()]);
    if !options.only.is_empty() {
        step = step.args(["--only"]).args(&options.only);
    }
    step.run()
}

/// Builds the sandboxd out of which layers can be taken, and returns its path. What cargo leaves at the usual
/// place is that program too: build the usual one after it.
pub fn build_sandboxd(root: &Path) -> Result<PathBuf> {
    progress::announce("building the sandboxd out of which layers can be taken");
    Step::cargo(root, "build sandboxd with removable layers")
        .args(["build", "--workspace", "--bin", "sandboxd"])
        .args(["--features", "sandboxd/removable-layers"])
        // Any test that needs nothing of sandboxd: with one, cargo chooses the libraries' features as for all tests,
        // and need not build tokio, tonic and others twice.
        .args(["--test", "handover"])
        .run()?;
    let (from, to) = (
        setup::target_folder(root).join("debug/sandboxd"),
        program(root),
    );
    fs::create_dir_all(folder(root))
        .and_then(|()| fs::remove_file(&to).or_else(absent))
        .and_then(|()| fs::rename(&from, &to))
        .with_context(|| format!("could not move {} to {}", from.display(), to.display()))?;
    Ok(to)
}

fn absent(error: std::io::Error) -> std::io::Result<()> {
    match error.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    }
}

/// Where that sandboxd is.
pub fn program(root: &Path) -> PathBuf {
    folder(root).join("sandboxd")
}

fn folder(root: &Path) -> PathBuf {
    setup::target_folder(root).join("layers")
}
