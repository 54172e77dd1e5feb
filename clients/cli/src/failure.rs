//! How a command ends: its exit code, and for a failure what the user reads. `EXIT_CODES` in
//! `args` documents the codes.

use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

use coderunner_client::Error;

use crate::text::plain_lines;

/// The end of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It did what was asked, and the student's program was right.
    Good,
    /// It did what was asked, and the student's program was not right.
    ProgramFailed,
    /// The arguments or what they name are wrong.
    BadInput,
    /// No server.
    Unreachable,
    /// No session, or not enough rights.
    NotAllowed,
    /// Possible later.
    TryLater,
    /// Not the user's fault.
    Internal,
    /// Stopped by the user.
    Cancelled,
}

impl End {
    /// The exit code.
    pub fn code(self) -> i32 {
        match self {
            End::Good => 0,
            End::ProgramFailed => 1,
            End::BadInput => 2,
            End::Unreachable => 3,
            End::NotAllowed => 4,
            End::TryLater => 5,
            End::Internal => 6,
            End::Cancelled => 130,
        }
    }
}

/// Why a command could not do what was asked.
#[derive(Debug)]
pub enum Failure {
    /// The client's or the server's reason.
    Client(Error),
    /// Wrong input that never reached the server.
    Input(String),
    /// Something on this machine does not work.
    Local(anyhow::Error),
}

impl Failure {
    /// A file that was named and can't be read.
    pub fn unreadable(path: &Path, error: &io::Error) -> Self {
        Failure::Input(format!("can't read {}: {error}", path.display()))
    }

    /// The kind of end that this is.
    pub fn end(&self) -> End {
        let error = match self {
            Failure::Input(_) => return End::BadInput,
            Failure::Local(_) => return End::Internal,
            Failure::Client(error) => error,
        };
        match error {
            Error::BadAddress { .. } | Error::Settings(_) => End::BadInput,
            Error::NotFound(_) | Error::InvalidInput(_) | Error::Conflict(_) => End::BadInput,
            Error::Unreachable { .. } | Error::Timeout { .. } => End::Unreachable,
            Error::NotLoggedIn(_) | Error::NotAllowed(_) => End::NotAllowed,
            Error::TryLater(_) => End::TryLater,
            Error::Internal(_) | Error::Incomplete(_) | Error::Tokens(_) => End::Internal,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Input(message) => f.write_str(message),
            Failure::Local(error) => write!(f, "{error:#}"),
            Failure::Client(error) => {
                f.write_str(&plain_lines(&error.to_string()))?;
                if let Some(cause) = innermost(error) {
                    write!(f, ": {cause}")?;
                }
                match advice(error) {
                    Some(advice) => write!(f, "\n{advice}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Client(error)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::Local(error)
    }
}

/// The cause at the bottom is the one that says something: "Connection refused".
fn innermost(error: &Error) -> Option<String> {
    let mut cause = std::error::Error::source(error)?;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    Some(cause.to_string())
}

fn advice(error: &Error) -> Option<String> {
    match error {
        Error::Unreachable { .. } | Error::Timeout { .. } => Some(
            "Is it running, and is this its address? Name another with --server URL or \
             CODERUNNER_SERVER."
                .to_owned(),
        ),
        Error::NotLoggedIn(refusal) if refusal.reason == "BAD_CREDENTIALS" => {
            Some("Check the address and the password and try again.".to_owned())
        }
        Error::NotLoggedIn(_) => Some(
            "Log in with: coderunner login EMAIL (or make an account: coderunner register)"
                .to_owned(),
        ),
        Error::TryLater(refusal) => Some(match refusal.retry_after {
            Some(pause) => format!("Try again in {}.", in_words(pause)),
            None => "Try again later.".to_owned(),
        }),
        Error::Internal(_) => Some("This is the server's fault; trying again may help.".to_owned()),
        _ => None,
    }
}

/// A pause in whole seconds or minutes, rounded up, so that waiting that long is enough.
fn in_words(pause: Duration) -> String {
    let seconds = pause.as_millis().div_ceil(1000).max(1);
    match seconds {
        1 => "1 second".to_owned(),
        2..=119 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_rounded_up() {
        let table = [
            (0, "1 second"),
            (1_000, "1 second"),
            (1_001, "2 seconds"),
            (119_000, "119 seconds"),
            (119_001, "2 minutes"),
            (3_600_000, "60 minutes"),
        ];
        for (millis, expected) in table {
            assert_eq!(in_words(Duration::from_millis(millis)), expected);
        }
    }
}
