//! A course as it comes out of a folder, and what can be wrong with one.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::execution::model::Profile;
use crate::judge::{Feedback, Subtask};
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
    pub solution_source: String,
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

/// What an author may set limits to.
#[derive(Debug, Clone, Copy)]
pub struct Ceilings {
    pub wall_time: Duration,
    pub memory_bytes: u64,
    pub source_bytes: u64,
}

/// Something wrong with a course, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Relative to the folder.
    pub file: PathBuf,
    /// From 1, where it is known.
    pub line: Option<usize>,
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
