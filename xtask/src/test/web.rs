//! The group `web`: the Connect-ES tests of `tests/web`, and the web app's own: its types, its size,
//! its units, and its journeys in a real browser. Both start installations of their own from the
//! programs under test.

use super::{Outcome, counts};
use crate::{command::Step, node::Node, setup, web_app};
use anyhow::{Context, Result};
use std::{
    env,
    path::{Path, PathBuf},
};

/// Says which browser to use; otherwise it is the system's Chromium.
const CHROMIUM: &str = "CODERUNNER_CHROMIUM";

pub(super) fn run(root: &Path, log: &Path) -> Result<Outcome> {
    let node = Node::ensure(root)?;
    let mut outcome = connect_tests(root, &node, log)?;
    match app(root, &node, log) {
        Ok(app) => outcome.add(app),
        Err(error) => outcome.add(Outcome::broken("web", format!("{error:#}"))),
    }
    Ok(outcome)
}

fn connect_tests(root: &Path, node: &Node, log: &Path) -> Result<Outcome> {
    let folder = root.join("tests/web");
    node.install(&folder).context("the web tests can't start")?;
    let shown = under_test(root, node.run(&folder, "npm", "run the web tests"))
        .args(["test"])
        .show(log)?;
    Ok(counts::from_node("web", &shown.lines, shown.status))
}

/// The app's tests. Its types and its size count as one test each.
fn app(root: &Path, node: &Node, log: &Path) -> Result<Outcome> {
    let chromium = chromium()?;
    web_app::build(root, node)?;
    let folder = web_app::folder(root);
    let mut outcome = Outcome::named("web");
    for (script, what) in [
        ("check", "find the web app's types right"),
        ("budget", "find the web app small enough"),
    ] {
        let checked = node
            .run(&folder, "npm", what)
            .args(["run", "--silent", script])
            .show(&beside(log, script))?;
        outcome.check(&format!("npm run {script}"), checked.status.success());
    }
    let shown = under_test(root, node.run(&folder, "npm", "run the web app's tests"))
        .args(["test"])
        .env(CHROMIUM, chromium)
        .show(&beside(log, "app"))?;
    outcome.add(counts::from_node("web", &shown.lines, shown.status));
    Ok(outcome)
}

fn under_test(root: &Path, step: Step) -> Step {
    let programs = setup::target_folder(root).join("debug");
    step.env("CODERUNNER_TEST_ROOTFS", setup::rootfs_tree(root))
        .env("CODERUNNER_TEST_BINARIES", programs)
}

/// The browser: the one that is named, or the system's.
fn chromium() -> Result<PathBuf> {
    if let Some(named) = env::var_os(CHROMIUM) {
        let named = PathBuf::from(named);
        println!("the browser is {} ({CHROMIUM})", named.display());
        return Ok(named);
    }
    setup::ensure(setup::BROWSER).with_context(|| {
        format!("the web app's tests need a browser; {CHROMIUM} may name one that is there")
    })?;
    setup::find("chromium").context("could not find chromium")
}

fn beside(log: &Path, word: &str) -> PathBuf {
    log.with_file_name(format!("web-{word}.log"))
}
