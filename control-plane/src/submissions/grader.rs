//! The way of one submission from its first slot to its stored verdict: run its tests, judge each as
//! it ends, and store verdict and progress in one transaction. When an attempt is claimed, and why
//! there is no other write, is said in `execution::worker`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use super::live::LiveSubmission;
use super::model::{Grade, Submission};
use super::service::Submissions;
use super::store;
use super::testing::{Exam, Tested};
use crate::execution::attempts::{Attempted, attempt_work, persistently};
use crate::execution::dispatcher::Slot;
use crate::execution::model::MAX_LOSSES;
use crate::execution::notes::How;
use crate::execution::service::program_limits;
use crate::explain::explain_compile_error;
use crate::judge::{TestResult, Verdict};
use crate::platform::errors::Error;
use crate::platform::queue::Job;
use crate::problems::model::GradedProblem;
use crate::progress::model::JudgedSubmission;
use crate::progress::store::record_judged;

impl Submissions {
    /// Does the work of a slot that was given to the start of a submission.
    pub async fn work(self: Arc<Self>, slot: Slot) {
        let Job::Submission(id) = slot.ticket().job else {
            return;
        };
        let Some(live) = self.live.get(id) else {
            return;
        };
        // Nothing of an attempt that was taken away goes on; its programs die with their stream.
        live.replaced
            .run_until_cancelled(self.attempt(&live, slot))
            .await;
    }

    async fn attempt(&self, live: &LiveSubmission, slot: Slot) {
        let id = live.id();
        let read = || async { Ok(store::work(self.platform.db.read(), id).await?) };
        let Some(work) = persistently("read a submission", read).await else {
            return;
        };
        let attempt = work.attempt + 1;
        live.started(attempt, self.platform.clock.now());
        live.notes.begin(attempt, self.platform.clock.now());
        let Some(problem) = self.problem(&work.problem).await else {
            drop(slot);
            tracing::warn!(submission_id = %id, "the problem was deleted before its submission was graded");
            let attempt = Some(work.attempt);
            return self.finish(live, Grade::nothing(), attempt).await;
        };
        let limits = &self.platform.config.limits;
        let exam = Exam {
            dispatcher: &self.dispatcher,
            problem: &problem,
            program: &work.program,
            limits: program_limits(limits, problem.wall_time_limit, problem.memory_limit_bytes),
            checker_limits: program_limits(limits, limits.test_wall_time, limits.memory_bytes),
            ticket: slot.ticket(),
            name: format!("{id}-{attempt}"),
            call_id: work.call_id,
            notes: &live.notes,
        };
        let grading = self.grade(live, &exam, slot);
        let claim = self.claim(live, work.attempt);
        match attempt_work(work.attempt, claim, grading).await {
            Attempted::Claimed(grade) => self.finish(live, grade, None).await,
            Attempted::Unclaimed(grade) => self.finish(live, grade, Some(work.attempt)).await,
            Attempted::Void => {}
        }
    }

    /// None when there is no such problem any more.
    async fn problem(&self, slug: &str) -> Option<Arc<GradedProblem>> {
        let read = || async {
            match self.problems.for_grading(slug).await {
                Ok(problem) => Ok(Some(problem)),
                Err(Error::NotFound(_)) => Ok(None),
                Err(error) => Err(error),
            }
        };
        persistently("read a problem", read).await
    }

    pub(super) async fn grade(&self, live: &LiveSubmission, exam: &Exam<'_>, slot: Slot) -> Grade {
        let (mut results, mut compile_error) = (Vec::new(), None);
        let tested = |tested: Tested| {
            live.tested(tested.result.clone(), self.platform.clock.now());
            if tested.result.verdict == Verdict::CompileError {
                compile_error = Some(tested.compile_error.unwrap_or_default());
            }
            results.push(tested.result);
        };
        let broken = exam.sit(slot, tested).await.err();
        let missing = exam
            .problem
            .tests
            .iter()
            .filter(|test| results.iter().all(|result| result.number != test.number));
        let missing: Vec<_> = missing
            .map(|test| TestResult::skipped(test.number, test.hidden))
            .collect();
        results.extend(missing);
        let GradedProblem {
            points, subtasks, ..
        } = exam.problem;
        let explanation = compile_error
            .as_ref()
            .map(|error| explain_compile_error(exam.program, error));
        let grade = Grade {
            explanation,
            ..Grade::of(results, compile_error, *points, subtasks)
        };
        let Some(broken) = broken else { return grade };
        tracing::error!(submission_id = %live.id(), %broken, "a submission can't be graded");
        Grade {
            author_message: broken.for_author(),
            ..grade.unjudged(Verdict::InternalError)
        }
    }

    /// False when the submission is somebody else's or has ended.
    async fn claim(&self, live: &LiveSubmission, before: u32) -> bool {
        let id = live.id();
        let notes = &live.notes.take();
        let repeat = &AtomicBool::new(false);
        let claim = || async move {
            let mut tx = self.platform.db.write_beside().await?;
            let repeat = repeat.swap(true, Ordering::Relaxed);
            let ours = store::claim(&mut tx, id, before, notes).await?
                || repeat && store::is_claimed(&mut tx, id, before + 1).await?;
            tx.commit().await?;
            Ok(ours)
        };
        let ours = persistently("claim a submission", claim).await;
        if !ours {
            self.dispatcher.forget(Job::Submission(id));
            self.live.remove(live);
        }
        ours
    }

    /// Stores verdict and progress, once, and shows them. An attempt that was not claimed yet comes
    /// with the number of the one before it.
    async fn finish(&self, live: &LiveSubmission, grade: Grade, unclaimed_after: Option<u32>) {
        let verdict = grade.verdict;
        let submission = &live.graded(grade, self.platform.clock.now());
        let attempt = live.attempt();
        let judged = &judged(submission, verdict);
        live.notes
            .end(attempt, How::Finished, self.platform.clock.now());
        let notes = &live.notes.take();
        let repeat = &AtomicBool::new(false);
        let finish = || async move {
            let mut tx = self.platform.db.write_beside().await?;
            let repeat = repeat.swap(true, Ordering::Relaxed);
            if repeat && store::is_finished(&mut tx, submission, attempt).await? {
                return Ok(true);
            }
            let ours = match unclaimed_after {
                Some(before) => store::claim(&mut tx, submission.id, before, "").await?,
                None => true,
            };
            let first = ours && store::finish(&mut tx, submission, attempt, notes).await?;
            if first && verdict.is_judged() {
                record_judged(&mut tx, judged).await?;
            }
            tx.commit().await?;
            Ok(first)
        };
        if persistently("store a verdict", finish).await {
            tracing::info!(submission_id = %submission.id, verdict = verdict.name(), "submission graded");
            live.publish(submission.clone());
        }
        self.live.remove(live);
    }

    /// Queues what an earlier process left. Submissions that were lost too often end.
    pub async fn recover(&self) -> Result<(), Error> {
        let mut tx = self.platform.db.write().await?;
        let unfinished = store::recover(&mut tx, self.platform.clock.now()).await?;
        tx.commit().await?;
        for store::Unfinished {
            submission,
            attempt,
            losses,
        } in unfinished
        {
            if losses < MAX_LOSSES {
                self.enqueue(submission, attempt);
            } else {
                let live = LiveSubmission::new(submission, attempt);
                self.finish(&live, Grade::nothing(), None).await;
            }
        }
        Ok(())
    }

    /// Deletes up to `count` submissions that ended before a time; says how many.
    pub async fn delete_old(&self, before: Timestamp, count: u32) -> Result<u64, Error> {
        let mut tx = self.platform.db.write().await?;
        let deleted = store::delete_old(&mut tx, before, count).await?;
        tx.commit().await?;
        Ok(deleted)
    }
}

/// What progress needs to know of a submission that was judged.
pub(super) fn judged(submission: &Submission, verdict: Verdict) -> JudgedSubmission {
    JudgedSubmission {
        submission_id: submission.id,
        user_id: submission.user,
        problem: submission.problem.clone(),
        verdict: verdict.name(),
        accepted: verdict == Verdict::Accepted,
        points: submission.points,
        passed_test_count: submission.shown_passed_test_count(),
        test_count: submission.test_count,
        create_time: submission.create_time,
    }
}
