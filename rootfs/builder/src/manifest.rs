//! The manifest: every file of the tree with its mode, size and hash, the packages it came
//! from, and one digest over all of it. sandboxd and the tests compare a tree with it.

use crate::{Error, Result, digest};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::Path,
};

/// Version of the file's format.
const FORMAT: u32 = 2;

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: u32,
    /// Hash of what the tree was built from.
    pub recipe_hash: String,
    pub builder_version: String,
    pub architecture: String,
    pub python_version: String,
    pub packages: Vec<PackageRecord>,
    /// What the profile science has beyond the standard library.
    pub wheels: Vec<PackageRecord>,
    /// Hash over all entries: two trees with the same digest are the same.
    pub digest: String,
    /// Sorted by path. The tree's root is not among them.
    pub entries: Vec<Entry>,
}

/// A package or a wheel that the tree was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageRecord {
    pub name: String,
    pub version: String,
    /// Hash of the package file.
    pub sha256: String,
}

/// One file, folder or link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Relative to the tree's root.
    pub path: String,
    /// Permission, setuid, setgid and sticky bits.
    #[serde(with = "octal")]
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    #[serde(flatten)]
    pub kind: Kind,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Kind {
    File { size: u64, sha256: String },
    Directory,
    Symlink { target: String },
}

impl Manifest {
    /// Lists and hashes a tree. The fields about its origin are left empty.
    ///
    /// # Errors
    /// When something can't be read, or is neither file, folder nor link.
    pub fn of_tree(tree: &Path) -> Result<Self> {
        let mut entries = Vec::new();
        for found in walkdir::WalkDir::new(tree).min_depth(1).sort_by_file_name() {
            let found = found.map_err(|error| Error::Io {
                action: "list",
                path: tree.to_owned(),
                source: error.into(),
            })?;
            let path = found
                .path()
                .strip_prefix(tree)
                .expect("listed below this folder");
            entries.push(Entry::read(
                found.path(),
                path.to_string_lossy().into_owned(),
            )?);
        }
        entries.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(Self {
            format: FORMAT,
            recipe_hash: String::new(),
            builder_version: env!("CARGO_PKG_VERSION").to_owned(),
            architecture: String::new(),
            python_version: String::new(),
            packages: Vec::new(),
            wheels: Vec::new(),
            digest: digest_of(&entries),
            entries,
        })
    }

    /// Reads `manifest.json` and checks that its digest fits its entries.
    pub fn read(path: &Path) -> Result<Self> {
        let invalid = |problem: String| Error::Invalid {
            path: path.to_owned(),
            problem,
        };
        let text = fs::read(path).map_err(Error::io("read", path))?;
        let manifest: Self =
            serde_json::from_slice(&text).map_err(|error| invalid(error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(invalid(format!(
                "its format is {}, this program reads {FORMAT}",
                manifest.format
            )));
        }
        if manifest.digest != digest_of(&manifest.entries) {
            return Err(invalid("its digest does not fit its entries".into()));
        }
        Ok(manifest)
    }

    /// Writes `manifest.json`, readable by all.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let mut text = serde_json::to_vec_pretty(self)
            .expect("a manifest has only strings, numbers and lists");
        text.push(b'\n');
        fs::write(path, text).map_err(Error::io("write", path))
    }

    /// Bytes of all files together.
    pub fn total_bytes(&self) -> u64 {
        let sizes = self.entries.iter().map(|entry| match entry.kind {
            Kind::File { size, .. } => size,
            Kind::Directory | Kind::Symlink { .. } => 0,
        });
        sizes.sum()
    }
}

impl Entry {
    fn read(file: &Path, path: String) -> Result<Self> {
        let metadata = file
            .symlink_metadata()
            .map_err(Error::io("inspect", file))?;
        let file_type = metadata.file_type();
        let kind = if file_type.is_dir() {
            Kind::Directory
        } else if file_type.is_symlink() {
            let target = fs::read_link(file).map_err(Error::io("read link", file))?;
            Kind::Symlink {
                target: target.to_string_lossy().into_owned(),
            }
        } else if file_type.is_file() {
            Kind::File {
                size: metadata.len(),
                sha256: digest::of_file(file)?,
            }
        } else {
            let what = if file_type.is_block_device() || file_type.is_char_device() {
                "device"
            } else {
                "pipe or socket"
            };
            return Err(Error::Audit(vec![format!("{path} is a {what}")]));
        };
        // The kernel ignores a link's own mode.
        let mode = if file_type.is_symlink() {
            0o777
        } else {
            metadata.mode() & 0o7777
        };
        Ok(Self {
            path,
            mode,
            uid: metadata.uid(),
            gid: metadata.gid(),
            kind,
        })
    }
}

/// Hash over one line per entry. NUL ends each field, as no path can contain it.
fn digest_of(entries: &[Entry]) -> String {
    let mut text = String::new();
    for Entry {
        path,
        mode,
        uid,
        gid,
        kind,
    } in entries
    {
        let kind = match kind {
            Kind::File { size, sha256 } => format!("file\0{size}\0{sha256}"),
            Kind::Directory => "directory".to_owned(),
            Kind::Symlink { target } => format!("symlink\0{target}"),
        };
        text.push_str(&format!("{path}\0{mode:o}\0{uid}\0{gid}\0{kind}\n"));
    }
    digest::of_bytes(text.as_bytes())
}

/// Modes as people write them: `"0644"`.
mod octal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(mode: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{mode:04o}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        let text = String::deserialize(deserializer)?;
        u32::from_str_radix(&text, 8)
            .map_err(|_| D::Error::custom(format!("{text:?} is not an octal mode")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn sample() -> (tempfile::TempDir, Manifest) {
        let tree = tempfile::tempdir().unwrap();
        fs::create_dir(tree.path().join("lib")).unwrap();
        fs::write(tree.path().join("lib/os.py"), "x = 1\n").unwrap();
        symlink("lib", tree.path().join("lib64")).unwrap();
        let manifest = Manifest::of_tree(tree.path()).unwrap();
        (tree, manifest)
    }

    #[test]
    fn a_tree_is_listed_in_order_without_following_links() {
        let (_tree, manifest) = sample();
        let paths: Vec<_> = manifest
            .entries
            .iter()
            .map(|entry| entry.path.as_str())
            .collect();
        assert_eq!(paths, ["lib", "lib/os.py", "lib64"]);
        assert_eq!(manifest.total_bytes(), 6);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (_tree, manifest) = sample();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("manifest.json");
        manifest.write(&path).unwrap();
        assert_eq!(Manifest::read(&path).unwrap(), manifest);
    }

    #[test]
    fn an_edited_manifest_is_refused() {
        let (_tree, manifest) = sample();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("manifest.json");
        manifest.write(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("lib/os.py", "lib/io.py")).unwrap();
        let error = Manifest::read(&path).unwrap_err().to_string();
        assert!(error.contains("digest does not fit"), "{error}");
    }
}
