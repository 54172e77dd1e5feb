//! Does what rejudges need for as long as the process lives: grades what waits, a few submissions
//! side by side behind everything else in the queue, and beside that writes what was decided, which
//! waits for no sandbox. All that it goes by is in the database, so that the next process goes on
//! where this one ended.

use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use jiff::Timestamp;

use super::model::{NewGrade, State};
use super::store::{self, Item, Open};
use crate::execution::service::program_limits;
use crate::judge::Verdict;
use crate::platform::errors::Error;
use crate::platform::ids::{CallId, RejudgeId, SubmissionId, UserId};
use crate::platform::queue::{Job, Priority, Ticket};
use crate::problems::model::GradedProblem;
use crate::progress::store::record_rejudged;
use crate::submissions::grader::judged;
use crate::submissions::live::LiveSubmission;
use crate::submissions::model::Submission;
use crate::submissions::service::Submissions;
use crate::submissions::testing::Exam;

/// Submissions that are graded side by side.
const AT_ONCE: u32 = 2;
/// Changes that are written before the worker looks at what else there is.
const WRITTEN_AT_ONCE: u32 = 50;
/// The worker looks so often by itself: another replica may have taken the call.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// After a failure of the database.
const PAUSE: Duration = Duration::from_secs(1);

impl Submissions {
    /// Works on rejudges for ever.
    pub async fn rejudge_for_ever(self: Arc<Self>) {
        tokio::join!(
            self.for_ever(State::Grading),
            self.for_ever(State::Applying)
        );
    }

    async fn for_ever(&self, state: State) {
        let mut woken = self.rejudging.subscribe();
        loop {
            match self.rejudge_some(state).await {
                Ok(true) => {}
                Ok(false) => {
                    // Nothing is missed by the time running out: it looks again either way.
                    let _ = tokio::time::timeout(LOOK_EVERY, woken.changed()).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "a rejudge can't go on; trying again");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Does the next few submissions of a rejudge in this state; false when there is none.
    async fn rejudge_some(&self, state: State) -> Result<bool, Error> {
        let open = store::oldest(self.platform.db.read(), state).await?;
        let Some(open) = open else { return Ok(false) };
        if state == State::Applying {
            self.write_some(&open).await?;
        } else {
            self.grade_some(&open).await?;
        }
        Ok(true)
    }

    async fn write_some(&self, open: &Open) -> Result<(), Error> {
        let items = store::unwritten(self.platform.db.read(), open.id, WRITTEN_AT_ONCE).await?;
        if items.is_empty() {
            let ends = Some(self.platform.clock.now());
            return self
                .move_on(open, State::Applying, State::Applied, ends)
                .await;
        }
        for item in items {
            self.write_change(open.id, item.submission).await?;
        }
        Ok(())
    }

    async fn grade_some(&self, open: &Open) -> Result<(), Error> {
        let items = store::waiting(self.platform.db.read(), open.id, AT_ONCE).await?;
        if items.is_empty() {
            return self.move_on(open, State::Grading, State::Ready, None).await;
        }
        let problem = match self.problems.for_grading(&open.problem).await {
            Ok(problem) => Some(problem),
            // It was deleted: there is nothing to grade by.
            Err(Error::NotFound(_)) => None,
            Err(error) => return Err(error),
        };
        match problem {
            Some(problem) if problem.etag != open.etag => {
                self.begin_anew(open, &problem.etag).await
            }
            problem => self.grade_again(open, &items, problem.as_deref()).await,
        }
    }

    async fn move_on(
        &self,
        open: &Open,
        from: State,
        to: State,
        ends: Option<Timestamp>,
    ) -> Result<(), Error> {
        let mut tx = self.platform.db.write_beside().await?;
        let moved = store::change_state(&mut tx, open.id, from, to, ends).await?;
        tx.commit().await?;
        if moved {
            tracing::info!(rejudge_id = %open.id, state = to.word(), "rejudge moved on");
        }
        Ok(())
    }

    /// The problem was changed meanwhile, and all is to be graded by the same tests.
    async fn begin_anew(&self, open: &Open, etag: &str) -> Result<(), Error> {
        let mut tx = self.platform.db.write_beside().await?;
        store::begin_anew(&mut tx, open, etag).await?;
        tx.commit().await?;
        tracing::info!(rejudge_id = %open.id, "rejudge begins anew, for its problem was changed");
        Ok(())
    }

    async fn grade_again(
        &self,
        open: &Open,
        items: &[Item],
        problem: Option<&GradedProblem>,
    ) -> Result<(), Error> {
        // Together they have no larger share of the sandboxes than one user.
        let share = UserId::new();
        let each = items
            .iter()
            .map(|item| self.grade_item(open, *item, problem, share));
        try_join_all(each).await?;
        Ok(())
    }

    async fn grade_item(
        &self,
        open: &Open,
        item: Item,
        problem: Option<&GradedProblem>,
        share: UserId,
    ) -> Result<(), Error> {
        let stored = crate::submissions::store::get(self.platform.db.read(), item.submission);
        let stored = stored
            .await?
            .filter(|stored| stored.attempt == item.attempt);
        let (Some(stored), Some(problem)) = (stored, problem) else {
            let mut tx = self.platform.db.write_beside().await?;
            store::skip(&mut tx, open.id, item.submission).await?;
            tx.commit().await?;
            return Ok(());
        };
        let job = Job::Rejudge(item.submission);
        let ticket = Ticket {
            job,
            step: 0,
            priority: Priority::Rejudge,
            user: share,
            order: None,
        };
        let Some(slot) = self.dispatcher.next_slot(ticket).await else {
            return Ok(());
        };
        let limits = &self.platform.config.limits;
        // Nobody watches: what students see stays as it is.
        let unseen = LiveSubmission::new(stored.submission.clone(), stored.attempt);
        let exam = Exam {
            dispatcher: &self.dispatcher,
            problem,
            program: &stored.program,
            limits: program_limits(limits, problem.wall_time_limit, problem.memory_limit_bytes),
            checker_limits: program_limits(limits, limits.test_wall_time, limits.memory_bytes),
            ticket: slot.ticket(),
            name: CallId::new().to_string(),
            call_id: open.id.to_string(),
            notes: &unseen.notes,
        };
        let grade = self.grade(&unseen, &exam, slot).await;
        let old = &stored.submission;
        let graded = old.graded(grade, old.finish_time.unwrap_or(old.create_time));
        let graded = Submission {
            test_count: u32::try_from(problem.tests.len()).unwrap_or(u32::MAX),
            ..graded
        };
        let is_judged = graded.verdict.is_some_and(Verdict::is_judged);
        let grade = NewGrade::of(graded).filter(|_| is_judged);
        let mut tx = self.platform.db.write_beside().await?;
        store::graded(&mut tx, open, old, grade.as_ref()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Writes a change with all that follows from it, and that it is written, in one transaction.
    pub(in crate::submissions) async fn write_change(
        &self,
        rejudge: RejudgeId,
        id: SubmissionId,
    ) -> Result<(), Error> {
        let now = self.platform.clock.now();
        let before = crate::submissions::store::get(self.platform.db.read(), id).await?;
        let mut tx = self.platform.db.write_beside().await?;
        let Some(due) = store::due(&mut tx, rejudge, id).await? else {
            return Ok(());
        };
        let replaced = store::replace_grade(&mut tx, id, &due, now).await?;
        // Read before the transaction: only what a rejudge never changes is taken from it.
        let before = before.filter(|_| replaced);
        if let Some(before) = &before {
            let verdict = due.grade.worth.verdict;
            let submission = due.grade.put_into(before.submission.clone());
            record_rejudged(&mut tx, &judged(&submission, verdict), now).await?;
        }
        store::written(&mut tx, rejudge, id, before.is_some()).await?;
        tx.commit().await?;
        Ok(())
    }
}
