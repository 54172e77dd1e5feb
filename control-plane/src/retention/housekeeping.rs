//! What a server deletes by itself, every ten minutes: answers that nobody can ask for again,
//! sessions, failed logins and networks, rejudges, shared code. Each goes whether or not the one before it
//! could, in batches between which others write.

use std::time::Duration;

use super::service::{Retention, Rows};
use crate::auth::service::{ENDED_SESSIONS, KNOWN_NETWORK};
use crate::auth::store::old::Rows as Logins;

const EVERY: Duration = Duration::from_secs(600);

impl Retention {
    /// For as long as the process lives.
    pub async fn keep_house(self) {
        loop {
            self.platform.rate_limits.forget_idle();
            self.tidy().await;
            tokio::time::sleep(EVERY).await;
        }
    }

    /// One round.
    async fn tidy(&self) {
        let retention = &self.platform.config.retention;
        for (rows, kept) in [
            (Rows::RequestIds, retention.request_ids),
            (Rows::Logins(Logins::TokensOfExpired), ENDED_SESSIONS),
            (Rows::Logins(Logins::Expired), ENDED_SESSIONS),
            (Rows::Logins(Logins::TokensOfEnded), ENDED_SESSIONS),
            (Rows::Logins(Logins::Ended), ENDED_SESSIONS),
            (Rows::Logins(Logins::Failures), ENDED_SESSIONS),
            (Rows::Logins(Logins::Networks), KNOWN_NETWORK),
            (Rows::Rejudges, retention.results),
            (Rows::Snippets, retention.snippets),
        ] {
            let before = self.platform.clock.now() - kept;
            if let Err(error) = self.delete_rows(rows, before).await {
                let what = rows.words();
                tracing::warn!(%error, what, "what is old could not be deleted; trying again in ten minutes");
            }
        }
    }
}

#[cfg(test)]
mod tests;
