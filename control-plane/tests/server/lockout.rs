//! Locks after failed logins: they grow, hold over a restart, and don't hit the owner elsewhere.

use std::time::Duration;

use coderunner_proto::v1 as pb;
use control_plane::users::model::Email;
use control_plane::users::store;
use tonic::{Code, Request, Status};

use crate::support::{PASSWORD, Running, UNLIMITED, credentials, refused, registration, start};

async fn login(running: &Running, name: &str, password: &str) -> Result<(), tonic::Status> {
    running
        .auth()
        .login(credentials(name, password))
        .await
        .map(drop)
}

#[tokio::test]
async fn failed_logins_lock_an_account_for_a_growing_while() {
    let running = start(UNLIMITED).await;
    running.student("ada").await;
    // The same for an address without an account, so that nobody learns which exist.
    for name in ["ada", "nobody"] {
        for _ in 0..5 {
            let refusal = login(&running, name, "wrong password").await;
            refused(refusal, Code::Unauthenticated, "BAD_CREDENTIALS");
        }
        let refusal = login(&running, name, PASSWORD).await;
        let details = refused(refusal, Code::ResourceExhausted, "ACCOUNT_LOCKED");
        let wait = details.retry_info().unwrap().retry_delay.unwrap();
        assert_eq!(wait, Duration::from_secs(30), "{name}");
    }
    running.clock.advance(Duration::from_secs(31));
    let refusal = login(&running, "ada", "wrong password").await;
    refused(refusal, Code::Unauthenticated, "BAD_CREDENTIALS");
    let refusal = login(&running, "ada", PASSWORD).await;
    let details = refused(refusal, Code::ResourceExhausted, "ACCOUNT_LOCKED");
    let wait = details.retry_info().unwrap().retry_delay.unwrap();
    assert_eq!(wait, Duration::from_secs(60));

    running.clock.advance(Duration::from_secs(61));
    login(&running, "ada", PASSWORD).await.unwrap();
    let refusal = login(&running, "ada", "wrong password").await;
    refused(refusal, Code::Unauthenticated, "BAD_CREDENTIALS");
    login(&running, "ada", PASSWORD)
        .await
        .expect("a right login forgets the failures");
}

#[tokio::test]
async fn guesses_side_by_side_do_not_get_past_the_lock() {
    let running = start(UNLIMITED).await;
    running.student("ada").await;
    let guesses = (0..12).map(|number| {
        let password = if number == 11 {
            PASSWORD.into()
        } else {
            format!("guess {number}")
        };
        let mut client = running.auth();
        async move {
            // The right one comes last.
            tokio::time::sleep(Duration::from_millis(if number == 11 { 300 } else { 0 })).await;
            client.login(credentials("ada", &password)).await
        }
    });
    let answers = futures::future::join_all(guesses).await;
    let told: Vec<_> = answers
        .iter()
        .map(|it| it.as_ref().map_err(tonic::Status::code))
        .collect();
    let judged = told
        .iter()
        .filter(|it| matches!(it, Err(Code::Unauthenticated)))
        .count();
    assert_eq!(judged, 5, "{told:?}");
    assert!(told.iter().all(Result::is_err), "{told:?}");
}

/// No limit of frequency, and this machine is a proxy that names its clients.
const PROXIED: &str = "trusted_proxies = [\"127.0.0.1\"]\n[limits]\ncalls_per_minute = 0\n\
    anonymous_calls_per_minute = 0\nlogins_per_minute = 0\n";

/// Logs in from somewhere.
async fn login_from(
    running: &Running,
    address: &str,
    name: &str,
    password: &str,
) -> Result<pb::LoginResponse, Status> {
    let mut request = Request::new(credentials(name, password));
    let address = address.parse().unwrap();
    request.metadata_mut().insert("x-forwarded-for", address);
    let answer = running.auth().login(request).await?;
    Ok(answer.into_inner())
}

/// Registers anew what was registered before, but with another password.
async fn register_again(running: &Running, password: &str) -> Result<(), Status> {
    let request = pb::RegisterRequest {
        request_id: "mine".into(),
        password: password.into(),
        ..registration("ada")
    };
    running.auth().register(request).await.map(drop)
}

#[tokio::test]
async fn repeats_of_a_registration_are_guesses_like_others() {
    let running = start(UNLIMITED).await;
    register_again(&running, PASSWORD).await.unwrap();
    register_again(&running, PASSWORD).await.expect("a repeat");
    for _ in 0..5 {
        let refusal = register_again(&running, "wrong password").await;
        refused(refusal, Code::InvalidArgument, "REQUEST_ID_REUSED");
    }
    let refusal = register_again(&running, PASSWORD).await;
    refused(refusal, Code::ResourceExhausted, "ACCOUNT_LOCKED");
    let refusal = login(&running, "ada", PASSWORD).await;
    refused(refusal, Code::ResourceExhausted, "ACCOUNT_LOCKED");
}

#[tokio::test]
async fn repeats_of_a_registration_are_as_frequent_as_logins() {
    let running = start("[limits]\nanonymous_calls_per_minute = 0\n").await;
    for _ in 0..11 {
        register_again(&running, PASSWORD).await.unwrap();
    }
    let refusal = register_again(&running, PASSWORD).await;
    refused(refusal, Code::ResourceExhausted, "RATE_LIMITED");
}

#[tokio::test]
async fn a_registration_can_be_repeated_for_a_day_and_until_the_password_changes() {
    let running = start(UNLIMITED).await;
    register_again(&running, PASSWORD).await.unwrap();
    running.clock.advance(Duration::from_secs(86_399));
    register_again(&running, PASSWORD).await.unwrap();
    running.clock.advance(Duration::from_secs(1));
    let refusal = register_again(&running, PASSWORD).await;
    refused(refusal, Code::AlreadyExists, "EMAIL_TAKEN");

    let running = start(UNLIMITED).await;
    register_again(&running, PASSWORD).await.unwrap();
    let email = Email::parse("ada@example.org").unwrap();
    let db = &running.platform.db;
    let account = store::by_email(db.read(), &email).await.unwrap().unwrap();
    let mut tx = db.write().await.unwrap();
    store::set_password(&mut tx, account.user.id, &account.password_hash)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let refusal = register_again(&running, PASSWORD).await;
    refused(refusal, Code::AlreadyExists, "EMAIL_TAKEN");
}

#[tokio::test]
async fn a_stranger_elsewhere_does_not_lock_out_the_owner() {
    let running = start(PROXIED).await;
    running.student("ada").await;
    for _ in 0..5 {
        let refusal = login_from(&running, "198.51.100.1", "ada", "guess").await;
        refused(refusal, Code::Unauthenticated, "BAD_CREDENTIALS");
    }
    let refusal = login_from(&running, "198.51.100.1", "ada", PASSWORD).await;
    refused(refusal, Code::ResourceExhausted, "ACCOUNT_LOCKED");
    login_from(&running, "203.0.113.1", "ada", PASSWORD)
        .await
        .expect("the owner is somewhere else");
}

#[tokio::test]
async fn addresses_of_one_ipv6_network_are_one_place() {
    let running = start(PROXIED).await;
    running.student("ada").await;
    for host in 1..=5 {
        let address = format!("2001:db8::{host}");
        let refusal = login_from(&running, &address, "ada", "guess").await;
        refused(refusal, Code::Unauthenticated, "BAD_CREDENTIALS");
    }
    let refusal = login_from(&running, "2001:db8::6", "ada", PASSWORD).await;
    refused(refusal, Code::ResourceExhausted, "ACCOUNT_LOCKED");
}

#[tokio::test]
async fn guessing_from_many_networks_locks_new_ones_for_a_while_and_known_ones_never() {
    let running = start(PROXIED).await;
    running.student("ada").await;
    let home = "203.0.113.1";
    login_from(&running, home, "ada", PASSWORD).await.unwrap();
    let mut longest = Duration::ZERO;
    for guess in 0..70 {
        let address = format!("198.51.100.{}", guess + 1);
        match login_from(&running, &address, "ada", "guess").await {
            Err(status) if status.code() == Code::ResourceExhausted => {
                let details = refused::<()>(Err(status), Code::ResourceExhausted, "ACCOUNT_LOCKED");
                let wait = details.retry_info().unwrap().retry_delay.unwrap();
                longest = longest.max(wait);
                assert!(guess >= 50, "locked after {guess} guesses");
                // The attacker waits each lock out.
                running.clock.advance(wait);
            }
            answer => drop(refused(answer, Code::Unauthenticated, "BAD_CREDENTIALS")),
        }
    }
    let refusal = login_from(&running, "192.0.2.1", "ada", "guess").await;
    assert!(refusal.is_err());
    assert!(
        longest >= Duration::from_secs(60) && longest <= Duration::from_secs(900),
        "{longest:?}"
    );
    login_from(&running, home, "ada", PASSWORD)
        .await
        .expect("the owner at home is not locked out");
}

#[tokio::test]
async fn an_owner_who_mistypes_now_and_then_does_not_lock_the_account_elsewhere() {
    let running = start(PROXIED).await;
    running.student("ada").await;
    // Together as many as would lock the account for networks that it does not know.
    for _ in 0..13 {
        for _ in 0..4 {
            let refusal = login_from(&running, "203.0.113.1", "ada", "typo").await;
            refused(refusal, Code::Unauthenticated, "BAD_CREDENTIALS");
        }
        login_from(&running, "203.0.113.1", "ada", PASSWORD)
            .await
            .unwrap();
    }
    login_from(&running, "198.51.100.1", "ada", PASSWORD)
        .await
        .expect("nobody has guessed");
}

#[tokio::test]
async fn a_login_takes_back_no_failures_of_other_networks() {
    let running = start(PROXIED).await;
    running.student("ada").await;
    for guess in 0..50 {
        let address = format!("198.51.100.{}", guess + 1);
        let refusal = login_from(&running, &address, "ada", "guess").await;
        refused(refusal, Code::Unauthenticated, "BAD_CREDENTIALS");
        if guess == 10 {
            let home = "203.0.113.1";
            let refusal = login_from(&running, home, "ada", "typo").await;
            refused(refusal, Code::Unauthenticated, "BAD_CREDENTIALS");
            login_from(&running, home, "ada", PASSWORD).await.unwrap();
        }
    }
    let refusal = login_from(&running, "192.0.2.1", "ada", PASSWORD).await;
    refused(refusal, Code::ResourceExhausted, "ACCOUNT_LOCKED");
}

#[tokio::test]
async fn a_lock_holds_over_a_restart() {
    let running = start(UNLIMITED).await;
    running.student("ada").await;
    for _ in 0..5 {
        let refusal = login(&running, "ada", "wrong password").await;
        refused(refusal, Code::Unauthenticated, "BAD_CREDENTIALS");
    }
    let running = running.restart().await;
    let refusal = login(&running, "ada", PASSWORD).await;
    refused(refusal, Code::ResourceExhausted, "ACCOUNT_LOCKED");
}
