//! The calls whose time is measured: every list and every summary of the API, by whom it is worst
//! for. A call counts only if it answered with something.

use std::future::Future;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use coderunner_proto::v1 as pb;
use pb::auth_service_client::AuthServiceClient;
use pb::problem_service_client::ProblemServiceClient;
use pb::progress_service_client::ProgressServiceClient;
use pb::submission_service_client::SubmissionServiceClient;
use pb::test_case_service_client::TestCaseServiceClient;
use pb::user_service_client::UserServiceClient;
use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::measure::Call;
use crate::place::{Account, Accounts};

/// Pages before a deep one, as far as there are so many.
const DEEP: usize = 300;

/// A call with its name and who makes it.
pub struct Named {
    pub name: &'static str,
    pub who: &'static str,
    pub call: Call,
}

/// Makes a call of requests, and of how to send one, which says how much the answer holds.
fn named<Q, F>(
    name: &'static str,
    account: &Account,
    request: impl Fn(usize) -> Q + Send + Sync + 'static,
    send: impl Fn(Channel, Request<Q>) -> F + Copy + Send + Sync + 'static,
) -> Named
where
    Q: Send + 'static,
    F: Future<Output = Result<usize, Status>> + Send + 'static,
{
    let client = account.client.clone();
    Named {
        name,
        who: account.name,
        call: Arc::new(move |number| {
            let (client, message) = (client.clone(), request(number));
            Box::pin(async move {
                let request = client.authorised(message).await?;
                let count = send(client.channel(), request).await?;
                ensure!(count > 0, "the answer holds nothing");
                Ok(())
            })
        }),
    }
}

/// Calls of a service by somebody: `"name": method(request).field`, where the field is what an
/// answer must hold something in.
macro_rules! calls {
    ($stub:ident by $account:expr; $($name:literal: $method:ident($request:expr).$field:ident,)*) => {
        vec![$(
            named($name, $account, $request, |channel, request| async move {
                let answer = $stub::new(channel).$method(request).await?;
                Ok(answer.into_inner().$field.into_iter().count())
            }),
        )*]
    };
}

/// The token of the last of some pages: of the one after [`DEEP`], or of the last but one.
async fn deep<F>(mut page: impl FnMut(String) -> F) -> Result<String>
where
    F: Future<Output = Result<String>>,
{
    let mut token = String::new();
    for _ in 0..DEEP {
        let next = page(token.clone()).await?;
        if next.is_empty() {
            break;
        }
        token = next;
    }
    ensure!(!token.is_empty(), "there is only one page");
    Ok(token)
}

/// A token of a stub's list, as `deep` has it.
macro_rules! deep {
    ($account:expr, $stub:ident.$method:ident, $request:expr) => {
        deep(|page_token| async move {
            let mut message = $request;
            (message.page_size, message.page_token) = (100, page_token);
            let request = $account.client.authorised(message).await?;
            let mut stub = $stub::new($account.client.channel());
            Ok(stub.$method(request).await?.into_inner().next_page_token)
        })
        .await
        .context(stringify!($method))?
    };
}

/// All of them.
pub async fn all(accounts: &Accounts) -> Result<Vec<Named>> {
    let mut calls = course(&accounts.ordinary).await?;
    calls.extend(submissions(accounts).await?);
    calls.extend(progress(accounts).await?);
    calls.extend(people(accounts).await?);
    Ok(calls)
}

async fn course(who: &Account) -> Result<Vec<Named>> {
    let problems = |tag: &'static str, level_id: &'static str, difficulty: pb::Difficulty| {
        move |_: usize| pb::ListProblemsRequest {
            tag: tag.to_owned(),
            level_id: level_id.to_owned(),
            difficulty: difficulty.into(),
            ..pb::ListProblemsRequest::default()
        }
    };
    let token = deep!(
        who,
        ProblemServiceClient.list_problems,
        pb::ListProblemsRequest::default()
    );
    let deep_page = move |_: usize| pb::ListProblemsRequest {
        page_size: 100,
        page_token: token.clone(),
        ..pb::ListProblemsRequest::default()
    };
    let any = pb::Difficulty::Unspecified;
    let session = |number: usize| pb::GetSessionRequest {
        session_id: format!("seeded-session-{}", number % 20),
    };
    let hard = pb::Difficulty::Hard;
    Ok(calls!(ProblemServiceClient by who;
        "ListProblems": list_problems(problems("", "", any)).problems,
        "ListProblems, deep page of 100": list_problems(deep_page).problems,
        "ListProblems, common tag": list_problems(problems("tag-7", "", any)).problems,
        "ListProblems, rare tag": list_problems(problems("topic-7", "", hard)).problems,
        "ListProblems, level": list_problems(problems("", "seeded-level-7", any)).problems,
        "ListProblems, difficulty": list_problems(problems("", "", hard)).problems,
        "ListTags": list_tags(|_| pb::ListTagsRequest {}).tags,
        "ListCategories": list_categories(|_| pb::ListCategoriesRequest {}).categories,
        "ListLevels": list_levels(|_| pb::ListLevelsRequest::default()).levels,
        "GetSession": get_session(session).problems,
        "ListCheatsheets": list_cheatsheets(|_| pb::ListCheatsheetsRequest::default()).cheatsheets,
    ))
}

async fn submissions(accounts: &Accounts) -> Result<Vec<Named>> {
    let Accounts {
        ordinary,
        heavy,
        author,
    } = accounts;
    let token = deep!(
        heavy,
        SubmissionServiceClient.list_submissions,
        pb::ListSubmissionsRequest::default()
    );
    let deep_page = move |_: usize| pb::ListSubmissionsRequest {
        page_size: 100,
        page_token: token.clone(),
        ..pb::ListSubmissionsRequest::default()
    };
    let ids = newest(heavy).await?;
    let get = move |number: usize| pb::GetSubmissionRequest {
        submission_id: ids[number % ids.len()].clone(),
    };
    let mine = |_: usize| pb::ListSubmissionsRequest::default();
    let at_problem = |_: usize| pb::ListSubmissionsRequest {
        problem: "seeded-000001".to_owned(),
        ..pb::ListSubmissionsRequest::default()
    };
    let user_id = heavy.id.clone();
    let of_user = move |_: usize| pb::ListSubmissionsRequest {
        user_id: user_id.clone(),
        page_size: 100,
        ..pb::ListSubmissionsRequest::default()
    };
    let user_id = heavy.id.clone();
    let of_user_at_problem = move |_: usize| pb::ListSubmissionsRequest {
        user_id: user_id.clone(),
        problem: "seeded-000001".to_owned(),
        ..pb::ListSubmissionsRequest::default()
    };
    let mut calls = calls!(SubmissionServiceClient by ordinary;
        "ListSubmissions": list_submissions(mine).submissions,
    );
    calls.extend(calls!(SubmissionServiceClient by heavy;
        "ListSubmissions": list_submissions(mine).submissions,
        "ListSubmissions, deep page of 100": list_submissions(deep_page).submissions,
        "ListSubmissions, problem": list_submissions(at_problem).submissions,
        "GetSubmission": get_submission(get).submission,
    ));
    calls.extend(calls!(SubmissionServiceClient by author;
        "ListSubmissions, user, page of 100": list_submissions(of_user).submissions,
        "ListSubmissions, user and problem": list_submissions(of_user_at_problem).submissions,
    ));
    Ok(calls)
}

/// Ids of somebody's newest submissions.
async fn newest(account: &Account) -> Result<Vec<String>> {
    let request = pb::ListSubmissionsRequest {
        page_size: 100,
        ..pb::ListSubmissionsRequest::default()
    };
    let request = account.client.authorised(request).await?;
    let mut stub = SubmissionServiceClient::new(account.client.channel());
    let answer = stub.list_submissions(request).await?.into_inner();
    let ids: Vec<_> = answer.submissions.into_iter().map(|it| it.id).collect();
    ensure!(!ids.is_empty(), "nothing was seeded for {}", account.name);
    Ok(ids)
}

async fn progress(accounts: &Accounts) -> Result<Vec<Named>> {
    let Accounts {
        ordinary,
        heavy,
        author: _,
    } = accounts;
    let token = deep!(
        heavy,
        ProgressServiceClient.get_progress,
        pb::GetProgressRequest::default()
    );
    let deep_page = move |_: usize| pb::GetProgressRequest {
        page_size: 100,
        page_token: token.clone(),
    };
    let attempts = |_: usize| pb::ListAttemptsRequest {
        problem: "seeded-000001".to_owned(),
        ..pb::ListAttemptsRequest::default()
    };
    let mut calls = calls!(ProgressServiceClient by heavy;
        "GetProgress, deep page of 100": get_progress(deep_page).problems,
        "ListAttempts": list_attempts(attempts).attempts,
    );
    for who in [ordinary, heavy] {
        calls.extend(calls!(ProgressServiceClient by who;
            "GetProgress": get_progress(|_| pb::GetProgressRequest::default()).problems,
            "GetSummary": get_summary(|_| pb::GetSummaryRequest {}).levels,
        ));
        calls.extend(calls!(AuthServiceClient by who;
            "ListSessions": list_sessions(|_| pb::ListSessionsRequest::default()).sessions,
            "GetMe": get_me(|_| pb::GetMeRequest {}).user,
        ));
        let stats = |_: usize| pb::GetStatsRequest {};
        calls.push(named(
            "GetStats",
            who,
            stats,
            |channel, request| async move {
                let answer = UserServiceClient::new(channel).get_stats(request).await?;
                Ok(usize::from(answer.into_inner().submission_count > 0))
            },
        ));
    }
    Ok(calls)
}

async fn people(accounts: &Accounts) -> Result<Vec<Named>> {
    let author = &accounts.author;
    let token = deep!(
        author,
        UserServiceClient.list_users,
        pb::ListUsersRequest::default()
    );
    let deep_page = move |_: usize| pb::ListUsersRequest {
        page_size: 100,
        page_token: token.clone(),
        ..pb::ListUsersRequest::default()
    };
    let with_role = |role: pb::Role| {
        move |_: usize| pb::ListUsersRequest {
            role: role.into(),
            ..pb::ListUsersRequest::default()
        }
    };
    let any = pb::Role::Unspecified;
    let tests = |_: usize| pb::ListTestCasesRequest {
        problem: "fizz-buzz".to_owned(),
        ..pb::ListTestCasesRequest::default()
    };
    let mut calls = calls!(UserServiceClient by author;
        "ListUsers": list_users(with_role(any)).users,
        "ListUsers, deep page of 100": list_users(deep_page).users,
        "ListUsers, teachers": list_users(with_role(pb::Role::Teacher)).users,
        "ListUsers, admins": list_users(with_role(pb::Role::Admin)).users,
    );
    calls.extend(calls!(TestCaseServiceClient by author;
        "ListTestCases": list_test_cases(tests).test_cases,
    ));
    Ok(calls)
}
