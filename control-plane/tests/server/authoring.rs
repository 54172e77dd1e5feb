//! Authors write problems over the API, and students see nothing of what is theirs alone.

use coderunner_proto::v1 as pb;
use control_plane::platform::db;
use pb::problem_service_client::ProblemServiceClient;
use pb::test_case_service_client::TestCaseServiceClient;
use prost::Message;
use tonic::Code;

use crate::support::{Running, UNLIMITED, refused, start, with};

const SECRETS: [&str; 4] = ["zq-solution", "zq-wrong", "zq-input", "zq-expected"];

fn new_problem(request_id: &str) -> pb::CreateProblemRequest {
    let test = |hidden, input: &str, expected: &str| pb::NewTestCase {
        hidden,
        input: format!("{input}\n"),
        expected: format!("{expected}\n"),
    };
    pb::CreateProblemRequest {
        request_id: request_id.into(),
        problem: Some(pb::Problem {
            slug: "greet".into(),
            title: "Greet".into(),
            summary: "Say hello.".into(),
            statement: "# Greet\n".into(),
            kind: pb::ProblemKind::Stdin.into(),
            difficulty: pb::Difficulty::Easy.into(),
            points: 10,
            tags: vec!["input".into()],
            category: "basics".into(),
            session_id: "say-and-ask".into(),
            checker: Some(pb::Checker {
                kind: pb::CheckerKind::Tokens.into(),
                ..Default::default()
            }),
            feedback: pb::Feedback::Full.into(),
            solution_source: "# zq-solution\n".into(),
            wrong_solutions: vec![pb::WrongSolution {
                name: "one".into(),
                source: "# zq-wrong\n".into(),
            }],
            ..Default::default()
        }),
        tests: vec![test(true, "zq-input", "zq-expected"), test(false, "a", "b")],
    }
}

/// Every answer that is kept for repeats.
async fn kept_answers(running: &Running) -> Vec<u8> {
    let sql = "SELECT coalesce(answer, body_hash) AS answer FROM request_ids";
    let rows = db::query(sql).fetch_all(running.platform.db.read()).await;
    let rows = rows.unwrap();
    let answers = rows.iter().map(|row| row.try_get::<Vec<u8>, _>("answer"));
    answers.flat_map(Result::unwrap).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

#[tokio::test]
async fn a_problem_is_written_once_and_its_secrets_stay_its_authors() {
    let running = start(UNLIMITED).await;
    let author = running.token("ada", "author").await;
    let student = running.token("bob", "student").await;
    let mut problems = ProblemServiceClient::new(running.channel.clone());
    let create = |id: &str| with(&author, new_problem(id));
    let first = problems.create_problem(create("one")).await.unwrap();
    let again = problems.create_problem(create("one")).await.unwrap();
    assert_eq!(first.get_ref(), again.get_ref());
    let result = problems.create_problem(create("two")).await;
    refused(result, Code::AlreadyExists, "SLUG_TAKEN");
    let mut other = new_problem("one");
    other.tests[0].expected.push('x');
    let result = problems.create_problem(with(&author, other)).await;
    refused(result, Code::InvalidArgument, "REQUEST_ID_REUSED");

    let mut tests = TestCaseServiceClient::new(running.channel.clone());
    let request = pb::CreateTestCaseRequest {
        request_id: "test".into(),
        problem: "greet".into(),
        test_case: Some(pb::TestCase {
            hidden: true,
            input: "zq-input 2\n".into(),
            expected: "zq-expected 2\n".into(),
            ..Default::default()
        }),
    };
    let made = tests
        .create_test_case(with(&author, request.clone()))
        .await
        .unwrap()
        .into_inner();
    let repeated = tests.create_test_case(with(&author, request)).await;
    assert_eq!(repeated.unwrap().into_inner(), made);
    let made = made.test_case.unwrap();
    assert_eq!((made.number, made.input.as_str()), (3, "zq-input 2\n"));

    let asked = pb::GetProblemRequest {
        slug: "greet".into(),
    };
    let shown = problems.get_problem(with(&student, asked)).await.unwrap();
    let shown = shown.into_inner();
    assert_eq!(shown.problem.as_ref().unwrap().test_count, 3);
    let kept = kept_answers(&running).await;
    for secret in SECRETS {
        assert!(!holds(&shown.encode_to_vec(), secret), "{secret} is shown");
        assert!(!holds(&first.get_ref().encode_to_vec(), secret), "{secret}");
        assert!(!holds(&kept, secret), "{secret} is kept in plain text");
    }
    let asked = || pb::GetProblemSourcesRequest {
        slug: "greet".into(),
    };
    let result = problems.get_problem_sources(with(&student, asked())).await;
    refused(result, Code::PermissionDenied, "ROLE_REQUIRED");
    let sources = problems.get_problem_sources(with(&author, asked())).await;
    let sources = sources.unwrap().into_inner().problem.unwrap();
    assert_eq!(sources.solution_source, "# zq-solution\n");
    assert_eq!(sources.wrong_solutions[0].name, "one");
}

#[tokio::test]
async fn an_update_changes_what_its_mask_names_and_nothing_else() {
    let running = start(UNLIMITED).await;
    let author = running.token("ada", "author").await;
    let mut problems = ProblemServiceClient::new(running.channel.clone());
    let made = problems
        .create_problem(with(&author, new_problem("one")))
        .await;
    let made = made.unwrap().into_inner().problem.unwrap();
    let update = |problem: pb::Problem, paths: &[&str]| {
        let paths = paths.iter().map(ToString::to_string).collect();
        let request = pb::UpdateProblemRequest {
            request_id: String::new(),
            problem: Some(problem),
            update_mask: Some(prost_types::FieldMask { paths }),
        };
        with(&author, request)
    };
    let new = pb::Problem {
        slug: "greet".into(),
        etag: made.etag.clone(),
        points: 20,
        title: "Not taken".into(),
        ..Default::default()
    };
    let changed = problems
        .update_problem(update(new.clone(), &["points"]))
        .await;
    let changed = changed.unwrap().into_inner().problem.unwrap();
    let expected = pb::Problem {
        points: 20,
        etag: changed.etag.clone(),
        ..made.clone()
    };
    assert_eq!(changed, expected);
    assert_ne!(changed.etag, made.etag);
    let result = problems
        .update_problem(update(new.clone(), &["points"]))
        .await;
    refused(result, Code::Aborted, "ETAG_MISMATCH");
    for paths in [&[][..], &["slug"], &["examples"], &["nothing"]] {
        let result = problems.update_problem(update(new.clone(), paths)).await;
        refused(result, Code::InvalidArgument, "INVALID_ARGUMENT");
    }
    let empty = pb::Problem {
        etag: changed.etag.clone(),
        title: String::new(),
        ..new
    };
    let result = problems.update_problem(update(empty, &["title"])).await;
    let details = refused(result, Code::InvalidArgument, "INVALID_ARGUMENT");
    let violations = details.bad_request().unwrap().field_violations.clone();
    assert_eq!(violations[0].field, "problem.title");

    let delete = |etag: &str| {
        let (slug, etag) = ("greet".into(), etag.into());
        with(&author, pb::DeleteProblemRequest { slug, etag })
    };
    let result = problems.delete_problem(delete(&made.etag)).await;
    refused(result, Code::Aborted, "ETAG_MISMATCH");
    problems
        .delete_problem(delete(&changed.etag))
        .await
        .unwrap();
    let result = problems.delete_problem(delete("")).await;
    refused(result, Code::NotFound, "NOT_FOUND");
}
