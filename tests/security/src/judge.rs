//! Compares how a run ended with what the program's header expects.

use test_harness::{FunctionStatus, LeftFiles, Outcome, Report};

use crate::attack::{Call, Expectation, Files, Program};

/// The most that may be kept or sent of one stream: the default cap and what the kernel's pipe and one
/// read may hold beyond it.
const OUTPUT_CAP: usize = (1 << 20) + (64 << 10);
/// The most that a returned value may take.
const RESULT_CAP: usize = 1 << 20;

/// Everything that is wrong with a run, one thing a line; empty when it went as it must.
pub fn judge(program: &Program, report: &Report) -> Vec<String> {
    let mut wrong = judge_untimed(program, report);
    if let Some(most) = program.ends_within
        && report.elapsed > most
    {
        wrong.push(format!("it took {:?}, more than {most:?}", report.elapsed));
    }
    wrong
}

/// The same, but for how long it took: on a machine that is kept busy on purpose that says nothing.
pub fn judge_untimed(program: &Program, report: &Report) -> Vec<String> {
    let mut wrong = Vec::new();
    let stdout = report.stdout_text();
    for line in stdout
        .lines()
        .filter(|line| line.starts_with("ESCAPED") || line.starts_with("BROKEN"))
    {
        wrong.push(line.chars().take(500).collect());
    }
    let expected = match &program.expect {
        Expectation::Blocked => &[Outcome::Ok][..],
        Expectation::Outcome(outcomes) => outcomes,
    };
    if !expected.contains(&report.outcome) {
        let names: Vec<&str> = expected.iter().map(Outcome::as_str_name).collect();
        wrong.push(format!(
            "the outcome is {}, expected {}",
            report.outcome.as_str_name(),
            names.join(" or ")
        ));
    }
    if program.expect == Expectation::Blocked
        && !stdout.lines().any(|line| line.starts_with("BLOCKED"))
    {
        wrong.push("it does not say that it was blocked".to_owned());
    }
    let exits = [
        ("exit code", program.exit_code, report.exit_code),
        ("signal", program.signal, report.signal),
    ];
    for (what, expected, actual) in exits {
        if expected.is_some() && expected != actual {
            wrong.push(format!("the {what} is {actual:?}, expected {expected:?}"));
        }
    }
    for (name, bytes) in [
        ("standard output", &report.stdout),
        ("standard error", &report.stderr),
    ] {
        if bytes.len() > OUTPUT_CAP {
            wrong.push(format!("{} bytes of {name} were kept", bytes.len()));
        }
    }
    if report.result_json.len() > RESULT_CAP {
        wrong.push(format!(
            "{} bytes of a result were kept",
            report.result_json.len()
        ));
    }
    if let Some(files) = &program.files {
        wrong.extend(judge_files(files, &report.files));
    }
    if let Some(call) = &program.call {
        wrong.extend(judge_call(call, report));
    }
    wrong
}

/// Exactly what must come back, and nothing that is not the program's own.
fn judge_files(expected: &Files, left: &LeftFiles) -> Vec<String> {
    let mut wrong = Vec::new();
    if left.incomplete {
        wrong.push("the collection of its files broke off".to_owned());
    }
    let matches = |pattern: &str, path: &str| match pattern.strip_suffix('*') {
        Some(beginning) => path.starts_with(beginning),
        None => path == pattern,
    };
    for file in &left.files {
        let path = file.path.as_str();
        if !expected.paths.iter().any(|pattern| matches(pattern, path)) {
            wrong.push(format!("the file {path:?} came back"));
        }
        if !file.content.starts_with(b"own") {
            let content = String::from_utf8_lossy(&file.content[..file.content.len().min(100)]);
            wrong.push(format!(
                "the file {path:?} is not the program's: {content:?}"
            ));
        }
    }
    for pattern in &expected.paths {
        if !left.files.iter().any(|file| matches(pattern, &file.path)) {
            wrong.push(format!("the file {pattern:?} did not come back"));
        }
    }
    let as_expected = left.left_out.len() == expected.left_out.len()
        && expected.left_out.iter().all(|(reason, count)| {
            let mut left_out = left.left_out.iter();
            left_out.any(|(left, number, _)| {
                left == reason && count.is_none_or(|count| count == *number)
            })
        });
    if !as_expected {
        wrong.push(format!("left out are {:?}", left.left_out));
    }
    wrong
}

fn judge_call(call: &Call, report: &Report) -> Vec<String> {
    let mut wrong = Vec::new();
    let status = report.function_status;
    if !call.statuses.is_empty() && !call.statuses.contains(&status) {
        wrong.push(format!("the call ended with {}", status.as_str_name()));
    }
    if let (Some(expected), FunctionStatus::Returned) = (&call.result, status) {
        let actual = String::from_utf8_lossy(&report.result_json);
        if actual != *expected {
            wrong.push(format!("it returned {actual}, expected {expected}"));
        }
    }
    wrong
}
