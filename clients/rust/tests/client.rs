//! What the client does about broken streams and spent tokens, against a scripted server.

mod scripted;

use std::sync::Arc;
use std::time::Duration;

use coderunner_client::{Client, Error, RunEvent, Settings, Stream};
use futures::StreamExt;
use scripted::{Script, serve};

async fn client_of(script: &Arc<Script>) -> Client {
    let address = serve(Arc::clone(script)).await;
    let client = Client::new(Settings::new(format!("http://{address}"))).unwrap();
    client.login("mira@example.org", "secret").await.unwrap();
    client
}

/// What a user sees of a run: stdout, stderr, and the names of the other events.
async fn seen(client: &Client) -> (String, String, Vec<&'static str>) {
    let (mut stdout, mut stderr, mut others) = (String::new(), String::new(), Vec::new());
    let mut events = client.watch_run("run");
    while let Some(event) = events.next().await {
        match event.unwrap() {
            RunEvent::Output {
                stream: Stream::Stdout,
                data,
            } => {
                stdout.push_str(std::str::from_utf8(&data).unwrap());
            }
            RunEvent::Output {
                stream: Stream::Stderr,
                data,
            } => {
                stderr.push_str(std::str::from_utf8(&data).unwrap());
            }
            RunEvent::Output {
                stream: Stream::Drawing,
                data,
            } => {
                assert_eq!(data, b"[0]\n");
                others.push("drawn");
            }
            RunEvent::Queued(_) => others.push("queued"),
            RunEvent::Started => others.push("started"),
            RunEvent::Reconnecting => {}
            RunEvent::Finished(_) => others.push("finished"),
        }
    }
    (stdout, stderr, others)
}

#[tokio::test]
async fn a_watch_broken_anywhere_loses_and_repeats_nothing() {
    let places = (0..7).flat_map(|first| (0..7).map(move |second| [first, second]));
    let all = places.map(|breaks| async move {
        let script = Arc::new(Script::default());
        *script.breaks_after.lock().unwrap() = breaks.to_vec();
        let client = client_of(&script).await;

        let (stdout, stderr, others) = seen(&client).await;

        let place = format!("broken after {breaks:?} messages");
        // "three" and the drawing are only in the finished run: output that came with the end is not lost.
        assert_eq!(stdout, "one two three", "{place}");
        assert_eq!(stderr, "oops", "{place}");
        assert_eq!(
            others,
            ["queued", "started", "drawn", "finished"],
            "{place}"
        );
    });
    futures::future::join_all(all).await;
}

#[tokio::test]
async fn a_watch_resumes_after_the_last_event_it_saw() {
    let script = Arc::new(Script::default());
    *script.breaks_after.lock().unwrap() = vec![4, 1, 2];
    let client = client_of(&script).await;

    seen(&client).await;

    // Four messages are the snapshot and three events; a snapshot alone moves nothing.
    assert_eq!(*script.watched_after.lock().unwrap(), [0, 3, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stays_away_ends_the_watch() {
    let mut settings = Settings::new("http://127.0.0.1:9");
    settings.resume_limit = Duration::from_secs(10);
    let tokens = coderunner_client::MemoryTokens::default();
    coderunner_client::TokenStore::save(&tokens, Some(&scripted::tokens(1))).unwrap();
    let client = Client::with_tokens(settings, Arc::new(tokens)).unwrap();

    let events: Vec<_> = client.watch_run("run").collect().await;

    assert!(matches!(
        events[..],
        [Ok(RunEvent::Reconnecting), Err(Error::Unreachable { .. })]
    ));
}

#[tokio::test]
async fn a_refused_access_token_is_renewed_once_for_all_who_wait() {
    let script = Arc::new(Script::default());
    let client = client_of(&script).await;

    let (first, second, third) = tokio::join!(client.me(), client.me(), client.me());

    assert!(first.is_ok() && second.is_ok() && third.is_ok());
    assert_eq!(*script.refreshed.lock().unwrap(), ["refresh-1"]);
}

#[tokio::test]
async fn without_a_session_nothing_is_sent() {
    let script = Arc::new(Script::default());
    let client = client_of(&script).await;
    client.logout().await.unwrap();

    let error = client.me().await.unwrap_err();

    assert_eq!(error.reason(), "NO_SESSION");
    assert_eq!(error.to_string(), "you are not logged in");
}
