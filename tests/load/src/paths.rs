//! The ways to run a program that are compared, one row of the table each. Each checks that the
//! program really did what it must.
//!
//! A new row is one more implementation of [`Path`] and its line in [`all`].

mod bare;
mod control_plane;
mod sandboxd;

pub use bare::{BarePython, Bwrap};
pub use control_plane::{Accounts, Grade, WholeRun};
pub use sandboxd::{ColdSandbox, Printed, Sandboxd, ScienceSandbox, WarmSandbox};

use anyhow::{Result, ensure};
use futures::future::BoxFuture;
use std::{path::PathBuf, sync::Arc};

/// The row that others are compared with.
pub const BARE_PYTHON: &str = "bare-python";

const SOURCE: &str = "print(\"hello\")";
const SCIENCE_SOURCE: &str = "import numpy\nprint(\"hello\")";
const EXPECTED: &[u8] = b"hello\n";

/// One way to run a program once.
pub trait Path: Send + Sync {
    /// The row's name.
    fn name(&self) -> &'static str;

    /// Makes one run and checks what came of it.
    fn run(&self) -> BoxFuture<'_, Result<()>>;

    /// It has one run where others have so many; more than 1 when a run is many runs.
    fn one_in(&self) -> u32 {
        1
    }

    /// Completes a sentence that begins with the name, when the runs that were made are not what
    /// the name says.
    fn caveat(&self) -> BoxFuture<'_, Result<Option<String>>> {
        Box::pin(async { Ok(None) })
    }
}

/// What is measured.
#[derive(Debug, clap::Args)]
pub struct Places {
    /// Address of a control-plane without quotas that has the course of tests/load/content.
    #[arg(long, value_name = "URL")]
    pub server: String,
    /// Socket of the sandboxd that keeps sandboxes ready.
    #[arg(long, value_name = "PATH")]
    pub socket: PathBuf,
    /// Socket of a sandboxd that keeps no sandbox ready.
    #[arg(long, value_name = "PATH")]
    pub cold_socket: PathBuf,
    /// Socket of a sandboxd that keeps sandboxes of the profile science ready.
    #[arg(long, value_name = "PATH")]
    pub science_socket: PathBuf,
    /// Tree of the root filesystem.
    #[arg(long, value_name = "DIR")]
    pub rootfs: PathBuf,
}

/// All paths in the order of the rows. Says so when one has to be left out.
pub async fn all(places: &Places, warm: &Sandboxd) -> Result<Vec<Arc<dyn Path>>> {
    let Places {
        server,
        socket: _,
        cold_socket,
        science_socket,
        rootfs,
    } = places;
    let mut paths: Vec<Arc<dyn Path>> = vec![Arc::new(BarePython::new(rootfs)?)];
    match Bwrap::find(rootfs) {
        Some(bwrap) => paths.push(Arc::new(bwrap)),
        None => eprintln!("left out: bwrap, because there is no such program in PATH"),
    }
    let accounts = Accounts::register(server).await?;
    paths.push(Arc::new(ColdSandbox(Sandboxd::connect(cold_socket).await?)));
    paths.push(Arc::new(WarmSandbox(warm.clone())));
    let science = Sandboxd::connect(science_socket).await?;
    paths.push(Arc::new(ScienceSandbox(science)));
    paths.push(Arc::new(WholeRun(accounts.clone())));
    paths.push(Arc::new(Grade(accounts)));
    Ok(paths)
}

fn check(printed: &[u8]) -> Result<()> {
    ensure!(
        printed == EXPECTED,
        "it printed {:?}",
        String::from_utf8_lossy(printed)
    );
    Ok(())
}
