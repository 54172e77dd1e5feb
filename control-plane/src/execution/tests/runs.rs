//! What users do with runs, when nothing goes wrong.

use std::time::Duration;

use sandboxd_sim::{Sim, Step};

use super::super::lab::{SOON, eventually, lab, lab_with, request};
use super::super::model::{Outcome, Profile, State};
use crate::platform::errors::{Error, Reason};
use crate::platform::queue::Lane;

#[tokio::test]
async fn a_run_goes_to_a_runner_that_has_its_profile() {
    let plain = || Sim::default().profiles(&["python"]).capacity(8);
    let lab = lab_with("", vec![plain(), Sim::default(), plain()]).await;
    let user = lab.user().await;
    for _ in 0..5 {
        let mut request = request("# sim: print there");
        request.profile = Some(Profile::Science);
        let id = lab.try_run(user, request).await.unwrap();
        let run = lab.finished(user, id).await;
        assert_eq!(run.stdout, b"there\n");
    }
    let seen = lab.runners.iter().map(|runner| runner.seen());
    let profiles: Vec<Vec<_>> = seen
        .map(|seen| seen.into_iter().map(|seen| seen.request.profile).collect())
        .collect();
    assert_eq!(profiles, [vec![], vec!["science"; 5], vec![]]);
    let views = lab.execution.profiles();
    let words: Vec<_> = views.iter().map(|view| view.profile.word()).collect();
    assert_eq!(words, ["python", "science"]);
    assert_eq!(views[1].modules, [("numpy".into(), "2.4.6".into())]);
}

#[tokio::test]
async fn a_profile_that_no_runner_has_is_refused_with_its_reason() {
    let lab = lab_with("", vec![Sim::default().profiles(&["python"])]).await;
    let user = lab.user().await;
    let mut request = request("# sim: print there");
    request.profile = Some(Profile::Science);
    let error = lab.try_run(user, request).await.unwrap_err();
    assert!(
        matches!(error, Error::FailedPrecondition { reason, .. } if reason == Reason::PROFILE_UNAVAILABLE),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_run_waits_while_the_only_runner_with_its_profile_is_away() {
    let plain = Sim::default().profiles(&["python"]);
    let mut lab = lab_with("", vec![plain, Sim::default()]).await;
    let user = lab.user().await;
    lab.runners.remove(1).vanish();
    let mut wanted = request("# sim: print there");
    wanted.profile = Some(Profile::Science);
    let id = lab.try_run(user, wanted).await.unwrap();
    // Others are not held up by it.
    let other = lab
        .try_run(user, request("# sim: print here"))
        .await
        .unwrap();
    assert_eq!(lab.finished(user, other).await.stdout, b"here\n");
    assert_eq!(
        lab.execution.get(user, id).await.unwrap().state,
        State::Queued
    );
    let socket = lab.ground.folder.path().join("1.sock");
    lab.runners
        .push(Sim::default().listen_unix(&socket).unwrap());
    assert_eq!(lab.finished(user, id).await.stdout, b"there\n");
}

#[tokio::test]
async fn a_run_ends_with_its_output_and_outcome() {
    let lab = lab().await;
    let user = lab.user().await;
    for (source, outcome, stdout) in [
        ("# sim: print hi", Outcome::Ok, "hi\n"),
        (
            "# sim: print a\n# sim: exit 3",
            Outcome::RuntimeError,
            "a\n",
        ),
        ("# sim: outcome time_limit", Outcome::TimeLimit, ""),
        ("# sim: outcome memory_limit", Outcome::MemoryLimit, ""),
        ("# sim: compile-error 3 bad", Outcome::CompileError, ""),
    ] {
        let id = lab.run(user, source).await;
        let run = lab.finished(user, id).await;
        let ending = run.ending.clone().unwrap();
        assert_eq!(
            (ending.outcome, run.stdout.as_slice()),
            (outcome, stdout.as_bytes()),
            "{source}"
        );
        assert_eq!(run.state, State::Finished);
        assert!(run.start_time.is_some() && run.finish_time.is_some() && ending.usage.is_some());
        // What was stored is what was told.
        assert_eq!(lab.execution.get(user, id).await.unwrap(), run);
    }
    assert_eq!(lab.execution.queue_stats().running, 0);
}

#[tokio::test]
async fn the_runner_gets_limits_and_one_trace_with_the_call() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab.run(user, "# sim: print x").await;
    lab.finished(user, id).await;
    let seen = lab.runners[0].seen().pop().unwrap();
    assert_eq!(seen.request.run_id, format!("{id}-1"));
    let limits = seen.request.limits.unwrap();
    assert_eq!(limits.wall_time_limit.unwrap().seconds, 5);
    assert_eq!(limits.memory_limit_bytes, 128 * 1024 * 1024);
    let call_id = &seen.metadata["x-request-id"];
    let parts: Vec<_> = seen.metadata["traceparent"].split('-').collect();
    assert_eq!(parts[1], call_id.replace('-', ""));
    assert_eq!((parts[0], parts[2].len(), parts[3]), ("00", 16, "01"));
}

#[tokio::test]
async fn others_see_no_such_run() {
    let lab = lab().await;
    let (owner, other) = (lab.user().await, lab.user().await);
    let running = lab.run(owner, "# sim: read").await;
    let ended = lab.run(owner, "# sim: print x").await;
    lab.finished(owner, ended).await;
    for id in [running, ended] {
        let execution = &lab.execution;
        let errors = [
            execution.get(other, id).await.map(|_| ()),
            execution.watch(other, id, 0).await.map(|_| ()),
            execution.send_input(other, id, "", b"x").await,
            execution.close_input(other, id).await,
            execution.cancel(other, id).await.map(|_| ()),
        ];
        for error in errors {
            assert!(matches!(error, Err(Error::NotFound("run"))), "{error:?}");
        }
    }
    assert_eq!(
        lab.execution.get(owner, running).await.unwrap().state,
        State::Running
    );
}

#[tokio::test]
async fn typed_input_arrives_once_and_in_order() {
    let lab = lab().await;
    let user = lab.user().await;
    let execution = &lab.execution;
    let id = lab.run(user, "# sim: read\n# sim: read\n# sim: read").await;
    lab.until(user, id, |run| run.state == State::Running).await;
    execution.send_input(user, id, "1", b"a\n").await.unwrap();
    execution.send_input(user, id, "1", b"a\n").await.unwrap();
    let error = execution
        .send_input(user, id, "1", b"other\n")
        .await
        .unwrap_err();
    assert_eq!(error.reason(), Reason::REQUEST_ID_REUSED);
    execution.send_input(user, id, "2", b"b\n").await.unwrap();
    let error = execution
        .send_input(user, id, "3", &[b'x'; 64 * 1024 + 1])
        .await
        .unwrap_err();
    assert_eq!(error.reason(), Reason::INVALID_ARGUMENT);
    execution.close_input(user, id).await.unwrap();
    let run = lab.finished(user, id).await;
    assert_eq!(
        String::from_utf8(run.stdout).unwrap(),
        "got a\ngot b\neof\n"
    );
    let error = execution.send_input(user, id, "4", b"x").await.unwrap_err();
    assert_eq!(error.reason(), Reason::RUN_NOT_RUNNING);
    assert_eq!(
        execution.close_input(user, id).await.unwrap_err().reason(),
        Reason::RUN_NOT_RUNNING
    );
}

#[tokio::test]
async fn closed_and_full_input_are_told_apart() {
    let lab = lab().await;
    let user = lab.user().await;
    let execution = &lab.execution;
    let id = lab.run(user, "# sim: sleep 60000").await;
    lab.until(user, id, |run| run.state == State::Running).await;
    let piece = vec![b'x'; 64 * 1024];
    for _ in 0..16 {
        execution.send_input(user, id, "", &piece).await.unwrap();
    }
    assert_eq!(
        execution
            .send_input(user, id, "", &piece)
            .await
            .unwrap_err()
            .reason(),
        Reason::INPUT_FULL
    );
    execution.close_input(user, id).await.unwrap();
    execution.close_input(user, id).await.unwrap();
    assert_eq!(
        execution
            .send_input(user, id, "", b"x")
            .await
            .unwrap_err()
            .reason(),
        Reason::INPUT_CLOSED
    );
    execution.cancel(user, id).await.unwrap();
    lab.finished(user, id).await;
}

#[tokio::test]
async fn a_running_run_is_cancelled_on_its_runner() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab
        .run(user, "# sim: print before\n# sim: sleep 60000")
        .await;
    lab.until(user, id, |run| !run.stdout.is_empty()).await;
    lab.execution.cancel(user, id).await.unwrap();
    let run = lab.finished(user, id).await;
    assert_eq!(run.ending.unwrap().outcome, Outcome::Cancelled);
    assert_eq!(run.stdout, b"before\n");
    assert_eq!(lab.runners[0].cancelled(), [format!("{id}-1")]);
    let again = lab.execution.cancel(user, id).await.unwrap();
    assert_eq!(again.ending.unwrap().outcome, Outcome::Cancelled);
}

#[tokio::test]
async fn a_queued_run_is_cancelled_at_once_and_never_executed() {
    let lab = lab_with("", vec![Sim::default().capacity(1)]).await;
    let (first, second) = (lab.user().await, lab.user().await);
    let busy = lab.run(first, "# sim: sleep 60000").await;
    lab.until(first, busy, |run| run.state == State::Running)
        .await;
    let waiting = lab.run(second, "# sim: print never").await;
    let run = lab
        .until(second, waiting, |run| run.queue_position.is_some())
        .await;
    assert_eq!(
        (run.state, run.queue_position.unwrap().position),
        (State::Queued, 1)
    );
    let run = lab.execution.cancel(second, waiting).await.unwrap();
    assert_eq!(run.ending.unwrap().outcome, Outcome::Cancelled);
    assert!(run.start_time.is_none());
    lab.execution.cancel(first, busy).await.unwrap();
    lab.finished(first, busy).await;
    assert_eq!(lab.runners[0].seen().len(), 1);
}

/// A closed tab, or a database that is away for longer than a call may take.
#[tokio::test]
async fn a_cancel_whose_caller_hangs_up_ends_the_run_all_the_same() {
    let lab = lab_with("", vec![Sim::default().capacity(1)]).await;
    let (first, second) = (lab.user().await, lab.user().await);
    let busy = lab.run(first, "# sim: sleep 60000").await;
    lab.until(first, busy, |run| run.state == State::Running)
        .await;
    let waiting = lab.run(second, "# sim: print never").await;
    let others = lab.platform.db.write().await.unwrap();
    let cancel = lab.execution.cancel(second, waiting);
    let hung_up = tokio::time::timeout(std::time::Duration::from_millis(100), cancel).await;
    assert!(hung_up.is_err(), "its end was stored beside another writer");
    drop(others);
    let run = lab.finished(second, waiting).await;
    assert_eq!(run.ending.unwrap().outcome, Outcome::Cancelled);
    lab.execution.cancel(first, busy).await.unwrap();
}

#[tokio::test]
async fn the_quota_says_when_to_come_back() {
    let lab = lab_with("[limits]\nruns_per_minute = 2\n", vec![Sim::default()]).await;
    let (user, other) = (lab.user().await, lab.user().await);
    lab.run(user, "# sim: print 1").await;
    lab.run(user, "# sim: print 2").await;
    let error = lab
        .try_run(user, request("# sim: print 3"))
        .await
        .unwrap_err();
    let Error::ResourceExhausted {
        reason,
        retry_after,
        ..
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(reason, Reason::RUN_QUOTA);
    assert!(retry_after > Duration::ZERO && retry_after <= Duration::from_secs(60));
    lab.run(other, "# sim: print 4").await;
    lab.ground.clock.advance(Duration::from_secs(61));
    lab.run(user, "# sim: print 5").await;
}

#[tokio::test]
async fn a_full_queue_refuses_with_the_time_to_wait() {
    let settings = "[limits]\nqueue_length = 2\nqueue_wait_ms = 0\nruns_per_minute = 0\n";
    let lab = lab_with(settings, vec![Sim::default().capacity(1)]).await;
    let user = lab.user().await;
    let busy = lab.run(user, "# sim: sleep 60000").await;
    lab.until(user, busy, |run| run.state == State::Running)
        .await;
    for _ in 0..2 {
        lab.run(user, "# sim: print x").await;
    }
    let error = lab
        .try_run(user, request("# sim: print x"))
        .await
        .unwrap_err();
    let Error::ResourceExhausted {
        reason,
        retry_after,
        ..
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(reason, Reason::QUEUE_FULL);
    assert!(retry_after > Duration::ZERO);
    assert!(
        lab.execution
            .admit(user, Lane::Submissions, Profile::default())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn what_is_too_large_is_refused_with_its_field() {
    let lab = lab().await;
    let user = lab.user().await;
    let mut large = request("x");
    large.stdin = vec![0; 1024 * 1024 + 1];
    large.program.source = "x".repeat(100 * 1024 + 1);
    let error = lab.try_run(user, large).await.unwrap_err();
    let Error::Invalid { violations, .. } = error else {
        panic!("{error:?}")
    };
    let fields: Vec<_> = violations
        .into_iter()
        .map(|violation| violation.field)
        .collect();
    assert_eq!(fields, ["program.source", "stdin"]);
}

#[tokio::test]
async fn one_user_may_not_take_all_sandboxes() {
    let lab = lab().await;
    let (greedy, pupil) = (lab.user().await, lab.user().await);
    let mut runs = Vec::new();
    for _ in 0..6 {
        runs.push(lab.run(greedy, "# sim: sleep 60000").await);
    }
    eventually("half of the sandboxes are in use", || {
        lab.runners[0].running() == 2
    })
    .await;
    let id = lab.run(pupil, "# sim: print now").await;
    assert_eq!(lab.finished(pupil, id).await.stdout, b"now\n");
    assert_eq!(lab.runners[0].running(), 2);
    for id in runs {
        lab.execution.cancel(greedy, id).await.unwrap();
    }
}

#[tokio::test]
async fn ending_takes_no_new_work_and_lets_running_work_end() {
    let lab = lab_with("", vec![Sim::default().capacity(1)]).await;
    let (first, second) = (lab.user().await, lab.user().await);
    let running = lab.run(first, "# sim: sleep 300\n# sim: print done").await;
    lab.until(first, running, |run| run.state == State::Running)
        .await;
    let queued = lab.run(second, "# sim: print later").await;
    let mut watching = Box::pin(lab.execution.watch(second, queued, 0).await.unwrap());
    let (execution, runner) = (lab.execution.clone(), &lab.runners[0]);
    lab.platform.draining.cancel();
    let error = lab
        .try_run(first, request("# sim: print x"))
        .await
        .unwrap_err();
    assert_eq!(error.reason(), Reason::SHUTTING_DOWN);
    tokio::time::timeout(SOON, lab.running.drain())
        .await
        .unwrap();
    assert_eq!(
        execution.get(first, running).await.unwrap().stdout,
        b"done\n"
    );
    assert_eq!(
        execution.get(second, queued).await.unwrap().state,
        State::Queued
    );
    assert_eq!(runner.seen().len(), 1);
    let mut last = None;
    while let Some(heard) = futures::StreamExt::next(&mut watching).await {
        last = Some(heard);
    }
    assert_eq!(last.unwrap().unwrap_err().reason(), Reason::SHUTTING_DOWN);
}

#[tokio::test]
async fn the_least_loaded_runner_is_next() {
    let busy = |_: &_, _| sandboxd_sim::Script {
        steps: vec![Step::Sleep(SOON)],
        ..Default::default()
    };
    let lab = lab_with(
        "",
        vec![
            Sim::behaving(busy).capacity(2),
            Sim::behaving(busy).capacity(4),
        ],
    )
    .await;
    for _ in 0..3 {
        let user = lab.user().await;
        let id = lab.run(user, "x").await;
        lab.until(user, id, |run| run.state == State::Running).await;
    }
    let loads: Vec<_> = lab.runners.iter().map(|runner| runner.running()).collect();
    assert_eq!(loads, [1, 2]);
}
