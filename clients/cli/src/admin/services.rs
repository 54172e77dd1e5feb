//! `admin services`, `admin keys`.

use std::time::{Duration, SystemTime};

use coderunner_client::Client;
use coderunner_proto::v1::service_account_service_client::ServiceAccountServiceClient;
use coderunner_proto::v1::{
    ApiKey, CreateApiKeyRequest, CreateServiceAccountRequest, ListApiKeysRequest,
    ListApiKeysResponse, ListServiceAccountsRequest, ListServiceAccountsResponse,
    RevokeApiKeyRequest, Role, ServiceAccount, ServiceQuota, UpdateServiceAccountRequest,
};
use prost_types::{FieldMask, Timestamp};

use super::args::{Keys, NewService, Services, scope_word};
use super::ask;
use super::users::role_word;
use crate::failure::{End, Failure};
use crate::text::{plain, print_json, print_table, say, table};

/// Does what was said about accounts of services.
pub async fn services(client: &Client, command: Services, json: bool) -> Result<End, Failure> {
    let account = match command {
        Services::List => return list_services(client, json).await,
        Services::Create(new) => {
            let request = new_service(new);
            ask!(
                client,
                ServiceAccountServiceClient.create_service_account(request)
            )
            .service_account
        }
        Services::Disable { service } => set_disabled(client, service, true).await?,
        Services::Enable { service } => set_disabled(client, service, false).await?,
    };
    let account = account.unwrap_or_default();
    match json {
        true => print_json(&account)?,
        false => {
            let standing = if account.disabled {
                "disabled"
            } else {
                "enabled"
            };
            say!(
                "{} ({}) is {standing}.",
                account.id,
                plain(&account.display_name)
            );
        }
    }
    Ok(End::Good)
}

fn new_service(new: NewService) -> CreateServiceAccountRequest {
    let NewService {
        name,
        role,
        runs_per_minute,
        runs_per_hour,
        runs_per_day,
        calls_per_minute,
    } = new;
    CreateServiceAccountRequest {
        request_id: String::new(),
        display_name: name,
        role: Role::from(role).into(),
        quota: Some(ServiceQuota {
            runs_per_minute,
            runs_per_hour,
            runs_per_day,
            calls_per_minute,
        }),
    }
}

async fn set_disabled(
    client: &Client,
    id: String,
    disabled: bool,
) -> Result<Option<ServiceAccount>, Failure> {
    let request = UpdateServiceAccountRequest {
        request_id: String::new(),
        service_account: Some(ServiceAccount {
            id,
            disabled,
            ..ServiceAccount::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["disabled".to_owned()],
        }),
    };
    let answer = ask!(
        client,
        ServiceAccountServiceClient.update_service_account(request)
    );
    Ok(answer.service_account)
}

async fn list_services(client: &Client, json: bool) -> Result<End, Failure> {
    let mut service_accounts = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListServiceAccountsRequest {
            page_size: 100,
            page_token,
        };
        let page = ask!(
            client,
            ServiceAccountServiceClient.list_service_accounts(request)
        );
        service_accounts.extend(page.service_accounts);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if json {
        print_json(&ListServiceAccountsResponse {
            service_accounts,
            next_page_token: String::new(),
        })?;
        return Ok(End::Good);
    }
    let mut rows = table(["ID", "NAME", "ROLE", "RUNS A MINUTE, HOUR, DAY", ""]);
    for account in &service_accounts {
        let quota = account.quota.unwrap_or_default();
        let shown = [
            quota.runs_per_minute,
            quota.runs_per_hour,
            quota.runs_per_day,
        ]
        .map(|count| match count {
            0 => "as users".to_owned(),
            count => count.to_string(),
        });
        rows.add_row([
            plain(&account.id),
            plain(&account.display_name),
            role_word(account.role()).to_owned(),
            shown.join(", "),
            if account.disabled { "disabled" } else { "" }.to_owned(),
        ]);
    }
    print_table(&rows);
    Ok(End::Good)
}

/// Does what was said about keys.
pub async fn keys(client: &Client, command: Keys, json: bool) -> Result<End, Failure> {
    match command {
        Keys::List { service } => list_keys(client, service, json).await,
        Keys::Create {
            service,
            name,
            scopes,
            days,
        } => {
            let from_now = |days| {
                let lifetime = Duration::from_secs(86_400 * u64::from(days));
                Timestamp::from(SystemTime::now() + lifetime)
            };
            let request = CreateApiKeyRequest {
                request_id: String::new(),
                service_account_id: service,
                name,
                scopes: scopes.into_iter().map(i32::from).collect(),
                expire_time: days.map(from_now),
            };
            let answer = ask!(client, ServiceAccountServiceClient.create_api_key(request));
            match json {
                true => print_json(&answer)?,
                false => {
                    eprintln!("Keep this key; it is shown this once.");
                    say!("{}", plain(&answer.secret));
                }
            }
            Ok(End::Good)
        }
        Keys::Revoke { key } => {
            let request = RevokeApiKeyRequest { api_key_id: key };
            let answer = ask!(client, ServiceAccountServiceClient.revoke_api_key(request));
            match json {
                true => print_json(&answer)?,
                false => say!("Revoked."),
            }
            Ok(End::Good)
        }
    }
}

async fn list_keys(client: &Client, service: String, json: bool) -> Result<End, Failure> {
    let mut api_keys = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListApiKeysRequest {
            service_account_id: service.clone(),
            page_size: 100,
            page_token,
        };
        let page = ask!(client, ServiceAccountServiceClient.list_api_keys(request));
        api_keys.extend(page.api_keys);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if json {
        print_json(&ListApiKeysResponse {
            api_keys,
            next_page_token: String::new(),
        })?;
        return Ok(End::Good);
    }
    let mut rows = table(["ID", "NAME", "SCOPES", "EXPIRES", "LAST USED", ""]);
    for key in &api_keys {
        let scopes: Vec<_> = key.scopes().map(scope_word).collect();
        rows.add_row([
            plain(&key.id),
            plain(&key.name),
            scopes.join(" "),
            day(key.expire_time),
            day(key.last_used_time),
            standing(key).to_owned(),
        ]);
    }
    print_table(&rows);
    Ok(End::Good)
}

fn standing(key: &ApiKey) -> &'static str {
    let now = Timestamp::from(SystemTime::now()).seconds;
    match (key.revoke_time, key.expire_time) {
        (Some(_), _) => "revoked",
        (None, Some(end)) if end.seconds <= now => "expired",
        _ => "",
    }
}

/// "2030-01-31"; nothing without a time.
fn day(time: Option<Timestamp>) -> String {
    let text = time.map(|time| time.to_string()).unwrap_or_default();
    text.chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_standings() {
        let time = |seconds| Some(Timestamp { seconds, nanos: 0 });
        assert_eq!(day(time(1_893_456_000)), "2030-01-01");
        assert_eq!(day(None), "");
        let key = |expire_time, revoke_time| ApiKey {
            expire_time,
            revoke_time,
            ..ApiKey::default()
        };
        assert_eq!(standing(&key(time(1), time(2))), "revoked");
        assert_eq!(standing(&key(time(1), None)), "expired");
        assert_eq!(standing(&key(time(i64::MAX), None)), "");
    }
}
