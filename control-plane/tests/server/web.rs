//! The web app beside the API on one port: neither is in the other's way.

use std::path::PathBuf;

use coderunner_proto::v1 as pb;
use pb::problem_service_client::ProblemServiceClient;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Running, credentials, http, refused, start};
use tonic::Code;

const TAGS: &str = "/coderunner.v1.ProblemService/ListTags";
const EMPTY_MESSAGE: &[u8] = &[0, 0, 0, 0, 0];

/// A built app, with files that stand where calls and keys are.
fn app() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("app");
    for (name, content) in [
        ("index.html", "<title>the page</title>"),
        ("assets/a-1.js", "the script"),
        (&TAGS[1..], "a file in the place of a call"),
        (".well-known/jwks.json", "a file in the place of the keys"),
    ] {
        let file = root.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
    }
    (folder, root)
}

async fn started(settings: &str) -> (tempfile::TempDir, Running) {
    let (folder, root) = app();
    let root = root.display();
    let running = start(&format!("web_root = \"{root}\"\n{settings}")).await;
    (folder, running)
}

async fn get(running: &Running, path: &str) -> String {
    http(running.address, &format!("GET {path} HTTP/1.1"), b"").await
}

#[tokio::test]
async fn files_and_calls_share_the_port_and_no_file_hides_a_call() {
    let (_kept, running) = started("").await;
    for (path, content) in [
        ("/", "the page"),
        ("/problems/fizz-buzz", "the page"),
        ("/assets/a-1.js", "the script"),
        ("/.well-known/jwks.json", "\"crv\":\"ed25519\""),
    ] {
        let answer = get(&running, path).await;
        assert!(answer.starts_with("http/1.1 200"), "{path}: {answer}");
        assert!(answer.contains(content), "{path}: {answer}");
    }
    let read = get(&running, TAGS).await;
    assert!(read.starts_with("http/1.1 404"), "{read}");
    let call = format!("POST {TAGS} HTTP/1.1\r\ncontent-type: application/grpc-web+proto");
    let answer = http(running.address, &call, EMPTY_MESSAGE).await;
    assert!(answer.contains("grpc-status:0"), "{answer}");
    let mut problems = ProblemServiceClient::new(running.channel.clone());
    let tags = problems.list_tags(pb::ListTagsRequest {}).await.unwrap();
    assert!(!tags.into_inner().tags.is_empty());
}

#[tokio::test]
async fn only_reading_reaches_files() {
    let (_kept, running) = started("").await;
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE"] {
        for path in ["/", "/index.html", "/assets/a-1.js"] {
            let answer = http(running.address, &format!("{method} {path} HTTP/1.1"), b"").await;
            assert!(!answer.contains("the page"), "{method} {path}: {answer}");
            assert!(!answer.contains("the script"), "{method} {path}: {answer}");
        }
    }
}

#[tokio::test]
async fn files_cost_nothing_of_the_api_s_allowance() {
    let (_kept, running) = started("[limits]\nanonymous_calls_per_minute = 1\n").await;
    for _ in 0..50 {
        let answer = get(&running, "/assets/a-1.js").await;
        assert!(answer.starts_with("http/1.1 200"), "{answer}");
        get(&running, "/nothing/here.png").await;
    }
    let first = running
        .auth()
        .login(credentials("ada", "wrong password"))
        .await;
    refused(first, Code::Unauthenticated, "BAD_CREDENTIALS");
    let second = running
        .auth()
        .login(credentials("ada", "wrong password"))
        .await;
    refused(second, Code::ResourceExhausted, "RATE_LIMITED");
    let page = get(&running, "/").await;
    assert!(page.contains("the page"), "{page}");
}

/// As an attacker sends them: no client puts such a path on the wire.
#[tokio::test]
async fn paths_that_lead_out_are_refused_by_the_server_as_a_whole() {
    let (folder, running) = started("").await;
    std::fs::write(folder.path().join("secret.txt"), "the secret").unwrap();
    for path in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/secret.txt%00.js",
        "http://test/../secret.txt",
        "\\..\\secret.txt",
    ] {
        let mut stream = tokio::net::TcpStream::connect(running.address)
            .await
            .unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let refused = ["HTTP/1.1 404", "HTTP/1.1 400"];
        assert!(
            refused.iter().any(|line| answer.starts_with(line)),
            "{path}: {answer}"
        );
        assert!(!answer.contains("the secret"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn without_an_app_one_line_says_what_this_is() {
    let running = start("").await;
    let answer = get(&running, "/").await;
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        body.starts_with("this is the server of code runner"),
        "{body}"
    );
    assert_eq!(body.lines().count(), 1);
    assert!(get(&running, "/learn").await.starts_with("http/1.1 404"));
}
