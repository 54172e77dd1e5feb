//! What else happens while something is graded again: problems change, students submit and delete,
//! sandboxes are busy, two authors decide.

use super::*;
use crate::platform::queue::Job;

impl Lab {
    async fn write(&self, sql: &'static str, id: &str) {
        let mut tx = self.platform.db.write().await.unwrap();
        let done = db::query(sql).bind(id).execute(&mut *tx).await.unwrap();
        assert!(done.rows_affected() > 0, "{sql}");
        tx.commit().await.unwrap();
    }

    /// Plays that other content of the problem was there when a rejudge was graded.
    async fn graded_by_other_content(&self, id: RejudgeId) {
        let sql = "UPDATE rejudges SET etag = 'other' WHERE id = $1";
        self.write(sql, &id.to_string()).await;
    }

    async fn decide(&self, id: RejudgeId, decision: Decision) -> Result<RejudgeState, Error> {
        let decided = self.submissions.decide_rejudge(id, decision).await?;
        Ok(decided.state)
    }
}

#[tokio::test]
async fn what_was_graded_by_other_tests_is_not_applied() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab.graded(user, "echo", RIGHT).await.id;
    lab.judged_before(id, false).await;
    let preview = lab.preview("echo").await.id;
    lab.graded_by_other_content(preview).await;
    let refused = lab.decide(preview, Decision::Apply).await;
    assert!(
        matches!(refused, Err(Error::FailedPrecondition { reason, .. }) if reason == Reason::PROBLEM_CHANGED),
        "{refused:?}"
    );
    let discarded = lab.decide(preview, Decision::Discard).await;
    assert_eq!(discarded.unwrap(), RejudgeState::Discarded);
    let again = lab.preview("echo").await.id;
    lab.apply(again).await;
    assert_eq!(lab.earned(user).await, (10, true, 1));
    // What is applied stays so, whatever becomes of the problem.
    lab.graded_by_other_content(again).await;
    let repeated = lab.decide(again, Decision::Apply).await;
    assert_eq!(repeated.unwrap(), RejudgeState::Applied);
}

#[tokio::test]
async fn all_is_graded_by_the_same_tests() {
    let lab = lab().await;
    let user = lab.user().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(lab.graded(user, "echo", RIGHT).await.id);
    }
    lab.running.stop_background();
    let id = lab.try_rejudge(&all_of("echo")).await.unwrap();
    // One was graded before the problem was changed.
    let sql = "UPDATE rejudge_items SET state = 'failed' WHERE submission_id = $1";
    lab.write(sql, &ids[0].to_string()).await;
    lab.graded_by_other_content(id).await;
    let lab = start(lab.ground, lab.runners).await;
    let ready = lab.rejudge_until(id, RejudgeState::Ready).await;
    assert_ne!(ready.etag, "other");
    assert_eq!((ready.counts.graded, ready.counts.failed), (2, 0));
    lab.apply(id).await;
}

#[tokio::test]
async fn what_is_decided_is_written_while_others_wait_for_a_sandbox() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab.graded(user, "echo", RIGHT).await.id;
    let other = lab.graded(user, "same", "# sim: echo").await.id;
    lab.judged_before(id, false).await;
    let preview = lab.preview("echo").await.id;
    lab.submissions.dispatcher.queue().close();
    let waits = lab.try_rejudge(&all_of("same")).await.unwrap();
    eventually("it waits for a sandbox", || {
        let queue = lab.submissions.dispatcher.queue();
        queue.position(Job::Rejudge(other)).is_some()
    })
    .await;
    lab.apply(preview).await;
    let still = lab.submissions.rejudge(waits).await.unwrap();
    assert_eq!(still.state, RejudgeState::Grading);
    let discarded = lab.decide(waits, Decision::Discard).await;
    assert_eq!(discarded.unwrap(), RejudgeState::Discarded);
}

#[tokio::test]
async fn points_are_those_of_the_best_submission_as_it_is_graded_now() {
    let lab = lab().await;
    let user = lab.user().await;
    lab.graded(user, "echo", RIGHT).await;
    let worse = lab.graded(user, "echo", WRONG).await.id;
    lab.judged_before(worse, true).await;
    let preview = lab.preview("echo").await;
    assert_eq!(preview.counts.changed, 1);
    // A submission that comes after the preview is graded by the tests of now, and left alone.
    lab.graded(user, "echo", RIGHT).await;
    let applied = lab.apply(preview.id).await;
    assert_eq!(
        (applied.counts.submissions, applied.counts.applied),
        (2, 1),
        "the new one is not meant"
    );
    assert_eq!(lab.earned(user).await, (10, true, 0));
    assert_eq!(lab.attempts(user, "echo").await.len(), 3);
}

#[tokio::test]
async fn what_nobody_could_judge_before_counts_as_an_attempt_then() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab.graded(user, "echo", RIGHT).await.id.to_string();
    for sql in [
        "UPDATE submissions SET verdict = 'INTERNAL_ERROR', points = 0 WHERE id = $1",
        "DELETE FROM progress
         WHERE user_id = (SELECT user_id FROM attempts WHERE submission_id = $1)",
        "DELETE FROM badges
         WHERE user_id = (SELECT user_id FROM attempts WHERE submission_id = $1)",
        "DELETE FROM attempts WHERE submission_id = $1",
    ] {
        lab.write(sql, &id).await;
    }
    let only_ours = Selection {
        verdicts: vec![Verdict::InternalError],
        ..all_of("echo")
    };
    let preview = lab.try_rejudge(&only_ours).await.unwrap();
    lab.rejudge_until(preview, RejudgeState::Ready).await;
    lab.apply(preview).await;
    assert_eq!(lab.earned(user).await, (10, true, 1));
    assert_eq!(
        lab.attempts(user, "echo").await,
        [("ACCEPTED".to_owned(), 5)]
    );
}

#[tokio::test]
async fn nothing_of_what_a_student_deletes_is_kept() {
    let lab = lab().await;
    let user = lab.user().await;
    let (mut ids, secret) = (Vec::new(), "what-the-program-wrote");
    for _ in 0..2 {
        let source = format!("# sim: print {secret}");
        let id = lab.graded(user, "echo", &source).await.id;
        ids.push(id);
        let sql = "UPDATE submissions SET verdict = 'ACCEPTED', points = 10 WHERE id = $1";
        lab.write(sql, &id.to_string()).await;
    }
    let kept = async || -> i64 {
        let kept = db::query_scalar(
            "SELECT count(*) FROM rejudge_items WHERE new_grade LIKE '%what-the-program-wrote%'",
        );
        kept.fetch_one(lab.platform.db.read()).await.unwrap()
    };
    let preview = lab.preview("echo").await.id;
    assert_eq!(kept().await, 2);
    lab.submissions.delete(user, ids[0]).await.unwrap();
    assert_eq!(kept().await, 1);
    let applied = lab.apply(preview).await;
    assert_eq!((applied.counts.skipped, applied.counts.applied), (1, 1));
    assert_eq!(kept().await, 0, "what is written is in its place");
}

#[tokio::test]
async fn of_two_decisions_at_one_time_one_counts() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab.graded(user, "echo", RIGHT).await.id;
    lab.judged_before(id, false).await;
    let preview = lab.preview("echo").await.id;
    let (applied, repeated, discarded) = tokio::join!(
        lab.decide(preview, Decision::Apply),
        lab.decide(preview, Decision::Apply),
        lab.decide(preview, Decision::Discard),
    );
    assert_eq!(applied.is_ok(), repeated.is_ok(), "a repeat is no conflict");
    assert_ne!(applied.is_ok(), discarded.is_ok());
    let earned = match applied {
        Ok(_) => {
            lab.rejudge_until(preview, RejudgeState::Applied).await;
            (10, true, 1)
        }
        Err(_) => (0, false, 0),
    };
    assert_eq!(lab.earned(user).await, earned);
}
