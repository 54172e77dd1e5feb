//! Reads which checker a problem has: `[checker]` of its problem.toml, and its author's own program.

use std::path::Path;

use super::document::Table;
use super::folder::Folder;
use super::model::Ceilings;
use super::problem::read_source;
use crate::problems::model::{CheckerKind, CheckerSettings};

/// The author's own checker.
pub const FILE: &str = "checker.py";

/// Reads `[checker]` of a problem.toml; none when something is wrong with it.
pub fn read_checker(table: &mut Table) -> Option<CheckerSettings> {
    let kind = table.text("kind", str::parse::<CheckerKind>);
    let case_sensitive = table.optional_bool("case_sensitive");
    let space_change_sensitive = table.optional_bool("space_change_sensitive");
    let (absolute, relative) = read_tolerances(table, kind);
    let kind = kind?;
    let has_no_case = matches!(kind, CheckerKind::Exact | CheckerKind::Custom);
    if has_no_case && case_sensitive.is_some() {
        let word = kind.word();
        table.mistake(format_args!("case_sensitive: is not for kind = {word:?}"));
    }
    let by_words = matches!(kind, CheckerKind::Tokens | CheckerKind::Float);
    if !by_words && space_change_sensitive.is_some() {
        table.mistake("space_change_sensitive: is only for kind = \"tokens\" and \"float\"");
    }
    let checker = CheckerSettings {
        kind,
        case_sensitive: case_sensitive.unwrap_or(true),
        space_change_sensitive: space_change_sensitive.unwrap_or(false),
        absolute_tolerance: absolute,
        relative_tolerance: relative,
    };
    match checker.to_checker() {
        Ok(_) => Some(checker),
        Err(error) => {
            table.mistake(error);
            None
        }
    }
}

/// Absolute and relative tolerance. One that is given alone is the only one, as in the Kattis
/// format; `tolerance` stands for both.
fn read_tolerances(table: &mut Table, kind: Option<CheckerKind>) -> (f64, f64) {
    let both = table.optional_float("tolerance");
    let absolute = table.optional_float("absolute_tolerance");
    let relative = table.optional_float("relative_tolerance");
    let either = absolute.is_some() || relative.is_some();
    if kind.is_some_and(|kind| kind != CheckerKind::Float) && (both.is_some() || either) {
        table.mistake("a tolerance is only for kind = \"float\"");
    }
    if both.is_some() && either {
        table.mistake("tolerance: stands for both others and can't be beside them");
    }
    if either {
        return (absolute.unwrap_or(0.0), relative.unwrap_or(0.0));
    }
    let both = both.unwrap_or(CheckerSettings::DEFAULT_TOLERANCE);
    (both, both)
}

/// The author's own checker; empty where the settings name another.
pub fn read_own_checker(
    folder: &mut Folder,
    file: &Path,
    kind: CheckerKind,
    ceilings: &Ceilings,
) -> Option<String> {
    let wanted = kind == CheckerKind::Custom;
    if wanted && !folder.has(file) {
        let text = "is missing, and needed with the checker kind = \"custom\"";
        folder.mistakes.file(file, text);
        return None;
    }
    if !wanted && folder.has(file) {
        let text = "is only for the checker kind = \"custom\"";
        folder.mistakes.file(file, text);
    }
    if !wanted {
        return Some(String::new());
    }
    let source = read_source(folder, file, ceilings)?;
    if source.trim().is_empty() {
        folder.mistakes.file(file, "is empty");
    }
    Some(source)
}
