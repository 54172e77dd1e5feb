//! Problems with subtasks, and problems that stop at the first failure.

use std::time::{Duration, Instant};

use coderunner_proto::sandbox::v1::ExecuteRequest;
use sandboxd_sim::{Fault, Script, Sim, Step};

use super::verdicts;
use crate::execution::lab::{Lab, eventually, lab, lab_with, start};
use crate::judge::Verdict::{self, Accepted, Skipped, WrongAnswer};
use crate::platform::context::Caller;
use crate::submissions::model::Submission;
use crate::submissions::watch::What;

const NO_LIMITS: &str = "[limits]\nruns_per_minute = 0\n";

/// A runner whose programs echo their input, but for the tests that the source names: `hidden 3` is
/// answered wrongly, `slow hidden 3` late, and `lost hidden 3` loses the runner the first time.
fn obedient() -> Sim {
    let behave = |request: &ExecuteRequest, nth| {
        let input = String::from_utf8_lossy(&request.stdin);
        let test = input.trim_start_matches("SECRET ").trim();
        let source = &request.program.as_ref().unwrap().source;
        let says = |what: &str| source.lines().any(|line| line == format!("# {what}{test}"));
        let mut script = Script::printing(if says("wrong ") { "no" } else { &input });
        if says("slow ") {
            script.steps.push(Step::Sleep(Duration::from_millis(300)));
        }
        if says("endless ") {
            script.steps.push(Step::Sleep(Duration::from_secs(60)));
        }
        if says("lost ") && nth == 1 {
            script.steps.push(Step::Fault(Fault::HangUp));
        }
        script
    };
    Sim::behaving(behave).capacity(8)
}

async fn obedient_lab() -> Lab {
    lab_with(NO_LIMITS, vec![obedient()]).await
}

fn source(says: &[&str]) -> String {
    says.iter().map(|line| format!("# {line}\n")).collect()
}

/// Name, points earned, verdict and tests passed of each subtask.
fn subtasks(submission: &Submission) -> Vec<(&str, u32, Verdict, u32)> {
    let of = submission.subtasks.iter();
    of.map(|it| {
        (
            it.name.as_str(),
            it.points,
            it.verdict,
            it.passed_test_count,
        )
    })
    .collect()
}

async fn best_points(lab: &Lab, caller: Caller, problem: &str) -> Option<(bool, u32)> {
    let pool = lab.platform.db.read();
    let rows = crate::progress::store::list(pool, caller.user_id, None, 100).await;
    let rows = rows.unwrap();
    let row = rows.into_iter().find(|row| row.problem == problem)?;
    Some((row.solved, row.points))
}

#[tokio::test]
async fn each_subtask_earns_its_points() {
    let lab = obedient_lab().await;
    let user = lab.user().await;
    for (says, verdict, points, expected, best) in [
        (
            &["wrong hidden 1", "wrong hidden 3"][..],
            WrongAnswer,
            33,
            [
                ("Small", 0, WrongAnswer, 1),
                ("Large", 33, WrongAnswer, 2),
                ("Bonus", 0, Skipped, 0),
            ],
            (false, 33),
        ),
        (
            &["wrong hidden 4", "wrong hidden 5"],
            WrongAnswer,
            66,
            [
                ("Small", 30, Accepted, 2),
                ("Large", 16, WrongAnswer, 1),
                ("Bonus", 20, Accepted, 1),
            ],
            (false, 66),
        ),
        // Worse than before: the points stay.
        (
            &[
                "wrong hidden 3",
                "wrong hidden 4",
                "wrong hidden 5",
                "wrong hidden 6",
            ],
            WrongAnswer,
            30,
            [
                ("Small", 30, Accepted, 2),
                ("Large", 0, WrongAnswer, 0),
                ("Bonus", 0, WrongAnswer, 0),
            ],
            (false, 66),
        ),
        // All subtasks, but an example that belongs to none: not accepted.
        (
            &["wrong public 1"],
            WrongAnswer,
            100,
            [
                ("Small", 30, Accepted, 2),
                ("Large", 50, Accepted, 3),
                ("Bonus", 20, Accepted, 1),
            ],
            (false, 100),
        ),
        (
            &[],
            Accepted,
            100,
            [
                ("Small", 30, Accepted, 2),
                ("Large", 50, Accepted, 3),
                ("Bonus", 20, Accepted, 1),
            ],
            (true, 100),
        ),
    ] {
        let submission = lab.graded(user, "parts", &source(says)).await;
        assert_eq!(
            (submission.verdict, submission.points),
            (Some(verdict), points),
            "{says:?}"
        );
        assert_eq!(subtasks(&submission), expected, "{says:?}");
        let possible = submission.subtasks.iter().map(|it| it.possible_points);
        assert_eq!(possible.sum::<u32>(), 100);
        assert_eq!(
            best_points(&lab, user, "parts").await,
            Some(best),
            "{says:?}"
        );
        let (stored, _) = lab.submissions.get(user, submission.id).await.unwrap();
        assert_eq!(stored, submission);
    }
}

#[tokio::test]
async fn tests_of_a_subtask_whose_requirement_failed_are_not_run() {
    let lab = obedient_lab().await;
    let user = lab.user().await;
    let submission = lab
        .graded(user, "parts", &source(&["wrong hidden 2"]))
        .await;
    assert_eq!(verdicts(&submission)[6], Skipped);
    let seen = lab.runners[0].seen();
    let cases = || seen.iter().flat_map(|seen| &seen.request.cases);
    assert_eq!(cases().count(), 6);
    assert!(cases().all(|case| case.stdin != b"SECRET hidden 6\n"));
}

#[tokio::test]
async fn without_a_requirement_all_subtasks_run_in_one_call() {
    let lab = obedient_lab().await;
    let user = lab.user().await;
    let submission = lab
        .graded(user, "quiet", &source(&["wrong hidden 1"]))
        .await;
    assert_eq!(submission.verdict, Some(WrongAnswer));
    let seen = lab.runners[0].seen();
    let cases: Vec<_> = seen.iter().map(|seen| seen.request.cases.len()).collect();
    assert_eq!(cases, [7]);
}

#[tokio::test]
async fn one_verdict_for_all_tells_the_points_and_not_whose_they_are() {
    let lab = obedient_lab().await;
    let user = lab.user().await;
    let submission = lab
        .graded(user, "quiet", &source(&["wrong hidden 1"]))
        .await;
    assert_eq!(submission.points, 70);
    let (stored, _) = lab.submissions.get(user, submission.id).await.unwrap();
    for told in [submission, stored] {
        assert!(told.subtasks.is_empty() && told.results.is_empty());
        assert_eq!(told.passed_test_count, 0);
    }
    assert_eq!(best_points(&lab, user, "quiet").await, Some((false, 70)));
}

#[tokio::test]
async fn it_stops_at_the_first_failure_in_the_order_of_the_tests() {
    let lab = obedient_lab().await;
    let user = lab.user().await;
    // The failing test ends last, and the results are the same as when it ends first.
    for says in [
        &["wrong hidden 2", "wrong hidden 4"][..],
        &["wrong hidden 2", "wrong hidden 4", "slow hidden 2"],
        &["wrong hidden 2", "slow public 1", "slow hidden 3"],
    ] {
        let submission = lab.graded(user, "first", &source(says)).await;
        let [passed, rest @ ..] = &verdicts(&submission)[..] else {
            panic!()
        };
        assert_eq!(*passed, Accepted);
        assert_eq!(rest[..2], [Accepted, WrongAnswer], "{says:?}");
        assert_eq!(rest[2..], [Skipped; 4], "{says:?}");
        assert_eq!(submission.points, 0);
    }
    let right = lab.graded(user, "first", "").await;
    assert_eq!((right.verdict, right.points), (Some(Accepted), 100));
}

#[tokio::test]
async fn it_stops_within_a_subtask_and_not_across_them() {
    let lab = obedient_lab().await;
    let user = lab.user().await;
    let says = source(&["wrong public 1", "wrong hidden 1", "wrong hidden 4"]);
    let id = lab.submit(user, "strict", &says).await;
    let heard = lab.hear_grading(user, id, 0).await;
    let What::Finished(submission) = &heard.last().unwrap().what else {
        panic!("no end")
    };
    assert_eq!(
        verdicts(submission),
        [
            WrongAnswer,
            WrongAnswer,
            Skipped,
            Accepted,
            WrongAnswer,
            Skipped,
            Accepted
        ]
    );
    assert_eq!(
        subtasks(submission),
        [
            ("Small", 0, WrongAnswer, 0),
            ("Large", 16, WrongAnswer, 1),
            ("Bonus", 20, Accepted, 1),
        ]
    );
    assert_eq!(submission.points, 36);
}

#[tokio::test]
async fn what_still_runs_after_a_failure_is_given_up() {
    let lab = obedient_lab().await;
    let user = lab.user().await;
    let begin = Instant::now();
    let says = source(&["wrong public 1", "endless hidden 1", "endless hidden 2"]);
    let submission = lab.graded(user, "first", &says).await;
    assert!(begin.elapsed() < Duration::from_secs(30));
    assert_eq!(verdicts(&submission)[0], WrongAnswer);
    assert_eq!(verdicts(&submission)[1..], [Skipped; 6]);
    eventually("its sandboxes are free", || lab.runners[0].running() == 0).await;
    assert_eq!(lab.execution.queue_stats().running, 0);
    let next = lab.graded(user, "first", "").await;
    assert_eq!(next.verdict, Some(Accepted));
}

#[tokio::test]
async fn a_lost_runner_costs_no_points() {
    let lab = obedient_lab().await;
    let user = lab.user().await;
    for problem in ["parts", "strict", "quiet"] {
        let says = source(&["lost hidden 4", "wrong hidden 5"]);
        let submission = lab.graded(user, problem, &says).await;
        assert_eq!(submission.verdict, Some(WrongAnswer), "{problem}");
        assert_eq!(submission.points, 30 + 33 + 20, "{problem}");
        assert_eq!(lab.attempts(user, problem).await.len(), 1);
    }
}

#[tokio::test]
async fn grading_that_a_restart_interrupts_earns_its_points_once() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab
        .submit(user, "parts", "# sim: stall 1\n# sim: echo")
        .await;
    lab.claimed(&id.to_string(), 1).await;
    let Lab {
        ground, runners, ..
    } = lab;
    let lab = start(ground, runners).await;
    let heard = lab.hear_grading(user, id, 0).await;
    let What::Finished(submission) = &heard.last().unwrap().what else {
        panic!("no end")
    };
    assert_eq!(
        (submission.verdict, submission.points),
        (Some(Accepted), 100)
    );
    assert_eq!(submission.subtasks.len(), 3);
    assert_eq!(best_points(&lab, user, "parts").await, Some((true, 100)));
    assert_eq!(lab.attempts(user, "parts").await.len(), 1);
}

#[tokio::test]
async fn what_can_not_be_compiled_or_graded_earns_nothing() {
    let lab = lab_with(NO_LIMITS, vec![Sim::default()]).await;
    let user = lab.user().await;
    for problem in ["parts", "strict", "first"] {
        let broken = lab
            .graded(user, problem, "# sim: compile-error 7 invalid syntax")
            .await;
        assert_eq!(broken.verdict, Some(Verdict::CompileError), "{problem}");
        assert!(broken.compile_error.is_some() && broken.points == 0);
        assert!(broken.subtasks.iter().all(|subtask| subtask.points == 0));
        let ours = lab.graded(user, problem, "# sim: hang-up").await;
        assert_eq!(ours.verdict, Some(Verdict::InternalError), "{problem}");
        assert!(ours.subtasks.is_empty() && ours.points == 0);
        assert_eq!(best_points(&lab, user, problem).await, Some((false, 0)));
        assert_eq!(lab.attempts(user, problem).await.len(), 1);
    }
}
