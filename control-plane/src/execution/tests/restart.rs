//! The control-plane is killed, and another one takes over its database.

use sandboxd_sim::Sim;
use tokio::runtime::{Builder, Runtime};

use super::super::lab::{Lab, eventually, prepare, request, start};
use super::super::model::{Ending, Outcome, State};
use super::super::notes::How;
use super::super::{live::LiveRun, store};
use crate::history::store::history;
use crate::platform::context::Caller;
use crate::platform::db;
use crate::platform::ids::RunId;

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// Kills a control-plane: all its tasks are gone, whatever they were doing.
fn kill(
    runtime: Runtime,
    lab: Lab,
) -> (
    crate::platform::testing::Ground,
    Vec<sandboxd_sim::SimServer>,
) {
    let Lab {
        ground,
        runners,
        running,
        ..
    } = lab;
    std::mem::forget(running);
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    (ground, runners)
}

fn begin(first: &Runtime, source: &str, started: bool) -> (Lab, Caller, RunId) {
    first.block_on(async {
        let ground = prepare("", 1).await;
        let path = ground.folder.path().join("0.sock");
        let runner = Sim::default().capacity(1).listen_unix(&path).unwrap();
        let lab = start(ground, vec![runner]).await;
        let user = lab.user().await;
        let id = lab.run(user, source).await;
        if started {
            eventually("it runs", || lab.runners[0].running() == 1).await;
            lab.until(user, id, |run| run.state == State::Running).await;
            lab.claimed(&id.to_string(), 1).await;
        }
        (lab, user, id)
    })
}

#[test]
fn what_was_running_runs_again_and_ends_once() {
    let first = runtime();
    let (lab, user, id) = begin(&first, "# sim: stall 1\n# sim: print second life", true);
    let (ground, runners) = kill(first, lab);
    runtime().block_on(async {
        let lab = start(ground, runners).await;
        let run = lab.finished(user, id).await;
        assert_eq!(run.ending.unwrap().outcome, Outcome::Ok);
        assert_eq!(run.stdout, b"second life\n");
        assert_eq!(
            lab.runners[0].seen().pop().unwrap().request.run_id,
            format!("{id}-2")
        );
        let told = history(lab.platform.db.read(), &id.to_string()).await;
        let notes = told.unwrap().unwrap().notes;
        let notes: Vec<_> = notes.iter().map(|note| (note.attempt, note.how)).collect();
        assert_eq!(
            notes,
            [(1, Some(How::Interrupted)), (2, Some(How::Finished))]
        );
        eventually("the first life was ended", || {
            lab.runners[0].cancelled().len() == 1
        })
        .await;
    });
}

/// The first life may have begun an attempt and died before it was claimed: its number is used up, so that
/// neither runner nor watcher takes the second attempt for the first.
#[test]
fn an_attempt_that_was_not_claimed_is_not_counted_and_its_number_not_used_again() {
    let first = runtime();
    let (lab, user, id) = begin(&first, "# sim: print fine", false);
    let lab = first.block_on(async {
        lab.finished(user, id).await;
        // As it was in the first moment.
        let mut tx = lab.platform.db.write().await.unwrap();
        db::query(
            "UPDATE runs SET state = 'queued', attempt = 0, outcome = NULL, finish_time = NULL",
        )
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
        lab
    });
    let (ground, runners) = kill(first, lab);
    runtime().block_on(async {
        let lab = start(ground, runners).await;
        let run = lab.finished(user, id).await;
        assert_eq!(run.ending.unwrap().outcome, Outcome::Ok);
        let names: Vec<_> = lab.runners[0]
            .seen()
            .into_iter()
            .map(|seen| seen.request.run_id)
            .collect();
        assert_eq!(names, [1, 2].map(|attempt| format!("{id}-{attempt}")));
        let losses: u32 = db::query_scalar("SELECT loss_count FROM runs")
            .fetch_one(lab.platform.db.read())
            .await
            .unwrap();
        assert_eq!(losses, 0);
    });
}

#[test]
fn what_was_queued_is_queued_again() {
    let first = runtime();
    let (lab, busy_user, busy) = begin(&first, "# sim: stall 1", true);
    let (user, id) = first.block_on(async {
        let user = lab.user().await;
        (user, lab.run(user, "# sim: print mine").await)
    });
    let (ground, runners) = kill(first, lab);
    runtime().block_on(async {
        let lab = start(ground, runners).await;
        assert_eq!(lab.finished(user, id).await.stdout, b"mine\n");
        assert_eq!(
            lab.finished(busy_user, busy).await.ending.unwrap().outcome,
            Outcome::Ok
        );
    });
}

#[test]
fn a_run_that_survives_no_restart_ends_as_our_fault() {
    let mut at = runtime();
    let (mut lab, user, id) = begin(&at, "# sim: stall", true);
    for attempt in 2..=3u32 {
        let (ground, runners) = kill(at, lab);
        at = runtime();
        lab = at.block_on(async {
            let lab = start(ground, runners).await;
            lab.claimed(&id.to_string(), attempt).await;
            lab
        });
    }
    let (ground, runners) = kill(at, lab);
    runtime().block_on(async {
        let lab = start(ground, runners).await;
        let run = lab.finished(user, id).await;
        assert_eq!(run.ending.unwrap().outcome, Outcome::InternalError);
    });
}

#[tokio::test]
async fn only_the_last_attempt_may_store_its_result() {
    let lab = super::super::lab::lab().await;
    let user = lab.user().await;
    let id = lab.try_run(user, request("# sim: stall")).await.unwrap();
    lab.claimed(&id.to_string(), 1).await;
    // Another worker takes the run, as after a lease that ran out.
    let mut tx = lab.platform.db.write().await.unwrap();
    assert!(store::claim(&mut tx, id, 1, "").await.unwrap());
    assert!(!store::claim(&mut tx, id, 1, "").await.unwrap(), "once");
    tx.commit().await.unwrap();
    let run = lab.execution.get(user, id).await.unwrap();
    let end = |attempt| {
        let live = LiveRun::new(run.clone(), false, attempt, 100);
        live.ended(
            Ending::without_program(Outcome::InternalError),
            None,
            None,
            lab.platform.clock.now(),
        )
    };
    for (attempt, stored) in [(1, false), (2, true), (2, false)] {
        let mut tx = lab.platform.db.write().await.unwrap();
        let ending = Ending::without_program(Outcome::InternalError);
        let first = store::finish(
            &mut tx,
            &end(attempt),
            &ending,
            &[],
            super::super::model::Event::Ended,
            "",
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(first, stored, "attempt {attempt}");
    }
    // The first worker comes to an end of its own, and finds the place taken.
    lab.execution.cancel(user, id).await.unwrap();
    eventually("it gave up", || lab.runners[0].running() == 0).await;
    eventually("it forgot the run", || lab.execution.live.get(id).is_none()).await;
    let run = lab.execution.get(user, id).await.unwrap();
    assert_eq!(run.ending.unwrap().outcome, Outcome::InternalError);
}

/// Each sandbox that a run was in and lost counts once, however often the note of it is written, and none that it
/// only waited for.
#[tokio::test]
async fn a_loss_counts_once() {
    let lab = super::super::lab::lab().await;
    let id = lab.store(lab.user().await, true).await.id;
    let mut tx = lab.platform.db.write().await.unwrap();
    let now = lab.platform.clock.now();
    let losses_at_start = async |tx: &mut db::Connection| {
        let left = store::recover(tx, now).await.unwrap();
        (left[0].attempt, left[0].losses)
    };
    // It was waiting when the process died, and again.
    assert_eq!(losses_at_start(&mut tx).await, (1, 0));
    assert!(store::claim(&mut tx, id, 1, "").await.unwrap());
    assert_eq!(losses_at_start(&mut tx).await, (2, 1), "with its process");
    assert_eq!(losses_at_start(&mut tx).await, (2, 1), "it waited");
    assert!(store::claim(&mut tx, id, 2, "").await.unwrap());
    assert_eq!(store::losses(&mut tx, id, 3).await.unwrap(), Some(1));
    // The answer to the first of them was lost.
    for _ in 0..2 {
        assert!(store::wait(&mut tx, id, 3, 2, "").await.unwrap());
    }
    assert!(
        !store::wait(&mut tx, id, 2, 9, "").await.unwrap(),
        "not the last"
    );
    assert_eq!(losses_at_start(&mut tx).await, (3, 2));
    assert_eq!(store::losses(&mut tx, id, 2).await.unwrap(), None);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn old_results_are_deleted_in_batches() {
    let lab =
        super::super::lab::lab_with("[limits]\nruns_per_minute = 0\n", vec![Sim::default()]).await;
    let user = lab.user().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        let id = lab.run(user, "# sim: print x").await;
        lab.finished(user, id).await;
        ids.push(id);
    }
    let now = lab.platform.clock.now();
    assert_eq!(
        lab.execution.delete_old(now, 10).await.unwrap(),
        0,
        "not old yet"
    );
    let later = now + std::time::Duration::from_secs(1);
    let execution = &lab.execution;
    let deleted = [
        execution.delete_old(later, 2).await,
        execution.delete_old(later, 2).await,
        execution.delete_old(later, 2).await,
    ];
    assert_eq!(deleted.map(Result::unwrap), [2, 2, 1]);
    for id in ids {
        assert!(execution.get(user, id).await.is_err());
    }
}
