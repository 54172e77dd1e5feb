//! The two ports as HTTP sees them: CORS, gRPC-web, keys, health, readiness, and the end.

use coderunner_proto::v1 as pb;
use pb::problem_service_client::ProblemServiceClient;
use tokio::net::TcpStream;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;

use control_plane::platform::clock::SystemClock;
use control_plane::platform::keys;
use control_plane::server::Server;
use tonic::transport::{Certificate, Channel, ClientTlsConfig};

use crate::support::{UNLIMITED, config, http, start};

const EMPTY_MESSAGE: &[u8] = &[0, 0, 0, 0, 0];

#[tokio::test]
async fn a_browser_may_call_from_a_configured_origin_only() {
    let running = start(UNLIMITED).await;
    let call = |origin: &str| {
        format!(
            "POST /coderunner.v1.ProblemService/ListTags HTTP/1.1\r\norigin: {origin}\r\n\
             content-type: application/grpc-web+proto\r\nx-grpc-web: 1"
        )
    };
    let ours = http(
        running.address,
        &call("https://learn.example.org"),
        EMPTY_MESSAGE,
    )
    .await;
    assert!(ours.starts_with("http/1.1 200"), "{ours}");
    assert!(
        ours.contains("access-control-allow-origin: https://learn.example.org"),
        "{ours}"
    );
    for header in ["grpc-status", "grpc-message", "grpc-status-details-bin"] {
        let exposed = ours
            .lines()
            .find(|line| line.starts_with("access-control-expose-headers"));
        assert!(exposed.unwrap().contains(header), "{header} in {exposed:?}");
    }
    assert!(
        ours.contains("content-type: application/grpc-web+proto"),
        "{ours}"
    );
    assert!(ours.contains("grpc-status:0"), "{ours}");
    let theirs = http(
        running.address,
        &call("https://evil.example.org"),
        EMPTY_MESSAGE,
    )
    .await;
    assert!(!theirs.contains("access-control-allow-origin"), "{theirs}");

    let preflight = "OPTIONS /coderunner.v1.AuthService/Login HTTP/1.1\r\n\
        origin: https://learn.example.org\r\naccess-control-request-method: POST\r\n\
        access-control-request-headers: authorization,content-type,x-grpc-web";
    let answer = http(running.address, preflight, b"").await;
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    assert!(
        answer.contains("access-control-allow-origin: https://learn.example.org"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_refusal_reaches_a_browser_with_its_details() {
    let running = start("").await;
    let head = "POST /coderunner.v1.AuthService/GetMe HTTP/1.1\r\n\
        content-type: application/grpc-web+proto\r\nx-grpc-web: 1";
    let answer = http(running.address, head, EMPTY_MESSAGE).await;
    assert!(answer.contains("grpc-status: 16"), "{answer}");
    assert!(answer.contains("grpc-status-details-bin"), "{answer}");
}

#[tokio::test]
async fn keys_are_published_and_the_admin_port_is_apart() {
    let running = start("").await;
    let keys = http(running.address, "GET /.well-known/jwks.json HTTP/1.1", b"").await;
    assert!(
        keys.contains("\"crv\":\"ed25519\"") && !keys.contains("\"d\":"),
        "{keys}"
    );
    for path in ["health", "ready", "metrics"] {
        let head = format!("GET /{path} HTTP/1.1");
        let inside = http(running.admin, &head, b"").await;
        assert!(inside.starts_with("http/1.1 200"), "{path}: {inside}");
        let outside = http(running.address, &head, b"").await;
        assert!(!outside.starts_with("http/1.1 200"), "{path}: {outside}");
    }
}

#[tokio::test]
async fn limits_that_are_off_show_in_ready() {
    let running = start(UNLIMITED).await;
    let ready = http(running.admin, "GET /ready HTTP/1.1", b"").await;
    for expected in [
        "\"ready\":true",
        "\"database\":\"ok\"",
        "\"calls_per_minute\"",
    ] {
        assert!(ready.contains(expected), "{ready}");
    }
}

#[tokio::test]
async fn calls_are_counted_under_their_own_names_only() {
    let running = start(UNLIMITED).await;
    let mut problems = ProblemServiceClient::new(running.channel.clone());
    problems.list_tags(pb::ListTagsRequest {}).await.unwrap();
    let made_up = "POST /made.Up/Name HTTP/1.1\r\ncontent-type: application/grpc-web+proto";
    http(running.address, made_up, EMPTY_MESSAGE).await;
    let metrics = http(running.admin, "GET /metrics HTTP/1.1", b"").await;
    assert!(
        metrics.contains("method=\"/coderunner.v1.problemservice/listtags\""),
        "{metrics}"
    );
    assert!(!metrics.contains("made.up"), "{metrics}");
}

#[tokio::test]
async fn reflection_lists_the_public_services() {
    let running = start("").await;
    let mut reflection = ServerReflectionClient::new(running.channel.clone());
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let answers = reflection
        .server_reflection_info(futures::stream::iter([request]))
        .await;
    let answer = answers.unwrap().into_inner().message().await.unwrap();
    let listed = format!("{answer:?}");
    assert!(listed.contains("coderunner.v1.AuthService"), "{listed}");
    assert!(!listed.contains("SandboxService"), "{listed}");
}

#[tokio::test]
async fn health_is_served_and_the_server_drains() {
    let running = start("").await;
    let mut health = HealthClient::new(running.channel.clone());
    for service in ["", "coderunner.v1.AuthService"] {
        let request = HealthCheckRequest {
            service: service.into(),
        };
        let answer = health.check(request).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
    }
    let address = running.address;
    running.stop().await;
    assert!(
        TcpStream::connect(address).await.is_err(),
        "the port is closed"
    );
}

#[tokio::test]
async fn with_a_certificate_the_public_port_speaks_tls_only() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(
        folder.path().join("key.pem"),
        made.signing_key.serialize_pem(),
    )
    .unwrap();
    let files = "[tls]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"\n";
    let config = config(folder.path(), files);
    keys::create(&config.keys_dir).unwrap();
    let keys = keys::load(&config.keys_dir, config.mode).unwrap();
    let server = Server::build(config, keys, std::sync::Arc::new(SystemClock))
        .await
        .unwrap();
    let port = server.address().unwrap().port();
    tokio::spawn(server.serve(std::future::pending()));

    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(made.cert.pem()));
    let url = |scheme: &str| format!("{scheme}://localhost:{port}");
    let endpoint = Channel::from_shared(url("https"))
        .unwrap()
        .tls_config(tls)
        .unwrap();
    let mut problems = ProblemServiceClient::new(endpoint.connect().await.unwrap());
    problems.list_tags(pb::ListTagsRequest {}).await.unwrap();

    let plain = Channel::from_shared(url("http")).unwrap().connect_lazy();
    let result = ProblemServiceClient::new(plain)
        .list_tags(pb::ListTagsRequest {})
        .await;
    assert!(result.is_err());
}
