//! Registering, refreshing, logging out; logging in is in `login`.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::lockout::{self, Place};
use super::model::{Login, Password, Registration, Session, TokenPair};
use super::passwords::Passwords;
use super::store::{self, Digest};
use super::tokens::{AccessTokens, Bearer};
use crate::platform::Platform;
use crate::platform::context::{Caller, Credential, OpContext, Role};
use crate::platform::db::Connection;
use crate::platform::errors::{Error, Reason};
use crate::platform::idempotency;
use crate::platform::ids::{SessionId, UserId};
use crate::platform::keys::load_signing;
use crate::platform::pagination::Page;
use crate::platform::seal::random_bytes;
use crate::users::model::{Email, User};
use crate::users::service::keep_an_admin;
use crate::users::store as users;

/// How long sessions are kept that ended or expired.
pub const ENDED_SESSIONS: Duration = Duration::from_secs(86_400);
/// How long a network that an account has logged in from is known.
pub const KNOWN_NETWORK: Duration = Duration::from_secs(90 * 86_400);

/// 32 bytes in base64.
pub(super) const REFRESH_TOKEN_CHARS: usize = 43;

/// Logins of all accounts.
#[derive(Clone)]
pub struct Auth {
    pub(super) platform: Platform,
    pub(super) passwords: Passwords,
    tokens: AccessTokens,
}

impl Auth {
    /// Logins in the platform's database. Blocks for one password hash.
    pub fn new(platform: Platform, tokens: AccessTokens) -> Result<Self, Error> {
        Ok(Self {
            platform,
            passwords: Passwords::new()?,
            tokens,
        })
    }

    /// Makes an account and logs it in. A repeat with the same request_id and body logs in to
    /// the same account: the first answer held tokens, and those are not stored anywhere.
    pub async fn register(
        &self,
        context: &OpContext,
        registration: Registration,
    ) -> Result<Login, Error> {
        idempotency::check_request_id(&registration.request_id)?;
        let Registration {
            request_id,
            email,
            password,
            display_name,
            age_group,
        } = registration;
        let password = Arc::new(password);
        let user = User {
            id: UserId::new(),
            email: email.as_str().to_owned(),
            display_name: display_name.as_str().to_owned(),
            age_group,
            role: Role::Student,
            create_time: self.platform.clock.now(),
        };
        let password_hash = self.passwords.hash(password.clone()).await?;
        let new = users::NewUser {
            user,
            password_hash,
            register_request_id: request_id,
        };
        let mut tx = self.platform.db.write().await?;
        if !users::insert(&mut tx, &new).await? {
            drop(tx);
            return self.register_again(context, new, &email, password).await;
        }
        let place = Place::new(&email, context.address);
        lockout::clear(&mut tx, &place, self.platform.clock.now()).await?;
        let tokens = self.open_session(&mut tx, context, new.user.id).await?;
        tx.commit().await?;
        tracing::info!(account = %new.user.id, "an account was made");
        Ok(Login {
            user: new.user,
            tokens,
        })
    }

    /// Exchanges a refresh token for the next pair.
    pub async fn refresh(&self, refresh_token: &str) -> Result<TokenPair, Error> {
        let invalid = Error::Unauthenticated(Reason::REFRESH_TOKEN_INVALID);
        if refresh_token.len() != REFRESH_TOKEN_CHARS {
            return Err(invalid);
        }
        let token = digest(refresh_token.as_bytes());
        let now = self.platform.clock.now();
        let mut tx = self.platform.db.write().await?;
        let Some(stored) = store::token(&mut tx, &token).await? else {
            return Err(invalid);
        };
        if stored.spent {
            store::end_session(&mut tx, stored.session_id, stored.user_id, now).await?;
            tx.commit().await?;
            self.platform.callers.forget_session(stored.session_id);
            tracing::warn!(account = %stored.user_id, session = %stored.session_id,
                "a spent refresh token was used again; the session was ended");
            return Err(Error::Unauthenticated(Reason::REFRESH_TOKEN_REUSED));
        }
        if stored.session_ended || stored.expire_time <= now {
            return Err(invalid);
        }
        store::spend_token(&mut tx, &token, now).await?;
        let expire_time = now + self.platform.config.limits.refresh_token_lifetime;
        store::extend_session(&mut tx, stored.session_id, now, expire_time).await?;
        let bearer = Bearer {
            user_id: stored.user_id,
            session_id: stored.session_id,
        };
        let tokens = self.next_tokens(&mut tx, bearer, now, expire_time).await?;
        tx.commit().await?;
        Ok(tokens)
    }

    /// Ends a session of the caller; NOT_FOUND for somebody else's.
    pub async fn end_session(&self, caller: Caller, session_id: SessionId) -> Result<(), Error> {
        let now = self.platform.clock.now();
        let mut tx = self.platform.db.write().await?;
        if !store::end_session(&mut tx, session_id, caller.user_id, now).await? {
            return Err(Error::NotFound("session"));
        }
        tx.commit().await?;
        self.platform.callers.forget_session(session_id);
        Ok(())
    }

    /// Ends all sessions of an account. Says how many.
    pub async fn end_sessions(&self, user_id: UserId) -> Result<u64, Error> {
        let mut tx = self.platform.db.write().await?;
        if users::by_id(&mut *tx, user_id).await?.is_none() {
            return Err(Error::NotFound("account"));
        }
        let count = store::end_sessions(&mut tx, user_id, self.platform.clock.now()).await?;
        tx.commit().await?;
        self.platform.callers.forget_user(user_id);
        tracing::info!(account = %user_id, count, "all sessions of an account were ended");
        Ok(count)
    }

    /// A page of the caller's live sessions, newest first.
    pub async fn sessions(
        &self,
        caller: Caller,
        page: &Page<String>,
    ) -> Result<(Vec<Session>, String), Error> {
        let (db, now) = (self.platform.db.read(), self.platform.clock.now());
        let after = page.after.as_deref();
        let rows = store::sessions(db, caller.user_id, now, after, page.fetch()).await?;
        Ok(page.finish(rows, |session| session.id.to_string()))
    }

    /// Makes an account with any role, or gives an existing one this password, and this role if
    /// there is one; another password than before ends its sessions. For the command line; whoever
    /// may write the database may do this.
    ///
    /// # Errors
    /// LAST_ADMIN when the last admin would lose the role.
    pub async fn put_account(
        &self,
        email: &Email,
        display_name: String,
        password: Password,
        role: Option<Role>,
    ) -> Result<User, Error> {
        let password = Arc::new(password);
        let account = users::by_email(self.platform.db.read(), email).await?;
        let before = account.map(|account| account.password_hash);
        let fits = self
            .passwords
            .verify(password.clone(), before.clone())
            .await?;
        let password_hash = self.passwords.hash(password).await?;
        let user = User {
            id: UserId::new(),
            email: email.as_str().to_owned(),
            display_name,
            age_group: None,
            role: role.unwrap_or(Role::Student),
            create_time: self.platform.clock.now(),
        };
        let register_request_id = String::new();
        let new = users::NewUser {
            user,
            password_hash,
            register_request_id,
        };
        let mut tx = self.platform.db.write().await?;
        if users::insert(&mut tx, &new).await? {
            tx.commit().await?;
            return Ok(new.user);
        }
        let account = users::by_email(&mut *tx, email).await?;
        let account = account.ok_or(Error::NotFound("account"))?;
        let role = role.unwrap_or(account.user.role);
        keep_an_admin(&mut tx, &account.user, role).await?;
        users::set_role(&mut tx, account.user.id, role).await?;
        // Somebody else may have changed the password while this one was checked.
        if !fits || before != Some(account.password_hash) {
            users::set_password(&mut tx, account.user.id, &new.password_hash).await?;
            let now = self.platform.clock.now();
            store::end_sessions(&mut tx, account.user.id, now).await?;
        }
        tx.commit().await?;
        self.platform.callers.forget_user(account.user.id);
        Ok(User {
            role,
            ..account.user
        })
    }

    /// The published keys that access tokens are signed with, as JSON.
    pub fn key_set(&self) -> String {
        self.tokens.key_set(self.platform.clock.now())
    }

    /// Looks for new keys in the folder of keys, and takes them up.
    pub fn reload_keys(&self) -> Result<(), String> {
        let config = &self.platform.config;
        let keys = load_signing(&config.keys_dir, config.mode);
        let keys = keys.map_err(|problems| problems.join("; "))?;
        if self
            .tokens
            .replace(&keys)
            .map_err(|error| error.to_string())?
        {
            tracing::info!(count = keys.len(), "the keys that sign tokens have changed");
        }
        Ok(())
    }

    /// Whose access token this is, while its session lives.
    pub async fn authenticate(&self, token: &str) -> Result<Caller, Error> {
        let bearer = self.tokens.verify(token, self.platform.clock.now())?;
        let Bearer {
            user_id,
            session_id,
        } = bearer;
        let db = self.platform.db.read();
        let read = async { Ok(store::live_role(db, session_id, user_id).await?) };
        let role = self.platform.callers.role(session_id, user_id, read);
        let role = role.await?;
        Ok(Caller {
            user_id,
            role,
            credential: Credential::Session(session_id),
        })
    }

    pub(super) async fn open_session(
        &self,
        tx: &mut Connection,
        context: &OpContext,
        user_id: UserId,
    ) -> Result<TokenPair, Error> {
        let now = self.platform.clock.now();
        let session = Session {
            id: SessionId::new(),
            user_agent: context.user_agent.clone(),
            create_time: now,
            last_used_time: now,
            expire_time: now + self.platform.config.limits.refresh_token_lifetime,
        };
        store::insert_session(tx, user_id, &session).await?;
        let bearer = Bearer {
            user_id,
            session_id: session.id,
        };
        self.next_tokens(tx, bearer, now, session.expire_time).await
    }

    async fn next_tokens(
        &self,
        tx: &mut Connection,
        bearer: Bearer,
        now: Timestamp,
        refresh_token_expire_time: Timestamp,
    ) -> Result<TokenPair, Error> {
        let refresh_token = URL_SAFE_NO_PAD.encode(random_bytes::<32>());
        let token = digest(refresh_token.as_bytes());
        store::insert_token(tx, &token, bearer.session_id, now).await?;
        let (access_token, access_token_expire_time) = self.tokens.issue(bearer, now)?;
        Ok(TokenPair {
            access_token,
            access_token_expire_time,
            refresh_token,
            refresh_token_expire_time,
        })
    }
}

fn digest(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}
