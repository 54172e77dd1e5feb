//! `submit`: a program to be graded, its tests in a table, and what went wrong in public ones.

use coderunner_client::{Client, NewSubmission, SubmissionEvent};
use coderunner_proto::v1::{ErrorExplanation, Submission, SubtaskResult, TestResult, Verdict};
use futures::StreamExt;

use crate::args;
use crate::explanation::{self, Language};
use crate::failure::{End, Failure};
use crate::run::{Waiting, read_files, read_source};
use crate::show::print_indented;
use crate::text::{
    compile_error, count, mebibytes, plain, plain_lines, print_json, print_table, say, seconds,
    table,
};

/// Submits a program and waits for its verdict.
pub async fn submit(client: &Client, program: args::Submit, json: bool) -> Result<End, Failure> {
    let args::Submit {
        problem,
        file,
        more_files,
    } = program;
    let source = read_source(&file)?;
    let files = read_files(&more_files)?;
    let graded = grade(
        client,
        NewSubmission {
            problem,
            source,
            files,
        },
    );
    let submission = tokio::select! {
        graded = graded => graded?,
        _ = tokio::signal::ctrl_c() => {
            eprintln!("\ncoderunner: left; a submission that was sent is graded all the same");
            return Ok(End::Cancelled);
        }
    };
    match json {
        true => print_json(&submission)?,
        false => print_submission(&submission),
    }
    Ok(end_of(submission.verdict()))
}

async fn grade(client: &Client, new: NewSubmission) -> Result<Submission, Failure> {
    let waiting = Waiting::show("submitting");
    let mut started = client.submit(new).await?;
    let mut ended_tests = 0;
    while let Some(event) = started.events.next().await {
        match event? {
            SubmissionEvent::Queued(position) => waiting.queued(&position),
            SubmissionEvent::Reconnecting => waiting.connection_lost(),
            SubmissionEvent::Started => waiting.progress("grading".to_owned()),
            SubmissionEvent::Test(_) => {
                ended_tests += 1;
                let all = started.submission.test_count;
                waiting.progress(format!("grading, {ended_tests} of {all} tests done"));
            }
            SubmissionEvent::Finished(submission) => {
                waiting.done();
                return Ok(*submission);
            }
        }
    }
    Err(Failure::Local(anyhow::anyhow!(
        "the server never said how the grading ended"
    )))
}

fn print_submission(submission: &Submission) {
    let Submission {
        test_results,
        compile_error: error,
        explanation,
        ..
    } = submission;
    match error {
        // Nothing ran, so there is nothing to say of the tests.
        Some(error) => {
            let error = compile_error(error);
            let explanation = explanation.as_ref();
            say!("{}", error_text(&error, explanation, Language::of_user()));
        }
        None if test_results.is_empty() => {}
        None => {
            print_results(test_results);
            print_details(test_results);
        }
    }
    let Submission {
        passed_test_count,
        test_count,
        points,
        subtask_results,
        author_message,
        ..
    } = submission;
    if !subtask_results.is_empty() {
        print_subtasks(subtask_results);
    }
    if !author_message.is_empty() {
        say!("{}", plain(author_message));
    }
    let points = match points {
        0 => String::new(),
        points => format!(", {}", count(*points, "point")),
    };
    say!(
        "{}: {passed_test_count} of {test_count} tests passed{points}",
        name(submission.verdict())
    );
}

fn print_subtasks(results: &[SubtaskResult]) {
    let mut rows = table(["SUBTASK", "VERDICT", "TESTS", "POINTS"]);
    for result in results {
        let SubtaskResult {
            name: subtask,
            points,
            possible_points,
            verdict: _,
            passed_test_count,
            test_count,
        } = result;
        rows.add_row([
            plain(subtask),
            name(result.verdict()).to_owned(),
            format!("{passed_test_count} of {test_count}"),
            format!("{points} of {possible_points}"),
        ]);
    }
    print_table(&rows);
    say!("");
}

fn print_results(results: &[TestResult]) {
    let mut rows = table(["TEST", "KIND", "VERDICT", "TIME", "MEMORY", ""]);
    for result in results {
        let usage = result.usage.as_ref();
        // Of a hidden test this is the exception's name and nothing else.
        let message = if result.hidden {
            plain(&result.message)
        } else {
            String::new()
        };
        rows.add_row([
            result.number.to_string(),
            kind(result).to_owned(),
            name(result.verdict()).to_owned(),
            seconds(usage.and_then(|usage| usage.wall_duration.as_ref())),
            usage
                .map(|usage| mebibytes(usage.peak_memory_bytes))
                .unwrap_or_default(),
            message,
        ]);
    }
    print_table(&rows);
    say!("");
}

/// What the student may know of the public tests that did not pass. An error that repeats itself
/// is shown once.
fn print_details(results: &[TestResult]) {
    let mut shown_error = String::new();
    for result in results.iter().filter(|result| !result.hidden) {
        let TestResult {
            number,
            input,
            expected,
            actual,
            message,
            explanation,
            ..
        } = result;
        let has_data = [input, expected, actual]
            .iter()
            .any(|text| !text.is_empty());
        let passed = matches!(result.verdict(), Verdict::Accepted | Verdict::Skipped);
        if passed || (!has_data && message.is_empty() && explanation.is_none()) {
            continue;
        }
        say!(
            "Test {number} ({}): {}",
            kind(result),
            name(result.verdict())
        );
        if has_data {
            for (what, text) in [("given", input), ("expected", expected), ("got", actual)] {
                say!("{what}:");
                print_indented(text);
            }
        }
        let error = error_text(message, explanation.as_ref(), Language::of_user());
        match error.as_str() {
            "" => {}
            error if error == shown_error => say!("The same error as above."),
            error => say!("{error}"),
        }
        say!("");
        shown_error = error;
    }
}

/// What Python said, and below it why that may be.
fn error_text(message: &str, explanation: Option<&ErrorExplanation>, language: Language) -> String {
    let explained = explanation.map(|it| explanation::text(it, language));
    let mut parts = vec![plain_lines(message.trim_end())];
    parts.extend(explained);
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

fn kind(result: &TestResult) -> &'static str {
    if result.hidden { "hidden" } else { "public" }
}

/// The verdict as the API writes it, without the prefix.
fn name(verdict: Verdict) -> &'static str {
    let name = verdict.as_str_name();
    name.strip_prefix("VERDICT_").unwrap_or(name)
}

fn end_of(verdict: Verdict) -> End {
    match verdict {
        Verdict::Accepted => End::Good,
        Verdict::Cancelled => End::Cancelled,
        Verdict::InternalError | Verdict::Unspecified => End::Internal,
        Verdict::WrongAnswer
        | Verdict::RuntimeError
        | Verdict::TimeLimit
        | Verdict::MemoryLimit
        | Verdict::OutputLimit
        | Verdict::ProcessLimit
        | Verdict::CompileError
        | Verdict::Skipped => End::ProgramFailed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use coderunner_proto::v1::ExplanationText;

    #[test]
    fn the_explanation_stands_below_the_error() {
        let text = |language_tag: &str, explanation: &str, hint: &str| ExplanationText {
            language_tag: language_tag.to_owned(),
            explanation: explanation.to_owned(),
            hint: hint.to_owned(),
        };
        let explanation = ErrorExplanation {
            file: "main.py".to_owned(),
            line: 2,
            source_line: "print(1 / 0)".to_owned(),
            texts: vec![
                text("en", "Divided by zero.", "Check it."),
                text("de", "Durch null geteilt.", "Prüfe es."),
            ],
            ..ErrorExplanation::default()
        };
        let message = "Traceback ...\nZeroDivisionError: division by zero\n";
        let text = |message, explanation| error_text(message, explanation, Language::German);
        assert_eq!(
            text(message, Some(&explanation)),
            "Traceback ...\nZeroDivisionError: division by zero\n\
             main.py, Zeile 2:\n    print(1 / 0)\nDurch null geteilt.\nTipp: Prüfe es."
        );
        assert!(text("", Some(&explanation)).starts_with("main.py, Zeile 2:"));
        assert_eq!(text("Wrong.\n", None), "Wrong.");
        let nothing = ErrorExplanation::default();
        assert_eq!(text("Wrong.\n", Some(&nothing)), "Wrong.");
        assert_eq!(text("", None), "");
    }
}
