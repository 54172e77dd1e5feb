//! The tests of a package and their groups: sections "Test data" and "Result aggregation" of the
//! format.

use serde_json::Value;

use super::package::Package;
use crate::judge::Scoring;
use crate::problems::package::yaml::Mapping;

/// Samples, which are public tests here.
pub const SAMPLE: &str = "data/sample";
/// Secret data, which are hidden tests here.
pub const SECRET: &str = "data/secret";
/// Settings of a folder with tests, and what they were called in the draft.
pub const GROUP_FILES: [&str; 2] = ["test_group.yaml", "testdata.yaml"];

/// Points of secret data that say nothing of them.
const DEFAULT_MAX_SCORE: u32 = 100;

/// All tests of a package.
pub struct Data {
    pub samples: Vec<Case>,
    pub secrets: Vec<Case>,
    /// In the order of their folders; empty when the secret data has none.
    pub groups: Vec<Group>,
    /// How the secret data adds up.
    pub secret: Sum,
    /// Arguments of the validator, which are the same for all tests.
    pub args: Vec<String>,
}

/// A test.
pub struct Case {
    /// The name of its files without folder and ending.
    pub stem: String,
    /// Place of its group among the groups.
    pub group: Option<usize>,
    pub input: String,
    pub answer: String,
}

/// How tests or groups add up, as far as the package says so.
#[derive(Debug, Clone, PartialEq)]
pub struct Sum {
    pub max_score: Option<u32>,
    /// None where nothing is said.
    pub aggregation: Option<Aggregation>,
    pub require_pass: Vec<String>,
}

/// How tests or groups add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregation {
    PassFail,
    Sum,
    Min,
}

/// A folder of the secret data.
pub struct Group {
    /// Of the folder.
    pub name: String,
    pub sum: Sum,
}

impl Sum {
    /// Points of the secret data.
    pub fn points(&self) -> u32 {
        self.max_score.unwrap_or(DEFAULT_MAX_SCORE)
    }
}

impl Group {
    /// How its tests earn points. Of tests that have no points of their own, the smallest is all
    /// or nothing.
    pub fn scoring(&self) -> Scoring {
        match self.sum.aggregation {
            Some(Aggregation::Sum) => Scoring::Sum,
            Some(Aggregation::PassFail | Aggregation::Min) | None => Scoring::Minimum,
        }
    }
}

/// What a folder's settings say.
struct Folder {
    sum: Sum,
    /// None when they say nothing.
    args: Option<Vec<String>>,
}

/// Takes all tests; none, and mistakes, when something is wrong with them.
pub fn read(package: &mut Package) -> Option<Data> {
    let outer = read_folder(package, "data", false)?;
    let sample = read_folder(package, SAMPLE, false)?;
    let secret = read_folder(package, SECRET, true)?;
    let group_names = group_names(package);
    let mut groups = Vec::new();
    let mut all_args: Vec<Vec<String>> = Vec::new();
    let inherited = secret.args.clone().or(outer.args.clone());
    let sample_args = sample.args.or(outer.args);
    let samples = read_cases(package, SAMPLE, None, &sample_args, &mut all_args)?;
    let mut secrets = Vec::new();
    if group_names.is_empty() {
        secrets = read_cases(package, SECRET, None, &inherited, &mut all_args)?;
    }
    for (place, name) in group_names.into_iter().enumerate() {
        let path = format!("{SECRET}/{name}");
        let folder = read_folder(package, &path, true)?;
        let args = folder.args.or_else(|| inherited.clone());
        let cases = read_cases(package, &path, Some(place), &args, &mut all_args)?;
        if cases.is_empty() {
            let text = format!("{path}: must hold at least one test");
            package.mistakes.push(text);
        }
        secrets.extend(cases);
        groups.push(Group {
            name,
            sum: folder.sum,
        });
    }
    let args = all_args.pop().unwrap_or_default();
    if all_args.iter().any(|other| *other != args) {
        let text = "data: all tests must have the same output_validator_args";
        package.mistakes.push(text.into());
    }
    order(&mut secrets);
    Some(Data {
        samples,
        secrets,
        groups,
        secret: secret.sum,
        args,
    })
}

/// Folders of the secret data that have tests in them.
fn group_names(package: &Package) -> Vec<String> {
    let prefix = format!("{SECRET}/");
    let mut names: Vec<String> = Vec::new();
    for path in package.under(&prefix) {
        let Some((name, _)) = path[prefix.len()..].split_once('/') else {
            continue;
        };
        let is_test = path.ends_with(".in") || GROUP_FILES.iter().any(|it| path.ends_with(it));
        if is_test && !name.ends_with(".files") && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Tests below a folder in the order of their names, each with its answer.
fn read_cases(
    package: &mut Package,
    folder: &str,
    group: Option<usize>,
    inherited: &Option<Vec<String>>,
    all_args: &mut Vec<Vec<String>>,
) -> Option<Vec<Case>> {
    let mut cases = Vec::new();
    for path in package.under(&format!("{folder}/")) {
        let Some(base) = path.strip_suffix(".in") else {
            continue;
        };
        if !package.under(&format!("{base}.files/")).is_empty() {
            let text = format!("{base}.files: programs here are given no files");
            package.mistakes.push(text);
        }
        let answer_path = format!("{base}.ans");
        if !package.has(&answer_path) {
            package.mistakes.push(format!("{answer_path}: is missing"));
        }
        let args = read_case_settings(package, &format!("{base}.yaml"))?;
        all_args.push(args.or_else(|| inherited.clone()).unwrap_or_default());
        let input = package.take_text(&path);
        let answer = package.take_text(&answer_path);
        let stem = base.rsplit('/').next().unwrap_or(base).to_owned();
        cases.extend(input.zip(answer).map(|(input, answer)| Case {
            stem,
            group,
            input,
            answer,
        }));
    }
    Some(cases)
}

/// Arguments of the validator for one test, if its settings have some.
fn read_case_settings(package: &mut Package, path: &str) -> Option<Option<Vec<String>>> {
    if !package.has(path) {
        return Some(None);
    }
    let text = package.take_text(path)?;
    let mut lost = Vec::new();
    let read = Mapping::parse(path, &text).and_then(|mut yaml| {
        no_arguments(&mut yaml)?;
        let args = validator_args(&mut yaml)?;
        yaml.known(IGNORED);
        lost = yaml.known(&["full_feedback", "hint", "description"]);
        yaml.end()?;
        Ok(args)
    });
    if !lost.is_empty() {
        let text = format!("{path}: {} is not kept", lost.join(", "));
        package.warnings.push(text);
    }
    package.keep(read)
}

/// Keys for programs that are not kept, which are told of themselves.
const IGNORED: &[&str] = &[
    "input_validator_args",
    "input_validator_flags",
    "input_visualizer_args",
    "output_visualizer_args",
];

fn read_folder(package: &mut Package, folder: &str, may_score: bool) -> Option<Folder> {
    let nothing = Folder {
        sum: Sum {
            max_score: None,
            aggregation: None,
            require_pass: Vec::new(),
        },
        args: None,
    };
    let paths = GROUP_FILES.map(|name| format!("{folder}/{name}"));
    let Some(path) = paths.into_iter().find(|path| package.has(path)) else {
        return Some(nothing);
    };
    let text = package.take_text(&path)?;
    let mut feedback = false;
    let read = Mapping::parse(&path, &text).and_then(|mut yaml| {
        no_arguments(&mut yaml)?;
        let args = validator_args(&mut yaml)?;
        let sum = match may_score {
            true => read_sum(&mut yaml)?,
            false => nothing.sum,
        };
        feedback = yaml.truth("full_feedback")?.unwrap_or(false) && folder != SAMPLE;
        yaml.known(IGNORED);
        yaml.end()?;
        Ok(Folder { sum, args })
    });
    if feedback {
        let text = format!("{path}: full_feedback is not kept; hidden tests stay hidden");
        package.warnings.push(text);
    }
    package.keep(read)
}

fn read_sum(yaml: &mut Mapping) -> Result<Sum, String> {
    let max_score = match yaml.take("max_score") {
        None => None,
        Some(Value::Number(number)) => {
            let whole = number.as_u64().and_then(|it| u32::try_from(it).ok());
            Some(whole.ok_or_else(|| yaml.mistake("max_score", "must be a whole number"))?)
        }
        Some(_) => return Err(yaml.mistake("max_score", "must be a whole number")),
    };
    let aggregation = match yaml.text("score_aggregation")?.as_deref() {
        None => None,
        Some("pass-fail") => Some(Aggregation::PassFail),
        Some("sum") => Some(Aggregation::Sum),
        Some("min") => Some(Aggregation::Min),
        Some(_) => return Err(yaml.mistake("score_aggregation", "must be pass-fail, sum or min")),
    };
    Ok(Sum {
        max_score,
        aggregation,
        require_pass: yaml.texts("require_pass")?.unwrap_or_default(),
    })
}

/// Refuses what would make another problem of it.
fn no_arguments(yaml: &mut Mapping) -> Result<(), String> {
    for key in ["args", "static_validation_score", "static_validator_args"] {
        match yaml.take(key) {
            None => {}
            Some(Value::Array(values)) if values.is_empty() => {}
            Some(_) => return Err(yaml.mistake(key, "can't be had here")),
        }
    }
    Ok(())
}

/// Arguments of the validator; one text in the draft.
fn validator_args(yaml: &mut Mapping) -> Result<Option<Vec<String>>, String> {
    let args = yaml.texts("output_validator_args")?;
    let flags = yaml.texts("output_validator_flags")?;
    let flags = flags.map(|flags| {
        let words = flags.iter().flat_map(|text| text.split_whitespace());
        words.map(str::to_owned).collect()
    });
    Ok(args.or(flags))
}

/// Tests are in the order of their names, group by group; unless their names are the numbers from 1
/// on through all groups, as we write them.
fn order(cases: &mut [Case]) {
    let number = |case: &Case| case.stem.parse::<usize>().unwrap_or(0);
    let mut numbers: Vec<usize> = cases.iter().map(number).collect();
    numbers.sort_unstable();
    if numbers.into_iter().eq(1..=cases.len()) {
        cases.sort_by_key(number);
    }
}
