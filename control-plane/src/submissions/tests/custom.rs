//! Problems whose author wrote the checker: what each sandbox is given, what the checker's end means,
//! and who is told.

use coderunner_proto::sandbox::v1::ExecuteRequest;
use sandboxd_sim::{Script, Seen, Sim, Step};

use super::verdicts;
use crate::execution::lab::{Lab, lab_with};
use crate::judge::Verdict::{self, Accepted, InternalError, RuntimeError, Skipped, WrongAnswer};
use crate::platform::context::{Caller, Role};
use crate::platform::db;
use crate::platform::pagination::Page;
use crate::submissions::live::Event;
use crate::submissions::model::Submission;
use crate::submissions::service::ListRequest;
use crate::submissions::watch::What;

const NO_LIMITS: &str = "[limits]\nruns_per_minute = 0\n";

fn is_check(request: &ExecuteRequest) -> bool {
    let files = &request.program.as_ref().unwrap().files;
    files.iter().any(|file| file.path == "checker.py")
}

/// A runner on which students' programs answer every test rightly but those that they name: after
/// `# hidden 3: TEXT` the answer of that test is TEXT. Checkers do what answers say.
fn runner() -> Sim {
    let behave = |request: &ExecuteRequest, nth| match is_check(request) {
        true => checker(&request.stdin, nth),
        false => student(request, nth),
    };
    Sim::behaving(behave).capacity(8)
}

fn student(request: &ExecuteRequest, nth: u32) -> Script {
    let input = String::from_utf8_lossy(&request.stdin);
    let test = input.trim_start_matches("SECRET ").trim();
    let source = &request.program.as_ref().unwrap().source;
    let answer = |line: &str| Some(line.strip_prefix(&format!("# {test}: "))?.to_owned());
    match source.lines().find_map(answer).as_deref() {
        None => Script::printing(&input.replace("SECRET", "ANSWER")),
        Some("first lost") if nth == 1 => {
            Script::from_comments(&with_source("# sim: sleep 300\n# sim: hang-up"), nth)
        }
        Some("fail") => Script::from_comments(&with_source("# sim: exit 1"), 1),
        Some(answer) => Script::printing(answer),
    }
}

fn with_source(source: &str) -> ExecuteRequest {
    let mut request = ExecuteRequest::default();
    request.program.get_or_insert_default().source = source.into();
    request
}

/// Takes a question apart as the real one does.
fn parts(question: &[u8]) -> [String; 3] {
    let end = question.iter().position(|byte| *byte == b'\n').unwrap();
    let sizes = std::str::from_utf8(&question[..end]).unwrap().split(' ');
    let mut at = end + 1;
    let mut parts = sizes.map(|size| {
        let from = at;
        at += size.parse::<usize>().unwrap();
        String::from_utf8_lossy(&question[from..at]).into_owned()
    });
    std::array::from_fn(|_| parts.next().unwrap())
}

fn checker(question: &[u8], nth: u32) -> Script {
    let [input, expected, actual] = parts(question);
    let says = |comments: &str| Script::from_comments(&with_source(comments), nth);
    let mut script = match actual.trim() {
        "crash" => says(&format!(
            "# sim: error Traceback (most recent call last):\n# sim: error   File \"checker.py\", line 7\n\
             # sim: error ValueError: {expected}\n# sim: exit 1"
        )),
        "shrug" => says("# sim: exit 0"),
        "killed" => says("# sim: signal 9"),
        "slow" => says("# sim: outcome time_limit"),
        "large" => says("# sim: outcome memory_limit"),
        "lost" if nth == 1 => says("# sim: hang-up"),
        "always lost" => says("# sim: hang-up"),
        "late" => says("# sim: sleep 300\n# sim: exit 43"),
        answer if answer == expected.trim() || answer == "lost" => says("# sim: exit 42"),
        _ => says("# sim: exit 43"),
    };
    let message = format!("For {}, {} is expected.\n", input.trim(), expected.trim());
    script.steps.insert(0, Step::Stdout(message.into()));
    script
}

async fn own_lab() -> Lab {
    lab_with(NO_LIMITS, vec![runner()]).await
}

fn source(answers: &[&str]) -> String {
    answers.iter().map(|line| format!("# {line}\n")).collect()
}

fn author(of: Caller) -> Caller {
    Caller {
        role: Role::Author,
        ..of
    }
}

/// Calls that ran checkers, and calls that ran the student's program.
fn calls(lab: &Lab) -> (Vec<Seen>, Vec<Seen>) {
    let seen = lab.runners[0].seen().into_iter();
    seen.partition(|seen| is_check(&seen.request))
}

#[tokio::test]
async fn the_checker_decides() {
    let lab = own_lab().await;
    let user = lab.user().await;
    let right = lab.graded(user, "own", "").await;
    assert_eq!((right.verdict, right.points), (Some(Accepted), 100));
    let says = source(&["public 1: no", "hidden 3: no"]);
    let wrong = lab.graded(user, "own", &says).await;
    assert_eq!(
        (wrong.verdict, wrong.points),
        (Some(WrongAnswer), 30 + 33 + 20)
    );
    let expected = [
        WrongAnswer,
        Accepted,
        Accepted,
        WrongAnswer,
        Accepted,
        Accepted,
        Accepted,
    ];
    assert_eq!(verdicts(&wrong), expected);
    assert_eq!(lab.attempts(user, "own").await.len(), 2);
}

#[tokio::test]
async fn what_it_says_is_told_of_public_tests_alone() {
    let lab = own_lab().await;
    let user = lab.user().await;
    let says = source(&["public 1: no", "hidden 1: no"]);
    for (problem, shown) in [("own", 7), ("own-verdicts", 7), ("own-quiet", 0)] {
        let id = lab.submit(user, problem, &says).await;
        let heard = lab.hear_grading(user, id, 0).await;
        let mut results = Vec::new();
        for what in heard.into_iter().map(|heard| heard.what) {
            match what {
                What::Event(Event::Tested(result)) => results.push(*result),
                What::Snapshot(submission) | What::Finished(submission) => {
                    results.extend(submission.results);
                }
                What::Event(_) | What::Heartbeat => {}
            }
        }
        let (stored, _) = lab.submissions.get(user, id).await.unwrap();
        assert_eq!(stored.results.len(), shown, "{problem}");
        results.extend(stored.results);
        for result in results {
            let public = !result.hidden && problem == "own";
            let message = "For SECRET public 1, ANSWER public 1 is expected.\n";
            assert_eq!(
                result.message,
                if public { message } else { "" },
                "{problem}"
            );
            assert_eq!(result.actual, if public { "no" } else { "" }, "{problem}");
        }
    }
}

fn wall_time_seconds(request: &ExecuteRequest) -> i64 {
    let limits = request.limits.as_ref().unwrap();
    limits.wall_time_limit.as_ref().unwrap().seconds
}

#[tokio::test]
async fn no_sandbox_is_given_more_than_it_needs() {
    let lab = own_lab().await;
    let user = lab.user().await;
    let submission = lab.graded(user, "own", "# student\n").await;
    assert_eq!(submission.verdict, Some(Accepted));
    let (checks, runs) = calls(&lab);
    for Seen { request, .. } in &runs {
        assert!(!format!("{request:?}").contains("ANSWER"));
        assert!(!format!("{request:?}").contains("CHECKER"));
        assert!(request.program.as_ref().unwrap().files.is_empty());
        assert!(
            request
                .cases
                .iter()
                .all(|case| !case.stdin.windows(6).any(|it| it == b"ANSWER"))
        );
        assert_eq!(request.profile, "science");
        assert_eq!(wall_time_seconds(request), 2);
    }
    let mut questions = Vec::new();
    for Seen { request, .. } in &checks {
        assert!(!format!("{request:?}").contains("# student"));
        let program = request.program.as_ref().unwrap();
        assert_eq!(program.files[0].content, b"# CHECKER\n");
        assert_eq!(request.profile, "python");
        assert!(!request.interactive && request.file_collection.is_none());
        assert_eq!(wall_time_seconds(request), 15, "not the problem's");
        assert!(
            request
                .cases
                .iter()
                .all(|case| case.function_call.is_none())
        );
        questions.extend(request.cases.iter().map(|case| parts(&case.stdin)));
    }
    let runs: usize = runs.iter().map(|seen| seen.request.cases.len()).sum();
    assert_eq!(
        (runs, questions.len()),
        (7, 7),
        "each answer is checked once"
    );
    for [input, expected, actual] in questions {
        assert_eq!(expected, input.replace("SECRET", "ANSWER"));
        assert_eq!(actual, expected);
    }
}

#[tokio::test]
async fn a_checker_without_an_answer_is_the_authors_fault() {
    let lab = own_lab().await;
    let user = lab.user().await;
    for (answer, told) in [
        ("crash", "it failed with ValueError in line 7"),
        (
            "shrug",
            "it ended with exit code 0, which is neither 42 nor 43",
        ),
        ("killed", "it was ended by signal 9"),
        ("slow", "it took too long"),
        ("large", "it used too much memory"),
    ] {
        let says = source(&[
            &format!("hidden 2: {answer}"),
            &format!("hidden 4: {answer}"),
        ]);
        let told = format!("Your checker gave no answer for test 3: {told}.");
        for problem in ["own", "own-quiet"] {
            let heard = lab.graded(user, problem, &says).await;
            check_unjudged(&heard);
            let (mine, _) = lab.submissions.get(user, heard.id).await.unwrap();
            assert_eq!(mine, heard, "a student is told nothing");
            let (authors, _) = lab.submissions.get(author(user), heard.id).await.unwrap();
            assert_eq!(authors.author_message, told);
            let watched = lab.hear_grading(author(user), heard.id, 0).await.pop();
            let What::Finished(watched) = watched.unwrap().what else {
                panic!("no end")
            };
            assert_eq!(watched.author_message, told);
            for (caller, message) in [(user, ""), (author(user), &told)] {
                let listed = listed(&lab, caller).await;
                let listed = listed.into_iter().find(|it| it.id == heard.id).unwrap();
                assert_eq!(listed.author_message, message);
            }
        }
    }
    for problem in ["own", "own-quiet"] {
        assert!(
            lab.attempts(user, problem).await.is_empty(),
            "nothing is held against them"
        );
    }
}

fn check_unjudged(submission: &Submission) {
    assert_eq!(submission.verdict, Some(InternalError));
    assert!(submission.points == 0 && submission.subtasks.is_empty());
    assert_eq!(submission.author_message, "");
    for result in submission.results.iter().filter(|result| result.hidden) {
        assert_eq!(result.message, "");
    }
}

async fn listed(lab: &Lab, caller: Caller) -> Vec<Submission> {
    let request = ListRequest {
        problem: None,
        user: None,
        page: Page::parse(100, "", "x").unwrap(),
    };
    lab.submissions.list(caller, request).await.unwrap().0
}

#[tokio::test]
async fn what_was_written_for_the_author_goes_with_the_submission() {
    let lab = own_lab().await;
    let user = lab.user().await;
    let submission = lab.graded(user, "own", &source(&["hidden 1: shrug"])).await;
    lab.submissions.delete(user, submission.id).await.unwrap();
    let left: String = db::query_scalar("SELECT author_message FROM submissions")
        .fetch_one(lab.platform.db.read())
        .await
        .unwrap();
    assert_eq!(left, "");
}

#[tokio::test]
async fn a_program_that_fails_is_not_shown_to_the_checker() {
    let lab = own_lab().await;
    let user = lab.user().await;
    let says = source(&["public 1: fail", "hidden 2: fail"]);
    let submission = lab.graded(user, "own", &says).await;
    assert_eq!(submission.verdict, Some(RuntimeError));
    let (checks, _) = calls(&lab);
    let questions: usize = checks.iter().map(|seen| seen.request.cases.len()).sum();
    assert_eq!(questions, 5);
}

#[tokio::test]
async fn a_lost_runner_is_no_answer_and_costs_nothing() {
    let lab = own_lab().await;
    let user = lab.user().await;
    let once = lab.graded(user, "own", &source(&["hidden 4: lost"])).await;
    assert_eq!((once.verdict, once.points), (Some(Accepted), 100));
    let says = source(&["hidden 4: always lost"]);
    let always = lab.graded(user, "own", &says).await;
    check_unjudged(&always);
    let (authors, _) = lab.submissions.get(author(user), always.id).await.unwrap();
    assert_eq!(authors.author_message, "", "it was not the checker's fault");
    assert_eq!(lab.attempts(user, "own").await.len(), 1);
}

#[tokio::test]
async fn what_comes_after_the_first_failure_needs_no_answer() {
    let lab = own_lab().await;
    let user = lab.user().await;
    // The checker fails early for a late test, and says late that an early one is wrong.
    for says in [
        &["hidden 2: late", "hidden 4: crash"][..],
        &["hidden 2: no", "hidden 3: crash"],
        &["hidden 2: fail", "hidden 3: crash"],
    ] {
        let submission = lab.graded(user, "own-first", &source(says)).await;
        let [first, second, third, rest @ ..] = &verdicts(&submission)[..] else {
            panic!()
        };
        assert_eq!([*first, *second], [Accepted, Accepted], "{says:?}");
        assert!([WrongAnswer, RuntimeError].contains(third), "{says:?}");
        assert_eq!(rest, [Skipped; 4], "{says:?}");
    }
    // The runner is lost while an early test still runs, of which it is known later that it is wrong.
    let says = source(&["hidden 1: first lost", "hidden 2: crash"]);
    let submission = lab.graded(user, "own-first", &says).await;
    assert_eq!(submission.verdict, Some(WrongAnswer));
    assert_eq!(verdicts(&submission)[2..], [Skipped; 5]);
    let says = source(&["hidden 2: crash", "hidden 4: late"]);
    let submission = lab.graded(user, "own-first", &says).await;
    assert_eq!(submission.verdict, Some(InternalError));
}

#[tokio::test]
async fn a_function_is_checked_by_what_it_returns() {
    let behave = |request: &ExecuteRequest, nth| match is_check(request) {
        true => {
            let [input, expected, actual] = parts(&request.stdin);
            assert_eq!((input.as_str(), expected.as_str()), ("[1]", "\"ANSWER\""));
            let exit = if actual == "[1,2]" { 42 } else { 43 };
            Script::from_comments(&with_source(&format!("# sim: exit {exit}")), nth)
        }
        false => Script::from_comments(request, nth),
    };
    let lab = lab_with(NO_LIMITS, vec![Sim::behaving(behave)]).await;
    let user = lab.user().await;
    for (program, verdict, checks) in [
        ("# sim: print noise\n# sim: return [1,2]", Accepted, 1),
        ("# sim: return [2,1]", WrongAnswer, 1),
        ("# sim: function not_defined", WrongAnswer, 0),
        ("# sim: function not_data", WrongAnswer, 0),
        ("# sim: function no_result", WrongAnswer, 0),
        ("# sim: outcome time_limit", Verdict::TimeLimit, 0),
        ("# sim: compile-error 1 no", Verdict::CompileError, 0),
    ] {
        let before = calls(&lab).0.len();
        let submission = lab.graded(user, "own-call", program).await;
        assert_eq!(submission.verdict, Some(verdict), "{program}");
        assert_eq!(calls(&lab).0.len() - before, checks, "{program}");
    }
}
