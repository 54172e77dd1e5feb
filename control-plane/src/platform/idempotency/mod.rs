//! `request_id`: a repeat of a call with a side effect gets the first answer.
//!
//! Before the work a call claims (user, method, request_id) with a digest of its body; after it
//! the encoded answer is stored with the claim. A repeat with the same body gets that answer, one
//! with another body is refused, and one that arrives while the first is still at work is told to
//! come again. A failed call gives its claim back, so that a repeat tries anew. A claim whose
//! process died is taken over after a minute.
//!
//! `once` does all of that around a use case. A use case that has its effect in one transaction
//! needs no claim before: it calls `look`, and stores request_id and answer with `Unseen::settle`
//! inside that transaction. So the effect can't happen twice, even when the process dies in
//! between, and there is one write instead of two. Of two such calls at one time the second to
//! settle gets the first one's answer.

mod store;

use std::time::Duration;

use jiff::Timestamp;
use prost::Message;
use sha2::{Digest, Sha256};

use super::clock::SharedClock;
use super::context::OpContext;
use super::db::{Connection, Db};
use super::errors::{Error, FieldViolation, Reason};
use super::ids::UserId;
use store::Found;
pub use store::{count_old, delete_old};

const MAX_REQUEST_ID_CHARS: usize = 64;
const ABANDONED_AFTER: Duration = Duration::from_secs(60);

/// Answers to requests that were seen before.
#[derive(Debug, Clone)]
pub struct Idempotency {
    db: Db,
    clock: SharedClock,
}

/// What a call may do.
#[derive(Debug)]
pub enum Turn<A, F> {
    /// It is the first with its request_id.
    First(F),
    /// It is a repeat; this was the answer.
    Repeat(A),
}

/// The right to do the work of one request_id. Without a request_id there is nothing to keep.
#[derive(Debug)]
#[must_use = "complete or abandon it, or repeats have to wait for a minute"]
struct Claim(Option<Key>);

/// A request_id to which nothing was answered yet. Without a request_id there is nothing to keep.
#[derive(Debug)]
pub struct Unseen(Option<New>);

/// What is stored with the answer.
#[derive(Debug)]
struct New {
    key: Key,
    body: [u8; 32],
    now: Timestamp,
}

#[derive(Debug)]
struct Key {
    user_id: String,
    method: &'static str,
    request_id: String,
}

impl Claim {
    /// Stores the answer.
    async fn complete<A: Message>(self, tx: &mut Connection, answer: &A) -> Result<(), Error> {
        if let Some(key) = self.0 {
            store::complete(tx, &key, &answer.encode_to_vec()).await?;
        }
        Ok(())
    }
}

impl Unseen {
    /// Stores the answer, in the transaction that has the effect; best before the effect. Gives the
    /// answer of another call with this request_id that was faster: then the transaction must be
    /// dropped.
    pub async fn settle<A: Message + Default>(
        self,
        tx: &mut Connection,
        answer: &A,
    ) -> Result<Option<A>, Error> {
        let Some(New { key, body, now }) = self.0 else {
            return Ok(None);
        };
        if store::settle(tx, &key, &body, &answer.encode_to_vec(), now).await? {
            return Ok(None);
        }
        match store::find(&mut *tx, &key).await? {
            Some(found) if found.body != body => Err(reused()),
            Some(Found {
                answer: Some(answer),
                ..
            }) => Ok(Some(decode(&answer)?)),
            _ => Err(in_progress()),
        }
    }
}

impl Idempotency {
    /// Keeps answers in the database.
    pub fn new(db: Db, clock: SharedClock) -> Self {
        Self { db, clock }
    }

    /// Does `work` unless its caller did it before under this request_id.
    pub async fn once<R, A, W>(
        &self,
        context: &OpContext,
        request_id: &str,
        request: &R,
        work: W,
    ) -> Result<A, Error>
    where
        R: Message,
        A: Message + Default,
        W: Future<Output = Result<A, Error>>,
    {
        let user = context.caller()?.user_id;
        let claim = self.claim(user, context.method, request_id, request);
        let claim = match claim.await? {
            Turn::Repeat(answer) => return Ok(answer),
            Turn::First(claim) => claim,
        };
        match work.await {
            Ok(answer) => {
                let mut tx = self.db.write().await?;
                claim.complete(&mut tx, &answer).await?;
                tx.commit().await?;
                Ok(answer)
            }
            Err(error) => {
                self.abandon(claim).await;
                Err(error)
            }
        }
    }

    /// Finds what was answered before. Writes nothing, so that a call can be refused for free.
    pub async fn look<R: Message, A: Message + Default>(
        &self,
        user_id: UserId,
        method: &'static str,
        request_id: &str,
        request: &R,
    ) -> Result<Turn<A, Unseen>, Error> {
        let Some(new) = self.new_of(user_id, method, request_id, request)? else {
            return Ok(Turn::First(Unseen(None)));
        };
        match store::find(self.db.read(), &new.key).await? {
            Some(found) if found.body != new.body => Err(reused()),
            Some(Found {
                answer: Some(answer),
                ..
            }) => Ok(Turn::Repeat(decode(&answer)?)),
            // A claim without an answer is that of a process that has died.
            _ => Ok(Turn::First(Unseen(Some(new)))),
        }
    }

    /// None without a request_id.
    fn new_of<R: Message>(
        &self,
        user_id: UserId,
        method: &'static str,
        request_id: &str,
        request: &R,
    ) -> Result<Option<New>, Error> {
        if request_id.is_empty() {
            return Ok(None);
        }
        check_request_id(request_id)?;
        let key = Key {
            user_id: user_id.to_string(),
            method,
            request_id: request_id.to_owned(),
        };
        Ok(Some(New {
            key,
            body: Sha256::digest(request.encode_to_vec()).into(),
            now: self.clock.now(),
        }))
    }

    /// Claims a request_id, or finds what was answered before.
    async fn claim<R: Message, A: Message + Default>(
        &self,
        user_id: UserId,
        method: &'static str,
        request_id: &str,
        request: &R,
    ) -> Result<Turn<A, Claim>, Error> {
        let Some(new) = self.new_of(user_id, method, request_id, request)? else {
            return Ok(Turn::First(Claim(None)));
        };
        let New { key, body, now } = new;
        let mut tx = self.db.write().await?;
        let found = store::find(&mut *tx, &key).await?;
        let Some(found) = found else {
            store::insert(&mut tx, &key, &body, now).await?;
            tx.commit().await?;
            return Ok(Turn::First(Claim(Some(key))));
        };
        if found.body != body {
            return Err(reused());
        }
        match found {
            Found {
                answer: Some(answer),
                ..
            } => Ok(Turn::Repeat(decode(&answer)?)),
            Found { claim_time, .. } if is_abandoned(claim_time, now) => {
                store::take_over(&mut tx, &key, now).await?;
                tx.commit().await?;
                Ok(Turn::First(Claim(Some(key))))
            }
            _ => Err(in_progress()),
        }
    }

    /// Gives a claim back after a failure. A claim that can't be given back runs out by itself.
    async fn abandon(&self, claim: Claim) {
        let Some(key) = claim.0 else { return };
        let result = async {
            let mut tx = self.db.write().await?;
            store::delete(&mut tx, &key).await?;
            tx.commit().await?;
            Ok::<_, Error>(())
        };
        if let Err(error) = result.await {
            tracing::warn!(%error, "a request_id could not be given back");
        }
    }
}

/// Refuses a request_id that is too long.
pub fn check_request_id(request_id: &str) -> Result<(), Error> {
    if request_id.chars().count() > MAX_REQUEST_ID_CHARS {
        return Err(Error::invalid(
            "request_id",
            "may have at most 64 characters.",
        ));
    }
    Ok(())
}

/// The error for a request_id that came with another body before.
pub fn reused() -> Error {
    Error::Invalid {
        reason: Reason::REQUEST_ID_REUSED,
        violations: vec![FieldViolation {
            field: "request_id".into(),
            description: "was used for another request.".into(),
        }],
    }
}

fn in_progress() -> Error {
    Error::Aborted {
        reason: Reason::REQUEST_IN_PROGRESS,
        message: "The same request is being worked on; repeat it in a moment.",
        retry_after: Some(Duration::from_secs(1)),
    }
}

fn is_abandoned(claim_time: Timestamp, now: Timestamp) -> bool {
    let age = Duration::try_from(now.duration_since(claim_time)).unwrap_or_default();
    age >= ABANDONED_AFTER
}

fn decode<A: Message + Default>(answer: &[u8]) -> Result<A, Error> {
    A::decode(answer).map_err(|error| Error::internal("read a stored answer", error))
}

#[cfg(test)]
mod tests;
