//! What can go wrong, in words that a user understands. The gRPC status and its details
//! (`ErrorInfo`, `BadRequest`, `RetryInfo`) are decoded here and nowhere else.

use std::fmt;
use std::io;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Why a call did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address of the server is not a URL that can be connected to.
    #[error("{server:?} is not the address of a server, such as https://code.example.org")]
    BadAddress {
        /// As it was given.
        server: String,
    },
    /// The certificate authority or the user agent can't be used.
    #[error("can't use these settings for a connection")]
    Settings(#[source] tonic::transport::Error),
    /// No connection, or it broke, or the server is shutting down.
    #[error("can't reach the server {server}")]
    Unreachable {
        /// Its address.
        server: String,
        /// What happened to the connection.
        #[source]
        source: Status,
    },
    /// The server took longer than [`crate::Settings::call_timeout`].
    #[error("the server {server} did not answer in time")]
    Timeout {
        /// Its address.
        server: String,
    },
    /// There is no session, or it is over, or the credentials are wrong.
    #[error("{0}")]
    NotLoggedIn(Refusal),
    /// The account may not do this.
    #[error("{0}")]
    NotAllowed(Refusal),
    /// It does not exist, or it is not the caller's.
    #[error("{0}")]
    NotFound(Refusal),
    /// The request breaks a rule; see [`Refusal::fields`].
    #[error("{0}")]
    InvalidInput(Refusal),
    /// A quota is used up or the queue is full; see [`Refusal::retry_after`].
    #[error("{0}")]
    TryLater(Refusal),
    /// It can't be done as things stand: taken name, program not running, changed meanwhile.
    #[error("{0}")]
    Conflict(Refusal),
    /// The server failed.
    #[error("{0}")]
    Internal(Refusal),
    /// The server's answer lacks something that the API promises.
    #[error("the server's answer has no {0}; is it older than this client?")]
    Incomplete(&'static str),
    /// The tokens of the session can't be read or kept.
    #[error("can't keep the session's tokens")]
    Tokens(#[source] io::Error),
}

/// What a server says when it refuses a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The canonical code.
    pub code: Code,
    /// The stable reason, such as `RUN_QUOTA`; empty when the server gives none.
    pub reason: String,
    /// A sentence for the user.
    pub message: String,
    /// Which fields are wrong, and why.
    pub fields: Vec<FieldProblem>,
    /// When it is worth trying again.
    pub retry_after: Option<Duration>,
}

/// One field of a request that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// Path of the field, such as `program.source`.
    pub field: String,
    /// What is wrong with it.
    pub description: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.as_str() {
            "" => write!(f, "the server refused: {}", self.code.description())?,
            message => f.write_str(message)?,
        }
        for FieldProblem { field, description } in &self.fields {
            write!(f, "\n  {field}: {description}")?;
        }
        Ok(())
    }
}

impl Error {
    pub(crate) fn from_status(server: &str, status: Status) -> Self {
        if is_broken_connection(&status) {
            return match is_timeout(&status) {
                true => Error::Timeout {
                    server: server.to_owned(),
                },
                false => Error::Unreachable {
                    server: server.to_owned(),
                    source: status,
                },
            };
        }
        let refusal = Refusal::from_status(&status);
        match status.code() {
            Code::Unauthenticated => Error::NotLoggedIn(refusal),
            Code::PermissionDenied => Error::NotAllowed(refusal),
            Code::NotFound => Error::NotFound(refusal),
            Code::InvalidArgument | Code::OutOfRange => Error::InvalidInput(refusal),
            Code::ResourceExhausted => Error::TryLater(refusal),
            Code::AlreadyExists | Code::FailedPrecondition | Code::Aborted => {
                Error::Conflict(refusal)
            }
            Code::DeadlineExceeded => Error::Timeout {
                server: server.to_owned(),
            },
            _ => Error::Internal(refusal),
        }
    }

    /// The server's stable reason, or nothing when the call never reached it.
    pub fn reason(&self) -> &str {
        self.refusal().map_or("", |refusal| refusal.reason.as_str())
    }

    /// What the server said, when it was reached.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Error::NotLoggedIn(refusal)
            | Error::NotAllowed(refusal)
            | Error::NotFound(refusal)
            | Error::InvalidInput(refusal)
            | Error::TryLater(refusal)
            | Error::Conflict(refusal)
            | Error::Internal(refusal) => Some(refusal),
            Error::BadAddress { .. }
            | Error::Settings(_)
            | Error::Unreachable { .. }
            | Error::Timeout { .. }
            | Error::Incomplete(_)
            | Error::Tokens(_) => None,
        }
    }
}

impl Refusal {
    fn from_status(status: &Status) -> Self {
        let details = status.get_error_details();
        let fields = details.bad_request().map(|bad| {
            let problem = |violation: &tonic_types::FieldViolation| FieldProblem {
                field: violation.field.clone(),
                description: violation.description.clone(),
            };
            bad.field_violations.iter().map(problem).collect()
        });
        Refusal {
            code: status.code(),
            reason: details
                .error_info()
                .map(|info| info.reason.clone())
                .unwrap_or_default(),
            message: status.message().to_owned(),
            fields: fields.unwrap_or_default(),
            retry_after: details.retry_info().and_then(|info| info.retry_delay),
        }
    }
}

/// Whether the status tells of the connection rather than of the server's opinion: tonic gives
/// such a status a source, servers and proxies that go away answer UNAVAILABLE.
pub(crate) fn is_broken_connection(status: &Status) -> bool {
    std::error::Error::source(status).is_some() || status.code() == Code::Unavailable
}

fn is_timeout(status: &Status) -> bool {
    let mut cause = std::error::Error::source(status);
    while let Some(error) = cause {
        if error.is::<tonic::TimeoutExpired>() {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    #[test]
    fn details_become_words() {
        let mut details = ErrorDetails::new();
        details
            .set_error_info("RUN_QUOTA", "coderunner", [])
            .set_retry_info(Some(Duration::from_secs(30)))
            .add_bad_request_violation("program.source", "is longer than 100 KB");
        let status =
            Status::with_error_details(Code::ResourceExhausted, "10 runs a minute", details);

        let Error::TryLater(refusal) = Error::from_status("http://x", status) else {
            panic!("RESOURCE_EXHAUSTED is worth trying later");
        };

        assert_eq!(refusal.reason, "RUN_QUOTA");
        assert_eq!(refusal.retry_after, Some(Duration::from_secs(30)));
        assert_eq!(
            refusal.to_string(),
            "10 runs a minute\n  program.source: is longer than 100 KB"
        );
    }

    #[test]
    fn each_code_has_its_kind() {
        let kind = |code| match Error::from_status("http://x", Status::new(code, "")) {
            Error::Unreachable { .. } => "unreachable",
            Error::Timeout { .. } => "timeout",
            Error::NotLoggedIn(_) => "login",
            Error::NotAllowed(_) => "allowed",
            Error::NotFound(_) => "found",
            Error::InvalidInput(_) => "input",
            Error::TryLater(_) => "later",
            Error::Conflict(_) => "conflict",
            Error::Internal(_) => "internal",
            _ => "other",
        };
        let table = [
            (Code::Unavailable, "unreachable"),
            (Code::DeadlineExceeded, "timeout"),
            (Code::Unauthenticated, "login"),
            (Code::PermissionDenied, "allowed"),
            (Code::NotFound, "found"),
            (Code::InvalidArgument, "input"),
            (Code::OutOfRange, "input"),
            (Code::ResourceExhausted, "later"),
            (Code::AlreadyExists, "conflict"),
            (Code::FailedPrecondition, "conflict"),
            (Code::Aborted, "conflict"),
            (Code::Internal, "internal"),
            (Code::Unknown, "internal"),
            (Code::Unimplemented, "internal"),
            (Code::DataLoss, "internal"),
        ];
        for (code, expected) in table {
            assert_eq!(kind(code), expected, "{code:?}");
        }
    }

    #[test]
    fn a_silent_refusal_still_says_something() {
        let error = Error::from_status("http://x", Status::new(Code::NotFound, ""));
        assert_eq!(
            error.to_string(),
            "the server refused: Some requested entity was not found"
        );
    }
}
