//! What a session is, what a password may be, and how long an account is locked.

use std::time::Duration;

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::platform::ids::SessionId;
use crate::users::model::{AgeGroup, DisplayName, Email, User};

/// Longest password; argon2 would take longer ones, a request need not.
pub const PASSWORD_MAX_CHARS: usize = 128;

const FIRST_LOCK: Duration = Duration::from_secs(30);

/// The longest lock of an account for one network.
pub const LONGEST_LOCK: Duration = Duration::from_secs(3600);

/// The longest lock of an account for all networks that it does not know.
pub const LONGEST_ACCOUNT_LOCK: Duration = Duration::from_secs(900);

/// A password of fitting length. Never shown.
pub struct Password(Zeroizing<String>);

impl std::fmt::Debug for Password {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Password(..)")
    }
}

/// A text that can't be a new password.
#[derive(Debug, thiserror::Error)]
#[error("must have {least} to {PASSWORD_MAX_CHARS} characters.")]
pub struct InvalidPassword {
    least: u64,
}

impl Password {
    /// Checks a new password.
    pub fn parse(raw: String, least: u64) -> Result<Self, InvalidPassword> {
        let raw = Zeroizing::new(raw);
        let count = raw.chars().count();
        if (count as u64) < least || count > PASSWORD_MAX_CHARS {
            return Err(InvalidPassword { least });
        }
        Ok(Self(raw))
    }

    /// Takes what somebody typed to log in. One that is too long is cut, and is then wrong.
    pub fn attempt(raw: String) -> Self {
        let raw = Zeroizing::new(raw);
        Self(Zeroizing::new(
            raw.chars().take(PASSWORD_MAX_CHARS + 1).collect(),
        ))
    }

    /// The bytes to hash.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// A new account, checked.
#[derive(Debug)]
pub struct Registration {
    /// Empty when the client gave none.
    pub request_id: String,
    pub email: Email,
    pub password: Password,
    pub display_name: DisplayName,
    pub age_group: Option<AgeGroup>,
}

/// One login of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user_agent: String,
    pub create_time: Timestamp,
    pub last_used_time: Timestamp,
    pub expire_time: Timestamp,
}

/// Tokens of one session.
pub struct TokenPair {
    pub access_token: String,
    pub access_token_expire_time: Timestamp,
    pub refresh_token: String,
    pub refresh_token_expire_time: Timestamp,
}

impl std::fmt::Debug for TokenPair {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("TokenPair(..)")
    }
}

/// Somebody who just logged in.
#[derive(Debug)]
pub struct Login {
    pub user: User,
    pub tokens: TokenPair,
}

/// How long an account is locked after so many failures in a row; none below the threshold.
/// Doubles with each further failure, up to `longest`.
pub fn lock_duration(failure_count: u32, threshold: u32, longest: Duration) -> Option<Duration> {
    let over = failure_count.checked_sub(threshold)?;
    let factor = 1u32.checked_shl(over).unwrap_or(u32::MAX);
    Some(FIRST_LOCK.saturating_mul(factor).min(longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_grow_and_end() {
        let seconds = |count| lock_duration(count, 5, LONGEST_LOCK).map(|lock| lock.as_secs());
        assert_eq!(seconds(4), None);
        assert_eq!(seconds(5), Some(30));
        assert_eq!(seconds(6), Some(60));
        assert_eq!(seconds(12), Some(3600));
        assert_eq!(seconds(u32::MAX), Some(3600));
    }

    #[test]
    fn passwords_have_8_to_128_characters() {
        for (text, fits) in [
            ("1234567".to_owned(), false),
            ("12345678".to_owned(), true),
            ("ä".repeat(8), true),
            ("x".repeat(128), true),
            ("x".repeat(129), false),
        ] {
            assert_eq!(Password::parse(text.clone(), 8).is_ok(), fits, "{text}");
        }
        assert_eq!(
            format!("{:?}", Password::attempt("secret".into())),
            "Password(..)"
        );
    }
}
