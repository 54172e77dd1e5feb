//! The root file system against its manifest: every file, nothing more.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Check, Report};

const ADVICE: &str = "something changed it: build it anew, and find out who can write there";

#[derive(Deserialize)]
struct Manifest {
    digest: String,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    path: String,
    /// Octal.
    mode: String,
    uid: u32,
    gid: u32,
    #[serde(flatten)]
    kind: Kind,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Kind {
    File { size: u64, sha256: String },
    Directory,
    Symlink { target: String },
}

pub(super) fn look(tree: &Path, report: &mut Report) {
    let manifest = tree.with_file_name("manifest.json");
    let read = fs::read_to_string(&manifest)
        .map_err(|error| error.to_string())
        .and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()));
    report.add(match read {
        Ok(manifest) => compare(tree, &manifest),
        Err(problem) => Check::failed(
            "rootfs",
            format!("{}: {problem}", manifest.display()),
            "build the root file system, or correct rootfs.path",
        ),
    });
}

fn compare(tree: &Path, manifest: &Manifest) -> Check {
    let mut expected: BTreeMap<&str, &Entry> = manifest
        .entries
        .iter()
        .map(|entry| (entry.path.as_str(), entry))
        .collect();
    let mut wrong = Vec::new();
    for found in walkdir::WalkDir::new(tree).min_depth(1) {
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                wrong.push(error.to_string());
                continue;
            }
        };
        let path = found.path().strip_prefix(tree).unwrap_or(found.path());
        let path = path.to_string_lossy();
        match expected.remove(path.as_ref()) {
            None => wrong.push(format!("{path} is not in the manifest")),
            Some(entry) => match same(found.path(), entry) {
                Ok(true) => {}
                Ok(false) => wrong.push(format!("{path} differs")),
                Err(error) => wrong.push(format!("{path}: {error}")),
            },
        }
    }
    wrong.extend(expected.keys().map(|path| format!("{path} is missing")));
    match wrong.len() {
        0 => Check::ok(
            "rootfs",
            format!(
                "{} entries, digest {:.16}",
                manifest.entries.len(),
                manifest.digest
            ),
        ),
        1 => Check::failed("rootfs", wrong.remove(0), ADVICE),
        more => Check::failed(
            "rootfs",
            format!("{} and {} more", wrong[0], more - 1),
            ADVICE,
        ),
    }
}

fn same(path: &Path, entry: &Entry) -> io::Result<bool> {
    let facts = fs::symlink_metadata(path)?;
    if (facts.uid(), facts.gid()) != (entry.uid, entry.gid) {
        return Ok(false);
    }
    let mode = |facts: &Metadata| format!("{:04o}", facts.permissions().mode() & 0o7777);
    Ok(match &entry.kind {
        Kind::Symlink { target } => {
            facts.is_symlink() && fs::read_link(path)?.to_string_lossy() == target.as_str()
        }
        Kind::Directory => facts.is_dir() && mode(&facts) == entry.mode,
        Kind::File { size, sha256 } => {
            facts.is_file()
                && mode(&facts) == entry.mode
                && facts.len() == *size
                && hash(path)? == *sha256
        }
    })
}

fn hash(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    io::copy(&mut File::open(path)?, &mut hash)?;
    let bytes = hash.finalize();
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A tree with one of each, and its manifest.
    fn tree() -> (tempfile::TempDir, Manifest) {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        fs::create_dir(root.join("etc")).expect("made");
        fs::write(root.join("etc/group"), "abc").expect("written");
        symlink("etc", root.join("link")).expect("made");
        let owner = fs::metadata(root).expect("it is there");
        let entry = |path: &str, kind: &str| {
            let facts = fs::symlink_metadata(root.join(path)).expect("it is there");
            format!(
                r#"{{"path": "{path}", "mode": "{:04o}", "uid": {}, "gid": {}, {kind}}}"#,
                facts.mode() & 0o7777,
                owner.uid(),
                owner.gid()
            )
        };
        let entries = [
            entry("etc", r#""type": "directory""#),
            entry(
                "etc/group",
                r#""type": "file", "size": 3, "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad""#,
            ),
            entry("link", r#""type": "symlink", "target": "etc""#),
        ];
        let text = format!(
            r#"{{"digest": "0123", "entries": [{}]}}"#,
            entries.join(",")
        );
        (folder, serde_json::from_str(&text).expect("a manifest"))
    }

    #[test]
    fn a_tree_as_it_was_built_is_ok() {
        let (folder, manifest) = tree();
        assert_eq!(
            compare(folder.path(), &manifest),
            Check::ok("rootfs", "3 entries, digest 0123")
        );
    }

    #[test]
    fn whatever_changed_is_named() {
        type Change = fn(&Path);
        let changes: [(Change, &str); 6] = [
            (
                |root| fs::write(root.join("etc/group"), "abd").unwrap(),
                "etc/group differs",
            ),
            (
                |root| fs::write(root.join("new"), "").unwrap(),
                "new is not in the manifest",
            ),
            (
                |root| fs::remove_file(root.join("link")).unwrap(),
                "link is missing",
            ),
            (
                |root| {
                    fs::remove_file(root.join("link")).unwrap();
                    symlink("/etc", root.join("link")).unwrap();
                },
                "link differs",
            ),
            (
                |root| {
                    let mode = fs::Permissions::from_mode(0o4755);
                    fs::set_permissions(root.join("etc/group"), mode).unwrap();
                },
                "etc/group differs",
            ),
            (
                |root| {
                    let mode = fs::Permissions::from_mode(0o1777);
                    fs::set_permissions(root.join("etc"), mode).unwrap();
                },
                "etc differs",
            ),
        ];
        for (change, found) in changes {
            let (folder, manifest) = tree();
            change(folder.path());
            assert_eq!(
                compare(folder.path(), &manifest),
                Check::failed("rootfs", found, ADVICE)
            );
        }
    }

    #[test]
    fn a_tree_without_a_manifest_fails() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut report = Report {
            json: true,
            checks: Vec::new(),
        };
        look(&folder.path().join("tree"), &mut report);
        assert_eq!(report.count(super::super::State::Failed), 1);
    }
}
