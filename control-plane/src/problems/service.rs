//! Reads the course. All of it but the tests is one value in memory, a `Catalogue`, read anew
//! after five minutes or when the content's revision rose, whichever process changed it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::catalogue::Catalogue;
use super::model::{
    AnswerChecker, Cheatsheet, CheckerKind, CourseSession, GradedProblem, Problem, ProblemFilter,
    ProblemPage, Slug, Test,
};
use super::store;
use crate::judge::CustomChecker;
use crate::platform::Platform;
use crate::platform::cache::ContentCache;
use crate::platform::config::Limits;
use crate::platform::errors::Error;
use crate::platform::pagination::Page;
use crate::testcases::service::TestCases;

const PROBLEMS_IN_MEMORY: u64 = 1000;
const REVISION_CHECK: Duration = Duration::from_secs(2);
/// How often a problem that is being changed is read, before grading is put off.
const TRIES_FOR_ONE_STATE: usize = 5;

/// The course. Cloning shares the cache.
#[derive(Clone)]
pub struct Problems {
    platform: Platform,
    tests: TestCases,
    catalogue: ContentCache<(), Catalogue>,
    examples: ContentCache<Slug, Vec<Test>>,
    graded: ContentCache<Slug, GradedProblem>,
    revision: Arc<AtomicI64>,
}

impl Problems {
    /// The course in the platform's database.
    pub fn new(platform: Platform, tests: TestCases) -> Self {
        Self {
            platform,
            tests,
            catalogue: ContentCache::new(1),
            examples: ContentCache::new(PROBLEMS_IN_MEMORY),
            graded: ContentCache::new(PROBLEMS_IN_MEMORY),
            revision: Arc::new(AtomicI64::new(-1)),
        }
    }

    /// Everything that grading needs, limits resolved. NOT_FOUND when there is no such problem.
    pub async fn for_grading(&self, slug: &str) -> Result<Arc<GradedProblem>, Error> {
        let slug = parse_slug(slug)?;
        self.graded
            .get(slug.clone(), async {
                Box::pin(self.read_for_grading(&slug)).await
            })
            .await
    }

    /// The catalogue may be older than the tests: somebody changed the problem since, perhaps by
    /// way of another process. Both must be of one state, or answers would be judged by neither.
    async fn read_for_grading(&self, slug: &Slug) -> Result<GradedProblem, Error> {
        for _ in 0..TRIES_FOR_ONE_STATE {
            let problem = self.problem(slug).await?;
            let (tests, tests_of) = self.tests.all(slug).await?;
            let (custom, checker_of) = match problem.checker.kind {
                CheckerKind::Custom => self.tests.checker(slug).await?,
                _ => (None, problem.etag.clone()),
            };
            if tests_of == problem.etag && checker_of == problem.etag {
                return graded(&problem, tests, custom, &self.platform.config.limits);
            }
            self.catalogue.invalidate();
        }
        Err(Error::internal(
            "grade a problem",
            "it changes all the time",
        ))
    }

    /// All of the course but the tests.
    pub async fn catalogue(&self) -> Result<Arc<Catalogue>, Error> {
        // Reading is rare, and its futures large: they are made only when they are needed.
        let read = async { Box::pin(self.read_catalogue()).await };
        self.catalogue.get((), read).await
    }

    async fn read_catalogue(&self) -> Result<Catalogue, Error> {
        let db = self.platform.db.read();
        let problems = store::problems(db).await?;
        let levels = store::levels(db).await?;
        let cheatsheets = store::cheatsheets(db).await?;
        Ok(Catalogue::new(problems, levels, cheatsheets))
    }

    async fn problem(&self, slug: &Slug) -> Result<Arc<Problem>, Error> {
        let catalogue = self.catalogue().await?;
        let problem = catalogue.problem(slug).cloned();
        problem.ok_or(Error::NotFound("problem"))
    }

    /// A page of problems by filter, in the order of the course.
    pub async fn list(
        &self,
        filter: &ProblemFilter,
        page: &Page<String>,
    ) -> Result<(Vec<Arc<Problem>>, String), Error> {
        let catalogue = self.catalogue().await?;
        let count = usize::try_from(page.fetch()).unwrap_or(usize::MAX);
        let problems = catalogue.list(filter, page.after.as_deref(), count);
        Ok(page.finish(problems, |problem| problem.slug.to_string()))
    }

    /// A problem with its public tests.
    pub async fn get(&self, slug: &str) -> Result<ProblemPage, Error> {
        let slug = parse_slug(slug)?;
        let problem = self.problem(&slug).await?;
        let examples = self
            .examples
            .get(slug.clone(), async {
                Box::pin(self.tests.examples(&slug)).await
            })
            .await?;
        Ok(ProblemPage { problem, examples })
    }

    /// NOT_FOUND when there is no such problem.
    pub async fn check_exists(&self, slug: &str) -> Result<Slug, Error> {
        let slug = parse_slug(slug)?;
        self.problem(&slug).await?;
        Ok(slug)
    }

    /// A session with its problems.
    pub async fn session(&self, id: &str) -> Result<(CourseSession, Vec<Arc<Problem>>), Error> {
        let catalogue = self.catalogue().await?;
        let found = catalogue.session(id);
        let (session, problems) = found.ok_or(Error::NotFound("session"))?;
        Ok((session.clone(), problems))
    }

    /// A page of cheatsheets.
    pub async fn list_cheatsheets(
        &self,
        page: &Page<String>,
    ) -> Result<(Vec<Cheatsheet>, String), Error> {
        let catalogue = self.catalogue().await?;
        Ok(cut(catalogue.cheatsheets().iter(), page, |sheet| {
            &sheet.slug
        }))
    }

    /// A cheatsheet.
    pub async fn cheatsheet(&self, slug: &str) -> Result<Cheatsheet, Error> {
        let catalogue = self.catalogue().await?;
        let mut sheets = catalogue.cheatsheets().iter();
        let found = sheets.find(|sheet| sheet.slug.as_str() == slug);
        found.cloned().ok_or(Error::NotFound("cheatsheet"))
    }

    /// Forgets what is in memory; the content changed.
    pub fn invalidate(&self) {
        self.catalogue.invalidate();
        self.examples.invalidate();
        self.graded.invalidate();
    }

    /// Looks every two seconds whether the content changed, also by another process, until the
    /// program ends.
    pub async fn follow_changes(self) {
        while !self.platform.draining.is_cancelled() {
            if let Ok(revision) = store::revision(self.platform.db.read()).await {
                let before = self.revision.swap(revision, Ordering::Relaxed);
                if before != revision {
                    self.invalidate();
                }
            }
            let draining = self.platform.draining.cancelled();
            let _ = tokio::time::timeout(REVISION_CHECK, draining).await;
        }
    }
}

/// A text that can't be a slug names no problem.
fn parse_slug(slug: &str) -> Result<Slug, Error> {
    Slug::parse(slug).map_err(|_| Error::NotFound("problem"))
}

/// A problem as it is graded, limits resolved.
pub fn graded(
    problem: &Problem,
    tests: Vec<Test>,
    custom: Option<CustomChecker>,
    limits: &Limits,
) -> Result<GradedProblem, Error> {
    if tests.is_empty() {
        return Err(Error::internal("grade a problem", "it has no tests"));
    }
    let mut named = problem.subtasks.iter().flat_map(|subtask| &subtask.tests);
    if !named.all(|named| tests.iter().any(|test| test.number == *named)) {
        return Err(Error::internal(
            "grade a problem",
            "a subtask has a test too many",
        ));
    }
    let built_in = problem.checker.to_checker();
    let built_in = built_in.map_err(|error| Error::internal("read a checker", error))?;
    let checker = built_in.map(AnswerChecker::BuiltIn);
    let checker = checker.or(custom.map(AnswerChecker::Custom));
    let checker = checker.ok_or_else(|| Error::internal("grade a problem", "it has no checker"))?;
    let wall_time = problem.limits.wall_time.unwrap_or(limits.test_wall_time);
    let memory = problem.limits.memory_bytes.unwrap_or(limits.memory_bytes);
    Ok(GradedProblem {
        slug: problem.slug.clone(),
        etag: problem.etag.clone(),
        kind: problem.kind,
        function_name: problem.function_name.clone(),
        checker,
        feedback: problem.feedback,
        profile: problem.profile,
        wall_time_limit: wall_time.min(limits.wall_time_ceiling),
        memory_limit_bytes: memory.min(limits.memory_bytes),
        points: problem.points,
        subtasks: problem.subtasks.clone(),
        stop_on_first_failure: problem.stop_on_first_failure,
        tests,
    })
}

/// The part of a list in memory that a page asks for. A row that is gone by now ends the list,
/// rather than showing rows twice.
fn cut<'a, T: Clone + 'a>(
    all: impl Iterator<Item = &'a T>,
    page: &Page<String>,
    key: impl Fn(&T) -> &Slug,
) -> (Vec<T>, String) {
    let mut all = all.peekable();
    if let Some(after) = &page.after {
        for row in all.by_ref() {
            if key(row).as_str() == after {
                break;
            }
        }
    }
    let rows = all.take(page.fetch() as usize).cloned().collect();
    page.finish(rows, |row| key(row).to_string())
}
