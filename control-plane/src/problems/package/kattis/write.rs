//! Makes a package of a problem. Reading it gives the same problem; what other systems will see
//! otherwise is told in warnings.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::data::{GROUP_FILES, SAMPLE, SECRET};
use super::metadata::{FILE, VERSION};
use super::programs::{self, ACCEPTED, INPUT_VALIDATOR, INPUT_VALIDATOR_FILE, REJECTED};
use super::settings::{self, Settings, SubtaskSettings};
use crate::judge::{Scoring, Subtask};
use crate::platform::errors::Error;
use crate::problems::course::model::CourseProblem;
use crate::problems::course::tree::Files;
use crate::problems::model::{CheckerKind, ProblemKind, feedback_word};

const MIB: u64 = 1024 * 1024;

/// A package.
#[derive(Debug)]
pub struct Exported {
    pub files: Files,
    /// What other systems will see otherwise.
    pub warnings: Vec<String>,
}

/// problem.yaml
#[derive(Serialize)]
struct Metadata<'a> {
    problem_format_version: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    name: Names<'a>,
    uuid: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    keywords: &'a [String],
    languages: [&'a str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Limits>,
}

#[derive(Serialize)]
struct Names<'a> {
    en: &'a str,
}

#[derive(Serialize)]
struct Limits {
    #[serde(skip_serializing_if = "Option::is_none")]
    time_limit: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<u64>,
}

/// test_group.yaml
#[derive(Serialize, Default)]
struct Group<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_score: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score_aggregation: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    require_pass: Vec<String>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    output_validator_args: &'a [String],
}

/// A package of a problem whose programs read standard input.
pub fn write(problem: &CourseProblem) -> Result<Exported, Error> {
    if problem.kind == ProblemKind::Function {
        let text = "is a function problem, which this format doesn't have; choose FOLDER.";
        return Err(Error::invalid("slug", text));
    }
    let mut writer = Writer {
        root: root(problem),
        problem,
        files: Files::default(),
        warnings: Vec::new(),
    };
    writer.put_metadata()?;
    writer.put_statement();
    writer.put_tests()?;
    writer.put_programs();
    writer.put_settings()?;
    let Writer {
        files, warnings, ..
    } = writer;
    Ok(Exported { files, warnings })
}

/// The folder: letters and digits of the slug.
fn root(problem: &CourseProblem) -> String {
    let root = problem.slug.as_str().replace('-', "");
    match root.is_empty() {
        true => "problem".to_owned(),
        false => root,
    }
}

struct Writer<'a> {
    root: String,
    problem: &'a CourseProblem,
    files: Files,
    warnings: Vec<String>,
}

impl Writer<'_> {
    fn put(&mut self, path: impl std::fmt::Display, text: impl Into<Vec<u8>>) {
        self.files.put(format!("{}/{path}", self.root), text);
    }

    fn put_metadata(&mut self) -> Result<(), Error> {
        let problem = self.problem;
        let time_limit = problem.limits.wall_time.map(|limit| limit.as_secs_f64());
        let memory = problem.limits.memory_bytes;
        let memory = memory.map(|bytes| bytes.div_ceil(MIB));
        let has_limit = time_limit.is_some() || memory.is_some();
        let text = yaml_text(&Metadata {
            problem_format_version: VERSION,
            kind: match problem.subtasks.is_empty() {
                true => "pass-fail",
                false => "scoring",
            },
            name: Names { en: &problem.title },
            uuid: uuid(problem.slug.as_str()),
            keywords: &problem.tags,
            languages: ["python3"],
            limits: has_limit.then_some(Limits { time_limit, memory }),
        })?;
        self.put(FILE, text);
        Ok(())
    }

    fn put_statement(&mut self) {
        let statement = without_heading(self.problem);
        let statement = statement.unwrap_or(&self.problem.statement);
        self.put("statement/problem.en.md", statement);
    }

    fn put_tests(&mut self) -> Result<(), Error> {
        let problem = self.problem;
        let args = programs::to_args(problem.checker).unwrap_or_default();
        let group_file = GROUP_FILES[0];
        let inherited = Group {
            output_validator_args: &args,
            ..Group::default()
        };
        if !args.is_empty() {
            self.put(format!("{SAMPLE}/{group_file}"), yaml_text(&inherited)?);
        }
        let is_scoring = !problem.subtasks.is_empty();
        if is_scoring || !args.is_empty() {
            let secret = Group {
                max_score: is_scoring.then_some(problem.points),
                score_aggregation: is_scoring.then_some("sum"),
                ..inherited
            };
            self.put(format!("{SECRET}/{group_file}"), yaml_text(&secret)?);
        }
        for (place, subtask) in problem.subtasks.iter().enumerate() {
            let group = self.group(subtask, &args);
            let path = format!("{SECRET}/{}/{group_file}", group_name(place));
            self.put(path, yaml_text(&group)?);
        }
        let mut counts = [0, 0];
        for test in &problem.tests {
            let nth = &mut counts[usize::from(test.hidden)];
            *nth += 1;
            let mut subtasks = problem.subtasks.iter();
            let place = subtasks.position(|one| one.tests.contains(&test.number));
            let folder = match place.filter(|_| test.hidden) {
                Some(place) => format!("{SECRET}/{}", group_name(place)),
                None if test.hidden => SECRET.to_owned(),
                None => SAMPLE.to_owned(),
            };
            let path = format!("{folder}/{nth:02}");
            self.put(format!("{path}.in"), test.input.as_str());
            self.put(format!("{path}.ans"), test.expected.as_str());
        }
        if counts[1] == 0 {
            let text = "there is no secret test, which other systems may want";
            self.warnings.push(text.into());
        }
        Ok(())
    }

    fn group<'g>(&mut self, subtask: &Subtask, args: &'g [String]) -> Group<'g> {
        let mut require_pass = Vec::new();
        for name in &subtask.requires {
            let mut subtasks = self.problem.subtasks.iter();
            let place = subtasks.position(|other| other.name == *name);
            let all_or_nothing = |place: &usize| {
                let other = &self.problem.subtasks[*place];
                other.scoring == Scoring::Minimum
            };
            match place.filter(all_or_nothing) {
                Some(place) => require_pass.push(format!("secret/{}", group_name(place))),
                None => self.warnings.push(format!(
                    "{:?} requires {name:?}, whose tests earn points one by one; other systems \
                     don't know that",
                    subtask.name
                )),
            }
        }
        if self.public_tests(subtask).is_empty() {
            // As other systems have it.
        } else {
            let text = format!(
                "public tests of {:?} are samples, which earn no points in other systems",
                subtask.name
            );
            self.warnings.push(text);
        }
        Group {
            max_score: Some(subtask.points),
            score_aggregation: Some(match subtask.scoring {
                Scoring::Minimum => "pass-fail",
                Scoring::Sum => "sum",
            }),
            require_pass,
            output_validator_args: args,
        }
    }

    fn put_programs(&mut self) {
        let problem = self.problem;
        if problem.solution_source.trim().is_empty() {
            let text = "there is no reference solution, which other systems want";
            self.warnings.push(text.into());
        }
        if !problem.solution_source.is_empty() {
            let path = format!("{ACCEPTED}/solution.py");
            self.put(path, problem.solution_source.as_str());
        }
        for wrong in &problem.wrong_solutions {
            let path = format!("{REJECTED}/{}.py", wrong.name);
            self.put(path, wrong.source.as_str());
        }
        let validator = match problem.checker.kind {
            CheckerKind::Custom => Some(problem.checker_source.clone()),
            _ => programs::validator_of(problem.checker),
        };
        if let Some(validator) = validator {
            self.put("output_validator/validator.py", validator);
        }
        let names = ["input.txt", "expected.txt", "actual.txt"];
        if names
            .iter()
            .any(|name| problem.checker_source.contains(name))
        {
            let text = "the checker reads input.txt, expected.txt or actual.txt, which other systems \
                        don't make; let it take its arguments and standard input";
            self.warnings.push(text.into());
        }
        self.put(INPUT_VALIDATOR_FILE, INPUT_VALIDATOR);
        let text = format!("{INPUT_VALIDATOR_FILE} accepts every input");
        self.warnings.push(text);
    }

    fn put_settings(&mut self) -> Result<(), Error> {
        let problem = self.problem;
        let settings = Settings {
            slug: Some(problem.slug.to_string()),
            summary: Some(problem.summary.clone()),
            difficulty: Some(problem.difficulty.word().to_owned()),
            category: Some(problem.category.clone()),
            feedback: Some(feedback_word(problem.feedback).to_owned()),
            profile: Some(problem.profile.word().to_owned()),
            points: problem.subtasks.is_empty().then_some(problem.points),
            stop_on_first_failure: problem.stop_on_first_failure,
            memory_bytes: problem.limits.memory_bytes,
            has_heading: without_heading(problem).is_some(),
            subtasks: self.subtask_settings(),
        };
        let text = toml::to_string(&settings);
        let text = text.map_err(|error| Error::internal("write settings of a package", error))?;
        self.put(settings::FILE, text);
        if !problem.starter_source.is_empty() {
            self.put(settings::STARTER, problem.starter_source.as_str());
        }
        Ok(())
    }

    fn subtask_settings(&self) -> Vec<SubtaskSettings> {
        let subtasks = self.problem.subtasks.iter().enumerate();
        subtasks
            .map(|(place, subtask)| SubtaskSettings {
                group: group_name(place),
                name: subtask.name.clone(),
                public: self.public_tests(subtask),
                requires: subtask.requires.clone(),
            })
            .collect()
    }

    fn public_tests(&self, subtask: &Subtask) -> Vec<u32> {
        let tests = self.problem.tests.iter();
        let public = tests.filter(|test| !test.hidden && subtask.tests.contains(&test.number));
        public.map(|test| test.number).collect()
    }
}

fn group_name(place: usize) -> String {
    format!("group{:02}", place + 1)
}

/// The statement without the title as its heading; none when it has no such one.
fn without_heading(problem: &CourseProblem) -> Option<&str> {
    let rest = problem.statement.strip_prefix("# ")?;
    rest.strip_prefix(problem.title.as_str())?
        .strip_prefix('\n')
}

/// Always the same for a problem.
fn uuid(slug: &str) -> String {
    let digest = Sha256::digest(format!("code runner problem {slug}"));
    let bytes = digest[..16].try_into().expect("SHA-256 has 32 bytes");
    let uuid = uuid::Builder::from_random_bytes(bytes).into_uuid();
    uuid.hyphenated().to_string()
}

fn yaml_text<T: Serialize>(document: &T) -> Result<String, Error> {
    serde_saphyr::to_string(document)
        .map_err(|error| Error::internal("write a file of a package as YAML", error))
}
