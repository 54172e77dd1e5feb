//! The files of a package, which are taken one by one. What nobody has taken at the end is lost,
//! and told of.

use std::collections::BTreeMap;

use super::{programs, settings};
use crate::problems::course::tree::Files;

/// Files by path inside the package, and what its author is told.
pub struct Package {
    /// The folder that it is in; empty when the archive has none.
    pub name: String,
    files: BTreeMap<String, Vec<u8>>,
    /// What is lost or changed.
    pub warnings: Vec<String>,
    /// What is wrong.
    pub mistakes: Vec<String>,
}

/// More would not fit an answer.
const MAX_NAMED: usize = 5;

impl Package {
    /// Finds the package in an archive: all of it, or its one folder.
    pub fn find(archive: &Files) -> Result<Self, String> {
        let mut files: BTreeMap<String, Vec<u8>> = archive
            .iter()
            .map(|(path, bytes)| (path.to_string_lossy().into_owned(), bytes.to_vec()))
            .collect();
        let mut name = String::new();
        if !files.contains_key("problem.yaml") {
            let mut roots = files.keys().filter_map(|path| {
                let (root, file) = path.split_once('/')?;
                (file == "problem.yaml").then(|| root.to_owned())
            });
            name = roots
                .next()
                .ok_or("there is no problem.yaml, neither at the top nor in a folder there")?;
            if roots.next().is_some() {
                return Err("there are two folders with a problem.yaml".into());
            }
            let prefix = format!("{name}/");
            files = files
                .into_iter()
                .filter_map(|(path, bytes)| Some((path.strip_prefix(&prefix)?.to_owned(), bytes)))
                .collect();
        }
        let mut package = Self {
            name,
            files,
            warnings: Vec::new(),
            mistakes: Vec::new(),
        };
        package.drop_ignored();
        Ok(package)
    }

    /// Takes away what every system has to ignore, but for our own folder.
    fn drop_ignored(&mut self) {
        let ours = |path: &str| path.starts_with(settings::FOLDER);
        let before = self.files.len();
        self.files
            .retain(|path, _| ours(path) || path.split('/').all(is_name));
        let ignored = before - self.files.len();
        if ignored > 0 {
            let text = format!("{ignored} files are left out, whose names the format ignores");
            self.warnings.push(text);
        }
    }

    /// True when there is this file.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Paths that begin with this, in order.
    pub fn under(&self, prefix: &str) -> Vec<String> {
        let paths = self.files.range(prefix.to_owned()..);
        paths
            .map(|(path, _)| path)
            .take_while(|path| path.starts_with(prefix))
            .cloned()
            .collect()
    }

    /// Takes a file as text; none, and a mistake, when it is none.
    pub fn take_text(&mut self, path: &str) -> Option<String> {
        let bytes = self.files.remove(path)?;
        match String::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(_) => {
                self.mistakes.push(format!("{path}: must be UTF-8"));
                None
            }
        }
    }

    /// Notes a mistake, and gives the value when there is one.
    pub fn keep<T>(&mut self, result: Result<T, String>) -> Option<T> {
        result.map_err(|mistake| self.mistakes.push(mistake)).ok()
    }

    /// Takes the input validator that we write for systems that want one.
    pub fn drop_input_validator(&mut self) {
        let path = programs::INPUT_VALIDATOR_FILE;
        if self.files.get(path).map(Vec::as_slice) == Some(programs::INPUT_VALIDATOR.as_bytes()) {
            self.files.remove(path);
        }
    }

    /// Names what nobody has taken, folder by folder.
    pub fn end(&mut self) {
        let mut left: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for path in std::mem::take(&mut self.files).into_keys() {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            left.entry(folder.to_owned()).or_default().push(path);
        }
        for (folder, paths) in left {
            let text = if paths.len() > MAX_NAMED {
                format!("{} files of {folder}/ are left out", paths.len())
            } else {
                format!("left out: {}", paths.join(", "))
            };
            self.warnings.push(text);
        }
    }
}

/// Names that the format knows.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    (1..=255).contains(&name.len()) && name.bytes().all(plain) && !name.starts_with(['-', '.'])
}
