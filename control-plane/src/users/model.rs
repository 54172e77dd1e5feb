//! What an account is, and what its fields may hold.

use std::str::FromStr;

use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization;

use crate::platform::context::Role;
use crate::platform::ids::UserId;

/// Which learners a level is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AgeGroup {
    From11To14,
    From15To18,
}

/// A text that is no age group.
#[derive(Debug, thiserror::Error)]
#[error("must be \"11-14\" or \"15-18\".")]
pub struct InvalidAgeGroup;

impl FromStr for AgeGroup {
    type Err = InvalidAgeGroup;

    fn from_str(text: &str) -> Result<Self, InvalidAgeGroup> {
        match text {
            "11-14" => Ok(Self::From11To14),
            "15-18" => Ok(Self::From15To18),
            _ => Err(InvalidAgeGroup),
        }
    }
}

impl AgeGroup {
    /// The word in content folders and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::From11To14 => "11-14",
            Self::From15To18 => "15-18",
        }
    }
}

/// Longest address; longer ones can't be delivered to (RFC 5321, 4.5.3.1.3, less the brackets).
const MAX_EMAIL_CHARS: usize = 254;

/// An address for logging in, in small letters and NFKC.
/// Invariant: at most 254 characters, one `@` with text on both sides, no space or control
/// character. Whether mail arrives there is another question.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// A text that is no email address.
#[derive(Debug, thiserror::Error)]
#[error("must be an email address of at most 254 characters, such as ada@example.org.")]
pub struct InvalidEmail;

impl Email {
    /// Checks and normalises an address.
    pub fn parse(raw: &str) -> Result<Self, InvalidEmail> {
        // Normalising takes long, and a request can bring megabytes.
        if raw.len() > 4 * MAX_EMAIL_CHARS {
            return Err(InvalidEmail);
        }
        let small = raw.trim().nfkc().collect::<String>().to_lowercase();
        // A small letter can have a form of its own with a mark where the capital one has none.
        let text: String = small.nfkc().collect();
        let (local, domain) = text.split_once('@').ok_or(InvalidEmail)?;
        let plain = |character: char| !character.is_whitespace() && !character.is_control();
        let fits = !local.is_empty()
            && !domain.is_empty()
            && !domain.contains('@')
            && text.chars().count() <= MAX_EMAIL_CHARS
            && text.chars().all(plain);
        if fits {
            Ok(Self(text))
        } else {
            Err(InvalidEmail)
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name that others see. Invariant: 1 to 50 characters, no control characters, no space at
/// the ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(String);

/// A text that is no display name.
#[derive(Debug, thiserror::Error)]
#[error("must have 1 to 50 characters, without control characters.")]
pub struct InvalidDisplayName;

impl DisplayName {
    /// Checks a name.
    pub fn parse(raw: &str) -> Result<Self, InvalidDisplayName> {
        let text = raw.trim();
        let fits = (1..=50).contains(&text.chars().count()) && !text.contains(is_invisible);
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidDisplayName)
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Control characters, and marks that turn the direction of the text around a name (Unicode's Bidi_Control).
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// An account, as its owner and admins see it.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub display_name: String,
    pub age_group: Option<AgeGroup>,
    pub role: Role,
    pub create_time: Timestamp,
}

/// Which fields of a profile change, and to what.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProfileChange {
    pub display_name: Option<DisplayName>,
    /// The inner none takes the age group away.
    pub age_group: Option<Option<AgeGroup>>,
}

/// How much somebody has run and solved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    pub run_count: i64,
    pub submission_count: i64,
    pub accepted_submission_count: i64,
    pub solved_problem_count: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_and_normalised() {
        assert_eq!(
            Email::parse(" Ada@Example.ORG ").unwrap().as_str(),
            "ada@example.org"
        );
        let fullwidth = Email::parse("ａda@example.org").unwrap();
        assert_eq!(
            fullwidth.as_str(),
            "ada@example.org",
            "look-alikes are one account"
        );
        let [capital, small] = ["J\u{30c}@example.org", "\u{1f0}@example.org"]
            .map(|address| Email::parse(address).unwrap());
        assert_eq!(capital, small);
        let long = format!("{}@example.org", "a".repeat(250));
        // Whatever it would be without its spaces, it is not looked at.
        let spaces = format!("{}ada@example.org", " ".repeat(4 * 254));
        for wrong in [
            "", "ada", "@b", "a@", "a@b@c", "a b@c", "a\n@c", &long, &spaces,
        ] {
            assert!(Email::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn names_are_checked() {
        assert_eq!(DisplayName::parse("  Ada L. ").unwrap().as_str(), "Ada L.");
        assert!(DisplayName::parse(&"ä".repeat(50)).is_ok());
        for wrong in [
            "",
            "   ",
            "a\u{0}b",
            "a\u{202e}b",
            "a\u{61c}",
            &"a".repeat(51),
        ] {
            assert!(DisplayName::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
