//! Profiles and roles. Accounts are made by `auth`.

use super::model::{Email, ProfileChange, Stats, User};
use super::store;
use crate::platform::Platform;
use crate::platform::context::Role;
use crate::platform::db::Connection;
use crate::platform::errors::{Error, Reason};
use crate::platform::ids::UserId;
use crate::platform::pagination::Page;

/// All accounts.
#[derive(Debug, Clone)]
pub struct Users {
    platform: Platform,
}

impl Users {
    /// Accounts in the platform's database.
    pub fn new(platform: Platform) -> Self {
        Self { platform }
    }

    /// An account.
    pub async fn get(&self, id: UserId) -> Result<User, Error> {
        let user = store::by_id(self.platform.db.read(), id).await?;
        user.ok_or(Error::NotFound("account"))
    }

    /// Changes a profile.
    pub async fn update_profile(&self, id: UserId, change: ProfileChange) -> Result<User, Error> {
        let mut tx = self.platform.db.write().await?;
        store::update_profile(&mut tx, id, &change).await?;
        let user = store::by_id(&mut *tx, id).await?;
        tx.commit().await?;
        user.ok_or(Error::NotFound("account"))
    }

    /// How much somebody has run and solved.
    pub async fn stats(&self, id: UserId) -> Result<Stats, Error> {
        Ok(store::stats(self.platform.db.read(), id).await?)
    }

    /// A page of accounts, newest first; at most one when an address is given.
    pub async fn list(
        &self,
        role: Option<Role>,
        email: Option<&Email>,
        page: &Page<String>,
    ) -> Result<(Vec<User>, String), Error> {
        let db = self.platform.db.read();
        if let Some(email) = email {
            let found = store::by_email(db, email).await?;
            let found = found.map(|account| account.user);
            let found = found.filter(|user| role.is_none_or(|role| user.role == role));
            return Ok((found.into_iter().collect(), String::new()));
        }
        let rows = store::list(db, role, page.after.as_deref(), page.fetch()).await?;
        Ok(page.finish(rows, |user| user.id.to_string()))
    }

    /// Gives an account a role. The last admin keeps the role.
    pub async fn set_role(&self, id: UserId, role: Role) -> Result<User, Error> {
        let mut tx = self.platform.db.write().await?;
        let user = store::by_id(&mut *tx, id)
            .await?
            .ok_or(Error::NotFound("account"))?;
        keep_an_admin(&mut tx, &user, role).await?;
        if !store::set_role(&mut tx, id, role).await? {
            return Err(Error::NotFound("account"));
        }
        tx.commit().await?;
        self.platform.callers.forget_user(id);
        tracing::info!(account = %id, role = role.word(), "a role was given");
        Ok(User { role, ..user })
    }
}

/// Refuses to take the role from the last admin, or nobody could give it again.
pub async fn keep_an_admin(tx: &mut Connection, user: &User, role: Role) -> Result<(), Error> {
    let loses_admin = user.role == Role::Admin && role != Role::Admin;
    if loses_admin && store::admin_count(tx).await? == 1 {
        return Err(Error::FailedPrecondition {
            reason: Reason::LAST_ADMIN,
            message: "This is the last admin; give the role to somebody else first.",
        });
    }
    Ok(())
}
