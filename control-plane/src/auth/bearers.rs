//! Tells the two kinds of bearer tokens apart: access tokens of sessions, and API keys.

use std::net::IpAddr;

use futures::future::BoxFuture;

use super::service::Auth;
use crate::platform::context::Caller;
use crate::platform::errors::Error;
use crate::platform::guard::Authenticate;
use crate::service_accounts::model::KEY_PREFIX;
use crate::service_accounts::service::ServiceAccounts;

/// Everybody who may come with a token.
pub struct Bearers {
    pub auth: Auth,
    pub service_accounts: ServiceAccounts,
}

impl Authenticate for Bearers {
    fn authenticate<'a>(
        &'a self,
        token: &'a str,
        address: IpAddr,
    ) -> BoxFuture<'a, Result<Caller, Error>> {
        // An access token begins with a brace in base64, never with the prefix of keys.
        if token.starts_with(KEY_PREFIX) {
            Box::pin(self.service_accounts.authenticate(token, address))
        } else {
            Box::pin(self.auth.authenticate(token))
        }
    }
}
