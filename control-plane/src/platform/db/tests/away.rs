//! The server goes away and comes back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

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

/// A wire that can be held: nothing gets through, and nobody is told.
struct Wire {
    port: u16,
    held: Arc<AtomicBool>,
}

impl Wire {
    async fn to(address: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self {
            port: listener.local_addr().unwrap().port(),
            held: Arc::default(),
        };
        let held = wire.held.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(&address).await.unwrap();
                let ((near_in, near_out), (far_in, far_out)) =
                    (near.into_split(), far.into_split());
                tokio::spawn(pass(near_in, far_out, held.clone()));
                tokio::spawn(pass(far_in, near_out, held.clone()));
            }
        });
        wire
    }
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    held: Arc<AtomicBool>,
) {
    let mut buffer = vec![0; 8192];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        while held.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_an_answer_too() {
    let folder = tempfile::tempdir().unwrap();
    let url = test_postgres::postgres_url(folder.path());
    let (user, rest) = url.split_once('@').unwrap();
    let (address, name) = rest.split_once('/').unwrap();
    let wire = Wire::to(address.to_owned()).await;
    let url = format!("{user}@127.0.0.1:{}/{name}", wire.port);
    let settings = Database {
        wait_limit: Duration::from_millis(500),
        statement_limit: Duration::from_millis(500),
        ..settings(&url)
    };
    let db = Db::open(&settings).await.unwrap();
    let mut tx = db.write().await.unwrap();
    wire.held.store(true, Ordering::SeqCst);
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
    wire.held.store(false, Ordering::SeqCst);
    until("it is found again", async || db.write().await.is_ok()).await;
    // The server has ended the transaction that fell silent, so nobody waits for its lock.
    assert_eq!(revision(&db).await, 0);
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
