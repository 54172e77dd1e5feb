//! The files that a run left, put together from their pieces, and checked against what the API says of them.

use anyhow::{Context, Result, bail, ensure};
use coderunner_proto::common::v1::LeftOutReason;
use coderunner_proto::sandbox::v1::{CollectedFiles, File};

const LARGEST_PIECE: usize = 64 * 1024;

/// A file that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftFile {
    /// Its path.
    pub path: String,
    /// What the server says that it is.
    pub media_type: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// What came of collecting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftFiles {
    /// The files, sorted by path.
    pub files: Vec<LeftFile>,
    /// What did not come: how many of them, why, and one path.
    pub left_out: Vec<(LeftOutReason, i32, String)>,
    /// The server says that it broke off.
    pub incomplete: bool,
}

impl LeftFiles {
    /// Paths of the files.
    pub fn paths(&self) -> Vec<&str> {
        self.files.iter().map(|file| file.path.as_str()).collect()
    }

    /// Why files were left out, and how many.
    pub fn reasons(&self) -> Vec<(LeftOutReason, i32)> {
        let reason = |(reason, count, _): &(LeftOutReason, i32, String)| (*reason, *count);
        self.left_out.iter().map(reason).collect()
    }

    /// A file by its path.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        let mut files = self.files.iter();
        files
            .find(|file| file.path == path)
            .map(|file| file.content.as_slice())
    }
}

/// Puts pieces together.
///
/// # Errors
/// When they, or the summary, are not as the API says.
pub(crate) fn assemble(pieces: Vec<File>, summary: Option<CollectedFiles>) -> Result<LeftFiles> {
    let Some(summary) = summary else {
        ensure!(pieces.is_empty(), "files came that nobody asked for");
        return Ok(LeftFiles::default());
    };
    let CollectedFiles {
        file_count,
        total_bytes,
        left_out,
        incomplete,
    } = summary;
    let mut files: Vec<LeftFile> = Vec::new();
    let mut missing = 0;
    for piece in pieces {
        ensure!(
            piece.data.len() <= LARGEST_PIECE,
            "a piece of {} bytes",
            piece.data.len()
        );
        if missing == 0 {
            if let Some(last) = files.last() {
                ensure!(
                    last.path < piece.path,
                    "{:?} after {:?}",
                    piece.path,
                    last.path
                );
            }
            missing = piece.size_bytes;
            files.push(LeftFile {
                path: piece.path.clone(),
                media_type: piece.media_type.clone(),
                content: Vec::new(),
            });
        }
        let file = files.last_mut().context("a file was just begun")?;
        ensure!(
            file.path == piece.path,
            "{:?} came within {:?}",
            piece.path,
            file.path
        );
        missing -= i64::try_from(piece.data.len())?;
        file.content.extend(piece.data);
        if missing < 0 {
            bail!("{:?} is longer than it said", file.path);
        }
    }
    ensure!(missing == 0, "the last file is {missing} bytes short");
    let bytes: usize = files.iter().map(|file| file.content.len()).sum();
    ensure!(
        (usize::try_from(file_count)?, usize::try_from(total_bytes)?) == (files.len(), bytes),
        "{} files of {bytes} bytes came, {file_count} of {total_bytes} were announced",
        files.len()
    );
    let left_out = left_out
        .into_iter()
        .map(|left| (left.reason(), left.count, left.example_path));
    Ok(LeftFiles {
        files,
        left_out: left_out.collect(),
        incomplete,
    })
}
