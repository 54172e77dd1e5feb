//! What repeats get.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::platform::clock::{Clock, TestClock};

const METHOD: &str = "/coderunner.v1.Test/Make";

struct Setting {
    _folder: tempfile::TempDir,
    clock: Arc<TestClock>,
    ids: Idempotency,
    user: UserId,
    done: AtomicU32,
}

async fn setting() -> Setting {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at("2030-01-01T00:00:00Z".parse().unwrap()));
    let db = Db::open(&folder.path().join("test.db")).await.unwrap();
    let ids = Idempotency::new(db, clock.clone());
    Setting {
        _folder: folder,
        clock,
        ids,
        user: UserId::new(),
        done: AtomicU32::new(0),
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
        self.ids
            .once(user, METHOD, id, &body.to_owned(), work)
            .await
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
    assert_eq!(setting.ids.forget(setting.clock.now()).await.unwrap(), 1);
    assert_eq!(
        setting.call(setting.user, "a", "x", false).await.unwrap(),
        2
    );
}
