//! The connection to the database breaks after a commit was sent and before its answer came, or
//! the server stops, while runs and submissions are under way. What was committed counts once, and
//! nothing is lost. With PostgreSQL only: SQLite has no connection that could break.

use std::time::Duration;

use tempfile::TempDir;

use super::super::lab::{Lab, lab_at, request};
use super::super::model::{Outcome, Run};
use super::super::notes::How;
use crate::platform::context::Caller;
use crate::platform::db::query_scalar;
use crate::platform::db::wire::Wire;
use crate::platform::errors::Error;
use crate::platform::idempotency::Turn;
use crate::platform::ids::{CallId, RunId};

/// Parts of statements that no other transaction holds.
const CLAIM: &str = "UPDATE runs SET state = $1, attempt = attempt + 1";
const END: &str = "UPDATE runs SET state = $1, outcome";
const WAIT: &str = "UPDATE runs SET loss_count";
const ANY: &str = "UPDATE runs SET";

const NO_LIMITS: &str = "[limits]\nqueue_wait_ms = 600000\n";

/// With the folder that keeps the database: without it, it would be dropped under the test.
async fn behind_a_wire() -> (TempDir, Wire, Lab) {
    let folder = tempfile::tempdir().unwrap();
    let (wire, url) = Wire::to(&test_postgres::postgres_url(folder.path())).await;
    (folder, wire, lab_at(&url, NO_LIMITS).await)
}

/// Numbers of attempts, with how each ended.
async fn attempts(lab: &Lab, id: RunId) -> Vec<(u32, Option<How>)> {
    let notes = lab.told(&id.to_string()).await.notes;
    notes.iter().map(|note| (note.attempt, note.how)).collect()
}

/// The run ends well, after these attempts.
async fn ends(lab: &Lab, (user, id): (Caller, RunId), expected: &[(u32, Option<How>)]) {
    let run = lab.finished(user, id).await;
    assert_eq!(run.ending.unwrap().outcome, Outcome::Ok);
    assert_eq!(run.stdout, b"fine\n");
    assert_eq!(attempts(lab, id).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_answer_is_lost_is_our_own() {
    let (_folder, wire, lab) = behind_a_wire().await;
    let user = lab.user().await;
    wire.lose_answers(CLAIM, 1);
    let id = lab.run(user, "# sim: sleep 400\n# sim: print fine").await;
    ends(&lab, (user, id), &[(1, Some(How::Finished))]).await;
    assert_eq!(wire.lost(), 1);
    assert_eq!(lab.runners[0].seen().len(), 1, "it ran once");
    assert_eq!(lab.told(&id.to_string()).await.losses, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_whose_answer_is_lost_is_stored_once() {
    let (_folder, wire, lab) = behind_a_wire().await;
    let user = lab.user().await;
    let sources = ["# sim: print fine", "# sim: sleep 400\n# sim: print fine"];
    for (number, source) in sources.into_iter().enumerate() {
        wire.lose_answers(END, 1);
        let id = lab.run(user, source).await;
        ends(&lab, (user, id), &[(1, Some(How::Finished))]).await;
        assert_eq!(wire.lost(), number + 1);
    }
    assert_eq!(lab.runners[0].seen().len(), 2, "each ran once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loss_whose_answer_is_lost_counts_once() {
    let (_folder, wire, lab) = behind_a_wire().await;
    let user = lab.user().await;
    wire.lose_answers(WAIT, 1);
    let id = lab.run(user, "# sim: hang-up 1\n# sim: print fine").await;
    let expected = [(1, Some(How::Lost)), (2, Some(How::Finished))];
    ends(&lab, (user, id), &expected).await;
    assert_eq!(wire.lost(), 1);
    assert_eq!(lab.told(&id.to_string()).await.losses, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_runs_none_is_lost_and_none_ends_twice() {
    let (_folder, wire, lab) = behind_a_wire().await;
    let sources = [
        "# sim: print fine",
        "# sim: sleep 150\n# sim: print fine",
        "# sim: hang-up 1\n# sim: print fine",
    ];
    let mut runs = Vec::new();
    for number in 0..30 {
        let user = lab.user().await;
        // Each a program of its own, so that each is lost by its runner.
        let source = format!("# {number}\n{}", sources[number % sources.len()]);
        runs.push((user, lab.run(user, &source).await));
        if number % 3 == 0 {
            wire.lose_answers(ANY, 2);
        }
    }
    for (user, id) in runs {
        let run = lab.finished(user, id).await;
        assert_eq!(run.ending.unwrap().outcome, Outcome::Ok, "{id}");
        assert_eq!(run.stdout, b"fine\n", "{id}");
        let ends = attempts(&lab, id).await;
        let finished = ends.iter().filter(|(_, how)| *how == Some(How::Finished));
        assert_eq!(finished.count(), 1, "{id}: {ends:?}");
    }
    assert!(wire.lost() >= 10, "{} answers were lost", wire.lost());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_loses_no_run_that_is_under_way() {
    let server = test_postgres::Server::start().unwrap();
    let lab = lab_at(&server.make_database().unwrap(), NO_LIMITS).await;
    let mut runs = Vec::new();
    for _ in 0..8 {
        let user = lab.user().await;
        let source = "# sim: sleep 300\n# sim: print fine";
        runs.push((user, lab.run(user, source).await));
    }
    let (_, first) = runs[0];
    lab.claimed(&first.to_string(), 1).await;
    server.stop().unwrap();
    let away = async {
        while lab.platform.db.ping().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let away = tokio::time::timeout(Duration::from_secs(20), away).await;
    away.expect("it is missed");
    // Programs end while nobody can write it down.
    tokio::time::sleep(Duration::from_millis(600)).await;
    server.start_again().unwrap();
    for run in runs {
        ends(&lab, run, &[(1, Some(How::Finished))]).await;
    }
    assert_eq!(lab.runners[0].seen().len(), 8, "each ran once");
}

/// What a call does that comes with a request_id.
async fn accept(lab: &Lab, caller: Caller) -> Result<String, Error> {
    let ids = lab.execution.idempotency();
    let body = String::new();
    match ids.look(caller.user_id, "/test", "once", &body).await? {
        Turn::Repeat(answer) => Ok(answer),
        Turn::First(unseen) => {
            let (execution, asked) = (&lab.execution, request("# sim: print fine"));
            let answer = |run: Run| run.id.to_string();
            let create = execution.create(caller, CallId::new(), asked, unseen, answer);
            create.await
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acceptance_whose_answer_is_lost_is_found_by_its_repeat() {
    let (_folder, wire, lab) = behind_a_wire().await;
    let user = lab.user().await;
    wire.lose_answers("INSERT INTO runs", 1);
    let lost = accept(&lab, user).await;
    assert!(matches!(lost, Err(Error::Unavailable { .. })), "{lost:?}");
    assert_eq!(wire.lost(), 1);
    let id = accept(&lab, user).await.unwrap();
    assert_eq!(accept(&lab, user).await.unwrap(), id);
    let count: i64 = query_scalar("SELECT count(*) FROM runs")
        .fetch_one(lab.platform.db.read())
        .await
        .unwrap();
    assert_eq!(count, 1);
}
