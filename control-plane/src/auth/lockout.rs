//! Locks an account for a growing while after failed logins in a row. Counts by address, whether
//! or not there is an account, so that a lock tells nobody which addresses have one.

use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;

use super::model::lock_duration;
use super::store::{self, Digest, Failures};
use crate::platform::db::{Connection, Executor};
use crate::platform::errors::{Error, Reason};

/// Failures this old no longer count as "in a row".
const IN_A_ROW: Duration = Duration::from_secs(86_400);

/// Refuses a login while the address is locked.
pub async fn check(db: impl Executor, email: &Digest, now: Timestamp) -> Result<(), Error> {
    let failures = store::failures(db, email).await?;
    let Some(failures) = failures.filter(|failures| failures.locked_until > now) else {
        return Ok(());
    };
    let wait = Duration::try_from(failures.locked_until.duration_since(now)).unwrap_or_default();
    Err(Error::ResourceExhausted {
        reason: Reason::ACCOUNT_LOCKED,
        message: format!(
            "Too many failed logins. Try again in {} s.",
            wait.as_secs().max(1)
        ),
        retry_after: wait,
    })
}

/// Counts a failed login, and locks when there were too many. No threshold means no lock.
pub async fn count(
    tx: &mut Connection,
    email: &Digest,
    threshold: Option<NonZeroU32>,
    now: Timestamp,
) -> Result<(), Error> {
    let recent = store::failures(&mut *tx, email)
        .await?
        .filter(|failures| failures.last_time + IN_A_ROW > now);
    let count = recent
        .map_or(0, |failures| failures.count)
        .saturating_add(1);
    let lock = threshold.and_then(|threshold| lock_duration(count, threshold.get()));
    let locked_until = lock.map_or(now, |lock| now + lock);
    let failures = Failures {
        count,
        locked_until,
        last_time: now,
    };
    store::set_failures(tx, email, failures).await?;
    Ok(())
}
