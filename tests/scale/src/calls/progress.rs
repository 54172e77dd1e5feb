//! Progress, and what an account knows of itself.

use anyhow::{Context, Result};
use coderunner_proto::v1 as pb;
use pb::auth_service_client::AuthServiceClient;
use pb::progress_service_client::ProgressServiceClient;
use pb::user_service_client::UserServiceClient;

use super::{Amount, Named, deep, named};
use crate::place::{Account, Accounts};

fn tried() -> pb::GetProgressRequest {
    pb::GetProgressRequest::default()
}

fn attempts(_: usize) -> pb::ListAttemptsRequest {
    pb::ListAttemptsRequest {
        problem: "seeded-000001".to_owned(),
        ..pb::ListAttemptsRequest::default()
    }
}

pub async fn calls(accounts: &Accounts) -> Result<Vec<Named>> {
    let Accounts {
        ordinary,
        heavy,
        newcomer,
        admin: _,
    } = accounts;
    let token = deep!(heavy, ProgressServiceClient.get_progress, tried());
    let deep_page = move |_: usize| pb::GetProgressRequest {
        page_size: 100,
        page_token: token.clone(),
    };
    let draft = |_: usize| pb::GetDraftRequest {
        problem: "seeded-000001".to_owned(),
    };
    let mut calls = calls!(ProgressServiceClient by heavy, Something;
        "GetProgress, deep page of 100": get_progress(deep_page).problems,
        "ListAttempts": list_attempts(attempts).attempts,
        "GetDraft": get_draft(draft).save_time,
    );
    for (who, submits) in [(ordinary, true), (heavy, true), (newcomer, false)] {
        calls.extend(of(who, submits));
    }
    calls.extend(calls!(ProgressServiceClient by ordinary, Something;
        "GetProgress": get_progress(|_| tried()).problems,
    ));
    calls.extend(calls!(ProgressServiceClient by heavy, Something;
        "GetProgress": get_progress(|_| tried()).problems,
    ));
    calls.extend(calls!(ProgressServiceClient by newcomer, Nothing;
        "GetProgress": get_progress(|_| tried()).problems,
        "ListAttempts": list_attempts(attempts).attempts,
    ));
    Ok(calls)
}

/// What everybody asks of themselves.
fn of(who: &Account, submits: bool) -> Vec<Named> {
    let mut calls = calls!(ProgressServiceClient by who, Something;
        "GetSummary": get_summary(|_| pb::GetSummaryRequest {}).levels,
    );
    calls.extend(calls!(AuthServiceClient by who, Something;
        "ListSessions": list_sessions(|_| pb::ListSessionsRequest::default()).sessions,
        "GetMe": get_me(|_| pb::GetMeRequest {}).user,
    ));
    let amount = if submits {
        Amount::Something
    } else {
        Amount::Nothing
    };
    let stats = |_: usize| pb::GetStatsRequest {};
    let send = |channel, request| async move {
        let answer = UserServiceClient::new(channel).get_stats(request).await?;
        Ok(usize::from(answer.into_inner().submission_count > 0))
    };
    calls.push(named("GetStats", who, amount, stats, send));
    calls
}
