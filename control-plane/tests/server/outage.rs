//! The database goes away under a running server, and comes back.

use std::time::{Duration, Instant};

use coderunner_proto::v1 as pb;
use pb::problem_service_client::ProblemServiceClient;
use pb::progress_service_client::ProgressServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::support::{PASSWORD, http};
use crate::support::{Running, UNLIMITED, credentials, refused, start_on, with};

const KNOWN: &str = "fizz-buzz";

async fn is_ready(running: &Running) -> bool {
    let answer = http(running.admin, "GET /ready HTTP/1.1", b"").await;
    answer.starts_with("http/1.1 200")
}

async fn until_ready(running: &Running, wanted: bool) {
    let begin = Instant::now();
    while is_ready(running).await != wanted {
        assert!(begin.elapsed() < Duration::from_secs(60), "ready: {wanted}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Problems, levels and cheatsheets, as somebody who is logged in reads them.
async fn read_course(running: &Running, token: &str) -> Result<(), Status> {
    let mut problems = ProblemServiceClient::new(running.channel.clone());
    let get = pb::GetProblemRequest { slug: KNOWN.into() };
    problems.get_problem(with(token, get)).await?;
    let list = pb::ListProblemsRequest::default();
    problems.list_problems(with(token, list)).await?;
    let levels = pb::ListLevelsRequest::default();
    let levels = problems.list_levels(with(token, levels)).await?;
    assert!(!levels.into_inner().levels.is_empty());
    let sheets = pb::ListCheatsheetsRequest::default();
    problems.list_cheatsheets(with(token, sheets)).await?;
    Ok(())
}

fn is_away<T: std::fmt::Debug>(result: Result<T, Status>) {
    let details = refused(result, Code::Unavailable, "UNAVAILABLE");
    let wait = details.retry_info().unwrap().retry_delay.unwrap();
    assert!(wait > Duration::ZERO && wait < Duration::from_secs(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_course_is_served_without_a_database_and_all_else_says_when_to_come_again() {
    let server = test_postgres::Server::start().unwrap();
    let running = start_on(&server.make_database().unwrap(), UNLIMITED).await;
    let token = running.student("ada").await.tokens.unwrap().access_token;
    let other = running.student("bob").await.tokens.unwrap().access_token;
    read_course(&running, &token).await.unwrap();
    assert!(is_ready(&running).await);

    server.stop().unwrap();
    until_ready(&running, false).await;
    let begin = Instant::now();
    for _ in 0..5 {
        read_course(&running, &token).await.unwrap();
    }
    let channel: Channel = running.channel.clone();
    is_away(running.auth().login(credentials("ada", PASSWORD)).await);
    let progress = pb::GetSummaryRequest::default();
    let mut client = ProgressServiceClient::new(channel.clone());
    is_away(client.get_summary(with(&token, progress)).await);
    let draft = pb::SaveDraftRequest {
        problem: KNOWN.into(),
        source: "print(1)".into(),
    };
    is_away(client.save_draft(with(&token, draft)).await);
    // This caller was never seen, so reads like somebody who is not logged in.
    read_course(&running, &other).await.unwrap();
    let me = with(&other, pb::GetMeRequest {});
    is_away(running.auth().get_me(me).await);
    // Nobody has read this one.
    let unread = pb::GetProblemRequest {
        slug: "count-vowels".into(),
    };
    let mut problems = ProblemServiceClient::new(channel);
    is_away(problems.get_problem(with(&token, unread)).await);
    assert!(
        begin.elapsed() < Duration::from_secs(5),
        "{:?}",
        begin.elapsed()
    );

    server.start_again().unwrap();
    until_ready(&running, true).await;
    running
        .auth()
        .login(credentials("ada", PASSWORD))
        .await
        .unwrap();
    read_course(&running, &other).await.unwrap();
    running.stop().await;
}
