//! Reads a course from its folder. Nothing is accepted in silence: a file that does not belong
//! there, a test without its other half, a problem in no session are all mistakes. The answer is
//! either a course without any mistake or the list of all of them.

use std::collections::HashMap;
use std::path::Path;

use super::document::{Mistakes, Table, read_document};
use super::model::{Ceilings, Course, CourseProblem, Mistake};
use super::problem::read_problem;
use super::tree::{Files, Tree};
use super::values::{sentence, title};
use crate::problems::model::{Cheatsheet, CourseSession, Level, Slug};

/// A folder that is read, with the mistakes found so far.
pub struct Folder {
    tree: Tree,
    pub mistakes: Mistakes,
}

/// Reads and checks one problem from files in memory, laid out as in a course.
pub fn read_one_problem(
    files: Files,
    slug: &Slug,
    ceilings: &Ceilings,
) -> Result<CourseProblem, Vec<Mistake>> {
    let mut folder = Folder {
        tree: Tree::Memory(files),
        mistakes: Mistakes::default(),
    };
    match read_problem(&mut folder, slug.as_str(), ceilings) {
        Some(problem) if folder.mistakes.0.is_empty() => Ok(problem),
        _ => Err(folder.mistakes.0),
    }
}

/// Reads and checks a whole course.
pub fn read_course(root: &Path, ceilings: &Ceilings) -> Result<Course, Vec<Mistake>> {
    read_tree(Tree::Disk(root.to_owned()), ceilings)
}

/// Reads and checks a whole course from files in memory.
pub fn read_course_files(files: Files, ceilings: &Ceilings) -> Result<Course, Vec<Mistake>> {
    read_tree(Tree::Memory(files), ceilings)
}

fn read_tree(tree: Tree, ceilings: &Ceilings) -> Result<Course, Vec<Mistake>> {
    let mut folder = Folder {
        tree,
        mistakes: Mistakes::default(),
    };
    folder.check_names(
        Path::new(""),
        &["course.toml", "problems"],
        &["README.md", "cheatsheets"],
    );
    let course = folder.text(Path::new("course.toml")).and_then(|text| {
        read_document(
            Path::new("course.toml"),
            &text,
            &mut folder.mistakes,
            |document| {
                let unplaced = document.optional_texts("unplaced", Slug::parse);
                (read_levels(document), unplaced)
            },
        )
    });
    let mut problems = Vec::new();
    for name in folder.names(Path::new("problems")) {
        problems.extend(read_problem(&mut folder, &name, ceilings));
    }
    let cheatsheets = read_cheatsheets(&mut folder);
    if let Some(((_, levels), unplaced)) = &course {
        check_places(&mut folder, levels, unplaced);
    }
    match course {
        Some(((title, levels), _)) if folder.mistakes.0.is_empty() => Ok(Course {
            title: title.unwrap_or_default(),
            levels,
            problems,
            cheatsheets,
        }),
        _ => Err(folder.mistakes.0),
    }
}

impl Folder {
    /// Reads a file of UTF-8 with `\n` line ends.
    pub fn text(&mut self, file: &Path) -> Option<String> {
        match self.tree.read(file).and_then(text_of) {
            Ok(text) => Some(text),
            Err(error) => {
                self.mistakes.file(file, error);
                None
            }
        }
    }

    /// Names in a folder, sorted; none when it can't be listed.
    pub fn names(&mut self, folder: &Path) -> Vec<String> {
        let listed = self.tree.names(folder);
        match listed {
            Ok(names) => names,
            Err(error) => {
                self.mistakes.file(folder, error);
                Vec::new()
            }
        }
    }

    /// Names in a folder, sorted; none, and no mistake, when it can't be listed.
    pub fn names_if_any(&self, folder: &Path) -> Vec<String> {
        self.tree.names(folder).unwrap_or_default()
    }

    /// True when there is something of this name.
    pub fn has(&self, path: &Path) -> bool {
        self.tree.has(path)
    }

    /// Notes what is missing in a folder and what does not belong there.
    pub fn check_names(&mut self, folder: &Path, required: &[&str], optional: &[&str]) {
        let names = self.names(folder);
        for name in required
            .iter()
            .filter(|name| !names.iter().any(|found| found == *name))
        {
            self.mistakes.file(&folder.join(name), "is missing");
        }
        for name in &names {
            if !required.contains(&name.as_str()) && !optional.contains(&name.as_str()) {
                self.mistakes
                    .file(&folder.join(name), "does not belong here");
            }
        }
    }
}

fn text_of(bytes: Vec<u8>) -> Result<String, String> {
    let text = String::from_utf8(bytes).map_err(|_| "must be UTF-8".to_owned())?;
    if text.contains(['\r', '\0']) {
        return Err("must have \\n at the ends of lines, and no NUL".into());
    }
    Ok(text)
}

/// Reads course.toml: its title and its levels.
pub fn read_levels(document: &mut Table) -> (Option<String>, Vec<Level>) {
    let course_title = document.text("title", title);
    let levels = document
        .tables("levels", read_level)
        .into_iter()
        .flatten()
        .collect();
    (course_title, levels)
}

fn read_level(level: &mut Table) -> Option<Level> {
    let id = level.text("id", Slug::parse);
    let age_group = level.text("age_group", str::parse);
    let number = level.number("number", 1, 1000);
    let title = level.text("title", title);
    let summary = level.text("summary", sentence);
    let sessions = level
        .tables("sessions", read_session)
        .into_iter()
        .flatten()
        .collect();
    Some(Level {
        id: id?.to_string(),
        age_group: age_group?,
        number: u32::try_from(number?).ok()?,
        title: title?,
        summary: summary?,
        sessions,
    })
}

fn read_session(session: &mut Table) -> Option<CourseSession> {
    let id = session.text("id", Slug::parse);
    let title = session.text("title", title);
    let summary = session.text("summary", sentence);
    let problems = session.texts("problems", Slug::parse);
    Some(CourseSession {
        id: id?.to_string(),
        title: title?,
        summary: summary?,
        problems,
    })
}

/// Ids are unique, every problem of a session exists, and every problem is in one session or said
/// to be in none.
fn check_places(folder: &mut Folder, levels: &[Level], unplaced: &[Slug]) {
    let file = Path::new("course.toml");
    let sessions = || levels.iter().flat_map(|level| &level.sessions);
    let mistakes = &mut folder.mistakes;
    for (what, ids) in [
        (
            "level",
            levels
                .iter()
                .map(|level| level.id.clone())
                .collect::<Vec<_>>(),
        ),
        (
            "session",
            sessions().map(|session| session.id.clone()).collect(),
        ),
        (
            "level number",
            levels
                .iter()
                .map(|level| format!("{} in {}", level.number, level.age_group.word()))
                .collect(),
        ),
    ] {
        for id in repeated(&ids) {
            mistakes.file(file, format_args!("the {what} {id} is there twice"));
        }
    }
    let placed: Vec<String> = sessions()
        .flat_map(|session| &session.problems)
        .chain(unplaced)
        .map(ToString::to_string)
        .collect();
    for slug in repeated(&placed) {
        mistakes.file(file, format_args!("the problem {slug} is in two sessions"));
    }
    let existing = folder.names(Path::new("problems"));
    for slug in placed.iter().filter(|slug| !existing.contains(slug)) {
        folder
            .mistakes
            .file(file, format_args!("there is no problem {slug}"));
    }
    for slug in existing.iter().filter(|slug| !placed.contains(slug)) {
        let file = Path::new("problems").join(slug);
        folder.mistakes.file(
            &file,
            "is in no session of course.toml, nor in its list unplaced",
        );
    }
}

fn repeated(ids: &[String]) -> Vec<String> {
    let mut counts = HashMap::<&String, u32>::new();
    for id in ids {
        *counts.entry(id).or_default() += 1;
    }
    let mut repeated: Vec<String> = counts
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .map(|(id, _)| id.clone())
        .collect();
    repeated.sort();
    repeated
}

fn read_cheatsheets(folder: &mut Folder) -> Vec<Cheatsheet> {
    let path = Path::new("cheatsheets");
    if !folder.has(path) {
        return Vec::new();
    }
    let names = folder.names(path);
    let mut sheets: Vec<_> = names
        .iter()
        .filter_map(|name| read_cheatsheet(folder, &path.join(name)))
        .collect();
    // With ".md" behind them the names have another order.
    sheets.sort_by(|one, other| one.slug.cmp(&other.slug));
    sheets
}

fn read_cheatsheet(folder: &mut Folder, file: &Path) -> Option<Cheatsheet> {
    let stem = file
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    let slug = Slug::parse(stem);
    if file.extension().is_none_or(|extension| extension != "md") || slug.is_err() {
        folder.mistakes.file(file, "must be called <slug>.md");
        return None;
    }
    let body = folder.text(file)?;
    let first = body.lines().next().and_then(|line| line.strip_prefix("# "));
    match first.map(title) {
        Some(Ok(title)) => Some(Cheatsheet {
            slug: slug.ok()?,
            title,
            body,
        }),
        _ => {
            folder
                .mistakes
                .file(file, "its first line must be \"# \" and the title");
            None
        }
    }
}
