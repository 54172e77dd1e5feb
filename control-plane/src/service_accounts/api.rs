//! ServiceAccountService over gRPC. The guard lets admins in only.

use std::num::NonZeroU32;

use coderunner_proto::v1 as pb;
use jiff::Timestamp;
use pb::service_account_service_server::ServiceAccountService;
use tonic::{Request, Response, Status};

use super::model::{ApiKey, Change, NewApiKey, NewServiceAccount, ServiceAccount, service_role};
use super::service::ServiceAccounts;
use crate::platform::context::{OpContext, Role};
use crate::platform::errors::{Error, Violations};
use crate::platform::idempotency::{Idempotency, Turn};
use crate::platform::ids::UserId;
use crate::platform::pagination::Page;
use crate::platform::ratelimit::Quota;
use crate::platform::scopes::{Scope, Scopes};
use crate::platform::wire::{mask_in, timestamp};
use crate::users::api::{role_in, role_out};
use crate::users::model::DisplayName;

const MOST_A_DAY: i32 = 10_000_000;

/// The gRPC side of `ServiceAccounts`.
pub struct ServiceAccountApi {
    accounts: ServiceAccounts,
    idempotency: Idempotency,
}

impl ServiceAccountApi {
    /// Serves these accounts.
    pub fn new(accounts: ServiceAccounts, idempotency: Idempotency) -> Self {
        Self {
            accounts,
            idempotency,
        }
    }
}

#[tonic::async_trait]
impl ServiceAccountService for ServiceAccountApi {
    async fn create_service_account(
        &self,
        request: Request<pb::CreateServiceAccountRequest>,
    ) -> Result<Response<pb::CreateServiceAccountResponse>, Status> {
        let context = OpContext::of(&request)?;
        let caller = context.caller()?;
        let request = request.into_inner();
        let new = new_in(&request)?;
        let id = &request.request_id;
        let turn = self
            .idempotency
            .look(caller.user_id, context.method, id, &request)
            .await?;
        let answer = |account| pb::CreateServiceAccountResponse {
            service_account: Some(account_out(account)),
        };
        let answer = match turn {
            Turn::Repeat(answer) => answer,
            Turn::First(unseen) => self.accounts.create(caller, new, unseen, answer).await?,
        };
        Ok(Response::new(answer))
    }

    async fn list_service_accounts(
        &self,
        request: Request<pb::ListServiceAccountsRequest>,
    ) -> Result<Response<pb::ListServiceAccountsResponse>, Status> {
        let pb::ListServiceAccountsRequest {
            page_size,
            page_token,
        } = request.into_inner();
        let page = Page::parse(page_size, &page_token, "service accounts")?;
        let (accounts, next_page_token) = self.accounts.list(&page).await?;
        let service_accounts = accounts.into_iter().map(account_out).collect();
        Ok(Response::new(pb::ListServiceAccountsResponse {
            service_accounts,
            next_page_token,
        }))
    }

    async fn update_service_account(
        &self,
        request: Request<pb::UpdateServiceAccountRequest>,
    ) -> Result<Response<pb::UpdateServiceAccountResponse>, Status> {
        let context = OpContext::of(&request)?;
        let request = request.into_inner();
        let (account, change) = change_in(&request)?;
        let work = async {
            let account = self.accounts.update(account, change).await?;
            Ok(pb::UpdateServiceAccountResponse {
                service_account: Some(account_out(account)),
            })
        };
        let once = self
            .idempotency
            .once(&context, &request.request_id, &request, work);
        Ok(Response::new(once.await?))
    }

    async fn create_api_key(
        &self,
        request: Request<pb::CreateApiKeyRequest>,
    ) -> Result<Response<pb::CreateApiKeyResponse>, Status> {
        let new = key_in(request.into_inner())?;
        let (key, secret) = self.accounts.create_key(new).await?;
        Ok(Response::new(pb::CreateApiKeyResponse {
            api_key: Some(key_out(key)),
            secret,
        }))
    }

    async fn list_api_keys(
        &self,
        request: Request<pb::ListApiKeysRequest>,
    ) -> Result<Response<pb::ListApiKeysResponse>, Status> {
        let pb::ListApiKeysRequest {
            service_account_id,
            page_size,
            page_token,
        } = request.into_inner();
        let account = account_id_in(&service_account_id)?;
        let page = Page::parse(page_size, &page_token, &format!("keys of {account}"))?;
        let (keys, next_page_token) = self.accounts.keys(account, &page).await?;
        let api_keys = keys.into_iter().map(key_out).collect();
        Ok(Response::new(pb::ListApiKeysResponse {
            api_keys,
            next_page_token,
        }))
    }

    async fn revoke_api_key(
        &self,
        request: Request<pb::RevokeApiKeyRequest>,
    ) -> Result<Response<pb::RevokeApiKeyResponse>, Status> {
        let pb::RevokeApiKeyRequest { api_key_id } = request.into_inner();
        let id = api_key_id.parse().map_err(|_| Error::NotFound("API key"))?;
        let key = self.accounts.revoke_key(id).await?;
        Ok(Response::new(pb::RevokeApiKeyResponse {
            api_key: Some(key_out(key)),
        }))
    }
}

fn account_id_in(text: &str) -> Result<UserId, Error> {
    text.parse().map_err(|_| Error::NotFound("service account"))
}

fn new_in(request: &pb::CreateServiceAccountRequest) -> Result<NewServiceAccount, Error> {
    let pb::CreateServiceAccountRequest {
        request_id: _,
        display_name,
        role,
        quota,
    } = request;
    let mut wrong = Violations::default();
    let display_name = wrong.keep("display_name", DisplayName::parse(display_name));
    let role = wrong.keep("role", service_role_in(*role));
    let quota = quota_in(quota.as_ref(), "quota", &mut wrong);
    let (Some(display_name), Some(role), Some(quota)) = (display_name, role, quota) else {
        return Err(wrong.into_error());
    };
    Ok(NewServiceAccount {
        display_name,
        role,
        quota,
    })
}

fn service_role_in(value: i32) -> Result<Role, &'static str> {
    let role = role_in(value).ok().flatten();
    service_role(role).ok_or("must be ROLE_STUDENT, ROLE_TEACHER or ROLE_AUTHOR.")
}

/// None when something is wrong with it.
fn quota_in(
    quota: Option<&pb::ServiceQuota>,
    field: &str,
    wrong: &mut Violations,
) -> Option<Quota> {
    let pb::ServiceQuota {
        runs_per_minute,
        runs_per_hour,
        runs_per_day,
        calls_per_minute,
    } = quota.copied().unwrap_or_default();
    let mut count = |name: &str, value: i32| {
        let fits = (0..=MOST_A_DAY).contains(&value).then_some(value);
        let count = fits.ok_or(format!("must be 0 to {MOST_A_DAY}."));
        let count = wrong.keep(&format!("{field}.{name}"), count)?;
        Some(NonZeroU32::new(count.unsigned_abs()))
    };
    let counts = (
        count("runs_per_minute", runs_per_minute),
        count("runs_per_hour", runs_per_hour),
        count("runs_per_day", runs_per_day),
        count("calls_per_minute", calls_per_minute),
    );
    Some(Quota {
        runs_per_minute: counts.0?,
        runs_per_hour: counts.1?,
        runs_per_day: counts.2?,
        calls_per_minute: counts.3?,
    })
}

fn change_in(request: &pb::UpdateServiceAccountRequest) -> Result<(UserId, Change), Error> {
    let account = request.service_account.clone().unwrap_or_default();
    let id = account_id_in(&account.id)?;
    let mut wrong = Violations::default();
    let mut change = Change::default();
    let paths = mask_in(request.update_mask.as_ref())?;
    for path in paths {
        let field = format!("service_account.{path}");
        match path.as_str() {
            "display_name" => {
                let name = DisplayName::parse(&account.display_name);
                change.display_name = wrong.keep(&field, name);
            }
            "role" => change.role = wrong.keep(&field, service_role_in(account.role)),
            "quota" => change.quota = quota_in(account.quota.as_ref(), &field, &mut wrong),
            "disabled" => change.disabled = Some(account.disabled),
            _ => wrong.add(
                "update_mask",
                "may hold display_name, role, quota and disabled.",
            ),
        }
    }
    if paths.is_empty() {
        wrong.add("update_mask", "must name at least one field.");
    }
    wrong.check()?;
    Ok((id, change))
}

fn key_in(request: pb::CreateApiKeyRequest) -> Result<NewApiKey, Error> {
    let pb::CreateApiKeyRequest {
        request_id,
        service_account_id,
        name,
        scopes,
        expire_time,
    } = request;
    let account = account_id_in(&service_account_id)?;
    let mut wrong = Violations::default();
    let name = wrong.keep("name", DisplayName::parse(&name));
    let scopes = wrong.keep("scopes", scopes_in(&scopes));
    let expire_time = wrong.keep("expire_time", time_in(expire_time));
    let (Some(name), Some(scopes), Some(expire_time)) = (name, scopes, expire_time) else {
        return Err(wrong.into_error());
    };
    Ok(NewApiKey {
        request_id,
        account,
        name,
        scopes,
        expire_time,
    })
}

fn scopes_in(values: &[i32]) -> Result<Scopes, &'static str> {
    let scopes: Option<Scopes> = values.iter().copied().map(scope_in).collect();
    scopes
        .filter(|scopes| !scopes.is_empty())
        .ok_or("must hold at least one scope, and none that this version does not know.")
}

fn time_in(time: Option<prost_types::Timestamp>) -> Result<Option<Timestamp>, &'static str> {
    let Some(prost_types::Timestamp { seconds, nanos }) = time else {
        return Ok(None);
    };
    let time = Timestamp::new(seconds, nanos).map_err(|_| "is not a time.")?;
    Ok(Some(time))
}

fn account_out(account: ServiceAccount) -> pb::ServiceAccount {
    let ServiceAccount {
        id,
        display_name,
        role,
        quota,
        disabled,
        create_time,
    } = account;
    pb::ServiceAccount {
        id: id.to_string(),
        display_name,
        role: role_out(role).into(),
        quota: Some(quota_out(quota)),
        disabled,
        create_time: Some(timestamp(create_time)),
    }
}

fn quota_out(quota: Quota) -> pb::ServiceQuota {
    let count = |count: Option<NonZeroU32>| {
        count.map_or(0, |count| i32::try_from(count.get()).unwrap_or(i32::MAX))
    };
    pb::ServiceQuota {
        runs_per_minute: count(quota.runs_per_minute),
        runs_per_hour: count(quota.runs_per_hour),
        runs_per_day: count(quota.runs_per_day),
        calls_per_minute: count(quota.calls_per_minute),
    }
}

fn key_out(key: ApiKey) -> pb::ApiKey {
    let ApiKey {
        id,
        account,
        name,
        scopes,
        create_time,
        expire_time,
        last_used_time,
        revoke_time,
    } = key;
    pb::ApiKey {
        id: id.to_string(),
        service_account_id: account.to_string(),
        name,
        scopes: scopes.iter().map(|scope| scope_out(scope).into()).collect(),
        create_time: Some(timestamp(create_time)),
        expire_time: Some(timestamp(expire_time)),
        last_used_time: last_used_time.map(timestamp),
        revoke_time: revoke_time.map(timestamp),
    }
}

fn scope_in(value: i32) -> Option<Scope> {
    let value = pb::Scope::try_from(value).ok()?;
    Scope::ALL
        .into_iter()
        .find(|scope| scope_out(*scope) == value)
}

fn scope_out(scope: Scope) -> pb::Scope {
    match scope {
        Scope::ProblemsRead => pb::Scope::ProblemsRead,
        Scope::ProblemsWrite => pb::Scope::ProblemsWrite,
        Scope::TestsRead => pb::Scope::TestsRead,
        Scope::TestsWrite => pb::Scope::TestsWrite,
        Scope::RunsRead => pb::Scope::RunsRead,
        Scope::RunsWrite => pb::Scope::RunsWrite,
        Scope::SubmissionsRead => pb::Scope::SubmissionsRead,
        Scope::SubmissionsWrite => pb::Scope::SubmissionsWrite,
        Scope::SubmissionsRejudge => pb::Scope::SubmissionsRejudge,
        Scope::ProgressRead => pb::Scope::ProgressRead,
        Scope::ProgressWrite => pb::Scope::ProgressWrite,
        Scope::ClassesRead => pb::Scope::ClassesRead,
        Scope::ClassesWrite => pb::Scope::ClassesWrite,
        Scope::SnippetsRead => pb::Scope::SnippetsRead,
        Scope::SnippetsWrite => pb::Scope::SnippetsWrite,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_has_one_place_on_the_wire() {
        for scope in Scope::ALL {
            assert_eq!(scope_in(scope_out(scope).into()), Some(scope));
            let word = scope.word().to_uppercase().replace(':', "_");
            assert_eq!(scope_out(scope).as_str_name(), format!("SCOPE_{word}"));
        }
        let known = (1..100).filter(|value| scope_in(*value).is_some()).count();
        assert_eq!(known, Scope::ALL.len());
        assert_eq!(scope_in(0), None);
    }
}
