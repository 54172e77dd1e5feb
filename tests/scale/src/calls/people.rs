//! What admins look through: accounts of people and of services, keys, the queue.

use anyhow::{Context, Result};
use coderunner_proto::v1 as pb;
use pb::execution_service_client::ExecutionServiceClient;
use pb::runner_service_client::RunnerServiceClient;
use pb::service_account_service_client::ServiceAccountServiceClient;
use pb::user_service_client::UserServiceClient;

use super::{Amount, Named, deep, named};
use crate::place::Accounts;

fn users() -> pb::ListUsersRequest {
    pb::ListUsersRequest::default()
}

pub async fn calls(accounts: &Accounts) -> Result<Vec<Named>> {
    let admin = &accounts.admin;
    let token = deep!(admin, UserServiceClient.list_users, users());
    let deep_page = move |_: usize| pb::ListUsersRequest {
        page_size: 100,
        page_token: token.clone(),
        ..users()
    };
    let with_role = |role: pb::Role| {
        move |_: usize| pb::ListUsersRequest {
            role: role.into(),
            ..users()
        }
    };
    let mut calls = calls!(UserServiceClient by admin, Something;
        "ListUsers": list_users(|_| users()).users,
        "ListUsers, deep page of 100": list_users(deep_page).users,
        "ListUsers, students": list_users(with_role(pb::Role::Student)).users,
        "ListUsers, teachers": list_users(with_role(pb::Role::Teacher)).users,
        "ListUsers, authors": list_users(with_role(pb::Role::Author)).users,
        "ListUsers, admins": list_users(with_role(pb::Role::Admin)).users,
    );
    let services = |_: usize| pb::ListServiceAccountsRequest::default();
    let keys = |_: usize| pb::ListApiKeysRequest {
        // As the seed has it.
        service_account_id: "01900000-0000-7000-8000-000000000001".to_owned(),
        ..pb::ListApiKeysRequest::default()
    };
    calls.extend(calls!(ServiceAccountServiceClient by admin, Something;
        "ListServiceAccounts": list_service_accounts(services).service_accounts,
        "ListApiKeys": list_api_keys(keys).api_keys,
    ));
    // None are configured here.
    calls.extend(calls!(RunnerServiceClient by admin, Nothing;
        "ListRunners": list_runners(|_| pb::ListRunnersRequest::default()).runners,
    ));
    let queue = |_: usize| pb::GetQueueStatsRequest {};
    let send = |channel, request| async move {
        let mut stub = ExecutionServiceClient::new(channel);
        let answer = stub.get_queue_stats(request).await?.into_inner();
        Ok(usize::try_from(answer.queued_submission_count).unwrap_or(0))
    };
    calls.push(named("GetQueueStats", admin, Amount::Nothing, queue, send));
    Ok(calls)
}
