//! The server goes away and comes back.

use std::time::{Duration, Instant};

use super::*;
use crate::platform::db::wire::Wire;

async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let begin = Instant::now();
    while !condition().await {
        assert!(begin.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn assert_unavailable<T: std::fmt::Debug>(result: Result<T, Error>) {
    assert!(
        matches!(result, Err(Error::Unavailable { .. })),
        "{result:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_is_missed_at_once_and_found_again() {
    let server = test_postgres::Server::start().unwrap();
    let db = Db::open(&settings(&server.make_database().unwrap()))
        .await
        .unwrap();
    let mut tx = db.write().await.unwrap();
    let raise = || query("UPDATE content_revision SET revision = revision + 1");
    raise().execute(&mut *tx).await.unwrap();
    server.stop().unwrap();
    assert_unavailable(tx.commit().await.map_err(Error::from));
    until("the watch sees it", async || {
        let begin = Instant::now();
        let refused = db.ping().await.is_err();
        assert!(begin.elapsed() < Duration::from_secs(5));
        refused && begin.elapsed() < Duration::from_millis(50)
    })
    .await;
    let begin = Instant::now();
    for _ in 0..100 {
        assert_unavailable(db.ping().await);
        assert_unavailable(db.write().await);
    }
    let each = begin.elapsed() / 200;
    assert!(each < Duration::from_millis(20), "refused after {each:?}");

    server.start_again().unwrap();
    until("it is found again", async || db.ping().await.is_ok()).await;
    assert_eq!(revision(&db).await, 0, "what was not committed is gone");
    let mut tx = db.write().await.unwrap();
    raise().execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(revision(&db).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_an_answer_too() {
    let folder = tempfile::tempdir().unwrap();
    let (wire, url) = Wire::to(&test_postgres::postgres_url(folder.path())).await;
    let settings = Database {
        wait_limit: Duration::from_millis(500),
        statement_limit: Duration::from_millis(500),
        ..settings(&url)
    };
    let db = Db::open(&settings).await.unwrap();
    let mut tx = db.write().await.unwrap();
    wire.hold(true);
    let begin = Instant::now();
    let raise = query("UPDATE content_revision SET revision = revision + 1");
    assert_unavailable(raise.execute(&mut *tx).await.map_err(Error::from));
    assert_unavailable(db.ping().await);
    assert_unavailable(db.write().await);
    drop(tx);
    assert!(
        begin.elapsed() < Duration::from_secs(8),
        "{:?}",
        begin.elapsed()
    );
    until("the watch gives up", async || {
        let begin = Instant::now();
        db.ping().await.is_err() && begin.elapsed() < Duration::from_millis(50)
    })
    .await;
    wire.hold(false);
    until("it is found again", async || db.write().await.is_ok()).await;
    // The server has ended the transaction that fell silent, so nobody waits for its lock.
    assert_eq!(revision(&db).await, 0);
}

/// The wire's own test: what is lost is the answer, not the commit, and of no other transaction.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_has_happened() {
    let folder = tempfile::tempdir().unwrap();
    let (wire, url) = Wire::to(&test_postgres::postgres_url(folder.path())).await;
    let db = Db::open(&settings(&url)).await.unwrap();
    let raise = async || -> Result<(), Error> {
        let mut tx = db.write().await?;
        query("UPDATE content_revision SET revision = revision + 1")
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    };
    raise().await.unwrap();
    wire.lose_answers("no such statement", 1);
    raise().await.unwrap();
    wire.lose_answers("UPDATE content_revision", 1);
    assert_unavailable(raise().await);
    assert_eq!(wire.lost(), 1);
    until("it is found again", async || db.write().await.is_ok()).await;
    assert_eq!(revision(&db).await, 3);
    raise().await.unwrap();
    assert_eq!(revision(&db).await, 4);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended_by_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let url = test_postgres::postgres_url(folder.path());
    let settings = Database {
        statement_limit: Duration::from_millis(200),
        ..settings(&url)
    };
    let db = Db::open(&settings).await.unwrap();
    let slow = query("SELECT pg_sleep(60)").execute(db.read()).await;
    assert_unavailable(slow.map_err(Error::from));
    db.ping().await.unwrap();
    // So is waiting for a writer that does not come to its end.
    let mut tx = db.write().await.unwrap();
    let busy = async {
        for _ in 0..20 {
            query("SELECT 1").execute(&mut *tx).await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let ((), waiting) = tokio::join!(busy, db.write());
    assert_unavailable(waiting);
    drop(tx);
    db.write().await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn the_password_is_in_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let url = test_postgres::postgres_url(folder.path());
    let wrong = [
        url.replace("tester@", "tester:hunter2@")
            .replace("/test_", "/no_test_"),
        "postgres://tester:hunter2@127.0.0.1:1/course".into(),
    ];
    for url in wrong {
        let error = Db::open(&settings(&url)).await.unwrap_err();
        let text = format!("{error:#} {error:?}");
        assert!(text.contains("connect to the database"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}
