//! Submissions that an operator has taken from whoever had them: as `execution::adopt` says of runs.

use super::service::Submissions;
use super::store;
use crate::platform::errors::Error;
use crate::platform::queue::Job;

impl Submissions {
    /// Queues what operators want begun again.
    pub(super) async fn adopt(&self) -> Result<(), Error> {
        if !store::any_requeued(self.platform.db.read()).await? {
            return Ok(());
        }
        let mut tx = self.platform.db.write().await?;
        let requeued = store::take_requeued(&mut tx).await?;
        let committed = tx.commit().await;
        for store::Unfinished {
            submission,
            attempt,
            losses: _,
        } in requeued
        {
            let id = submission.id;
            let old = self.live.get(id);
            if old.as_ref().is_some_and(|old| old.attempt() >= attempt) {
                continue;
            }
            tracing::warn!(submission_id = %id, attempt, "a submission is begun again: an operator asked for it");
            if let Some(old) = old {
                old.replaced.cancel();
            }
            self.dispatcher.forget(Job::Submission(id));
            self.enqueue(submission, attempt);
        }
        Ok(committed?)
    }
}
