//! ProgressService over gRPC.

use coderunner_proto::v1 as pb;
use pb::progress_service_server::ProgressService;
use tonic::{Request, Response, Status};

use super::model::{Attempt, Badge, LevelProgress, ProblemProgress, Summary};
use super::service::Progress;
use crate::platform::context::OpContext;
use crate::platform::pagination::Page;
use crate::platform::wire::timestamp;

/// The gRPC side of `Progress`.
pub struct ProgressApi {
    progress: Progress,
}

impl ProgressApi {
    /// Serves this progress.
    pub fn new(progress: Progress) -> Self {
        Self { progress }
    }
}

#[tonic::async_trait]
impl ProgressService for ProgressApi {
    async fn get_progress(
        &self,
        request: Request<pb::GetProgressRequest>,
    ) -> Result<Response<pb::GetProgressResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::GetProgressRequest {
            page_size,
            page_token,
        } = request.into_inner();
        let page = Page::parse(page_size, &page_token, "progress")?;
        let (problems, next_page_token) = self.progress.list(caller.user_id, &page).await?;
        let problems = problems.into_iter().map(progress_out).collect();
        Ok(Response::new(pb::GetProgressResponse {
            problems,
            next_page_token,
        }))
    }

    async fn get_summary(
        &self,
        request: Request<pb::GetSummaryRequest>,
    ) -> Result<Response<pb::GetSummaryResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let summary = self.progress.summary(caller.user_id).await?;
        Ok(Response::new(summary_out(summary)))
    }

    async fn list_attempts(
        &self,
        request: Request<pb::ListAttemptsRequest>,
    ) -> Result<Response<pb::ListAttemptsResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::ListAttemptsRequest {
            problem,
            page_size,
            page_token,
        } = request.into_inner();
        let page = Page::parse(page_size, &page_token, &format!("attempts at {problem}"))?;
        let (attempts, next_page_token) = self
            .progress
            .attempts(caller.user_id, &problem, &page)
            .await?;
        let attempts = attempts.into_iter().map(attempt_out).collect();
        Ok(Response::new(pb::ListAttemptsResponse {
            attempts,
            next_page_token,
        }))
    }

    async fn save_draft(
        &self,
        request: Request<pb::SaveDraftRequest>,
    ) -> Result<Response<pb::SaveDraftResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::SaveDraftRequest { problem, source } = request.into_inner();
        let draft = self
            .progress
            .save_draft(caller.user_id, &problem, source)
            .await?;
        let save_time = Some(timestamp(draft.save_time));
        Ok(Response::new(pb::SaveDraftResponse { save_time }))
    }

    async fn get_draft(
        &self,
        request: Request<pb::GetDraftRequest>,
    ) -> Result<Response<pb::GetDraftResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::GetDraftRequest { problem } = request.into_inner();
        let draft = self.progress.draft(caller.user_id, &problem).await?;
        let save_time = Some(timestamp(draft.save_time));
        Ok(Response::new(pb::GetDraftResponse {
            source: draft.source,
            save_time,
        }))
    }
}

/// Progress at one problem on the wire.
pub fn progress_out(progress: ProblemProgress) -> pb::ProblemProgress {
    let ProblemProgress {
        problem,
        attempt_count,
        solved,
        points,
        solve_time,
        last_attempt_time,
    } = progress;
    pb::ProblemProgress {
        problem,
        attempt_count: count(attempt_count),
        solved,
        points: count(points),
        solve_time: solve_time.map(timestamp),
        last_attempt_time: Some(timestamp(last_attempt_time)),
    }
}

fn summary_out(summary: Summary) -> pb::GetSummaryResponse {
    let Summary {
        points,
        solved_problem_count,
        streak_days,
        badges,
        levels,
    } = summary;
    pb::GetSummaryResponse {
        points: count(points),
        solved_problem_count: count(solved_problem_count),
        streak_days: count(streak_days),
        badges: badges.into_iter().map(badge_out).collect(),
        levels: levels.into_iter().map(level_out).collect(),
    }
}

fn badge_out(badge: Badge) -> pb::Badge {
    let Badge {
        key,
        title,
        earn_time,
    } = badge;
    pb::Badge {
        key: key.into(),
        title: title.into(),
        earn_time: Some(timestamp(earn_time)),
    }
}

/// Progress in one level on the wire.
pub fn level_out(level: LevelProgress) -> pb::LevelProgress {
    let percentage = count(level.percentage());
    let LevelProgress {
        level_id,
        title,
        problem_count,
        solved_problem_count,
    } = level;
    pb::LevelProgress {
        level_id,
        title,
        problem_count: count(problem_count),
        solved_problem_count: count(solved_problem_count),
        percentage,
    }
}

fn attempt_out(attempt: Attempt) -> pb::Attempt {
    let Attempt {
        submission_id,
        verdict,
        passed_test_count,
        test_count,
        create_time,
        rejudge_time,
    } = attempt;
    pb::Attempt {
        submission_id: submission_id.to_string(),
        verdict,
        passed_test_count: count(passed_test_count),
        test_count: count(test_count),
        create_time: Some(timestamp(create_time)),
        rejudge_time: rejudge_time.map(timestamp),
    }
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
