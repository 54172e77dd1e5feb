//! SHA-256 in the one form that this crate writes: lower-case hexadecimal.

use crate::{Error, Result};
use sha2::{Digest, Sha256};
use std::{fs::File, io, path::Path};

/// Hash of bytes in memory.
pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Hash of a file's content, read in pieces.
pub(crate) fn of_file(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(Error::io("open", path))?;
    let mut hasher = Sha256::new();
    io::copy(&mut file, &mut hasher).map_err(Error::io("read", path))?;
    Ok(hex::encode(hasher.finalize()))
}

/// Whether a text is a SHA-256 in the form that we write.
pub(crate) fn is_valid(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
