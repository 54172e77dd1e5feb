//! Compares a tree on disk with its manifest and lists every difference.

use crate::{Entry, Manifest, Result};
use std::{collections::BTreeMap, fmt, path::Path};

/// One way in which a tree is not what its manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// In the manifest, not in the tree.
    Missing { path: String },
    /// In the tree, not in the manifest.
    Added { path: String },
    /// In both, but with another content, type, mode or owner.
    Changed {
        expected: Box<Entry>,
        found: Box<Entry>,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { path } => write!(out, "{path}: missing"),
            Self::Added { path } => write!(out, "{path}: not in the manifest"),
            Self::Changed { expected, found } => {
                let mut changes = Vec::new();
                if expected.kind != found.kind {
                    changes.push("content or type".to_owned());
                }
                if expected.mode != found.mode {
                    changes.push(format!(
                        "mode {:04o} instead of {:04o}",
                        found.mode, expected.mode
                    ));
                }
                if (expected.uid, expected.gid) != (found.uid, found.gid) {
                    changes.push(format!("owner {}:{}", found.uid, found.gid));
                }
                write!(out, "{}: changed ({})", expected.path, changes.join(", "))
            }
        }
    }
}

/// Reads and hashes the whole tree. An empty list means that it is exactly what was built.
///
/// # Errors
/// When the tree can't be read, or holds a device, pipe or socket.
pub fn verify(tree: &Path, manifest: &Manifest) -> Result<Vec<Difference>> {
    let found = Manifest::of_tree(tree)?;
    let mut unseen: BTreeMap<_, _> = found
        .entries
        .into_iter()
        .map(|entry| (entry.path.clone(), entry))
        .collect();
    let mut differences = Vec::new();
    for expected in &manifest.entries {
        match unseen.remove(&expected.path) {
            None => differences.push(Difference::Missing {
                path: expected.path.clone(),
            }),
            Some(found) if found == *expected => {}
            Some(found) => {
                differences.push(Difference::Changed {
                    expected: Box::new(expected.clone()),
                    found: Box::new(found),
                });
            }
        }
    }
    differences.extend(unseen.into_keys().map(|path| Difference::Added { path }));
    Ok(differences)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        fs,
        os::unix::fs::{PermissionsExt, symlink},
    };

    type Change = fn(&Path);

    /// A small tree with its manifest, then changed by `change`; returns what `verify` says.
    fn differences_after(change: impl FnOnce(&Path)) -> Vec<String> {
        let tree = tempfile::tempdir().unwrap();
        fs::create_dir(tree.path().join("lib")).unwrap();
        fs::write(tree.path().join("lib/os.py"), "x = 1\n").unwrap();
        symlink("os.py", tree.path().join("lib/link")).unwrap();
        let manifest = Manifest::of_tree(tree.path()).unwrap();
        change(tree.path());
        verify(tree.path(), &manifest)
            .unwrap()
            .iter()
            .map(Difference::to_string)
            .collect()
    }

    #[test]
    fn an_untouched_tree_has_no_differences() {
        assert_eq!(differences_after(|_| ()), Vec::<String>::new());
    }

    #[test]
    fn every_kind_of_change_is_found() {
        let cases: [(&str, Change); 7] = [
            // Same length: size alone would not show it.
            ("lib/os.py: changed (content or type)", |tree| {
                fs::write(tree.join("lib/os.py"), "x = 2\n").unwrap()
            }),
            ("lib/os.py: missing", |tree| {
                fs::remove_file(tree.join("lib/os.py")).unwrap()
            }),
            ("lib/new.py: not in the manifest", |tree| {
                fs::write(tree.join("lib/new.py"), "").unwrap()
            }),
            ("empty: not in the manifest", |tree| {
                fs::create_dir(tree.join("empty")).unwrap()
            }),
            ("lib/os.py: changed (mode 4755 instead of", |tree| {
                fs::set_permissions(tree.join("lib/os.py"), fs::Permissions::from_mode(0o4755))
                    .unwrap();
            }),
            ("lib/link: changed (content or type)", |tree| {
                fs::remove_file(tree.join("lib/link")).unwrap();
                symlink("/etc/passwd", tree.join("lib/link")).unwrap();
            }),
            ("lib/os.py: changed (content or type", |tree| {
                fs::remove_file(tree.join("lib/os.py")).unwrap();
                fs::create_dir(tree.join("lib/os.py")).unwrap();
            }),
        ];
        for (expected, change) in cases {
            let differences = differences_after(change);
            assert_eq!(differences.len(), 1, "{differences:?}");
            assert!(
                differences[0].starts_with(expected),
                "{differences:?} should be {expected}"
            );
        }
    }
}
