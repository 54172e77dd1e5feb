//! What the tree must not have, checked on the finished tree and independent of how it was
//! made: no setuid or setgid bit, nothing that others may write, nothing executable that the
//! recipe does not list (so no shell, compiler or package manager), no device, socket or
//! pipe, no owner but root, no link that leads nowhere.

use crate::{Error, Manifest, Recipe, Result, manifest::Kind};
use std::{collections::BTreeSet, path::Path};

/// Fails with the list of everything that is wrong with the tree.
pub(crate) fn audit(tree: &Path, manifest: &Manifest, recipe: &Recipe) -> Result<()> {
    let executables: BTreeSet<_> = recipe.tree.executables.iter().map(String::as_str).collect();
    let mut problems = Vec::new();
    for entry in &manifest.entries {
        let path = entry.path.as_str();
        if entry.mode & 0o7000 != 0 {
            problems.push(format!(
                "{path} has mode {:04o}: setuid, setgid and sticky bits are not allowed",
                entry.mode
            ));
        }
        if (entry.uid, entry.gid) != (0, 0) {
            problems.push(format!(
                "{path} is owned by {}:{}, not by root",
                entry.uid, entry.gid
            ));
        }
        match &entry.kind {
            Kind::Symlink { target } if !resolves_inside(tree, path, target) => {
                problems.push(format!(
                    "{path} points to {target}, which is not in the tree"
                ));
            }
            Kind::Symlink { .. } => {}
            Kind::File { .. } if entry.mode & 0o111 != 0 && !executables.contains(path) => {
                problems.push(format!(
                    "{path} is executable, but the recipe does not list it"
                ));
            }
            Kind::File { .. } | Kind::Directory if entry.mode & 0o022 != 0 => {
                problems.push(format!(
                    "{path} has mode {:04o}: only root may write",
                    entry.mode
                ));
            }
            Kind::File { .. } | Kind::Directory => {}
        }
    }
    for executable in executables {
        if !manifest
            .entries
            .iter()
            .any(|entry| entry.path == executable)
        {
            problems.push(format!("{executable} is missing"));
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::Audit(problems))
    }
}

/// Follows a link as the kernel would with the tree as its root, one step at a time, and never
/// asks the host's own root about it.
fn resolves_inside(tree: &Path, link: &str, target: &str) -> bool {
    let mut parts: Vec<String> = Vec::new();
    let mut pending: Vec<String> = split(target);
    if !target.starts_with('/') {
        parts = split(link.rsplit_once('/').map_or("", |(folder, _)| folder));
        parts.reverse();
    }
    for _ in 0..64 {
        let Some(part) = pending.pop() else {
            return true;
        };
        if part == ".." {
            parts.pop();
            continue;
        }
        let path = tree.join(parts.join("/")).join(&part);
        match path.symlink_metadata() {
            Err(_) => return false,
            Ok(metadata) if !metadata.is_symlink() => parts.push(part),
            Ok(_) => {
                let Ok(next) = std::fs::read_link(&path) else {
                    return false;
                };
                let next = next.to_string_lossy().into_owned();
                if next.starts_with('/') {
                    parts.clear();
                }
                pending.extend(split(&next));
            }
        }
    }
    false
}

/// Parts in reverse order, so that the next one is at the end.
fn split(path: &str) -> Vec<String> {
    path.split('/')
        .rev()
        .filter(|part| !matches!(*part, "" | "."))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt, os::unix::fs::symlink};

    fn recipe() -> Recipe {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recipe.toml");
        let mut recipe = Recipe::read(&path).unwrap();
        recipe.tree.executables = vec!["python".into()];
        recipe
    }

    type Spoil = fn(&Path);

    /// A tree with the one executable that the recipe lists, changed by `spoil`.
    fn problems_of(spoil: impl FnOnce(&Path)) -> Vec<String> {
        let tree = tempfile::tempdir().unwrap();
        fs::set_permissions(tree.path(), fs::Permissions::from_mode(0o755)).unwrap();
        put(&tree.path().join("python"), 0o755);
        spoil(tree.path());
        let mut manifest = Manifest::of_tree(tree.path()).unwrap();
        // The suite may run as any user; ownership has its own case below.
        for entry in &mut manifest.entries {
            (entry.uid, entry.gid) = (0, 0);
        }
        match audit(tree.path(), &manifest, &recipe()) {
            Ok(()) => Vec::new(),
            Err(Error::Audit(problems)) => problems,
            Err(other) => panic!("{other}"),
        }
    }

    fn put(path: &Path, mode: u32) {
        fs::write(path, "x").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_clean_tree_passes() {
        let problems = problems_of(|tree| {
            fs::create_dir(tree.join("lib")).unwrap();
            fs::set_permissions(tree.join("lib"), fs::Permissions::from_mode(0o755)).unwrap();
            put(&tree.join("lib/a.so"), 0o644);
            symlink("/lib/a.so", tree.join("absolute")).unwrap();
            symlink("../python", tree.join("lib/up")).unwrap();
            symlink("lib", tree.join("lib64")).unwrap();
            symlink("/lib64/a.so", tree.join("through-a-link")).unwrap();
        });
        assert_eq!(problems, Vec::<String>::new());
    }

    #[test]
    fn everything_forbidden_is_found() {
        let cases: [(&str, Spoil); 8] = [
            ("setuid", |tree| put(&tree.join("python"), 0o4755)),
            ("setuid, setgid", |tree| put(&tree.join("data"), 0o2644)),
            ("only root may write", |tree| put(&tree.join("data"), 0o646)),
            ("only root may write", |tree| put(&tree.join("data"), 0o664)),
            ("does not list it", |tree| put(&tree.join("sh"), 0o755)),
            ("is missing", |tree| {
                fs::remove_file(tree.join("python")).unwrap()
            }),
            ("not in the tree", |tree| {
                symlink("/etc/hostname", tree.join("link")).unwrap()
            }),
            ("not in the tree", |tree| {
                symlink("loop", tree.join("loop")).unwrap()
            }),
        ];
        for (expected, spoil) in cases {
            let problems = problems_of(spoil);
            assert!(
                problems.iter().any(|problem| problem.contains(expected)),
                "{problems:?} should mention {expected}"
            );
        }
    }

    #[test]
    fn an_owner_other_than_root_is_found() {
        let tree = tempfile::tempdir().unwrap();
        put(&tree.path().join("python"), 0o755);
        let mut manifest = Manifest::of_tree(tree.path()).unwrap();
        for entry in &mut manifest.entries {
            (entry.uid, entry.gid) = (1000, 0);
        }
        let error = audit(tree.path(), &manifest, &recipe()).unwrap_err();
        assert!(error.to_string().contains("owned by 1000:0"), "{error}");
    }
}
