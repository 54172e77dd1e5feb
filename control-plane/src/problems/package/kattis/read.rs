//! Takes a package apart into a problem, which is not yet checked by the rules of a course.

use super::data::{self, Aggregation, Data, Group};
use super::metadata::{self, Metadata};
use super::package::Package;
use super::programs;
use super::settings::{self, Settings, SubtaskSettings};
use crate::judge::{Scoring, Subtask};
use crate::problems::course::model::{Ceilings, CourseProblem};
use crate::problems::course::tree::Files;
use crate::problems::model::{ProblemKind, Slug, Test, parse_feedback, parse_profile};

/// Points of a problem that says nothing of them.
const DEFAULT_POINTS: u32 = 10;
/// What students are told in contests, where packages come from.
const FEEDBACK: &str = "verdict_per_test";

/// A problem from a package.
#[derive(Debug)]
pub struct Imported {
    pub problem: CourseProblem,
    /// What the package had and the problem has not, or has otherwise.
    pub warnings: Vec<String>,
}

/// Reads a package. `slug` names the problem, whatever the package says. The answer for a package
/// that can't be a problem is everything that is wrong with it.
pub fn read(
    archive: &Files,
    slug: Option<Slug>,
    ceilings: &Ceilings,
) -> Result<Imported, Vec<String>> {
    let mut package = Package::find(archive).map_err(|mistake| vec![mistake])?;
    let problem = read_all(&mut package, slug, ceilings);
    package.end();
    match problem {
        Some(problem) if package.mistakes.is_empty() => Ok(Imported {
            problem,
            warnings: package.warnings,
        }),
        _ => Err(package.mistakes),
    }
}

fn read_all(
    package: &mut Package,
    slug: Option<Slug>,
    ceilings: &Ceilings,
) -> Option<CourseProblem> {
    for folder in ["include/", "static_validator/"] {
        if !package.under(folder).is_empty() {
            let text = format!("{folder} can't be had here");
            package.mistakes.push(text);
        }
    }
    let settings = read_settings(package)?;
    let metadata = metadata::read(package, &settings, ceilings);
    let data = data::read(package);
    let args = data
        .as_ref()
        .map_or_else(Vec::new, |data| data.args.clone());
    let checker = programs::read_checker(package, &args);
    let solution_source = programs::read_solution(package);
    let wrong_solutions = programs::read_wrong_solutions(package);
    package.drop_input_validator();
    let metadata = metadata?;
    let (title, statement) = read_statement(package, &metadata, &settings)?;
    let starter_source = package.take_text(settings::STARTER).unwrap_or_default();
    let slug = slug.or_else(|| read_slug(package, &settings))?;
    let data = data?;
    let (points, subtasks) = read_points(package, &metadata, &data, &settings)?;
    let (checker, checker_source) = checker?;
    let mut told = Told { package };
    Some(CourseProblem {
        summary: told.or(settings.summary.clone(), "summary", title.clone()),
        difficulty: told.parsed(&settings.difficulty, "difficulty", str::parse, "medium")?,
        category: told.or(settings.category.clone(), "category", "imported".into()),
        feedback: told.parsed(&settings.feedback, "feedback", parse_feedback, FEEDBACK)?,
        profile: told.parsed(&settings.profile, "profile", parse_profile, "python")?,
        slug,
        title,
        statement,
        kind: ProblemKind::Stdin,
        function_name: String::new(),
        points,
        tags: metadata.tags,
        starter_source,
        solution_source,
        wrong_solutions,
        checker,
        checker_source,
        limits: metadata.limits,
        subtasks,
        stop_on_first_failure: settings.stop_on_first_failure,
        tests: tests(data),
    })
}

fn read_settings(package: &mut Package) -> Option<Settings> {
    if !package.has(settings::FILE) {
        return Some(Settings::default());
    }
    let text = package.take_text(settings::FILE)?;
    let read = toml::from_str(&text).map_err(|error| {
        let line = error.message().lines().next().unwrap_or_default();
        format!("{}: {line}", settings::FILE)
    });
    package.keep(read)
}

/// The name of the folder, when nothing else is said.
fn read_slug(package: &mut Package, settings: &Settings) -> Option<Slug> {
    let text = settings.slug.as_deref().unwrap_or(&package.name);
    let slug = Slug::parse(&text.to_lowercase().replace('_', "-"));
    let text = "the package says no slug for the problem; choose one for the import";
    let slug = slug.map_err(|_| text.to_owned());
    package.keep(slug)
}

/// Title and statement in English, or else in the first language.
fn read_statement(
    package: &mut Package,
    metadata: &Metadata,
    settings: &Settings,
) -> Option<(String, String)> {
    let mut all = Vec::new();
    for folder in ["statement/problem.", "problem_statement/problem."] {
        for path in package.under(folder) {
            let language = path[folder.len()..].strip_suffix(".md");
            let language = language.map(|language| language.trim_end_matches('.').to_owned());
            all.extend(language.map(|language| (path, language)));
        }
    }
    let english = all.iter().position(|(_, language)| language == "en");
    let chosen = english.unwrap_or(0);
    let Some((path, language)) = all.get(chosen).cloned() else {
        let text = "statement/problem.en.md is missing; LaTeX and PDF can't be shown here";
        package.mistakes.push(text.into());
        return None;
    };
    let mut names = metadata.names.iter();
    let name = names.find(|(other, _)| *other == language);
    let name = name.or(metadata.names.first());
    let title = name.map(|(_, name)| name.clone()).unwrap_or_default();
    if metadata.names.len() > 1 {
        let text = format!("{}: only the name in {language} is kept", metadata::FILE);
        package.warnings.push(text);
    }
    let mut statement = package.take_text(&path)?;
    for command in ["{{nextsample}}", "{{remainingsamples}}"] {
        // One of ours has them for what they are.
        if settings.slug.is_none() && statement.contains(command) {
            statement = statement.replace(command, "");
            let text = format!("{path}: {command} is left out; examples follow the statement");
            package.warnings.push(text);
        }
    }
    if settings.has_heading {
        statement = format!("# {title}\n{statement}");
    }
    Some((title, statement))
}

/// Points of the problem, and its subtasks.
fn read_points(
    package: &mut Package,
    metadata: &Metadata,
    data: &Data,
    settings: &Settings,
) -> Option<(u32, Vec<Subtask>)> {
    if !metadata.is_scoring {
        let sums = std::iter::once(&data.secret).chain(data.groups.iter().map(|it| &it.sum));
        let says_points = |sum: &data::Sum| {
            sum.max_score.is_some() || sum.aggregation.is_some() || !sum.require_pass.is_empty()
        };
        if sums.into_iter().any(says_points) {
            let text =
                "data: a pass-fail problem has no max_score, score_aggregation or require_pass";
            package.mistakes.push(text.into());
            return None;
        }
        let points = Told { package }.or(settings.points, "points", DEFAULT_POINTS);
        return Some((points, Vec::new()));
    }
    if !data.secret.require_pass.is_empty() {
        let text = format!("{}: require_pass is not kept", data::SECRET);
        package.warnings.push(text);
    }
    let aggregation = data.secret.aggregation.unwrap_or(Aggregation::Sum);
    match (aggregation, data.groups.is_empty()) {
        (Aggregation::PassFail, _) | (Aggregation::Min, true) => {
            Some((data.secret.points(), Vec::new()))
        }
        (Aggregation::Min, false) => {
            let text = "data/secret: score_aggregation min of groups can't be had here";
            package.mistakes.push(text.into());
            None
        }
        (Aggregation::Sum, true) => {
            let all = Subtask {
                name: "All tests".into(),
                points: data.secret.points(),
                scoring: Scoring::Sum,
                tests: numbers(data, |_| true),
                requires: Vec::new(),
            };
            Some((all.points, vec![all]))
        }
        (Aggregation::Sum, false) => subtasks(package, data, settings),
    }
}

fn subtasks(
    package: &mut Package,
    data: &Data,
    settings: &Settings,
) -> Option<(u32, Vec<Subtask>)> {
    let known = |name: &str| settings.subtasks.iter().find(|it| it.group == name);
    let names: Vec<String> = data
        .groups
        .iter()
        .map(|group| known(&group.name).map_or(group.name.clone(), |it| it.name.clone()))
        .collect();
    let mut subtasks: Vec<Subtask> = Vec::new();
    for (place, group) in data.groups.iter().enumerate() {
        let Some(points) = group.sum.max_score else {
            let text = format!("{}/{}: max_score is missing", data::SECRET, group.name);
            package.mistakes.push(text);
            continue;
        };
        let mut tests = numbers(data, |case| case.group == Some(place));
        let own = known(&group.name);
        tests.extend(own.map(|own| own.public.clone()).unwrap_or_default());
        tests.sort_unstable();
        subtasks.push(Subtask {
            name: names[place].clone(),
            points,
            scoring: group.scoring(),
            tests,
            requires: requires(package, data, (group, own), &names),
        });
    }
    let points = subtasks
        .iter()
        .fold(0, |sum: u32, one| sum.saturating_add(one.points));
    if points != data.secret.points() {
        let text = format!(
            "{}: max_score is {}, but the groups together have {points}, which counts",
            data::SECRET,
            data.secret.points()
        );
        package.warnings.push(text);
    }
    Some((points, subtasks))
}

/// Names of the subtasks that one requires. Where the package says what we wrote, it is what the
/// settings say, who also know what the format can't require.
fn requires(
    package: &mut Package,
    data: &Data,
    (group, own): (&Group, Option<&SubtaskSettings>),
    names: &[String],
) -> Vec<String> {
    let mut required = Vec::new();
    for named in &group.sum.require_pass {
        let folder = named.strip_prefix("secret/");
        let place = folder.and_then(|it| data.groups.iter().position(|other| other.name == it));
        match place {
            Some(place) => required.push(names[place].clone()),
            None => {
                let text = format!("{}: require_pass {named} is not kept", group.name);
                package.warnings.push(text);
            }
        }
    }
    let can_be_said = |name: &&String| {
        let place = names.iter().position(|other| other == *name);
        place.is_some_and(|place| data.groups[place].scoring() == Scoring::Minimum)
    };
    match own {
        Some(own) if own.requires.iter().filter(can_be_said).eq(&required) => own.requires.clone(),
        _ => required,
    }
}

/// Numbers that tests of the secret data get.
fn numbers(data: &Data, is_meant: impl Fn(&data::Case) -> bool) -> Vec<u32> {
    let first = u32::try_from(data.samples.len()).unwrap_or(u32::MAX - 1) + 1;
    let cases = (first..).zip(&data.secrets);
    cases
        .filter(|(_, case)| is_meant(case))
        .map(|(number, _)| number)
        .collect()
}

fn tests(data: Data) -> Vec<Test> {
    let samples = data.samples.into_iter().map(|case| (false, case));
    let secrets = data.secrets.into_iter().map(|case| (true, case));
    let numbered = (1..).zip(samples.chain(secrets));
    numbered
        .map(|(number, (hidden, case))| Test {
            number,
            hidden,
            input: case.input,
            expected: case.answer,
        })
        .collect()
}

/// Fills in what no package but ours says, and tells of it.
struct Told<'a> {
    package: &'a mut Package,
}

impl Told<'_> {
    fn or<T: std::fmt::Display>(&mut self, said: Option<T>, what: &str, default: T) -> T {
        said.unwrap_or_else(|| {
            let shown = default.to_string();
            let text = format!("the package says no {what}; it is {shown:?} now");
            self.package.warnings.push(text);
            default
        })
    }

    fn parsed<T, E: std::fmt::Display>(
        &mut self,
        said: &Option<String>,
        what: &str,
        parse: impl Fn(&str) -> Result<T, E>,
        default: &str,
    ) -> Option<T> {
        let said = self.or(said.clone(), what, default.to_owned());
        let parsed = parse(&said);
        let parsed = parsed.map_err(|error| format!("{}: {what}: {error}", settings::FILE));
        self.package.keep(parsed)
    }
}
