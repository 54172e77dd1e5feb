//! Locks logins for a growing while after failed ones in a row.
//!
//! Two things are counted, both in the database, so that a restart forgets nothing:
//!
//! - Failures of one account from one network (an IPv4 address or a /64 of IPv6). They lock that
//!   account for that network, so that somebody elsewhere can't lock out its owner.
//! - Failures of one account from all networks, with ten times the threshold, against guessing
//!   from many networks at once. This lock does not hold for networks that the account has logged in
//!   from in the last 90 days, and is never longer than a quarter of an hour: an owner at home or
//!   at school is never locked out by strangers, and one in a new place for a while at most.
//!
//! Accounts are named by a digest of the address, whether or not there is an account, so that a
//! lock tells nobody which addresses have one.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::model::{LONGEST_ACCOUNT_LOCK, LONGEST_LOCK, lock_duration};
use super::store::{self, Digest, Failures};
use crate::platform::db::{Connection, Pool};
use crate::platform::errors::{Error, Reason};
use crate::platform::guard::network;
use crate::users::model::Email;

/// Failures this old no longer count as "in a row".
const IN_A_ROW: Duration = Duration::from_secs(86_400);

/// How many networks an attacker may guess from before the account itself is guarded.
const NETWORKS: u32 = 10;

/// Who logs in, and from where.
#[derive(Debug, Clone)]
pub struct Place {
    account: Digest,
    /// The account at this network.
    place: Digest,
    /// Names both for the limit of frequency.
    pub key: String,
}

impl Place {
    /// The account with this address, asked for from a client's address.
    pub fn new(email: &Email, address: IpAddr) -> Self {
        let account: Digest = Sha256::digest(email.as_str().as_bytes()).into();
        let network = network(address);
        let place = Sha256::new()
            .chain_update(account)
            .chain_update(network.as_bytes());
        Self {
            account,
            place: place.finalize().into(),
            key: format!("{} {network}", hex::encode(account)),
        }
    }
}

/// Refuses a login while the account is locked for this network.
pub async fn check(db: &Pool, at: &Place, now: Timestamp) -> Result<(), Error> {
    let here = store::failures(db, &at.place).await?;
    let anywhere = store::failures(db, &at.account).await?;
    let known = store::knows_network(db, &at.place).await?;
    refuse_locked(here, anywhere, known, now)
}

/// The same within a transaction.
pub async fn check_again(tx: &mut Connection, at: &Place, now: Timestamp) -> Result<(), Error> {
    let here = store::failures(&mut *tx, &at.place).await?;
    let anywhere = store::failures(&mut *tx, &at.account).await?;
    let known = store::knows_network(tx, &at.place).await?;
    refuse_locked(here, anywhere, known, now)
}

/// A lock for this network holds; one for the account holds where it has never logged in from.
fn refuse_locked(
    here: Option<Failures>,
    anywhere: Option<Failures>,
    known: bool,
    now: Timestamp,
) -> Result<(), Error> {
    let until = |failures: Option<Failures>| {
        let until = failures.map(|failures| failures.locked_until);
        until.filter(|until| *until > now)
    };
    let locked = until(here).or_else(|| until(anywhere).filter(|_| !known));
    let Some(until) = locked else { return Ok(()) };
    let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
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
    at: &Place,
    threshold: Option<NonZeroU32>,
    now: Timestamp,
) -> Result<(), Error> {
    let threshold = threshold.map(NonZeroU32::get);
    let of_all = threshold.map(|threshold| threshold.saturating_mul(NETWORKS));
    for (key, threshold, longest) in [
        (&at.place, threshold, LONGEST_LOCK),
        (&at.account, of_all, LONGEST_ACCOUNT_LOCK),
    ] {
        let recent = store::failures(&mut *tx, key)
            .await?
            .filter(|failures| failures.last_time + IN_A_ROW > now);
        let count = recent
            .map_or(0, |failures| failures.count)
            .saturating_add(1);
        let lock = threshold.and_then(|threshold| lock_duration(count, threshold, longest));
        let locked_until = lock.map_or(now, |lock| now + lock);
        let failures = Failures {
            count,
            locked_until,
            last_time: now,
        };
        store::set_failures(tx, key, failures).await?;
    }
    Ok(())
}

/// Takes back the failures at this network after a right login, from both counts, and remembers the
/// network. Failures elsewhere stay: whoever guesses there goes on guessing.
pub async fn clear(tx: &mut Connection, at: &Place, now: Timestamp) -> Result<(), Error> {
    if let Some(here) = store::failures(&mut *tx, &at.place).await? {
        store::clear_failures(tx, &at.place).await?;
        // Older ones may not be in the count of the account any more.
        if here.last_time + IN_A_ROW > now {
            take_back(tx, at, here.count).await?;
        }
    }
    store::know_network(tx, &at.place, now).await?;
    Ok(())
}

/// A lock that others have a part in goes on until its time.
async fn take_back(tx: &mut Connection, at: &Place, count: u32) -> Result<(), Error> {
    let Some(anywhere) = store::failures(&mut *tx, &at.account).await? else {
        return Ok(());
    };
    match anywhere.count.saturating_sub(count) {
        0 => store::clear_failures(tx, &at.account).await?,
        count => {
            let left = Failures { count, ..anywhere };
            store::set_failures(tx, &at.account, left).await?;
        }
    }
    Ok(())
}
