//! What a failure of the database means for the caller.

use sqlx::Error;
use sqlx::postgres::PgDatabaseError;

use super::value::HoldsNul;

/// The kinds of failure that callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The database is away, or has no time or place at the moment: the same call may succeed
    /// in some seconds.
    Passing,
    /// A text holds the character NUL.
    HoldsNul,
    /// A mistake of ours, or a broken database.
    Lasting,
}

/// Which kind an error is.
pub fn failure(error: &Error) -> Failure {
    let passing = match error {
        Error::PoolTimedOut
        | Error::PoolClosed
        | Error::WorkerCrashed
        | Error::BeginFailed
        | Error::Io(_)
        | Error::Tls(_)
        // What a connection says that was cut while it began.
        | Error::Protocol(_) => true,
        Error::Encode(cause) if cause.is::<HoldsNul>() => return Failure::HoldsNul,
        Error::Database(error) => match error.try_downcast_ref::<PgDatabaseError>() {
            Some(error) => is_passing_state(error.code()),
            None => error.code().is_some_and(|code| is_busy(&code)),
        },
        _ => false,
    };
    if passing {
        Failure::Passing
    } else {
        Failure::Lasting
    }
}

/// By the table of SQLSTATE values in PostgreSQL's manual (appendix A).
fn is_passing_state(state: &str) -> bool {
    match &state[..2.min(state.len())] {
        // Connections; transactions rolled back for the sake of others; no memory, disk or place;
        // shutting down, starting, or a statement that took too long.
        "08" | "40" | "53" | "57" => true,
        // A server that became a standby; idle for too long in a transaction; a lock that was not
        // to be had in time.
        _ => matches!(state, "25006" | "25P03" | "55P03"),
    }
}

/// SQLITE_BUSY and SQLITE_LOCKED, in the lowest byte of a code.
fn is_busy(code: &str) -> bool {
    code.parse::<u32>()
        .is_ok_and(|code| matches!(code & 0xff, 5 | 6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_lasts() {
        for (state, expected) in [
            ("57P01", true), // an administrator ends the connection
            ("57P03", true), // starting
            ("57014", true), // took too long
            ("53300", true), // no place for a connection
            ("40001", true),
            ("40P01", true), // deadlock
            ("55P03", true),
            ("25006", true),
            ("23505", false), // a key is there twice
            ("42P01", false), // no such table
            ("22021", false),
            ("25001", false),
            ("", false),
        ] {
            assert_eq!(is_passing_state(state), expected, "{state}");
        }
        for (code, expected) in [
            ("5", true),
            ("517", true),
            ("6", true),
            ("19", false),
            ("", false),
        ] {
            assert_eq!(is_busy(code), expected, "{code}");
        }
        assert_eq!(failure(&Error::PoolTimedOut), Failure::Passing);
        let cut = Error::Protocol("unexpected response from SSLRequest: 0x00".to_owned());
        assert_eq!(failure(&cut), Failure::Passing);
        assert_eq!(failure(&Error::RowNotFound), Failure::Lasting);
        assert_eq!(failure(&Error::Encode(HoldsNul.into())), Failure::HoldsNul);
    }
}
