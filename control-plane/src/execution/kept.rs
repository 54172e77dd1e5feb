//! Files that a program left in its working directory, and that are kept with its run. Pure types and
//! rules. Paths and contents are the program's; what a file seems to be is the runner's word.

use serde::{Deserialize, Serialize};

/// How much of what a program leaves comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Collection {
    /// Most files.
    pub files: u32,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes of all files of a run.
    pub total_bytes: u64,
}

/// A file that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFile {
    /// Relative path.
    pub path: String,
    /// What it seems to be, of the API's closed list.
    pub media_type: String,
    /// Its size.
    pub size_bytes: u64,
}

/// Why a file is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum LeftOutReason {
    TooMany,
    TooLarge,
    NoRoom,
    NotAFile,
    BadName,
    SameFile,
    Unreadable,
}

/// Files that are not kept for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The reason.
    pub reason: LeftOutReason,
    /// How many.
    pub count: u32,
    /// The path of one of them; empty where none can be shown.
    pub example_path: String,
}

/// What came of collecting the files of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFiles {
    /// The files, sorted by path.
    pub files: Vec<RunFile>,
    /// What is not kept, by reason.
    pub left_out: Vec<LeftOut>,
    /// The collection broke off.
    pub incomplete: bool,
}

/// What a runner sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    /// What there is of each file, and its content, sorted by path.
    pub files: Vec<(RunFile, Vec<u8>)>,
    /// What did not come, by reason.
    pub left_out: Vec<LeftOut>,
    /// The collection broke off.
    pub incomplete: bool,
}

impl Collected {
    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|(file, _)| file.size_bytes).sum()
    }

    /// Keeps nothing of it, and says so: the user has no room left.
    pub fn without_room(mut self) -> Self {
        let no_room = self
            .left_out
            .iter_mut()
            .find(|left| left.reason == LeftOutReason::NoRoom);
        let count = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        match (no_room, self.files.first()) {
            (_, None) => {}
            (Some(left_out), _) => left_out.count = left_out.count.saturating_add(count),
            (None, Some((first, _))) => self.left_out.push(LeftOut {
                reason: LeftOutReason::NoRoom,
                count,
                example_path: first.path.clone(),
            }),
        }
        self.files.clear();
        self
    }

    /// What the run's owner is told.
    pub fn summary(&self) -> RunFiles {
        RunFiles {
            files: self.files.iter().map(|(file, _)| file.clone()).collect(),
            left_out: self.left_out.clone(),
            incomplete: self.incomplete,
        }
    }
}

/// The files of one run, while their pieces come from the runner.
#[derive(Debug, Default)]
pub struct Arriving {
    files: Vec<(RunFile, Vec<u8>)>,
    bytes: u64,
}

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The whole file.
    pub file: RunFile,
    /// The next bytes of it.
    pub data: Vec<u8>,
}

/// The runner sent what it was not asked for, or in a way that was not agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("files that nobody asked for, or in pieces")]
pub struct Unexpected;

impl Arriving {
    /// Takes in a piece, within the bounds that the runner was told.
    pub fn take(&mut self, piece: Piece, bounds: Option<Collection>) -> Result<(), Unexpected> {
        let bounds = bounds.ok_or(Unexpected)?;
        let Piece { file, data } = piece;
        let continues = self.files.last().is_some_and(|last| !is_whole(last));
        if !continues {
            let after = self
                .files
                .last()
                .is_none_or(|(last, _)| last.path < file.path);
            self.bytes = self.bytes.saturating_add(file.size_bytes);
            if !after
                || self.files.len() >= bounds.files as usize
                || file.size_bytes > bounds.file_bytes
                || self.bytes > bounds.total_bytes
            {
                return Err(Unexpected);
            }
            self.files.push((file.clone(), Vec::new()));
        }
        let Some((last, content)) = self.files.last_mut() else {
            return Err(Unexpected);
        };
        content.extend(data);
        if *last == file && content.len() as u64 <= file.size_bytes {
            Ok(())
        } else {
            Err(Unexpected)
        }
    }

    /// All files, whole.
    pub fn finish(self) -> Result<Vec<(RunFile, Vec<u8>)>, Unexpected> {
        match self.files.last() {
            Some(last) if !is_whole(last) => Err(Unexpected),
            _ => Ok(self.files),
        }
    }
}

fn is_whole((file, content): &(RunFile, Vec<u8>)) -> bool {
    file.size_bytes == content.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Option<Collection> = Some(Collection {
        files: 2,
        file_bytes: 10,
        total_bytes: 15,
    });

    fn piece(path: &str, size_bytes: u64, data: &[u8]) -> Piece {
        let media_type = "text/plain".into();
        let path = path.into();
        let data = data.into();
        let file = RunFile {
            path,
            media_type,
            size_bytes,
        };
        Piece { file, data }
    }

    fn arrived(pieces: &[Piece]) -> Result<Vec<Vec<u8>>, Unexpected> {
        let mut arriving = Arriving::default();
        for piece in pieces {
            arriving.take(piece.clone(), BOUNDS)?;
        }
        Ok(arriving
            .finish()?
            .into_iter()
            .map(|(_, content)| content)
            .collect())
    }

    #[test]
    fn pieces_become_files() {
        let pieces = [
            piece("a", 3, b"xy"),
            piece("a", 3, b"z"),
            piece("b", 0, b""),
        ];
        assert_eq!(arrived(&pieces), Ok(vec![b"xyz".to_vec(), Vec::new()]));
        assert_eq!(arrived(&[]), Ok(Vec::new()));
    }

    #[test]
    fn what_was_not_agreed_is_an_error() {
        for pieces in [
            vec![piece("a", 3, b"xy")],
            vec![piece("a", 1, b"xy")],
            vec![piece("a", 3, b"xy"), piece("b", 3, b"z")],
            vec![piece("b", 1, b"x"), piece("a", 1, b"x")],
            vec![piece("a", 0, b""), piece("a", 0, b"")],
            vec![piece("a", 11, b"")],
            vec![piece("a", 10, &[0; 10]), piece("b", 6, &[0; 6])],
            vec![piece("a", 0, b""), piece("b", 0, b""), piece("c", 0, b"")],
        ] {
            assert_eq!(arrived(&pieces), Err(Unexpected), "{pieces:?}");
        }
        let unasked = Arriving::default().take(piece("a", 0, b""), None);
        assert_eq!(unasked, Err(Unexpected));
    }

    #[test]
    fn without_room_everything_is_left_out_and_counted() {
        let file = |path: &str| (piece(path, 1, b"").file, b"x".to_vec());
        let collected = Collected {
            files: vec![file("a"), file("b")],
            ..Collected::default()
        };
        assert_eq!(collected.bytes(), 2);
        let summary = collected.without_room().without_room().summary();
        let expected = LeftOut {
            reason: LeftOutReason::NoRoom,
            count: 2,
            example_path: "a".into(),
        };
        assert_eq!((summary.files, summary.left_out), (vec![], vec![expected]));
    }
}
