//! What shared code is, and what its id may look like.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::execution::model::{Profile, Program};
use crate::platform::ids::UserId;

/// Random bytes of an id: 128 bits, which nobody finds by trying.
pub const ID_BYTES: usize = 16;

/// What even the smallest program takes of its user's space: a row and its indexes.
const LEAST_CHARGE: u64 = 1024;

/// The id in a link: 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SnippetId([u8; ID_BYTES]);

/// A text that is no id.
#[derive(Debug, thiserror::Error)]
#[error("not an id")]
pub struct InvalidSnippetId;

impl SnippetId {
    /// From random bytes.
    pub fn new(random: [u8; ID_BYTES]) -> Self {
        Self(random)
    }
}

impl fmt::Display for SnippetId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

/// Knowing it is the right to read, so it is in no log.
impl fmt::Debug for SnippetId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SnippetId(..)")
    }
}

impl FromStr for SnippetId {
    type Err = InvalidSnippetId;

    /// Takes lower-case digits only, so that one id has one text.
    fn from_str(text: &str) -> Result<Self, InvalidSnippetId> {
        let mut bytes = [0; ID_BYTES];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidSnippetId)?;
        let id = Self(bytes);
        (id.to_string() == text)
            .then_some(id)
            .ok_or(InvalidSnippetId)
    }
}

/// Code to share, not checked yet.
#[derive(Debug, Clone)]
pub struct NewSnippet {
    pub program: Program,
    /// None for a name that is no profile's.
    pub profile: Option<Profile>,
}

/// Shared code.
#[derive(Debug, Clone, PartialEq)]
pub struct Snippet {
    pub id: SnippetId,
    pub program: Program,
    pub profile: Profile,
    pub create_time: Timestamp,
    pub expire_time: Timestamp,
}

/// Shared code as it is stored.
#[derive(Debug)]
pub struct StoredSnippet<'a> {
    pub user_id: UserId,
    pub snippet: &'a Snippet,
    /// What it takes of the user's space, in bytes.
    pub charge: u64,
}

/// What a program takes of its user's space, in bytes.
pub fn charge(program: &Program) -> u64 {
    let files = program.files.iter();
    let files: usize = files.map(|file| file.path.len() + file.content.len()).sum();
    let bytes = u64::try_from(program.source.len() + files).unwrap_or(u64::MAX);
    bytes.max(LEAST_CHARGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::model::SourceFile;

    #[test]
    fn one_id_has_one_text() {
        let id = SnippetId::new([0xab; ID_BYTES]);
        assert_eq!(id.to_string(), "ab".repeat(16));
        assert_eq!(id.to_string().parse::<SnippetId>().unwrap(), id);
        assert_eq!(format!("{id:?}"), "SnippetId(..)");
        for wrong in [
            "",
            "ab",
            &"AB".repeat(16),
            &"ab".repeat(17),
            &"xy".repeat(16),
            "../../../../../../../etc/passwd1",
        ] {
            assert!(wrong.parse::<SnippetId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn small_programs_take_space_too() {
        let mut program = Program {
            source: "x".into(),
            files: Vec::new(),
        };
        assert_eq!(charge(&program), LEAST_CHARGE);
        program.files.push(SourceFile {
            path: "ab".into(),
            content: vec![0; 5000],
        });
        assert_eq!(charge(&program), 5003);
    }
}
