//! Who calls, under which id, and until when. The guard (`guard.rs`) makes one for every call,
//! before any handler; use cases take it as their first argument.

use std::net::IpAddr;
use std::time::Instant;

use tonic::Status;

use super::errors::{Error, Reason};
use super::ids::{ApiKeyId, CallId, SessionId, UserId};
use super::ratelimit::Quota;
use super::scopes::Scopes;

/// What an account may do. Each role may do what the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Student,
    Teacher,
    Author,
    Admin,
}

/// A text that is no role.
#[derive(Debug, thiserror::Error)]
#[error("a role is student, teacher, author or admin")]
pub struct InvalidRole;

impl std::str::FromStr for Role {
    type Err = InvalidRole;

    fn from_str(text: &str) -> Result<Self, InvalidRole> {
        match text {
            "student" => Ok(Self::Student),
            "teacher" => Ok(Self::Teacher),
            "author" => Ok(Self::Author),
            "admin" => Ok(Self::Admin),
            _ => Err(InvalidRole),
        }
    }
}

impl Role {
    /// The word in the database and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Student => "student",
            Self::Teacher => "teacher",
            Self::Author => "author",
            Self::Admin => "admin",
        }
    }
}

/// What a caller proved to be somebody with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// An access token of this session.
    Session(SessionId),
    /// A key of a service account: with these scopes only, and quotas of the account's own.
    ApiKey {
        id: ApiKeyId,
        scopes: Scopes,
        quota: Quota,
    },
}

/// A logged-in user or a service, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    pub user_id: UserId,
    pub role: Role,
    pub credential: Credential,
}

impl Caller {
    /// The session; a service has none.
    pub fn session_id(&self) -> Result<SessionId, Error> {
        match self.credential {
            Credential::Session(id) => Ok(id),
            Credential::ApiKey { .. } => Err(Error::KeyRefused(None)),
        }
    }

    /// Where the account's quotas differ from those of all users.
    pub fn quota(&self) -> Quota {
        match self.credential {
            Credential::Session(_) => Quota::default(),
            Credential::ApiKey { quota, .. } => quota,
        }
    }
}

/// The circumstances of one call.
#[derive(Debug, Clone)]
pub struct OpContext {
    /// Names the call in the log, and in the response header `x-request-id`.
    pub call_id: CallId,
    /// Who calls; none for calls without a (valid) token.
    pub caller: Option<Caller>,
    /// Network address of the client, behind trusted proxies the one that they name.
    pub address: IpAddr,
    /// What the client calls itself, cut to 200 characters.
    pub user_agent: String,
    /// The client is a page that keeps its refresh token in a cookie (`browser.rs`).
    pub browser: bool,
    /// When the client stops waiting.
    pub deadline: Option<Instant>,
    /// Full name of the call, for example `/coderunner.v1.AuthService/Login`.
    pub method: &'static str,
}

impl OpContext {
    /// The context that the guard attached.
    #[allow(clippy::result_large_err)]
    pub fn of<T>(request: &tonic::Request<T>) -> Result<Self, Status> {
        let missing = "no guard in front of the handler";
        request
            .extensions()
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Error::internal("read the context of a call", missing).into())
    }

    /// The logged-in user. The guard has refused calls without one where the table asks for it.
    pub fn caller(&self) -> Result<Caller, Error> {
        self.caller.ok_or(Error::Unauthenticated(Reason::NO_TOKEN))
    }
}
