//! Sharing code, and reading what was shared.

use std::time::Duration;

use jiff::Timestamp;

use super::model::{NewSnippet, Snippet, SnippetId, StoredSnippet, charge};
use super::store;
use crate::execution::program;
use crate::platform::Platform;
use crate::platform::context::Caller;
use crate::platform::errors::{Error, Reason, Violations};
use crate::platform::seal::random_bytes;

/// All shared code.
#[derive(Debug, Clone)]
pub struct Snippets {
    platform: Platform,
}

impl Snippets {
    /// Shared code in the platform's database.
    pub fn new(platform: Platform) -> Self {
        Self { platform }
    }

    /// Keeps code under a new id.
    ///
    /// # Errors
    /// INVALID_ARGUMENT for what could not be run either; SNIPPETS_FULL when the caller's live ones
    /// would take more space than a user has.
    pub async fn create(&self, caller: Caller, new: NewSnippet) -> Result<Snippet, Error> {
        let limits = &self.platform.config.limits;
        let mut wrong = Violations::default();
        program::check(&new.program, limits, &mut wrong);
        let profile = wrong.keep("profile", new.profile.ok_or("is not a profile."));
        let Some(profile) = profile else {
            return Err(wrong.into_error());
        };
        wrong.check()?;
        let now = self.platform.clock.now();
        let snippet = Snippet {
            id: SnippetId::new(random_bytes()),
            program: new.program,
            profile,
            create_time: now,
            expire_time: now + self.platform.config.retention.snippets,
        };
        let stored = StoredSnippet {
            user_id: caller.user_id,
            charge: charge(&snippet.program),
            snippet: &snippet,
        };
        let mut tx = self.platform.db.write().await?;
        if let Some(most) = limits.snippet_user_bytes {
            let used = store::charged(&mut tx, caller.user_id, now).await?;
            if used.bytes.saturating_add(stored.charge) > most.get() {
                return Err(full(most.get(), used.first_expire_time, now));
            }
        }
        store::insert(&mut tx, &stored).await?;
        tx.commit().await?;
        Ok(snippet)
    }

    /// Code by its id; NOT_FOUND also when it has expired.
    pub async fn get(&self, id: &str) -> Result<Snippet, Error> {
        let missing = Error::NotFound("snippet");
        let Ok(id) = id.parse() else {
            return Err(missing);
        };
        let now = self.platform.clock.now();
        let found = store::live(self.platform.db.read(), id, now).await?;
        found.ok_or(missing)
    }
}

fn full(most: u64, first_expire_time: Option<Timestamp>, now: Timestamp) -> Error {
    let wait = first_expire_time.and_then(|time| Duration::try_from(time.duration_since(now)).ok());
    let megabytes = most / (1024 * 1024);
    Error::ResourceExhausted {
        reason: Reason::SNIPPETS_FULL,
        message: format!(
            "You are sharing as much code as you can ({megabytes} MB). The oldest of it expires first."
        ),
        retry_after: wait.unwrap_or_default(),
    }
}
