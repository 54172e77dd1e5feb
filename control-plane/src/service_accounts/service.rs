//! Making service accounts and keys, and telling whose a key is.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use moka::sync::Cache;
use prost::Message;
use sha2::{Digest as _, Sha256};

use super::model::{
    ApiKey, Change, KEY_CHARS, KEY_PREFIX, LAST_USED_EVERY, NewApiKey, NewServiceAccount,
    ServiceAccount, expiry,
};
use super::store::{self, Digest, FoundKey};
use crate::platform::Platform;
use crate::platform::context::{Caller, Credential};
use crate::platform::errors::{Error, Reason};
use crate::platform::guard::network;
use crate::platform::idempotency::{self, Unseen};
use crate::platform::ids::{ApiKeyId, UserId};
use crate::platform::pagination::Page;
use crate::platform::ratelimit::Rule;
use crate::platform::seal::random_bytes;

/// How many keys are known, and how long one is that is not used.
const MOST_KNOWN: u64 = 10_000;
const KNOWN_FOR: Duration = Duration::from_secs(86_400);

/// All service accounts and keys.
#[derive(Debug, Clone)]
pub struct ServiceAccounts {
    platform: Platform,
    /// Keys that were right when they were looked up last. Looking for others is limited by the
    /// address that they come from, before anybody knows whether they are right.
    known: Cache<Digest, ()>,
}

impl ServiceAccounts {
    /// Service accounts in the platform's database.
    pub fn new(platform: Platform) -> Self {
        let known = Cache::builder()
            .max_capacity(MOST_KNOWN)
            .time_to_idle(KNOWN_FOR)
            .build();
        Self { platform, known }
    }

    /// Makes an account. Account, request_id and answer are stored together, so that no repeat
    /// makes a second one, whatever became of the first answer. A call that was faster with this
    /// request_id gives its answer.
    pub async fn create<A: Message + Default>(
        &self,
        caller: Caller,
        new: NewServiceAccount,
        unseen: Unseen,
        answer: impl FnOnce(ServiceAccount) -> A,
    ) -> Result<A, Error> {
        let account = ServiceAccount {
            id: UserId::new(),
            display_name: new.display_name.as_str().to_owned(),
            role: new.role,
            quota: new.quota,
            disabled: false,
            create_time: self.platform.clock.now(),
        };
        let (id, role) = (account.id, account.role.word());
        let mut tx = self.platform.db.write().await?;
        store::insert_account(&mut tx, &account, caller.user_id).await?;
        let answer = answer(account);
        if let Some(faster) = unseen.settle(&mut tx, &answer).await? {
            return Ok(faster);
        }
        tx.commit().await?;
        tracing::info!(account = %id, role, "a service account was made");
        Ok(answer)
    }

    /// A page of accounts, newest first.
    pub async fn list(&self, page: &Page<String>) -> Result<(Vec<ServiceAccount>, String), Error> {
        let db = self.platform.db.read();
        let rows = store::accounts(db, page.after.as_deref(), page.fetch()).await?;
        Ok(page.finish(rows, |account| account.id.to_string()))
    }

    /// Changes an account.
    pub async fn update(&self, id: UserId, change: Change) -> Result<ServiceAccount, Error> {
        let mut tx = self.platform.db.write().await?;
        let before = store::account(&mut *tx, id).await?.ok_or(NO_ACCOUNT)?;
        let account = change.apply(before);
        store::update_account(&mut tx, &account).await?;
        tx.commit().await?;
        tracing::info!(account = %id, role = account.role.word(), disabled = account.disabled,
            "a service account was changed");
        Ok(account)
    }

    /// Makes a key. Gives it with its secret, which nothing can give again.
    pub async fn create_key(&self, new: NewApiKey) -> Result<(ApiKey, String), Error> {
        idempotency::check_request_id(&new.request_id)?;
        let now = self.platform.clock.now();
        let expire_time = expiry(new.expire_time, now)
            .map_err(|error| Error::invalid("expire_time", error.to_string()))?;
        let key = ApiKey {
            id: ApiKeyId::new(),
            account: new.account,
            name: new.name.as_str().to_owned(),
            scopes: new.scopes,
            create_time: now,
            expire_time,
            last_used_time: None,
            revoke_time: None,
        };
        let random = URL_SAFE_NO_PAD.encode(random_bytes::<32>());
        let secret = format!("{KEY_PREFIX}{random}");
        let mut tx = self.platform.db.write().await?;
        store::account(&mut *tx, new.account)
            .await?
            .ok_or(NO_ACCOUNT)?;
        if !store::insert_key(&mut tx, &key, &digest(&secret), &new.request_id).await? {
            return Err(Error::AlreadyExists {
                reason: Reason::KEY_SHOWN_ONCE,
                message: "This key was made and shown before. Revoke it and make another one.",
            });
        }
        tx.commit().await?;
        tracing::info!(account = %key.account, key = %key.id, scopes = key.scopes.words(),
            "an API key was made");
        Ok((key, secret))
    }

    /// A page of an account's keys, newest first.
    pub async fn keys(
        &self,
        account: UserId,
        page: &Page<String>,
    ) -> Result<(Vec<ApiKey>, String), Error> {
        let db = self.platform.db.read();
        store::account(db, account).await?.ok_or(NO_ACCOUNT)?;
        let rows = store::keys(db, account, page.after.as_deref(), page.fetch()).await?;
        Ok(page.finish(rows, |key| key.id.to_string()))
    }

    /// Ends a key.
    pub async fn revoke_key(&self, id: ApiKeyId) -> Result<ApiKey, Error> {
        let mut tx = self.platform.db.write().await?;
        let key = store::revoke_key(&mut tx, id, self.platform.clock.now()).await?;
        let key = key.ok_or(Error::NotFound("API key"))?;
        tx.commit().await?;
        tracing::info!(account = %key.account, key = %id, "an API key was revoked");
        Ok(key)
    }

    /// Whose key this is, that came from an address.
    ///
    /// # Errors
    /// KEY_INVALID for an unknown or revoked key and one of a disabled account; KEY_EXPIRED;
    /// RATE_LIMITED for a key that is not known, when many such came from there.
    pub async fn authenticate(&self, secret: &str, address: IpAddr) -> Result<Caller, Error> {
        if secret.len() != KEY_CHARS {
            return Err(Error::Unauthenticated(Reason::KEY_INVALID));
        }
        let digest = digest(secret);
        if !self.known.contains_key(&digest) {
            let rates = &self.platform.rate_limits;
            rates.check(Rule::UnknownKeys, &network(address)).await?;
        }
        let caller = self.look_up(&digest).await;
        match &caller {
            Ok(_) => self.known.insert(digest, ()),
            Err(Error::Unauthenticated(_)) => self.known.invalidate(&digest),
            Err(_) => {}
        }
        caller
    }

    async fn look_up(&self, digest: &Digest) -> Result<Caller, Error> {
        let found = store::find_key(self.platform.db.read(), digest).await?;
        let invalid = Error::Unauthenticated(Reason::KEY_INVALID);
        let Some(FoundKey {
            key,
            role,
            quota,
            disabled,
        }) = found
        else {
            return Err(invalid);
        };
        if disabled || key.revoke_time.is_some() {
            return Err(invalid);
        }
        let now = self.platform.clock.now();
        if key.expire_time <= now {
            return Err(Error::Unauthenticated(Reason::KEY_EXPIRED));
        }
        self.note_use(&key, now).await;
        Ok(Caller {
            user_id: key.account,
            role,
            credential: Credential::ApiKey {
                id: key.id,
                scopes: key.scopes,
                quota,
            },
        })
    }

    /// Writes once an hour that a key is used. A database that can't be written refuses no call.
    async fn note_use(&self, key: &ApiKey, now: Timestamp) {
        if key
            .last_used_time
            .is_some_and(|time| time + LAST_USED_EVERY > now)
        {
            return;
        }
        let written = async {
            let mut tx = self.platform.db.write().await?;
            store::touch_key(&mut tx, key.id, now).await?;
            tx.commit().await?;
            Ok::<_, Error>(())
        };
        if let Err(error) = written.await {
            tracing::warn!(%error, key = %key.id, "the use of an API key could not be noted");
        }
    }
}

const NO_ACCOUNT: Error = Error::NotFound("service account");

fn digest(secret: &str) -> Digest {
    Sha256::digest(secret.as_bytes()).into()
}
