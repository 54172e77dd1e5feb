//! Use cases of submissions: create, look at, follow, list, delete. Who may see a submission is
//! decided in one place (`find`): for everybody but its author it doesn't exist.

use std::sync::Arc;

use futures::Stream;
use futures::future::BoxFuture;
use jiff::Timestamp;
use prost::Message;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::live::{LiveSubmission, LiveSubmissions};
use super::model::Submission;
use super::rejudge;
use super::store;
use super::watch::{Heard, watch as follow};
use crate::execution::attempts::persistently;
use crate::execution::dispatcher::{Dispatcher, Work};
use crate::execution::doubt::{InDoubt, time_of_doubt};
use crate::execution::engine::System;
use crate::execution::model::{Program, QueuePosition, State};
use crate::execution::program;
use crate::execution::service::Execution;
use crate::platform::Platform;
use crate::platform::context::{Caller, Role};
use crate::platform::errors::{Error, Reason, Violations};
use crate::platform::idempotency::Unseen;
use crate::platform::ids::{CallId, SubmissionId, UserId};
use crate::platform::pagination::Page;
use crate::platform::queue::{Job, Lane, Priority, Ticket};
use crate::problems::model::GradedProblem;
use crate::problems::service::Problems;

/// Programs graded against problems.
pub struct Submissions {
    pub(super) platform: Platform,
    pub(super) dispatcher: Arc<Dispatcher>,
    pub(super) problems: Problems,
    execution: Arc<Execution>,
    pub(super) live: LiveSubmissions,
    /// There is something to do for a rejudge.
    pub(super) rejudging: watch::Sender<()>,
    closing: CancellationToken,
}

/// Which submissions are asked for.
#[derive(Debug)]
pub struct ListRequest {
    /// Only of this problem.
    pub problem: Option<String>,
    /// Whose; none for the caller's own.
    pub user: Option<UserId>,
    /// Which page.
    pub page: Page<String>,
}

impl Submissions {
    /// Sets it up; `Engine::start` brings it to life.
    pub fn new(platform: Platform, execution: Arc<Execution>, problems: Problems) -> Arc<Self> {
        Arc::new(Self {
            dispatcher: execution.dispatcher.clone(),
            platform,
            problems,
            execution,
            live: LiveSubmissions::default(),
            rejudging: watch::Sender::new(()),
            closing: CancellationToken::new(),
        })
    }

    /// Says everything that is wrong with a program, and whether there is such a problem.
    pub async fn check(
        &self,
        problem: &str,
        program: &Program,
    ) -> Result<Arc<GradedProblem>, Error> {
        let problem = self.problems.for_grading(problem).await?;
        let mut violations = Violations::default();
        program::check(program, &self.platform.config.limits, &mut violations);
        violations.check()?;
        Ok(problem)
    }

    /// Accepts a checked program and queues it. Submission, request_id and answer are stored
    /// together, in the one write that must be durable before the caller hears of the submission. A
    /// call that was faster with this request_id gives the answer.
    pub async fn create<A: Message + Default>(
        self: &Arc<Self>,
        caller: Caller,
        call_id: CallId,
        problem: &GradedProblem,
        program: &Program,
        unseen: Unseen,
        answer: impl FnOnce(Submission) -> A,
    ) -> Result<A, Error> {
        self.execution
            .admit(caller, Lane::Submissions, problem.profile)
            .await?;
        let submission = new_submission(caller.user_id, problem, self.platform.clock.now());
        let mut shown = submission.clone();
        let stats = self.dispatcher.queue().stats();
        let position = u32::try_from(stats.queued_submissions + 1).unwrap_or(u32::MAX);
        shown.queue_position = Some(QueuePosition {
            position,
            estimated_wait: stats.estimated_wait,
        });
        let answer = answer(shown);
        let mut tx = self.platform.db.write_beside().await?;
        if let Some(faster) = unseen.settle(&mut tx, &answer).await? {
            return Ok(faster);
        }
        store::insert(&mut tx, &submission, &call_id.to_string(), program).await?;
        let doubt = self.in_doubt(&submission);
        tx.commit().await?;
        doubt.clear();
        self.enqueue(submission, 0);
        Ok(answer)
    }

    /// Guards the commit that stores a submission; see `execution::doubt`.
    fn in_doubt(self: &Arc<Self>, submission: &Submission) -> InDoubt<impl FnOnce() + use<>> {
        let (submissions, submission) = (self.clone(), submission.clone());
        InDoubt::new(move || {
            tokio::spawn(async move {
                let doubt = time_of_doubt(&submissions.platform.config.database);
                tokio::time::sleep(doubt).await;
                submissions.find_out(submission).await;
            });
        })
    }

    async fn find_out(&self, submission: Submission) {
        let id = submission.id;
        let read = || async { Ok(store::get(self.platform.db.read(), id).await?) };
        let stored = persistently("find out whether a submission was stored", read).await;
        let queued = stored.is_some_and(|stored| stored.submission.state == State::Queued);
        if queued && self.live.get(id).is_none() {
            tracing::warn!(submission_id = %id, "a submission was stored after all");
            self.enqueue(submission, 0);
        }
    }

    /// Makes a stored submission live and queues it.
    pub(super) fn enqueue(&self, submission: Submission, attempt: u32) {
        let (job, user) = (Job::Submission(submission.id), submission.user);
        let ticket = Ticket {
            job,
            step: 0,
            priority: Priority::Submission,
            user,
            order: None,
        };
        let live = LiveSubmission::new(submission, attempt);
        self.live.insert(live.clone());
        self.dispatcher.queue().push(ticket);
        live.queued(self.position(job), self.platform.clock.now());
    }

    fn position(&self, job: Job) -> Option<QueuePosition> {
        let wait = self.dispatcher.queue().position(job)?;
        Some(QueuePosition {
            position: wait.position,
            estimated_wait: wait.estimate,
        })
    }

    /// A submission as it stands, and its source.
    pub async fn get(
        &self,
        caller: Caller,
        id: SubmissionId,
    ) -> Result<(Submission, String), Error> {
        let stored = store::get(self.platform.db.read(), id).await?;
        let stored = stored.filter(|stored| stored.submission.user == caller.user_id);
        let stored = stored.ok_or(Error::NotFound("submission"))?;
        let submission = match self.live.get(id) {
            // It may have ended between the two looks; what was stored is as good.
            Some(live) if stored.submission.state != State::Finished => live.snapshot(caller.role),
            _ => stored.submission.shown_to(caller.role),
        };
        Ok((submission, stored.program.source))
    }

    /// Follows a submission.
    pub async fn watch(
        &self,
        caller: Caller,
        id: SubmissionId,
        after: u64,
    ) -> Result<impl Stream<Item = Result<Heard, Error>> + Send + 'static, Error> {
        let submission = self.find_moving(caller, id).await?;
        Ok(follow(
            submission,
            caller.role,
            after,
            self.platform.clock.clone(),
            self.closing.clone(),
        ))
    }

    /// Submissions, newest first. Those of others are for authors only.
    pub async fn list(
        &self,
        caller: Caller,
        request: ListRequest,
    ) -> Result<(Vec<Submission>, String), Error> {
        let ListRequest {
            problem,
            user,
            page,
        } = request;
        let user = user.unwrap_or(caller.user_id);
        if user != caller.user_id && caller.role < Role::Author {
            return Err(Error::PermissionDenied);
        }
        let before = page.after.as_deref().map(str::parse).transpose();
        let before =
            before.map_err(|_| Error::invalid("page_token", "is not one of this list."))?;
        let filter = store::Filter {
            user,
            problem,
            before,
            count: page.fetch(),
        };
        let rows = store::list(self.platform.db.read(), &filter).await?;
        let (rows, next) = page.finish(rows, |submission| submission.id.to_string());
        let now = |submission: Submission| match self.live.get(submission.id) {
            Some(live) => live.snapshot(caller.role),
            None => submission.shown_to(caller.role),
        };
        Ok((rows.into_iter().map(now).collect(), next))
    }

    /// Deletes a finished submission of the caller.
    pub async fn delete(&self, caller: Caller, id: SubmissionId) -> Result<(), Error> {
        let mut tx = self.platform.db.write().await?;
        let deletion = store::delete(&mut tx, id, caller.user_id).await?;
        if deletion == store::Deletion::Deleted {
            rejudge::store::forget_submission(&mut tx, id).await?;
        }
        tx.commit().await?;
        match deletion {
            store::Deletion::Deleted => Ok(()),
            store::Deletion::Missing => Err(Error::NotFound("submission")),
            store::Deletion::NotFinished => Err(Error::FailedPrecondition {
                reason: Reason::NOT_FINISHED,
                message: "The submission is still being graded.",
            }),
        }
    }

    /// Answers of calls that were made before.
    pub fn idempotency(&self) -> &crate::platform::idempotency::Idempotency {
        &self.platform.idempotency
    }

    /// The submission, when it is the caller's.
    async fn find(&self, caller: Caller, id: SubmissionId) -> Result<Arc<LiveSubmission>, Error> {
        let found = match self.live.get(id) {
            Some(live) => Some(live),
            None => {
                let stored = store::get(self.platform.db.read(), id).await?;
                stored.map(|stored| LiveSubmission::new(stored.submission, stored.attempt))
            }
        };
        found
            .filter(|live| live.user() == caller.user_id)
            .ok_or(Error::NotFound("submission"))
    }

    /// The same where only the submission that is worked on will do: nobody tells a copy of it how it goes on. One
    /// that is stored and not live yet will be soon (see `execution::doubt`).
    async fn find_moving(
        &self,
        caller: Caller,
        id: SubmissionId,
    ) -> Result<Arc<LiveSubmission>, Error> {
        let found = self.find(caller, id).await?;
        if found.is_over() {
            return Ok(found);
        }
        match self.live.get(id) {
            Some(live) => Ok(live),
            None if found.is_over() => Ok(found),
            None => Err(Error::unavailable("the submission is not in the queue yet")),
        }
    }
}

impl System for Submissions {
    fn recover(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.recover())
    }

    fn work(self: Arc<Self>) -> Work {
        Arc::new(move |slot| Box::pin(self.clone().work(slot)))
    }

    fn tell_positions(&self) {
        for live in self.live.all() {
            if let Some(position) = self.position(Job::Submission(live.id())) {
                live.queued(Some(position), self.platform.clock.now());
            }
        }
    }

    fn adopt(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.adopt())
    }

    fn delete_old(&self, before: Timestamp, count: u32) -> BoxFuture<'_, Result<u64, Error>> {
        Box::pin(self.delete_old(before, count))
    }

    fn go_on(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(self.rejudge_for_ever())
    }

    fn close(&self) {
        self.closing.cancel();
    }
}

fn new_submission(user: UserId, problem: &GradedProblem, now: Timestamp) -> Submission {
    Submission {
        id: SubmissionId::new(),
        user,
        problem: problem.slug.to_string(),
        feedback: problem.feedback,
        state: State::Queued,
        verdict: None,
        results: Vec::new(),
        subtasks: Vec::new(),
        passed_test_count: 0,
        test_count: u32::try_from(problem.tests.len()).unwrap_or(u32::MAX),
        points: 0,
        compile_error: None,
        author_message: String::new(),
        explanation: None,
        queue_position: None,
        create_time: now,
        start_time: None,
        finish_time: None,
        rejudge_time: None,
    }
}
