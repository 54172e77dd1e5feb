//! Other services: accounts and keys that admins make, and what a key can and can't do.

use std::time::Duration;

use coderunner_proto::v1 as pb;
use pb::Scope::{ProblemsRead, ProblemsWrite, RunsRead, RunsWrite, SubmissionsWrite};
use pb::auth_service_client::AuthServiceClient;
use pb::problem_service_client::ProblemServiceClient;
use pb::service_account_service_client::ServiceAccountServiceClient;
use pb::user_service_client::UserServiceClient;
use tonic::{Code, Status};

use crate::support::{Client, Running, User, refused, run_of, start, submission_of};

/// The admin stays logged in for as long as the clocks of these tests are turned.
const UNLIMITED: &str = "[limits]\ncalls_per_minute = 0\naccess_token_minutes = 1440\n";

/// A server with an admin.
struct Scene {
    server: Running,
    admin: User,
    accounts: ServiceAccountServiceClient<Client>,
}

impl Scene {
    async fn start(settings: &str) -> Self {
        let server = start(settings).await;
        let admin = server.user_as("root", "admin").await;
        let accounts = ServiceAccountServiceClient::new(admin.client.clone());
        Self {
            server,
            admin,
            accounts,
        }
    }

    async fn account(&mut self, role: pb::Role, quota: pb::ServiceQuota) -> pb::ServiceAccount {
        let request = pb::CreateServiceAccountRequest {
            request_id: String::new(),
            display_name: "Judge of the contest".into(),
            role: role.into(),
            quota: Some(quota),
        };
        let answer = self.accounts.create_service_account(request).await.unwrap();
        answer.into_inner().service_account.unwrap()
    }

    async fn key(&mut self, account: &pb::ServiceAccount, scopes: &[pb::Scope]) -> (String, User) {
        let answer = self.accounts.create_api_key(key_request(account, scopes));
        let pb::CreateApiKeyResponse { api_key, secret } = answer.await.unwrap().into_inner();
        (api_key.unwrap().id, self.server.client(secret))
    }

    async fn keys(&mut self, account: &pb::ServiceAccount) -> Vec<pb::ApiKey> {
        let request = pb::ListApiKeysRequest {
            service_account_id: account.id.clone(),
            ..Default::default()
        };
        let answer = self.accounts.list_api_keys(request).await.unwrap();
        answer.into_inner().api_keys
    }
}

fn key_request(account: &pb::ServiceAccount, scopes: &[pb::Scope]) -> pb::CreateApiKeyRequest {
    pb::CreateApiKeyRequest {
        request_id: String::new(),
        service_account_id: account.id.clone(),
        name: "nightly".into(),
        scopes: scopes.iter().map(|scope| (*scope).into()).collect(),
        expire_time: None,
    }
}

async fn create_run(service: &mut User) -> Result<String, Status> {
    let answer = service.runs.create_run(run_of("# sim: print hi")).await?;
    Ok(answer.into_inner().run.unwrap().id)
}

#[tokio::test]
async fn a_key_runs_what_its_scopes_allow_and_nothing_else() {
    let mut scene = Scene::start(UNLIMITED).await;
    let account = scene.account(pb::Role::Student, Default::default()).await;
    let (_, mut service) = scene.key(&account, &[RunsRead, RunsWrite]).await;
    let run_id = create_run(&mut service).await.unwrap();
    assert_eq!(service.finished(&run_id).await.stdout, b"hi\n");

    let submission = submission_of("count-vowels", "# right");
    let answer = service.submissions.create_submission(submission).await;
    let status = answer.as_ref().unwrap_err();
    assert!(status.message().contains("submissions:write"), "{status:?}");
    refused(answer, Code::PermissionDenied, "SCOPE_REQUIRED");

    let (_, mut writer) = scene.key(&account, &[RunsWrite]).await;
    let run_id = create_run(&mut writer).await.unwrap();
    let request = pb::GetRunRequest { run_id };
    let answer = writer.runs.get_run(request).await;
    refused(answer, Code::PermissionDenied, "SCOPE_REQUIRED");
}

#[tokio::test]
async fn a_scope_gives_no_more_than_the_role() {
    let mut scene = Scene::start(UNLIMITED).await;
    let account = scene.account(pb::Role::Teacher, Default::default()).await;
    let (_, service) = scene.key(&account, &[ProblemsRead, ProblemsWrite]).await;
    let mut problems = ProblemServiceClient::new(service.client);
    let list = pb::ListProblemsRequest::default();
    problems.list_problems(list).await.unwrap();
    let answer = problems
        .delete_problem(pb::DeleteProblemRequest::default())
        .await;
    refused(answer, Code::PermissionDenied, "ROLE_REQUIRED");
}

#[tokio::test]
async fn no_key_reads_or_makes_accounts_sessions_or_keys() {
    let mut scene = Scene::start(UNLIMITED).await;
    let account = scene.account(pb::Role::Author, Default::default()).await;
    let all: Vec<_> = (1..=15)
        .map(|number| pb::Scope::try_from(number).unwrap())
        .collect();
    let (_, service) = scene.key(&account, &all).await;
    let mut accounts = ServiceAccountServiceClient::new(service.client.clone());
    let answer = accounts.create_api_key(key_request(&account, &all)).await;
    refused(answer, Code::PermissionDenied, "KEY_NOT_ALLOWED");
    let answer = accounts.list_api_keys(pb::ListApiKeysRequest::default());
    refused(answer.await, Code::PermissionDenied, "KEY_NOT_ALLOWED");
    let mut users = UserServiceClient::new(service.client.clone());
    let answer = users.list_users(pb::ListUsersRequest::default()).await;
    refused(answer, Code::PermissionDenied, "KEY_NOT_ALLOWED");
    let mut auth = AuthServiceClient::new(service.client);
    let answer = auth.get_me(pb::GetMeRequest {}).await;
    refused(answer, Code::PermissionDenied, "KEY_NOT_ALLOWED");
    let answer = auth.login(pb::LoginRequest::default()).await;
    refused(answer, Code::PermissionDenied, "KEY_NOT_ALLOWED");
}

#[tokio::test]
async fn a_key_is_shown_once_and_kept_as_a_digest() {
    let mut scene = Scene::start(UNLIMITED).await;
    let account = scene.account(pb::Role::Student, Default::default()).await;
    let request = pb::CreateApiKeyRequest {
        request_id: "first".into(),
        ..key_request(&account, &[RunsWrite])
    };
    let answer = scene
        .accounts
        .create_api_key(request.clone())
        .await
        .unwrap();
    let pb::CreateApiKeyResponse { api_key, secret } = answer.into_inner();
    assert!(secret.starts_with("crk_") && secret.len() == 47, "{secret}");
    let again = scene.accounts.create_api_key(request).await;
    refused(again, Code::AlreadyExists, "KEY_SHOWN_ONCE");
    let mut listed = scene.keys(&account).await;
    assert_eq!(listed.pop(), api_key);
    assert!(listed.is_empty(), "a repeat makes no second key");

    let folder = scene.server.platform.config.keys_dir.parent().unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else {
            continue;
        };
        let found = bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!found, "the secret is in {path:?}");
    }
}

#[tokio::test]
async fn keys_end_when_they_expire_are_revoked_or_their_account_is_disabled() {
    let mut scene = Scene::start(UNLIMITED).await;
    let account = scene.account(pb::Role::Student, Default::default()).await;
    let (first, mut one) = scene.key(&account, &[RunsWrite]).await;
    let (_, mut other) = scene.key(&account, &[RunsWrite]).await;
    let revoke = pb::RevokeApiKeyRequest { api_key_id: first };
    for _ in 0..2 {
        let answer = scene.accounts.revoke_api_key(revoke.clone()).await.unwrap();
        let key = answer.into_inner().api_key.unwrap();
        assert!(key.revoke_time.is_some());
    }
    let answer = create_run(&mut one).await;
    refused(answer, Code::Unauthenticated, "KEY_INVALID");
    create_run(&mut other).await.unwrap();

    let set = |disabled| pb::UpdateServiceAccountRequest {
        request_id: String::new(),
        service_account: Some(pb::ServiceAccount {
            disabled,
            ..account.clone()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["disabled".into()],
        }),
    };
    scene
        .accounts
        .update_service_account(set(true))
        .await
        .unwrap();
    let answer = create_run(&mut other).await;
    refused(answer, Code::Unauthenticated, "KEY_INVALID");
    scene
        .accounts
        .update_service_account(set(false))
        .await
        .unwrap();
    create_run(&mut other).await.unwrap();

    scene.server.clock.advance(Duration::from_secs(90 * 86_400));
    let answer = create_run(&mut other).await;
    refused(answer, Code::Unauthenticated, "KEY_EXPIRED");
}

#[tokio::test]
async fn forged_keys_are_refused() {
    let scene = Scene::start(UNLIMITED).await;
    for key in [
        "crk_".to_owned(),
        format!("crk_{}", "A".repeat(43)),
        format!("crk_{}", "A".repeat(4000)),
        "crk_' OR '1'='1".to_owned(),
        "crk_%".to_owned(),
    ] {
        let answer = create_run(&mut scene.server.client(key)).await;
        refused(answer, Code::Unauthenticated, "KEY_INVALID");
    }
}

#[tokio::test]
async fn made_up_keys_are_looked_up_30_times_a_minute_and_keep_no_known_one_out() {
    let mut scene = Scene::start(UNLIMITED).await;
    let account = scene.account(pb::Role::Student, Default::default()).await;
    let (_, mut known) = scene.key(&account, &[RunsWrite]).await;
    let (_, mut new) = scene.key(&account, &[RunsWrite]).await;
    create_run(&mut known).await.unwrap();
    for number in 0..30 {
        let made_up = format!("crk_{number:043}");
        let answer = create_run(&mut scene.server.client(made_up)).await;
        assert!(answer.is_err(), "{number}");
    }
    // That it is right can't be known without looking.
    refused(
        create_run(&mut new).await,
        Code::ResourceExhausted,
        "RATE_LIMITED",
    );
    create_run(&mut known).await.unwrap();
    scene.server.clock.advance(Duration::from_secs(60));
    create_run(&mut new).await.unwrap();
}

#[tokio::test]
async fn quotas_belong_to_the_account_and_not_to_the_key() {
    let mut scene = Scene::start(UNLIMITED).await;
    let quota = pb::ServiceQuota {
        runs_per_minute: 12,
        runs_per_hour: 1000,
        runs_per_day: 1000,
        calls_per_minute: 0,
    };
    let account = scene.account(pb::Role::Student, quota).await;
    assert_eq!(account.quota, Some(quota));
    let (_, mut one) = scene.key(&account, &[RunsWrite]).await;
    let (_, mut two) = scene.key(&account, &[RunsWrite]).await;
    // A user would have ten.
    for turn in 0..12 {
        let service = if turn % 2 == 0 { &mut one } else { &mut two };
        create_run(service).await.unwrap();
    }
    for service in [&mut one, &mut two] {
        let answer = create_run(service).await;
        let details = refused(answer, Code::ResourceExhausted, "RUN_QUOTA");
        assert!(details.retry_info().is_some());
    }
    let other = scene.account(pb::Role::Student, quota).await;
    let (_, mut other) = scene.key(&other, &[RunsWrite]).await;
    create_run(&mut other).await.unwrap();
}

#[tokio::test]
async fn the_last_use_is_kept_to_the_hour() {
    let mut scene = Scene::start(UNLIMITED).await;
    let account = scene.account(pb::Role::Student, Default::default()).await;
    let (_, mut service) = scene.key(&account, &[RunsWrite]).await;
    let seconds = |keys: Vec<pb::ApiKey>| keys[0].last_used_time.map(|time| time.seconds);
    assert_eq!(seconds(scene.keys(&account).await), None);
    create_run(&mut service).await.unwrap();
    let first = seconds(scene.keys(&account).await);
    assert!(first.is_some());
    scene.server.clock.advance(Duration::from_secs(3599));
    create_run(&mut service).await.unwrap();
    assert_eq!(seconds(scene.keys(&account).await), first);
    scene.server.clock.advance(Duration::from_secs(1));
    create_run(&mut service).await.unwrap();
    assert_eq!(
        seconds(scene.keys(&account).await),
        first.map(|time| time + 3600)
    );
}

#[tokio::test]
async fn wrong_accounts_and_keys_are_refused_with_the_field() {
    let mut scene = Scene::start(UNLIMITED).await;
    let account = scene.account(pb::Role::Student, Default::default()).await;
    let fields = |result: Result<tonic::Response<pb::CreateApiKeyResponse>, Status>| {
        let details = refused(result, Code::InvalidArgument, "INVALID_ARGUMENT");
        let violations = details.bad_request().unwrap().field_violations.clone();
        violations
            .into_iter()
            .map(|it| it.field)
            .collect::<Vec<_>>()
    };
    let right = key_request(&account, &[SubmissionsWrite]);
    let past = Some(prost_types::Timestamp {
        seconds: 1,
        nanos: 0,
    });
    for (request, field) in [
        (
            pb::CreateApiKeyRequest {
                name: String::new(),
                ..right.clone()
            },
            "name",
        ),
        (
            pb::CreateApiKeyRequest {
                scopes: vec![],
                ..right.clone()
            },
            "scopes",
        ),
        (
            pb::CreateApiKeyRequest {
                scopes: vec![0],
                ..right.clone()
            },
            "scopes",
        ),
        (
            pb::CreateApiKeyRequest {
                scopes: vec![6, 99],
                ..right.clone()
            },
            "scopes",
        ),
        (
            pb::CreateApiKeyRequest {
                expire_time: past,
                ..right.clone()
            },
            "expire_time",
        ),
    ] {
        assert_eq!(
            fields(scene.accounts.create_api_key(request).await),
            [field]
        );
    }
    for role in [pb::Role::Unspecified, pb::Role::Admin] {
        let request = pb::CreateServiceAccountRequest {
            display_name: "x".into(),
            role: role.into(),
            ..Default::default()
        };
        let answer = scene.accounts.create_service_account(request).await;
        refused(answer, Code::InvalidArgument, "INVALID_ARGUMENT");
    }
    let request = pb::CreateApiKeyRequest {
        service_account_id: "0197f000-0000-7000-8000-000000000000".into(),
        ..right
    };
    let answer = scene.accounts.create_api_key(request).await;
    refused(answer, Code::NotFound, "NOT_FOUND");
}

#[tokio::test]
async fn service_accounts_are_no_people() {
    let mut scene = Scene::start(UNLIMITED).await;
    let account = scene.account(pb::Role::Student, Default::default()).await;
    let mut users = UserServiceClient::new(scene.admin.client.clone());
    let listed = users.list_users(pb::ListUsersRequest::default()).await;
    let listed = listed.unwrap().into_inner().users;
    assert!(listed.iter().all(|user| user.id != account.id));
    let request = pb::SetRoleRequest {
        user_id: account.id.clone(),
        role: pb::Role::Admin.into(),
    };
    let answer = users.set_role(request).await;
    refused(answer, Code::NotFound, "NOT_FOUND");
    // Nor can somebody log in as one, whatever the password.
    let mut auth = AuthServiceClient::new(scene.server.channel.clone());
    for password in ["", "x"] {
        let request = pb::LoginRequest {
            email: account.id.clone(),
            password: password.into(),
        };
        let answer = auth.login(request).await;
        refused(answer, Code::Unauthenticated, "BAD_CREDENTIALS");
    }
    let listed = scene
        .accounts
        .list_service_accounts(pb::ListServiceAccountsRequest::default());
    assert_eq!(
        listed.await.unwrap().into_inner().service_accounts,
        [account]
    );
}
