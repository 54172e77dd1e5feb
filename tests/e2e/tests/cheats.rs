//! Programs that try to be accepted without solving the problem, or to learn what the tests
//! contain. None may succeed; see `cheats/README.md`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use coderunner_client::{NewSubmission, SubmissionEvent};
use coderunner_proto::v1::{Submission, Verdict};
use e2e_tests::{Stack, StackTest, course_folder, run_tests, wait};
use futures::StreamExt;
use serde_json::Value;

/// Shorter answers may be in memory by chance.
const LEAST_NEEDLE_BYTES: usize = 9;

fn main() {
    let mut tests: Vec<(String, StackTest)> = Vec::new();
    for (folder, problem) in [("stdin", "hello-name"), ("function", "caesar-cipher")] {
        let programs = programs(folder).expect("the cheats are part of the repository");
        assert!(
            programs.len() >= 10,
            "{folder} has {} cheats",
            programs.len()
        );
        for program in programs {
            let name = program
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if name.starts_with("searches") {
                let program = program.clone();
                let test = move |stack: &Stack| finds_what_is_there(stack, problem, &program);
                tests.push((
                    format!("{folder} {name} finds what is there"),
                    Box::new(test),
                ));
            }
            let test = move |stack: &Stack| must_fail(stack, problem, &program);
            tests.push((format!("{folder} {name}"), Box::new(test)));
        }
    }
    run_tests(tests)
}

fn must_fail(stack: &Stack, problem: &str, program: &Path) -> Result<()> {
    let needles = needles(problem)?;
    let submission = wait(grade(stack, problem, with_needles(program, &needles)?))?;

    let verdict = submission.verdict();
    let fault = [
        Verdict::Unspecified,
        Verdict::InternalError,
        Verdict::Cancelled,
    ];
    ensure!(
        verdict != Verdict::Accepted,
        "it was accepted: {submission:#?}"
    );
    ensure!(
        !fault.contains(&verdict),
        "it did not get a verdict of its own: {submission:#?}"
    );
    ensure!(submission.points == 0, "it got points: {submission:#?}");
    for result in &submission.test_results {
        let told = [
            &result.input,
            &result.expected,
            &result.actual,
            &result.message,
        ];
        if result.hidden {
            ensure!(
                told[..3].iter().all(|text| text.is_empty()),
                "a hidden test shows {result:#?}"
            );
            let explained = result.explanation.as_ref();
            ensure!(
                explained.is_none_or(|it| it.line == 0 && it.source_line.is_empty()),
                "a hidden test shows a line: {result:#?}"
            );
        } else {
            // A program that looked for answers must have come to the end of its search.
            let searches = program.to_string_lossy().contains("search");
            ensure!(
                !searches || result.actual.contains("nothing found"),
                "no search: {result:#?}"
            );
        }
        ensure!(
            !result.actual.contains("LEAK"),
            "it found something: {result:#?}"
        );
        let name_tells = result.hidden && result.message.contains("LEAK");
        ensure!(!name_tells, "the message tells of the input: {result:#?}");
        for needle in needles.iter().filter(|_| result.hidden) {
            let explained = format!("{:?}", result.explanation);
            ensure!(
                !result.message.contains(needle.as_str()) && !explained.contains(needle.as_str()),
                "the message tells {needle}"
            );
        }
    }
    Ok(())
}

/// A search that could find nothing at all would prove nothing: each must find its own text.
fn finds_what_is_there(stack: &Stack, problem: &str, program: &Path) -> Result<()> {
    let source = with_needles(program, &["nothing found".to_owned()])?;
    let submission = wait(grade(stack, problem, source))?;
    let public = submission
        .test_results
        .iter()
        .filter(|result| !result.hidden);
    for result in public {
        ensure!(
            result.actual.contains("LEAK"),
            "it found nothing: {result:#?}"
        );
    }
    Ok(())
}

/// The program with the needles in it, as the hexadecimal digits of their inverted bytes.
fn with_needles(program: &Path, needles: &[String]) -> Result<String> {
    let hidden = |needle: &String| -> String {
        needle
            .bytes()
            .map(|byte| format!("{:02x}", !byte))
            .collect()
    };
    let hidden: Vec<String> = needles.iter().map(hidden).collect();
    Ok(fs::read_to_string(program)?.replace("@NEEDLES@", &format!("{hidden:?}")))
}

async fn grade(stack: &Stack, problem: &str, source: String) -> Result<Submission> {
    let student = stack.student().await?;
    let new = NewSubmission {
        problem: problem.to_owned(),
        source,
        files: Vec::new(),
    };
    let mut started = student.submit(new).await?;
    let mut finished = None;
    while let Some(event) = started.events.next().await {
        if let SubmissionEvent::Finished(submission) = event? {
            finished = Some(*submission);
        }
    }
    finished.context("the stream ended without the finished submission")
}

/// Answers of all tests of a problem that no program may find: only the judge has them.
fn needles(problem: &str) -> Result<Vec<String>> {
    let mut needles = Vec::new();
    for kind in ["public", "hidden"] {
        for entry in fs::read_dir(
            course_folder()
                .join("problems")
                .join(problem)
                .join("tests")
                .join(kind),
        )? {
            let path = entry?.path();
            let extension = path
                .extension()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            match extension.as_str() {
                "out" => needles.push(fs::read_to_string(&path)?.trim().to_owned()),
                "json" => {
                    let test: Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
                    needles.extend(test["expected"].as_str().map(str::to_owned));
                }
                _ => {}
            }
        }
    }
    // What a test gives as input may be found, of course.
    let inputs = inputs(problem)?;
    needles.retain(|needle| {
        needle.len() >= LEAST_NEEDLE_BYTES && inputs.iter().all(|input| !input.contains(needle))
    });
    ensure!(
        needles.len() >= 3,
        "{problem} has too few answers to look for"
    );
    Ok(needles)
}

fn inputs(problem: &str) -> Result<Vec<String>> {
    let mut inputs = Vec::new();
    for kind in ["public", "hidden"] {
        for entry in fs::read_dir(
            course_folder()
                .join("problems")
                .join(problem)
                .join("tests")
                .join(kind),
        )? {
            let path = entry?.path();
            let text = fs::read_to_string(&path)?;
            match path.extension().unwrap_or_default().to_str() {
                Some("in") => inputs.push(text),
                Some("json") => {
                    let test: Value = serde_json::from_str(&text)?;
                    inputs.push(test["arguments"].to_string());
                }
                _ => {}
            }
        }
    }
    Ok(inputs)
}

fn programs(folder: &str) -> Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("cheats")
        .join(folder);
    let mut programs = Vec::new();
    for entry in fs::read_dir(folder)? {
        programs.push(entry?.path());
    }
    programs.sort();
    Ok(programs)
}
