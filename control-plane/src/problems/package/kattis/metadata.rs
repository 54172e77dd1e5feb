//! problem.yaml: sections "Problem metadata" of the format.

use std::time::Duration;

use serde_json::Value;

use super::package::Package;
use super::settings::Settings;
use crate::problems::course::model::Ceilings;
use crate::problems::course::values::word;
use crate::problems::model::TestLimits;
use crate::problems::package::yaml::Mapping;

/// The file.
pub const FILE: &str = "problem.yaml";
/// The version that is written.
pub const VERSION: &str = "2025-09";
/// Versions that are read: that one, and what it was called before it was complete.
const VERSIONS: &[&str] = &[
    "2025-09",
    "2025-09-draft",
    "2023-07",
    "2023-07-draft",
    "draft",
];
/// No problem has less.
const LEAST_TIME: Duration = Duration::from_millis(100);
const LEAST_MEMORY: u64 = 16 * MIB;
const MIB: u64 = 1024 * 1024;

/// What problem.yaml says.
pub struct Metadata {
    pub is_scoring: bool,
    /// By language.
    pub names: Vec<(String, String)>,
    pub tags: Vec<String>,
    pub limits: TestLimits,
}

/// Reads problem.yaml; none, and mistakes, when something in it is wrong.
pub fn read(package: &mut Package, settings: &Settings, ceilings: &Ceilings) -> Option<Metadata> {
    let text = package.take_text(FILE)?;
    let yaml = Mapping::parse(FILE, &text);
    let mut yaml = package.keep(yaml)?;
    let mut warnings = Vec::new();
    let read = (|| {
        check_version(&mut yaml)?;
        let is_scoring = read_type(&mut yaml)?;
        let names = read_names(&mut yaml)?;
        let tags = read_tags(&mut yaml, &mut warnings)?;
        let limits = read_limits(&mut yaml, settings, ceilings, &mut warnings)?;
        check_languages(&mut yaml)?;
        check_constants(&mut yaml)?;
        // Programs may write files here in any case, and the identity of a problem is its slug.
        yaml.known(&["allow_file_writing", "uuid"]);
        let lost = yaml.known(&[
            "version",
            "credits",
            "source",
            "license",
            "rights_owner",
            "embargo_until",
        ]);
        if !lost.is_empty() {
            let text = format!("{FILE}: {} is not kept", lost.join(", "));
            warnings.push(text);
        }
        yaml.end()?;
        Ok(Metadata {
            is_scoring,
            names,
            tags,
            limits,
        })
    })();
    package.warnings.extend(warnings);
    package.keep(read)
}

fn check_version(yaml: &mut Mapping) -> Result<(), String> {
    let key = "problem_format_version";
    match yaml.text(key)? {
        Some(version) if VERSIONS.contains(&version.as_str()) => Ok(()),
        _ => Err(yaml.mistake(key, format_args!("must be {VERSION} or 2023-07-draft"))),
    }
}

/// True for a problem whose groups earn points.
fn read_type(yaml: &mut Mapping) -> Result<bool, String> {
    let types = yaml.texts("type")?.unwrap_or_default();
    let known = |word: &String| word == "pass-fail" || word == "scoring";
    match types.iter().find(|word| !known(word)) {
        Some(word) => Err(yaml.mistake(
            "type",
            format_args!("{word:?} is no type of problem that can be graded here"),
        )),
        None if types.len() > 1 => Err(yaml.mistake("type", "must be pass-fail or scoring")),
        None => Ok(types.iter().any(|word| word == "scoring")),
    }
}

fn read_names(yaml: &mut Mapping) -> Result<Vec<(String, String)>, String> {
    match yaml.take("name") {
        Some(Value::String(name)) => Ok(vec![("en".into(), name)]),
        Some(Value::Object(names)) if !names.is_empty() => names
            .into_iter()
            .map(|(language, name)| match name {
                Value::String(name) => Ok((language, name)),
                _ => Err(yaml.mistake("name", "must be a text for each language")),
            })
            .collect(),
        _ => Err(yaml.mistake("name", "must be a text, or one for each language")),
    }
}

/// Keywords as words that problems are found by here.
fn read_tags(yaml: &mut Mapping, warnings: &mut Vec<String>) -> Result<Vec<String>, String> {
    let mut tags: Vec<String> = Vec::new();
    for keyword in yaml.texts("keywords")?.unwrap_or_default() {
        let tag = keyword.trim().to_lowercase().replace([' ', '_'], "-");
        match word(&tag) {
            Ok(_) if tags.contains(&tag) => {}
            Ok(_) => {
                if tag != keyword {
                    warnings.push(format!("{FILE}: the keyword {keyword:?} becomes {tag:?}"));
                }
                tags.push(tag);
            }
            Err(_) => warnings.push(format!("{FILE}: the keyword {keyword:?} is left out")),
        }
    }
    Ok(tags)
}

fn read_limits(
    yaml: &mut Mapping,
    settings: &Settings,
    ceilings: &Ceilings,
    warnings: &mut Vec<String>,
) -> Result<TestLimits, String> {
    let mut limits = yaml.mapping("limits")?;
    let time = limits.number("time_limit")?;
    let memory = limits.number("memory")?;
    let inferring = limits.known(&["time_multipliers", "time_resolution"]);
    let lost = limits.known(&[
        "output",
        "code",
        "compilation_time",
        "compilation_memory",
        "validation_time",
        "validation_memory",
        "validation_output",
        "validation_passes",
    ]);
    if time.is_none() && !inferring.is_empty() {
        let text = format!("{FILE}: no time limit is inferred; the installation's holds");
        warnings.push(text);
    }
    if !lost.is_empty() {
        let text = format!(
            "{FILE}: {} is not kept; the installation's limits hold",
            lost.join(", ")
        );
        warnings.push(text);
    }
    let wall_time = match time {
        None => None,
        Some(seconds) if seconds > 0.0 && seconds <= 1e6 => {
            let wanted = Duration::from_millis((seconds * 1000.0).round() as u64);
            Some(fitted(wanted, LEAST_TIME, ceilings.wall_time, |given| {
                let text = format!(
                    "{FILE}: limits.time_limit becomes {} s",
                    given.as_secs_f64()
                );
                warnings.push(text);
            }))
        }
        Some(_) => return Err(limits.mistake("time_limit", "must be a time in seconds")),
    };
    let memory_bytes = match memory {
        None => None,
        Some(mib) if (1.0..=1e9).contains(&mib) && mib.fract() == 0.0 => {
            let wanted = mib as u64 * MIB;
            let exact = settings.memory_bytes;
            let exact = exact.filter(|exact| exact.div_ceil(MIB) * MIB == wanted);
            let wanted = exact.unwrap_or(wanted);
            Some(fitted(
                wanted,
                LEAST_MEMORY,
                ceilings.memory_bytes,
                |given| {
                    let text = format!("{FILE}: limits.memory becomes {} MiB", given / MIB);
                    warnings.push(text);
                },
            ))
        }
        Some(_) => return Err(limits.mistake("memory", "must be a whole number of MiB")),
    };
    limits.end()?;
    Ok(TestLimits {
        wall_time,
        memory_bytes,
    })
}

/// The nearest that is possible here; `changed` hears of it when it is another.
fn fitted<T: Ord + Copy>(wanted: T, least: T, most: T, changed: impl FnOnce(T)) -> T {
    let given = wanted.min(most).max(least);
    if given != wanted {
        changed(given);
    }
    given
}

fn check_languages(yaml: &mut Mapping) -> Result<(), String> {
    let languages = yaml.texts("languages")?.unwrap_or_default();
    let fits = |word: &String| word == "all" || word == "python3";
    if languages.is_empty() || languages.iter().any(fits) {
        return Ok(());
    }
    Err(yaml.mistake("languages", "must have python3"))
}

fn check_constants(yaml: &mut Mapping) -> Result<(), String> {
    match yaml.take("constants") {
        None => Ok(()),
        Some(Value::Object(constants)) if constants.is_empty() => Ok(()),
        Some(_) => Err(yaml.mistake("constants", "must be put in their places before an import")),
    }
}
