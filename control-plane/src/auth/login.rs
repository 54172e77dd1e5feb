//! Logging in with a password: by Login, and by a repeat of Register. Both go through the same
//! guards, because whoever may try passwords in one of them may guess in it.

use std::sync::Arc;

use super::lockout::{self, Place};
use super::model::{Login, Password};
use super::service::Auth;
use crate::platform::context::OpContext;
use crate::platform::errors::{Error, Reason};
use crate::platform::idempotency;
use crate::platform::ratelimit::Rule;
use crate::users::model::Email;
use crate::users::store as users;

impl Auth {
    /// Logs in. Takes the same time and gives the same answers whether or not there is an
    /// account, so that nobody can ask for other people's addresses here.
    pub async fn login(
        &self,
        context: &OpContext,
        email: &str,
        password: Password,
    ) -> Result<Login, Error> {
        let wrong = Error::Unauthenticated(Reason::BAD_CREDENTIALS);
        let Ok(email) = Email::parse(email) else {
            return Err(wrong);
        };
        let password = Arc::new(password);
        self.log_in(context, &email, password, wrong).await
    }

    /// Logs in to an account that this request has made before.
    pub(super) async fn register_again(
        &self,
        context: &OpContext,
        new: users::NewUser,
        email: &Email,
        password: Arc<Password>,
    ) -> Result<Login, Error> {
        let found = users::by_email(self.platform.db.read(), email).await?;
        let Some(account) = found.filter(|account| self.is_repeat(&new, account)) else {
            return Err(Error::AlreadyExists {
                reason: Reason::EMAIL_TAKEN,
                message: "There is an account with this email address; log in instead.",
            });
        };
        let same_name = account.user.display_name == new.user.display_name;
        if !same_name || account.user.age_group != new.user.age_group {
            return Err(idempotency::reused());
        }
        let wrong = idempotency::reused();
        self.log_in(context, email, password, wrong).await
    }

    /// Whether an account was made by the request that would make this one, and not longer ago
    /// than other request_ids count.
    fn is_repeat(&self, new: &users::NewUser, account: &users::Account) -> bool {
        let id = &new.register_request_id;
        let kept = self.platform.config.retention.request_ids;
        !id.is_empty()
            && *id == account.register_request_id
            && self.platform.clock.now() < account.user.create_time + kept
    }

    /// Logs in when the password fits; otherwise counts the failure and answers `wrong`.
    async fn log_in(
        &self,
        context: &OpContext,
        email: &Email,
        password: Arc<Password>,
        wrong: Error,
    ) -> Result<Login, Error> {
        let place = Place::new(email, context.address);
        let rates = &self.platform.rate_limits;
        rates.check(Rule::Logins, &place.key).await?;

        let db = self.platform.db.read();
        lockout::check(db, &place, self.platform.clock.now()).await?;
        let account = users::by_email(db, email).await?;
        let hash = account.map(|account| account.password_hash);
        let fits = self.passwords.verify(password, hash.clone()).await?;
        let fitting = hash.filter(|_| fits);
        self.enter(context, email, &place, fitting, wrong).await
    }

    /// The last step of a login. `fitting` is the hash that the password fits; it must still be the
    /// account's, because checking it took a while.
    pub(super) async fn enter(
        &self,
        context: &OpContext,
        email: &Email,
        place: &Place,
        fitting: Option<String>,
        wrong: Error,
    ) -> Result<Login, Error> {
        let mut tx = self.platform.db.write().await?;
        let now = self.platform.clock.now();
        // Guesses made side by side must not get past a lock that one of them caused.
        lockout::check_again(&mut tx, place, now).await?;
        let account = users::by_email(&mut *tx, email).await?;
        let account = account.filter(|account| fitting.as_ref() == Some(&account.password_hash));
        let Some(account) = account else {
            let threshold = self.platform.config.limits.lockout_failures;
            lockout::count(&mut tx, place, threshold, now).await?;
            tx.commit().await?;
            return Err(wrong);
        };
        lockout::clear(&mut tx, place, now).await?;
        let tokens = self.open_session(&mut tx, context, account.user.id).await?;
        tx.commit().await?;
        Ok(Login {
            user: account.user,
            tokens,
        })
    }
}
