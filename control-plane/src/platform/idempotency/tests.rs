//! What repeats get.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::platform::clock::{Clock, TestClock};
use crate::platform::context::{Caller, Credential, Role};
use crate::platform::ids::{CallId, SessionId};
use crate::platform::testing::{Ground, ground};

const METHOD: &str = "/coderunner.v1.Test/Make";

struct Setting {
    _ground: Ground,
    clock: Arc<TestClock>,
    ids: Idempotency,
    user: UserId,
    done: AtomicU32,
}

async fn setting() -> Setting {
    let ground = ground().await;
    let clock = ground.clock.clone();
    let ids = Idempotency::new(ground.platform.db.clone(), clock.clone());
    Setting {
        _ground: ground,
        clock,
        ids,
        user: UserId::new(),
        done: AtomicU32::new(0),
    }
}

/// Of a call of this user.
fn context(user_id: UserId) -> OpContext {
    OpContext {
        call_id: CallId::new(),
        caller: Some(Caller {
            user_id,
            role: Role::Student,
            credential: Credential::Session(SessionId::new()),
        }),
        address: Ipv4Addr::LOCALHOST.into(),
        user_agent: String::new(),
        browser: false,
        deadline: None,
        method: METHOD,
    }
}

impl Setting {
    /// A call that answers how often the work was done.
    async fn call(&self, user: UserId, id: &str, body: &str, fail: bool) -> Result<u32, Error> {
        let work = async {
            let done = self.done.fetch_add(1, Ordering::SeqCst) + 1;
            if fail {
                Err(Error::NotFound("thing"))
            } else {
                Ok(done)
            }
        };
        let (context, body) = (context(user), body.to_owned());
        self.ids.once(&context, id, &body, work).await
    }
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer() {
    let setting = setting().await;
    assert_eq!(
        setting.call(setting.user, "a", "x", false).await.unwrap(),
        1
    );
    assert_eq!(
        setting.call(setting.user, "a", "x", false).await.unwrap(),
        1
    );
    assert_eq!(
        setting.call(setting.user, "b", "x", false).await.unwrap(),
        2
    );
    assert_eq!(
        setting.call(UserId::new(), "a", "x", false).await.unwrap(),
        3,
        "another user"
    );
    assert_eq!(
        setting.call(setting.user, "", "x", false).await.unwrap(),
        4,
        "no request_id"
    );
    assert_eq!(setting.call(setting.user, "", "x", false).await.unwrap(), 5);
}

#[tokio::test]
async fn another_body_is_refused() {
    let setting = setting().await;
    setting.call(setting.user, "a", "x", false).await.unwrap();
    let error = setting
        .call(setting.user, "a", "y", false)
        .await
        .unwrap_err();
    assert_eq!(error.reason(), Reason::REQUEST_ID_REUSED);
    let error = setting
        .call(setting.user, &"a".repeat(65), "y", false)
        .await
        .unwrap_err();
    assert_eq!(error.reason(), Reason::INVALID_ARGUMENT);
}

#[tokio::test]
async fn a_failure_may_be_tried_again() {
    let setting = setting().await;
    setting
        .call(setting.user, "a", "x", true)
        .await
        .unwrap_err();
    assert_eq!(
        setting.call(setting.user, "a", "x", false).await.unwrap(),
        2
    );
}

#[tokio::test]
async fn work_in_progress_is_not_done_twice_and_a_dead_claim_runs_out() {
    let setting = setting().await;
    let body = "x".to_owned();
    let claim = || {
        setting
            .ids
            .claim::<String, u32>(setting.user, METHOD, "a", &body)
    };
    let Turn::First(_lost) = claim().await.unwrap() else {
        panic!("not the first")
    };
    assert_eq!(
        claim().await.unwrap_err().reason(),
        Reason::REQUEST_IN_PROGRESS
    );
    setting.clock.advance(Duration::from_secs(61));
    assert!(matches!(claim().await.unwrap(), Turn::First(_)));
}

#[tokio::test]
async fn old_answers_are_forgotten() {
    let setting = setting().await;
    setting.call(setting.user, "a", "x", false).await.unwrap();
    setting.clock.advance(Duration::from_secs(3600));
    let mut tx = setting.ids.db.write().await.unwrap();
    let deleted = delete_old(&mut tx, setting.clock.now(), 10).await;
    assert_eq!(deleted.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(
        setting.call(setting.user, "a", "x", false).await.unwrap(),
        2
    );
}

#[tokio::test]
async fn what_is_settled_in_the_transaction_of_its_effect_happens_once() {
    let setting = setting().await;
    let (user, ids) = (setting.user, &setting.ids);
    let look = async |body: &str| {
        ids.look::<String, u32>(user, METHOD, "a", &body.to_owned())
            .await
    };
    let settle = async |unseen: Unseen, answer: u32| {
        let mut tx = ids.db.write().await.unwrap();
        let first = unseen.settle(&mut tx, &answer).await;
        if matches!(first, Ok(None)) {
            tx.commit().await.unwrap();
        }
        first
    };
    let first = |turn| match turn {
        Turn::First(unseen) => unseen,
        Turn::Repeat(answer) => panic!("{answer} was answered before"),
    };
    // Three at one time, before any has its effect; one of them with another body.
    let [one, two] = [look("x").await.unwrap(), look("x").await.unwrap()].map(first);
    let other = first(look("y").await.unwrap());
    assert_eq!(settle(one, 1).await.unwrap(), None);
    assert_eq!(settle(two, 2).await.unwrap(), Some(1));
    let error = settle(other, 3).await.unwrap_err();
    assert_eq!(error.reason(), Reason::REQUEST_ID_REUSED);
    assert!(matches!(look("x").await.unwrap(), Turn::Repeat(1)));
    let error = look("y").await.unwrap_err();
    assert_eq!(error.reason(), Reason::REQUEST_ID_REUSED);
}

#[tokio::test]
async fn what_was_not_committed_was_not_answered() {
    let setting = setting().await;
    let (user, ids) = (setting.user, &setting.ids);
    let body = "x".to_owned();
    for _ in 0..2 {
        let turn = ids.look::<String, u32>(user, METHOD, "a", &body).await;
        let Turn::First(unseen) = turn.unwrap() else {
            panic!("nothing was answered")
        };
        let mut tx = ids.db.write().await.unwrap();
        assert_eq!(unseen.settle(&mut tx, &1).await.unwrap(), None);
        // Dropped: the effect failed.
    }
    let Turn::First(unseen) = ids.look::<_, u32>(user, METHOD, "", &body).await.unwrap() else {
        panic!("no request_id, no repeat")
    };
    let mut tx = ids.db.write().await.unwrap();
    assert_eq!(unseen.settle(&mut tx, &1).await.unwrap(), None);
}
