//! What a sandbox's collector sends: the files that a program left, as frames on a pipe to the daemon. Rules of
//! both ends are here, and nothing that touches a file.
//!
//! | first byte | rest | meaning |
//! |---|---|---|
//! | `F` | length of the path, 1 byte; path; size, 4 bytes; content | a file |
//! | `E` | for each [`Reason`], in order: count, 4 bytes; length of a path, 1 byte; path | the end |
//!
//! Numbers are little-endian; files are sorted by path. A stream without an end was cut. The collector reads
//! folders that a program filled, so the daemon takes its word for nothing that it can check.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

/// Longest path, in bytes.
pub const MAX_PATH: usize = 255;
/// Most parts of a path.
pub const MAX_DEPTH: usize = 16;
/// Files and folders that are looked at; what is beyond is left out.
pub const MAX_ENTRIES: u32 = 10_000;

const FILE: u8 = b'F';
const END: u8 = b'E';
/// A path with its length, at most.
const PATH_BYTES: u64 = 1 + MAX_PATH as u64;

/// How much is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Files.
    pub files: u32,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes of all files together.
    pub total_bytes: u64,
}

/// Bounds that no configuration of ours asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("files to be collected are out of bounds")]
pub struct OutOfBounds;

impl Bounds {
    /// The most that anybody may ask of a collector.
    pub const MOST: Self = Self {
        files: 1024,
        file_bytes: 64 << 20,
        total_bytes: 64 << 20,
    };

    /// Refuses what is over [`Bounds::MOST`].
    ///
    /// # Errors
    /// When something is.
    pub fn check(self) -> Result<Self, OutOfBounds> {
        let most = Self::MOST;
        let good = self.files <= most.files
            && self.file_bytes <= most.file_bytes
            && self.total_bytes <= most.total_bytes;
        if good { Ok(self) } else { Err(OutOfBounds) }
    }

    /// The longest stream of frames within these bounds, in bytes.
    pub fn stream_bytes(self) -> u64 {
        let files = u64::from(self.files) * (1 + PATH_BYTES + 4);
        let end = 1 + Reason::ALL.len() as u64 * (4 + PATH_BYTES);
        files + self.total_bytes + end
    }

    /// As it travels to a slot's keeper.
    pub fn encode(self) -> Vec<u8> {
        let Self {
            files,
            file_bytes,
            total_bytes,
        } = self;
        let sizes = [file_bytes.to_le_bytes(), total_bytes.to_le_bytes()].concat();
        [&files.to_le_bytes()[..], &sizes].concat()
    }

    /// Reads what [`Bounds::encode`] wrote; `None` for anything else.
    pub fn parse(message: &[u8]) -> Option<Self> {
        let (files, rest) = message.split_first_chunk()?;
        let (file_bytes, rest) = rest.split_first_chunk()?;
        let total_bytes = rest.try_into().ok()?;
        Some(Self {
            files: u32::from_le_bytes(*files),
            file_bytes: u64::from_le_bytes(*file_bytes),
            total_bytes: u64::from_le_bytes(total_bytes),
        })
    }
}

/// Why a file is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// More files than wanted, or than are looked at.
    TooMany,
    /// Larger than one file may be.
    TooLarge,
    /// Larger than what is left of the sum.
    NoRoom,
    /// A symbolic link, pipe, socket or device.
    NotAFile,
    /// See [`fit_path`].
    BadName,
    /// Another name of a file that was looked at already.
    SameFile,
    /// The program took away its own permission.
    Unreadable,
}

impl Reason {
    /// All of them, in the order in which they travel.
    pub const ALL: [Self; 7] = [
        Self::TooMany,
        Self::TooLarge,
        Self::NoRoom,
        Self::NotAFile,
        Self::BadName,
        Self::SameFile,
        Self::Unreadable,
    ];
}

/// What was left out, by reason: how many, and one path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally([(u32, String); Reason::ALL.len()]);

impl Tally {
    /// Counts one. A path that can't be shown is empty.
    pub fn note(&mut self, reason: Reason, path: &str) {
        let (count, example) = &mut self.0[reason as usize];
        *count = count.saturating_add(1);
        if example.is_empty() {
            path.clone_into(example);
        }
    }

    /// Reasons that apply, with their count and a path.
    pub fn entries(&self) -> impl Iterator<Item = (Reason, u32, &str)> {
        let all = Reason::ALL.into_iter().zip(&self.0);
        all.filter(|(_, (count, _))| *count > 0)
            .map(|(reason, (count, example))| (reason, *count, example.as_str()))
    }
}

/// The path as text, if a file of that name may come back: 1 to [`MAX_PATH`] bytes of UTF-8 without control
/// characters, relative, at most [`MAX_DEPTH`] parts, none of them empty, "." or "..".
pub fn fit_path(path: &[u8]) -> Option<&str> {
    if path.len() > MAX_PATH {
        return None;
    }
    let path = std::str::from_utf8(path).ok()?;
    let good_part = |part: &str| !matches!(part, "" | "." | "..");
    let good = !path.chars().any(char::is_control)
        && path.split('/').count() <= MAX_DEPTH
        && path.split('/').all(good_part);
    good.then_some(path)
}

/// Writes what comes before a file's content, of exactly `size` bytes.
///
/// # Errors
/// Those of the pipe.
///
/// # Panics
/// When the path is no [`fit_path`] or the size is over the bounds.
pub fn write_file_header(to: &mut impl Write, path: &str, size: u64) -> io::Result<()> {
    let size = u32::try_from(size).expect("within the bounds");
    write_path(to, &[FILE], path)?;
    to.write_all(&size.to_le_bytes())
}

/// Writes the end.
///
/// # Errors
/// Those of the pipe.
pub fn write_end(to: &mut impl Write, left_out: &Tally) -> io::Result<()> {
    to.write_all(&[END])?;
    for (count, example) in &left_out.0 {
        write_path(to, &count.to_le_bytes(), example)?;
    }
    Ok(())
}

fn write_path(to: &mut impl Write, before: &[u8], path: &str) -> io::Result<()> {
    let length = u8::try_from(path.len()).expect("a path that fits");
    to.write_all(before)?;
    to.write_all(&[length])?;
    to.write_all(path.as_bytes())
}

/// A file that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File<'a> {
    /// Relative path; see [`fit_path`].
    pub path: &'a str,
    /// All of it.
    pub content: &'a [u8],
}

/// What came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collection<'a> {
    /// The files, sorted by path.
    pub files: Vec<File<'a>>,
    /// What did not come.
    pub left_out: Tally,
    /// Whether the stream has its end and nothing behind it.
    pub complete: bool,
}

/// Reads a whole stream. What is wrong in it ends it there: everything before that counts.
pub fn parse(mut bytes: &[u8], bounds: Bounds) -> Collection<'_> {
    let mut collection = Collection::default();
    let mut room = bounds;
    while let Some((file, rest)) = next_file(bytes, room) {
        let last = collection.files.last().map(|last: &File<'_>| last.path);
        if last.is_some_and(|last| last >= file.path) {
            return collection;
        }
        room.files -= 1;
        room.total_bytes -= file.content.len() as u64;
        collection.files.push(file);
        bytes = rest;
    }
    if let Some(left_out) = end(bytes) {
        collection.left_out = left_out;
        collection.complete = true;
    }
    collection
}

fn next_file(bytes: &[u8], room: Bounds) -> Option<(File<'_>, &[u8])> {
    let (&FILE, rest) = bytes.split_first()? else {
        return None;
    };
    let (path, rest) = short_text(rest)?;
    let (size, rest) = rest.split_first_chunk()?;
    let size = u64::from(u32::from_le_bytes(*size));
    if room.files == 0 || size > room.file_bytes.min(room.total_bytes) {
        return None;
    }
    let (content, rest) = rest.split_at_checked(usize::try_from(size).ok()?)?;
    let path = fit_path(path)?;
    Some((File { path, content }, rest))
}

fn end(bytes: &[u8]) -> Option<Tally> {
    let (&END, mut rest) = bytes.split_first()? else {
        return None;
    };
    let mut tally = Tally::default();
    for (count, example) in &mut tally.0 {
        let (number, after) = rest.split_first_chunk()?;
        let (path, after) = short_text(after)?;
        *count = u32::from_le_bytes(*number);
        if !path.is_empty() && *count > 0 {
            fit_path(path)?.clone_into(example);
        }
        rest = after;
    }
    rest.is_empty().then_some(tally)
}

fn short_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

#[cfg(test)]
#[path = "collection_tests.rs"]
mod tests;
