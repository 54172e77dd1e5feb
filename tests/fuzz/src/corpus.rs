//! The corpus: `corpus/NAME/`, inputs of each target. Those with a name that says something were written by hand
//! or have found a bug; those named by a digest were found by libFuzzer, because they reach code that no other does.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folder of all targets.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// Path and content of each input of a target, sorted by path.
///
/// # Errors
/// When the target's folder or a file of it can't be read.
pub fn seeds(target: &str) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let entries = fs::read_dir(folder().join(target))?;
    let paths: io::Result<Vec<_>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths?;
    paths.sort();
    let read = |path: PathBuf| Ok((path.clone(), fs::read(path)?));
    paths.into_iter().map(read).collect()
}
