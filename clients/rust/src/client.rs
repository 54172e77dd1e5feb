//! The client: one connection, one session, and how a call is made. A call carries the access
//! token, is repeated when the connection broke and the API allows it, and is repeated once with
//! a new token when the server refused the old one.

use std::sync::Arc;
use std::time::Duration;

use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};

use crate::error::is_broken_connection;
use crate::tokens::Session;
use crate::{Error, MemoryTokens, Settings, TokenStore};

/// Pauses before a call that may be repeated is sent again over a new connection.
const REPEAT_AFTER: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];

/// A user's view of one server. Cheap to clone; clones share connection and session.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    settings: Settings,
    channel: Channel,
    session: Session,
}

/// Whether a call needs a session.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Login {
    /// The server refuses it without.
    Needed,
    /// With one it counts against the user's limits rather than the network address's.
    Helpful,
    /// It makes one.
    Unused,
}

/// Whether a call may be sent again when its answer was lost.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    Safe,
    Never,
}

impl Client {
    /// A client whose session lives as long as it does. Connects at the first call.
    ///
    /// # Panics
    /// Outside of a tokio runtime, which the connection needs.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        Client::with_tokens(settings, Arc::new(MemoryTokens::default()))
    }

    /// A client that keeps its session in `store`. Connects at the first call.
    ///
    /// # Panics
    /// Outside of a tokio runtime, which the connection needs.
    pub fn with_tokens(settings: Settings, store: Arc<dyn TokenStore>) -> Result<Self, Error> {
        let channel = settings.channel()?;
        let session = Session::new(
            store,
            channel.clone(),
            settings.server.clone(),
            settings.call_timeout,
        );
        Ok(Client {
            shared: Arc::new(Shared {
                settings,
                channel,
                session,
            }),
        })
    }

    /// The connection, for generated stubs.
    pub fn channel(&self) -> Channel {
        self.shared.channel.clone()
    }

    /// A request that carries the session's access token, for generated stubs.
    ///
    /// # Errors
    /// [`Error::NotLoggedIn`] without a session, and what renewing the token may answer.
    pub async fn authorised<T>(&self, message: T) -> Result<Request<T>, Error> {
        let token = self
            .shared
            .session
            .access_token(None)
            .await?
            .ok_or_else(not_logged_in)?;
        Ok(with_token(message, Some(&token)))
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    pub(crate) fn session(&self) -> &Session {
        &self.shared.session
    }

    /// Makes a call that ends with one answer, within [`Settings::call_timeout`].
    pub(crate) async fn call<Q, A, F>(
        &self,
        message: Q,
        login: Login,
        repeat: Repeat,
        send: impl Fn(Channel, Request<Q>) -> F,
    ) -> Result<A, Error>
    where
        Q: Clone,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let mut pauses = REPEAT_AFTER.iter();
        loop {
            let limit = Some(self.settings().call_timeout);
            match self.call_with_token(&message, login, limit, &send).await {
                Err(Error::Unreachable { source, .. }) if repeat == Repeat::Safe => {
                    match pauses.next() {
                        Some(pause) => tokio::time::sleep(*pause).await,
                        None => return Err(self.error(source)),
                    }
                }
                ended => return ended,
            }
        }
    }

    /// Opens a stream of answers, which has no time limit. The caller decides about repeating.
    pub(crate) async fn open<Q, A, F>(
        &self,
        message: Q,
        send: impl Fn(Channel, Request<Q>) -> F,
    ) -> Result<A, Error>
    where
        Q: Clone,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        self.call_with_token(&message, Login::Needed, None, &send)
            .await
    }

    /// What a refusal means, for generated stubs.
    pub fn error(&self, status: Status) -> Error {
        Error::from_status(&self.settings().server, status)
    }

    async fn call_with_token<Q, A, F>(
        &self,
        message: &Q,
        login: Login,
        limit: Option<Duration>,
        send: &impl Fn(Channel, Request<Q>) -> F,
    ) -> Result<A, Error>
    where
        Q: Clone,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let mut refused: Option<String> = None;
        loop {
            let token = self.token_for(login, refused.as_deref()).await?;
            let mut request = with_token(message.clone(), token.as_deref());
            if let Some(limit) = limit {
                request.set_timeout(limit);
            }
            match send(self.channel(), request).await {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status)
                    if status.code() == Code::Unauthenticated
                        && !is_broken_connection(&status)
                        && token.is_some()
                        && refused.is_none() =>
                {
                    refused = token;
                }
                Err(status) => return Err(self.error(status)),
            }
        }
    }

    async fn token_for(
        &self,
        login: Login,
        refused: Option<&str>,
    ) -> Result<Option<String>, Error> {
        if login == Login::Unused {
            return Ok(None);
        }
        match (login, self.shared.session.access_token(refused).await) {
            (Login::Needed, Ok(None)) => Err(not_logged_in()),
            (Login::Helpful, Err(Error::NotLoggedIn(_))) => Ok(None),
            (_, token) => token,
        }
    }
}

fn with_token<T>(message: T, token: Option<&str>) -> Request<T> {
    let mut request = Request::new(message);
    // A token that is no header value can't have come from a server; it is refused like none.
    if let Some(value) = token.and_then(|token| format!("Bearer {token}").parse().ok()) {
        request.metadata_mut().insert("authorization", value);
    }
    request
}

fn not_logged_in() -> Error {
    Error::NotLoggedIn(crate::Refusal {
        code: Code::Unauthenticated,
        reason: "NO_SESSION".to_owned(),
        message: "you are not logged in".to_owned(),
        fields: Vec::new(),
        retry_after: None,
    })
}
