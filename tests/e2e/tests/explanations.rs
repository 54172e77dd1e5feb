//! Typical mistakes of beginners in the real sandbox: each program of the table in docs/EXPLANATIONS.md gets the
//! kind and the line that the table says, in a run; some also in a submission and on the command line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use coderunner_client::{Client, NewRun, NewSubmission, RunEvent, SubmissionEvent};
use coderunner_proto::common::v1::SourceFile;
use coderunner_proto::v1::{ErrorExplanation, Run, Submission, Verdict};
use e2e_tests::{Stack, StackTest, explained_programs, run_tests, wait};
use futures::StreamExt;
use toml::{Table, Value};

fn main() {
    let folder = explained_programs();
    let expected = expected(&folder.join("expected.toml")).expect("a table of the repository");
    assert!(expected.len() >= 40, "{} programs", expected.len());
    let mut tests: Vec<(String, StackTest)> = e2e_tests::tests![
        a_submission_explains_public_tests_and_of_hidden_ones_the_exception,
        a_submission_that_is_no_python_is_explained,
        the_command_line_explains_in_the_users_language,
    ];
    for (name, expected) in expected {
        let program = folder.join("programs").join(&name);
        let test = move |stack: &Stack| is_explained(stack, &program, &expected);
        tests.push((name, Box::new(test)));
    }
    run_tests(tests)
}

/// What a program of the table gets.
#[derive(Debug, PartialEq, Eq)]
struct Expected {
    kind: String,
    exception: String,
    file: String,
    /// 0 when no line is known.
    line: i64,
}

fn expected(path: &Path) -> Result<BTreeMap<String, Expected>> {
    let table: Table = toml::from_str(&std::fs::read_to_string(path)?)?;
    let read = |(name, entry): (String, Value)| {
        let text = |key| entry.get(key).and_then(Value::as_str).map(str::to_owned);
        let line = entry.get("line").and_then(Value::as_integer);
        let line = line.context("an entry has a line")?;
        let file = text("file").unwrap_or_else(|| "main.py".to_owned());
        let expected = Expected {
            kind: text("kind").context("an entry has a kind")?,
            exception: text("exception").context("an entry has an exception")?,
            file: if line == 0 { String::new() } else { file },
            line,
        };
        Ok((name, expected))
    };
    table.into_iter().map(read).collect()
}

fn is_explained(stack: &Stack, program: &Path, expected: &Expected) -> Result<()> {
    let new = new_run(program)?;
    let source = new.source.clone();
    wait(async {
        let run = run(&stack.student().await?, new).await?;
        let Some(explanation) = &run.explanation else {
            anyhow::bail!("nothing is explained of {run:#?}");
        };
        let found = Expected {
            kind: explanation.kind.clone(),
            exception: explanation.exception_name.clone(),
            file: explanation.file.clone(),
            line: explanation.line.into(),
        };
        let errors = String::from_utf8_lossy(&run.stderr);
        ensure!(found == *expected, "{found:?}, not {expected:?}:\n{errors}");
        check_texts(explanation)?;
        if explanation.file == "main.py" {
            let line = usize::try_from(explanation.line - 1)?;
            ensure!(source.lines().nth(line) == Some(explanation.source_line.as_str()));
        }
        Ok(())
    })
}

/// A program of the table with its files and its input. Behind a `.typed` the input stays open.
fn new_run(program: &Path) -> Result<NewRun> {
    let beside = |extension| {
        let path: PathBuf = program.with_added_extension(extension);
        path.exists().then(|| std::fs::read(path)).transpose()
    };
    let mut files = Vec::new();
    if program.is_dir() {
        for entry in std::fs::read_dir(program)? {
            let entry = entry?;
            files.push(SourceFile {
                path: entry.file_name().to_string_lossy().into_owned(),
                content: std::fs::read(entry.path())?,
            });
        }
    }
    let typed = beside("typed")?;
    Ok(NewRun {
        source: String::from_utf8(beside("py")?.context("the program")?)?,
        files,
        interactive: typed.is_some(),
        stdin: typed.or(beside("in")?).unwrap_or_default(),
        profile: String::new(),
        collect_files: false,
    })
}

async fn run(student: &Client, new: NewRun) -> Result<Run> {
    let mut started = student.run(new).await?;
    while let Some(event) = started.events.next().await {
        if let RunEvent::Finished(run) = event? {
            return Ok(*run);
        }
    }
    anyhow::bail!("the stream ended without the finished run")
}

async fn submit(student: &Client, problem: &str, source: &str) -> Result<Submission> {
    let new = NewSubmission {
        problem: problem.to_owned(),
        source: source.to_owned(),
        files: Vec::new(),
    };
    let mut started = student.submit(new).await?;
    while let Some(event) = started.events.next().await {
        if let SubmissionEvent::Finished(submission) = event? {
            return Ok(*submission);
        }
    }
    anyhow::bail!("the stream ended without the finished submission")
}

fn check_texts(explanation: &ErrorExplanation) -> Result<()> {
    let tags: Vec<&str> = explanation
        .texts
        .iter()
        .map(|text| text.language_tag.as_str())
        .collect();
    ensure!(tags == ["en", "de"], "{explanation:#?}");
    for text in &explanation.texts {
        ensure!(
            !text.explanation.is_empty() && !text.hint.is_empty(),
            "{explanation:#?}"
        );
    }
    Ok(())
}

fn a_submission_explains_public_tests_and_of_hidden_ones_the_exception(
    stack: &Stack,
) -> Result<()> {
    wait(async {
        let student = stack.student().await?;
        let source = "secret = input()\nprint({}[secret])\n";
        let submission = submit(&student, "hello-name", source).await?;
        ensure!(submission.verdict() == Verdict::RuntimeError);
        ensure!(submission.explanation.is_none());
        for hidden in [false, true] {
            let mut results = submission.test_results.iter();
            ensure!(results.any(|result| result.hidden == hidden));
        }
        for result in &submission.test_results {
            let Some(explanation) = &result.explanation else {
                anyhow::bail!("nothing is explained of {result:#?}");
            };
            check_texts(explanation)?;
            ensure!(explanation.exception_name == "KeyError");
            let ErrorExplanation {
                kind,
                file,
                line,
                column,
                source_line,
                ..
            } = explanation;
            let (file, source_line) = (file.as_str(), source_line.as_str());
            let found = (kind.as_str(), file, *line, *column, source_line);
            let expected = match result.hidden {
                false => ("key_error.missing", "main.py", 2, 0, "print({}[secret])"),
                true => ("key_error.other", "", 0, 0, ""),
            };
            ensure!(found == expected, "{result:#?}");
        }
        Ok(())
    })
}

fn a_submission_that_is_no_python_is_explained(stack: &Stack) -> Result<()> {
    wait(async {
        let student = stack.student().await?;
        let source = "name = input()\nif name\n    print(name)\n";
        let submission = submit(&student, "hello-name", source).await?;
        ensure!(submission.verdict() == Verdict::CompileError);
        let explanation = submission.explanation.context("an explanation")?;
        check_texts(&explanation)?;
        ensure!(explanation.kind == "syntax_error.missing_colon");
        ensure!((explanation.line, explanation.source_line.as_str()) == (2, "if name"));
        Ok(())
    })
}

fn the_command_line_explains_in_the_users_language(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let program = cli.program("wrong.py", "number = 5\nprint(numbr)\n")?;
    let program = program.to_string_lossy();
    for (language, hint) in [("de_DE.UTF-8", "Tipp: "), ("en_GB.UTF-8", "Hint: ")] {
        let mut command = cli.command(&["run", &program]);
        command.env_remove("LC_ALL").env_remove("LC_MESSAGES");
        let done = command.env("LANG", language).output()?;
        let errors = String::from_utf8_lossy(&done.stderr);
        let traceback = errors.find("NameError: name 'numbr' is not defined");
        let explained = errors.find("    print(numbr)\n").and(errors.find(hint));
        ensure!(
            traceback.is_some() && traceback < explained,
            "{language}:\n{errors}"
        );
        let command = cli.command(&["submit", "hello-name", &program]);
        let mut command = command;
        command.env_remove("LC_ALL").env_remove("LC_MESSAGES");
        let done = command.env("LANG", language).output()?;
        let said = String::from_utf8_lossy(&done.stdout);
        ensure!(said.contains(hint), "{language}:\n{said}");
    }
    Ok(())
}
