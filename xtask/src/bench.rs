//! `cargo xtask bench`: a private installation without quotas, a second sandboxd that keeps no
//! sandboxes ready, a third that keeps some of the profile science ready, and the load driver of `tests/load` against them. The driver measures and
//! prints; this module only prepares.

use crate::{
    command::Step,
    ports, progress,
    services::Service,
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
    /// Runs of each path whose latency is measured, one at a time, the paths in turn; grade-10,
    /// with 10 tests a run, makes a quarter of them.
    #[arg(long, default_value_t = 200)]
    runs: u32,
    /// Rounds of each path with 1, 2 and 8 workers; the rounds are interleaved.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Runs of one path in one round; a quarter of them by grade-10.
    #[arg(long, default_value_t = 100)]
    runs_per_round: u32,
    /// After the table, also make so many runs of sandboxd-warm, 8 at a time.
    #[arg(long, value_name = "N")]
    soak: Option<u32>,
}

/// The whole command.
pub fn run(root: &Path, options: &Options) -> Result<()> {
    setup::require_root("measuring sandboxd")?;
    setup::ensure(setup::BUILD)?;
    let programs = setup::build_programs(root, &[])?;
    setup::build_rootfs(root, &programs)?;

    let installation = installation(root, &programs)?;
    let running = up::start(&programs, &installation)?;
    let [cold, science] = further(&installation);
    let cold = FurtherSandboxd::start(&programs, cold)?;
    let science = FurtherSandboxd::start(&programs, science)?;
    progress::announce("measuring");
    let measured = driver(&programs, &installation, [&cold, &science], options).run();
    let stopped = progress::during("stopping", || {
        let stopped = cold.stop().and(science.stop());
        stopped.and(running.stop())
    });
    measured.and(stopped)
}

fn driver(
    programs: &Path,
    installation: &Installation,
    [cold, science]: [&FurtherSandboxd; 2],
    options: &Options,
) -> Step {
    let Options {
        json,
        runs,
        rounds,
        runs_per_round,
        soak,
    } = options;
    let mut driver = Step::new(programs.join("coderunner-load"), "measure")
        .args(["--server", &installation.url()])
        .arg_path("--socket", &installation.socket())
        .arg_path("--cold-socket", &cold.installation.socket())
        .arg_path("--science-socket", &science.installation.socket())
        .arg_path("--rootfs", &installation.rootfs)
        .args(["--runs", &runs.to_string()])
        .args(["--rounds", &rounds.to_string()])
        .args(["--runs-per-round", &runs_per_round.to_string()])
        .advice(format!(
            "the logs of all programs are in {}",
            installation.state.display()
        ));
    if let Some(runs) = soak {
        driver = driver.args(["--soak", &runs.to_string()]);
    }
    if let Some(file) = json {
        driver = driver.arg_path("--json", file);
    }
    driver
}

/// A new one each time: an old database must not slow the measurement down.
fn installation(root: &Path, programs: &Path) -> Result<Installation> {
    let state = setup::target_folder(root).join("bench");
    if state.exists() {
        up::end_earlier(programs, &state)?;
        for name in FURTHER {
            up::end_earlier(programs, &state.join(name))?;
        }
        fs::remove_dir_all(&state)
            .with_context(|| format!("could not remove {}", state.display()))?;
    }
    let ports = ports::free(2)?;
    Ok(Installation {
        state: std::path::absolute(&state)
            .with_context(|| format!("{} is no folder's name", state.display()))?,
        rootfs: up::resolved(&setup::rootfs_tree(root))?,
        content: root.join("tests/load/content"),
        web_root: None,
        port: ports[0],
        admin_port: ports[1],
        max_sandboxes: 10,
        parked: None,
        science_parked: None,
        quotas: false,
        place: Place::BENCH,
    })
}

/// Folders of the further sandboxds.
const FURTHER: [&str; 2] = ["cold", "science"];
/// As many as the first one keeps ready on a machine of two cores.
const SCIENCE_PARKED: u32 = 4;

/// One that makes each sandbox when a run asks for it, and one that keeps sandboxes of the profile science ready,
/// beside the first, so that none takes another's places.
fn further(beside: &Installation) -> [Installation; 2] {
    let [cold, science] = FURTHER.map(|name| Installation {
        state: beside.state.join(name),
        parked: Some(0),
        ..beside.clone()
    });
    let cold = Installation {
        place: Place::BENCH_COLD,
        ..cold
    };
    let science = Installation {
        science_parked: Some(SCIENCE_PARKED),
        place: Place::BENCH_SCIENCE,
        ..science
    };
    [cold, science]
}

/// A sandboxd that no control-plane uses.
#[derive(Debug)]
struct FurtherSandboxd {
    service: Service,
    installation: Installation,
}

impl FurtherSandboxd {
    fn start(programs: &Path, installation: Installation) -> Result<Self> {
        installation.write()?;
        let service = up::start_sandboxd(programs, &installation)?;
        Ok(Self {
            service,
            installation,
        })
    }

    fn stop(self) -> Result<()> {
        let stopped = self.service.stop(up::STOP_PATIENCE);
        stopped.and(self.installation.clean())
    }
}
