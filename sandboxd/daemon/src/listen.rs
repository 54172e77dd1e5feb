//! The two doors: a Unix socket that asks the kernel who is there, and TCP with mTLS. The same services
//! behind both.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener as StdUnixListener;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use coderunner_proto::sandbox::v1::sandbox_service_server::SandboxServiceServer;
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::watch;
use tokio_stream::wrappers::{TcpListenerStream, UnixListenerStream};
use tokio_stream::{Stream, StreamExt};
use tonic::transport::server::Router;
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};

use crate::config::{Config, Tls};
use crate::service::Service;

/// Largest request: a program with its files and input.
const MAX_REQUEST: usize = 20 * 1024 * 1024;

/// How long clients may take to hang up once nothing runs any more. gRPC clients do so at once.
const CLOSING_PATIENCE: Duration = Duration::from_secs(5);

/// Certificates and key, read while the daemon could.
pub struct TlsMaterial {
    identity: Identity,
    client_ca: Certificate,
}

impl TlsMaterial {
    /// Reads the files.
    ///
    /// # Errors
    /// Which file could not be read.
    pub fn read(tls: &Tls) -> Result<Self> {
        let read = |path: &Path| {
            std::fs::read(path).with_context(|| format!("reading {}", path.display()))
        };
        Ok(Self {
            identity: Identity::from_pem(read(&tls.certificate)?, read(&tls.key)?),
            client_ca: Certificate::from_pem(read(&tls.client_ca)?),
        })
    }
}

/// The doors, open: whoever connects waits until [`Doors::serve`].
pub struct Doors {
    local: OwnedFd,
    allowed_uids: Vec<u32>,
    remote: Option<(TcpListener, Server)>,
}

/// Opens the doors of the configuration.
///
/// # Errors
/// When the address is taken or the certificates are none.
pub async fn open(config: &Config, local: OwnedFd, tls: Option<TlsMaterial>) -> Result<Doors> {
    let remote = match (config.listen.tcp, tls) {
        (
            Some(address),
            Some(TlsMaterial {
                identity,
                client_ca,
            }),
        ) => {
            let tls = ServerTlsConfig::new()
                .identity(identity)
                .client_ca_root(client_ca);
            let server = Server::builder()
                .tls_config(tls)
                .context("setting up mTLS")?;
            let listener = TcpListener::bind(address)
                .await
                .with_context(|| format!("listening on {address}"))?;
            Some((listener, server))
        }
        _ => None,
    };
    Ok(Doors {
        local,
        allowed_uids: config.listen.allowed_uids.clone(),
        remote,
    })
}

impl Doors {
    /// Serves until `stop` turns true and all connections have ended, or [`CLOSING_PATIENCE`] after it.
    ///
    /// # Errors
    /// When a server fails.
    pub async fn serve(self, service: Service, stop: watch::Receiver<bool>) -> Result<()> {
        let Self {
            local,
            allowed_uids,
            remote,
        } = self;
        let incoming = local_peers(local, allowed_uids)?;
        let local = services(Server::builder(), service.clone())
            .await?
            .serve_with_incoming_shutdown(incoming, stopped(stop.clone()));
        let closing = async {
            stopped(stop.clone()).await;
            tokio::time::sleep(CLOSING_PATIENCE).await;
        };
        let serving = async {
            match remote {
                Some((listener, server)) => {
                    let remote = services(server, service)
                        .await?
                        .serve_with_incoming_shutdown(
                            TcpListenerStream::new(listener),
                            stopped(stop.clone()),
                        );
                    tokio::try_join!(local, remote).map(|_| ())
                }
                None => local.await,
            }
            .context("serving")
        };
        tokio::select! {
            served = serving => served,
            () = closing => {
                tracing::warn!("a client did not hang up in {CLOSING_PATIENCE:?}; it is left behind");
                Ok(())
            }
        }
    }
}

async fn services(mut builder: Server, service: Service) -> Result<Router> {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<SandboxServiceServer<Service>>().await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(coderunner_proto::FILE_DESCRIPTOR_SET)
        .with_service_name("coderunner.sandbox.v1.SandboxService")
        .build_v1()
        .context("building the reflection service")?;
    Ok(builder
        .add_service(SandboxServiceServer::new(service).max_decoding_message_size(MAX_REQUEST))
        .add_service(health_service)
        .add_service(reflection))
}

/// Connections of local users who may talk; others are closed at once.
fn local_peers(
    listener: OwnedFd,
    allowed: Vec<u32>,
) -> Result<impl Stream<Item = std::io::Result<UnixStream>>> {
    let listener = StdUnixListener::from(listener);
    listener
        .set_nonblocking(true)
        .context("setting up the Unix socket")?;
    let listener = UnixListener::from_std(listener).context("setting up the Unix socket")?;
    Ok(
        UnixListenerStream::new(listener).filter(move |connection| match connection {
            Ok(stream) => match stream.peer_cred() {
                Ok(peer) if allowed.contains(&peer.uid()) => true,
                Ok(peer) => {
                    tracing::warn!(
                        uid = peer.uid(),
                        "a local user who may not talk was turned away"
                    );
                    false
                }
                Err(error) => {
                    tracing::warn!(%error, "a local peer without credentials was turned away");
                    false
                }
            },
            Err(_) => true,
        }),
    )
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    // An error means that nobody can ask any more.
    let _ = stop.wait_for(|stopping| *stopping).await;
}
