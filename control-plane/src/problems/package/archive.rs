//! Files in a zip archive, into memory and out of it. An archive is hostile: nothing in it is
//! written anywhere, its paths must be plain, and what it claims of sizes is not believed; what
//! comes out is counted while it is decompressed.

use std::io::{Cursor, Read, Write};
use std::path::{Component, Path};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::platform::errors::Error;
use crate::problems::course::problem::MAX_TESTS_BYTES;
use crate::problems::course::tree::{Files, MAX_FILE_BYTES};

/// Files and folders of an archive.
pub const MAX_ENTRIES: usize = 20_000;
/// What all files have when they are unpacked. A problem with the most tests fits, and so does a
/// course of many small ones.
pub const MAX_BYTES: u64 = MAX_TESTS_BYTES as u64 + 16 * 1024 * 1024;
/// A path may be so long.
const MAX_PATH_BYTES: usize = 500;

/// Why an archive can't be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Unreadable {
    #[error("is no zip archive that can be read here: {0}")]
    NoArchive(String),
    #[error("may hold at most {MAX_ENTRIES} files and folders")]
    TooMany,
    #[error("may hold at most {MAX_BYTES} bytes when it is unpacked")]
    TooLarge,
    #[error("{0:?} may have at most {MAX_FILE_BYTES} bytes")]
    FileTooLarge(String),
    #[error("{0:?} is no path inside the archive")]
    Path(String),
    #[error("{0:?} is a link; put the file itself there")]
    Link(String),
    #[error("{0:?} is encrypted")]
    Encrypted(String),
    #[error("{0:?} is there twice")]
    Twice(String),
}

/// All files of an archive.
pub fn unpack(bytes: &[u8]) -> Result<Files, Unreadable> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(no_archive)?;
    if archive.len() > MAX_ENTRIES {
        return Err(Unreadable::TooMany);
    }
    let mut files = Files::default();
    let mut left = MAX_BYTES;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(no_archive)?;
        let path = entry.name().map_err(no_archive)?.into_owned();
        check_path(&path)?;
        if entry.encrypted() {
            return Err(Unreadable::Encrypted(path));
        }
        if entry.is_symlink() {
            return Err(Unreadable::Link(path));
        }
        if entry.is_dir() {
            continue;
        }
        let content = read_bounded(&mut entry, &path, &mut left)?;
        if files.has_file(Path::new(&path)) {
            return Err(Unreadable::Twice(path));
        }
        files.put(path, content);
    }
    Ok(files)
}

/// Reads one byte more than it may have, and believes no header.
fn read_bounded(entry: &mut impl Read, path: &str, left: &mut u64) -> Result<Vec<u8>, Unreadable> {
    let most = MAX_FILE_BYTES.min(*left);
    let mut content = Vec::new();
    let read = entry.take(most + 1).read_to_end(&mut content);
    read.map_err(|error| Unreadable::NoArchive(error.to_string()))?;
    let size = content.len() as u64;
    if size > MAX_FILE_BYTES {
        return Err(Unreadable::FileTooLarge(path.to_owned()));
    }
    *left = left.checked_sub(size).ok_or(Unreadable::TooLarge)?;
    Ok(content)
}

/// Relative, without `..`, and the same on every system.
fn check_path(path: &str) -> Result<(), Unreadable> {
    let plain = |part| matches!(part, Component::Normal(_));
    let is_plain = !path.is_empty()
        && path.len() <= MAX_PATH_BYTES
        && !path.contains(['\\', ':'])
        && !path.chars().any(char::is_control)
        && Path::new(path).components().all(plain);
    if is_plain {
        return Ok(());
    }
    Err(Unreadable::Path(path.chars().take(100).collect()))
}

fn no_archive(error: ZipError) -> Unreadable {
    Unreadable::NoArchive(error.to_string())
}

/// An archive of these files: the same bytes for the same files, whenever it is made.
pub fn pack(files: &Files) -> Result<Vec<u8>, Error> {
    let failed = |error: ZipError| Error::internal("write an archive", error);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files.iter() {
        let path = path.to_string_lossy();
        writer.start_file(path, options).map_err(failed)?;
        let written = writer.write_all(content);
        written.map_err(|error| Error::internal("write an archive", error))?;
    }
    Ok(writer.finish().map_err(failed)?.into_inner())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (path, content) in entries {
            let options = SimpleFileOptions::default();
            writer.start_file(*path, options).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    /// Replaces all places of some bytes with others of the same length.
    fn forged(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
        assert_eq!(from.len(), to.len());
        let places: Vec<_> = (0..=bytes.len() - from.len())
            .filter(|place| bytes[*place..].starts_with(from))
            .collect();
        assert!(!places.is_empty());
        for place in places {
            bytes[place..place + to.len()].copy_from_slice(to);
        }
        bytes
    }

    #[test]
    fn what_was_packed_is_unpacked_and_packed_alike() {
        let mut files = Files::default();
        files.put("a/b.txt", "text\n");
        files.put("c", "");
        let bytes = pack(&files).unwrap();
        assert_eq!(unpack(&bytes).unwrap(), files);
        assert_eq!(pack(&files).unwrap(), bytes);
    }

    #[test]
    fn paths_out_of_the_archive_are_refused() {
        for path in [
            "../evil",
            "a/../../evil",
            "/etc/passwd",
            "a\\..\\evil",
            "C:evil",
            "a/..",
            "a\nb",
        ] {
            assert!(check_path(path).is_err(), "{path:?}");
        }
        let bytes = forged(archive(&[("aa/evil", b"x")]), b"aa/evil", b"../evil");
        assert!(unpack(&bytes).is_err());
        let bytes = forged(archive(&[("aaaa/evil", b"x")]), b"aaaa/evil", b"/tmp/evil");
        assert!(unpack(&bytes).is_err());
        assert!(check_path(&"a/".repeat(300)).is_err());
        assert!(check_path("a/b-c_d.e").is_ok());
    }

    #[test]
    fn links_are_refused() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default();
        writer.add_symlink("link", "/etc/passwd", options).unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        assert_eq!(unpack(&bytes), Err(Unreadable::Link("link".into())));
    }

    #[test]
    fn bombs_are_refused_before_they_are_unpacked() {
        let one = vec![0; usize::try_from(MAX_FILE_BYTES).unwrap()];
        let mut files = Files::default();
        files.put("large", [&one[..], b"x"].concat());
        let large = pack(&files).unwrap();
        assert!(large.len() < 10_000, "it is a bomb");
        assert_eq!(
            unpack(&large),
            Err(Unreadable::FileTooLarge("large".into()))
        );
        let mut files = Files::default();
        for number in 0..=MAX_BYTES / MAX_FILE_BYTES {
            files.put(format!("{number}"), one.clone());
        }
        assert_eq!(unpack(&pack(&files).unwrap()), Err(Unreadable::TooLarge));
    }

    #[test]
    fn a_size_that_is_a_lie_is_not_believed() {
        let one = vec![0; usize::try_from(MAX_FILE_BYTES).unwrap() + 1];
        let mut files = Files::default();
        files.put("large", one);
        let size = u32::try_from(MAX_FILE_BYTES + 1).unwrap();
        let bytes = pack(&files).unwrap();
        let bytes = forged(bytes, &size.to_le_bytes(), &10u32.to_le_bytes());
        assert!(unpack(&bytes).is_err());
    }

    #[test]
    fn too_many_entries_are_refused() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for number in 0..=MAX_ENTRIES {
            let options = SimpleFileOptions::default();
            writer.start_file(format!("{number}"), options).unwrap();
        }
        let bytes = writer.finish().unwrap().into_inner();
        assert_eq!(unpack(&bytes), Err(Unreadable::TooMany));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn no_bytes_do_harm(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        ) {
            let _ = unpack(&bytes);
            let mut changed = archive(&[("a/b", b"one"), ("c", &[7; 400])]);
            for (place, byte) in places {
                let place = place.index(changed.len());
                changed[place] = byte;
            }
            if let Ok(files) = unpack(&changed) {
                for (path, _) in files.iter() {
                    prop_assert!(check_path(&path.to_string_lossy()).is_ok());
                }
            }
        }
    }
}
