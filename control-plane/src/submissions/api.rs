//! SubmissionService over gRPC.

use std::pin::Pin;
use std::sync::Arc;

use coderunner_proto::common::v1 as common;
use coderunner_proto::v1 as pb;
use futures::{Stream, StreamExt};
use pb::submission_service_server::SubmissionService;
use tonic::{Request, Response, Status};

use super::live::Event;
use super::model::Submission;
use super::rejudge::api::{change_out, rejudge_id_in, rejudge_out, selection_in};
use super::rejudge::model::Decision;
use super::service::{ListRequest, Submissions};
use super::watch::{Heard, What};
use crate::execution::api::{
    after_in, compile_error_out, number, program_in, queue_position_out, queue_update_out, size,
    started_out, state_out,
};
use crate::explain::api::explanation_out;
use crate::judge::{SubtaskResult, TestResult, TestUsage, Verdict};
use crate::platform::context::OpContext;
use crate::platform::errors::Error;
use crate::platform::idempotency::Turn;
use crate::platform::ids::SubmissionId;
use crate::platform::pagination::Page;
use crate::platform::wire::{duration, timestamp};

/// The gRPC side of `Submissions`.
pub struct SubmissionApi(Arc<Submissions>);

impl SubmissionApi {
    /// Serves these submissions.
    pub fn new(submissions: Arc<Submissions>) -> Self {
        Self(submissions)
    }
}

#[tonic::async_trait]
impl SubmissionService for SubmissionApi {
    type WatchSubmissionStream =
        Pin<Box<dyn Stream<Item = Result<pb::WatchSubmissionResponse, Status>> + Send>>;

    async fn create_submission(
        &self,
        request: Request<pb::CreateSubmissionRequest>,
    ) -> Result<Response<pb::CreateSubmissionResponse>, Status> {
        let context = OpContext::of(&request)?;
        let caller = context.caller()?;
        let message = request.into_inner();
        let pb::CreateSubmissionRequest {
            request_id,
            problem,
            program,
        } = &message;
        let program = program_in(program.as_ref());
        let problem = self.0.check(problem, &program).await?;
        let turn = self
            .0
            .idempotency()
            .look(caller.user_id, context.method, request_id, &message);
        let unseen = match turn.await? {
            Turn::Repeat(answer) => return Ok(Response::new(answer)),
            Turn::First(unseen) => unseen,
        };
        let answer = |submission| pb::CreateSubmissionResponse {
            submission: Some(submission_out(submission)),
        };
        let created = self
            .0
            .create(caller, context.call_id, &problem, &program, unseen, answer);
        Ok(Response::new(created.await?))
    }

    async fn watch_submission(
        &self,
        request: Request<pb::WatchSubmissionRequest>,
    ) -> Result<Response<Self::WatchSubmissionStream>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::WatchSubmissionRequest {
            submission_id,
            after_sequence,
        } = request.into_inner();
        let after = after_in(after_sequence)?;
        let events = self
            .0
            .watch(caller, submission_id_in(&submission_id)?, after)
            .await?;
        Ok(Response::new(Box::pin(
            events.map(|heard| Ok(heard_out(heard?))),
        )))
    }

    async fn get_submission(
        &self,
        request: Request<pb::GetSubmissionRequest>,
    ) -> Result<Response<pb::GetSubmissionResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::GetSubmissionRequest { submission_id } = request.into_inner();
        let (submission, source) = self
            .0
            .get(caller, submission_id_in(&submission_id)?)
            .await?;
        let submission = pb::Submission {
            source,
            ..submission_out(submission)
        };
        Ok(Response::new(pb::GetSubmissionResponse {
            submission: Some(submission),
        }))
    }

    async fn list_submissions(
        &self,
        request: Request<pb::ListSubmissionsRequest>,
    ) -> Result<Response<pb::ListSubmissionsResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::ListSubmissionsRequest {
            page_size,
            page_token,
            problem,
            user_id,
        } = request.into_inner();
        let page = Page::parse(
            page_size,
            &page_token,
            &format!("submissions {problem} {user_id}"),
        )?;
        let user = match user_id.as_str() {
            "" => None,
            text => Some(
                text.parse()
                    .map_err(|_| Error::invalid("user_id", "is not an id."))?,
            ),
        };
        let problem = (!problem.is_empty()).then_some(problem);
        let (submissions, next_page_token) = self
            .0
            .list(
                caller,
                ListRequest {
                    problem,
                    user,
                    page,
                },
            )
            .await?;
        let submissions = submissions.into_iter().map(submission_out).collect();
        Ok(Response::new(pb::ListSubmissionsResponse {
            submissions,
            next_page_token,
        }))
    }

    async fn delete_submission(
        &self,
        request: Request<pb::DeleteSubmissionRequest>,
    ) -> Result<Response<pb::DeleteSubmissionResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::DeleteSubmissionRequest { submission_id } = request.into_inner();
        self.0
            .delete(caller, submission_id_in(&submission_id)?)
            .await?;
        Ok(Response::new(pb::DeleteSubmissionResponse {}))
    }

    async fn start_rejudge(
        &self,
        request: Request<pb::StartRejudgeRequest>,
    ) -> Result<Response<pb::StartRejudgeResponse>, Status> {
        let context = OpContext::of(&request)?;
        let caller = context.caller()?;
        let message = request.into_inner();
        let selection = selection_in(&message)?;
        let problem = self.0.check_rejudge(&selection).await?;
        let (method, request_id) = (context.method, &message.request_id);
        let idempotency = self.0.idempotency();
        let turn = idempotency.look(caller.user_id, method, request_id, &message);
        let unseen = match turn.await? {
            Turn::Repeat(answer) => return Ok(Response::new(answer)),
            Turn::First(unseen) => unseen,
        };
        let answer = |rejudge| pb::StartRejudgeResponse {
            rejudge: Some(rejudge_out(rejudge)),
        };
        let started = self
            .0
            .start_rejudge(caller, &problem, &selection, unseen, answer);
        Ok(Response::new(started.await?))
    }

    async fn get_rejudge(
        &self,
        request: Request<pb::GetRejudgeRequest>,
    ) -> Result<Response<pb::GetRejudgeResponse>, Status> {
        let pb::GetRejudgeRequest { rejudge_id } = request.into_inner();
        let rejudge = self.0.rejudge(rejudge_id_in(&rejudge_id)?).await?;
        Ok(Response::new(pb::GetRejudgeResponse {
            rejudge: Some(rejudge_out(rejudge)),
        }))
    }

    async fn list_rejudges(
        &self,
        request: Request<pb::ListRejudgesRequest>,
    ) -> Result<Response<pb::ListRejudgesResponse>, Status> {
        let pb::ListRejudgesRequest {
            page_size,
            page_token,
            problem,
        } = request.into_inner();
        let page = Page::parse(page_size, &page_token, &format!("rejudges {problem}"))?;
        let problem = (!problem.is_empty()).then_some(problem.as_str());
        let (rejudges, next_page_token) = self.0.rejudges(problem, &page).await?;
        Ok(Response::new(pb::ListRejudgesResponse {
            rejudges: rejudges.into_iter().map(rejudge_out).collect(),
            next_page_token,
        }))
    }

    async fn list_rejudge_changes(
        &self,
        request: Request<pb::ListRejudgeChangesRequest>,
    ) -> Result<Response<pb::ListRejudgeChangesResponse>, Status> {
        let pb::ListRejudgeChangesRequest {
            rejudge_id,
            page_size,
            page_token,
        } = request.into_inner();
        let id = rejudge_id_in(&rejudge_id)?;
        let page = Page::parse(page_size, &page_token, &format!("changes of {id}"))?;
        let (changes, next_page_token) = self.0.rejudge_changes(id, &page).await?;
        Ok(Response::new(pb::ListRejudgeChangesResponse {
            changes: changes.into_iter().map(change_out).collect(),
            next_page_token,
        }))
    }

    async fn apply_rejudge(
        &self,
        request: Request<pb::ApplyRejudgeRequest>,
    ) -> Result<Response<pb::ApplyRejudgeResponse>, Status> {
        let pb::ApplyRejudgeRequest { rejudge_id } = request.into_inner();
        let id = rejudge_id_in(&rejudge_id)?;
        let rejudge = self.0.decide_rejudge(id, Decision::Apply).await?;
        Ok(Response::new(pb::ApplyRejudgeResponse {
            rejudge: Some(rejudge_out(rejudge)),
        }))
    }

    async fn discard_rejudge(
        &self,
        request: Request<pb::DiscardRejudgeRequest>,
    ) -> Result<Response<pb::DiscardRejudgeResponse>, Status> {
        let pb::DiscardRejudgeRequest { rejudge_id } = request.into_inner();
        let id = rejudge_id_in(&rejudge_id)?;
        let rejudge = self.0.decide_rejudge(id, Decision::Discard).await?;
        Ok(Response::new(pb::DiscardRejudgeResponse {
            rejudge: Some(rejudge_out(rejudge)),
        }))
    }
}

/// A text that is no id names nothing.
fn submission_id_in(text: &str) -> Result<SubmissionId, Error> {
    text.parse().map_err(|_| Error::NotFound("submission"))
}

fn submission_out(submission: Submission) -> pb::Submission {
    let Submission {
        id,
        user: _,
        problem,
        feedback: _,
        state,
        verdict,
        results,
        subtasks,
        passed_test_count,
        test_count,
        points,
        compile_error,
        author_message,
        explanation,
        queue_position,
        create_time,
        start_time,
        finish_time,
        rejudge_time,
    } = submission;
    pb::Submission {
        id: id.to_string(),
        problem,
        state: state_out(state).into(),
        verdict: verdict.map_or(pb::Verdict::Unspecified, verdict_out).into(),
        test_results: results.into_iter().map(result_out).collect(),
        passed_test_count: number(passed_test_count),
        test_count: number(test_count),
        points: number(points),
        compile_error: compile_error.map(compile_error_out),
        explanation: explanation.map(explanation_out),
        queue_position: queue_position.map(queue_position_out),
        create_time: Some(timestamp(create_time)),
        start_time: start_time.map(timestamp),
        finish_time: finish_time.map(timestamp),
        rejudge_time: rejudge_time.map(timestamp),
        source: String::new(),
        subtask_results: subtasks.into_iter().map(subtask_out).collect(),
        author_message,
    }
}

/// What was earned in a subtask.
pub(super) fn subtask_out(result: SubtaskResult) -> pb::SubtaskResult {
    let SubtaskResult {
        name,
        points,
        possible_points,
        verdict,
        passed_test_count,
        test_count,
    } = result;
    pb::SubtaskResult {
        name,
        points: number(points),
        possible_points: number(possible_points),
        verdict: verdict_out(verdict).into(),
        passed_test_count: number(passed_test_count),
        test_count: number(test_count),
    }
}

fn heard_out(heard: Heard) -> pb::WatchSubmissionResponse {
    use pb::watch_submission_response::Event as Out;
    let Heard {
        sequence,
        time,
        what,
    } = heard;
    let event = match what {
        What::Snapshot(submission) => Out::Snapshot(submission_out(submission)),
        What::Event(Event::Queued(position)) => Out::QueueUpdate(queue_update_out(position)),
        What::Event(Event::Started) => Out::Started(started_out(time)),
        What::Event(Event::Tested(result)) => Out::TestResult(result_out(*result)),
        What::Heartbeat => Out::Heartbeat(pb::Heartbeat {}),
        What::Finished(submission) => Out::Finished(submission_out(submission)),
    };
    pb::WatchSubmissionResponse {
        sequence: size(sequence),
        event_time: Some(timestamp(time)),
        event: Some(event),
    }
}

/// A test's result.
pub fn result_out(result: TestResult) -> pb::TestResult {
    let TestResult {
        number: test,
        hidden,
        verdict,
        input,
        expected,
        actual,
        message,
        usage,
        explanation,
    } = result;
    pb::TestResult {
        number: number(test),
        hidden,
        verdict: verdict_out(verdict).into(),
        input,
        expected,
        actual,
        message,
        usage: usage.map(usage_out),
        explanation: explanation.map(explanation_out),
    }
}

/// Time and memory; sizes of output would tell of hidden tests.
fn usage_out(usage: TestUsage) -> common::Usage {
    let TestUsage {
        wall,
        cpu,
        peak_memory_bytes,
    } = usage;
    common::Usage {
        wall_duration: Some(duration(wall)),
        cpu_duration: Some(duration(cpu)),
        peak_memory_bytes: size(peak_memory_bytes),
        ..common::Usage::default()
    }
}

/// A verdict.
pub fn verdict_out(verdict: Verdict) -> pb::Verdict {
    match verdict {
        Verdict::Accepted => pb::Verdict::Accepted,
        Verdict::Skipped => pb::Verdict::Skipped,
        Verdict::WrongAnswer => pb::Verdict::WrongAnswer,
        Verdict::RuntimeError => pb::Verdict::RuntimeError,
        Verdict::TimeLimit => pb::Verdict::TimeLimit,
        Verdict::MemoryLimit => pb::Verdict::MemoryLimit,
        Verdict::OutputLimit => pb::Verdict::OutputLimit,
        Verdict::ProcessLimit => pb::Verdict::ProcessLimit,
        Verdict::CompileError => pb::Verdict::CompileError,
        Verdict::Cancelled => pb::Verdict::Cancelled,
        Verdict::InternalError => pb::Verdict::InternalError,
    }
}
