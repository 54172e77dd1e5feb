//! What a service account and its keys are, and how long a key may live.

use std::time::Duration;

use jiff::Timestamp;

use crate::platform::context::Role;
use crate::platform::ids::{ApiKeyId, UserId};
use crate::platform::ratelimit::Quota;
use crate::platform::scopes::Scopes;
use crate::users::model::DisplayName;

/// What every key begins with, so that people and scanners know one when they see it.
pub const KEY_PREFIX: &str = "crk_";

/// How long every key is: the prefix, and 32 bytes in base64.
pub const KEY_CHARS: usize = KEY_PREFIX.len() + 43;

/// How exactly it is kept when a key was last used; each change costs a write.
pub const LAST_USED_EVERY: Duration = Duration::from_secs(3600);

const DAY: Duration = Duration::from_secs(86_400);
const DEFAULT_LIFETIME: Duration = DAY.saturating_mul(90);
const LONGEST_LIFETIME: Duration = DAY.saturating_mul(366);

/// An account of another service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceAccount {
    pub id: UserId,
    pub display_name: String,
    pub role: Role,
    pub quota: Quota,
    pub disabled: bool,
    pub create_time: Timestamp,
}

/// A service account to be made, checked.
#[derive(Debug, Clone)]
pub struct NewServiceAccount {
    pub display_name: DisplayName,
    pub role: Role,
    pub quota: Quota,
}

/// Which fields of a service account change, and to what.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub display_name: Option<DisplayName>,
    pub role: Option<Role>,
    pub quota: Option<Quota>,
    pub disabled: Option<bool>,
}

impl Change {
    /// The account after the change.
    pub fn apply(self, account: ServiceAccount) -> ServiceAccount {
        let Self {
            display_name,
            role,
            quota,
            disabled,
        } = self;
        ServiceAccount {
            display_name: display_name.map_or(account.display_name, |name| name.as_str().into()),
            role: role.unwrap_or(account.role),
            quota: quota.unwrap_or(account.quota),
            disabled: disabled.unwrap_or(account.disabled),
            ..account
        }
    }
}

/// A key, without its secret.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub account: UserId,
    pub name: String,
    pub scopes: Scopes,
    pub create_time: Timestamp,
    pub expire_time: Timestamp,
    pub last_used_time: Option<Timestamp>,
    pub revoke_time: Option<Timestamp>,
}

/// A key to be made, checked but for its account.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// Empty when the client gave none.
    pub request_id: String,
    pub account: UserId,
    pub name: DisplayName,
    pub scopes: Scopes,
    /// None takes the default.
    pub expire_time: Option<Timestamp>,
}

/// A time that no key may expire at.
#[derive(Debug, thiserror::Error)]
#[error("must be in the future, and at most 366 days ahead.")]
pub struct InvalidExpiry;

/// When a new key expires.
pub fn expiry(asked: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, InvalidExpiry> {
    match asked {
        None => Ok(now + DEFAULT_LIFETIME),
        Some(time) if time > now && time <= now + LONGEST_LIFETIME => Ok(time),
        Some(_) => Err(InvalidExpiry),
    }
}

/// The role of a service account: none may be an admin, because keys lie about in files.
pub fn service_role(role: Option<Role>) -> Option<Role> {
    role.filter(|role| *role < Role::Admin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_expire() {
        let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(expiry(None, now).unwrap(), now + DAY * 90);
        for (asked, fits) in [
            (now, false),
            (now - DAY, false),
            (now + Duration::from_secs(1), true),
            (now + DAY * 366, true),
            (now + DAY * 366 + Duration::from_secs(1), false),
            (Timestamp::MAX, false),
        ] {
            assert_eq!(expiry(Some(asked), now).is_ok(), fits, "{asked}");
        }
    }

    #[test]
    fn a_service_is_no_admin() {
        assert_eq!(service_role(Some(Role::Admin)), None);
        assert_eq!(service_role(Some(Role::Author)), Some(Role::Author));
        assert_eq!(service_role(None), None);
    }
}
