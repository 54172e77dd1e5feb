//! The course: lists of problems by every filter, and what is counted over all of them.

use anyhow::{Context, Result};
use coderunner_proto::v1 as pb;
use pb::problem_service_client::ProblemServiceClient;
use pb::test_case_service_client::TestCaseServiceClient;

use super::{Amount, Named, deep, named};
use crate::PROBLEM;
use crate::place::{Account, Accounts};

/// Nothing left out.
fn everything() -> pb::ListProblemsRequest {
    pb::ListProblemsRequest::default()
}

pub async fn calls(accounts: &Accounts) -> Result<Vec<Named>> {
    let who = &accounts.ordinary;
    let mut calls = lists(who).await?;
    let session = |number: usize| pb::GetSessionRequest {
        session_id: format!("seeded-session-{}", number % 20),
    };
    let problem = |_: usize| pb::GetProblemRequest {
        slug: PROBLEM.to_owned(),
    };
    let sheets = |_: usize| pb::ListCheatsheetsRequest::default();
    calls.extend(calls!(ProblemServiceClient by who, Something;
        "ListTags": list_tags(|_| pb::ListTagsRequest {}).tags,
        "ListCategories": list_categories(|_| pb::ListCategoriesRequest {}).categories,
        "ListLevels": list_levels(|_| pb::ListLevelsRequest::default()).levels,
        "GetSession": get_session(session).problems,
        "GetProblem": get_problem(problem).problem,
        "ListCheatsheets": list_cheatsheets(sheets).cheatsheets,
    ));
    let tests = |_: usize| pb::ListTestCasesRequest {
        problem: PROBLEM.to_owned(),
        ..pb::ListTestCasesRequest::default()
    };
    calls.extend(calls!(TestCaseServiceClient by &accounts.admin, Something;
        "ListTestCases": list_test_cases(tests).test_cases,
    ));
    Ok(calls)
}

async fn lists(who: &Account) -> Result<Vec<Named>> {
    let token = deep!(who, ProblemServiceClient.list_problems, everything());
    let deep_page = move |_: usize| pb::ListProblemsRequest {
        page_size: 100,
        page_token: token.clone(),
        ..everything()
    };
    let with_tag = |tag: &'static str| {
        move |_: usize| pb::ListProblemsRequest {
            tag: tag.to_owned(),
            ..everything()
        }
    };
    let rare = |_: usize| pb::ListProblemsRequest {
        tag: "topic-7".to_owned(),
        difficulty: pb::Difficulty::Medium.into(),
        ..everything()
    };
    let level = |_: usize| pb::ListProblemsRequest {
        level_id: "seeded-level-7".to_owned(),
        ..everything()
    };
    let difficulty = |_: usize| pb::ListProblemsRequest {
        difficulty: pb::Difficulty::Hard.into(),
        ..everything()
    };
    // Problems outside of the course are for no age, so that it looks at all of them.
    let request = || pb::ListProblemsRequest {
        age_group: pb::AgeGroup::AgeGroup15To18.into(),
        ..everything()
    };
    let token = deep!(who, ProblemServiceClient.list_problems, request());
    let last_of_age = move |_: usize| pb::ListProblemsRequest {
        page_size: 100,
        page_token: token.clone(),
        ..request()
    };
    let mut calls = calls!(ProblemServiceClient by who, Something;
        "ListProblems": list_problems(|_| everything()).problems,
        "ListProblems, deep page of 100": list_problems(deep_page).problems,
        "ListProblems, common tag": list_problems(with_tag("tag-7")).problems,
        "ListProblems, rare tag, medium": list_problems(rare).problems,
        "ListProblems, level": list_problems(level).problems,
        "ListProblems, difficulty": list_problems(difficulty).problems,
        "ListProblems, age, last page": list_problems(last_of_age).problems,
    );
    calls.extend(calls!(ProblemServiceClient by who, Nothing;
        "ListProblems, no such tag": list_problems(with_tag("no-such-tag")).problems,
    ));
    Ok(calls)
}
