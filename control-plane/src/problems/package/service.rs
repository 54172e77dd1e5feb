//! Use cases of archives: a problem or a whole course comes in or goes out.
//!
//! A course that comes in does what loading a folder does: it replaces levels, sessions and
//! cheatsheets, and deletes problems that came from a folder and are not in it. A problem that
//! comes in is a new one, or takes the place of one whose etag its author knows.

use std::path::PathBuf;

use super::archive::{pack, unpack};
use super::kattis;
use crate::platform::Platform;
use crate::platform::errors::{Error, Reason};
use crate::problems::authoring::check::refusal;
use crate::problems::authoring::service::{Authoring, Placing};
use crate::problems::course::folder::{read_course_files, read_one_problem};
use crate::problems::course::model::{Ceilings, Course, CourseProblem, Mistake};
use crate::problems::course::service::{Loaded, store_imported_course};
use crate::problems::course::stored::read_course_within;
use crate::problems::course::tree::Files;
use crate::problems::course::write::{course_files, put_problem};
use crate::problems::model::{ProblemPage, Slug};
use crate::problems::service::Problems;

/// What is in an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemFormat {
    /// A problem package of Kattis.
    Kattis,
    /// A problem's folder of a course.
    Folder,
}

/// Warnings of an answer.
const MAX_WARNINGS: usize = 100;

/// Archives of the problems that these authors write.
#[derive(Clone)]
pub struct Packages {
    platform: Platform,
    authoring: Authoring,
    problems: Problems,
}

/// A problem in an archive, and where it goes.
pub struct NewProblem {
    pub format: ProblemFormat,
    pub archive: Vec<u8>,
    /// None for what the archive says.
    pub slug: Option<Slug>,
    pub placing: Placing,
    /// Of the problem that it replaces; empty for a new one.
    pub etag: String,
}

impl Packages {
    /// Archives of the problems in the platform's database.
    pub fn new(platform: Platform, authoring: Authoring, problems: Problems) -> Self {
        Self {
            platform,
            authoring,
            problems,
        }
    }

    /// Takes a problem in; answers it with what was lost.
    pub async fn import_problem(
        &self,
        new: NewProblem,
    ) -> Result<(ProblemPage, Vec<String>), Error> {
        let NewProblem {
            format,
            archive,
            slug,
            placing,
            etag,
        } = new;
        let ceilings = self.ceilings();
        let read = move || read_problem(format, &archive, slug, &ceilings);
        let (draft, warnings) = beside(read).await?;
        let page = if etag.is_empty() {
            self.authoring.create_from(&draft, placing, "package").await
        } else {
            self.authoring.replace(&etag, &draft, placing).await
        };
        Ok((page.map_err(of_package)?, bounded(warnings)))
    }

    /// Takes a course in.
    pub async fn import_course(&self, archive: Vec<u8>) -> Result<Loaded, Error> {
        let ceilings = self.ceilings();
        let course = beside(move || read_course(&archive, &ceilings)).await?;
        let tests = self.authoring.tests();
        let loaded = store_imported_course(&self.platform, tests, &course).await?;
        self.problems.invalidate();
        Ok(loaded)
    }

    /// A problem as an archive, with what other systems will see otherwise.
    pub async fn export_problem(
        &self,
        format: ProblemFormat,
        slug: &Slug,
    ) -> Result<(Vec<u8>, Vec<String>), Error> {
        let (_, stored) = self.authoring.read(slug).await?;
        let (archive, warnings) = beside(move || {
            let (files, warnings) = match format {
                ProblemFormat::Kattis => {
                    let exported = kattis::write(&stored.problem)?;
                    (exported.files, exported.warnings)
                }
                ProblemFormat::Folder => (folder_files(&stored.problem)?, Vec::new()),
            };
            Ok((pack(&files)?, warnings))
        })
        .await?;
        Ok((self.small_enough(archive)?, bounded(warnings)))
    }

    /// The whole course as an archive.
    pub async fn export_course(&self) -> Result<Vec<u8>, Error> {
        let tests = self.authoring.tests();
        let most = super::archive::MAX_BYTES;
        let course = read_course_within(&self.platform, tests, most).await?;
        let course = course.ok_or_else(too_large)?;
        let archive = beside(move || pack(&course_files(&course)?)).await?;
        self.small_enough(archive)
    }

    /// What is larger than a request may be could not come back.
    fn small_enough(&self, archive: Vec<u8>) -> Result<Vec<u8>, Error> {
        let most = self.platform.config.limits.request_bytes;
        // The rest of a request has its part.
        if archive.len() as u64 + 1024 > most {
            return Err(too_large());
        }
        Ok(archive)
    }

    fn ceilings(&self) -> Ceilings {
        Ceilings::of(&self.platform.config.limits)
    }
}

fn too_large() -> Error {
    Error::FailedPrecondition {
        reason: Reason::PACKAGE_TOO_LARGE,
        message: "The archive would be larger than one that can be sent back. An operator can \
                  write the course with `control-plane content export`.",
    }
}

/// Does work that takes a while beside the tasks that answer calls.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::internal("read or write an archive", error))?
}

fn read_problem(
    format: ProblemFormat,
    archive: &[u8],
    slug: Option<Slug>,
    ceilings: &Ceilings,
) -> Result<(CourseProblem, Vec<String>), Error> {
    let files = unpack(archive).map_err(|error| refused([error.to_string()]))?;
    match format {
        ProblemFormat::Kattis => {
            let imported = kattis::read(&files, slug, ceilings).map_err(refused)?;
            Ok((imported.problem, imported.warnings))
        }
        ProblemFormat::Folder => {
            let (files, slug) = in_its_place(&files, slug).map_err(|text| refused([text]))?;
            let problem = read_one_problem(files, &slug, ceilings).map_err(mistaken)?;
            Ok((problem, Vec::new()))
        }
    }
}

fn read_course(archive: &[u8], ceilings: &Ceilings) -> Result<Course, Error> {
    let files = unpack(archive).map_err(|error| refused([error.to_string()]))?;
    read_course_files(inside(&files, "course.toml").1, ceilings).map_err(mistaken)
}

/// Files of a problem's folder as a course has them, and the slug, which is the folder's name unless
/// another was chosen.
fn in_its_place(files: &Files, slug: Option<Slug>) -> Result<(Files, Slug), String> {
    let (name, inner) = inside(files, "problem.toml");
    let slug = match slug {
        Some(slug) => slug,
        None => Slug::parse(&name).map_err(|error| format!("the folder {name:?}: {error}"))?,
    };
    let root = PathBuf::from("problems").join(slug.as_str());
    let mut placed = Files::default();
    for (path, content) in inner.iter() {
        placed.put(root.join(path), content);
    }
    Ok((placed, slug))
}

/// The files beside this one, which are those at the top or those of a folder there, and the name of
/// that folder.
fn inside(files: &Files, marker: &str) -> (String, Files) {
    let is_marker = |path: &std::path::Path| {
        path.file_name().is_some_and(|name| name == marker) && path.components().count() == 2
    };
    let at_top = files.has_file(std::path::Path::new(marker));
    let root = files
        .iter()
        .find(|(path, _)| is_marker(path))
        .and_then(|(path, _)| path.parent().map(std::path::Path::to_path_buf))
        .filter(|_| !at_top)
        .unwrap_or_default();
    let mut inner = Files::default();
    for (path, content) in files.iter() {
        if let Ok(path) = path.strip_prefix(&root) {
            inner.put(path, content);
        }
    }
    (root.to_string_lossy().into_owned(), inner)
}

fn folder_files(problem: &CourseProblem) -> Result<Files, Error> {
    let mut files = Files::default();
    put_problem(&mut files, problem)?;
    let mut inner = Files::default();
    for (path, content) in files.iter() {
        inner.put(path.strip_prefix("problems").unwrap_or(path), content);
    }
    Ok(inner)
}

fn mistaken(mistakes: Vec<Mistake>) -> Error {
    refused(mistakes.iter().map(ToString::to_string))
}

fn refused(mistakes: impl IntoIterator<Item = String>) -> Error {
    let mistakes = mistakes.into_iter();
    refusal(mistakes.map(|mistake| ("package".to_owned(), format!("{mistake}."))))
}

/// What the rules of a course refuse is told of the package, because there is no other field.
fn of_package(error: Error) -> Error {
    match error {
        Error::Invalid { violations, .. } => {
            let all = violations.into_iter().map(|violation| {
                let field = violation.field;
                let text = violation.description;
                match field.as_str() {
                    "package" | "problem.session_id" => (field, text),
                    _ => ("package".to_owned(), format!("{field}: {text}")),
                }
            });
            refusal(all)
        }
        other => other,
    }
}

fn bounded(mut warnings: Vec<String>) -> Vec<String> {
    let more = warnings.len().saturating_sub(MAX_WARNINGS);
    warnings.truncate(MAX_WARNINGS);
    if more > 0 {
        warnings.push(format!("and {more} more"));
    }
    warnings
}
