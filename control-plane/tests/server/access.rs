//! Who may make which call, before anything of the request is looked at.

use coderunner_proto::v1 as pb;
use control_plane::platform::authz::{Access, TABLE};
use control_plane::platform::context::Role;
use pb::problem_service_client::ProblemServiceClient;
use pb::user_service_client::UserServiceClient;
use tonic::client::Grpc;
use tonic::{Code, Status};

use crate::support::{Running, UNLIMITED, refused, start, with};

/// Makes a call with an empty body, whatever it is.
async fn call(running: &Running, method: &'static str, token: Option<&str>) -> Result<(), Status> {
    let mut client = Grpc::new(running.channel.clone());
    client.ready().await.unwrap();
    let request = match token {
        None => tonic::Request::new(()),
        Some(token) => with(token, ()),
    };
    let path = http::uri::PathAndQuery::from_static(method);
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    client.unary(request, path, codec).await.map(drop)
}

fn ours() -> impl Iterator<Item = (&'static str, Access)> {
    let ours = TABLE
        .iter()
        .filter(|line| line.method.starts_with("/coderunner"));
    ours.map(|line| (line.method, line.access))
}

#[tokio::test]
async fn without_login_only_public_calls_get_to_a_handler() {
    let running = start(UNLIMITED).await;
    for (method, access) in ours() {
        let result = call(&running, method, None).await;
        match access {
            Access::Public => {
                let reached = result.as_ref().err().is_none_or(|status| {
                    // Register, Login and Refresh judge their empty bodies.
                    status.code() != Code::Unauthenticated
                        || method.ends_with("/Login")
                        || method.ends_with("/Refresh")
                });
                assert!(reached, "{method}: {result:?}");
            }
            _ => drop(refused(result, Code::Unauthenticated, "NO_TOKEN")),
        }
    }
}

#[tokio::test]
async fn too_low_a_role_is_refused_before_the_request_is_looked_at() {
    let running = start(UNLIMITED).await;
    for (role, word) in [
        (Role::Student, "student"),
        (Role::Teacher, "teacher"),
        (Role::Author, "author"),
    ] {
        let token = running.token(word, word).await;
        for (method, access) in ours() {
            let Access::Role(least) = access else {
                continue;
            };
            let result = call(&running, method, Some(&token)).await;
            if role < least {
                refused(result, Code::PermissionDenied, "ROLE_REQUIRED");
            } else {
                let code = result.err().map(|status| status.code());
                assert_ne!(code, Some(Code::PermissionDenied), "{word} {method}");
            }
        }
    }
}

#[tokio::test]
async fn a_garbage_body_says_nothing_to_those_who_may_not_call() {
    let running = start(UNLIMITED).await;
    let student = running.token("ada", "student").await;
    let mut client = ProblemServiceClient::new(running.channel.clone());
    let garbage = pb::CreateProblemRequest {
        request_id: "x".repeat(10_000),
        problem: Some(pb::Problem {
            slug: "../..".into(),
            ..pb::Problem::default()
        }),
        tests: Vec::new(),
    };
    let result = client.create_problem(garbage.clone()).await;
    refused(result, Code::Unauthenticated, "NO_TOKEN");
    let result = client.create_problem(with(&student, garbage)).await;
    refused(result, Code::PermissionDenied, "ROLE_REQUIRED");
}

#[tokio::test]
async fn a_lost_role_is_lost_at_once() {
    let running = start(UNLIMITED).await;
    let admin = running.token("root", "admin").await;
    let author = running.token("ada", "author").await;
    assert!(
        call(
            &running,
            "/coderunner.v1.UserService/ListUsers",
            Some(&admin)
        )
        .await
        .is_ok()
    );
    let mut users = UserServiceClient::new(running.channel.clone());
    let list = pb::ListUsersRequest {
        role: pb::Role::Author.into(),
        ..Default::default()
    };
    let found = users
        .list_users(with(&admin, list))
        .await
        .unwrap()
        .into_inner()
        .users;
    let request = pb::SetRoleRequest {
        user_id: found[0].id.clone(),
        role: pb::Role::Student.into(),
    };
    users.set_role(with(&admin, request)).await.unwrap();
    let result = call(
        &running,
        "/coderunner.v1.TestCaseService/ListTestCases",
        Some(&author),
    )
    .await;
    refused(result, Code::PermissionDenied, "ROLE_REQUIRED");
}

#[tokio::test]
async fn calls_that_are_not_served_do_not_exist() {
    let running = start("").await;
    for method in [
        "/coderunner.sandbox.v1.SandboxService/Execute",
        "/coderunner.v1.AuthService/Nothing",
        "/coderunner.v1.AuthService/GetMe/",
        "/",
    ] {
        let status = call(&running, method, None).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented, "{method}");
    }
}
