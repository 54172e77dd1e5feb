//! What a class is, what it may be called, and the code that its members type.

use jiff::Timestamp;

use crate::platform::ids::{ClassId, UserId};
use crate::progress::model::{LevelProgress, ProblemProgress};

/// Longest title of a class.
const MAX_TITLE_CHARS: usize = 100;

/// Of code letters: none that looks like another in capitals or by hand, and no vowels, so that no
/// word comes out.
const LETTERS: &[u8; 22] = b"CDFGHJKLMNPQRTVWXY3479";
const CODE_LETTERS: usize = 8;

/// What a class is called: 1 to 100 characters, none of them a control character.
#[derive(Debug, Clone)]
pub struct Title(String);

/// A text that can't be a title.
#[derive(Debug, thiserror::Error)]
#[error("must have 1 to {MAX_TITLE_CHARS} characters, none of them a control character.")]
pub struct InvalidTitle;

impl Title {
    /// Takes the text without space around it.
    pub fn parse(raw: &str) -> Result<Self, InvalidTitle> {
        let text = raw.trim();
        let fits = (1..=MAX_TITLE_CHARS).contains(&text.chars().count());
        let plain = !text.chars().any(char::is_control);
        (fits && plain)
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidTitle)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The code of a class: eight of 22 letters and digits, more than 50 billion. Shown in two halves.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinCode(String);

/// Knowing it is the right to join, so it is in no log.
impl std::fmt::Debug for JoinCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("JoinCode(..)")
    }
}

/// A text that can't be a code.
#[derive(Debug, thiserror::Error)]
#[error("not a code")]
pub struct InvalidCode;

impl JoinCode {
    /// From random numbers. Those that would make some letters likelier than others are left out;
    /// none when too few remain, which with 32 numbers happens once in 10^17 times.
    pub fn new(random: [u8; 32]) -> Option<Self> {
        let fair = (256 / LETTERS.len() * LETTERS.len()) as u16;
        let letters = random
            .into_iter()
            .filter(|number| u16::from(*number) < fair)
            .map(|number| char::from(LETTERS[usize::from(number) % LETTERS.len()]))
            .take(CODE_LETTERS);
        let code: String = letters.collect();
        (code.len() == CODE_LETTERS).then_some(Self(code))
    }

    /// Takes what somebody typed: in small letters too, with spaces and hyphens anywhere.
    pub fn parse(typed: &str) -> Result<Self, InvalidCode> {
        if typed.len() > 4 * CODE_LETTERS {
            return Err(InvalidCode);
        }
        let letters = typed.chars().filter(|c| !c.is_whitespace() && *c != '-');
        let code: String = letters.map(|c| c.to_ascii_uppercase()).collect();
        let known = code.bytes().all(|letter| LETTERS.contains(&letter));
        (known && code.len() == CODE_LETTERS)
            .then_some(Self(code))
            .ok_or(InvalidCode)
    }

    /// The letters alone, as they are stored.
    pub fn letters(&self) -> &str {
        &self.0
    }

    /// As people see it, `CDFG-3479`.
    pub fn shown(&self) -> String {
        let (first, second) = self.0.split_at(CODE_LETTERS / 2);
        format!("{first}-{second}")
    }
}

/// A class.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    pub id: ClassId,
    pub teacher_id: UserId,
    /// Name that others see.
    pub teacher_name: String,
    pub title: String,
    pub join_code: JoinCode,
    pub member_count: u32,
    pub create_time: Timestamp,
}

/// Somebody in a class.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    pub user_id: UserId,
    pub display_name: String,
    pub join_time: Timestamp,
}

/// What a member has done in the course.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberProgress {
    pub member: Member,
    /// Problems of the course that the member has tried, in the course's order.
    pub problems: Vec<ProblemProgress>,
    /// In the order of the course.
    pub levels: Vec<LevelProgress>,
}

impl MemberProgress {
    /// Points at these problems.
    pub fn points(&self) -> u32 {
        self.problems.iter().map(|problem| problem.points).sum()
    }

    /// When one of these problems was last tried.
    pub fn last_attempt_time(&self) -> Option<Timestamp> {
        let times = self
            .problems
            .iter()
            .map(|problem| problem.last_attempt_time);
        times.max()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_typed_in_many_ways() {
        let code = JoinCode::parse("CDFG3479").unwrap();
        assert_eq!(code.shown(), "CDFG-3479");
        assert_eq!(format!("{code:?}"), "JoinCode(..)");
        for typed in [
            "cdfg-3479",
            " CDFG 3479 ",
            "c-d-f-g-3-4-7-9",
            "cDfG\u{a0}3479",
        ] {
            assert_eq!(JoinCode::parse(typed).unwrap(), code, "{typed}");
        }
        let long = format!("CDFG3479{}", " ".repeat(40));
        for wrong in [
            "",
            "CDFG347",
            "CDFG34799",
            "CDFG347O",
            "CDFG347\u{e4}",
            "CDFG%479",
            &long,
        ] {
            assert!(JoinCode::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_letter_is_as_likely() {
        assert_eq!(LETTERS.iter().collect::<HashSet<_>>().len(), LETTERS.len());
        let numbers: Vec<u8> = (0..=255).collect();
        let mut counts = std::collections::HashMap::<char, u32>::new();
        for eight in numbers.chunks(CODE_LETTERS) {
            let mut random = [255; 32];
            random[..CODE_LETTERS].copy_from_slice(eight);
            // 242 and more are left out, and all of the rest of this array is.
            let Some(code) = JoinCode::new(random) else {
                assert!(eight.iter().any(|number| *number >= 242));
                continue;
            };
            for letter in code.letters().chars() {
                *counts.entry(letter).or_default() += 1;
            }
        }
        assert_eq!(counts.len(), LETTERS.len());
        let (least, most) = (
            counts.values().min().unwrap(),
            counts.values().max().unwrap(),
        );
        assert!(most - least <= 1, "{counts:?}");
    }

    #[test]
    fn titles_are_short_and_plain() {
        assert_eq!(Title::parse(" 7b ").unwrap().as_str(), "7b");
        assert!(Title::parse(&"x".repeat(100)).is_ok());
        for wrong in ["", "  ", "a\nb", "\u{1b}[2J", &"x".repeat(101)] {
            assert!(Title::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
