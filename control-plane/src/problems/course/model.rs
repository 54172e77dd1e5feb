//! A course as it comes out of a folder, and what can be wrong with one.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::execution::model::Profile;
use crate::judge::{Feedback, Subtask};
use crate::platform::config::Limits;
use crate::problems::model::{
    Cheatsheet, CheckerSettings, Difficulty, Level, ProblemKind, Slug, Test, TestLimits,
};

/// A whole course.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    pub title: String,
    pub levels: Vec<Level>,
    pub problems: Vec<CourseProblem>,
    pub cheatsheets: Vec<Cheatsheet>,
}

/// A problem with all its secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct CourseProblem {
    pub slug: Slug,
    pub title: String,
    pub summary: String,
    pub statement: String,
    pub kind: ProblemKind,
    pub function_name: String,
    pub difficulty: Difficulty,
    pub points: u32,
    pub tags: Vec<String>,
    pub category: String,
    pub starter_source: String,
    /// Empty when there is none.
    pub solution_source: String,
    /// Programs that must not be accepted, by name.
    pub wrong_solutions: Vec<WrongSolution>,
    pub checker: CheckerSettings,
    /// Python; empty unless the checker is the author's own.
    pub checker_source: String,
    pub feedback: Feedback,
    pub profile: Profile,
    pub limits: TestLimits,
    /// None, or their points add up to `points` and each hidden test is in one of them.
    pub subtasks: Vec<Subtask>,
    /// Of each subtask, or of all tests when there are no subtasks.
    pub stop_on_first_failure: bool,
    /// Public ones first, numbered from 1.
    pub tests: Vec<Test>,
}

/// A plausible mistake, which the tests must tell from a solution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrongSolution {
    /// 1 to 60 of letters, digits, `-` and `_`, not beginning with `-`; once in a problem.
    pub name: String,
    pub source: String,
}

/// What an author may set limits to.
#[derive(Debug, Clone, Copy)]
pub struct Ceilings {
    pub wall_time: Duration,
    pub memory_bytes: u64,
    pub source_bytes: u64,
}

impl Ceilings {
    /// What the limits of an installation allow.
    pub fn of(limits: &Limits) -> Self {
        Self {
            wall_time: limits.wall_time_ceiling,
            memory_bytes: limits.memory_bytes,
            source_bytes: limits.source_bytes,
        }
    }
}

/// Something wrong with a course, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Relative to the folder.
    pub file: PathBuf,
    /// From 1, where it is known.
    pub line: Option<usize>,
    /// The table of the file that it is in; empty for the outermost.
    pub table: &'static str,
    pub text: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(formatter, ":{line}")?;
        }
        write!(formatter, ": {}", self.text)
    }
}
