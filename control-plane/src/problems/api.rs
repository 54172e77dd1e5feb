//! ProblemService over gRPC.

use std::sync::Arc;

use coderunner_proto::common::v1 as common;
use coderunner_proto::v1 as pb;
use pb::problem_service_server::ProblemService;
use tonic::{Request, Response, Status};

use super::authoring::api::AuthorApi;
use super::model::{
    Cheatsheet, CheckerKind, CheckerSettings, CourseSession, Difficulty, Level, Problem,
    ProblemFilter, ProblemKind, ProblemPage, Test,
};
use super::package::api::PackageApi;
use super::service::Problems;
use crate::judge::{Feedback, Scoring, Subtask};
use crate::platform::config::Limits;
use crate::platform::context::OpContext;
use crate::platform::errors::Error;
use crate::platform::pagination::Page;
use crate::platform::wire::{duration, timestamp};
use crate::users::api::{age_group_in, age_group_out};

/// The gRPC side of `Problems`, and of `Authoring` and `Packages`, whose conversions are in their own
/// folders.
pub struct ProblemApi {
    problems: Problems,
    authors: AuthorApi,
    packages: PackageApi,
    limits: Limits,
}

impl ProblemApi {
    /// Serves this course, and its authors.
    pub fn new(
        problems: Problems,
        authors: AuthorApi,
        packages: PackageApi,
        limits: Limits,
    ) -> Self {
        Self {
            problems,
            authors,
            packages,
            limits,
        }
    }

    /// Problems as lists have them.
    fn brief(&self, problems: &[Arc<Problem>]) -> Vec<pb::Problem> {
        let brief = |problem: &Arc<Problem>| brief_out(problem, &self.limits);
        problems.iter().map(brief).collect()
    }
}

#[tonic::async_trait]
impl ProblemService for ProblemApi {
    async fn list_problems(
        &self,
        request: Request<pb::ListProblemsRequest>,
    ) -> Result<Response<pb::ListProblemsResponse>, Status> {
        let request = request.into_inner();
        let filter = filter_in(&request)?;
        let list = format!("problems {filter:?}");
        let page = Page::parse(request.page_size, &request.page_token, &list)?;
        let (problems, next_page_token) = self.problems.list(&filter, &page).await?;
        Ok(Response::new(pb::ListProblemsResponse {
            problems: self.brief(&problems),
            next_page_token,
        }))
    }

    async fn get_problem(
        &self,
        request: Request<pb::GetProblemRequest>,
    ) -> Result<Response<pb::GetProblemResponse>, Status> {
        let pb::GetProblemRequest { slug } = request.into_inner();
        let page = self.problems.get(&slug).await?;
        Ok(Response::new(pb::GetProblemResponse {
            problem: Some(page_out(&page, &self.limits)),
        }))
    }

    async fn list_tags(
        &self,
        _: Request<pb::ListTagsRequest>,
    ) -> Result<Response<pb::ListTagsResponse>, Status> {
        let catalogue = self.problems.catalogue().await?;
        Ok(Response::new(pb::ListTagsResponse {
            tags: counts_out(catalogue.tag_counts()),
        }))
    }

    async fn list_categories(
        &self,
        _: Request<pb::ListCategoriesRequest>,
    ) -> Result<Response<pb::ListCategoriesResponse>, Status> {
        let catalogue = self.problems.catalogue().await?;
        Ok(Response::new(pb::ListCategoriesResponse {
            categories: counts_out(catalogue.category_counts()),
        }))
    }

    async fn list_levels(
        &self,
        request: Request<pb::ListLevelsRequest>,
    ) -> Result<Response<pb::ListLevelsResponse>, Status> {
        let wanted = age_group_in(request.into_inner().age_group)?;
        let catalogue = self.problems.catalogue().await?;
        let levels = catalogue.levels().iter();
        let levels = levels.filter(|level| wanted.is_none_or(|wanted| level.age_group == wanted));
        let levels = levels.cloned().map(level_out).collect();
        Ok(Response::new(pb::ListLevelsResponse { levels }))
    }

    async fn get_session(
        &self,
        request: Request<pb::GetSessionRequest>,
    ) -> Result<Response<pb::GetSessionResponse>, Status> {
        let pb::GetSessionRequest { session_id } = request.into_inner();
        let (session, problems) = self.problems.session(&session_id).await?;
        Ok(Response::new(pb::GetSessionResponse {
            session: Some(session_out(session)),
            problems: self.brief(&problems),
        }))
    }

    async fn list_cheatsheets(
        &self,
        request: Request<pb::ListCheatsheetsRequest>,
    ) -> Result<Response<pb::ListCheatsheetsResponse>, Status> {
        let pb::ListCheatsheetsRequest {
            page_size,
            page_token,
        } = request.into_inner();
        let page = Page::parse(page_size, &page_token, "cheatsheets")?;
        let (sheets, next_page_token) = self.problems.list_cheatsheets(&page).await?;
        let brief = |sheet| pb::Cheatsheet {
            body: String::new(),
            ..cheatsheet_out(sheet)
        };
        let cheatsheets = sheets.into_iter().map(brief).collect();
        Ok(Response::new(pb::ListCheatsheetsResponse {
            cheatsheets,
            next_page_token,
        }))
    }

    async fn get_cheatsheet(
        &self,
        request: Request<pb::GetCheatsheetRequest>,
    ) -> Result<Response<pb::GetCheatsheetResponse>, Status> {
        let pb::GetCheatsheetRequest { slug } = request.into_inner();
        let sheet = self.problems.cheatsheet(&slug).await?;
        let cheatsheet = Some(cheatsheet_out(sheet));
        Ok(Response::new(pb::GetCheatsheetResponse { cheatsheet }))
    }

    async fn get_problem_sources(
        &self,
        request: Request<pb::GetProblemSourcesRequest>,
    ) -> Result<Response<pb::GetProblemSourcesResponse>, Status> {
        let pb::GetProblemSourcesRequest { slug } = request.into_inner();
        let problem = self.authors.sources(&slug, &self.limits).await?;
        Ok(Response::new(pb::GetProblemSourcesResponse {
            problem: Some(problem),
        }))
    }

    async fn create_problem(
        &self,
        request: Request<pb::CreateProblemRequest>,
    ) -> Result<Response<pb::CreateProblemResponse>, Status> {
        let context = OpContext::of(&request)?;
        let answer = self
            .authors
            .create(&context, request.into_inner(), &self.limits);
        Ok(Response::new(answer.await?))
    }

    async fn update_problem(
        &self,
        request: Request<pb::UpdateProblemRequest>,
    ) -> Result<Response<pb::UpdateProblemResponse>, Status> {
        let context = OpContext::of(&request)?;
        let answer = self
            .authors
            .update(&context, request.into_inner(), &self.limits);
        Ok(Response::new(answer.await?))
    }

    async fn delete_problem(
        &self,
        request: Request<pb::DeleteProblemRequest>,
    ) -> Result<Response<pb::DeleteProblemResponse>, Status> {
        self.authors.delete(request.into_inner()).await?;
        Ok(Response::new(pb::DeleteProblemResponse {}))
    }

    async fn import_package(
        &self,
        request: Request<pb::ImportPackageRequest>,
    ) -> Result<Response<pb::ImportPackageResponse>, Status> {
        let context = OpContext::of(&request)?;
        let answer = self
            .packages
            .import(&context, request.into_inner(), &self.limits);
        Ok(Response::new(answer.await?))
    }

    async fn export_package(
        &self,
        request: Request<pb::ExportPackageRequest>,
    ) -> Result<Response<pb::ExportPackageResponse>, Status> {
        let answer = self.packages.export(request.into_inner());
        Ok(Response::new(answer.await?))
    }
}

fn filter_in(request: &pb::ListProblemsRequest) -> Result<ProblemFilter, Error> {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let difficulty = match pb::Difficulty::try_from(request.difficulty) {
        Ok(pb::Difficulty::Unspecified) => None,
        Ok(pb::Difficulty::Easy) => Some(Difficulty::Easy),
        Ok(pb::Difficulty::Medium) => Some(Difficulty::Medium),
        Ok(pb::Difficulty::Hard) => Some(Difficulty::Hard),
        Err(_) => return Err(Error::invalid("difficulty", "is not a difficulty.")),
    };
    Ok(ProblemFilter {
        age_group: age_group_in(request.age_group)?,
        level_id: text(&request.level_id),
        tag: text(&request.tag),
        difficulty,
    })
}

/// A problem as everybody may read it.
pub fn page_out(page: &ProblemPage, defaults: &Limits) -> pb::Problem {
    let ProblemPage { problem, examples } = page;
    pb::Problem {
        statement: problem.statement.clone(),
        starter_source: problem.starter_source.clone(),
        examples: examples.iter().map(example_out).collect(),
        ..brief_out(problem, defaults)
    }
}

/// A problem as lists have it: without statement, starter code and examples.
fn brief_out(problem: &Problem, defaults: &Limits) -> pb::Problem {
    let wall_time = problem.limits.wall_time.unwrap_or(defaults.test_wall_time);
    let memory = problem.limits.memory_bytes.unwrap_or(defaults.memory_bytes);
    let limits = common::Limits {
        wall_time_limit: Some(duration(wall_time.min(defaults.wall_time_ceiling))),
        memory_limit_bytes: i64::try_from(memory.min(defaults.memory_bytes)).unwrap_or(i64::MAX),
        ..common::Limits::default()
    };
    let place = problem.place.as_ref();
    let (level_id, session_id) = place.map_or_else(Default::default, |place| {
        (place.level_id.clone(), place.session_id.clone())
    });
    pb::Problem {
        slug: problem.slug.to_string(),
        title: problem.title.clone(),
        summary: problem.summary.clone(),
        statement: String::new(),
        kind: match problem.kind {
            ProblemKind::Stdin => pb::ProblemKind::Stdin.into(),
            ProblemKind::Function => pb::ProblemKind::Function.into(),
        },
        function_name: problem.function_name.clone(),
        difficulty: match problem.difficulty {
            Difficulty::Easy => pb::Difficulty::Easy.into(),
            Difficulty::Medium => pb::Difficulty::Medium.into(),
            Difficulty::Hard => pb::Difficulty::Hard.into(),
        },
        points: count(problem.points),
        tags: problem.tags.clone(),
        category: problem.category.clone(),
        level_id,
        session_id,
        starter_source: String::new(),
        checker: Some(checker_out(problem.checker)),
        feedback: feedback_out(problem.feedback).into(),
        limits: Some(limits),
        profile: problem.profile.word().to_owned(),
        subtasks: problem.subtasks.iter().map(subtask_out).collect(),
        stop_on_first_failure: problem.stop_on_first_failure,
        examples: Vec::new(),
        test_count: count(problem.test_count),
        etag: problem.etag.clone(),
        update_time: Some(timestamp(problem.update_time)),
        // Nor its solutions.
        solution_source: String::new(),
        wrong_solutions: Vec::new(),
    }
}

fn checker_out(checker: CheckerSettings) -> pb::Checker {
    let CheckerSettings {
        kind,
        case_sensitive,
        space_change_sensitive,
        absolute_tolerance,
        relative_tolerance,
    } = checker;
    let kind = match kind {
        CheckerKind::Exact => pb::CheckerKind::Exact,
        CheckerKind::Tokens => pb::CheckerKind::Tokens,
        CheckerKind::Float => pb::CheckerKind::Float,
        CheckerKind::UnorderedLines => pb::CheckerKind::UnorderedLines,
        CheckerKind::Custom => pb::CheckerKind::Custom,
    };
    pb::Checker {
        kind: kind.into(),
        case_sensitive,
        space_change_sensitive,
        absolute_tolerance,
        relative_tolerance,
        // Who may read a problem may not read its checker.
        source: String::new(),
    }
}

fn subtask_out(subtask: &Subtask) -> pb::Subtask {
    let Subtask {
        name,
        points,
        scoring,
        tests,
        requires,
    } = subtask;
    let scoring = match scoring {
        Scoring::Minimum => pb::SubtaskScoring::Minimum,
        Scoring::Sum => pb::SubtaskScoring::Sum,
    };
    pb::Subtask {
        name: name.clone(),
        points: count(*points),
        scoring: scoring.into(),
        test_numbers: tests.iter().copied().map(count).collect(),
        required_names: requires.clone(),
    }
}

fn feedback_out(feedback: Feedback) -> pb::Feedback {
    match feedback {
        Feedback::Full => pb::Feedback::Full,
        Feedback::VerdictPerTest => pb::Feedback::VerdictPerTest,
        Feedback::VerdictOnly => pb::Feedback::VerdictOnly,
    }
}

fn example_out(test: &Test) -> pb::ExampleTest {
    let Test {
        number,
        hidden: _,
        input,
        expected,
    } = test;
    pb::ExampleTest {
        number: count(*number),
        input: input.clone(),
        expected: expected.clone(),
    }
}

fn level_out(level: Level) -> pb::Level {
    let Level {
        id,
        age_group,
        number,
        title,
        summary,
        sessions,
    } = level;
    pb::Level {
        id,
        age_group: age_group_out(Some(age_group)).into(),
        number: count(number),
        title,
        summary,
        sessions: sessions.into_iter().map(session_out).collect(),
    }
}

fn session_out(session: CourseSession) -> pb::CourseSession {
    let CourseSession {
        id,
        title,
        summary,
        problems,
    } = session;
    let problem_slugs = problems.iter().map(ToString::to_string).collect();
    pb::CourseSession {
        id,
        title,
        summary,
        problem_slugs,
    }
}

fn cheatsheet_out(sheet: Cheatsheet) -> pb::Cheatsheet {
    let Cheatsheet { slug, title, body } = sheet;
    pb::Cheatsheet {
        slug: slug.to_string(),
        title,
        body,
    }
}

fn counts_out<'a>(counts: impl Iterator<Item = (&'a str, usize)>) -> Vec<pb::TagCount> {
    let out = |(name, count): (&str, usize)| pb::TagCount {
        name: name.to_owned(),
        problem_count: i32::try_from(count).unwrap_or(i32::MAX),
    };
    counts.map(out).collect()
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
