//! Two servers on one database, and the same thing wanted from both at the same moment. On
//! SQLite as on PostgreSQL a check and the write that relies on it are one step.

use std::collections::HashSet;

use coderunner_proto::v1 as pb;
use futures::future::join_all;
use pb::service_account_service_client::ServiceAccountServiceClient;
use pb::user_service_client::UserServiceClient;
use tonic::Code;

use control_plane::judge::Verdict;
use control_plane::platform::db;
use control_plane::platform::idempotency::Turn;
use control_plane::platform::ids::{RunId, SubmissionId, UserId};
use control_plane::progress::model::JudgedSubmission;
use control_plane::progress::store::record_judged;

use crate::support::{Running, UNLIMITED, registration, start, start_beside, with};

async fn pair() -> [Running; 2] {
    let first = start(UNLIMITED).await;
    let second = start_beside(&first, UNLIMITED).await;
    [first, second]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_gets_one_account() {
    let servers = pair().await;
    let calls = (0..6).map(|number| {
        let mut request = registration("ada");
        request.display_name = format!("Ada {number}");
        let mut auth = servers[number % 2].auth();
        async move { auth.register(request).await }
    });
    let made = join_all(calls).await;
    let (made, refused): (Vec<_>, Vec<_>) = made.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for status in refused {
        assert_eq!(status.unwrap_err().code(), Code::AlreadyExists);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_spent_once() {
    let servers = pair().await;
    let tokens = servers[0].student("ada").await.tokens.unwrap();
    let calls = (0..8).map(|number| {
        let refresh_token = tokens.refresh_token.clone();
        let request = pb::RefreshRequest { refresh_token };
        let mut auth = servers[number % 2].auth();
        async move { auth.refresh(request).await }
    });
    let answers = join_all(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_admin_is_left() {
    let servers = pair().await;
    let mut admins = Vec::new();
    for name in ["ada", "bob"] {
        let token = servers[0].token(name, "admin").await;
        let get = with(&token, pb::GetMeRequest {});
        let me = servers[0].auth().get_me(get).await.unwrap();
        admins.push((token, me.into_inner().user.unwrap().id));
    }
    let calls = (0..2).map(|number| {
        let request = pb::SetRoleRequest {
            user_id: admins[number].1.clone(),
            role: pb::Role::Student.into(),
        };
        let mut users = UserServiceClient::new(servers[number].channel.clone());
        let request = with(&admins[number].0, request);
        async move { users.set_role(request).await }
    });
    let answers = join_all(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_account_is_made_once() {
    let servers = pair().await;
    let admin = servers[0].token("ada", "admin").await;
    let accounts = |server: &Running| ServiceAccountServiceClient::new(server.channel.clone());
    let calls = (0..8).map(|number| {
        let request = pb::CreateServiceAccountRequest {
            request_id: "once".into(),
            display_name: "Timetable".into(),
            role: pb::Role::Student.into(),
            quota: None,
        };
        let request = with(&admin, request);
        let mut accounts = accounts(&servers[number % 2]);
        async move { accounts.create_service_account(request).await }
    });
    let made = join_all(calls).await;
    let ids = made.into_iter().map(|answer| {
        let answer = answer.unwrap().into_inner();
        answer.service_account.unwrap().id
    });
    let ids: HashSet<String> = ids.collect();
    let list = with(&admin, pb::ListServiceAccountsRequest::default());
    let listed = accounts(&servers[1]).list_service_accounts(list).await;
    let listed = listed.unwrap().into_inner().service_accounts;
    let listed: HashSet<String> = listed.into_iter().map(|account| account.id).collect();
    assert_eq!((ids.len(), &ids), (1, &listed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_has_one_answer() {
    let servers = pair().await;
    let user = user(&servers[0]).await;
    let calls = (0..8).map(|number| {
        let platform = servers[number % 2].platform.clone();
        let answer = format!("answer {number}");
        async move {
            let body = String::new();
            let look = platform.idempotency.look(user, "/test", "once", &body);
            let unseen = match look.await.unwrap() {
                Turn::Repeat(answer) => return answer,
                Turn::First(unseen) => unseen,
            };
            let mut tx = platform.db.write_beside().await.unwrap();
            match unseen.settle(&mut tx, &answer).await.unwrap() {
                Some(faster) => faster,
                None => {
                    tx.commit().await.unwrap();
                    answer
                }
            }
        }
    });
    let answers: Vec<String> = join_all(calls).await;
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
}

async fn user(running: &Running) -> UserId {
    let user = running.student("ada").await.user.unwrap();
    user.id.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_is_claimed_once() {
    let servers = pair().await;
    let (user, id) = (user(&servers[0]).await, RunId::new());
    let mut tx = servers[0].platform.db.write().await.unwrap();
    db::query(
        "INSERT INTO runs (id, user_id, call_id, state, program, stdin, interactive, create_time)
         VALUES ($1, $2, 'c', 'queued', $3, $3, 0, 0)",
    )
    .bind(id.to_string())
    .bind(user.to_string())
    .bind(Vec::<u8>::new())
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let claims = (0..12).map(|number| {
        let db = servers[number % 2].platform.db.clone();
        async move {
            let mut tx = db.write_beside().await.unwrap();
            let ours = control_plane::execution::store::claim(&mut tx, id, 0, "").await;
            tx.commit().await.unwrap();
            ours.unwrap()
        }
    });
    let claimed = join_all(claims).await;
    assert_eq!(claimed.iter().filter(|ours| **ours).count(), 1);
}

/// Twelve problems solved at one moment, each by two submissions: each counts once, and the badge
/// for the tenth is not missed.
#[tokio::test(flavor = "multi_thread")]
async fn progress_misses_nothing_that_is_judged_side_by_side() {
    let servers = pair().await;
    let user = user(&servers[0]).await;
    let records = (0..24).map(|number| {
        let db = servers[number % 2].platform.db.clone();
        let judged = JudgedSubmission {
            submission_id: SubmissionId::new(),
            user_id: user,
            problem: format!("problem-{}", number / 2),
            verdict: Verdict::Accepted.name(),
            accepted: true,
            points: 10,
            passed_test_count: 1,
            test_count: 1,
            create_time: "2030-01-01T00:00:00Z".parse().unwrap(),
        };
        async move {
            let mut tx = db.write_beside().await.unwrap();
            record_judged(&mut tx, &judged).await.unwrap();
            tx.commit().await.unwrap();
        }
    });
    join_all(records).await;
    let db = servers[0].platform.db.read();
    let attempts = "SELECT CAST(sum(attempt_count) AS BIGINT) FROM progress WHERE solved = 1";
    let attempts: i64 = db::query_scalar(attempts).fetch_one(db).await.unwrap();
    assert_eq!(attempts, 24);
    let badges: Vec<String> = db::query_scalar("SELECT key FROM badges ORDER BY key")
        .fetch_all(db)
        .await
        .unwrap();
    assert!(
        badges
            .iter()
            .any(|key| key.contains("10") || key.contains("ten")),
        "{badges:?}"
    );
}
