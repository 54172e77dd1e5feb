//! The one place that turns an `Error` into a `tonic::Status`: canonical code, a safe sentence,
//! `ErrorInfo`, and `BadRequest` or `RetryInfo` where they help. Causes are logged here, once,
//! and never sent.

use std::collections::HashMap;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use super::errors::{Error, Reason};

/// `ErrorInfo.domain` of every error of ours.
pub const DOMAIN: &str = "coderunner";

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        log(&error);
        let mut details = ErrorDetails::new();
        details.set_error_info(error.reason().0, DOMAIN, HashMap::new());
        if let Error::Invalid { violations, .. } = &error {
            let violations: Vec<_> = violations
                .iter()
                .map(|violation| FieldViolation::new(&violation.field, &violation.description))
                .collect();
            details.set_bad_request(violations);
        }
        if let Some(wait) = retry_after(&error) {
            details.set_retry_info(Some(wait));
        }
        Status::with_error_details(code(&error), sentence(&error), details)
    }
}

fn code(error: &Error) -> Code {
    match error {
        Error::Invalid { .. } => Code::InvalidArgument,
        Error::Unauthenticated(_) => Code::Unauthenticated,
        Error::PermissionDenied | Error::KeyRefused(_) => Code::PermissionDenied,
        Error::NotFound(_) => Code::NotFound,
        Error::AlreadyExists { .. } => Code::AlreadyExists,
        Error::FailedPrecondition { .. } => Code::FailedPrecondition,
        Error::Aborted { .. } => Code::Aborted,
        Error::ResourceExhausted { .. } => Code::ResourceExhausted,
        Error::Unavailable { .. } => Code::Unavailable,
        Error::Internal { .. } => Code::Internal,
    }
}

fn sentence(error: &Error) -> String {
    match error {
        Error::Invalid {
            reason: Reason::REQUEST_ID_REUSED,
            ..
        } => "This request_id was used for another request; choose a new one.".into(),
        Error::Invalid { violations, .. } => violations
            .iter()
            .map(|violation| format!("{}: {}", violation.field, violation.description))
            .collect::<Vec<_>>()
            .join(" "),
        Error::Unauthenticated(reason) => unauthenticated_sentence(*reason).into(),
        Error::PermissionDenied => "Your role does not allow this.".into(),
        Error::KeyRefused(Some(scope)) => {
            format!("This API key lacks the scope {}.", scope.word())
        }
        Error::KeyRefused(None) => "No API key may do this; log in as a user.".into(),
        Error::NotFound(what) => format!("There is no such {what}, or you may not see it."),
        Error::AlreadyExists { message, .. }
        | Error::FailedPrecondition { message, .. }
        | Error::Aborted { message, .. } => (*message).into(),
        Error::ResourceExhausted { message, .. } => message.clone(),
        Error::Unavailable { .. } => {
            "A part of the service is away for the moment. Try again in a few seconds.".into()
        }
        Error::Internal { .. } => {
            "Something failed on our side. Try again; tell the operator if it stays.".into()
        }
    }
}

fn unauthenticated_sentence(reason: Reason) -> &'static str {
    match reason {
        Reason::BAD_CREDENTIALS => "The email address or the password is wrong.",
        Reason::TOKEN_EXPIRED => "The access token has expired; refresh it.",
        Reason::KEY_INVALID => "There is no such API key, or it was revoked.",
        Reason::KEY_EXPIRED => "The API key has expired; ask an admin for a new one.",
        Reason::TOKEN_NOT_YET_VALID => {
            "The access token is not valid yet; the clocks of the servers differ."
        }
        Reason::REFRESH_TOKEN_REUSED => {
            "This refresh token was used before, so its session was ended. Log in again."
        }
        _ => "Log in first.",
    }
}

fn retry_after(error: &Error) -> Option<Duration> {
    match error {
        Error::ResourceExhausted { retry_after, .. } | Error::Unavailable { retry_after, .. } => {
            Some(*retry_after)
        }
        Error::Aborted { retry_after, .. } => *retry_after,
        _ => None,
    }
}

fn log(error: &Error) {
    let cause = |source: &(dyn std::error::Error + 'static)| {
        let mut text = source.to_string();
        let mut next = source.source();
        while let Some(inner) = next {
            text.push_str(": ");
            text.push_str(&inner.to_string());
            next = inner.source();
        }
        text
    };
    match error {
        Error::Internal { attempt, source } => {
            tracing::error!(attempt, cause = cause(source.as_ref()), "an internal error");
        }
        Error::Unavailable {
            source: Some(source),
            ..
        } => {
            tracing::warn!(
                cause = cause(source.as_ref()),
                "a part of the system is away"
            );
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_do_not_reach_the_client() {
        let secret = "SELECT password FROM users at /var/lib/coderunner on db-7";
        for error in [
            Error::internal("read a user", secret),
            Error::unavailable(secret),
        ] {
            let status = Status::from(error);
            let sent = format!("{} {:?}", status.message(), status.details());
            for word in ["SELECT", "/var/lib", "db-7"] {
                assert!(!sent.contains(word), "{word} leaked in {sent}");
            }
        }
    }

    #[test]
    fn fields_reason_and_wait_are_sent() {
        let status = Status::from(Error::invalid("email", "must hold an @."));
        let details = status.get_error_details();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(
            details.bad_request().unwrap().field_violations[0].field,
            "email"
        );
        assert_eq!(details.error_info().unwrap().domain, "coderunner");

        let status = Status::from(Error::ResourceExhausted {
            reason: Reason::RATE_LIMITED,
            message: "Slow down.".into(),
            retry_after: Duration::from_secs(7),
        });
        let details = status.get_error_details();
        assert_eq!(
            details.retry_info().unwrap().retry_delay,
            Some(Duration::from_secs(7))
        );
        assert_eq!(details.error_info().unwrap().reason, "RATE_LIMITED");
    }
}
