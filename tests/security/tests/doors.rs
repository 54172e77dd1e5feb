//! Who may talk to sandboxd: the users that the configuration names, through a socket that only its
//! owner can open, and holders of a certificate of the configured authority, over TCP.

#![forbid(unsafe_code)]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use coderunner_proto::sandbox::v1::sandbox_service_client::SandboxServiceClient;
use coderunner_proto::sandbox::v1::{GetStatusRequest, GetStatusResponse};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use test_harness::{Options, Sandboxd};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

/// A certificate authority of the test's own.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names are good names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }

    /// Certificate and key, as PEM.
    fn issue(&self) -> (String, String) {
        let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a good name");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("signed");
        (certificate.pem(), key.serialize_pem())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }
}

/// A server behind mTLS, and its address.
fn start(authority: &Authority, folder: &Path) -> (Sandboxd, String) {
    let (certificate, key) = authority.issue();
    for (name, content) in [
        ("certificate.pem", &certificate),
        ("key.pem", &key),
        ("ca.pem", &authority.pem()),
    ] {
        let path = folder.join(name);
        fs::write(&path, content).expect("writable");
        // The daemon must have read its key before it gave up root.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("ours");
    }
    // Free a moment ago; taken again by the server.
    let address = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port");
    let options = Options {
        more_listen: format!("tcp = \"{address}\"\n"),
        more_config: format!(
            "[listen.tls]\ncertificate = {:?}\nkey = {:?}\nclient_ca = {:?}\n",
            folder.join("certificate.pem"),
            folder.join("key.pem"),
            folder.join("ca.pem"),
        ),
        ..Options::default()
    };
    let server = Sandboxd::start(options).expect("sandboxd starts");
    (server, format!("https://localhost:{}", address.port()))
}

fn ask(url: &str, tls: Option<ClientTlsConfig>) -> Result<GetStatusResponse, String> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut endpoint = Endpoint::from_shared(url.to_owned()).expect("a good address");
        if let Some(tls) = tls {
            endpoint = endpoint.tls_config(tls).expect("good certificates");
        }
        let channel = endpoint
            .connect()
            .await
            .map_err(|error| format!("{error:?}"))?;
        let answer = SandboxServiceClient::new(channel)
            .get_status(GetStatusRequest {})
            .await;
        answer
            .map(tonic::Response::into_inner)
            .map_err(|status| status.to_string())
    })
}

fn trusting(authority: &Authority) -> ClientTlsConfig {
    ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.pem()))
}

#[test]
fn tcp_is_open_to_holders_of_a_certificate_and_nobody_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let (ours, other) = (Authority::new(), Authority::new());
    let (server, url) = start(&ours, folder.path());
    let identity = |(certificate, key): (String, String)| Identity::from_pem(certificate, key);

    let known = trusting(&ours).identity(identity(ours.issue()));
    let status = ask(&url, Some(known)).expect("a client of our authority is let in");
    assert!(status.capacity > 0);

    ask(&url, Some(trusting(&ours))).expect_err("a client without a certificate got in");
    let stranger = trusting(&ours).identity(identity(other.issue()));
    ask(&url, Some(stranger)).expect_err("a client of another authority got in");
    let plain = url.replace("https", "http");
    ask(&plain, None).expect_err("a client without TLS got in");
    server.stop().expect("sandboxd stops");
}

#[test]
fn the_socket_is_its_owners_alone() {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let mode = fs::metadata(server.socket())
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    server.stop().expect("sandboxd stops");
}

#[test]
fn a_local_user_who_is_not_named_is_turned_away() {
    // Root can open any socket, so what refuses it here is the list alone.
    let options = Options {
        allowed_uids: vec![4_000_000_000],
        start_patience: Duration::from_secs(3),
        ..Options::default()
    };
    let error = Sandboxd::start(options).expect_err("root was let in without being named");
    assert!(
        format!("{error:#}").contains("was turned away"),
        "{error:#}"
    );
}

#[test]
fn a_configuration_with_a_port_and_no_certificates_is_refused() {
    let options = Options {
        more_listen: "tcp = \"127.0.0.1:0\"\n".to_owned(),
        ..Options::default()
    };
    let error = Sandboxd::start(options).expect_err("it must not start");
    assert!(
        format!("{error:#}").contains("no port without mTLS"),
        "{error:#}"
    );
}
