//! The promises of the sandbox, measured on the machine by their own program (`fault-tests`) with the installed
//! sandboxd: limits of time and patience are longer there, bounds of everything else are the same.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use test_harness::binaries;
use vm_tests::image::Extra;

use crate::host::Host;
use crate::suites;

/// Arguments for `fault-tests`, such as `promises --quick`. When it is set the machine installs sandboxd and measures;
/// all other stages are left out. `cargo xtask promises --in-machine` sets it.
const VARIABLE: &str = "CODERUNNER_VM_PROMISES";
/// Where the machine has the program.
const PROGRAM: &str = "/opt/guest/suites/fault-tests";
/// For all rows in full.
const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

/// The arguments, if the promises are to be measured.
pub fn wanted() -> Option<String> {
    std::env::var(VARIABLE).ok()
}

/// The program.
pub fn extras(folder: &Path) -> Result<Vec<Extra>> {
    let slim = folder.join("fault-tests");
    suites::strip(&binaries::program("fault-tests")?, &slim)?;
    let to = PathBuf::from(PROGRAM);
    let mut extras = suites::sources()?;
    extras.push(Extra { from: slim, to });
    Ok(extras)
}

/// Measures; an error when a promise is not kept.
pub fn measure(host: &mut Host) -> Result<()> {
    let arguments = wanted().unwrap_or_default();
    // Each row starts a sandboxd of its own, which shall have the machine for itself.
    host.must("systemctl stop sandboxd")?;
    let script = format!(
        "cd /tmp; systemctl start run-coderunner-rootfs.mount; env {} {PROGRAM} {arguments}\n",
        suites::variables()
    );
    host.watch(&script, PATIENCE)?;
    Ok(())
}
