//! What the daemon and the collector of a sandbox's files say to each other, over a socket that nobody else
//! holds. Rules of both ends are here, and nothing that touches a file.
//!
//! First the daemon sends its [`Order`]: its length, 4 bytes, the length not included; then the [`Bounds`]; then
//! for each file that the sandbox began with the length of its path, 1 byte; path; size, 8 bytes. The collector
//! answers with frames:
//!
//! | first byte | rest | meaning |
//! |---|---|---|
//! | `F` | length of the path, 1 byte; path; size, 4 bytes; content | a file |
//! | `E` | for each [`Reason`], in order: count, 4 bytes; length of a path, 1 byte; path | the end |
//!
//! Numbers are little-endian, those of the bounds 4, 8 and 8 bytes; files are sorted by path. A stream without an end
//! was cut. The collector reads folders that a program filled, so the daemon takes its word for nothing that it can
//! check.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

/// Longest path, in bytes.
pub const MAX_PATH: usize = 255;
/// Most parts of a path.
pub const MAX_DEPTH: usize = 16;
/// Files and folders that are looked at; what is beyond is left out.
pub const MAX_ENTRIES: u32 = 10_000;

/// Longest order, in bytes.
const MAX_ORDER: usize = 64 * 1024;

const FILE: u8 = b'F';
const END: u8 = b'E';
/// A path with its length, at most.
const PATH_BYTES: u64 = 1 + MAX_PATH as u64;

/// How much is collected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Files.
    pub files: u32,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes of all files together.
    pub total_bytes: u64,
}

impl Bounds {
    /// Takes the room of one file out of what is left.
    ///
    /// # Errors
    /// Why there is none for it.
    pub fn take(&mut self, size: u64) -> Result<(), Reason> {
        if size > self.file_bytes {
            Err(Reason::TooLarge)
        } else if self.files == 0 {
            Err(Reason::TooMany)
        } else if size > self.total_bytes {
            Err(Reason::NoRoom)
        } else {
            self.files -= 1;
            self.total_bytes -= size;
            Ok(())
        }
    }

    /// The longest stream of frames within these bounds, in bytes.
    pub fn stream_bytes(self) -> u64 {
        let files = u64::from(self.files) * (1 + PATH_BYTES + 4);
        let end = 1 + Reason::ALL.len() as u64 * (4 + PATH_BYTES);
        files + self.total_bytes + end
    }
}

/// What the daemon wants of a collector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// How much comes back.
    pub bounds: Bounds,
    /// Path and size of what the sandbox began with. Where both are still the same, the file is sent beyond the
    /// bounds, so that the daemon can see whether it changed.
    pub known: BTreeMap<String, u64>,
}

impl Order {
    /// The most that can come for this order.
    pub fn most(&self) -> Bounds {
        let Bounds {
            files,
            file_bytes,
            total_bytes,
        } = self.bounds;
        let known = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        let sizes = self.known.values();
        Bounds {
            files: files.saturating_add(known),
            file_bytes: file_bytes.max(sizes.clone().copied().max().unwrap_or(0)),
            total_bytes: total_bytes.saturating_add(sizes.sum()),
        }
    }

    /// As it travels.
    ///
    /// # Panics
    /// When it is longer than an order may be, or a path than 255 bytes.
    pub fn encode(&self) -> Vec<u8> {
        let Bounds {
            files,
            file_bytes,
            total_bytes,
        } = self.bounds;
        let mut bytes = vec![0; 4];
        bytes.extend(files.to_le_bytes());
        bytes.extend(file_bytes.to_le_bytes());
        bytes.extend(total_bytes.to_le_bytes());
        for (path, size) in &self.known {
            bytes.push(u8::try_from(path.len()).expect("a path that was checked"));
            bytes.extend(path.as_bytes());
            bytes.extend(size.to_le_bytes());
        }
        let length = bytes.len() - 4;
        assert!(
            length <= MAX_ORDER,
            "an order for more files than a run has"
        );
        let length = u32::try_from(length).expect("far smaller");
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        bytes
    }

    /// Reads one. Blocks.
    ///
    /// # Errors
    /// Those of the socket, and when what comes is none.
    pub fn receive(from: &mut impl Read) -> io::Result<Self> {
        let mut length = [0; 4];
        from.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; length.min(MAX_ORDER)];
        from.read_exact(&mut bytes)?;
        let order = Self::parse(&bytes).filter(|_| length <= MAX_ORDER);
        order.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (files, rest) = bytes.split_first_chunk()?;
        let (file_bytes, rest) = rest.split_first_chunk()?;
        let (total_bytes, mut rest) = rest.split_first_chunk()?;
        let mut known = BTreeMap::new();
        while !rest.is_empty() {
            let (path, after) = short_text(rest)?;
            let (size, after) = after.split_first_chunk()?;
            let path = std::str::from_utf8(path).ok()?;
            known.insert(path.to_owned(), u64::from_le_bytes(*size));
            rest = after;
        }
        let bounds = Bounds {
            files: u32::from_le_bytes(*files),
            file_bytes: u64::from_le_bytes(*file_bytes),
            total_bytes: u64::from_le_bytes(*total_bytes),
        };
        Some(Self { bounds, known })
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
/// Those of the socket.
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
/// Those of the socket.
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
    while let Some((file, rest)) = next_file(bytes, &mut room) {
        let last = collection.files.last().map(|last: &File<'_>| last.path);
        if last.is_some_and(|last| last >= file.path) {
            return collection;
        }
        collection.files.push(file);
        bytes = rest;
    }
    if let Some(left_out) = end(bytes) {
        collection.left_out = left_out;
        collection.complete = true;
    }
    collection
}

fn next_file<'a>(bytes: &'a [u8], room: &mut Bounds) -> Option<(File<'a>, &'a [u8])> {
    let (&FILE, rest) = bytes.split_first()? else {
        return None;
    };
    let (path, rest) = short_text(rest)?;
    let (size, rest) = rest.split_first_chunk()?;
    let size = u64::from(u32::from_le_bytes(*size));
    room.take(size).ok()?;
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
