//! The one error type that use cases return. It says what a caller may know; causes inside are
//! for the log only. `status.rs` turns it into a gRPC status. Knows no wire type.

use std::time::Duration;

use super::db::{self, Failure};
use super::scopes::Scope;

/// A stable word for programs, sent in `ErrorInfo.reason`. All of them are listed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason(pub &'static str);

#[allow(missing_docs)]
impl Reason {
    pub const INVALID_ARGUMENT: Self = Self("INVALID_ARGUMENT");
    pub const PAGE_TOKEN_INVALID: Self = Self("PAGE_TOKEN_INVALID");
    pub const REQUEST_ID_REUSED: Self = Self("REQUEST_ID_REUSED");
    pub const REQUEST_IN_PROGRESS: Self = Self("REQUEST_IN_PROGRESS");
    pub const NO_TOKEN: Self = Self("NO_TOKEN");
    pub const TOKEN_INVALID: Self = Self("TOKEN_INVALID");
    pub const TOKEN_EXPIRED: Self = Self("TOKEN_EXPIRED");
    pub const TOKEN_NOT_YET_VALID: Self = Self("TOKEN_NOT_YET_VALID");
    pub const SESSION_ENDED: Self = Self("SESSION_ENDED");
    pub const BAD_CREDENTIALS: Self = Self("BAD_CREDENTIALS");
    pub const REFRESH_TOKEN_INVALID: Self = Self("REFRESH_TOKEN_INVALID");
    pub const REFRESH_TOKEN_REUSED: Self = Self("REFRESH_TOKEN_REUSED");
    pub const KEY_INVALID: Self = Self("KEY_INVALID");
    pub const KEY_EXPIRED: Self = Self("KEY_EXPIRED");
    pub const KEY_NOT_ALLOWED: Self = Self("KEY_NOT_ALLOWED");
    pub const KEY_SHOWN_ONCE: Self = Self("KEY_SHOWN_ONCE");
    pub const SCOPE_REQUIRED: Self = Self("SCOPE_REQUIRED");
    pub const ACCOUNT_LOCKED: Self = Self("ACCOUNT_LOCKED");
    pub const RATE_LIMITED: Self = Self("RATE_LIMITED");
    pub const RUN_QUOTA: Self = Self("RUN_QUOTA");
    pub const QUEUE_FULL: Self = Self("QUEUE_FULL");
    pub const ROLE_REQUIRED: Self = Self("ROLE_REQUIRED");
    pub const NOT_FOUND: Self = Self("NOT_FOUND");
    pub const EMAIL_TAKEN: Self = Self("EMAIL_TAKEN");
    pub const SLUG_TAKEN: Self = Self("SLUG_TAKEN");
    pub const ETAG_MISMATCH: Self = Self("ETAG_MISMATCH");
    pub const LAST_ADMIN: Self = Self("LAST_ADMIN");
    pub const RUN_NOT_RUNNING: Self = Self("RUN_NOT_RUNNING");
    pub const PROFILE_UNAVAILABLE: Self = Self("PROFILE_UNAVAILABLE");
    pub const NOT_FINISHED: Self = Self("NOT_FINISHED");
    pub const REJUDGE_OPEN: Self = Self("REJUDGE_OPEN");
    pub const REJUDGE_DECIDED: Self = Self("REJUDGE_DECIDED");
    pub const PROBLEM_CHANGED: Self = Self("PROBLEM_CHANGED");
    pub const SNIPPETS_FULL: Self = Self("SNIPPETS_FULL");
    pub const CLASS_LIMIT: Self = Self("CLASS_LIMIT");
    pub const CLASS_FULL: Self = Self("CLASS_FULL");
    pub const INPUT_FULL: Self = Self("INPUT_FULL");
    pub const INPUT_CLOSED: Self = Self("INPUT_CLOSED");
    pub const PACKAGE_TOO_LARGE: Self = Self("PACKAGE_TOO_LARGE");
    pub const VALIDATION_RUNNING: Self = Self("VALIDATION_RUNNING");
    pub const NO_REFERENCE_SOLUTION: Self = Self("NO_REFERENCE_SOLUTION");
    pub const SHUTTING_DOWN: Self = Self("SHUTTING_DOWN");
    pub const UNAVAILABLE: Self = Self("UNAVAILABLE");
    pub const INTERNAL: Self = Self("INTERNAL");
}

/// A field of a request and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldViolation {
    /// Name of the field in the .proto file, with dots for fields of fields.
    pub field: String,
    /// A sentence that tells what would be right.
    pub description: String,
}

/// What went wrong, as far as the caller may know.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// INVALID_ARGUMENT: the request can't be right, whatever the state of the system.
    #[error("invalid argument ({reason:?}): {violations:?}")]
    Invalid {
        reason: Reason,
        violations: Vec<FieldViolation>,
    },
    /// UNAUTHENTICATED: no login, or none that counts.
    #[error("unauthenticated ({0:?})")]
    Unauthenticated(Reason),
    /// PERMISSION_DENIED: logged in, but the role does not suffice.
    #[error("permission denied")]
    PermissionDenied,
    /// PERMISSION_DENIED: an API key without this scope, or none has a right to the call.
    #[error("refused to an API key ({0:?})")]
    KeyRefused(Option<Scope>),
    /// NOT_FOUND: missing, or hidden from this caller. The text is a noun, such as "run".
    #[error("no such {0}")]
    NotFound(&'static str),
    /// ALREADY_EXISTS.
    #[error("already exists ({reason:?}): {message}")]
    AlreadyExists {
        reason: Reason,
        message: &'static str,
    },
    /// FAILED_PRECONDITION: right in another state of the system.
    #[error("failed precondition ({reason:?}): {message}")]
    FailedPrecondition {
        reason: Reason,
        message: &'static str,
    },
    /// ABORTED: lost a race; read again and repeat.
    #[error("aborted ({reason:?}): {message}")]
    Aborted {
        reason: Reason,
        message: &'static str,
        retry_after: Option<Duration>,
    },
    /// RESOURCE_EXHAUSTED: waiting helps.
    #[error("resource exhausted ({reason:?}): {message}")]
    ResourceExhausted {
        reason: Reason,
        message: String,
        retry_after: Duration,
    },
    /// UNAVAILABLE: a part of the system is away; repeat later.
    #[error("unavailable ({reason:?})")]
    Unavailable {
        reason: Reason,
        retry_after: Duration,
        #[source]
        source: Option<BoxError>,
    },
    /// INTERNAL: our fault. `attempt` says what was attempted, for the log.
    #[error("{attempt}")]
    Internal {
        attempt: &'static str,
        #[source]
        source: BoxError,
    },
}

/// A cause, kept for the log.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

impl Error {
    /// One wrong field.
    pub fn invalid(field: impl Into<String>, description: impl Into<String>) -> Self {
        let mut violations = Violations::default();
        violations.add(field, description);
        violations.into_error()
    }

    /// Our fault, with its cause.
    pub fn internal(attempt: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Internal {
            attempt,
            source: source.into(),
        }
    }

    /// A part of the system is away for now.
    pub fn unavailable(source: impl Into<BoxError>) -> Self {
        Self::Unavailable {
            reason: Reason::UNAVAILABLE,
            retry_after: Duration::from_secs(2),
            source: Some(source.into()),
        }
    }

    /// The program is about to end and takes no more work.
    pub fn shutting_down() -> Self {
        Self::Unavailable {
            reason: Reason::SHUTTING_DOWN,
            retry_after: Duration::from_secs(2),
            source: None,
        }
    }

    /// The word for programs.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Invalid { reason, .. }
            | Self::Unauthenticated(reason)
            | Self::AlreadyExists { reason, .. }
            | Self::FailedPrecondition { reason, .. }
            | Self::Aborted { reason, .. }
            | Self::ResourceExhausted { reason, .. }
            | Self::Unavailable { reason, .. } => *reason,
            Self::PermissionDenied => Reason::ROLE_REQUIRED,
            Self::KeyRefused(Some(_)) => Reason::SCOPE_REQUIRED,
            Self::KeyRefused(None) => Reason::KEY_NOT_ALLOWED,
            Self::NotFound(_) => Reason::NOT_FOUND,
            Self::Internal { .. } => Reason::INTERNAL,
        }
    }
}

/// A store failed. A database that can't be reached or has no time is UNAVAILABLE, a text that
/// can't be stored is the caller's fault, the rest is ours.
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match db::failure(&error) {
            Failure::Passing => Self::unavailable(error),
            Failure::HoldsNul => Self::invalid("text", "must not hold the character NUL."),
            Failure::Lasting => Self::internal("use the database", error),
        }
    }
}

/// How many wrong fields an answer lists. A small request can have millions.
const MOST_LISTED: usize = 20;

/// Collects the wrong fields of a request, so that the caller learns all of them at once. Lists
/// the first 20 and counts the others.
#[derive(Debug, Default)]
pub struct Violations {
    listed: Vec<FieldViolation>,
    left_out: usize,
}

impl Violations {
    /// Notes a wrong field.
    pub fn add(&mut self, field: impl Into<String>, description: impl Into<String>) {
        if self.listed.len() == MOST_LISTED {
            self.left_out += 1;
            return;
        }
        self.listed.push(FieldViolation {
            field: field.into(),
            description: description.into(),
        });
    }

    /// Keeps the value of a field, or notes why it is wrong.
    pub fn keep<T, E: std::fmt::Display>(
        &mut self,
        field: &str,
        result: Result<T, E>,
    ) -> Option<T> {
        result
            .map_err(|error| self.add(field, error.to_string()))
            .ok()
    }

    /// Fails when anything was noted.
    pub fn check(self) -> Result<(), Error> {
        if self.listed.is_empty() {
            return Ok(());
        }
        Err(self.into_error())
    }

    /// The error, whether or not anything was noted; for use after a `keep` gave nothing.
    pub fn into_error(mut self) -> Error {
        let left_out = self.left_out;
        if let Some(last) = self.listed.last_mut().filter(|_| left_out > 0) {
            let more = format!(" Not listed: {left_out} more.");
            last.description.push_str(&more);
        }
        Error::Invalid {
            reason: Reason::INVALID_ARGUMENT,
            violations: self.listed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_lists_20_wrong_fields_and_counts_the_others() {
        for (noted, listed, more) in [
            (1, 1, None),
            (20, 20, None),
            (21, 20, Some("is wrong. Not listed: 1 more.")),
            (100_000, 20, Some("is wrong. Not listed: 99980 more.")),
        ] {
            let mut wrong = Violations::default();
            for number in 0..noted {
                wrong.add(format!("field_{number}"), "is wrong.");
            }
            let Err(Error::Invalid { violations, .. }) = wrong.check() else {
                panic!("{noted} mistakes are none")
            };
            assert_eq!(violations.len(), listed, "{noted}");
            let last = violations.last().unwrap();
            assert_eq!(last.field, format!("field_{}", listed - 1));
            assert_eq!(last.description, more.unwrap_or("is wrong."), "{noted}");
        }
    }
}
