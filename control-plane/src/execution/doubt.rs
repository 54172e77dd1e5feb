//! What was stored or not: the connection broke while a commit was under way, or the caller hung
//! up and its call was dropped in the middle. A run that is in the database must be queued, or
//! the answer to a repeat of its `request_id` would name a run that never ends; one that is not
//! must not be.

use std::sync::Arc;
use std::time::Duration;

use super::model::{Run, State};
use super::service::Execution;
use super::store;
use super::worker::persistently;

/// A commit that is under way on the server is over by then, one way or the other.
pub(crate) const DOUBT: Duration = Duration::from_secs(10);

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
                tokio::time::sleep(DOUBT).await;
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

    use super::super::lab::{lab_with, request};
    use super::super::model::Outcome;
    use super::super::service::new_run;
    use super::*;
    use crate::platform::ids::CallId;

    /// As `create` does, up to a commit whose answer is lost.
    #[tokio::test]
    async fn what_was_stored_after_all_is_run_and_the_rest_is_not() {
        let lab = lab_with("", vec![Sim::default()]).await;
        let caller = lab.user().await;
        for committed in [true, false] {
            let run = new_run(caller.user_id, lab.platform.clock.now());
            let asked = request("# sim: print fine");
            let new = store::NewRun {
                id: run.id,
                user: run.user,
                call_id: CallId::new().to_string(),
                program: &asked.program,
                profile: asked.profile.unwrap_or_default(),
                stdin: &asked.stdin,
                interactive: false,
                collect_files: false,
                create_time: run.create_time,
            };
            let mut tx = lab.platform.db.write_beside().await.unwrap();
            store::insert(&mut tx, &new).await.unwrap();
            match committed {
                true => tx.commit().await.unwrap(),
                false => drop(tx),
            }
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
