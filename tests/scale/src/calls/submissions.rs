//! Submissions: of somebody with ten thousand of them, of somebody usual, of somebody with none.

use anyhow::{Context, Result, ensure};
use coderunner_proto::v1 as pb;
use pb::submission_service_client::SubmissionServiceClient;

use super::{Amount, Named, deep, named};
use crate::place::{Account, Accounts};

/// Tried by most.
const COMMON: &str = "seeded-000001";

/// One's own.
fn mine() -> pb::ListSubmissionsRequest {
    pb::ListSubmissionsRequest::default()
}

fn at_problem(_: usize) -> pb::ListSubmissionsRequest {
    pb::ListSubmissionsRequest {
        problem: COMMON.to_owned(),
        ..mine()
    }
}

pub async fn calls(accounts: &Accounts) -> Result<Vec<Named>> {
    let Accounts {
        ordinary,
        heavy,
        newcomer,
        admin,
    } = accounts;
    let token = deep!(heavy, SubmissionServiceClient.list_submissions, mine());
    let deep_page = move |_: usize| pb::ListSubmissionsRequest {
        page_size: 100,
        page_token: token.clone(),
        ..mine()
    };
    let ids = newest(heavy).await?;
    let get = move |number: usize| pb::GetSubmissionRequest {
        submission_id: ids[number % ids.len()].clone(),
    };
    let mut calls = calls!(SubmissionServiceClient by ordinary, Something;
        "ListSubmissions": list_submissions(|_| mine()).submissions,
    );
    calls.extend(calls!(SubmissionServiceClient by heavy, Something;
        "ListSubmissions": list_submissions(|_| mine()).submissions,
        "ListSubmissions, deep page of 100": list_submissions(deep_page).submissions,
        "ListSubmissions, problem": list_submissions(at_problem).submissions,
        "GetSubmission": get_submission(get).submission,
    ));
    calls.extend(calls!(SubmissionServiceClient by newcomer, Nothing;
        "ListSubmissions": list_submissions(|_| mine()).submissions,
        "ListSubmissions, problem": list_submissions(at_problem).submissions,
    ));
    let of = |account: &Account, problem: &'static str| {
        let user_id = account.id.clone();
        move |_: usize| pb::ListSubmissionsRequest {
            user_id: user_id.clone(),
            problem: problem.to_owned(),
            page_size: 100,
            ..mine()
        }
    };
    calls.extend(calls!(SubmissionServiceClient by admin, Something;
        "ListSubmissions, heavy user": list_submissions(of(heavy, "")).submissions,
        "ListSubmissions, heavy user, problem": list_submissions(of(heavy, COMMON)).submissions,
        "ListSubmissions, ordinary user": list_submissions(of(ordinary, "")).submissions,
    ));
    let rejudge = newest_rejudge(admin).await?;
    let changes = move |_: usize| pb::ListRejudgeChangesRequest {
        rejudge_id: rejudge.clone(),
        page_size: 100,
        ..Default::default()
    };
    let of_problem = |_: usize| pb::ListRejudgesRequest {
        problem: COMMON.to_owned(),
        ..Default::default()
    };
    calls.extend(calls!(SubmissionServiceClient by admin, Something;
        "ListRejudges": list_rejudges(|_| pb::ListRejudgesRequest::default()).rejudges,
        "ListRejudges, problem": list_rejudges(of_problem).rejudges,
        "ListRejudgeChanges": list_rejudge_changes(changes).changes,
    ));
    calls.extend(calls!(SubmissionServiceClient by admin, Nothing;
        "ListSubmissions, newcomer": list_submissions(of(newcomer, "")).submissions,
    ));
    Ok(calls)
}

/// The rejudge that was started last: of the problem that most have tried.
async fn newest_rejudge(account: &Account) -> Result<String> {
    let request = account
        .client
        .authorised(pb::ListRejudgesRequest::default());
    let mut stub = SubmissionServiceClient::new(account.client.channel());
    let answer = stub.list_rejudges(request.await?).await?.into_inner();
    let newest = answer.rejudges.into_iter().next();
    Ok(newest.context("nothing was rejudged")?.id)
}

/// Ids of somebody's newest submissions.
async fn newest(account: &Account) -> Result<Vec<String>> {
    let request = pb::ListSubmissionsRequest {
        page_size: 100,
        ..mine()
    };
    let request = account.client.authorised(request).await?;
    let mut stub = SubmissionServiceClient::new(account.client.channel());
    let answer = stub.list_submissions(request).await?.into_inner();
    let ids: Vec<_> = answer.submissions.into_iter().map(|it| it.id).collect();
    ensure!(!ids.is_empty(), "nothing was seeded for {}", account.name);
    Ok(ids)
}
