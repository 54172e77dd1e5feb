//! `request_id`: a repeat of a call with a side effect gets the first answer.
//!
//! Before the work a call claims (user, method, request_id) with a digest of its body; after it
//! the encoded answer is stored with the claim. A repeat with the same body gets that answer, one
//! with another body is refused, and one that arrives while the first is still at work is told to
//! come again. A failed call gives its claim back, so that a repeat tries anew. A claim whose
//! process died is taken over after a minute.
//!
//! `once` does all of that around a use case. A use case whose effect may not happen twice even
//! when the process dies in between calls `claim`, and stores the answer with `Claim::complete`
//! inside the transaction that has the effect.

mod store;

use std::time::Duration;

use jiff::Timestamp;
use prost::Message;
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

use super::clock::SharedClock;
use super::db::Db;
use super::errors::{Error, FieldViolation, Reason};
use super::ids::UserId;
use store::Found;

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
pub enum Turn<A> {
    /// It is the first with its request_id; do the work, then complete or abandon the claim.
    First(Claim),
    /// It is a repeat; this was the answer.
    Repeat(A),
}

/// The right to do the work of one request_id. Without a request_id there is nothing to keep.
#[derive(Debug)]
#[must_use = "complete or abandon it, or repeats have to wait for a minute"]
pub struct Claim(Option<Key>);

#[derive(Debug)]
struct Key {
    user_id: String,
    method: &'static str,
    request_id: String,
}

impl Claim {
    /// Stores the answer, in the transaction that has the effect.
    pub async fn complete<A: Message>(
        self,
        tx: &mut SqliteConnection,
        answer: &A,
    ) -> Result<(), Error> {
        if let Some(key) = self.0 {
            store::complete(tx, &key, &answer.encode_to_vec()).await?;
        }
        Ok(())
    }
}

impl Idempotency {
    /// Keeps answers in the database.
    pub fn new(db: Db, clock: SharedClock) -> Self {
        Self { db, clock }
    }

    /// Does `work` unless it was done before under this request_id.
    pub async fn once<R, A, W>(
        &self,
        user_id: UserId,
        method: &'static str,
        request_id: &str,
        request: &R,
        work: W,
    ) -> Result<A, Error>
    where
        R: Message,
        A: Message + Default,
        W: Future<Output = Result<A, Error>>,
    {
        let claim = match self.claim(user_id, method, request_id, request).await? {
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

    /// Claims a request_id, or finds what was answered before.
    pub async fn claim<R: Message, A: Message + Default>(
        &self,
        user_id: UserId,
        method: &'static str,
        request_id: &str,
        request: &R,
    ) -> Result<Turn<A>, Error> {
        if request_id.is_empty() {
            return Ok(Turn::First(Claim(None)));
        }
        check_request_id(request_id)?;
        let body: [u8; 32] = Sha256::digest(request.encode_to_vec()).into();
        let key = Key {
            user_id: user_id.to_string(),
            method,
            request_id: request_id.to_owned(),
        };
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let found = store::find(&mut tx, &key).await?;
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
    pub async fn abandon(&self, claim: Claim) {
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

    /// Forgets answers from before a time.
    pub async fn forget(&self, before: Timestamp) -> Result<u64, Error> {
        let mut tx = self.db.write().await?;
        let count = store::forget(&mut tx, before).await?;
        tx.commit().await?;
        Ok(count)
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
