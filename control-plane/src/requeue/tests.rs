//! Runs and submissions that are stuck on a simulated runner are begun again, and end once.

use std::time::Duration;

use futures::StreamExt;

use super::service::{Answer, Requeue};
use crate::execution::engine::System;
use crate::execution::lab::{Lab, SOON, eventually, lab};
use crate::execution::model::Outcome;
use crate::execution::notes::How;
use crate::history::model::History;
use crate::judge::Verdict;
use crate::platform::context::Caller;
use crate::platform::db;
use crate::platform::idempotency::Turn;
use crate::platform::ids::CallId;
use crate::submissions::model::Submission;

const HOUR: Duration = Duration::from_secs(3600);

/// Its first attempt is on the runner, and claimed.
async fn until_claimed(lab: &Lab, id: &str) {
    eventually("it runs", || lab.runners[0].running() >= 1).await;
    lab.claimed(id, 1).await;
}

fn names(lab: &Lab) -> Vec<String> {
    let seen = lab.runners[0].seen().into_iter();
    seen.map(|seen| seen.request.run_id).collect()
}

/// Attempts with how they ended and where they were.
fn attempts(history: &History) -> Vec<(u32, Option<How>, String)> {
    let notes = history.notes.iter();
    notes
        .map(|note| (note.attempt, note.how, note.runners.join(",")))
        .collect()
}

#[tokio::test]
async fn a_stuck_run_is_begun_again_and_ends_once() {
    let lab = lab().await;
    let user = lab.user().await;
    let requeue = Requeue::new(lab.platform.clone());
    let run_id = lab.run(user, "# sim: stall 1\n# sim: print second").await;
    let id = &run_id.to_string();
    until_claimed(&lab, id).await;
    let watched = lab.execution.watch(user, run_id, 0).await.unwrap();

    let answer = requeue.requeue(id, HOUR).await.unwrap();
    assert!(matches!(answer, Answer::NotStuck(_)), "{answer:?}");
    assert!(requeue.stuck(HOUR).await.unwrap().is_empty());
    let stuck = requeue.stuck(Duration::ZERO).await.unwrap();
    assert_eq!(stuck.len(), 1);
    assert_eq!(&stuck[0].id, id);
    let answer = requeue.requeue(id, Duration::ZERO).await.unwrap();
    assert_eq!(answer, Answer::Requeued);
    assert!(lab.told(id).await.requeue_time.is_some());

    // Its watchers are told to come again once it is queued again.
    System::adopt(&*lab.execution).await.unwrap();
    let heard = tokio::time::timeout(SOON, watched.collect::<Vec<_>>()).await;
    assert!(heard.unwrap().pop().unwrap().is_err());
    let run = lab.finished(user, run_id).await;
    assert_eq!(run.ending.unwrap().outcome, Outcome::Ok);
    assert_eq!(run.stdout, b"second\n");
    eventually("the first attempt was ended", || {
        lab.runners[0].cancelled().len() == 1
    })
    .await;
    assert_eq!(names(&lab), [1, 4].map(|number| format!("{id}-{number}")));

    let history = lab.told(id).await;
    assert_eq!(history.result.as_deref(), Some("ok"));
    assert_eq!((history.losses, history.requeue_time), (0, None));
    assert_eq!(
        attempts(&history),
        [
            (1, Some(How::Requeued), "0".to_owned()),
            (4, Some(How::Finished), "0".to_owned())
        ]
    );
    assert!(history.notes.iter().all(|note| note.begin.is_some()));
    let answer = requeue.requeue(id, Duration::ZERO).await.unwrap();
    assert_eq!(answer, Answer::Ended);
    let answer = requeue.requeue("nothing", Duration::ZERO).await.unwrap();
    assert_eq!(answer, Answer::Missing);
}

async fn submit(lab: &Lab, caller: Caller, source: &str) -> String {
    let program = super::super::execution::lab::request(source).program;
    let problem = lab.submissions.check("echo", &program).await.unwrap();
    let ids = lab.submissions.idempotency();
    let turn = ids
        .look::<String, String>(caller.user_id, "test", "", &String::new())
        .await
        .unwrap();
    let Turn::First(unseen) = turn else {
        panic!("no request_id, no repeat")
    };
    let answer = |submission: Submission| submission.id.to_string();
    lab.submissions
        .create(caller, CallId::new(), &problem, &program, unseen, answer)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_stuck_submission_is_begun_again_and_counts_once() {
    let lab = lab().await;
    let user = lab.user().await;
    let requeue = Requeue::new(lab.platform.clone());
    let id = &submit(&lab, user, "# sim: stall 1\n# sim: echo").await;
    until_claimed(&lab, id).await;
    let answer = requeue.requeue(id, Duration::ZERO).await.unwrap();
    assert_eq!(answer, Answer::Requeued);
    System::adopt(&*lab.submissions).await.unwrap();
    let wanted = async {
        while lab.told(id).await.result.is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(SOON, wanted).await.unwrap();
    eventually("the first attempt was ended", || {
        lab.runners[0].running() == 0
    })
    .await;
    let history = lab.told(id).await;
    assert_eq!(history.result.as_deref(), Some(Verdict::Accepted.name()));
    assert_eq!(
        attempts(&history),
        [
            (1, Some(How::Requeued), "0".to_owned()),
            (4, Some(How::Finished), "0".to_owned())
        ]
    );
    let counted: i64 = db::query_scalar("SELECT count(*) FROM attempts")
        .fetch_one(lab.platform.db.read())
        .await
        .unwrap();
    assert_eq!(counted, 1);
}

/// A worker that is at an attempt which nobody has claimed yet can't claim it any more.
#[tokio::test]
async fn the_number_of_an_unclaimed_attempt_is_taken_as_well() {
    let lab = lab().await;
    let user = lab.user().await;
    let run_id = lab.run(user, "# sim: print fine").await;
    lab.finished(user, run_id).await;
    let mut tx = lab.platform.db.write().await.unwrap();
    let back = "UPDATE runs SET state = 'queued', attempt = 0, outcome = NULL, finish_time = NULL";
    db::query(back).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let requeue = Requeue::new(lab.platform.clone());
    let id = run_id.to_string();
    let answer = requeue.requeue(&id, Duration::ZERO).await.unwrap();
    assert_eq!(answer, Answer::Requeued);
    let mut tx = lab.platform.db.write().await.unwrap();
    for before in [0, 1] {
        let claimed = crate::execution::store::claim(&mut tx, run_id, before, "").await;
        assert!(!claimed.unwrap(), "after {before}");
    }
    drop(tx);
    System::adopt(&*lab.execution).await.unwrap();
    assert_eq!(lab.finished(user, run_id).await.stdout, b"fine\n");
    assert_eq!(lab.told(&id).await.attempts, 3);
}
