//! What a validation found, on the wire.

use coderunner_proto::v1 as pb;
use pb::validate_test_cases_response::Event as Out;

use super::model::{Candidate, Report, Trial, Warning, WarningKind};
use super::service::Event;
use crate::execution::api::compile_error_out;
use crate::judge::Verdict;
use crate::submissions::api::{result_out, verdict_out};

/// An event of a validation.
pub fn event_out(event: Event) -> pb::ValidateTestCasesResponse {
    let event = match event {
        Event::Started {
            candidate,
            number,
            count,
        } => Out::Started(pb::ValidationStarted {
            wrong_solution_name: name_out(candidate),
            number: count_out(number),
            count: count_out(count),
        }),
        Event::Tested(result) => Out::TestResult(result_out(*result)),
        Event::Tried(trial) => Out::ProgramResult(trial_out(trial)),
        Event::Heartbeat => Out::Heartbeat(pb::Heartbeat {}),
        Event::Finished(report) => Out::Finished(report_out(report)),
    };
    pb::ValidateTestCasesResponse { event: Some(event) }
}

/// Empty for the reference solution; no wrong solution has an empty name.
fn name_out(candidate: Candidate) -> String {
    match candidate {
        Candidate::Reference => String::new(),
        Candidate::Wrong(name) => name,
    }
}

fn trial_out(trial: Trial) -> pb::ValidationProgramResult {
    let Trial {
        candidate,
        verdict,
        results,
        compile_error,
        author_message,
    } = trial;
    let passed = results.iter().filter(|it| it.verdict == Verdict::Accepted);
    pb::ValidationProgramResult {
        wrong_solution_name: name_out(candidate),
        verdict: verdict_out(verdict).into(),
        passed_test_count: count_out(passed.count()),
        test_count: count_out(results.len()),
        compile_error: compile_error.map(compile_error_out),
        author_message,
    }
}

fn report_out(report: Report) -> pb::ValidationReport {
    let Report {
        verdict,
        trials,
        warnings,
    } = report;
    pb::ValidationReport {
        verdict: verdict_out(verdict).into(),
        program_results: trials.into_iter().map(trial_out).collect(),
        warnings: warnings.into_iter().map(warning_out).collect(),
    }
}

fn warning_out(warning: Warning) -> pb::ValidationWarning {
    let Warning {
        kind,
        candidate,
        tests,
    } = warning;
    let numbers = tests.into_iter();
    pb::ValidationWarning {
        kind: kind_out(kind).into(),
        message: message(kind, &candidate),
        wrong_solution_name: name_out(candidate),
        test_numbers: numbers
            .map(|number| i32::try_from(number).unwrap_or(i32::MAX))
            .collect(),
    }
}

fn kind_out(kind: WarningKind) -> pb::ValidationWarningKind {
    use pb::ValidationWarningKind as Out;
    match kind {
        WarningKind::NotJudged => Out::NotJudged,
        WarningKind::SolutionFails => Out::SolutionFails,
        WarningKind::WrongSolutionAccepted => Out::WrongSolutionAccepted,
        WarningKind::NotTried => Out::NotTried,
        WarningKind::WrongSolutionNotCompiled => Out::WrongSolutionNotCompiled,
        WarningKind::SolutionNearLimit => Out::SolutionNearLimit,
        WarningKind::NoWrongSolution => Out::NoWrongSolution,
        WarningKind::TestsCatchNothing => Out::TestsCatchNothing,
        WarningKind::WrongSolutionPasses => Out::WrongSolutionPasses,
    }
}

/// The same in words, without the numbers of the tests.
fn message(kind: WarningKind, candidate: &Candidate) -> String {
    let who = match candidate {
        Candidate::Reference => "The reference solution".to_owned(),
        Candidate::Wrong(name) => format!("The wrong solution {name}"),
    };
    match kind {
        WarningKind::NotJudged => format!(
            "{who} could not be judged. If its author_message is empty, it is no fault of yours."
        ),
        WarningKind::SolutionFails => format!("{who} fails these tests."),
        WarningKind::WrongSolutionAccepted => {
            format!("{who} passes all tests; add one that it fails.")
        }
        WarningKind::NotTried => format!("{who} was not tried."),
        WarningKind::WrongSolutionNotCompiled => {
            format!("{who} is no Python, so it says nothing of the tests.")
        }
        WarningKind::SolutionNearLimit => {
            format!("{who} needs more than half of the time or most of the memory for these tests.")
        }
        WarningKind::NoWrongSolution => {
            "There is no wrong solution, so nothing shows that the tests catch mistakes.".into()
        }
        WarningKind::TestsCatchNothing => "Every wrong solution passes these tests.".into(),
        WarningKind::WrongSolutionPasses => format!("{who} passes these tests."),
    }
}

fn count_out(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
