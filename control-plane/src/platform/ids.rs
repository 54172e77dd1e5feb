//! Typed ids. Each is a UUIDv7: unique without asking anybody, and sorted by time of creation.
//! Not secret; who may see a thing is decided by its owner, never by knowing its id.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// A text that is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct InvalidId;

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, later than all before.
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Takes the hyphenated lower-case form only, so that one id has one text.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let id = Uuid::try_parse(text).map_err(|_| InvalidId)?;
                if id.hyphenated().to_string() == text { Ok(Self(id)) } else { Err(InvalidId) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}({self})", stringify!($name))
            }
        }
    };
}

typed_id!(
    /// An account.
    UserId
);
typed_id!(
    /// One API key of a service account; not its secret.
    ApiKeyId
);
typed_id!(
    /// One login of an account.
    SessionId
);
typed_id!(
    /// One run of a program.
    RunId
);
typed_id!(
    /// One graded program.
    SubmissionId
);
typed_id!(
    /// Submissions that are graded again.
    RejudgeId
);
typed_id!(
    /// One test of a problem.
    TestCaseId
);
typed_id!(
    /// One program of an author that is tried out.
    ValidationId
);
typed_id!(
    /// A class of a teacher.
    ClassId
);
typed_id!(
    /// One call, as the log names it.
    CallId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_id_has_one_text() {
        let id = UserId::new();
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in [
            id.to_string().to_uppercase(),
            format!("{{{id}}}"),
            id.to_string().replace('-', ""),
            String::new(),
            "1 OR 1=1".into(),
        ] {
            assert_eq!(wrong.parse::<UserId>(), Err(InvalidId), "{wrong}");
        }
    }

    #[test]
    fn later_ids_sort_later() {
        let (first, second) = (RunId::new(), RunId::new());
        assert!(first.to_string() < second.to_string());
    }
}
