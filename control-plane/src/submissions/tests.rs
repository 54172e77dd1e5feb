//! Submissions against simulated runners, from acceptance to the stored verdict.

mod custom;
mod lost_answers;
mod rejudge;
mod subtasks;

use std::time::Duration;

use futures::StreamExt;
use jiff::Timestamp;
use sandboxd_sim::Sim;

use super::live::Event;
use super::model::Submission;
use super::service::ListRequest;
use super::store;
use super::watch::{Heard, What};
use crate::execution::lab::{Lab, SOON, eventually, lab, lab_with};
use crate::execution::model::{Program, State};
use crate::judge::Verdict;
use crate::platform::context::{Caller, Role};
use crate::platform::errors::{Error, Reason};
use crate::platform::idempotency::Turn;
use crate::platform::ids::{CallId, SubmissionId};
use crate::platform::pagination::Page;

impl Lab {
    async fn try_submit(
        &self,
        caller: Caller,
        problem: &str,
        source: &str,
    ) -> Result<SubmissionId, Error> {
        let program = Program {
            source: format!("# program\n{source}"),
            files: Vec::new(),
        };
        let problem = self.submissions.check(problem, &program).await?;
        let ids = self.submissions.idempotency();
        let Turn::First(unseen) = ids
            .look::<String, String>(caller.user_id, "test", "", &String::new())
            .await?
        else {
            panic!("no request_id, no repeat")
        };
        let answer = |submission: Submission| submission.id.to_string();
        let id = self
            .submissions
            .create(caller, CallId::new(), &problem, &program, unseen, answer)
            .await?;
        Ok(id.parse().unwrap())
    }

    async fn submit(&self, caller: Caller, problem: &str, source: &str) -> SubmissionId {
        self.try_submit(caller, problem, source).await.unwrap()
    }

    async fn hear_grading(&self, caller: Caller, id: SubmissionId, after: u64) -> Vec<Heard> {
        let stream = self.submissions.watch(caller, id, after).await.unwrap();
        let all = stream.map(|heard| heard.unwrap()).collect::<Vec<_>>();
        tokio::time::timeout(SOON, all)
            .await
            .expect("the submission ends")
    }

    async fn graded(&self, caller: Caller, problem: &str, source: &str) -> Submission {
        let id = self.submit(caller, problem, source).await;
        match self.hear_grading(caller, id, 0).await.pop().unwrap().what {
            What::Finished(submission) => submission,
            other => panic!("{other:?} is not the end"),
        }
    }

    async fn attempts(&self, caller: Caller, problem: &str) -> Vec<(String, u32)> {
        let page = Page::<String>::parse(0, "", "x").unwrap();
        let pool = self.platform.db.read();
        let fetch =
            crate::progress::store::attempts(pool, caller.user_id, problem, None, page.fetch());
        fetch
            .await
            .unwrap()
            .into_iter()
            .map(|attempt| (attempt.verdict, attempt.passed_test_count))
            .collect()
    }
}

fn verdicts(submission: &Submission) -> Vec<Verdict> {
    submission
        .results
        .iter()
        .map(|result| result.verdict)
        .collect()
}

#[tokio::test]
async fn tests_run_in_the_problems_profile() {
    for (problem, profile) in [("echo", "python"), ("silent", "science")] {
        let lab = lab().await;
        let user = lab.user().await;
        let submission = lab.graded(user, problem, "# sim: echo").await;
        assert_eq!(submission.verdict, Some(Verdict::Accepted));
        let seen = lab.runners[0].seen();
        let cases: usize = seen.iter().map(|seen| seen.request.cases.len()).sum();
        assert_eq!(cases, 5);
        assert!(seen.iter().all(|seen| seen.request.profile == profile));
    }
}

#[tokio::test]
async fn a_submission_whose_profile_no_runner_has_is_refused_with_its_reason() {
    let lab = lab_with("", vec![Sim::default().profiles(&["python"])]).await;
    let user = lab.user().await;
    let error = lab
        .try_submit(user, "silent", "# sim: echo")
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::FailedPrecondition { reason, .. } if reason == Reason::PROFILE_UNAVAILABLE),
        "{error:?}"
    );
    lab.submit(user, "echo", "# sim: echo").await;
}

#[tokio::test]
async fn a_right_program_is_accepted_and_counts_as_progress() {
    let lab = lab().await;
    let user = lab.user().await;
    let submission = lab.graded(user, "echo", "# sim: echo").await;
    assert_eq!(submission.verdict, Some(Verdict::Accepted));
    assert_eq!(verdicts(&submission), [Verdict::Accepted; 5]);
    assert_eq!(
        (
            submission.passed_test_count,
            submission.test_count,
            submission.points
        ),
        (5, 5, 10)
    );
    assert_eq!(
        lab.attempts(user, "echo").await,
        [("ACCEPTED".to_owned(), 5)]
    );
    let (stored, source) = lab.submissions.get(user, submission.id).await.unwrap();
    assert_eq!(stored, submission);
    assert_eq!(source, "# program\n# sim: echo");
    // One call, and a case for each test.
    let seen = lab.runners[0].seen();
    let cases: Vec<_> = seen.iter().map(|seen| seen.request.cases.len()).collect();
    assert_eq!(cases, [5]);
    assert_eq!(lab.execution.queue_stats().running, 0);
}

#[tokio::test]
async fn what_was_solved_in_time_counts_for_the_day_on_which_it_was_submitted() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab
        .submit(user, "echo", "# sim: sleep 300\n# sim: echo")
        .await;
    eventually("it is graded", || lab.runners[0].running() > 0).await;
    lab.ground.clock.advance(Duration::from_secs(24 * 3600));
    lab.hear_grading(user, id, 0).await;
    let (submission, _) = lab.submissions.get(user, id).await.unwrap();
    assert!(submission.finish_time > Some(submission.create_time));
    let db = lab.platform.db.read();
    let day = |time: Timestamp| time.as_second() / 86400;
    let days = crate::progress::store::solve_days(db, user.user_id).await;
    let days: Vec<_> = days.unwrap().into_iter().map(day).collect();
    assert_eq!(days, [day(submission.create_time)]);
    let badges = crate::progress::store::badges(db, user.user_id).await;
    let times = badges.unwrap().into_iter().map(|badge| badge.earn_time);
    assert_eq!(times.collect::<Vec<_>>(), [submission.create_time]);
}

#[tokio::test]
async fn functions_are_called_with_data_and_compared_as_data() {
    let lab = lab().await;
    let user = lab.user().await;
    for (source, verdict, message) in [
        ("# sim: return-first", Verdict::Accepted, ""),
        ("# sim: return 99", Verdict::WrongAnswer, ""),
        ("# sim: return true", Verdict::WrongAnswer, ""),
        ("# sim: return NaN", Verdict::WrongAnswer, ""),
        (
            "# sim: print 1",
            Verdict::WrongAnswer,
            "before `same` returned",
        ),
        (
            "# sim: function no_result",
            Verdict::WrongAnswer,
            "before `same` returned",
        ),
        (
            "# sim: function not_defined",
            Verdict::WrongAnswer,
            "defines no function `same`",
        ),
        (
            "# sim: function not_data",
            Verdict::WrongAnswer,
            "plain data",
        ),
        (
            "# sim: function no_result\n# sim: exit 1",
            Verdict::RuntimeError,
            "",
        ),
    ] {
        let submission = lab.graded(user, "same", source).await;
        lab.ground.clock.advance(Duration::from_secs(3600));
        assert_eq!(submission.verdict, Some(verdict), "{source}");
        assert!(
            submission.results[0].message.contains(message),
            "{source}: {:?}",
            submission.results[0]
        );
    }
    let seen = lab.runners[0].seen();
    let case = &seen[0].request.cases[0];
    let call = case.function_call.clone().unwrap();
    assert_eq!(
        (call.function_name.as_str(), call.arguments_json.as_str()),
        ("same", "[1]")
    );
    assert!(case.stdin.is_empty());
    assert_eq!(
        seen[0]
            .request
            .limits
            .unwrap()
            .wall_time_limit
            .unwrap()
            .seconds,
        15
    );
}

#[tokio::test]
async fn a_wrong_program_learns_of_public_tests_only() {
    let lab = lab().await;
    let user = lab.user().await;
    let source = "# sim: echo\n# sim: print more\n# sim: error Traceback (most recent call last):\n\
                  # sim: error ValueError: SECRET hidden\n# sim: exit 1";
    let id = lab.submit(user, "echo", source).await;
    let heard = lab.hear_grading(user, id, 0).await;
    let What::Finished(submission) = &heard.last().unwrap().what else {
        panic!("no end")
    };
    assert_eq!(submission.verdict, Some(Verdict::RuntimeError));
    assert_eq!(submission.points, 0);
    let public = &submission.results[0];
    assert!(
        !public.hidden && public.input == "SECRET public 1\n" && public.actual.ends_with("more\n")
    );
    assert!(
        public.message.contains("SECRET hidden"),
        "it wrote that itself, in a public test"
    );
    for hidden in &submission.results[1..] {
        assert!(hidden.hidden && hidden.message == "ValueError");
    }
    let told = format!("{heard:?}");
    assert!(!told.contains("SECRET hidden 1") && told.contains("SECRET public 1"));
    assert_eq!(
        lab.attempts(user, "echo").await,
        [("RUNTIME_ERROR".to_owned(), 0)]
    );
}

#[tokio::test]
async fn a_program_that_can_not_be_compiled_runs_no_further_test() {
    let lab = lab().await;
    let user = lab.user().await;
    let submission = lab
        .graded(user, "echo", "# sim: compile-error 7 invalid syntax")
        .await;
    assert_eq!(submission.verdict, Some(Verdict::CompileError));
    assert_eq!(submission.compile_error.as_ref().unwrap().line, 7);
    assert_eq!(verdicts(&submission)[0], Verdict::CompileError);
    assert_eq!(verdicts(&submission)[1..], [Verdict::Skipped; 4]);
    assert_eq!(lab.runners[0].seen().len(), 1);
}

#[tokio::test]
async fn one_verdict_for_all_tells_nothing_of_tests() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab.submit(user, "silent", "# sim: print wrong").await;
    let heard = lab.hear_grading(user, id, 0).await;
    assert!(
        !heard
            .iter()
            .any(|heard| matches!(heard.what, What::Event(Event::Tested(_))))
    );
    let (submission, _) = lab.submissions.get(user, id).await.unwrap();
    assert_eq!(submission.verdict, Some(Verdict::WrongAnswer));
    assert!(submission.results.is_empty() && submission.passed_test_count == 0);
}

#[tokio::test]
async fn tests_run_several_at_once_and_no_more() {
    let slow = |_: &coderunner_proto::sandbox::v1::ExecuteRequest, _| sandboxd_sim::Script {
        steps: vec![sandboxd_sim::Step::Sleep(Duration::from_millis(300))],
        ..Default::default()
    };
    let lab = lab_with("", vec![Sim::behaving(slow).capacity(16)]).await;
    let user = lab.user().await;
    let id = lab.submit(user, "echo", "x").await;
    eventually("four at once", || lab.runners[0].running() == 4).await;
    let heard = lab.hear_grading(user, id, 0).await;
    assert!(heard.iter().map(|heard| heard.sequence).is_sorted());
}

#[tokio::test]
async fn a_lost_runner_costs_a_test_another_try_and_no_verdict() {
    let lab = lab().await;
    let user = lab.user().await;
    let submission = lab
        .graded(user, "echo", "# sim: echo\n# sim: hang-up 2")
        .await;
    assert_eq!(submission.verdict, Some(Verdict::Accepted));
    let submission = lab
        .graded(user, "echo", "# sim: refuse 12\n# sim: echo")
        .await;
    assert_eq!(submission.verdict, Some(Verdict::Accepted));
    let submission = lab.graded(user, "same", "# sim: hang-up").await;
    assert_eq!(submission.verdict, Some(Verdict::InternalError));
    assert!(
        lab.attempts(user, "same").await.is_empty(),
        "our fault is no attempt of the student"
    );
}

/// Each write waits for the disk: one for what was accepted, one for the result, and one for the claim
/// of what takes long.
#[tokio::test]
async fn nothing_is_written_that_need_not_be() {
    let lab = lab_with("[limits]\nruns_per_minute = 0\n", vec![Sim::default()]).await;
    let user = lab.user().await;
    let db = &lab.platform.db;
    // What is looked for at the start is done before this.
    lab.graded(user, "echo", "# sim: echo").await;
    for (source, least) in [("# sim: echo", 2), ("# sim: sleep 300\n# sim: echo", 3)] {
        let (mut grading, mut running) = (u64::MAX, u64::MAX);
        // On a busy machine anything may take long.
        for _ in 0..5 {
            let before = db.writes();
            let submission = lab.graded(user, "echo", source).await;
            assert_eq!(submission.verdict, Some(Verdict::Accepted));
            grading = grading.min(db.writes() - before);
            let before = db.writes();
            let id = lab.run(user, source).await;
            lab.finished(user, id).await;
            running = running.min(db.writes() - before);
        }
        assert_eq!((grading, running), (least, least), "{source}");
    }
}

/// Only what has not ended is run again, and nobody hears of a test twice.
#[tokio::test]
async fn a_runner_lost_in_the_middle_costs_only_what_had_not_ended() {
    let behave = |request: &coderunner_proto::sandbox::v1::ExecuteRequest, nth| {
        let mut script = sandboxd_sim::Script {
            steps: vec![sandboxd_sim::Step::Stdout(request.stdin.clone())],
            ..Default::default()
        };
        let lost = request.stdin == b"SECRET hidden 3\n" && nth == 1;
        let slow = request.stdin == b"SECRET hidden 4\n";
        if lost || slow {
            let pause = Duration::from_millis(if lost { 100 } else { 1000 });
            script.steps.push(sandboxd_sim::Step::Sleep(pause));
        }
        if lost {
            let fault = sandboxd_sim::Fault::HangUp;
            script.steps.push(sandboxd_sim::Step::Fault(fault));
        }
        script
    };
    let lab = lab_with("", vec![Sim::behaving(behave).capacity(8)]).await;
    let user = lab.user().await;
    let id = lab.submit(user, "echo", "x").await;
    let heard = lab.hear_grading(user, id, 0).await;
    let What::Finished(submission) = &heard.last().unwrap().what else {
        panic!("no end")
    };
    assert_eq!(verdicts(submission), [Verdict::Accepted; 5]);
    let tested = |heard: &Heard| match &heard.what {
        What::Event(Event::Tested(result)) => Some(result.number),
        _ => None,
    };
    let mut told: Vec<_> = heard.iter().filter_map(tested).collect();
    told.sort_unstable();
    assert_eq!(told, [1, 2, 3, 4, 5]);
    let seen = lab.runners[0].seen();
    let inputs = |seen: &sandboxd_sim::Seen| {
        let inputs = seen.request.cases.iter().map(|case| &case.stdin);
        let text = |input: &Vec<u8>| String::from_utf8_lossy(input).trim().to_owned();
        inputs.map(text).collect::<Vec<_>>()
    };
    assert_eq!((seen.len(), seen[0].request.cases.len()), (2, 5));
    assert_eq!(inputs(&seen[1]), ["SECRET hidden 3", "SECRET hidden 4"]);
    assert_ne!(seen[0].request.run_id, seen[1].request.run_id);
    assert_eq!(lab.attempts(user, "echo").await.len(), 1);
    assert_eq!(lab.execution.queue_stats().running, 0);
    assert_eq!(lab.execution.dispatcher.runners().views()[0].running, 0);
}

/// A case that the runner calls its own fault is no verdict; the others stand.
#[tokio::test]
async fn a_failure_of_the_runner_in_one_case_is_tried_again() {
    let behave = |request: &coderunner_proto::sandbox::v1::ExecuteRequest, nth| {
        let mut script = sandboxd_sim::Script {
            steps: vec![sandboxd_sim::Step::Stdout(request.stdin.clone())],
            ..Default::default()
        };
        if request.stdin == b"SECRET hidden 2\n" && nth < 3 {
            let fault = sandboxd_sim::Fault::Fail;
            script.steps.push(sandboxd_sim::Step::Fault(fault));
        }
        script
    };
    let lab = lab_with("", vec![Sim::behaving(behave).capacity(8)]).await;
    let user = lab.user().await;
    let submission = lab.graded(user, "echo", "x").await;
    assert_eq!(submission.verdict, Some(Verdict::Accepted));
    let seen = lab.runners[0].seen();
    let cases: Vec<_> = seen.iter().map(|seen| seen.request.cases.len()).collect();
    assert_eq!(cases, [5, 1, 1]);
}

#[tokio::test]
async fn a_submission_that_was_being_graded_is_graded_again_after_a_restart() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab
        .submit(user, "echo", "# sim: stall 1\n# sim: echo")
        .await;
    lab.claimed(&id.to_string(), 1).await;
    let Lab {
        ground, runners, ..
    } = lab;
    let lab = crate::execution::lab::start(ground, runners).await;
    let heard = lab.hear_grading(user, id, 0).await;
    let What::Finished(submission) = &heard.last().unwrap().what else {
        panic!("no end")
    };
    assert_eq!(submission.verdict, Some(Verdict::Accepted));
    assert_eq!(lab.attempts(user, "echo").await.len(), 1);
}

#[tokio::test]
async fn a_watcher_goes_on_where_it_was() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab.submit(user, "echo", "# sim: read\n# sim: echo").await;
    let all = lab.hear_grading(user, id, 0).await;
    let last = all.last().unwrap();
    let rest = lab.hear_grading(user, id, last.sequence - 1).await;
    assert!(matches!(rest[0].what, What::Snapshot(_)) && rest.len() == 2);
    assert_eq!(rest[1].what, last.what);
    assert!(rest[1].sequence > rest[0].sequence);
}

#[tokio::test]
async fn others_see_no_such_submission_and_authors_may_list() {
    let lab = lab().await;
    let (owner, other) = (lab.user().await, lab.user().await);
    let id = lab.graded(owner, "echo", "# sim: echo").await.id;
    let submissions = &lab.submissions;
    for error in [
        submissions.get(other, id).await.map(|_| ()),
        submissions.watch(other, id, 0).await.map(|_| ()),
        submissions.delete(other, id).await,
    ] {
        assert!(
            matches!(error, Err(Error::NotFound("submission"))),
            "{error:?}"
        );
    }
    let request = || ListRequest {
        problem: None,
        user: Some(owner.user_id),
        page: Page::parse(0, "", "x").unwrap(),
    };
    let refused = submissions.list(other, request()).await;
    assert!(matches!(refused, Err(Error::PermissionDenied)));
    let author = Caller {
        role: Role::Author,
        ..other
    };
    assert_eq!(
        submissions.list(author, request()).await.unwrap().0.len(),
        1
    );
}

#[tokio::test]
async fn lists_are_paged_newest_first_and_deleted_ones_are_gone() {
    let lab = lab_with("[limits]\nruns_per_minute = 0\n", vec![Sim::default()]).await;
    let user = lab.user().await;
    let mut ids = Vec::new();
    for problem in ["echo", "same", "echo", "echo"] {
        ids.push(lab.graded(user, problem, "# sim: print x").await.id);
    }
    ids.reverse();
    let list = async |problem: Option<&str>, size, token: &str| {
        let page = Page::parse(size, token, "list").unwrap();
        let request = ListRequest {
            problem: problem.map(str::to_owned),
            user: None,
            page,
        };
        let (rows, next) = lab.submissions.list(user, request).await.unwrap();
        (
            rows.into_iter()
                .map(|submission| submission.id)
                .collect::<Vec<_>>(),
            next,
        )
    };
    let (first, next) = list(None, 3, "").await;
    assert_eq!(first, ids[..3]);
    assert_eq!(
        list(None, 3, &next).await,
        (ids[3..].to_vec(), String::new())
    );
    assert_eq!(list(Some("same"), 3, "").await.0, [ids[2]]);
    lab.submissions.delete(user, ids[0]).await.unwrap();
    lab.submissions.delete(user, ids[0]).await.unwrap();
    assert_eq!(list(None, 9, "").await.0, ids[1..]);
    assert!(matches!(
        lab.submissions.get(user, ids[0]).await,
        Err(Error::NotFound(_))
    ));
    assert_eq!(lab.attempts(user, "echo").await.len(), 3, "progress stays");
}

#[tokio::test]
async fn what_is_being_graded_can_not_be_deleted() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab.submit(user, "echo", "# sim: stall").await;
    let error = lab.submissions.delete(user, id).await.unwrap_err();
    assert_eq!(error.reason(), Reason::NOT_FINISHED);
    let (submission, _) = lab.submissions.get(user, id).await.unwrap();
    assert_ne!(submission.state, State::Finished);
}

#[tokio::test]
async fn no_such_problem_and_too_large_a_program_are_refused() {
    let lab = lab().await;
    let user = lab.user().await;
    assert!(matches!(
        lab.try_submit(user, "nothing", "x").await,
        Err(Error::NotFound(_))
    ));
    let error = lab
        .try_submit(user, "echo", &"x".repeat(200_000))
        .await
        .unwrap_err();
    assert_eq!(error.reason(), Reason::INVALID_ARGUMENT);
}

#[tokio::test]
async fn only_one_attempt_stores_a_verdict_and_progress_counts_once() {
    let lab = lab().await;
    let user = lab.user().await;
    let done = lab.graded(user, "echo", "# sim: echo").await;
    let mut tx = lab.platform.db.write().await.unwrap();
    for attempt in 0..3 {
        assert!(
            !store::finish(&mut tx, &done, attempt, "").await.unwrap(),
            "attempt {attempt}"
        );
        assert!(
            !store::claim(&mut tx, done.id, attempt, "").await.unwrap(),
            "attempt {attempt}"
        );
    }
    drop(tx);
    assert_eq!(lab.attempts(user, "echo").await.len(), 1);
}
