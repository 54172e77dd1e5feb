//! The sample course's problems, as files.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::stack::repository;

/// A problem of the sample course with its programs.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The problem's short name.
    pub slug: String,
    /// The reference solution.
    pub solution: PathBuf,
    /// Plausible mistakes.
    pub wrong: Vec<PathBuf>,
}

/// Folder of the sample course.
pub fn folder() -> PathBuf {
    repository().join("control-plane/content/sample")
}

/// Folder of the wrong programs that are explained, with what each gets.
pub fn explained_programs() -> PathBuf {
    repository().join("control-plane/tests/explain")
}

/// All problems, by name.
pub fn samples() -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    let problems = folder().join("problems");
    for entry in
        fs::read_dir(&problems).with_context(|| format!("reading {}", problems.display()))?
    {
        let problem = entry?.path();
        let mut wrong = Vec::new();
        for entry in fs::read_dir(problem.join("wrong"))? {
            wrong.push(entry?.path());
        }
        wrong.sort();
        let slug = problem.file_name().context("a folder has a name")?;
        samples.push(Sample {
            slug: slug.to_string_lossy().into_owned(),
            solution: problem.join("solution.py"),
            wrong,
        });
    }
    samples.sort_by(|one, other| one.slug.cmp(&other.slug));
    Ok(samples)
}
