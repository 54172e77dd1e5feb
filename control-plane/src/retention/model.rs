//! The kinds of things that go when they are old.

use std::fmt;
use std::str::FromStr;

/// A kind of things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Runs that have ended, with their output and files.
    Runs,
    /// Submissions that were judged. Progress stays.
    Submissions,
    /// Answers kept for a repeat of a request_id.
    RequestIds,
    /// Sessions that ended or expired, with their tokens, and failed logins.
    Sessions,
    /// Code shared by a link.
    Snippets,
}

/// A word that is none of the kinds.
#[derive(Debug, thiserror::Error)]
#[error("there are runs, submissions, request-ids, sessions and snippets")]
pub struct UnknownKind;

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Runs,
        Self::Submissions,
        Self::RequestIds,
        Self::Sessions,
        Self::Snippets,
    ];

    /// The word in commands.
    pub fn word(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Submissions => "submissions",
            Self::RequestIds => "request-ids",
            Self::Sessions => "sessions",
            Self::Snippets => "snippets",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.word() == text)
            .ok_or(UnknownKind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refusal_of_a_word_names_all_that_there_are() {
        let told = "users".parse::<Kind>().unwrap_err().to_string();
        for kind in Kind::ALL {
            assert_eq!(kind.word().parse::<Kind>().ok(), Some(kind));
            assert!(told.contains(kind.word()), "{kind}");
        }
    }
}
