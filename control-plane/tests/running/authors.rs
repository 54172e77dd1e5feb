//! Authors try out their tests over the API.

use std::fs;
use std::path::Path;

use coderunner_proto::v1 as pb;
use pb::test_case_service_client::TestCaseServiceClient;
use pb::validate_test_cases_response::Event;
use tonic::Code;

use crate::support::{refused, start_changed};

/// `count-vowels` with a solution, and two wrong ones of which one is right.
fn put_programs(course: &Path) {
    let problem = course.join("problems/count-vowels");
    fs::write(problem.join("solution.py"), "# right\n").unwrap();
    fs::remove_dir_all(problem.join("wrong")).unwrap();
    fs::create_dir(problem.join("wrong")).unwrap();
    fs::write(problem.join("wrong/right.py"), "# right\n").unwrap();
    fs::write(problem.join("wrong/silent.py"), "# silent\n").unwrap();
}

#[tokio::test]
async fn a_validation_is_streamed_and_no_student_may_have_it() {
    let server = start_changed("", put_programs).await;
    let ask = || pb::ValidateTestCasesRequest {
        problem: "count-vowels".into(),
    };
    let student = server.user("bob").await;
    let mut client = TestCaseServiceClient::new(student.client);
    let result = client.validate_test_cases(ask()).await;
    refused(result, Code::PermissionDenied, "ROLE_REQUIRED");

    let author = server.user_as("ada", "author").await;
    let mut client = TestCaseServiceClient::new(author.client);
    let answer = client.validate_test_cases(ask()).await.unwrap();
    let mut stream = answer.into_inner();
    let mut events = Vec::new();
    while let Some(answer) = stream.message().await.unwrap() {
        events.push(answer.event.unwrap());
    }
    let Some(Event::Started(started)) = events.first() else {
        panic!("{events:?}")
    };
    assert_eq!(
        (started.wrong_solution_name.as_str(), started.count),
        ("", 3)
    );
    let Some(Event::Finished(report)) = events.last() else {
        panic!("{events:?}")
    };
    assert_eq!(report.verdict(), pb::Verdict::Accepted);
    let tests = events
        .iter()
        .filter(|event| matches!(event, Event::TestResult(_)));
    let per_program = report.program_results[0].test_count;
    assert_eq!(tests.count(), 3 * per_program as usize);
    let [warning] = &report.warnings[..] else {
        panic!("{:?}", report.warnings)
    };
    let accepted = pb::ValidationWarningKind::WrongSolutionAccepted;
    assert_eq!(warning.kind(), accepted);
    assert_eq!(warning.wrong_solution_name, "right");
    assert_eq!(warning.test_numbers.len(), per_program as usize);
}
