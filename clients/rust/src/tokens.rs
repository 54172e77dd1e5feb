//! The session's tokens: where they are kept, and their renewal.
//!
//! A refresh token works once, and using it twice ends the session. Two programs of one user may
//! share a store, so renewal goes: lock the store, read it again (somebody else may have renewed
//! meanwhile), exchange, write, unlock.

use std::any::Any;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use coderunner_proto::v1::auth_service_client::AuthServiceClient;
use coderunner_proto::v1::{RefreshRequest, Tokens};
use tonic::transport::Channel;

use crate::Error;

/// A token that ends sooner than this is renewed before it is used.
const RENEW_BEFORE_END: Duration = Duration::from_secs(30);

/// Keeps the tokens of one session. Reading and writing must be quick; `lock` may block.
pub trait TokenStore: Send + Sync + 'static {
    /// The tokens, if there is a session.
    fn load(&self) -> io::Result<Option<Tokens>>;
    /// Keeps new tokens, or forgets them.
    fn save(&self, tokens: Option<&Tokens>) -> io::Result<()>;
    /// Waits until nobody else renews, and keeps others from it until the value is dropped.
    fn lock(&self) -> io::Result<Box<dyn Any + Send>>;
}

/// Tokens that live as long as the program.
#[derive(Debug, Default)]
pub struct MemoryTokens(Mutex<Option<Tokens>>);

impl TokenStore for MemoryTokens {
    fn load(&self) -> io::Result<Option<Tokens>> {
        Ok(self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())
    }

    fn save(&self, tokens: Option<&Tokens>) -> io::Result<()> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = tokens.cloned();
        Ok(())
    }

    // Only one `Session` uses this store, and it renews one at a time.
    fn lock(&self) -> io::Result<Box<dyn Any + Send>> {
        Ok(Box::new(()))
    }
}

/// Hands out an access token that works.
pub(crate) struct Session {
    store: Arc<dyn TokenStore>,
    renewing: tokio::sync::Mutex<()>,
    channel: Channel,
    server: String,
    call_timeout: Duration,
}

impl Session {
    pub(crate) fn new(
        store: Arc<dyn TokenStore>,
        channel: Channel,
        server: String,
        call_timeout: Duration,
    ) -> Self {
        Session {
            store,
            renewing: tokio::sync::Mutex::default(),
            channel,
            server,
            call_timeout,
        }
    }

    /// Keeps the tokens of a new session, or forgets those of one that is over.
    pub(crate) fn replace(&self, tokens: Option<&Tokens>) -> Result<(), Error> {
        self.store.save(tokens).map_err(Error::Tokens)
    }

    /// An access token, renewed when it is about to end or is the one that the server refused.
    /// None without a session.
    pub(crate) async fn access_token(
        &self,
        refused: Option<&str>,
    ) -> Result<Option<String>, Error> {
        let usable = |tokens: &Tokens| {
            Some(tokens.access_token.as_str()) != refused && lasts(tokens, SystemTime::now())
        };
        match self.store.load().map_err(Error::Tokens)? {
            None => return Ok(None),
            Some(tokens) if usable(&tokens) => return Ok(Some(tokens.access_token)),
            Some(_) => {}
        }

        let _one_at_a_time = self.renewing.lock().await;
        let store = Arc::clone(&self.store);
        let _lock = tokio::task::spawn_blocking(move || store.lock())
            .await
            .map_err(|gone| Error::Tokens(io::Error::other(gone)))?
            .map_err(Error::Tokens)?;
        match self.store.load().map_err(Error::Tokens)? {
            None => Ok(None),
            Some(tokens) if usable(&tokens) => Ok(Some(tokens.access_token)),
            Some(tokens) => self.renew(tokens.refresh_token).await.map(Some),
        }
    }

    async fn renew(&self, refresh_token: String) -> Result<String, Error> {
        let mut request = tonic::Request::new(RefreshRequest { refresh_token });
        request.set_timeout(self.call_timeout);
        let renewed = AuthServiceClient::new(self.channel.clone())
            .refresh(request)
            .await;
        match renewed {
            Ok(answer) => {
                let tokens = answer
                    .into_inner()
                    .tokens
                    .ok_or(Error::Incomplete("tokens"))?;
                self.replace(Some(&tokens))?;
                Ok(tokens.access_token)
            }
            Err(status) => {
                let error = Error::from_status(&self.server, status);
                if matches!(error, Error::NotLoggedIn(_)) {
                    self.replace(None)?;
                }
                Err(error)
            }
        }
    }
}

fn lasts(tokens: &Tokens, now: SystemTime) -> bool {
    let end = tokens
        .access_token_expire_time
        .and_then(|time| SystemTime::try_from(time).ok());
    end.is_some_and(|end| end > now + RENEW_BEFORE_END)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_about_to_end_does_not_last() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let ends_in = |seconds: u64| Tokens {
            access_token_expire_time: Some((now + Duration::from_secs(seconds)).into()),
            ..Tokens::default()
        };
        assert!(lasts(&ends_in(31), now));
        assert!(!lasts(&ends_in(30), now));
        assert!(!lasts(&Tokens::default(), now));
    }
}
