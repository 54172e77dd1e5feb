//! `wheels.lock`: the exact version, file name and hash of every wheel in the tree. As with packages, trust
//! comes from the hash in this file, not from where the bytes came from.

use super::parse_file_name;
use crate::{Error, Recipe, Result, digest};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fs, path::Path};

const HEADER: &str = "# Exact versions and hashes of the wheels in the Python root filesystem.\n\
                      # Made by `cargo run -p rootfs-builder -- update-pins`; not edited by hand.\n\n";

/// The wheels of one recipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WheelLock {
    #[serde(rename = "wheel")]
    pub wheels: Vec<LockedWheel>,
}

/// One pinned wheel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedWheel {
    /// Normalised: lower case, with hyphens.
    pub name: String,
    pub version: String,
    /// As the index calls it.
    pub filename: String,
    /// In bytes.
    pub size: u64,
    pub sha256: String,
}

impl WheelLock {
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
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let lock: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for wheel in &lock.wheels {
            let LockedWheel {
                name,
                version,
                filename,
                size,
                sha256,
            } = wheel;
            let problem = match parse_file_name(filename) {
                None => "has a file name that is no wheel's",
                Some((named, versioned)) if named != *name || versioned != *version => {
                    "has a file name of another package or version"
                }
                Some(_) if *size == 0 => "has size 0",
                Some(_) if !digest::is_valid(sha256) => "has no valid sha256",
                Some(_) => continue,
            };
            return Err(format!("wheel {name:?} {problem}"));
        }
        Ok(lock)
    }

    /// The text that `parse` reads.
    pub(super) fn to_text(&self) -> String {
        HEADER.to_owned()
            + &toml::to_string(self).expect("a lock has only strings, numbers and tables")
    }

    /// Whether recipe and lock list the same wheels.
    pub(super) fn matches(&self, recipe: &Recipe) -> Result<(), String> {
        let pinned: BTreeSet<_> = self.wheels.iter().map(|wheel| &wheel.name).collect();
        let listed: BTreeSet<_> = recipe.wheel_rules.iter().map(|rule| &rule.name).collect();
        if pinned.len() != self.wheels.len() {
            return Err("a wheel is pinned twice".into());
        }
        if let Some(name) = listed.difference(&pinned).next() {
            return Err(format!("the wheel {name} is in the recipe but not pinned"));
        }
        match pinned.difference(&listed).next() {
            Some(name) => Err(format!("the wheel {name} is pinned but not in the recipe")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    type Spoil = fn(&mut LockedWheel);

    pub(crate) fn locked(content: &[u8]) -> LockedWheel {
        LockedWheel {
            name: "made-up".into(),
            version: "1.0".into(),
            filename: "made_up-1.0-py3-none-any.whl".into(),
            size: content.len() as u64,
            sha256: digest::of_bytes(content),
        }
    }

    pub(crate) fn our_recipe() -> Recipe {
        Recipe::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../recipe.toml")).unwrap()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let lock = WheelLock {
            wheels: vec![locked(b"x")],
        };
        assert_eq!(WheelLock::parse(&lock.to_text()), Ok(lock));
    }

    #[test]
    fn malformed_pins_are_refused_with_the_reason() {
        let cases: [(&str, Spoil); 5] = [
            ("no wheel's", |wheel| {
                wheel.filename = "../made_up-1.0-py3-none-any.whl".into()
            }),
            ("another package", |wheel| wheel.name = "other".into()),
            ("or version", |wheel| wheel.version = "2.0".into()),
            ("size 0", |wheel| wheel.size = 0),
            ("valid sha256", |wheel| wheel.sha256.truncate(63)),
        ];
        for (expected, spoil) in cases {
            let mut wheel = locked(b"x");
            spoil(&mut wheel);
            let lock = WheelLock {
                wheels: vec![wheel],
            };
            let problem = WheelLock::parse(&lock.to_text()).unwrap_err();
            assert!(
                problem.contains(expected),
                "{problem} should mention {expected}"
            );
        }
    }

    #[test]
    fn lock_and_recipe_must_list_the_same_wheels() {
        let recipe = our_recipe();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wheels.lock");
        let mut lock = WheelLock::read(&path, &recipe).unwrap();
        let taken = lock.wheels.pop().unwrap();
        assert!(lock.matches(&recipe).unwrap_err().contains(&taken.name));
        lock.wheels.push(taken.clone());
        lock.wheels.push(taken);
        assert!(lock.matches(&recipe).unwrap_err().contains("twice"));
        lock.wheels.pop();
        lock.wheels.push(locked(b"x"));
        assert!(lock.matches(&recipe).unwrap_err().contains("made-up"));
    }
}
