//! A new key for tokens while the server runs: nobody is logged out.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use coderunner_proto::v1 as pb;
use control_plane::platform::clock::Clock;
use control_plane::platform::config::Mode;
use control_plane::platform::{keys, rotate};
use tonic::Code;

use crate::support::{Running, UNLIMITED, refused, start, with};

const SOON: Duration = Duration::from_secs(20);

/// The key set that is published.
async fn published(running: &Running) -> Vec<String> {
    let head = "GET /.well-known/jwks.json HTTP/1.1";
    let answer = crate::support::http(running.address, head, b"").await;
    let body = &answer[answer.find('{').unwrap()..];
    let set: serde_json::Value = serde_json::from_str(body).unwrap();
    let keys = set["keys"].as_array().unwrap();
    let kid = |key: &serde_json::Value| key["kid"].as_str().unwrap().to_owned();
    keys.iter().map(kid).collect()
}

/// Waits until so many keys are published.
async fn until_published(running: &Running, count: usize) -> Vec<String> {
    let wait = async {
        loop {
            let keys = published(running).await;
            if keys.len() == count {
                return keys;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let told = format!("{count} keys are published soon");
    tokio::time::timeout(SOON, wait).await.expect(&told)
}

fn signer(token: &str) -> String {
    let header = token.split('.').next().unwrap();
    let header = URL_SAFE_NO_PAD.decode(header).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

async fn refresh(running: &Running, tokens: &pb::Tokens) -> pb::Tokens {
    let request = pb::RefreshRequest {
        refresh_token: tokens.refresh_token.clone(),
    };
    let answer = running.auth().refresh(request).await.unwrap();
    answer.into_inner().tokens.unwrap()
}

async fn me(running: &Running, tokens: &pb::Tokens) -> Result<(), tonic::Status> {
    let request = with(&tokens.access_token, pb::GetMeRequest {});
    running.auth().get_me(request).await.map(drop)
}

#[tokio::test]
async fn a_running_server_takes_up_a_new_key_and_nobody_is_logged_out() {
    let running = start(UNLIMITED).await;
    let folder = running.platform.config.keys_dir.clone();
    let before = running.student("ada").await.tokens.unwrap();
    let old = signer(&before.access_token);
    assert_eq!(published(&running).await, std::slice::from_ref(&old));

    let delay = Duration::from_secs(600);
    rotate::rotate(&folder, delay, running.clock.now()).unwrap();
    let keys = until_published(&running, 2).await;
    let new = keys.into_iter().find(|key| *key != old).unwrap();
    let waiting = running.student("bob").await.tokens.unwrap();
    assert_eq!(
        signer(&waiting.access_token),
        old,
        "published first, signs later"
    );

    running.clock.advance(delay);
    me(&running, &before)
        .await
        .expect("the old token still works");
    let after = refresh(&running, &before).await;
    assert_eq!(signer(&after.access_token), new);
    me(&running, &after).await.unwrap();
    me(&running, &waiting).await.unwrap();

    // The last token of the old key has expired, and the key with it; sessions go on.
    running.clock.advance(Duration::from_secs(960));
    assert_eq!(published(&running).await, std::slice::from_ref(&new));
    refused(
        me(&running, &waiting).await,
        Code::Unauthenticated,
        "TOKEN_INVALID",
    );
    let again = refresh(&running, &waiting).await;
    me(&running, &again).await.unwrap();

    let lifetime = running.platform.config.limits.access_token_lifetime;
    let listed = rotate::list(&folder, Mode::Production, lifetime, running.clock.now()).unwrap();
    assert_eq!(rotate::prune(&listed).unwrap().len(), 1);
    let running = running.restart().await;
    assert_eq!(published(&running).await, [new]);
    me(&running, &again).await.unwrap();
}

#[tokio::test]
async fn a_key_file_that_is_taken_away_stops_its_tokens_and_no_session() {
    let running = start(UNLIMITED).await;
    let folder = running.platform.config.keys_dir.clone();
    let leaked = running.student("ada").await.tokens.unwrap();
    rotate::rotate(&folder, Duration::ZERO, running.clock.now()).unwrap();
    until_published(&running, 2).await;
    std::fs::remove_file(folder.join("signing-1.pem")).unwrap();
    until_published(&running, 1).await;
    refused(
        me(&running, &leaked).await,
        Code::Unauthenticated,
        "TOKEN_INVALID",
    );
    me(&running, &refresh(&running, &leaked).await)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_broken_key_file_changes_nothing() {
    let running = start(UNLIMITED).await;
    let folder = running.platform.config.keys_dir.clone();
    let tokens = running.student("ada").await.tokens.unwrap();
    let broken = folder.join("signing-2.pem");
    keys::write_secret(&broken, "not a key").unwrap();
    // A whole one beside it is not taken up either, before the folder is right again.
    rotate::rotate(&folder, Duration::from_secs(60), running.clock.now()).unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(published(&running).await.len(), 1);
    me(&running, &tokens).await.unwrap();
    std::fs::remove_file(broken).unwrap();
    until_published(&running, 2).await;
}
