//! What authors say of problems, between the wire and `Authoring`. The calls themselves are among
//! those of ProblemService (`problems/api.rs`).

mod incoming;

use std::sync::Arc;

use coderunner_proto::common::v1 as common;
use coderunner_proto::v1 as pb;
use prost::Message;

use self::incoming::{problem_in, tests_in};
use super::service::{Authoring, Placing};
use crate::platform::config::Limits;
use crate::platform::context::OpContext;
use crate::platform::errors::{Error, Violations};
use crate::platform::idempotency::Idempotency;
use crate::platform::wire::duration;
use crate::problems::api::page_out;
use crate::problems::course::model::{CourseProblem, WrongSolution};
use crate::problems::model::{ProblemPage, Slug, TestLimits};

/// The gRPC side of `Authoring`, as far as it is about problems.
pub struct AuthorApi {
    authoring: Authoring,
    idempotency: Idempotency,
}

impl AuthorApi {
    /// Serves these changes.
    pub fn new(authoring: Authoring, idempotency: Idempotency) -> Self {
        Self {
            authoring,
            idempotency,
        }
    }

    /// A problem with everything but its tests.
    pub async fn sources(&self, slug: &str, defaults: &Limits) -> Result<pb::Problem, Error> {
        let (problem, stored) = self.authoring.read(&parse_slug(slug)?).await?;
        let public = stored.problem.tests.iter().filter(|test| !test.hidden);
        let examples: Vec<_> = public.cloned().collect();
        let limits = own_limits_out(problem.limits);
        let mut problem = page_out(
            &ProblemPage {
                problem: problem.into(),
                examples: Arc::new(examples),
            },
            defaults,
        );
        problem.limits = Some(limits);
        if let Some(checker) = &mut problem.checker {
            checker.source = stored.problem.checker_source;
        }
        problem.solution_source = stored.problem.solution_source;
        let wrong = stored.problem.wrong_solutions.into_iter();
        problem.wrong_solutions = wrong
            .map(|WrongSolution { name, source }| pb::WrongSolution { name, source })
            .collect();
        Ok(problem)
    }

    /// Makes a problem.
    pub async fn create(
        &self,
        context: &OpContext,
        request: pb::CreateProblemRequest,
        defaults: &Limits,
    ) -> Result<pb::CreateProblemResponse, Error> {
        // Answers are kept in plain text, so they hold no secret, and neither does the digest.
        let digest = self.authoring.digest(&request.encode_to_vec());
        let pb::CreateProblemRequest {
            request_id,
            problem,
            tests,
        } = request;
        let (mut draft, placing) = problem_in(problem.unwrap_or_default())?;
        draft.tests = tests_in(tests);
        let work = async {
            let page = self.authoring.create(&draft, placing).await?;
            Ok(pb::CreateProblemResponse {
                problem: Some(page_out(&page, defaults)),
            })
        };
        self.idempotency
            .once(context, &request_id, &digest, work)
            .await
    }

    /// Changes a problem.
    pub async fn update(
        &self,
        context: &OpContext,
        request: pb::UpdateProblemRequest,
        defaults: &Limits,
    ) -> Result<pb::UpdateProblemResponse, Error> {
        let digest = self.authoring.digest(&request.encode_to_vec());
        let pb::UpdateProblemRequest {
            request_id,
            problem,
            update_mask,
        } = request;
        let problem = problem.unwrap_or_default();
        let slug = parse_slug(&problem.slug)?;
        let etag = problem.etag.clone();
        let paths = update_mask.unwrap_or_default().paths;
        check_mask(&paths, &etag)?;
        let has = |path: &str| paths.iter().any(|named| named == path);
        let (new, placing) = problem_in(filled(problem, &has))?;
        let placing = if has("session_id") {
            placing
        } else {
            Placing::Keep
        };
        let paths = &paths;
        let edit = move |old: &mut CourseProblem| {
            for path in paths {
                take(old, &new, path);
            }
        };
        let work = async {
            let page = self.authoring.update(&slug, &etag, edit, placing).await?;
            Ok(pb::UpdateProblemResponse {
                problem: Some(page_out(&page, defaults)),
            })
        };
        self.idempotency
            .once(context, &request_id, &digest, work)
            .await
    }

    /// Deletes a problem.
    pub async fn delete(&self, request: pb::DeleteProblemRequest) -> Result<(), Error> {
        let pb::DeleteProblemRequest { slug, etag } = request;
        self.authoring.delete(&parse_slug(&slug)?, &etag).await
    }
}

/// Limits as the author set them. Those of the installation are no part of a problem, and would
/// become one if they came back in an update.
fn own_limits_out(limits: TestLimits) -> common::Limits {
    let TestLimits {
        wall_time,
        memory_bytes,
    } = limits;
    common::Limits {
        wall_time_limit: wall_time.map(duration),
        memory_limit_bytes: memory_bytes
            .map_or(0, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
        ..common::Limits::default()
    }
}

fn parse_slug(slug: &str) -> Result<Slug, Error> {
    Slug::parse(slug).map_err(|_| Error::NotFound("problem"))
}

/// Fields that an update may name.
const FIELDS: &[&str] = &[
    "title",
    "summary",
    "statement",
    "kind",
    "function_name",
    "difficulty",
    "points",
    "tags",
    "category",
    "session_id",
    "starter_source",
    "checker",
    "feedback",
    "limits",
    "profile",
    "subtasks",
    "stop_on_first_failure",
    "solution_source",
    "wrong_solutions",
];

fn check_mask(paths: &[String], etag: &str) -> Result<(), Error> {
    let mut violations = Violations::default();
    if paths.is_empty() {
        violations.add("update_mask", "must name at least one field.");
    }
    for path in paths.iter().filter(|path| !FIELDS.contains(&path.as_str())) {
        let text = format!("{path:?} is not a field that can be changed.");
        violations.add("update_mask", text);
    }
    if etag.is_empty() {
        violations.add(
            "problem.etag",
            "must be that of the problem as you read it.",
        );
    }
    violations.check()
}

/// A change with right values for what must have one and is not named, so that nobody is told that
/// it is missing; `take` leaves them where they are.
fn filled(mut problem: pb::Problem, has: &impl Fn(&str) -> bool) -> pb::Problem {
    if !has("kind") {
        problem.kind = pb::ProblemKind::Stdin.into();
    }
    if !has("difficulty") {
        problem.difficulty = pb::Difficulty::Easy.into();
    }
    if !has("feedback") {
        problem.feedback = pb::Feedback::Full.into();
    }
    if !has("points") {
        problem.points = 1;
    }
    if !has("profile") {
        problem.profile = String::new();
    }
    if !has("limits") {
        problem.limits = None;
    }
    if !has("subtasks") {
        problem.subtasks = Vec::new();
    }
    if !has("checker") {
        problem.checker = Some(pb::Checker {
            kind: pb::CheckerKind::Exact.into(),
            ..pb::Checker::default()
        });
    }
    problem
}

/// Takes one field of a change over. Where the problem is in the course is no part of it.
fn take(old: &mut CourseProblem, new: &CourseProblem, path: &str) {
    match path {
        "title" => old.title.clone_from(&new.title),
        "summary" => old.summary.clone_from(&new.summary),
        "statement" => old.statement.clone_from(&new.statement),
        "kind" => old.kind = new.kind,
        "function_name" => old.function_name.clone_from(&new.function_name),
        "difficulty" => old.difficulty = new.difficulty,
        "points" => old.points = new.points,
        "tags" => old.tags.clone_from(&new.tags),
        "category" => old.category.clone_from(&new.category),
        "starter_source" => old.starter_source.clone_from(&new.starter_source),
        "checker" => {
            old.checker = new.checker;
            old.checker_source.clone_from(&new.checker_source);
        }
        "feedback" => old.feedback = new.feedback,
        "limits" => old.limits = new.limits,
        "profile" => old.profile = new.profile,
        "subtasks" => old.subtasks.clone_from(&new.subtasks),
        "stop_on_first_failure" => old.stop_on_first_failure = new.stop_on_first_failure,
        "solution_source" => old.solution_source.clone_from(&new.solution_source),
        "wrong_solutions" => old.wrong_solutions.clone_from(&new.wrong_solutions),
        _ => {}
    }
}
