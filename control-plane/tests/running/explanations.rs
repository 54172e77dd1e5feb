//! Explanations of errors as clients get them, and as they are stored.

use coderunner_proto::common::v1::Outcome;
use coderunner_proto::v1 as pb;
use pb::watch_submission_response::Event as Graded;

use crate::support::start;

/// What a simulated program writes, and below it the line that it names.
const MISSPELLED: &str = "# sim: error Traceback (most recent call last):\n\
    # sim: error   File \"main.py\", line 6, in <module>\n\
    # sim: error NameError: name 'numbr' is not defined\n\
    # sim: exit 1\n\
    number = 5\n\
    print(numbr)\n";

/// Kind, exception, file, line and line of code.
fn facts(explanation: &pb::ErrorExplanation) -> (&str, &str, &str, i32, &str) {
    let pb::ErrorExplanation {
        kind,
        exception_name,
        file,
        line,
        column: _,
        source_line,
        texts,
    } = explanation;
    let tags: Vec<_> = texts.iter().map(|it| it.language_tag.as_str()).collect();
    assert_eq!(tags, ["en", "de"]);
    assert!(
        texts
            .iter()
            .all(|it| !it.explanation.is_empty() && !it.hint.is_empty())
    );
    (kind, exception_name, file, *line, source_line)
}

fn graded(events: &[pb::WatchSubmissionResponse]) -> pb::Submission {
    match events.last().unwrap().event.clone() {
        Some(Graded::Finished(submission)) => submission,
        other => panic!("{other:?} is not the end"),
    }
}

#[tokio::test]
async fn a_failed_run_is_explained_in_both_languages() {
    let server = start("").await;
    let mut ada = server.user("ada").await;
    let run_id = ada.run(MISSPELLED).await;
    let run = ada.finished(&run_id).await;
    let explanation = run.explanation.as_ref().unwrap();
    assert_eq!(
        facts(explanation),
        (
            "name_error.misspelled",
            "NameError",
            "main.py",
            6,
            "print(numbr)"
        )
    );
    assert!(explanation.texts[0].hint.contains("number"));
    let request = pb::GetRunRequest { run_id };
    let read = ada.runs.get_run(request).await.unwrap().into_inner();
    assert_eq!(read.run.unwrap().explanation, run.explanation);
    server.stop().await;
}

#[tokio::test]
async fn limits_are_explained_and_good_ends_are_not() {
    let server = start("").await;
    let mut ada = server.user("ada").await;
    for (source, outcome, kind) in [
        ("# sim: print hi", Outcome::Ok, None),
        (
            "# sim: outcome time_limit",
            Outcome::TimeLimit,
            Some("time_limit.computing"),
        ),
        (
            "# sim: outcome memory_limit",
            Outcome::MemoryLimit,
            Some("memory_limit.too_much"),
        ),
        (
            "# sim: outcome output_limit",
            Outcome::OutputLimit,
            Some("output_limit.too_much"),
        ),
        (
            "# sim: outcome process_limit",
            Outcome::ProcessLimit,
            Some("process_limit.too_many"),
        ),
        (
            "# sim: signal 11",
            Outcome::RuntimeError,
            Some("signal.crash"),
        ),
    ] {
        let run_id = ada.run(source).await;
        let run = ada.finished(&run_id).await;
        assert_eq!(run.outcome(), outcome);
        let explained = run.explanation.as_ref().map(|it| it.kind.as_str());
        assert_eq!(explained, kind, "{source}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_submission_that_is_no_python_is_explained_once() {
    let server = start("").await;
    let mut ada = server.user("ada").await;
    let source = "# sim: compile-error 2 expected ':'\nif name\n    print(name)\n";
    let submission = graded(&ada.submit("count-vowels", source).await);
    assert_eq!(submission.verdict(), pb::Verdict::CompileError);
    assert_eq!(
        facts(submission.explanation.as_ref().unwrap()),
        (
            "syntax_error.missing_colon",
            "SyntaxError",
            "main.py",
            2,
            "if name"
        )
    );
    assert!(
        submission
            .test_results
            .iter()
            .all(|it| it.explanation.is_none())
    );
    server.stop().await;
}

#[tokio::test]
async fn hidden_tests_are_explained_by_the_exceptions_name_alone() {
    let server = start("").await;
    let mut ada = server.user("ada").await;
    let events = ada.submit("count-vowels", MISSPELLED).await;
    let submission = graded(&events);
    let streamed = events.iter().filter_map(|event| match &event.event {
        Some(Graded::TestResult(result)) => Some(result.clone()),
        _ => None,
    });
    let mut hidden = 0;
    for result in submission.test_results.iter().cloned().chain(streamed) {
        let explanation = result.explanation.unwrap();
        let expected = match result.hidden {
            true => ("name_error.other", "NameError", "", 0, ""),
            false => (
                "name_error.misspelled",
                "NameError",
                "main.py",
                6,
                "print(numbr)",
            ),
        };
        assert_eq!(facts(&explanation), expected);
        let tells = format!("{explanation:?}").contains("numbr");
        assert_eq!(tells, !result.hidden);
        hidden += u32::from(result.hidden);
    }
    assert!(hidden > 0);
    server.stop().await;
}
