//! A runner on another machine: mutual TLS, or nothing.

use std::path::Path;
use std::time::{Duration, SystemTime};

use control_plane::pki::{Pki, Purpose};
use jiff::Timestamp;
use tonic::transport::{Certificate, Identity, ServerTlsConfig};

use crate::support::{all_knowing, start_with};

/// Certificates as `control-plane pki` makes them.
struct Authority {
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        Self::of_age(Duration::ZERO)
    }

    /// Made some time ago, and valid for a day.
    fn of_age(age: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pki = Pki::new(folder.path());
        let now = Timestamp::try_from(SystemTime::now() - age).unwrap();
        pki.make_authority(now).unwrap();
        for (purpose, name) in [
            (Purpose::Runner, "localhost"),
            (Purpose::Client, "control-plane"),
        ] {
            pki.make(purpose, &[name.to_owned()], now, 1).unwrap();
        }
        Self { folder }
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(file)).unwrap()
    }
}

/// A configuration for a runner at this address, with a client certificate of `client`.
fn settings(folder: &Path, address: &str, server: &Authority, client: &Authority) -> String {
    settings_as(folder, address, server, client, "clients/control-plane")
}

/// The same with any certificate of the client's authority.
fn settings_as(
    folder: &Path,
    address: &str,
    server: &Authority,
    client: &Authority,
    certificate: &str,
) -> String {
    for (file, text) in [
        ("ca.pem", server.read("ca.crt")),
        ("cert.pem", client.read(&format!("{certificate}.crt"))),
        ("key.pem", client.read(&format!("{certificate}.key"))),
    ] {
        std::fs::write(folder.join(file), text).unwrap();
    }
    format!(
        "[[runners]]\nid = \"far\"\naddress = \"{address}\"\ntls_ca = \"ca.pem\"\n\
         tls_certificate = \"cert.pem\"\ntls_key = \"key.pem\"\n"
    )
}

fn server_tls(authority: &Authority) -> ServerTlsConfig {
    server_tls_as(authority, "runners/localhost")
}

fn server_tls_as(authority: &Authority, certificate: &str) -> ServerTlsConfig {
    let key = authority.read(&format!("{certificate}.key"));
    let certificate = authority.read(&format!("{certificate}.crt"));
    ServerTlsConfig::new()
        .identity(Identity::from_pem(certificate, key))
        .client_ca_root(Certificate::from_pem(authority.read("ca.crt")))
}

#[tokio::test]
async fn runs_go_over_mutual_tls() {
    let authority = Authority::new();
    let runner = all_knowing()
        .listen_tcp(Some(server_tls(&authority)))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), runner.address(), &authority, &authority);
    let server = start_with(&settings, runner, folder).await;
    let mut ada = server.user("ada").await;
    let run_id = ada.run("# sim: print far away").await;
    assert_eq!(ada.finished(&run_id).await.stdout, b"far away\n");
}

#[tokio::test]
async fn a_stranger_on_either_side_gets_no_work() {
    let (ours, strange) = (Authority::new(), Authority::new());
    for (runner_by, trusted, client_by) in [(&ours, &ours, &strange), (&strange, &ours, &ours)] {
        let runner = all_knowing()
            .listen_tcp(Some(server_tls(runner_by)))
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path(), runner.address(), trusted, client_by);
        let server = start_with(&settings, runner, folder).await;
        let mut ada = server.user("ada").await;
        let result = ada
            .runs
            .create_run(crate::support::run_of("# sim: print x"))
            .await;
        crate::support::refused(result, tonic::Code::ResourceExhausted, "QUEUE_FULL");
        assert!(server.runner.seen().is_empty());
    }
}

#[tokio::test]
async fn a_certificate_serves_its_own_purpose_and_time_only() {
    let ours = Authority::new();
    let old = Authority::of_age(Duration::from_secs(2 * 86_400));
    let (runner, client) = ("runners/localhost", "clients/control-plane");
    for (what, authority, served_with, called_with) in [
        ("a client's certificate on a runner", &ours, client, client),
        ("a runner's certificate of a client", &ours, runner, runner),
        ("expired", &old, runner, client),
    ] {
        let runner = all_knowing()
            .listen_tcp(Some(server_tls_as(authority, served_with)))
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let address = runner.address().to_owned();
        let settings = settings_as(folder.path(), &address, authority, authority, called_with);
        let server = start_with(&settings, runner, folder).await;
        let mut ada = server.user("ada").await;
        let run = crate::support::run_of("# sim: print x");
        let result = ada.runs.create_run(run).await;
        assert_eq!(
            result.unwrap_err().code(),
            tonic::Code::ResourceExhausted,
            "{what}"
        );
        assert!(server.runner.seen().is_empty(), "{what}");
    }
}
