//! An author's own checker on the wire: nobody is sent it, and when it gives no answer, a student hears of
//! a fault that is not theirs.

use std::fs;
use std::path::Path;

use coderunner_proto::v1 as pb;
use pb::problem_service_client::ProblemServiceClient;
use pb::progress_service_client::ProgressServiceClient;
use prost::Message;

use crate::support::start_changed;

const CHECKER: &str = "# CHECKER-SECRET\nraise SystemExit(42)\n";

fn with_checker(course: &Path) {
    let problem = course.join("problems/count-vowels");
    let text = fs::read_to_string(problem.join("problem.toml")).unwrap();
    let text = text.replace("kind = \"tokens\"", "kind = \"custom\"");
    fs::write(problem.join("problem.toml"), text).unwrap();
    fs::write(problem.join("checker.py"), CHECKER).unwrap();
}

fn tells(message: &impl Message) -> bool {
    let bytes = message.encode_to_vec();
    bytes.windows(14).any(|part| part == b"CHECKER-SECRET")
}

#[tokio::test]
async fn a_problem_names_its_kind_of_checker_and_not_the_program() {
    let server = start_changed("", with_checker).await;
    let mut problems = ProblemServiceClient::new(server.channel.clone());
    let request = pb::GetProblemRequest {
        slug: "count-vowels".into(),
    };
    let answer = problems.get_problem(request).await.unwrap().into_inner();
    let checker = answer.problem.as_ref().unwrap().checker.as_ref().unwrap();
    assert_eq!(checker.kind(), pb::CheckerKind::Custom);
    assert!(checker.source.is_empty() && !tells(&answer));
    let list = problems.list_problems(pb::ListProblemsRequest::default());
    assert!(!tells(&list.await.unwrap().into_inner()));
}

#[tokio::test]
async fn a_student_hears_only_that_it_was_not_their_fault() {
    // The simulated runner runs no Python, so the checker ends with exit code 0: no answer.
    let server = start_changed("", with_checker).await;
    let mut ada = server.user("ada").await;
    let events = ada.submit("count-vowels", "# right").await;
    assert!(events.iter().all(|event| !tells(event)));
    use pb::watch_submission_response::Event;
    let Some(Event::Finished(submission)) = &events.last().unwrap().event else {
        panic!("no end")
    };
    assert_eq!(submission.verdict(), pb::Verdict::InternalError);
    assert_eq!(
        (submission.points, submission.author_message.as_str()),
        (0, "")
    );
    let request = pb::GetSubmissionRequest {
        submission_id: submission.id.clone(),
    };
    let found = ada.submissions.get_submission(request).await.unwrap();
    let found = found.into_inner().submission.unwrap();
    assert!(found.author_message.is_empty() && !tells(&found));
    let mut progress = ProgressServiceClient::new(ada.client.clone());
    let progress = progress.get_progress(pb::GetProgressRequest::default());
    assert!(progress.await.unwrap().into_inner().problems.is_empty());
}
