//! Grading again. That the tests of a problem were others before is played by changing what was
//! stored of a submission: its grade, and what followed from it.

mod meanwhile;

use super::*;
use crate::execution::lab::start;
use crate::platform::db;
use crate::platform::ids::RejudgeId;
use crate::submissions::rejudge::model::{
    Counts, Decision, Rejudge, Selection, State as RejudgeState,
};
use crate::submissions::rejudge::store::unwritten;

const RIGHT: &str = "# sim: echo";
const WRONG: &str = "# sim: print 1";

fn all_of(problem: &str) -> Selection {
    Selection {
        problem: problem.into(),
        from: None,
        until: None,
        verdicts: Vec::new(),
        submissions: Vec::new(),
    }
}

impl Lab {
    async fn try_rejudge(&self, selection: &Selection) -> Result<RejudgeId, Error> {
        let author = self.user().await;
        let ids = self.submissions.idempotency();
        let nothing = String::new();
        let turn = ids.look::<String, String>(author.user_id, "test", "", &nothing);
        let Turn::First(unseen) = turn.await? else {
            panic!("no request_id, no repeat")
        };
        let answer = |rejudge: Rejudge| rejudge.id.to_string();
        let problem = self.submissions.check_rejudge(selection).await?;
        let started = self
            .submissions
            .start_rejudge(author, &problem, selection, unseen, answer);
        Ok(started.await?.parse().unwrap())
    }

    async fn rejudge_until(&self, id: RejudgeId, state: RejudgeState) -> Rejudge {
        let wait = async {
            loop {
                let rejudge = self.submissions.rejudge(id).await.unwrap();
                if rejudge.state == state {
                    return rejudge;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let found = tokio::time::timeout(SOON, wait).await;
        let found = found.unwrap_or_else(|_| panic!("the rejudge gets to {state:?}"));
        if !matches!(state, RejudgeState::Grading | RejudgeState::Applying) {
            assert_eq!(found.counts, self.counted(id).await, "in {state:?}");
        }
        found
    }

    /// What its items say.
    async fn counted(&self, id: RejudgeId) -> Counts {
        let items = db::query("SELECT changes, state FROM rejudge_items WHERE rejudge_id = $1");
        let items = items.bind(id.to_string());
        let items = items.fetch_all(self.platform.db.read()).await.unwrap();
        let count = |states: &[&str], only_changes: bool| {
            let meant = items.iter().filter(|item| {
                let (state, changes) = (item.try_get("state"), item.try_get("changes"));
                states.contains(&state.unwrap()) && (changes.unwrap() || !only_changes)
            });
            u32::try_from(meant.count()).unwrap()
        };
        Counts {
            submissions: u32::try_from(items.len()).unwrap(),
            graded: count(&["graded", "applied"], false),
            changed: count(&["graded", "applied"], true),
            applied: count(&["applied"], false),
            skipped: count(&["skipped"], false),
            failed: count(&["failed"], false),
        }
    }

    /// A preview of all that was submitted for a problem.
    async fn preview(&self, problem: &str) -> Rejudge {
        let id = self.try_rejudge(&all_of(problem)).await.unwrap();
        self.rejudge_until(id, RejudgeState::Ready).await
    }

    async fn apply(&self, id: RejudgeId) -> Rejudge {
        let decided = self.submissions.decide_rejudge(id, Decision::Apply);
        decided.await.unwrap();
        self.rejudge_until(id, RejudgeState::Applied).await
    }

    /// Plays that this was how a submission was judged, and the only one of its author.
    async fn judged_before(&self, id: SubmissionId, accepted: bool) {
        let (verdict, points) = if accepted {
            ("ACCEPTED", 10)
        } else {
            ("WRONG_ANSWER", 0)
        };
        let mut tx = self.platform.db.write().await.unwrap();
        db::query("UPDATE submissions SET verdict = $1, points = $2 WHERE id = $3")
            .bind(verdict)
            .bind(points)
            .bind(id.to_string())
            .execute(&mut *tx)
            .await
            .unwrap();
        db::query(
            "UPDATE attempts SET verdict = $1, points = $2, accepted = $3 WHERE submission_id = $4",
        )
        .bind(verdict)
        .bind(points)
        .bind(accepted)
        .bind(id.to_string())
        .execute(&mut *tx)
        .await
        .unwrap();
        db::query(
            "UPDATE progress SET points = $1, solved = $2,
                 solve_time = CASE WHEN $2 = 1 THEN last_attempt_time ELSE NULL END
             WHERE user_id = (SELECT user_id FROM attempts WHERE submission_id = $3)",
        )
        .bind(points)
        .bind(accepted)
        .bind(id.to_string())
        .execute(&mut *tx)
        .await
        .unwrap();
        db::query(
            "DELETE FROM badges
             WHERE user_id = (SELECT user_id FROM attempts WHERE submission_id = $1)",
        )
        .bind(id.to_string())
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }

    async fn stored(&self, caller: Caller, id: SubmissionId) -> Submission {
        self.submissions.get(caller, id).await.unwrap().0
    }

    /// Points, whether it is solved, and badges.
    async fn earned(&self, caller: Caller) -> (u32, bool, usize) {
        let pool = self.platform.db.read();
        let progress = crate::progress::store::list(pool, caller.user_id, None, 10);
        let progress = progress.await.unwrap();
        let badges = crate::progress::store::badges(pool, caller.user_id).await;
        (
            progress[0].points,
            progress[0].solved,
            badges.unwrap().len(),
        )
    }
}

#[tokio::test]
async fn what_would_change_is_shown_first_and_written_when_it_is_applied() {
    let lab = lab().await;
    let (up, down, same) = (lab.user().await, lab.user().await, lab.user().await);
    let raised = lab.graded(up, "echo", RIGHT).await.id;
    let lowered = lab.graded(down, "echo", WRONG).await.id;
    let kept = lab.graded(same, "echo", RIGHT).await;
    lab.judged_before(raised, false).await;
    lab.judged_before(lowered, true).await;
    let before = (
        lab.stored(up, raised).await,
        lab.stored(down, lowered).await,
    );

    let preview = lab.preview("echo").await;
    let counts = Counts {
        submissions: 3,
        graded: 3,
        changed: 2,
        ..Counts::default()
    };
    assert_eq!(preview.counts, counts);
    assert_eq!(
        (
            lab.stored(up, raised).await,
            lab.stored(down, lowered).await
        ),
        before,
        "a preview changes nothing"
    );
    let mut page = Page::<String>::parse(1, "", "x").unwrap();
    let mut seen = Vec::new();
    loop {
        let changes = lab.submissions.rejudge_changes(preview.id, &page);
        let (changes, next) = changes.await.unwrap();
        seen.extend(changes);
        if next.is_empty() {
            break;
        }
        page = Page::parse(1, &next, "x").unwrap();
    }
    let told: Vec<_> = seen
        .iter()
        .map(|it| (it.submission, it.old.verdict, it.new.verdict, it.new.points))
        .collect();
    assert_eq!(
        told,
        [
            (raised, Verdict::WrongAnswer, Verdict::Accepted, 10),
            (lowered, Verdict::Accepted, Verdict::WrongAnswer, 0),
        ]
    );

    let applied = lab.apply(preview.id).await;
    assert_eq!(applied.counts.applied, 2);
    assert!(applied.finish_time.is_some());
    for (user, id, verdict, earned) in [
        (up, raised, Verdict::Accepted, (10, true, 1)),
        (down, lowered, Verdict::WrongAnswer, (0, false, 0)),
    ] {
        let now = lab.stored(user, id).await;
        assert_eq!(now.verdict, Some(verdict));
        assert!(now.rejudge_time.is_some(), "the student can see it");
        assert_eq!(lab.earned(user).await, earned);
        assert_eq!(
            lab.attempts(user, "echo").await[0].0,
            verdict.name(),
            "the history says the same"
        );
    }
    assert_eq!(lab.stored(same, kept.id).await, kept);
    // Nothing is left to change.
    assert_eq!(lab.preview("echo").await.counts.changed, 0);
}

#[tokio::test]
async fn one_rejudge_of_a_problem_at_a_time_and_a_discarded_one_is_forgotten() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab.graded(user, "echo", RIGHT).await.id;
    lab.judged_before(id, false).await;
    let before = lab.stored(user, id).await;
    let first = lab.preview("echo").await.id;
    let refused = lab.try_rejudge(&all_of("echo")).await.unwrap_err();
    assert!(
        matches!(refused, Error::FailedPrecondition { reason, .. } if reason == Reason::REJUDGE_OPEN),
        "{refused:?}"
    );
    for _ in 0..2 {
        let discarded = lab.submissions.decide_rejudge(first, Decision::Discard);
        let discarded = discarded.await.unwrap();
        assert_eq!(discarded.state, RejudgeState::Discarded);
        assert_eq!(discarded.counts, Counts::default());
    }
    let late = lab.submissions.decide_rejudge(first, Decision::Apply).await;
    assert!(
        matches!(late, Err(Error::FailedPrecondition { reason, .. }) if reason == Reason::REJUDGE_DECIDED)
    );
    assert_eq!(lab.stored(user, id).await, before);
    lab.preview("echo").await;
}

#[tokio::test]
async fn what_was_deleted_is_skipped_and_counted() {
    let lab = lab().await;
    let user = lab.user().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let id = lab.graded(user, "echo", RIGHT).await.id;
        lab.judged_before(id, false).await;
        ids.push(id);
    }
    lab.submissions.delete(user, ids[0]).await.unwrap();
    let preview = lab.preview("echo").await;
    assert_eq!((preview.counts.skipped, preview.counts.changed), (1, 2));
    lab.submissions.delete(user, ids[1]).await.unwrap();
    let applied = lab.apply(preview.id).await;
    assert_eq!((applied.counts.skipped, applied.counts.applied), (2, 1));
    let named = Selection {
        submissions: vec![ids[2], SubmissionId::new()],
        ..all_of("echo")
    };
    let id = lab.try_rejudge(&named).await.unwrap();
    let counts = lab.rejudge_until(id, RejudgeState::Ready).await.counts;
    assert_eq!((counts.submissions, counts.skipped), (2, 1));
}

#[tokio::test]
async fn a_selection_that_means_nothing_is_refused() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab.graded(user, "echo", RIGHT).await.id;
    let time = lab.stored(user, id).await.create_time;
    for selection in [
        all_of("silent"),
        Selection {
            verdicts: vec![Verdict::WrongAnswer],
            ..all_of("echo")
        },
        Selection {
            until: Some(time),
            ..all_of("echo")
        },
    ] {
        let refused = lab.try_rejudge(&selection).await;
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{refused:?}");
    }
    let exact = Selection {
        from: Some(time),
        verdicts: vec![Verdict::Accepted],
        submissions: vec![id],
        ..all_of("echo")
    };
    lab.try_rejudge(&exact).await.unwrap();
}

#[tokio::test]
async fn a_restart_goes_on_with_grading() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab.graded(user, "echo", RIGHT).await.id;
    lab.judged_before(id, false).await;
    lab.running.stop_background();
    let id = lab.try_rejudge(&all_of("echo")).await.unwrap();
    let early = lab.submissions.decide_rejudge(id, Decision::Apply).await;
    assert!(
        matches!(early, Err(Error::FailedPrecondition { reason, .. }) if reason == Reason::NOT_FINISHED)
    );
    let lab = start(lab.ground, lab.runners).await;
    let preview = lab.rejudge_until(id, RejudgeState::Ready).await;
    assert_eq!(preview.counts.changed, 1);
}

#[tokio::test]
async fn a_crash_in_the_middle_of_writing_is_gone_on_from() {
    let lab = lab().await;
    let mut students = Vec::new();
    for _ in 0..3 {
        let user = lab.user().await;
        let id = lab.graded(user, "echo", RIGHT).await.id;
        lab.judged_before(id, false).await;
        students.push((user, id));
    }
    let preview = lab.preview("echo").await;
    lab.running.stop_background();
    let decided = lab.submissions.decide_rejudge(preview.id, Decision::Apply);
    assert_eq!(decided.await.unwrap().state, RejudgeState::Applying);
    let undone = lab
        .submissions
        .decide_rejudge(preview.id, Decision::Discard);
    assert!(undone.await.is_err(), "it is decided");
    // As after an answer that was lost: the same again changes nothing.
    for _ in 0..2 {
        let written = lab.submissions.write_change(preview.id, students[0].1);
        written.await.unwrap();
    }
    let left = unwritten(lab.platform.db.read(), preview.id, 10)
        .await
        .unwrap();
    assert_eq!(left.len(), 2);
    // The last one was graded otherwise since the preview.
    let mut tx = lab.platform.db.write().await.unwrap();
    db::query("UPDATE submissions SET attempt = attempt + 1 WHERE id = $1")
        .bind(students[2].1.to_string())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();

    let lab = start(lab.ground, lab.runners).await;
    let counts = lab
        .rejudge_until(preview.id, RejudgeState::Applied)
        .await
        .counts;
    assert_eq!((counts.applied, counts.skipped), (2, 1));
    let earned = [(10, true, 1), (10, true, 1), (0, false, 0)];
    for ((user, id), earned) in students.into_iter().zip(earned) {
        assert_eq!(lab.earned(user).await, earned);
        assert_eq!(lab.attempts(user, "echo").await.len(), 1);
        let is_rejudged = lab.stored(user, id).await.rejudge_time.is_some();
        assert_eq!(is_rejudged, earned.1);
    }
}
