//! What works: runs with live output and input, submissions with verdict and progress.

use coderunner_proto::common::v1::{LeftOutReason, Outcome, RunState};
use coderunner_proto::v1 as pb;
use pb::watch_run_response::Event;
use pb::watch_submission_response::Event as Graded;

use tonic::Code;

use crate::support::{SOON, refused, run_of, start, submission_of};

#[tokio::test]
async fn a_run_streams_from_the_snapshot_to_the_end() {
    let server = start("").await;
    let mut ada = server.user("ada").await;
    let answer = ada
        .runs
        .create_run(run_of("# sim: print hi\n# sim: exit 2"))
        .await
        .unwrap()
        .into_inner();
    let run = answer.run.unwrap();
    assert_eq!(run.state(), RunState::Queued);
    assert!(run.queue_position.is_some() && run.create_time.is_some());
    let events = ada.watch(&run.id).await;
    assert!(matches!(events[0].event, Some(Event::Snapshot(_))));
    assert!(
        events
            .windows(2)
            .all(|pair| pair[0].sequence < pair[1].sequence)
    );
    let run = ada.finished(&run.id).await;
    assert_eq!(
        (run.state(), run.outcome(), run.exit_code),
        (RunState::Finished, Outcome::RuntimeError, Some(2))
    );
    assert_eq!(run.stdout, b"hi\n");
    let request = pb::GetRunRequest {
        run_id: run.id.clone(),
    };
    assert_eq!(
        ada.runs
            .get_run(request)
            .await
            .unwrap()
            .into_inner()
            .run
            .unwrap(),
        run
    );
    server.stop().await;
}

#[tokio::test]
async fn files_that_were_asked_for_are_listed_and_fetched() {
    let server = start("").await;
    let mut ada = server.user("ada").await;
    let limits = ada
        .runs
        .get_capabilities(pb::GetCapabilitiesRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (
            limits.kept_file_count_limit,
            limits.kept_file_limit_bytes,
            limits.kept_files_limit_bytes
        ),
        (16, 2 << 20, 4 << 20)
    );
    let run = pb::CreateRunRequest {
        collect_files: true,
        ..run_of("# sim: file plot.png 70000 image/png\n# sim: left-out too_large 2")
    };
    let run = ada
        .runs
        .create_run(run)
        .await
        .unwrap()
        .into_inner()
        .run
        .unwrap();
    assert_eq!(run.files, None);
    let run = ada.finished(&run.id).await;
    let files = run.files.unwrap();
    let [file] = &files.files[..] else {
        panic!("{files:?}")
    };
    assert_eq!(
        (
            file.path.as_str(),
            file.size_bytes,
            file.media_type.as_str()
        ),
        ("plot.png", 70_000, "image/png")
    );
    let [left_out] = &files.left_out[..] else {
        panic!("{files:?}")
    };
    assert_eq!(
        (left_out.reason(), left_out.count),
        (LeftOutReason::TooLarge, 2)
    );
    let request = pb::GetRunFileRequest {
        run_id: run.id.clone(),
        path: "plot.png".into(),
    };
    let answer = ada.runs.get_run_file(request).await.unwrap().into_inner();
    assert_eq!(
        (answer.file.as_ref(), answer.data.len()),
        (Some(file), 70_000)
    );
    let request = pb::GetRunFileRequest {
        run_id: run.id,
        path: "other.png".into(),
    };
    refused(
        ada.runs.get_run_file(request).await,
        Code::NotFound,
        "NOT_FOUND",
    );
    server.stop().await;
}

#[tokio::test]
async fn output_comes_before_input_is_typed() {
    let server = start("").await;
    let mut ada = server.user("ada").await;
    let run_id = ada.run("# sim: print name?\n# sim: read").await;
    let request = pb::WatchRunRequest {
        run_id: run_id.clone(),
        after_sequence: 0,
    };
    let mut stream = ada.runs.watch_run(request).await.unwrap().into_inner();
    let asked = async {
        loop {
            match stream.message().await.unwrap().unwrap().event.unwrap() {
                Event::Output(output) => return output.data,
                Event::Snapshot(run) if !run.stdout.is_empty() => return run.stdout,
                _ => {}
            }
        }
    };
    assert_eq!(tokio::time::timeout(SOON, asked).await.unwrap(), b"name?\n");
    let request = pb::SendInputRequest {
        request_id: "1".into(),
        run_id: run_id.clone(),
        data: b"Ada\n".into(),
    };
    ada.runs.send_input(request).await.unwrap();
    assert_eq!(ada.finished(&run_id).await.stdout, b"name?\ngot Ada\n");
}

#[tokio::test]
async fn a_repeat_of_a_request_id_makes_nothing_new() {
    let server = start("").await;
    let mut ada = server.user("ada").await;
    let run = pb::CreateRunRequest {
        request_id: "a".into(),
        ..run_of("# sim: print x")
    };
    let first = ada.runs.create_run(run.clone()).await.unwrap().into_inner();
    let again = ada.runs.create_run(run).await.unwrap().into_inner();
    assert_eq!(first, again);
    ada.finished(&first.run.unwrap().id).await;
    assert_eq!(server.runner.seen().len(), 1);

    let submission = pb::CreateSubmissionRequest {
        request_id: "a".into(),
        ..submission_of("count-vowels", "# right")
    };
    let first = ada
        .submissions
        .create_submission(submission.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        ada.submissions
            .create_submission(submission)
            .await
            .unwrap()
            .into_inner(),
        first
    );
}

#[tokio::test]
async fn a_right_program_is_accepted_and_shows_in_the_progress() {
    let server = start("").await;
    let mut ada = server.user("ada").await;
    let events = ada.submit("count-vowels", "# right").await;
    let Some(Graded::Finished(submission)) = events.last().unwrap().event.clone() else {
        panic!("no end")
    };
    assert_eq!(submission.verdict(), pb::Verdict::Accepted);
    assert_eq!(submission.passed_test_count, submission.test_count);
    assert!(submission.points > 0);
    let told = events
        .iter()
        .filter(|event| matches!(event.event, Some(Graded::TestResult(_))))
        .count();
    let snapshot = events.iter().find_map(|event| match &event.event {
        Some(Graded::Snapshot(submission)) => Some(submission.test_results.len()),
        _ => None,
    });
    assert_eq!(
        told + snapshot.unwrap(),
        usize::try_from(submission.test_count).unwrap()
    );
    let mut progress = pb::progress_service_client::ProgressServiceClient::new(ada.client.clone());
    let progress = progress
        .get_progress(pb::GetProgressRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (
            progress.problems[0].problem.as_str(),
            progress.problems[0].solved
        ),
        ("count-vowels", true)
    );
    let request = pb::GetSubmissionRequest {
        submission_id: submission.id,
    };
    let found = ada
        .submissions
        .get_submission(request)
        .await
        .unwrap()
        .into_inner()
        .submission
        .unwrap();
    assert_eq!(found.source, "# right");
}

#[tokio::test]
async fn hidden_tests_stay_hidden_on_the_wire() {
    let server = start("").await;
    let mut ada = server.user("ada").await;
    let source = "# sim: echo\n# sim: error Traceback (most recent call last):\n\
                  # sim: error KeyError: 'what was read'\n# sim: exit 1";
    let events = ada.submit("count-vowels", source).await;
    let Some(Graded::Finished(submission)) = events.last().unwrap().event.clone() else {
        panic!("no end")
    };
    assert_eq!(submission.verdict(), pb::Verdict::RuntimeError);
    let streamed = events.iter().filter_map(|event| match &event.event {
        Some(Graded::TestResult(result)) => Some(result.clone()),
        _ => None,
    });
    for result in submission.test_results.iter().cloned().chain(streamed) {
        let texts = (
            result.input.as_str(),
            result.expected.as_str(),
            result.actual.as_str(),
        );
        if result.hidden {
            assert_eq!((texts, result.message.as_str()), (("", "", ""), "KeyError"));
            assert_eq!(result.usage.unwrap().stdout_bytes, 0);
        } else {
            assert!(
                !texts.0.is_empty()
                    && !texts.1.is_empty()
                    && result.message.contains("what was read")
            );
        }
    }
}

#[tokio::test]
async fn queue_and_capabilities_are_told() {
    let server = start("").await;
    let mut ada = server.user("ada").await;
    let stats = ada
        .runs
        .get_queue_stats(pb::GetQueueStatsRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!((stats.capacity, stats.running_count), (4, 0));
    let told = ada
        .runs
        .get_capabilities(pb::GetCapabilitiesRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (told.python_version.as_str(), told.runs_per_minute),
        ("3.11.2", 10)
    );
    let names: Vec<_> = told.profiles.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["python", "science"]);
    assert_eq!(told.profiles[1].modules[0].name, "numpy");
    assert_eq!(
        told.submission_limits
            .unwrap()
            .wall_time_limit
            .unwrap()
            .seconds,
        15
    );
}

#[tokio::test]
async fn the_end_of_the_server_lets_running_programs_end() {
    let server = start("").await;
    let mut ada = server.user("ada").await;
    let run_id = ada.run("# sim: sleep 500\n# sim: print done").await;
    let request = pb::WatchRunRequest {
        run_id,
        after_sequence: 0,
    };
    let mut stream = ada.runs.watch_run(request).await.unwrap().into_inner();
    loop {
        match stream.message().await.unwrap().unwrap().event {
            Some(Event::Started(_)) => break,
            // It started before anybody watched.
            Some(Event::Snapshot(run)) if run.state() == RunState::Running => break,
            _ => {}
        }
    }
    let (_, last) = tokio::join!(server.stop(), async {
        let mut last = None;
        while let Ok(Some(event)) = stream.message().await {
            last = Some(event);
        }
        last.unwrap()
    });
    let Some(Event::Finished(run)) = last.event else {
        panic!("{last:?} is not the end")
    };
    assert_eq!(run.stdout, b"done\n");
}
