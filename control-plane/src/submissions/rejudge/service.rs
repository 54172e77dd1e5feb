//! Use cases of rejudges: start, look at, decide. Problems have no owners, and so have rejudges:
//! every author may look at and decide each.

use std::sync::Arc;

use jiff::Timestamp;
use prost::Message;

use super::model::{
    Change, Counts, Decision, Impossible, MOST_SUBMISSIONS, Rejudge, Selection, State,
};
use super::store;
use crate::platform::context::Caller;
use crate::platform::db::Connection;
use crate::platform::errors::{Error, Reason};
use crate::platform::idempotency::Unseen;
use crate::platform::ids::RejudgeId;
use crate::platform::pagination::Page;
use crate::problems::model::GradedProblem;
use crate::submissions::service::Submissions;

impl Submissions {
    /// The problem that a rejudge grades by.
    pub async fn check_rejudge(&self, selection: &Selection) -> Result<Arc<GradedProblem>, Error> {
        self.problems.for_grading(&selection.problem).await
    }

    /// Stores a checked rejudge, which the worker then goes about. Rejudge, request_id and answer
    /// are stored together. A call that was faster with this request_id gives the answer.
    pub async fn start_rejudge<A: Message + Default>(
        &self,
        caller: Caller,
        problem: &GradedProblem,
        selection: &Selection,
        unseen: Unseen,
        answer: impl FnOnce(Rejudge) -> A,
    ) -> Result<A, Error> {
        let now = self.platform.clock.now();
        let id = RejudgeId::new();
        let mut tx = self.platform.db.write_beside().await?;
        let content = (problem.slug.as_str(), problem.etag.as_str());
        if !store::insert(&mut tx, id, caller.user_id, content, now).await? {
            return faster_or_open(&mut tx, unseen, answer).await;
        }
        let count = store::choose(&mut tx, id, selection, MOST_SUBMISSIONS + 1).await?;
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        check_count(count, selection)?;
        let rejudge = store::get(&mut *tx, id).await?;
        let answer = answer(rejudge.ok_or(Error::NotFound("rejudge"))?);
        if let Some(faster) = unseen.settle(&mut tx, &answer).await? {
            return Ok(faster);
        }
        tx.commit().await?;
        self.rejudging.send_replace(());
        Ok(answer)
    }

    /// How far a rejudge is.
    pub async fn rejudge(&self, id: RejudgeId) -> Result<Rejudge, Error> {
        let found = store::get(self.platform.db.read(), id).await?;
        found.ok_or(Error::NotFound("rejudge"))
    }

    /// Rejudges, newest first.
    pub async fn rejudges(
        &self,
        problem: Option<&str>,
        page: &Page<String>,
    ) -> Result<(Vec<Rejudge>, String), Error> {
        let (pool, after) = (self.platform.db.read(), page.after.as_deref());
        let rows = store::list(pool, problem, after, page.fetch()).await?;
        Ok(page.finish(rows, |rejudge| rejudge.id.to_string()))
    }

    /// The submissions that a rejudge changes, oldest first.
    pub async fn rejudge_changes(
        &self,
        id: RejudgeId,
        page: &Page<String>,
    ) -> Result<(Vec<Change>, String), Error> {
        self.rejudge(id).await?;
        let (pool, after) = (self.platform.db.read(), page.after.as_deref());
        let rows = store::changes(pool, id, after, page.fetch()).await?;
        Ok(page.finish(rows, |change| change.submission.to_string()))
    }

    /// Applies or discards a rejudge. What is applied is written by the worker. What was graded by
    /// tests that are others now is not applied: it is not what would be found today.
    pub async fn decide_rejudge(
        &self,
        id: RejudgeId,
        decision: Decision,
    ) -> Result<Rejudge, Error> {
        let problem = self.rejudge(id).await?.problem;
        let etag = self.etag_of(&problem).await?;
        let mut tx = self.platform.db.write_beside().await?;
        let missing = || Error::NotFound("rejudge");
        if !store::lock(&mut tx, id).await? {
            return Err(missing());
        }
        let before = store::get(&mut *tx, id).await?.ok_or_else(missing)?;
        let after = before.state.after(decision).map_err(refused)?;
        if after == before.state {
            return Ok(before);
        }
        if decision == Decision::Apply && etag.as_ref() != Some(&before.etag) {
            return Err(changed());
        }
        let ends = (after == State::Discarded).then(|| self.platform.clock.now());
        store::change_state(&mut tx, id, before.state, after, ends).await?;
        if after == State::Discarded {
            store::forget(&mut tx, id).await?;
        }
        let decided = store::get(&mut *tx, id).await?;
        tx.commit().await?;
        self.rejudging.send_replace(());
        decided.ok_or_else(missing)
    }

    /// None when there is no such problem any more.
    async fn etag_of(&self, problem: &str) -> Result<Option<String>, Error> {
        match self.problems.for_grading(problem).await {
            Ok(problem) => Ok(Some(problem.etag.clone())),
            Err(Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Another rejudge of the problem is not decided: perhaps it was made by the same call, at the same
/// time. The transaction is dropped after this, whatever comes.
async fn faster_or_open<A: Message + Default>(
    tx: &mut Connection,
    unseen: Unseen,
    answer: impl FnOnce(Rejudge) -> A,
) -> Result<A, Error> {
    let nothing = answer(Rejudge {
        id: RejudgeId::new(),
        problem: String::new(),
        etag: String::new(),
        state: State::Grading,
        counts: Counts::default(),
        create_time: Timestamp::UNIX_EPOCH,
        finish_time: None,
    });
    let faster = unseen.settle(tx, &nothing).await?;
    faster.ok_or(Error::FailedPrecondition {
        reason: Reason::REJUDGE_OPEN,
        message: "Another rejudge of this problem must be applied or discarded first.",
    })
}

fn check_count(count: u32, selection: &Selection) -> Result<(), Error> {
    let field = match selection.submissions.is_empty() {
        true => "problem",
        false => "submission_ids",
    };
    match count {
        0 => Err(Error::invalid(field, "means no finished submission.")),
        count if count > MOST_SUBMISSIONS => {
            let description =
                format!("means more than {MOST_SUBMISSIONS} submissions; narrow it by time.");
            Err(Error::invalid(field, description))
        }
        _ => Ok(()),
    }
}

fn refused(impossible: Impossible) -> Error {
    let (reason, message) = match impossible {
        Impossible::StillGrading => (
            Reason::NOT_FINISHED,
            "The rejudge is still grading; look at what it changes first.",
        ),
        Impossible::DecidedOtherwise => (
            Reason::REJUDGE_DECIDED,
            "The rejudge was decided otherwise before.",
        ),
    };
    Error::FailedPrecondition { reason, message }
}

fn changed() -> Error {
    Error::FailedPrecondition {
        reason: Reason::PROBLEM_CHANGED,
        message: "The problem was changed since it was graded by; discard this rejudge and start \
                  another one.",
    }
}
