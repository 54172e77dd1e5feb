//! `packages.lock`: the exact version, file name and hash of every package in the tree.
//!
//! Trust in a package comes from the hash in this file, not from where the bytes came from,
//! so a build needs no keyring. `update-pins` makes the file, with apt checking the archive's
//! signatures.

use crate::{Error, Recipe, Result, digest, recipe::is_plain_relative};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fs, path::Path};

const HEADER: &str = "# Exact versions and hashes of the packages in the Python root filesystem.\n\
                      # Made by `cargo run -p rootfs-builder -- update-pins`; not edited by hand.\n\n";

/// The pins of one recipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// A moment at which the snapshot archive has all these files: `20260520T000000Z`.
    pub snapshot: String,
    #[serde(rename = "package")]
    pub packages: Vec<LockedPackage>,
}

/// One pinned package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedPackage {
    pub name: String,
    pub version: String,
    /// Name of the recipe's archive that has it.
    pub archive: String,
    /// Path below the archive's base URL.
    pub filename: String,
    pub size: u64,
    pub sha256: String,
}

impl Lock {
    /// Reads the lock and checks that it pins what the recipe lists, no more and no less.
    pub fn read(path: &Path, recipe: &Recipe) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(Error::io("read", path))?;
        let lock = Self::parse(&text).map_err(|problem| Error::Invalid {
            path: path.to_owned(),
            problem,
        })?;
        lock.matches(recipe)
            .map_err(|problem| Error::LockMismatch {
                lock: path.to_owned(),
                problem,
            })?;
        Ok(lock)
    }

    /// Parses the lock's text and checks each field's form.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lock: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for package in &lock.packages {
            let LockedPackage {
                name,
                version,
                archive: _,
                filename,
                size,
                sha256,
            } = package;
            let problem = match () {
                () if name.is_empty() || version.is_empty() => "has no name or version",
                () if !is_plain_relative(filename) => {
                    "has a file name that is not a plain relative path"
                }
                () if *size == 0 => "has size 0",
                () if !digest::is_valid(sha256) => "has no valid sha256",
                () => continue,
            };
            return Err(format!("package {name:?} {problem}"));
        }
        Ok(lock)
    }

    /// The text that `parse` reads.
    pub fn to_text(&self) -> String {
        HEADER.to_owned()
            + &toml::to_string(self).expect("a lock has only strings, numbers and tables")
    }

    fn matches(&self, recipe: &Recipe) -> Result<(), String> {
        let pinned: BTreeSet<_> = self
            .packages
            .iter()
            .map(|package| package.name.as_str())
            .collect();
        let listed: BTreeSet<_> = recipe
            .packages
            .iter()
            .map(|package| package.name.as_str())
            .collect();
        if pinned.len() != self.packages.len() {
            return Err("a package is pinned twice".into());
        }
        if let Some(name) = listed.difference(&pinned).next() {
            return Err(format!("{name} is in the recipe but not pinned"));
        }
        if let Some(name) = pinned.difference(&listed).next() {
            return Err(format!("{name} is pinned but not in the recipe"));
        }
        match self
            .packages
            .iter()
            .find(|package| recipe.archive(&package.archive).is_none())
        {
            Some(package) => Err(format!(
                "{} comes from the unknown archive {}",
                package.name, package.archive
            )),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Spoil = fn(&mut LockedPackage);

    fn locked() -> LockedPackage {
        LockedPackage {
            name: "libc6".into(),
            version: "2.36-9+deb12u14".into(),
            archive: "debian".into(),
            filename: "pool/main/g/glibc/libc6_2.36-9+deb12u14_amd64.deb".into(),
            size: 2_759_320,
            sha256: "ba4f88f73dbc3ae9055f3c20f4523bfdbaf1ad13ff95e258924f77d20b4fbedf".into(),
        }
    }

    fn lock(packages: Vec<LockedPackage>) -> Lock {
        Lock {
            snapshot: "20260520T000000Z".into(),
            packages,
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let lock = lock(vec![locked()]);
        assert_eq!(Lock::parse(&lock.to_text()), Ok(lock));
    }

    #[test]
    fn malformed_pins_are_refused_with_the_reason() {
        let cases: [(&str, Spoil); 5] = [
            ("no name", |package| package.name.clear()),
            ("plain relative path", |package| {
                package.filename = "../../etc/passwd".into()
            }),
            ("size 0", |package| package.size = 0),
            ("valid sha256", |package| package.sha256.truncate(63)),
            ("valid sha256", |package| {
                package.sha256 = package.sha256.to_uppercase()
            }),
        ];
        for (expected, spoil) in cases {
            let mut package = locked();
            spoil(&mut package);
            let problem = Lock::parse(&lock(vec![package]).to_text()).unwrap_err();
            assert!(
                problem.contains(expected),
                "{problem} should mention {expected}"
            );
        }
    }

    #[test]
    fn unknown_fields_are_refused() {
        let text = lock(vec![locked()]).to_text() + "trusted = true\n";
        assert!(Lock::parse(&text).is_err());
    }

    #[test]
    fn lock_and_recipe_must_list_the_same_packages() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let recipe = Recipe::read(&folder.join("recipe.toml")).unwrap();
        let mut lock = Lock::read(&folder.join("packages.lock"), &recipe).unwrap();
        let taken = lock.packages.pop().unwrap();
        assert!(lock.matches(&recipe).unwrap_err().contains(&taken.name));
        lock.packages.push(taken);
        lock.packages.push(LockedPackage {
            name: "bash".into(),
            ..locked()
        });
        assert!(lock.matches(&recipe).unwrap_err().contains("bash"));
    }
}
