//! Profiles, accounts for admins, and repeats by request_id.

use coderunner_proto::v1 as pb;
use control_plane::platform::db;
use pb::service_account_service_client::ServiceAccountServiceClient;
use pb::user_service_client::UserServiceClient;
use tonic::Code;

use crate::support::{UNLIMITED, refused, start, with};

fn change(request_id: &str, name: &str, paths: &[&str]) -> pb::UpdateProfileRequest {
    pb::UpdateProfileRequest {
        request_id: request_id.into(),
        user: Some(pb::User {
            display_name: name.into(),
            ..pb::User::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: paths.iter().map(ToString::to_string).collect(),
        }),
    }
}

#[tokio::test]
async fn a_profile_changes_by_its_mask_only() {
    let running = start(UNLIMITED).await;
    let token = running.token("ada", "student").await;
    let mut users = UserServiceClient::new(running.channel.clone());
    let request = change("", "Ada L.", &["display_name"]);
    let user = users
        .update_profile(with(&token, request))
        .await
        .unwrap()
        .into_inner()
        .user;
    let user = user.unwrap();
    assert_eq!(user.display_name, "Ada L.");
    assert_eq!(user.age_group(), pb::AgeGroup::AgeGroup11To14);
    for (name, paths) in [
        ("Eve", &["role"][..]),
        ("Eve", &[]),
        ("", &["display_name"]),
    ] {
        let refusal = users
            .update_profile(with(&token, change("", name, paths)))
            .await;
        refused(refusal, Code::InvalidArgument, "INVALID_ARGUMENT");
    }
    let profile = users
        .get_profile(with(&token, pb::GetProfileRequest {}))
        .await
        .unwrap();
    assert_eq!(profile.into_inner().user.unwrap(), user);
}

#[tokio::test]
async fn a_long_mask_gets_a_short_answer() {
    let running = start(UNLIMITED).await;
    let token = running.token("ada", "admin").await;
    let mut users = UserServiceClient::new(running.channel.clone());
    let mut services = ServiceAccountServiceClient::new(running.channel.clone());
    for count in [17, 300_000] {
        let request = change("", "Ada L.", &vec![""; count]);
        let services_request = pb::UpdateServiceAccountRequest {
            service_account: Some(pb::ServiceAccount {
                id: "0197f000-0000-7000-8000-000000000000".into(),
                ..Default::default()
            }),
            update_mask: request.update_mask.clone(),
            ..Default::default()
        };
        let answers = [
            users.update_profile(with(&token, request)).await.map(drop),
            services
                .update_service_account(with(&token, services_request))
                .await
                .map(drop),
        ];
        for answer in answers {
            let details = refused(answer, Code::InvalidArgument, "INVALID_ARGUMENT");
            let violations = &details.bad_request().unwrap().field_violations;
            assert_eq!(violations.len(), 1, "{count}");
            assert_eq!(violations[0].description, "may hold at most 16 paths.");
        }
    }
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_another_body_is_refused() {
    let running = start(UNLIMITED).await;
    let token = running.token("ada", "student").await;
    let mut users = UserServiceClient::new(running.channel.clone());
    let mut update = async |id: &str, name: &str| {
        users
            .update_profile(with(&token, change(id, name, &["display_name"])))
            .await
    };
    update("one", "First").await.unwrap();
    update("two", "Second").await.unwrap();
    let repeat = update("one", "First")
        .await
        .unwrap()
        .into_inner()
        .user
        .unwrap();
    assert_eq!(repeat.display_name, "First");
    refused(
        update("one", "Third").await,
        Code::InvalidArgument,
        "REQUEST_ID_REUSED",
    );
    let long = "x".repeat(65);
    refused(
        update(&long, "Third").await,
        Code::InvalidArgument,
        "INVALID_ARGUMENT",
    );

    let mut users = UserServiceClient::new(running.channel.clone());
    let profile = users
        .get_profile(with(&token, pb::GetProfileRequest {}))
        .await
        .unwrap();
    assert_eq!(
        profile.into_inner().user.unwrap().display_name,
        "Second",
        "no second effect"
    );
}

#[tokio::test]
async fn an_account_is_found_by_its_address() {
    let running = start(UNLIMITED).await;
    let admin = running.token("root", "admin").await;
    for name in ["ada", "bob"] {
        running.student(name).await;
    }
    let users = UserServiceClient::new(running.channel.clone());
    let find = |email: &str, role: pb::Role| {
        let request = pb::ListUsersRequest {
            page_size: 1,
            role: role.into(),
            email: email.into(),
            ..Default::default()
        };
        let (mut users, request) = (users.clone(), with(&admin, request));
        async move { users.list_users(request).await }
    };
    for (email, role, names) in [
        ("bob@example.org", pb::Role::Unspecified, &["bob"][..]),
        (" \u{ff22}OB@Example.org", pb::Role::Student, &["bob"]),
        ("bob@example.org", pb::Role::Admin, &[]),
        ("eve@example.org", pb::Role::Unspecified, &[]),
    ] {
        let found = find(email, role).await.unwrap().into_inner();
        let found_names: Vec<_> = found.users.iter().map(|it| &it.display_name).collect();
        assert_eq!(found_names, names, "{email} {role:?}");
        assert_eq!(found.next_page_token, "");
    }
    let refusal = find("bob", pb::Role::Unspecified).await;
    let details = refused(refusal, Code::InvalidArgument, "INVALID_ARGUMENT");
    assert_eq!(
        details.bad_request().unwrap().field_violations[0].field,
        "email"
    );
}

#[tokio::test]
async fn accounts_are_listed_in_pages_by_role() {
    let running = start(UNLIMITED).await;
    let admin = running.token("root", "admin").await;
    for name in ["ada", "bob", "eve"] {
        running.student(name).await;
    }
    let mut users = UserServiceClient::new(running.channel.clone());
    let mut page = async |page_token: String, role: pb::Role| {
        let request = pb::ListUsersRequest {
            page_size: 2,
            page_token,
            role: role.into(),
            ..Default::default()
        };
        users
            .list_users(with(&admin, request))
            .await
            .map(tonic::Response::into_inner)
    };
    let first = page(String::new(), pb::Role::Student).await.unwrap();
    let second = page(first.next_page_token.clone(), pb::Role::Student)
        .await
        .unwrap();
    let names: Vec<_> = first
        .users
        .iter()
        .chain(&second.users)
        .map(|user| user.display_name.as_str())
        .collect();
    assert_eq!(names, ["eve", "bob", "ada"]);
    assert!(second.next_page_token.is_empty());

    let other_list = page(first.next_page_token, pb::Role::Unspecified).await;
    refused(other_list, Code::InvalidArgument, "PAGE_TOKEN_INVALID");
}

#[tokio::test]
async fn the_last_admin_stays() {
    let running = start(UNLIMITED).await;
    let admin = running.token("root", "admin").await;
    let mut users = UserServiceClient::new(running.channel.clone());
    let me = users
        .get_profile(with(&admin, pb::GetProfileRequest {}))
        .await
        .unwrap();
    let user_id = me.into_inner().user.unwrap().id;
    let mut set = async |user_id: &str, role: i32| {
        let request = pb::SetRoleRequest {
            user_id: user_id.into(),
            role,
        };
        users.set_role(with(&admin, request)).await
    };
    let refusal = set(&user_id, pb::Role::Student.into()).await;
    refused(refusal, Code::FailedPrecondition, "LAST_ADMIN");
    refused(
        set("x", pb::Role::Student.into()).await,
        Code::NotFound,
        "NOT_FOUND",
    );
    refused(
        set(&user_id, 0).await,
        Code::InvalidArgument,
        "INVALID_ARGUMENT",
    );
    let second = running.student("ada").await.user.unwrap().id;
    set(&second, pb::Role::Admin.into()).await.unwrap();
    set(&user_id, pb::Role::Student.into()).await.unwrap();
}

#[tokio::test]
async fn figures_outlive_the_submissions() {
    let running = start(UNLIMITED).await;
    let registered = running.student("ada").await;
    let (user, token) = (
        registered.user.unwrap().id,
        registered.tokens.unwrap().access_token,
    );
    let mut tx = running.platform.db.write().await.unwrap();
    let insert = db::query(
        "INSERT INTO submissions (id, user_id, problem, call_id, state, program, feedback,
             test_count, create_time)
         VALUES ('s', $1, 'fizz-buzz', 'c', 'queued', $2, 'full', 3, 0)",
    );
    let insert = insert.bind(&user).bind(Vec::<u8>::new());
    let delete = db::query("DELETE FROM submissions WHERE user_id = $1").bind(&user);
    for query in [insert, delete] {
        assert_eq!(query.execute(&mut *tx).await.unwrap().rows_affected(), 1);
    }
    tx.commit().await.unwrap();
    let mut users = UserServiceClient::new(running.channel.clone());
    let stats = users
        .get_stats(with(&token, pb::GetStatsRequest {}))
        .await
        .unwrap();
    assert_eq!(stats.into_inner().submission_count, 1);
}
