//! ProblemService over gRPC.

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

    /// A problem as lists have it: without statement and starter code.
    fn brief(&self, problem: Problem) -> pb::Problem {
        let full = problem_out(problem, &self.limits);
        pb::Problem {
            statement: String::new(),
            starter_source: String::new(),
            ..full
        }
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
        let problems = problems
            .into_iter()
            .map(|problem| self.brief(problem))
            .collect();
        Ok(Response::new(pb::ListProblemsResponse {
            problems,
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
            problem: Some(page_out(page, &self.limits)),
        }))
    }

    async fn list_tags(
        &self,
        _: Request<pb::ListTagsRequest>,
    ) -> Result<Response<pb::ListTagsResponse>, Status> {
        let catalogue = self.problems.catalogue().await?;
        let words = catalogue.problems.iter().flat_map(|problem| &problem.tags);
        Ok(Response::new(pb::ListTagsResponse {
            tags: counts(words),
        }))
    }

    async fn list_categories(
        &self,
        _: Request<pb::ListCategoriesRequest>,
    ) -> Result<Response<pb::ListCategoriesResponse>, Status> {
        let catalogue = self.problems.catalogue().await?;
        let words = catalogue.problems.iter().map(|problem| &problem.category);
        Ok(Response::new(pb::ListCategoriesResponse {
            categories: counts(words),
        }))
    }

    async fn list_levels(
        &self,
        request: Request<pb::ListLevelsRequest>,
    ) -> Result<Response<pb::ListLevelsResponse>, Status> {
        let wanted = age_group_in(request.into_inner().age_group)?;
        let catalogue = self.problems.catalogue().await?;
        let levels = catalogue.levels.iter();
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
            problems: problems
                .into_iter()
                .map(|problem| self.brief(problem))
                .collect(),
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
pub fn page_out(page: ProblemPage, defaults: &Limits) -> pb::Problem {
    let ProblemPage { problem, examples } = page;
    let mut problem = problem_out(problem, defaults);
    problem.examples = examples.into_iter().map(example_out).collect();
    problem
}

fn problem_out(problem: Problem, defaults: &Limits) -> pb::Problem {
    let wall_time = problem.limits.wall_time.unwrap_or(defaults.test_wall_time);
    let memory = problem.limits.memory_bytes.unwrap_or(defaults.memory_bytes);
    let limits = common::Limits {
        wall_time_limit: Some(duration(wall_time.min(defaults.wall_time_ceiling))),
        memory_limit_bytes: i64::try_from(memory.min(defaults.memory_bytes)).unwrap_or(i64::MAX),
        ..common::Limits::default()
    };
    let (level_id, session_id) = problem
        .place
        .map_or_else(Default::default, |place| (place.level_id, place.session_id));
    pb::Problem {
        slug: problem.slug.to_string(),
        title: problem.title,
        summary: problem.summary,
        statement: problem.statement,
        kind: match problem.kind {
            ProblemKind::Stdin => pb::ProblemKind::Stdin.into(),
            ProblemKind::Function => pb::ProblemKind::Function.into(),
        },
        function_name: problem.function_name,
        difficulty: match problem.difficulty {
            Difficulty::Easy => pb::Difficulty::Easy.into(),
            Difficulty::Medium => pb::Difficulty::Medium.into(),
            Difficulty::Hard => pb::Difficulty::Hard.into(),
        },
        points: count(problem.points),
        tags: problem.tags,
        category: problem.category,
        level_id,
        session_id,
        starter_source: problem.starter_source,
        checker: Some(checker_out(problem.checker)),
        feedback: feedback_out(problem.feedback).into(),
        limits: Some(limits),
        profile: problem.profile.word().to_owned(),
        subtasks: problem.subtasks.into_iter().map(subtask_out).collect(),
        stop_on_first_failure: problem.stop_on_first_failure,
        examples: Vec::new(),
        test_count: count(problem.test_count),
        etag: problem.etag,
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

fn subtask_out(subtask: Subtask) -> pb::Subtask {
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
        name,
        points: count(points),
        scoring: scoring.into(),
        test_numbers: tests.into_iter().map(count).collect(),
        required_names: requires,
    }
}

fn feedback_out(feedback: Feedback) -> pb::Feedback {
    match feedback {
        Feedback::Full => pb::Feedback::Full,
        Feedback::VerdictPerTest => pb::Feedback::VerdictPerTest,
        Feedback::VerdictOnly => pb::Feedback::VerdictOnly,
    }
}

fn example_out(test: Test) -> pb::ExampleTest {
    let Test {
        number,
        hidden: _,
        input,
        expected,
    } = test;
    pb::ExampleTest {
        number: count(number),
        input,
        expected,
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

/// Words with how often each comes, by word.
fn counts<'a>(words: impl Iterator<Item = &'a String>) -> Vec<pb::TagCount> {
    let mut counts = std::collections::BTreeMap::<&String, i32>::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    let out = |(name, problem_count): (&String, i32)| pb::TagCount {
        name: name.clone(),
        problem_count,
    };
    counts.into_iter().map(out).collect()
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
