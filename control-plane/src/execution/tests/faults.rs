//! Runners that fail: lost, refusing, stalled, gone. Every accepted run ends exactly once.

use std::time::Duration;

use sandboxd_sim::Sim;

use super::super::lab::{eventually, lab, lab_with, prepare, start};
use super::super::model::{Outcome, State};
use super::super::runners::RunnerHealth;
use super::super::watch::What;

#[tokio::test]
async fn a_lost_run_is_tried_again_and_shows_the_last_attempt_only() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab
        .run(
            user,
            "# sim: print once\n# sim: hang-up 2\n# sim: print done",
        )
        .await;
    let heard = lab.hear(user, id, 0).await;
    let What::Finished(run) = &heard.last().unwrap().what else {
        panic!("no end")
    };
    assert_eq!(run.ending.as_ref().unwrap().outcome, Outcome::Ok);
    assert_eq!(run.stdout, b"once\ndone\n");
    assert!(heard.iter().map(|heard| heard.sequence).is_sorted());
    let names: Vec<_> = lab.runners[0]
        .seen()
        .into_iter()
        .map(|seen| seen.request.run_id)
        .collect();
    assert_eq!(names, [1, 2, 3].map(|attempt| format!("{id}-{attempt}")));
}

#[tokio::test]
async fn a_run_that_is_lost_three_times_is_our_fault() {
    for source in ["# sim: hang-up", "# sim: fail"] {
        let lab = lab().await;
        let user = lab.user().await;
        let id = lab.run(user, source).await;
        let run = lab.finished(user, id).await;
        assert_eq!(
            run.ending.unwrap().outcome,
            Outcome::InternalError,
            "{source}"
        );
        assert_eq!(lab.runners[0].seen().len(), 3, "{source}");
    }
}

#[tokio::test]
async fn typed_input_is_typed_again_for_another_attempt() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab
        .run(user, "# sim: read\n# sim: hang-up 1\n# sim: read")
        .await;
    lab.until(user, id, |run| run.state == State::Running).await;
    lab.execution
        .send_input(user, id, "", b"a\n")
        .await
        .unwrap();
    eventually("a second attempt", || lab.runners[0].seen().len() == 2).await;
    lab.until(user, id, |run| run.stdout == b"got a\n").await;
    // The new attempt may still be on its way.
    let mut sent = lab.execution.send_input(user, id, "b", b"b\n").await;
    while sent.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
        sent = lab.execution.send_input(user, id, "b", b"b\n").await;
    }
    assert_eq!(lab.finished(user, id).await.stdout, b"got a\ngot b\n");
}

#[tokio::test]
async fn a_refusal_is_no_loss() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab
        .run(user, "# sim: refuse 12\n# sim: print at last")
        .await;
    let run = lab.finished(user, id).await;
    assert_eq!(
        (run.ending.unwrap().outcome, run.stdout),
        (Outcome::Ok, b"at last\n".to_vec())
    );
    assert_eq!(
        lab.execution.dispatcher.runners().views()[0].health,
        RunnerHealth::Healthy
    );
}

#[tokio::test]
async fn a_vanished_runner_costs_its_runs_one_attempt_on_another() {
    let lab = lab_with("", vec![Sim::default(), Sim::default()]).await;
    let user = lab.user().await;
    let id = lab.run(user, "# sim: sleep 400\n# sim: print done").await;
    eventually("it runs", || {
        lab.runners.iter().any(|runner| runner.running() == 1)
    })
    .await;
    let (gone, other) = match lab.runners[0].running() {
        1 => (&lab.runners[0], &lab.runners[1]),
        _ => (&lab.runners[1], &lab.runners[0]),
    };
    gone.vanish();
    let run = lab.finished(user, id).await;
    assert_eq!(run.stdout, b"done\n");
    assert_eq!((gone.seen().len(), other.seen().len()), (1, 1));
}

#[tokio::test]
async fn work_waits_for_a_runner_that_comes_back() {
    let ground = prepare("", 1).await;
    let path = ground.folder.path().join("0.sock");
    let first = Sim::default().listen_unix(&path).unwrap();
    let lab = start(ground, vec![]).await;
    let user = lab.user().await;
    first.vanish();
    let views = || lab.execution.dispatcher.runners().views();
    eventually("it is noticed", || {
        views()[0].health == RunnerHealth::Unhealthy
    })
    .await;
    let id = lab.run(user, "# sim: print back").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(
        lab.execution.get(user, id).await.unwrap().state,
        State::Queued
    );
    let second = Sim::default().listen_unix(&path).unwrap();
    assert_eq!(lab.finished(user, id).await.stdout, b"back\n");
    assert_eq!(second.seen().len(), 1);
    assert_eq!(views()[0].health, RunnerHealth::Healthy);
}

#[tokio::test]
async fn the_breaker_keeps_work_away_and_lets_it_back() {
    let lab = lab_with("", vec![Sim::default(), Sim::default()]).await;
    let user = lab.user().await;
    // Three losses in a row on one of two runners, by a run whose every attempt is lost.
    let id = lab.run(user, "# sim: hang-up").await;
    lab.finished(user, id).await;
    let seen: usize = lab.runners.iter().map(|runner| runner.seen().len()).sum();
    assert_eq!(seen, 3);
    let id = lab.run(user, "# sim: print fine").await;
    assert_eq!(lab.finished(user, id).await.stdout, b"fine\n");
    let views = || lab.execution.dispatcher.runners().views();
    eventually("both are well again", || {
        views()
            .iter()
            .all(|view| view.health == RunnerHealth::Healthy)
    })
    .await;
}

#[tokio::test]
async fn a_draining_runner_gets_no_new_work() {
    let lab = lab_with("", vec![Sim::default(), Sim::default()]).await;
    let user = lab.user().await;
    lab.execution
        .dispatcher
        .runners()
        .set_drained("0", true)
        .unwrap();
    lab.runners[1].set_capacity(4);
    for _ in 0..3 {
        let id = lab.run(user, "# sim: print x").await;
        lab.finished(user, id).await;
    }
    assert_eq!(
        (lab.runners[0].seen().len(), lab.runners[1].seen().len()),
        (0, 3)
    );
    assert!(
        lab.execution
            .dispatcher
            .runners()
            .set_drained("9", true)
            .is_none()
    );
    assert_eq!(lab.execution.queue_stats().capacity, 4);
}

#[tokio::test]
async fn a_cancelled_run_ends_also_when_its_runner_is_deaf() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab.run(user, "# sim: stall").await;
    lab.until(user, id, |run| run.state == State::Running).await;
    lab.runners[0].vanish();
    lab.execution.cancel(user, id).await.unwrap();
    let run = lab.finished(user, id).await;
    assert_eq!(run.ending.unwrap().outcome, Outcome::Cancelled);
}
