//! Reads a student's own progress, and keeps drafts.

use super::model::{Attempt, Draft, LevelProgress, ProblemProgress, Summary, streak};
use super::store;
use crate::platform::Platform;
use crate::platform::db::to_micros;
use crate::platform::errors::Error;
use crate::platform::ids::UserId;
use crate::platform::pagination::Page;
use crate::problems::model::Level;
use crate::problems::service::Problems;

/// Progress of all students.
#[derive(Clone)]
pub struct Progress {
    platform: Platform,
    problems: Problems,
}

impl Progress {
    /// Progress in the platform's database.
    pub fn new(platform: Platform, problems: Problems) -> Self {
        Self { platform, problems }
    }

    /// A page of problems tried, last tried first.
    pub async fn list(
        &self,
        user_id: UserId,
        page: &Page<(i64, String)>,
    ) -> Result<(Vec<ProblemProgress>, String), Error> {
        let db = self.platform.db.read();
        let rows = store::list(db, user_id, page.after.as_ref(), page.fetch()).await?;
        Ok(page.finish(rows, |row| {
            (to_micros(row.last_attempt_time), row.problem.clone())
        }))
    }

    /// Points, streak, badges, and progress per level.
    pub async fn summary(&self, user_id: UserId) -> Result<Summary, Error> {
        let db = self.platform.db.read();
        let solved = store::solved(db, user_id).await?;
        let badges = store::badges(db, user_id).await?;
        let catalogue = self.problems.catalogue().await?;
        let slugs = || solved.split_ascii_whitespace();
        let days = store::solve_days(db, user_id).await?;
        Ok(Summary {
            points: store::points(db, user_id).await?,
            solved_problem_count: count(slugs().count()),
            streak_days: streak(&days, self.platform.clock.now()),
            badges,
            levels: catalogue
                .among_levels(slugs())
                .into_iter()
                .map(in_level)
                .collect(),
        })
    }

    /// A page of attempts at a problem, newest first.
    pub async fn attempts(
        &self,
        user_id: UserId,
        problem: &str,
        page: &Page<String>,
    ) -> Result<(Vec<Attempt>, String), Error> {
        let problem = self.problems.check_exists(problem).await?;
        let (db, after) = (self.platform.db.read(), page.after.as_deref());
        let rows = store::attempts(db, user_id, problem.as_str(), after, page.fetch()).await?;
        Ok(page.finish(rows, |row| row.submission_id.to_string()))
    }

    /// Keeps the code that a student is working on.
    pub async fn save_draft(
        &self,
        user_id: UserId,
        problem: &str,
        source: String,
    ) -> Result<Draft, Error> {
        let problem = self.problems.check_exists(problem).await?;
        let most = self.platform.config.limits.source_bytes;
        if source.len() as u64 > most {
            let description = format!("may have at most {most} bytes.");
            return Err(Error::invalid("source", description));
        }
        let draft = Draft {
            source,
            save_time: self.platform.clock.now(),
        };
        let mut tx = self.platform.db.write_beside().await?;
        store::save_draft(&mut tx, user_id, problem.as_str(), &draft).await?;
        tx.commit().await?;
        Ok(draft)
    }

    /// The code that a student is working on.
    pub async fn draft(&self, user_id: UserId, problem: &str) -> Result<Draft, Error> {
        let problem = self.problems.check_exists(problem).await?;
        let draft = store::draft(self.platform.db.read(), user_id, problem.as_str()).await?;
        draft.ok_or(Error::NotFound("draft"))
    }
}

/// A level with how many problems it has and how many are solved.
pub fn in_level((level, problems, solved): (&Level, usize, usize)) -> LevelProgress {
    LevelProgress {
        level_id: level.id.clone(),
        title: level.title.clone(),
        problem_count: count(problems),
        solved_problem_count: count(solved),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
