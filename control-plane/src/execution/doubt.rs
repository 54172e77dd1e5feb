//! What was stored or not: the connection broke while a commit was under way, or the caller hung
//! up and its call was dropped in the middle. A run that is in the database must be queued, or
//! the answer to a repeat of its `request_id` would name a run that never ends; one that is not
//! must not be.

use std::sync::Arc;
use std::time::Duration;

use super::attempts::persistently;
use super::model::{Run, State};
use super::service::Execution;
use super::store;
use crate::platform::config::Database;

/// The least time of doubt, and what is added to the longest that the server may think about a statement.
const LEAST: Duration = Duration::from_secs(10);
const GRACE: Duration = Duration::from_secs(2);

/// A commit that is under way on the server is over by then, one way or the other.
pub(crate) fn time_of_doubt(settings: &Database) -> Duration {
    LEAST.max(settings.statement_limit + GRACE)
}

/// Does something when it is dropped, unless it was told that all is clear.
pub(crate) struct InDoubt<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> InDoubt<F> {
    /// In doubt from now on.
    pub(crate) fn new(find_out: F) -> Self {
        Self(Some(find_out))
    }

    /// There is no doubt: it was stored.
    pub(crate) fn clear(mut self) {
        self.0 = None;
    }
}

impl<F: FnOnce()> Drop for InDoubt<F> {
    fn drop(&mut self) {
        if let Some(find_out) = self.0.take() {
            find_out();
        }
    }
}

impl Execution {
    /// Guards the commit that stores a run.
    pub(super) fn in_doubt(
        self: &Arc<Self>,
        run: &Run,
        interactive: bool,
    ) -> InDoubt<impl FnOnce() + use<>> {
        let (execution, run) = (self.clone(), run.clone());
        InDoubt::new(move || {
            tokio::spawn(async move {
                let doubt = time_of_doubt(&execution.platform.config.database);
                tokio::time::sleep(doubt).await;
                execution.find_out(run, interactive).await;
            });
        })
    }

    async fn find_out(&self, run: Run, interactive: bool) {
        let id = run.id;
        let read = || async { Ok(store::get(self.platform.db.read(), id).await?) };
        let stored = persistently("find out whether a run was stored", read).await;
        let queued = stored.is_some_and(|stored| stored.run.state == State::Queued);
        if queued && self.live.get(id).is_none() {
            tracing::warn!(run_id = %id, "a run was stored after all");
            self.enqueue(run, interactive, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use sandboxd_sim::Sim;

    use super::super::lab::lab_with;
    use super::super::model::Outcome;
    use super::*;
    use crate::platform::errors::Error;

    #[tokio::test]
    async fn what_was_stored_after_all_is_run_and_the_rest_is_not() {
        let lab = lab_with("", vec![Sim::default()]).await;
        let caller = lab.user().await;
        for committed in [true, false] {
            let run = lab.store(caller, committed).await;
            lab.execution.find_out(run.clone(), false).await;
            // Once is enough.
            lab.execution.find_out(run.clone(), false).await;
            if committed {
                let run = lab.finished(caller, run.id).await;
                assert_eq!(run.ending.unwrap().outcome, Outcome::Ok);
            } else {
                assert!(lab.execution.get(caller, run.id).await.is_err());
            }
        }
        assert_eq!(lab.runners[0].seen().len(), 1);
    }

    /// Nobody would ever tell its watcher how it goes on.
    #[tokio::test]
    async fn a_run_that_is_stored_and_not_queued_yet_is_not_followed() {
        let lab = lab_with("", vec![Sim::default()]).await;
        let caller = lab.user().await;
        let run = lab.store(caller, true).await;
        assert_eq!(lab.execution.get(caller, run.id).await.unwrap().id, run.id);
        let watched = lab.execution.watch(caller, run.id, 0).await.map(drop);
        let cancelled = lab.execution.cancel(caller, run.id).await.map(drop);
        for refused in [watched, cancelled] {
            assert!(
                matches!(refused, Err(Error::Unavailable { .. })),
                "{refused:?}"
            );
        }
        lab.execution.find_out(run.clone(), false).await;
        assert!(lab.execution.watch(caller, run.id, 0).await.is_ok());
        lab.finished(caller, run.id).await;
        assert!(lab.execution.watch(caller, run.id, 0).await.is_ok());
    }

    #[test]
    fn doubt_outlasts_every_statement() {
        let folder = std::path::Path::new("/");
        let location = crate::platform::db::Location::parse("data.db", folder).unwrap();
        let mut settings = Database::at(location);
        for (limit, doubt) in [(5, 10), (60, 62), (600, 602)] {
            settings.statement_limit = Duration::from_secs(limit);
            assert_eq!(time_of_doubt(&settings), Duration::from_secs(doubt));
        }
    }

    #[test]
    fn what_is_clear_is_not_looked_at() {
        let looked = std::cell::Cell::new(0);
        let doubt = || InDoubt::new(|| looked.set(looked.get() + 1));
        doubt().clear();
        assert_eq!(looked.get(), 0);
        drop(doubt());
        assert_eq!(looked.get(), 1);
    }
}
