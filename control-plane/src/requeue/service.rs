//! Finds what is stuck and has it begun again.

use std::time::Duration;

use super::model::Unfinished;
use super::store;
use crate::execution::model::State;
use crate::history::model::Kind;
use crate::platform::Platform;
use crate::platform::errors::Error;

/// The use cases.
#[derive(Debug, Clone)]
pub struct Requeue {
    platform: Platform,
}

/// What became of a wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A control-plane queues it within seconds, or when it is started.
    Requeued,
    /// Something was heard of it so short a time ago.
    NotStuck(Duration),
    /// It has its result.
    Ended,
    /// There is no run or submission of this id.
    Missing,
}

impl Requeue {
    /// On a platform.
    pub fn new(platform: Platform) -> Self {
        Self { platform }
    }

    /// What has not ended and was silent for so long.
    pub async fn stuck(&self, patience: Duration) -> Result<Vec<Unfinished>, Error> {
        let now = self.platform.clock.now();
        let mut all = self.unfinished().await?;
        all.retain(|one| one.is_stuck(now, patience));
        Ok(all)
    }

    /// Has one begun again, if it is stuck.
    pub async fn requeue(&self, id: &str, patience: Duration) -> Result<Answer, Error> {
        let now = self.platform.clock.now();
        let unfinished = self.unfinished().await?;
        let Some(found) = unfinished.into_iter().find(|one| one.id == id) else {
            return self.absent(id).await;
        };
        if !found.is_stuck(now, patience) {
            return Ok(Answer::NotStuck(found.silence(now)));
        }
        let mut tx = self.platform.db.write().await?;
        let requeued = store::requeue(&mut tx, &found, now).await?;
        tx.commit().await?;
        Ok(match requeued {
            true => Answer::Requeued,
            // It moved between the two.
            false => Answer::NotStuck(Duration::ZERO),
        })
    }

    async fn unfinished(&self) -> Result<Vec<Unfinished>, Error> {
        let pool = self.platform.db.read();
        let mut all = store::unfinished(pool, Kind::Run).await?;
        all.extend(store::unfinished(pool, Kind::Submission).await?);
        Ok(all)
    }

    async fn absent(&self, id: &str) -> Result<Answer, Error> {
        let known = crate::history::store::history(self.platform.db.read(), id).await?;
        Ok(match known {
            Some(known) if known.state == State::Finished => Answer::Ended,
            // It was accepted between the two.
            Some(_) => Answer::NotStuck(Duration::ZERO),
            None => Answer::Missing,
        })
    }
}
