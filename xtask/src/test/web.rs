//! The group `web`: the Connect-ES tests of `tests/web`. They start an installation of their own
//! from the programs under test.

use super::{Outcome, counts};
use crate::{node::Node, setup};
use anyhow::{Context, Result};
use std::path::Path;

pub(super) fn run(root: &Path, log: &Path) -> Result<Outcome> {
    let folder = root.join("tests/web");
    let node = Node::ensure(root)?;
    node.install(&folder).context("the web tests can't start")?;
    let shown = node
        .run(&folder, "npm", "run the web tests")
        .args(["test"])
        .env("CODERUNNER_TEST_ROOTFS", setup::rootfs_tree(root))
        .env(
            "CODERUNNER_TEST_BINARIES",
            setup::target_folder(root).join("debug"),
        )
        .show(log)?;
    Ok(counts::from_node("web", &shown.lines, shown.status))
}
