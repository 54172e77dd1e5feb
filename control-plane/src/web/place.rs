//! What a path of the web app means, and that it means nothing outside of the app's folder.
//!
//! Each path is decoded once, must consist of plain names, and must name the file that it says:
//! not through a symbolic link, which could lead anywhere. The folder itself may be one, so that an
//! operator can change versions by turning it.

use std::path::{Path, PathBuf};

use super::INDEX;

/// What is answered from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The app's page.
    Page,
    /// A file whose name has the hash of its content.
    Asset,
    /// Another file, such as an icon.
    File,
}

const ASSETS: &str = "assets";
/// As they lie beside each file; tower-http picks one of them by `accept-encoding`.
const COMPRESSED: [&str; 2] = ["br", "gz"];
const MOST_BYTES: usize = 1024;

/// Whether a path that is read is the server's own and no file can stand for it: its keys.
pub fn is_the_servers(path: &str) -> bool {
    path.starts_with("/.well-known/")
}

/// What to answer a path from; none when there is nothing, or nothing that may be told.
pub async fn find(root: &Path, path: &str) -> Option<Place> {
    let Names { names, is_folder } = names(path)?;
    let Some((last, folders)) = names.split_last() else {
        return Some(Place::Page);
    };
    let first = folders.first().unwrap_or(last);
    if folders.is_empty() && last == INDEX {
        return Some(Place::Page);
    }
    let is_asset = first == ASSETS;
    if !is_asset && !last.contains('.') {
        // A service's name has dots; a page's address has none.
        return (!first.contains('.')).then_some(Place::Page);
    }
    let compressed = COMPRESSED.iter().any(|ending| {
        let ending = last.strip_suffix(ending);
        ending.is_some_and(|name| name.ends_with('.'))
    });
    let there = !compressed && !is_folder && is_plain(root, &names).await;
    there.then_some(if is_asset { Place::Asset } else { Place::File })
}

/// What a path consists of.
pub struct Names {
    /// The root has none.
    pub names: Vec<String>,
    /// It ends in a slash, as no file's does.
    pub is_folder: bool,
}

/// The names of a path; none when one of them is not plain.
pub fn names(path: &str) -> Option<Names> {
    if path.len() > MOST_BYTES {
        return None;
    }
    let decoded = percent_encoding::percent_decode_str(path.strip_prefix('/')?);
    let decoded = decoded.decode_utf8().ok()?;
    let inner = decoded.strip_suffix('/');
    let is_folder = decoded.is_empty() || inner.is_some();
    let names: Vec<String> = match inner.unwrap_or(&decoded) {
        "" if decoded.is_empty() => Vec::new(),
        names => names.split('/').map(str::to_owned).collect(),
    };
    let plain = names.iter().all(|name| is_name(name));
    plain.then_some(Names { names, is_folder })
}

/// Neither nothing, nor hidden, nor `.` or `..`, nor anything that a file system may read
/// differently.
fn is_name(name: &str) -> bool {
    let odd = |c: char| c == '\\' || c == ':' || c.is_control();
    !name.is_empty() && !name.starts_with('.') && !name.contains(odd)
}

/// Whether there is a regular file of these names, reached without symbolic links, and its compressed
/// forms are none either.
async fn is_plain(root: &Path, names: &[String]) -> bool {
    let Ok(root) = tokio::fs::canonicalize(root).await else {
        return false;
    };
    let file = names.iter().fold(root, |file, name| file.join(name));
    let reached = tokio::fs::canonicalize(&file).await;
    if !reached.is_ok_and(|reached| reached == file) {
        return false;
    }
    let is_file = tokio::fs::symlink_metadata(&file).await;
    if !is_file.is_ok_and(|metadata| metadata.is_file()) {
        return false;
    }
    for ending in COMPRESSED {
        let beside = tokio::fs::symlink_metadata(with_ending(&file, ending)).await;
        if beside.is_ok_and(|metadata| !metadata.is_file()) {
            return false;
        }
    }
    true
}

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}
