//! What the real Python printed for small wrong programs, and what is said of it. The programs and Python's words
//! are in `tests/explain`, written there by `record.py`.

mod document;
mod ends;
mod hostile;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::*;
use crate::execution::model::{CompileError, SourceFile, Usage};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/explain")
}

/// What Python did with a program.
#[derive(Deserialize)]
struct Recorded {
    /// Name of the limit that it reached.
    limit: Option<String>,
    exit_code: i32,
    wall_seconds: Option<f64>,
    cpu_seconds: Option<f64>,
    compile_error: Option<RecordedCompileError>,
    stderr: Vec<String>,
}

#[derive(Deserialize)]
struct RecordedCompileError {
    kind: String,
    line: u32,
    column: u32,
    message: String,
    source_line: String,
}

/// What is expected to be said of a program.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Expected {
    kind: String,
    /// 0 when no line is expected.
    line: u32,
    #[serde(default = "main_file")]
    file: String,
    exception: String,
    #[serde(default)]
    names: BTreeMap<String, String>,
}

fn main_file() -> String {
    "main.py".into()
}

fn program(source: &str) -> Program {
    Program {
        source: source.into(),
        files: Vec::new(),
    }
}

fn read_program(name: &str) -> Program {
    let path = folder().join("programs").join(name);
    let source = std::fs::read_to_string(path.with_added_extension("py")).unwrap();
    let mut files = Vec::new();
    if let Ok(entries) = std::fs::read_dir(&path) {
        for entry in entries {
            let path = entry.unwrap().path();
            files.push(SourceFile {
                path: path.file_name().unwrap().to_str().unwrap().into(),
                content: std::fs::read(&path).unwrap(),
            });
        }
    }
    Program { source, files }
}

fn ending(outcome: Outcome, exit_code: Option<i32>) -> Ending {
    Ending {
        exit_code,
        ..Ending::without_program(outcome)
    }
}

/// How a recorded program ended, and what it wrote to standard error.
fn read_ending(name: &str) -> (Ending, String) {
    let path = folder().join("recorded").join(name);
    let text = std::fs::read(path.with_added_extension("json")).unwrap();
    let recorded: Recorded = serde_json::from_slice(&text).unwrap();
    let compile_error = recorded.compile_error.map(|it| CompileError {
        file: "main.py".into(),
        line: it.line,
        column: it.column,
        message: it.message,
        source_line: it.source_line,
        kind: it.kind,
    });
    let outcome = match recorded.limit.as_deref() {
        Some("TIME_LIMIT") => Outcome::TimeLimit,
        Some("MEMORY_LIMIT") => Outcome::MemoryLimit,
        Some("OUTPUT_LIMIT") => Outcome::OutputLimit,
        Some(other) => panic!("{name} reached {other}"),
        None if compile_error.is_some() => Outcome::CompileError,
        None => Outcome::RuntimeError,
    };
    let times = recorded.wall_seconds.zip(recorded.cpu_seconds);
    let ending = Ending {
        compile_error,
        usage: times.map(|(wall, cpu)| usage(wall, cpu)),
        ..ending(outcome, Some(recorded.exit_code))
    };
    (ending, recorded.stderr.join("\n"))
}

fn usage(wall_seconds: f64, cpu_seconds: f64) -> Usage {
    Usage {
        wall: Duration::from_secs_f64(wall_seconds),
        cpu: Duration::from_secs_f64(cpu_seconds),
        ..Usage::default()
    }
}

/// All recorded programs with what is expected to be said of them.
fn recorded() -> BTreeMap<String, Expected> {
    let text = std::fs::read_to_string(folder().join("expected.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

/// What must hold of every explanation.
fn check(explanation: &Explanation, program: &Program) {
    assert!(
        explanation.kind.takes(&explanation.names),
        "{} has names that its texts don't speak of: {:?}",
        explanation.kind.key(),
        explanation.names
    );
    let is_plain = |text: &str| {
        !text
            .chars()
            .any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c))
    };
    for language in Language::ALL {
        let Text { explanation, hint } = explanation.text(language);
        for text in [explanation, hint] {
            assert!(is_plain(&text) && !text.is_empty(), "{text:?}");
            assert!(text.chars().count() <= MOST_TEXT_CHARS, "{text}");
        }
    }
    for name in explanation.names.values().chain([&explanation.exception]) {
        assert!(
            is_plain(name) && name.chars().count() <= MOST_NAME_CHARS,
            "{name:?}"
        );
    }
    if let Some(place) = &explanation.place {
        assert!(place.line > 0 && is_plain(&place.file));
        assert!(is_plain(&place.source_line.replace('\t', "")));
        assert!(place.source_line.chars().count() <= MOST_LINE_CHARS);
        if place.file == "main.py" && program.files.is_empty() {
            assert!((place.line as usize) <= program.source.split(['\n', '\r']).count());
        }
    }
    let json = serde_json::to_string(explanation).unwrap();
    assert_eq!(
        serde_json::from_str::<Explanation>(&json).unwrap(),
        *explanation
    );
}

#[test]
fn what_python_says_of_wrong_programs_is_explained() {
    let expected = recorded();
    let files = std::fs::read_dir(folder().join("recorded")).unwrap();
    let names = files.map(|file| {
        file.unwrap()
            .path()
            .file_stem()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    });
    let missing: Vec<_> = names.filter(|name| !expected.contains_key(name)).collect();
    assert!(missing.is_empty(), "not in expected.toml: {missing:?}");
    let mut wrong = String::new();
    for (name, expected) in expected {
        let program = read_program(&name);
        let (ending, stderr) = read_ending(&name);
        let found = explain(&program, &ending, stderr.as_bytes()).unwrap();
        check(&found, &program);
        if let Some(place) = found.place.as_ref().filter(|place| place.file == "main.py") {
            let line = program.source.lines().nth(place.line as usize - 1);
            assert_eq!(Some(place.source_line.as_str()), line, "{name}");
        }
        let place = found.place.as_ref();
        let found = Expected {
            kind: found.kind.key().into(),
            line: place.map_or(0, |place| place.line),
            file: place.map_or_else(main_file, |place| place.file.clone()),
            exception: found.exception,
            names: found.names,
        };
        if found != expected {
            wrong.push_str(&format!("[{name}]\n{}\n", toml::to_string(&found).unwrap()));
        }
    }
    assert!(
        wrong.is_empty(),
        "expected.toml says something else of these:\n{wrong}"
    );
}

#[test]
fn most_kinds_have_a_program() {
    let expected = recorded();
    let shown = |kind: &&Kind| {
        expected
            .values()
            .any(|expected| expected.kind == kind.key())
    };
    let missing: Vec<_> = Kind::ALL
        .iter()
        .filter(|kind| !shown(kind))
        .map(|kind| kind.key())
        .collect();
    assert!(missing.len() * 5 < Kind::ALL.len(), "{missing:?}");
}
