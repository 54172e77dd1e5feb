//! What the API tells about the course, and to whom.

use coderunner_proto::v1 as pb;
use pb::problem_service_client::ProblemServiceClient;
use pb::test_case_service_client::TestCaseServiceClient;
use tonic::Code;
use tonic::transport::Channel;

use crate::support::{Running, UNLIMITED, refused, start, with};

fn problems(running: &Running) -> ProblemServiceClient<Channel> {
    ProblemServiceClient::new(running.channel.clone())
}

#[tokio::test]
async fn problems_are_listed_in_the_order_of_the_course() {
    let running = start(UNLIMITED).await;
    let mut client = problems(&running);
    let mut slugs = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListProblemsRequest {
            page_size: 5,
            page_token,
            ..Default::default()
        };
        let page = client.list_problems(request).await.unwrap().into_inner();
        for problem in page.problems {
            assert!(problem.statement.is_empty() && problem.examples.is_empty());
            slugs.push(problem.slug);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let levels = client
        .list_levels(pb::ListLevelsRequest::default())
        .await
        .unwrap();
    let levels = levels.into_inner().levels;
    let sessions = levels.iter().flat_map(|level| &level.sessions);
    let course: Vec<_> = sessions
        .flat_map(|session| session.problem_slugs.clone())
        .collect();
    assert!(slugs.len() >= 12);
    assert_eq!(slugs, course);
}

#[tokio::test]
async fn filters_narrow_the_list() {
    let running = start(UNLIMITED).await;
    let mut client = problems(&running);
    let older = pb::ListProblemsRequest {
        age_group: pb::AgeGroup::AgeGroup15To18.into(),
        difficulty: pb::Difficulty::Hard.into(),
        ..Default::default()
    };
    let found = client
        .list_problems(older)
        .await
        .unwrap()
        .into_inner()
        .problems;
    assert!(!found.is_empty());
    for problem in &found {
        assert!(problem.level_id.starts_with("15-18"), "{problem:?}");
        assert_eq!(problem.difficulty(), pb::Difficulty::Hard);
    }
    let tags = client
        .list_tags(pb::ListTagsRequest {})
        .await
        .unwrap()
        .into_inner()
        .tags;
    for tag in tags {
        let request = pb::ListProblemsRequest {
            tag: tag.name.clone(),
            page_size: 100,
            ..Default::default()
        };
        let found = client
            .list_problems(request)
            .await
            .unwrap()
            .into_inner()
            .problems;
        assert_eq!(found.len(), tag.problem_count as usize, "{}", tag.name);
    }
    for wrong in [
        pb::ListProblemsRequest {
            page_size: -1,
            ..Default::default()
        },
        pb::ListProblemsRequest {
            difficulty: 9,
            ..Default::default()
        },
        pb::ListProblemsRequest {
            age_group: 9,
            ..Default::default()
        },
    ] {
        let refusal = client.list_problems(wrong).await;
        refused(refusal, Code::InvalidArgument, "INVALID_ARGUMENT");
    }
    let wrong = pb::ListProblemsRequest {
        page_token: "x".into(),
        ..Default::default()
    };
    let refusal = client.list_problems(wrong).await;
    refused(refusal, Code::InvalidArgument, "PAGE_TOKEN_INVALID");
}

#[tokio::test]
async fn a_problem_shows_its_public_tests_and_nothing_of_the_others() {
    let running = start(UNLIMITED).await;
    let mut client = problems(&running);
    let request = pb::GetProblemRequest {
        slug: "caesar-cipher".into(),
    };
    let problem = client
        .get_problem(request)
        .await
        .unwrap()
        .into_inner()
        .problem
        .unwrap();
    assert_eq!(problem.function_name, "encrypt");
    assert!(!problem.statement.is_empty() && !problem.starter_source.is_empty());
    assert_eq!(problem.examples[0].input, "[\"Attack at dawn!\",3]");
    assert!(problem.test_count > problem.examples.len() as i32);
    assert_eq!(problem.limits.unwrap().wall_time_limit.unwrap().seconds, 15);

    for slug in [
        "nothing",
        "",
        "../caesar-cipher",
        "Caesar-Cipher",
        &"a".repeat(1000),
    ] {
        let refusal = client
            .get_problem(pb::GetProblemRequest { slug: slug.into() })
            .await;
        refused(refusal, Code::NotFound, "NOT_FOUND");
    }
}

#[tokio::test]
async fn sessions_and_cheatsheets_are_found() {
    let running = start(UNLIMITED).await;
    let mut client = problems(&running);
    let request = pb::GetSessionRequest {
        session_id: "say-and-ask".into(),
    };
    let answer = client.get_session(request).await.unwrap().into_inner();
    let slugs: Vec<_> = answer
        .problems
        .iter()
        .map(|problem| problem.slug.clone())
        .collect();
    assert_eq!(answer.session.unwrap().problem_slugs, slugs);
    let request = pb::GetSessionRequest {
        session_id: "nothing".into(),
    };
    refused(
        client.get_session(request).await,
        Code::NotFound,
        "NOT_FOUND",
    );

    let request = pb::ListCheatsheetsRequest {
        page_size: 3,
        ..Default::default()
    };
    let page = client.list_cheatsheets(request).await.unwrap().into_inner();
    assert_eq!(page.cheatsheets.len(), 3);
    assert!(page.cheatsheets.iter().all(|sheet| sheet.body.is_empty()));
    let request = pb::GetCheatsheetRequest {
        slug: page.cheatsheets[0].slug.clone(),
    };
    let sheet = client
        .get_cheatsheet(request)
        .await
        .unwrap()
        .into_inner()
        .cheatsheet
        .unwrap();
    assert!(sheet.body.starts_with(&format!("# {}", sheet.title)));
    let request = pb::GetCheatsheetRequest {
        slug: "nothing".into(),
    };
    refused(
        client.get_cheatsheet(request).await,
        Code::NotFound,
        "NOT_FOUND",
    );
    let counts = client
        .list_categories(pb::ListCategoriesRequest {})
        .await
        .unwrap()
        .into_inner();
    assert!(
        counts
            .categories
            .iter()
            .any(|category| category.name == "basics")
    );
}

#[tokio::test]
async fn all_tests_are_for_authors_only() {
    let running = start(UNLIMITED).await;
    let author = running.token("author", "author").await;
    let teacher = running.token("teacher", "teacher").await;
    let mut client = TestCaseServiceClient::new(running.channel.clone());
    let request = |page_token: String| pb::ListTestCasesRequest {
        problem: "fizz-buzz".into(),
        page_size: 3,
        page_token,
    };
    let refusal = client
        .list_test_cases(with(&teacher, request(String::new())))
        .await;
    refused(refusal, Code::PermissionDenied, "ROLE_REQUIRED");

    let mut tests = Vec::new();
    let mut page_token = String::new();
    loop {
        let page = client
            .list_test_cases(with(&author, request(page_token)))
            .await
            .unwrap();
        let page = page.into_inner();
        tests.extend(page.test_cases);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert!(tests.iter().any(|test| test.hidden) && tests.iter().any(|test| !test.hidden));
    let numbers: Vec<_> = tests.iter().map(|test| test.number).collect();
    assert_eq!(numbers, (1..=tests.len() as i32).collect::<Vec<_>>());
    let request = pb::ListTestCasesRequest {
        problem: "nothing".into(),
        ..Default::default()
    };
    refused(
        client.list_test_cases(with(&author, request)).await,
        Code::NotFound,
        "NOT_FOUND",
    );
}
