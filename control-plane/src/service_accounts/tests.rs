//! Making accounts, when answers get lost and calls are repeated.

use super::model::{NewServiceAccount, ServiceAccount};
use super::service::ServiceAccounts;
use crate::platform::Platform;
use crate::platform::context::{Caller, Credential, Role};
use crate::platform::db::query_scalar;
use crate::platform::db::wire::Wire;
use crate::platform::errors::Error;
use crate::platform::idempotency::Turn;
use crate::platform::ids::{SessionId, UserId};
use crate::platform::ratelimit::Quota;
use crate::platform::testing::{ground, ground_at};
use crate::users::model::DisplayName;

/// What the call does, under one request_id.
async fn make(platform: &Platform, caller: Caller) -> Result<String, Error> {
    let (ids, body) = (&platform.idempotency, String::new());
    let look = ids.look(caller.user_id, "/test", "once", &body);
    let unseen = match look.await? {
        Turn::Repeat(answer) => return Ok(answer),
        Turn::First(unseen) => unseen,
    };
    let new = NewServiceAccount {
        display_name: DisplayName::parse("Timetable").unwrap(),
        role: Role::Student,
        quota: Quota::default(),
    };
    let answer = |account: ServiceAccount| account.id.to_string();
    let accounts = ServiceAccounts::new(platform.clone());
    accounts.create(caller, new, unseen, answer).await
}

fn admin() -> Caller {
    Caller {
        user_id: UserId::new(),
        role: Role::Admin,
        credential: Credential::Session(SessionId::new()),
    }
}

async fn count(platform: &Platform) -> i64 {
    query_scalar("SELECT count(*) FROM service_accounts")
        .fetch_one(platform.db.read())
        .await
        .unwrap()
}

#[tokio::test]
async fn the_same_request_at_the_same_moment_makes_one() {
    let ground = ground().await;
    let (platform, admin) = (&ground.platform, admin());
    let made = futures::future::join_all((0..10).map(|_| make(platform, admin))).await;
    let first = made[0].as_ref().unwrap();
    assert!(made.iter().all(|id| id.as_ref().unwrap() == first));
    assert_eq!(count(platform).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_after_a_lost_answer_gets_it() {
    let folder = tempfile::tempdir().unwrap();
    let (wire, url) = Wire::to(&test_postgres::postgres_url(folder.path())).await;
    let ground = ground_at(folder, &url, "").await;
    let (platform, admin) = (&ground.platform, admin());
    wire.lose_answers("INSERT INTO service_accounts", 1);
    let lost = make(platform, admin).await;
    assert!(matches!(lost, Err(Error::Unavailable { .. })), "{lost:?}");
    assert_eq!(wire.lost(), 1);
    let made = make(platform, admin).await.unwrap();
    assert_eq!(make(platform, admin).await.unwrap(), made);
    assert_eq!(count(platform).await, 1);
}
