//! The group `pictures`: what turtle draws in a sandbox, shown by the web app's module in a browser, compared with
//! what CPython's own turtle shows on a virtual display.

use super::{Outcome, counts};
use crate::{node::Node, setup};
use anyhow::{Context, Result};
use std::path::Path;

pub(super) fn run(root: &Path, log: &Path) -> Result<Outcome> {
    setup::ensure(setup::PICTURES)?;
    setup::ensure_files(setup::PICTURES_FILES)?;
    let folder = root.join("clients/web");
    let node = Node::ensure(root)?;
    node.install(&folder)
        .context("the pictures can't be compared")?;
    let shown = node
        .run(&folder, "node", "compare the pictures of turtle")
        .args(["--import", "tsx", "test/turtle/run.ts"])
        .env("CODERUNNER_TEST_ROOTFS", setup::rootfs_tree(root))
        .env(
            "CODERUNNER_TEST_BINARIES",
            setup::target_folder(root).join("debug"),
        )
        .show(log)?;
    Ok(counts::from_node("pictures", &shown.lines, shown.status))
}
