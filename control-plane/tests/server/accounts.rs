//! Registering, logging in, refreshing, logging out.

use std::time::Duration;

use coderunner_proto::v1 as pb;
use tonic::Code;

use crate::support::{
    PASSWORD, Running, UNLIMITED, credentials, refused, registration, start, with,
};

async fn me(running: &Running, token: &str) -> Result<pb::User, tonic::Status> {
    let answer = running
        .auth()
        .get_me(with(token, pb::GetMeRequest {}))
        .await?;
    Ok(answer.into_inner().user.unwrap())
}

#[tokio::test]
async fn an_account_logs_in_and_is_known() {
    let running = start("").await;
    let user = running.student("ada").await.user.unwrap();
    assert_eq!(
        (user.email.as_str(), user.role()),
        ("ada@example.org", pb::Role::Student)
    );

    let login = running
        .auth()
        .login(credentials("ADA", PASSWORD))
        .await
        .unwrap()
        .into_inner();
    let tokens = login.tokens.unwrap();
    assert_eq!(login.user.as_ref(), Some(&user));
    assert_eq!(me(&running, &tokens.access_token).await.unwrap(), user);
    let seconds = |time: Option<prost_types::Timestamp>| time.unwrap().seconds;
    let lifetimes = (
        seconds(tokens.access_token_expire_time) - 1_893_456_000,
        seconds(tokens.refresh_token_expire_time) - 1_893_456_000,
    );
    assert_eq!(lifetimes, (900, 7 * 86_400));
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let running = start("").await;
    let request = pb::RegisterRequest {
        request_id: String::new(),
        email: "ada".into(),
        password: "short".into(),
        display_name: String::new(),
        age_group: 99,
    };
    let refusal = running.auth().register(request).await;
    let details = refused(refusal, Code::InvalidArgument, "INVALID_ARGUMENT");
    let fields: Vec<_> = details
        .bad_request()
        .unwrap()
        .field_violations
        .iter()
        .map(|it| it.field.clone())
        .collect();
    assert_eq!(fields, ["email", "password", "display_name", "age_group"]);
}

#[tokio::test]
async fn an_address_has_one_account_and_a_repeat_gets_it_again() {
    let running = start("").await;
    let first = pb::RegisterRequest {
        request_id: "r1".into(),
        ..registration("ada")
    };
    let account = running
        .auth()
        .register(first.clone())
        .await
        .unwrap()
        .into_inner();
    let again = running
        .auth()
        .register(first.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(account.user, again.user);
    assert!(
        me(&running, &again.tokens.unwrap().access_token)
            .await
            .is_ok()
    );

    for other in [
        pb::RegisterRequest {
            password: "another password".into(),
            ..first.clone()
        },
        pb::RegisterRequest {
            display_name: "Eve".into(),
            ..first.clone()
        },
    ] {
        let refusal = running.auth().register(other).await;
        refused(refusal, Code::InvalidArgument, "REQUEST_ID_REUSED");
    }
    for request_id in ["", "r2"] {
        let other = pb::RegisterRequest {
            request_id: request_id.into(),
            ..first.clone()
        };
        let refusal = running.auth().register(other).await;
        refused(refusal, Code::AlreadyExists, "EMAIL_TAKEN");
    }
}

#[tokio::test]
async fn missing_and_wrong_tokens_are_told_apart_from_expired_ones() {
    let running = start("").await;
    let mine = running.student("ada").await.tokens.unwrap().access_token;
    let call = running.auth().get_me(pb::GetMeRequest {}).await;
    refused(call, Code::Unauthenticated, "NO_TOKEN");
    for wrong in ["", "x", "a.b.c", &mine[..mine.len() - 4]] {
        refused(
            me(&running, wrong).await,
            Code::Unauthenticated,
            "TOKEN_INVALID",
        );
    }
    // The token of another installation.
    let other = start("").await;
    let theirs = other.student("ada").await.tokens.unwrap().access_token;
    refused(
        me(&running, &theirs).await,
        Code::Unauthenticated,
        "TOKEN_INVALID",
    );

    running.clock.advance(Duration::from_secs(899));
    assert!(me(&running, &mine).await.is_ok());
    running.clock.advance(Duration::from_secs(1));
    refused(
        me(&running, &mine).await,
        Code::Unauthenticated,
        "TOKEN_EXPIRED",
    );
}

async fn refresh(running: &Running, token: &str) -> Result<pb::Tokens, tonic::Status> {
    let request = pb::RefreshRequest {
        refresh_token: token.into(),
    };
    Ok(running
        .auth()
        .refresh(request)
        .await?
        .into_inner()
        .tokens
        .unwrap())
}

#[tokio::test]
async fn a_refresh_token_works_once_and_reuse_ends_the_session() {
    let running = start("").await;
    let first = running.student("ada").await.tokens.unwrap();
    let other = running
        .auth()
        .login(credentials("ada", PASSWORD))
        .await
        .unwrap()
        .into_inner();
    let second = refresh(&running, &first.refresh_token).await.unwrap();
    let third = refresh(&running, &second.refresh_token).await.unwrap();
    assert!(me(&running, &third.access_token).await.is_ok());

    let stolen = refresh(&running, &first.refresh_token).await;
    refused(stolen, Code::Unauthenticated, "REFRESH_TOKEN_REUSED");
    // Whoever of the two was the thief, nobody goes on.
    let newest = refresh(&running, &third.refresh_token).await;
    refused(newest, Code::Unauthenticated, "REFRESH_TOKEN_INVALID");
    refused(
        me(&running, &third.access_token).await,
        Code::Unauthenticated,
        "SESSION_ENDED",
    );
    // Another login of the same account is none of this.
    assert!(
        me(&running, &other.tokens.unwrap().access_token)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn made_up_and_old_refresh_tokens_are_refused() {
    let running = start("").await;
    let tokens = running.student("ada").await.tokens.unwrap();
    for wrong in ["", "x", tokens.access_token.as_str()] {
        let refusal = refresh(&running, wrong).await;
        refused(refusal, Code::Unauthenticated, "REFRESH_TOKEN_INVALID");
    }
    running.clock.advance(Duration::from_secs(7 * 86_400));
    let refusal = refresh(&running, &tokens.refresh_token).await;
    refused(refusal, Code::Unauthenticated, "REFRESH_TOKEN_INVALID");
}

#[tokio::test]
async fn a_refresh_works_with_an_expired_access_token_attached() {
    let running = start("").await;
    let tokens = running.student("ada").await.tokens.unwrap();
    running.clock.advance(Duration::from_secs(3600));
    let request = pb::RefreshRequest {
        refresh_token: tokens.refresh_token,
    };
    let answer = running
        .auth()
        .refresh(with(&tokens.access_token, request))
        .await;
    assert!(answer.is_ok(), "{answer:?}");
}

#[tokio::test]
async fn two_refreshes_at_once_give_one_pair() {
    let running = start("").await;
    let tokens = running.student("ada").await.tokens.unwrap();
    let (one, two) = tokio::join!(
        refresh(&running, &tokens.refresh_token),
        refresh(&running, &tokens.refresh_token),
    );
    assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1);
}

#[tokio::test]
async fn logging_out_ends_the_session_at_once() {
    let running = start("").await;
    let tokens = running.student("ada").await.tokens.unwrap();
    let token = tokens.access_token;
    running
        .auth()
        .logout(with(&token, pb::LogoutRequest {}))
        .await
        .unwrap();
    refused(
        me(&running, &token).await,
        Code::Unauthenticated,
        "SESSION_ENDED",
    );
    let refusal = refresh(&running, &tokens.refresh_token).await;
    refused(refusal, Code::Unauthenticated, "REFRESH_TOKEN_INVALID");
}

#[tokio::test]
async fn sessions_are_listed_in_pages_and_ended_by_their_owner_only() {
    let running = start(UNLIMITED).await;
    let token = running.student("ada").await.tokens.unwrap().access_token;
    for _ in 0..4 {
        running
            .auth()
            .login(credentials("ada", PASSWORD))
            .await
            .unwrap();
    }
    let mut sessions = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListSessionsRequest {
            page_size: 2,
            page_token,
        };
        let page = running
            .auth()
            .list_sessions(with(&token, request))
            .await
            .unwrap()
            .into_inner();
        assert!(page.sessions.len() <= 2);
        sessions.extend(page.sessions);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(sessions.len(), 5);
    assert_eq!(sessions.iter().filter(|session| session.current).count(), 1);

    let end = |token: String, session_id: &str| {
        let request = pb::RevokeSessionRequest {
            session_id: session_id.into(),
        };
        let mut client = running.auth();
        async move { client.revoke_session(with(&token, request)).await }
    };
    let eve = running.student("eve").await.tokens.unwrap().access_token;
    for id in [
        sessions[0].id.as_str(),
        "",
        "x",
        "0197f000-0000-7000-8000-000000000000",
    ] {
        refused(end(eve.clone(), id).await, Code::NotFound, "NOT_FOUND");
    }
    end(token.clone(), &sessions[0].id).await.unwrap();
    end(token.clone(), &sessions[0].id)
        .await
        .expect("safe to repeat");
    let request = pb::ListSessionsRequest::default();
    let left = running
        .auth()
        .list_sessions(with(&token, request))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(left.sessions.len(), 4);
}

#[tokio::test]
async fn an_admin_ends_all_sessions_of_an_account() {
    let running = start(UNLIMITED).await;
    let admin = running.token("root", "admin").await;
    let ada = running.student("ada").await;
    let user_id = ada.user.unwrap().id;
    let tokens = ada.tokens.unwrap();
    let login = running.auth().login(credentials("ada", PASSWORD)).await;
    let other = login.unwrap().into_inner().tokens.unwrap();
    let end = |user_id: String| with(&admin, pb::EndSessionsRequest { user_id });
    for expected in [2, 0] {
        let ended = running.auth().end_sessions(end(user_id.clone())).await;
        assert_eq!(ended.unwrap().into_inner().ended_count, expected);
    }
    for tokens in [tokens, other] {
        let answer = me(&running, &tokens.access_token).await;
        refused(answer, Code::Unauthenticated, "SESSION_ENDED");
        let answer = refresh(&running, &tokens.refresh_token).await;
        refused(answer, Code::Unauthenticated, "REFRESH_TOKEN_INVALID");
    }
    for unknown in ["", "0197f000-0000-7000-8000-000000000000"] {
        let answer = running.auth().end_sessions(end(unknown.into())).await;
        refused(answer, Code::NotFound, "NOT_FOUND");
    }
}
