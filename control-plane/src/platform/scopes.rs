//! What an API key may be used for: a closed list, and sets of it.

use std::str::FromStr;

/// One kind of use. The word is in the database, in documents and on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    ProblemsRead,
    ProblemsWrite,
    TestsRead,
    TestsWrite,
    RunsRead,
    RunsWrite,
    SubmissionsRead,
    SubmissionsWrite,
    SubmissionsRejudge,
    ProgressRead,
    ProgressWrite,
    ClassesRead,
    ClassesWrite,
    SnippetsRead,
    SnippetsWrite,
}

/// A text that is no scope.
#[derive(Debug, thiserror::Error)]
#[error("no such scope")]
pub struct InvalidScope;

impl Scope {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::ProblemsRead,
        Self::ProblemsWrite,
        Self::TestsRead,
        Self::TestsWrite,
        Self::RunsRead,
        Self::RunsWrite,
        Self::SubmissionsRead,
        Self::SubmissionsWrite,
        Self::SubmissionsRejudge,
        Self::ProgressRead,
        Self::ProgressWrite,
        Self::ClassesRead,
        Self::ClassesWrite,
        Self::SnippetsRead,
        Self::SnippetsWrite,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::ProblemsRead => "problems:read",
            Self::ProblemsWrite => "problems:write",
            Self::TestsRead => "tests:read",
            Self::TestsWrite => "tests:write",
            Self::RunsRead => "runs:read",
            Self::RunsWrite => "runs:write",
            Self::SubmissionsRead => "submissions:read",
            Self::SubmissionsWrite => "submissions:write",
            Self::SubmissionsRejudge => "submissions:rejudge",
            Self::ProgressRead => "progress:read",
            Self::ProgressWrite => "progress:write",
            Self::ClassesRead => "classes:read",
            Self::ClassesWrite => "classes:write",
            Self::SnippetsRead => "snippets:read",
            Self::SnippetsWrite => "snippets:write",
        }
    }

    fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl FromStr for Scope {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        let found = Self::ALL.into_iter().find(|scope| scope.word() == text);
        found.ok_or(InvalidScope)
    }
}

/// A set of scopes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scopes(u32);

impl Scopes {
    /// Whether the scope is in the set.
    pub fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether nothing is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes, in the order of the list.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL
            .into_iter()
            .filter(move |scope| self.contains(*scope))
    }

    /// The words with a space between, as they are stored.
    pub fn words(self) -> String {
        self.iter().map(Scope::word).collect::<Vec<_>>().join(" ")
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl FromStr for Scopes {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        text.split_ascii_whitespace().map(str::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        for one in Scope::ALL {
            let set: Scopes = [one].into_iter().collect();
            for other in Scope::ALL {
                assert_eq!(set.contains(other), one == other, "{one:?} {other:?}");
            }
            assert_eq!(set.words().parse::<Scopes>().unwrap(), set);
        }
        let all: Scopes = Scope::ALL.into_iter().collect();
        assert_eq!(all.iter().collect::<Vec<_>>(), Scope::ALL);
        assert!("runs:write everything".parse::<Scopes>().is_err());
        assert!(Scopes::default().is_empty());
    }
}
