//! Reading the course: levels, problems, and the student's own progress. Lists are fetched page
//! by page to their end.

use coderunner_proto::v1::problem_service_client::ProblemServiceClient;
use coderunner_proto::v1::progress_service_client::ProgressServiceClient;
use coderunner_proto::v1::{
    AgeGroup, Difficulty, GetProblemRequest, GetProgressRequest, GetSummaryRequest,
    GetSummaryResponse, Level, ListLevelsRequest, ListProblemsRequest, Problem, ProblemProgress,
};

use crate::client::{Login, Repeat};
use crate::{Client, Error};

/// Largest page that the API allows.
const PAGE_SIZE: i32 = 100;

/// Which problems to list; what is not set does not filter.
#[derive(Debug, Clone, Default)]
pub struct ProblemFilter {
    /// Only for this age group.
    pub age_group: Option<AgeGroup>,
    /// Only of this level.
    pub level_id: Option<String>,
    /// Only with this tag.
    pub tag: Option<String>,
    /// Only of this difficulty.
    pub difficulty: Option<Difficulty>,
}

impl Client {
    /// All problems that pass the filter, in the order of the course, without their statements.
    /// Needs no session.
    pub async fn problems(&self, filter: &ProblemFilter) -> Result<Vec<Problem>, Error> {
        let mut problems = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = ListProblemsRequest {
                page_size: PAGE_SIZE,
                page_token,
                age_group: filter.age_group.unwrap_or_default().into(),
                level_id: filter.level_id.clone().unwrap_or_default(),
                tag: filter.tag.clone().unwrap_or_default(),
                difficulty: filter.difficulty.unwrap_or_default().into(),
            };
            let page = self
                .call(
                    request,
                    Login::Helpful,
                    Repeat::Safe,
                    |channel, request| async move {
                        ProblemServiceClient::new(channel)
                            .list_problems(request)
                            .await
                    },
                )
                .await?;
            problems.extend(page.problems);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(problems);
            }
        }
    }

    /// A problem with its statement, starter code and public tests. Needs no session.
    pub async fn problem(&self, slug: &str) -> Result<Problem, Error> {
        let request = GetProblemRequest {
            slug: slug.to_owned(),
        };
        let answer = self
            .call(
                request,
                Login::Helpful,
                Repeat::Safe,
                |channel, request| async move {
                    ProblemServiceClient::new(channel)
                        .get_problem(request)
                        .await
                },
            )
            .await?;
        answer.problem.ok_or(Error::Incomplete("problem"))
    }

    /// The levels with their sessions, in the order of the course. Needs no session.
    pub async fn levels(&self, age_group: Option<AgeGroup>) -> Result<Vec<Level>, Error> {
        let request = ListLevelsRequest {
            age_group: age_group.unwrap_or_default().into(),
        };
        let answer = self
            .call(
                request,
                Login::Helpful,
                Repeat::Safe,
                |channel, request| async move {
                    ProblemServiceClient::new(channel)
                        .list_levels(request)
                        .await
                },
            )
            .await?;
        Ok(answer.levels)
    }

    /// The problems that the caller tried, last tried first.
    pub async fn progress(&self) -> Result<Vec<ProblemProgress>, Error> {
        let mut problems = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = GetProgressRequest {
                page_size: PAGE_SIZE,
                page_token,
            };
            let page = self
                .call(
                    request,
                    Login::Needed,
                    Repeat::Safe,
                    |channel, request| async move {
                        ProgressServiceClient::new(channel)
                            .get_progress(request)
                            .await
                    },
                )
                .await?;
            problems.extend(page.problems);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(problems);
            }
        }
    }

    /// The caller's points, streak, badges and percentage per level.
    pub async fn summary(&self) -> Result<GetSummaryResponse, Error> {
        self.call(
            GetSummaryRequest {},
            Login::Needed,
            Repeat::Safe,
            |channel, request| async move {
                ProgressServiceClient::new(channel)
                    .get_summary(request)
                    .await
            },
        )
        .await
    }
}
