//! The group `web`: a private installation of the programs under test, and the Connect-ES
//! tests of `tests/web` against it.

use super::{Outcome, counts};
use crate::{
    node::Node,
    ports,
    proof::Demo,
    settings::{Installation, Place},
    setup, up,
};
use anyhow::{Context, Result};
use std::{fs, path::Path};

const ORIGIN: &str = "https://learn.example.org";

pub(super) fn run(root: &Path, log: &Path) -> Result<Outcome> {
    let folder = root.join("tests/web");
    let node = Node::ensure(root)?;
    node.install(&folder).context("the web tests can't start")?;

    let programs = setup::target_folder(root).join("debug");
    let installation = installation(root, &programs)?;
    let running = up::start(&programs, &installation)?;
    let demo = Demo::log_in(&programs, &installation)?;
    let shown = node
        .run(&folder, "npm", "run the web tests")
        .args(["test"])
        .env("CODERUNNER_URL", installation.url())
        .env("CODERUNNER_EMAIL", demo.email())
        .env("CODERUNNER_PASSWORD", demo.password())
        .env("CODERUNNER_ORIGIN", ORIGIN)
        .show(log)?;
    let stopped = running.stop();
    let mut outcome = counts::from_node("web", &shown.lines, shown.status);
    if let Err(error) = stopped {
        outcome.broken = Some(format!("{error:#}"));
    }
    Ok(outcome)
}

/// A new one each time, without quotas: the tests make more calls than one user may.
fn installation(root: &Path, programs: &Path) -> Result<Installation> {
    let state = std::path::absolute(setup::target_folder(root).join("test/web"))?;
    if state.exists() {
        up::end_earlier(programs, &state)?;
        fs::remove_dir_all(&state)
            .with_context(|| format!("could not remove {}", state.display()))?;
    }
    let ports = ports::free(2)?;
    Ok(Installation {
        state,
        rootfs: up::resolved(&setup::rootfs_tree(root))?,
        content: root.join("control-plane/content/sample"),
        port: ports[0],
        admin_port: ports[1],
        max_sandboxes: 4,
        quotas: false,
        origins: vec![ORIGIN.to_owned()],
        place: Place::WEB,
    })
}
