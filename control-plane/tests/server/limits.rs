//! How often and how much.

use std::time::Duration;

use coderunner_proto::v1 as pb;
use pb::problem_service_client::ProblemServiceClient;
use pb::progress_service_client::ProgressServiceClient;
use tonic::Code;
use tonic::codec::CompressionEncoding;

use crate::support::{PASSWORD, UNLIMITED, credentials, refused, registration, start, with};

#[tokio::test]
async fn a_user_has_60_calls_a_minute() {
    let running = start("").await;
    let token = running.student("ada").await.tokens.unwrap().access_token;
    let mut auth = running.auth();
    for _ in 0..60 {
        auth.get_me(with(&token, pb::GetMeRequest {}))
            .await
            .unwrap();
    }
    let refusal = auth.get_me(with(&token, pb::GetMeRequest {})).await;
    let details = refused(refusal, Code::ResourceExhausted, "RATE_LIMITED");
    let wait = details.retry_info().unwrap().retry_delay.unwrap();
    assert!(
        wait <= Duration::from_secs(1) && wait > Duration::ZERO,
        "{wait:?}"
    );
    // Waiting as told helps, and others are not touched.
    running.clock.advance(wait);
    auth.get_me(with(&token, pb::GetMeRequest {}))
        .await
        .unwrap();
    let other = running.student("bob").await.tokens.unwrap().access_token;
    auth.get_me(with(&other, pb::GetMeRequest {}))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_address_has_300_reads_of_the_course_a_minute_without_login() {
    let running = start("").await;
    let mut problems = ProblemServiceClient::new(running.channel.clone());
    for _ in 0..300 {
        problems.list_tags(pb::ListTagsRequest {}).await.unwrap();
    }
    let refusal = problems.list_tags(pb::ListTagsRequest {}).await;
    refused(refusal, Code::ResourceExhausted, "RATE_LIMITED");
    // A made-up token or proxy header opens no new account of calls.
    let refusal = problems
        .list_tags(with("made-up", pb::ListTagsRequest {}))
        .await;
    refused(refusal, Code::ResourceExhausted, "RATE_LIMITED");
    let mut request = tonic::Request::new(pb::ListTagsRequest {});
    request
        .metadata_mut()
        .insert("x-forwarded-for", "203.0.113.9".parse().unwrap());
    refused(
        problems.list_tags(request).await,
        Code::ResourceExhausted,
        "RATE_LIMITED",
    );
}

#[tokio::test]
async fn a_login_brings_no_more_calls_that_give_logins() {
    let running = start("").await;
    let token = running.student("ada").await.tokens.unwrap().access_token;
    let mut auth = running.auth();
    for _ in 1..30 {
        let refusal = auth.login(with(&token, credentials("nobody", PASSWORD)));
        let refusal = refusal.await.unwrap_err();
        let codes = [Code::Unauthenticated, Code::ResourceExhausted];
        assert!(codes.contains(&refusal.code()), "{refusal:?}");
    }
    let refusal = auth.login(with(&token, credentials("ada", PASSWORD)));
    refused(refusal.await, Code::ResourceExhausted, "RATE_LIMITED");
    let refusal = auth.register(with(&token, registration("bob")));
    refused(refusal.await, Code::ResourceExhausted, "RATE_LIMITED");
    // A made-up token makes a call that needs a login one without.
    let refusal = auth.get_me(with("made-up", pb::GetMeRequest {})).await;
    refused(refusal, Code::ResourceExhausted, "RATE_LIMITED");
    // Other calls are the user's own.
    auth.get_me(with(&token, pb::GetMeRequest {}))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_address_has_120_refreshes_a_minute_and_they_cost_no_logins() {
    let running = start("").await;
    let token = running.student("ada").await.tokens.unwrap().access_token;
    let mut auth = running.auth();
    for _ in 0..120 {
        let refusal = auth.refresh(with(&token, pb::RefreshRequest::default()));
        let (code, reason) = (Code::Unauthenticated, "REFRESH_TOKEN_INVALID");
        refused(refusal.await, code, reason);
    }
    let refusal = auth.refresh(with(&token, pb::RefreshRequest::default()));
    refused(refusal.await, Code::ResourceExhausted, "RATE_LIMITED");
    auth.login(credentials("ada", PASSWORD)).await.unwrap();
}

/// A class behind the one address of its school, in the first minute of a lesson: everybody opens the
/// page, looks at the course, logs in, works, and opens the page anew.
#[tokio::test]
async fn thirty_children_behind_one_address_all_get_in_within_a_minute() {
    let running = start("").await;
    for number in 0..30 {
        running.student(&format!("child{number}")).await;
        running.clock.advance(Duration::from_secs(2));
    }
    running.clock.advance(Duration::from_secs(60));
    let mut answers = Vec::new();
    let mut problems = ProblemServiceClient::new(running.channel.clone());
    let mut tokens = Vec::new();
    for number in 0..30 {
        let tags = problems.list_tags(pb::ListTagsRequest {}).await;
        let levels = problems.list_levels(pb::ListLevelsRequest::default()).await;
        let sheets = pb::ListCheatsheetsRequest::default();
        let sheets = problems.list_cheatsheets(sheets).await;
        answers.extend([tags.map(drop), levels.map(drop), sheets.map(drop)]);
        let child = credentials(&format!("child{number}"), PASSWORD);
        match running.auth().login(child).await {
            Ok(login) => tokens.extend(login.into_inner().tokens),
            Err(status) => answers.push(Err(status)),
        }
    }
    for given in &tokens {
        let get = |slug: &str| {
            with(
                &given.access_token,
                pb::GetProblemRequest { slug: slug.into() },
            )
        };
        for _ in 0..10 {
            answers.push(problems.get_problem(get("fizz-buzz")).await.map(drop));
        }
        let refresh_token = given.refresh_token.clone();
        let refresh = running
            .auth()
            .refresh(pb::RefreshRequest { refresh_token })
            .await;
        answers.push(refresh.map(drop));
    }
    let refused: Vec<_> = answers
        .iter()
        .filter_map(|answer| answer.as_ref().err())
        .collect();
    println!(
        "{} children in, {} calls, {} refused",
        tokens.len(),
        answers.len(),
        refused.len()
    );
    assert!(refused.is_empty(), "{refused:?}");
    assert_eq!(tokens.len(), 30);
}

#[tokio::test]
async fn an_account_has_10_logins_a_minute_from_an_address() {
    let running = start("").await;
    running.student("ada").await;
    for _ in 0..10 {
        running
            .auth()
            .login(credentials("ada", PASSWORD))
            .await
            .unwrap();
    }
    let refusal = running.auth().login(credentials("ada", PASSWORD)).await;
    refused(refusal, Code::ResourceExhausted, "RATE_LIMITED");
    running.clock.advance(Duration::from_secs(6));
    running
        .auth()
        .login(credentials("ada", PASSWORD))
        .await
        .unwrap();
}

#[tokio::test]
async fn large_requests_are_refused_by_their_decompressed_size() {
    let running = start(UNLIMITED).await;
    let token = running.student("ada").await.tokens.unwrap().access_token;
    let draft = |size: usize| {
        let problem = "fizz-buzz".into();
        with(
            &token,
            pb::SaveDraftRequest {
                problem,
                source: " ".repeat(size),
            },
        )
    };
    let plain = ProgressServiceClient::new(running.channel.clone());
    let zipped = plain.clone().send_compressed(CompressionEncoding::Gzip);
    for mut client in [plain, zipped] {
        client.save_draft(draft(100 * 1024)).await.unwrap();
        let refusal = client.save_draft(draft(100 * 1024 + 1)).await;
        refused(refusal, Code::InvalidArgument, "INVALID_ARGUMENT");
        let status = client.save_draft(draft(5 * 1024 * 1024)).await.unwrap_err();
        let codes = [Code::OutOfRange, Code::ResourceExhausted];
        assert!(codes.contains(&status.code()), "{status:?}");
    }
}
