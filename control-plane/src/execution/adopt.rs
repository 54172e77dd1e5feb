//! Runs that an operator has taken from whoever had them (`requeue`): queued again here.
//!
//! The command raised the attempt's number, so that nothing of the old attempt can be stored any more, and
//! left a mark. Whichever control-plane takes the mark away queues the run. What this one still knew of it
//! makes way: its worker is stopped, its watchers are told to come again.

use super::service::Execution;
use super::store;
use crate::platform::errors::Error;
use crate::platform::queue::Job;

impl Execution {
    /// Queues what operators want begun again.
    pub(super) async fn adopt(&self) -> Result<(), Error> {
        if !store::any_requeued(self.platform.db.read()).await? {
            return Ok(());
        }
        let mut tx = self.platform.db.write().await?;
        let requeued = store::take_requeued(&mut tx).await?;
        // When nobody knows whether the mark is gone, it is queued all the same: twice does no harm.
        let committed = tx.commit().await;
        for store::Unfinished {
            run,
            interactive,
            attempt,
            losses: _,
        } in requeued
        {
            let old = self.live.get(run.id);
            if old.as_ref().is_some_and(|old| old.attempt() >= attempt) {
                continue;
            }
            tracing::warn!(run_id = %run.id, attempt, "a run is begun again: an operator asked for it");
            if let Some(old) = old {
                old.replaced.cancel();
            }
            self.dispatcher.forget(Job::Run(run.id));
            self.enqueue(run, interactive, attempt);
        }
        Ok(committed?)
    }
}
