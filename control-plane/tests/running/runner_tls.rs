//! A runner on another machine: mutual TLS, or nothing.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tonic::transport::{Certificate, Identity, ServerTlsConfig};

use crate::support::{all_knowing, start_with};

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Certificate and key for a name.
    fn issue(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (
            params.signed_by(&key, &self.0).unwrap().pem(),
            key.serialize_pem(),
        )
    }
}

/// A configuration for a runner at this address, with a client certificate of `client`.
fn settings(folder: &Path, address: &str, server: &Authority, client: &Authority) -> String {
    let (certificate, key) = client.issue("control-plane");
    for (file, text) in [
        ("ca.pem", server.0.pem()),
        ("cert.pem", certificate),
        ("key.pem", key),
    ] {
        std::fs::write(folder.join(file), text).unwrap();
    }
    format!(
        "[[runners]]\nid = \"far\"\naddress = \"{address}\"\ntls_ca = \"ca.pem\"\n\
         tls_certificate = \"cert.pem\"\ntls_key = \"key.pem\"\n"
    )
}

fn server_tls(authority: &Authority) -> ServerTlsConfig {
    let (certificate, key) = authority.issue("localhost");
    ServerTlsConfig::new()
        .identity(Identity::from_pem(certificate, key))
        .client_ca_root(Certificate::from_pem(authority.0.pem()))
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
