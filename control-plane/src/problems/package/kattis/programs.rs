//! The programs of a package: sections "Output validator" and "Example submissions" of the format.
//! Python alone is known here.

use super::package::Package;
use crate::problems::course::model::WrongSolution;
use crate::problems::model::{CheckerKind, CheckerSettings};

/// Where the reference solution is.
pub const ACCEPTED: &str = "submissions/accepted";
/// Where we write what must not be accepted.
pub const REJECTED: &str = "submissions/rejected";
/// All folders with programs that must not be accepted.
const WRONG: [&str; 6] = [
    REJECTED,
    "submissions/wrong_answer",
    "submissions/time_limit_exceeded",
    "submissions/run_time_error",
    "submissions/brute_force",
    "submissions/partially_accepted",
];
/// Where an own validator is, and where it was in the draft.
const VALIDATORS: [&str; 2] = ["output_validator/", "output_validators/"];

/// Validators that do what checkers of ours do, for systems that don't have them.
const EXACT_VALIDATOR: &str = include_str!("validators/exact.py");
/// The same for lines in any order; a line of it says whether case counts.
const LINES_VALIDATOR: &str = include_str!("validators/lines.py");
/// Where it is.
pub const INPUT_VALIDATOR_FILE: &str = "input_validators/accept.py";
/// The format wants one; it accepts everything.
pub const INPUT_VALIDATOR: &str = include_str!("validators/input.py");

/// Takes the checker and, where it is the author's own, its source.
pub fn read_checker(package: &mut Package, args: &[String]) -> Option<(CheckerSettings, String)> {
    let paths: Vec<String> = VALIDATORS
        .iter()
        .flat_map(|folder| package.under(folder))
        .collect();
    let (source, args) = match &paths[..] {
        [] => {
            let checker = from_args(args);
            return package.keep(checker).map(|it| (it, String::new()));
        }
        [path] if is_python(path) => (package.take_text(path)?, args),
        _ => {
            let text = "output_validator: must be one Python file";
            package.mistakes.push(text.into());
            return None;
        }
    };
    if !args.is_empty() {
        let text = "data: a validator of your own is given no output_validator_args here";
        package.mistakes.push(text.into());
        return None;
    }
    let ours = validators().into_iter().find(|(_, text)| *text == source);
    Some(match ours {
        Some((checker, _)) => (checker, String::new()),
        None => (plain(CheckerKind::Custom), source),
    })
}

/// Checkers of ours that the format doesn't have, and validators that do the same.
fn validators() -> [(CheckerSettings, String); 3] {
    let lines = |case_sensitive| CheckerSettings {
        case_sensitive,
        ..plain(CheckerKind::UnorderedLines)
    };
    let insensitive = LINES_VALIDATOR.replace("CASE_SENSITIVE = True", "CASE_SENSITIVE = False");
    [
        (plain(CheckerKind::Exact), EXACT_VALIDATOR.to_owned()),
        (lines(true), LINES_VALIDATOR.to_owned()),
        (lines(false), insensitive),
    ]
}

/// The validator that does what a checker does; none for one that the format has, and for the
/// author's own.
pub fn validator_of(checker: CheckerSettings) -> Option<String> {
    let has_case = checker.kind == CheckerKind::UnorderedLines;
    let mut known = validators().into_iter();
    known
        .find(|(other, _)| {
            other.kind == checker.kind
                && (!has_case || other.case_sensitive == checker.case_sensitive)
        })
        .map(|(_, text)| text)
}

/// A checker as the reader of course folders makes it when nothing is said.
fn plain(kind: CheckerKind) -> CheckerSettings {
    CheckerSettings {
        kind,
        case_sensitive: false,
        space_change_sensitive: false,
        absolute_tolerance: 0.0,
        relative_tolerance: 0.0,
    }
}

/// The default validator with these arguments.
pub fn from_args(args: &[String]) -> Result<CheckerSettings, String> {
    let mut checker = plain(CheckerKind::Tokens);
    let (mut absolute, mut relative) = (None, None);
    let mut args = args.iter();
    let twice = |name: &str| format!("data: output_validator_args has {name} twice");
    while let Some(arg) = args.next() {
        let mut tolerance = || {
            let number = args.next().and_then(|number| number.parse::<f64>().ok());
            let number = number.filter(|it| it.is_finite() && *it >= 0.0);
            number.ok_or_else(|| format!("data: {arg} needs a number of at least 0"))
        };
        match arg.as_str() {
            "case_sensitive" => checker.case_sensitive = true,
            "space_change_sensitive" => checker.space_change_sensitive = true,
            "float_absolute_tolerance" if absolute.is_some() => return Err(twice(arg)),
            "float_absolute_tolerance" => absolute = Some(tolerance()?),
            "float_relative_tolerance" if relative.is_some() => return Err(twice(arg)),
            "float_relative_tolerance" => relative = Some(tolerance()?),
            "float_tolerance" if absolute.or(relative).is_some() => return Err(twice(arg)),
            "float_tolerance" => {
                let both = tolerance()?;
                (absolute, relative) = (Some(both), Some(both));
            }
            other => {
                let other: String = other.chars().take(40).collect();
                return Err(format!(
                    "data: the default validator has no argument {other:?}"
                ));
            }
        }
    }
    if absolute.or(relative).is_some() {
        checker.kind = CheckerKind::Float;
        checker.absolute_tolerance = absolute.unwrap_or(0.0);
        checker.relative_tolerance = relative.unwrap_or(0.0);
    }
    Ok(checker)
}

/// Arguments with which the default validator does what a checker does; none for a checker that it
/// can't be.
pub fn to_args(checker: CheckerSettings) -> Option<Vec<String>> {
    let CheckerSettings {
        kind,
        case_sensitive,
        space_change_sensitive,
        absolute_tolerance,
        relative_tolerance,
    } = checker;
    if !matches!(kind, CheckerKind::Tokens | CheckerKind::Float) {
        return None;
    }
    let mut args = Vec::new();
    if case_sensitive {
        args.push("case_sensitive".to_owned());
    }
    if space_change_sensitive {
        args.push("space_change_sensitive".to_owned());
    }
    if kind == CheckerKind::Float {
        for (name, tolerance) in [
            ("float_absolute_tolerance", absolute_tolerance),
            ("float_relative_tolerance", relative_tolerance),
        ] {
            args.extend([name.to_owned(), format!("{tolerance:e}")]);
        }
    }
    Some(args)
}

/// Takes the reference solution; empty, with a warning, when there is none.
pub fn read_solution(package: &mut Package) -> String {
    let mut paths = python_files(package, ACCEPTED).into_iter();
    let Some(path) = paths.next() else {
        let text = format!("{ACCEPTED}: has no Python file, so there is no reference solution");
        package.warnings.push(text);
        return String::new();
    };
    if paths.next().is_some() {
        let text = format!("{path} is the reference solution; a problem has one");
        package.warnings.push(text);
    }
    package.take_text(&path).unwrap_or_default()
}

/// Takes the programs that must not be accepted.
pub fn read_wrong_solutions(package: &mut Package) -> Vec<WrongSolution> {
    let mut found: Vec<WrongSolution> = Vec::new();
    for folder in WRONG {
        for path in python_files(package, folder) {
            let Some(source) = package.take_text(&path) else {
                continue;
            };
            let name = free_name(&path, folder, &found);
            found.push(WrongSolution { name, source });
        }
    }
    found
}

/// Python files that are programs of their own.
fn python_files(package: &Package, folder: &str) -> Vec<String> {
    let prefix = format!("{folder}/");
    let paths = package.under(&prefix).into_iter();
    paths
        .filter(|path| is_python(path) && !path[prefix.len()..].contains('/'))
        .collect()
}

fn is_python(path: &str) -> bool {
    path.ends_with(".py") || path.ends_with(".py3")
}

/// The file's name, or the folder's with it when another program has that.
fn free_name(path: &str, folder: &str, taken: &[WrongSolution]) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let stem = stem.replace('.', "_");
    let folder = folder.rsplit('/').next().unwrap_or(folder);
    let long = format!("{folder}-{stem}");
    let is_free = |name: &String| taken.iter().all(|other| other.name != *name);
    let numbered = (2..).map(|number| format!("{long}-{number}"));
    let mut names = [stem, long.clone()].into_iter().chain(numbered);
    names.find(is_free).unwrap_or_default()
}
