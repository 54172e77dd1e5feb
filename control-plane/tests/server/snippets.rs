//! Code shared by a link: kept whole, read by whoever has the link, gone after a while.

use std::time::Duration;

use coderunner_proto::common::v1 as common;
use coderunner_proto::v1 as pb;
use pb::snippet_service_client::SnippetServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::support::{Running, UNLIMITED, refused, start, with};

const DAY: Duration = Duration::from_secs(86_400);

fn program() -> common::Program {
    let file = |path: &str, content: &[u8]| common::SourceFile {
        path: path.into(),
        content: content.into(),
    };
    common::Program {
        source: "import shapes\nprint('\u{e4}')\n".into(),
        files: vec![
            file("shapes.py", b"SIDES = 4\n"),
            file("data/a.bin", &[0, 255, 10]),
        ],
    }
}

impl Running {
    fn snippets(&self) -> SnippetServiceClient<Channel> {
        SnippetServiceClient::new(self.channel.clone())
    }

    async fn share(
        &self,
        token: &str,
        request: pb::CreateSnippetRequest,
    ) -> Result<String, Status> {
        let answer = self.snippets().create_snippet(with(token, request)).await?;
        Ok(answer.into_inner().snippet_id)
    }

    async fn shared(&self, id: &str) -> Result<pb::Snippet, Status> {
        let request = pb::GetSnippetRequest {
            snippet_id: id.into(),
        };
        let answer = self.snippets().get_snippet(request).await?;
        Ok(answer.into_inner().snippet.unwrap())
    }
}

fn of(program: common::Program) -> pb::CreateSnippetRequest {
    pb::CreateSnippetRequest {
        program: Some(program),
        ..Default::default()
    }
}

#[tokio::test]
async fn whoever_has_the_link_gets_all_files_until_it_expires() {
    let running = start(UNLIMITED).await;
    let token = running.token("ada", "student").await;
    let science = pb::CreateSnippetRequest {
        profile: "science".into(),
        ..of(program())
    };
    let id = running.share(&token, science).await.unwrap();
    assert_eq!(id.len(), 32);
    let snippet = running.shared(&id).await.unwrap();
    assert_eq!((&snippet.id, snippet.profile.as_str()), (&id, "science"));
    assert_eq!(snippet.program, Some(program()));
    let seconds = |time: Option<prost_types::Timestamp>| time.unwrap().seconds;
    let lifetime = seconds(snippet.expire_time) - seconds(snippet.create_time);
    assert_eq!(lifetime, 30 * 86_400);
    running.clock.advance(30 * DAY - Duration::from_secs(1));
    running.shared(&id).await.unwrap();
    running.clock.advance(Duration::from_secs(1));
    refused(running.shared(&id).await, Code::NotFound, "NOT_FOUND");
}

#[tokio::test]
async fn only_who_is_logged_in_shares_and_no_other_id_is_answered() {
    let running = start(UNLIMITED).await;
    let anonymous = running.snippets().create_snippet(of(program())).await;
    refused(anonymous, Code::Unauthenticated, "NO_TOKEN");
    let token = running.token("ada", "student").await;
    let id = running.share(&token, of(program())).await.unwrap();
    let other = running.share(&token, of(program())).await.unwrap();
    assert_ne!(id, other, "each link is one of its own");
    let next = format!(
        "{:032x}",
        u128::from_str_radix(&id, 16).unwrap().wrapping_add(1)
    );
    for wrong in [
        "",
        "x",
        &id[..31],
        &format!("{id}0"),
        &id.to_uppercase().replace(char::is_numeric, "A"),
        "' OR 1=1 --",
        &next,
    ] {
        refused(running.shared(wrong).await, Code::NotFound, "NOT_FOUND");
    }
}

#[tokio::test]
async fn a_repeat_gets_the_same_link_and_another_body_is_refused() {
    let running = start(UNLIMITED).await;
    let token = running.token("ada", "student").await;
    let request = pb::CreateSnippetRequest {
        request_id: "one".into(),
        ..of(program())
    };
    let first = running.share(&token, request.clone()).await.unwrap();
    assert_eq!(running.share(&token, request.clone()).await.unwrap(), first);
    let other = pb::CreateSnippetRequest {
        profile: "science".into(),
        ..request.clone()
    };
    let refusal = running.share(&token, other).await;
    refused(refusal, Code::InvalidArgument, "REQUEST_ID_REUSED");
    let bob = running.token("bob", "student").await;
    assert_ne!(running.share(&bob, request).await.unwrap(), first);
}

#[tokio::test]
async fn what_could_not_be_run_can_t_be_shared() {
    let running = start(UNLIMITED).await;
    let token = running.token("ada", "student").await;
    let path = |path: &str| {
        let mut program = program();
        program.files[0].path = path.into();
        of(program)
    };
    let source = |source: String| {
        of(common::Program {
            source,
            files: Vec::new(),
        })
    };
    let large = |count: usize, bytes: usize| {
        let file = |number: usize| common::SourceFile {
            path: format!("{number}.bin"),
            content: vec![0; bytes],
        };
        of(common::Program {
            source: "x".into(),
            files: (0..count).map(file).collect(),
        })
    };
    for (request, field) in [
        (pb::CreateSnippetRequest::default(), "program.source"),
        (source(" ".into()), "program.source"),
        (source("x".repeat(100 * 1024 + 1)), "program.source"),
        (source("\0".into()), "program.source"),
        (large(65, 1), "program.files"),
        (large(2, 600 * 1024), "program.files"),
        (path("../x"), "program.files[0].path"),
        (path("main.py"), "program.files[0].path"),
        (
            pb::CreateSnippetRequest {
                profile: "perl".into(),
                ..of(program())
            },
            "profile",
        ),
    ] {
        let refusal = running.share(&token, request).await;
        let details = refused(refusal, Code::InvalidArgument, "INVALID_ARGUMENT");
        let wrong = details.bad_request().unwrap();
        assert_eq!(wrong.field_violations[0].field, field);
    }
    running.share(&token, large(1, 1_000_000)).await.unwrap();
}

/// Ada's token for now: those of before the last day have expired.
async fn login(running: &Running) -> String {
    let ada = crate::support::credentials("ada", crate::support::PASSWORD);
    let answer = running.auth().login(ada).await.unwrap().into_inner();
    answer.tokens.unwrap().access_token
}

#[tokio::test]
async fn a_user_shares_so_much_and_other_users_are_not_touched() {
    let running = start(&format!("{UNLIMITED}snippet_user_bytes = 4096\n")).await;
    let token = running.token("ada", "student").await;
    let small = || {
        of(common::Program {
            source: "print(1)".into(),
            files: Vec::new(),
        })
    };
    // Each takes at least 1024 bytes.
    let mut token = token;
    for _ in 0..4 {
        running.share(&token, small()).await.unwrap();
        running.clock.advance(DAY);
        token = login(&running).await;
    }
    let refusal = running.share(&token, small()).await;
    let details = refused(refusal, Code::ResourceExhausted, "SNIPPETS_FULL");
    let wait = details.retry_info().unwrap().retry_delay.unwrap();
    assert_eq!(wait, 26 * DAY, "the first of them expires then");
    let bob = running.token("bob", "student").await;
    running.share(&bob, small()).await.unwrap();
    running.clock.advance(wait);
    let token = login(&running).await;
    running.share(&token, small()).await.unwrap();
}
