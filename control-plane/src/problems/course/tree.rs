//! Where the files of a course are: in a folder, or in memory, where they are checked before
//! anything is stored and put together before anything is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::DirBuilder;
use std::io;
use std::ops::Bound;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Component, Path, PathBuf};

/// No file of a course may be larger.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Files in memory by path, relative to the course.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<PathBuf, Vec<u8>>);

impl Files {
    /// Puts a file, in the place of the one that had its path.
    pub fn put(&mut self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) {
        self.0.insert(path.into(), bytes.into());
    }

    /// True when there is this file.
    pub fn has_file(&self, path: &Path) -> bool {
        self.0.contains_key(path)
    }

    /// Files in a folder and below it, which stand together in their order; and a file of its name.
    fn below(&self, folder: &Path) -> impl Iterator<Item = &Path> {
        let from = (Bound::Included(folder), Bound::Unbounded);
        let from = self.0.range::<Path, _>(from);
        let paths = from.map(|(path, _)| path.as_path());
        paths.take_while(move |path| path.starts_with(folder))
    }

    /// All files, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, &[u8])> {
        let pairs = self.0.iter();
        pairs.map(|(path, bytes)| (path.as_path(), bytes.as_slice()))
    }

    /// Writes all files into a folder, which must be new or empty, so that what is there afterwards
    /// is the course and nothing else. A new one is for its owner only: there are hidden tests in it.
    pub fn write_to(&self, folder: &Path) -> io::Result<()> {
        let mut private = DirBuilder::new();
        private.recursive(true).mode(0o700).create(folder)?;
        if std::fs::read_dir(folder)?.next().is_some() {
            let text = "the folder is not empty";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
        }
        for (path, bytes) in self.iter() {
            let plain = |part| matches!(part, Component::Normal(_));
            if !path.components().all(plain) {
                let text = "a file would be outside of the folder";
                return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
            }
            let file = folder.join(path);
            if let Some(parent) = file.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(file, bytes)?;
        }
        Ok(())
    }
}

/// Where files are read from.
#[derive(Debug)]
pub enum Tree {
    /// A folder on disk.
    Disk(PathBuf),
    /// Files in memory.
    Memory(Files),
}

impl Tree {
    /// Reads a file, which must be a plain one of at most `MAX_FILE_BYTES`.
    pub fn read(&self, file: &Path) -> Result<Vec<u8>, String> {
        match self {
            Self::Disk(root) => read_from_disk(&root.join(file)),
            Self::Memory(files) => {
                let bytes = files.0.get(file).ok_or_else(|| "is missing".to_owned())?;
                check_size(bytes.len() as u64)?;
                Ok(bytes.clone())
            }
        }
    }

    /// Names in a folder, sorted.
    pub fn names(&self, folder: &Path) -> Result<Vec<String>, String> {
        match self {
            Self::Disk(root) => list_on_disk(&root.join(folder)),
            Self::Memory(files) => {
                let inside = files.below(folder);
                let inside = inside.filter_map(|file| file.strip_prefix(folder).ok());
                let first = inside.filter_map(|file| file.components().next());
                let names: BTreeSet<String> = first
                    .map(|name| name.as_os_str().to_string_lossy().into_owned())
                    .collect();
                Ok(names.into_iter().collect())
            }
        }
    }

    /// True when there is something of this name.
    pub fn has(&self, path: &Path) -> bool {
        match self {
            Self::Disk(root) => root.join(path).exists(),
            Self::Memory(files) => files.below(path).next().is_some(),
        }
    }
}

fn check_size(bytes: u64) -> Result<(), String> {
    if bytes > MAX_FILE_BYTES {
        return Err(format!("may have at most {MAX_FILE_BYTES} bytes"));
    }
    Ok(())
}

fn read_from_disk(file: &Path) -> Result<Vec<u8>, String> {
    let metadata = std::fs::symlink_metadata(file).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("must be a plain file".into());
    }
    check_size(metadata.len())?;
    std::fs::read(file).map_err(|error| error.to_string())
}

fn list_on_disk(folder: &Path) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| error.to_string())? {
        let name = entry.map_err(|error| error.to_string())?.file_name();
        names.push(
            name.into_string()
                .map_err(|_| "holds a name that is no UTF-8".to_owned())?,
        );
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_listed_as_on_disk() {
        let mut files = Files::default();
        for path in ["b/two", "a", "b/c/three", "bc"] {
            files.put(path, path);
        }
        let folder = tempfile::tempdir().unwrap();
        files.write_to(folder.path()).unwrap();
        let trees = [Tree::Disk(folder.path().to_owned()), Tree::Memory(files)];
        for tree in &trees {
            assert_eq!(tree.names(Path::new("")).unwrap(), ["a", "b", "bc"]);
            assert_eq!(tree.names(Path::new("b")).unwrap(), ["c", "two"]);
            assert_eq!(tree.read(Path::new("b/two")).unwrap(), b"b/two");
            assert!(tree.has(Path::new("b/c")) && !tree.has(Path::new("c")));
            assert!(tree.read(Path::new("b")).is_err());
        }
    }

    #[test]
    fn nothing_is_written_beside_the_folder_or_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("course");
        for path in [
            "../outside",
            "/tmp/outside-of-the-course",
            "a/../../outside",
        ] {
            let mut files = Files::default();
            files.put(path, "");
            assert!(files.write_to(&inner).is_err(), "{path}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let mut files = Files::default();
        files.put("a", "");
        files.write_to(&inner).unwrap();
        assert!(files.write_to(&inner).is_err(), "written twice");
    }
}
