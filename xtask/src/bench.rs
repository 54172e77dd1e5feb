//! `cargo xtask bench`: a private installation without quotas, and the load driver of
//! `tests/load` against it. The driver measures and prints; this module only prepares.

use crate::{
    command::Step,
    ports, progress,
    settings::{Installation, Place},
    setup, up,
};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Also write the rows to this file as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// How often each path is measured at each level; the rounds are interleaved.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Runs of one path in one round.
    #[arg(long, default_value_t = 20)]
    runs: u32,
}

/// The whole command.
pub fn run(root: &Path, options: &Options) -> Result<()> {
    setup::require_root("measuring sandboxd")?;
    setup::ensure(setup::BUILD)?;
    let programs = setup::build_programs(root)?;
    setup::build_rootfs(root, &programs)?;

    let installation = installation(root, &programs)?;
    let running = up::start(&programs, &installation)?;
    let mut driver = Step::new(programs.join("coderunner-load"), "measure")
        .args(["--server", &installation.url()])
        .arg_path("--socket", &installation.socket())
        .arg_path("--rootfs", &installation.rootfs)
        .args([
            "--rounds",
            &options.rounds.to_string(),
            "--runs",
            &options.runs.to_string(),
        ])
        .advice(format!(
            "the logs of both programs are in {}",
            installation.state.display()
        ));
    if let Some(file) = &options.json {
        driver = driver.arg_path("--json", file);
    }
    progress::announce("measuring");
    let measured = driver.run();
    let stopped = progress::during("stopping", || running.stop());
    measured.and(stopped)
}

/// A new one each time: an old database must not slow the measurement down.
fn installation(root: &Path, programs: &Path) -> Result<Installation> {
    let state = setup::target_folder(root).join("bench");
    if state.exists() {
        up::end_earlier(programs, &state)?;
        fs::remove_dir_all(&state)
            .with_context(|| format!("could not remove {}", state.display()))?;
    }
    let ports = ports::free(2)?;
    Ok(Installation {
        state: std::path::absolute(&state)
            .with_context(|| format!("{} is no folder's name", state.display()))?,
        rootfs: up::resolved(&setup::rootfs_tree(root))?,
        content: root.join("control-plane/content/sample"),
        port: ports[0],
        admin_port: ports[1],
        max_sandboxes: 8,
        quotas: false,
        place: Place::BENCH,
    })
}
