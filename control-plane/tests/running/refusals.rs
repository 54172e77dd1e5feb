//! What is refused, with which code and reason.

use coderunner_proto::v1 as pb;
use pb::execution_service_client::ExecutionServiceClient;
use tonic::Code;

use crate::support::{program, refused, run_of, start, submission_of};

#[tokio::test]
async fn somebody_elses_and_no_run_at_all_look_the_same() {
    let server = start("").await;
    let (mut ada, mut bob) = (server.user("ada").await, server.user("bob").await);
    let theirs = ada.run("# sim: read").await;
    for run_id in [
        theirs.clone(),
        "0190a5d6-1111-7000-8000-000000000000".into(),
        "x' OR 1=1".into(),
        String::new(),
    ] {
        let id = || run_id.clone();
        let watch = pb::WatchRunRequest {
            run_id: id(),
            after_sequence: 0,
        };
        let input = pb::SendInputRequest {
            request_id: String::new(),
            run_id: id(),
            data: b"x".into(),
        };
        let results = [
            bob.runs
                .get_run(pb::GetRunRequest { run_id: id() })
                .await
                .map(|_| ()),
            bob.runs
                .get_run_file(pb::GetRunFileRequest {
                    run_id: id(),
                    path: "a".into(),
                })
                .await
                .map(|_| ()),
            bob.runs.watch_run(watch).await.map(|_| ()),
            bob.runs.send_input(input).await.map(|_| ()),
            bob.runs
                .close_input(pb::CloseInputRequest { run_id: id() })
                .await
                .map(|_| ()),
            bob.runs
                .cancel_run(pb::CancelRunRequest { run_id: id() })
                .await
                .map(|_| ()),
        ];
        for result in results {
            refused(result, Code::NotFound, "NOT_FOUND");
        }
    }
    let id = ada
        .submissions
        .create_submission(submission_of("count-vowels", "# right"))
        .await
        .unwrap();
    let submission_id = id.into_inner().submission.unwrap().id;
    let request = pb::GetSubmissionRequest {
        submission_id: submission_id.clone(),
    };
    refused(
        bob.submissions.get_submission(request).await,
        Code::NotFound,
        "NOT_FOUND",
    );
    let request = pb::DeleteSubmissionRequest { submission_id };
    refused(
        bob.submissions.delete_submission(request).await,
        Code::NotFound,
        "NOT_FOUND",
    );
    ada.runs
        .cancel_run(pb::CancelRunRequest { run_id: theirs })
        .await
        .unwrap();
}

#[tokio::test]
async fn nobody_runs_anything_without_login() {
    let server = start("").await;
    let mut nobody = ExecutionServiceClient::new(server.channel.clone());
    refused(
        nobody.create_run(run_of("x")).await,
        Code::Unauthenticated,
        "NO_TOKEN",
    );
}

#[tokio::test]
async fn wrong_fields_are_named_all_at_once() {
    let server = start("").await;
    let mut ada = server.user("ada").await;
    let mut request = run_of(&"x".repeat(100 * 1024 + 1));
    request.stdin = vec![0; 1024 * 1024 + 1];
    request.program.as_mut().unwrap().files = vec![coderunner_proto::common::v1::SourceFile {
        path: "../x".into(),
        content: Vec::new(),
    }];
    let details = refused(
        ada.runs.create_run(request).await,
        Code::InvalidArgument,
        "INVALID_ARGUMENT",
    );
    let fields: Vec<_> = details
        .bad_request()
        .unwrap()
        .field_violations
        .iter()
        .map(|violation| violation.field.as_str())
        .collect();
    assert_eq!(fields, ["program.source", "program.files[0].path", "stdin"]);

    let missing = pb::CreateRunRequest {
        program: None,
        ..run_of("x")
    };
    refused(
        ada.runs.create_run(missing).await,
        Code::InvalidArgument,
        "INVALID_ARGUMENT",
    );
    let unknown = pb::CreateRunRequest {
        profile: "pypy".into(),
        ..run_of("x")
    };
    let details = refused(
        ada.runs.create_run(unknown).await,
        Code::InvalidArgument,
        "INVALID_ARGUMENT",
    );
    let field = &details.bad_request().unwrap().field_violations[0].field;
    assert_eq!(field, "profile");
    let huge = pb::CreateRunRequest {
        stdin: vec![0; 5 << 20],
        ..run_of("x")
    };
    assert_eq!(
        ada.runs.create_run(huge).await.unwrap_err().code(),
        Code::OutOfRange
    );
    let run_id = ada.run("# sim: print x").await;
    let negative = pb::WatchRunRequest {
        run_id,
        after_sequence: -1,
    };
    refused(
        ada.runs.watch_run(negative).await.map(|_| ()),
        Code::InvalidArgument,
        "INVALID_ARGUMENT",
    );
    let unknown = submission_of("no-such-problem", "x");
    refused(
        ada.submissions.create_submission(unknown).await,
        Code::NotFound,
        "NOT_FOUND",
    );
}

#[tokio::test]
async fn a_request_id_with_another_body_is_refused() {
    let server = start("").await;
    let mut ada = server.user("ada").await;
    let run = pb::CreateRunRequest {
        request_id: "a".into(),
        ..run_of("# sim: print x")
    };
    ada.runs.create_run(run.clone()).await.unwrap();
    let other = pb::CreateRunRequest {
        program: program("# sim: print y"),
        ..run
    };
    refused(
        ada.runs.create_run(other).await,
        Code::InvalidArgument,
        "REQUEST_ID_REUSED",
    );
    let long = pb::CreateRunRequest {
        request_id: "a".repeat(65),
        ..run_of("x")
    };
    refused(
        ada.runs.create_run(long).await,
        Code::InvalidArgument,
        "INVALID_ARGUMENT",
    );
}

#[tokio::test]
async fn the_quota_of_runs_counts_submissions_and_spares_repeats() {
    let server = start("[limits]\nruns_per_minute = 3\n").await;
    let mut ada = server.user("ada").await;
    let run = pb::CreateRunRequest {
        request_id: "a".into(),
        ..run_of("# sim: print x")
    };
    for _ in 0..5 {
        ada.runs.create_run(run.clone()).await.unwrap();
    }
    ada.run("# sim: print y").await;
    ada.submissions
        .create_submission(submission_of("count-vowels", "# right"))
        .await
        .unwrap();
    let details = refused(
        ada.runs.create_run(run_of("x")).await,
        Code::ResourceExhausted,
        "RUN_QUOTA",
    );
    assert!(details.retry_info().unwrap().retry_delay.unwrap().as_secs() <= 60);
    let submission = ada
        .submissions
        .create_submission(submission_of("count-vowels", "# right"))
        .await;
    refused(submission, Code::ResourceExhausted, "RUN_QUOTA");
    // A refused request_id may be used again when there is room.
    let refused_run = pb::CreateRunRequest {
        request_id: "b".into(),
        ..run_of("# sim: print z")
    };
    refused(
        ada.runs.create_run(refused_run.clone()).await,
        Code::ResourceExhausted,
        "RUN_QUOTA",
    );
    server.clock.advance(std::time::Duration::from_secs(60));
    ada.runs.create_run(refused_run).await.unwrap();
}

#[tokio::test]
async fn a_full_queue_says_when_to_come_back() {
    let server = start("[limits]\nqueue_length = 1\nruns_per_minute = 0\n").await;
    let mut ada = server.user("ada").await;
    server.runner.set_capacity(0);
    let mut full = None;
    for _ in 0..20 {
        full = ada
            .runs
            .create_run(run_of("# sim: sleep 60000"))
            .await
            .err();
        if full.is_some() {
            break;
        }
    }
    let details = refused::<()>(Err(full.unwrap()), Code::ResourceExhausted, "QUEUE_FULL");
    assert!(details.retry_info().unwrap().retry_delay.unwrap().as_secs() >= 1);
}

#[tokio::test]
async fn rejudge_is_for_authors() {
    let server = start("").await;
    let mut ada = server.user("ada").await;
    let request = pb::StartRejudgeRequest::default();
    let result = ada.submissions.start_rejudge(request).await;
    refused(result, Code::PermissionDenied, "ROLE_REQUIRED");
}
