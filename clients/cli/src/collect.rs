//! `run --collect`: the files that a program left, into a folder of the user's. Their paths were chosen by the
//! program and passed on by the server; neither is trusted here. Files go only into a folder that was new
//! or empty, so that there is no link in it to follow and nothing to overwrite.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use anyhow::Context;
use coderunner_client::Client;
use coderunner_proto::common::v1::{LeftOut, LeftOutReason};
use coderunner_proto::v1::{Run, RunFiles};

use crate::failure::Failure;
use crate::text::plain;

/// Longest path, in bytes, and most parts of one, as the API says.
const MAX_PATH: usize = 255;
const MAX_PARTS: usize = 16;

/// A folder for files, before the program runs.
#[derive(Debug)]
pub struct Target(PathBuf);

impl Target {
    /// Makes the folder, or makes sure that it is empty.
    pub fn prepare(folder: &Path) -> Result<Self, Failure> {
        let unusable =
            |problem: String| Failure::Input(format!("can't use {}: {problem}", folder.display()));
        fs::create_dir_all(folder).map_err(|error| unusable(error.to_string()))?;
        let mut entries = fs::read_dir(folder).map_err(|error| unusable(error.to_string()))?;
        match entries.next() {
            None => Ok(Self(folder.to_owned())),
            Some(_) => Err(unusable("it is not empty".to_owned())),
        }
    }

    /// Fetches the files of a finished run. Says on standard error what came and what did not, unless `quiet`.
    pub async fn fetch(&self, client: &Client, run: &Run, quiet: bool) -> Result<(), Failure> {
        let Some(RunFiles {
            files,
            left_out,
            incomplete,
        }) = &run.files
        else {
            return Ok(());
        };
        for file in files {
            match below(&self.0, &file.path) {
                Some(path) => save(&path, &client.get_run_file(&run.id, &file.path).await?)?,
                // No server of ours sends one.
                None => eprintln!("coderunner: not saved: {:?}", plain(&file.path)),
            }
        }
        if quiet {
            return Ok(());
        }
        let folder = self.0.display();
        match files.len() {
            1 => eprintln!("coderunner: 1 file in {folder}"),
            count => eprintln!("coderunner: {count} files in {folder}"),
        }
        for left_out in left_out {
            eprintln!("coderunner: not kept: {}", explain(left_out));
        }
        if *incomplete {
            eprintln!("coderunner: some files may be missing; the collection broke off");
        }
        Ok(())
    }
}

/// Where a path lies below a folder; none for one that could lie elsewhere, on this system.
pub fn below(folder: &Path, path: &str) -> Option<PathBuf> {
    let parts: Vec<&str> = path.split('/').collect();
    let harmless = |part: &str| {
        let mut components = Path::new(part).components();
        let alone = matches!(components.next(), Some(Component::Normal(name)) if name == part);
        let foreign = cfg!(windows) && part.contains(['\\', ':']);
        alone && components.next().is_none() && !foreign && !part.chars().any(char::is_control)
    };
    let good =
        path.len() <= MAX_PATH && parts.len() <= MAX_PARTS && parts.into_iter().all(harmless);
    good.then(|| folder.join(path))
}

/// Writes a file that is not there yet.
fn save(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let written = path
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| OpenOptions::new().write(true).create_new(true).open(path))
        .and_then(|mut file| file.write_all(content));
    Ok(written.with_context(|| format!("can't write {}", path.display()))?)
}

/// "2 files are too large, such as big.bin"
fn explain(left_out: &LeftOut) -> String {
    let why = match left_out.reason() {
        LeftOutReason::Unspecified => "left out",
        LeftOutReason::TooMany => "too many",
        LeftOutReason::TooLarge => "too large",
        LeftOutReason::NoRoom => "too large together",
        LeftOutReason::NotAFile => "links, pipes or the like",
        LeftOutReason::BadName => "of a name that can't be used",
        LeftOutReason::SameFile => "further names of the same file",
        LeftOutReason::Unreadable => "without permission to read",
    };
    let files = match left_out.count {
        1 => "1 file".to_owned(),
        count => format!("{count} files"),
    };
    match left_out.example_path.as_str() {
        "" => format!("{files}: {why}"),
        path => format!("{files}: {why}, such as {}", plain(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_folder() {
        let folder = Path::new("target");
        for path in ["a", "a/b.txt", "grün/日本", "...", "a b", "own\\..\\x"] {
            let expected = (!cfg!(windows) || !path.contains('\\')).then(|| folder.join(path));
            assert_eq!(below(folder, path), expected, "{path:?}");
        }
        let long = "x".repeat(MAX_PATH + 1);
        let deep = vec!["x"; MAX_PARTS + 1].join("/");
        for path in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../a",
            "a/../../b",
            "a/..",
            ".",
            "./a",
            "a/./b",
            "a//b",
            "a/",
            "a\nb",
            "a\0b",
            "\u{1b}[2J",
            &long,
            &deep,
        ] {
            assert_eq!(below(folder, path), None, "{path:?}");
        }
    }

    #[test]
    fn nothing_is_overwritten_and_no_used_folder_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("new");
        Target::prepare(&target).expect("made");
        let path = below(&target, "a/b").expect("below");
        save(&path, b"1").expect("new");
        assert!(save(&path, b"2").is_err());
        assert_eq!(fs::read(&path).expect("there"), b"1");
        assert!(matches!(Target::prepare(&target), Err(Failure::Input(_))));
        assert!(matches!(Target::prepare(&path), Err(Failure::Input(_))));
    }

    #[test]
    fn what_is_left_out_is_told_in_words() {
        let mut left_out = LeftOut {
            reason: LeftOutReason::TooLarge.into(),
            count: 2,
            example_path: "big\u{1b}.bin".to_owned(),
        };
        assert_eq!(
            explain(&left_out),
            "2 files: too large, such as big\u{fffd}.bin"
        );
        left_out.count = 1;
        left_out.example_path.clear();
        assert_eq!(explain(&left_out), "1 file: too large");
    }
}
