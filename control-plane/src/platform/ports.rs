//! The ports as sockets: opened, with TLS when it is configured, open to web pages of configured
//! origins, closed within bounds. Knows no service.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use http::{HeaderName, HeaderValue, Method};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tower_http::cors::{AllowCredentials, AllowOrigin, CorsLayer};

use super::config::{Config, TlsFiles};

/// How long connections get to end after the last stream has had its last event.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);
/// No unary call takes longer; streams may.
const CALL_LIMIT: Duration = Duration::from_secs(30);
const KEEPALIVE: Duration = Duration::from_secs(20);
const STREAMS_PER_CONNECTION: u32 = 200;
const HEADER_BYTES: u32 = 16 * 1024;

/// Opens a port. `setting` names it for the operator.
pub async fn listen(address: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("open the port {address} ({setting})"))
}

/// Waits for the connections of a port, and cuts what does not end.
pub async fn close<T>(mut port: JoinHandle<T>, name: &str) {
    if timeout(CLOSE_LIMIT, &mut port).await.is_err() {
        tracing::warn!(port = name, "connections that did not end were cut");
        port.abort();
    }
}

/// HTTP/2 and HTTP/1.1 with bounds on what a connection may hold.
pub fn transport(config: &Config) -> anyhow::Result<Server> {
    let server = Server::builder()
        .accept_http1(true)
        .timeout(CALL_LIMIT)
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .http2_max_header_list_size(HEADER_BYTES)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE));
    let Some(TlsFiles { certificate, key }) = &config.tls else {
        return Ok(server);
    };
    let read =
        |file: &Path| std::fs::read(file).with_context(|| format!("read {}", file.display()));
    let identity = Identity::from_pem(read(certificate)?, read(key)?);
    let tls = ServerTlsConfig::new().identity(identity);
    server
        .tls_config(tls)
        .context("use the certificate of the public port")
}

/// Lets web pages of these origins call, with cookies, and read the status of a call.
pub fn cors(origins: &[String]) -> anyhow::Result<CorsLayer> {
    let origins = origins
        .iter()
        .map(|origin| HeaderValue::from_str(origin).context("read cors_origins"))
        .collect::<Result<Vec<_>, _>>()?;
    let names = |names: &[&'static str]| -> Vec<HeaderName> {
        names.iter().copied().map(HeaderName::from_static).collect()
    };
    let known = origins.clone();
    let with_cookies = AllowCredentials::predicate(move |origin, _| known.contains(origin));
    Ok(CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_credentials(with_cookies)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(names(&[
            "authorization",
            "content-type",
            "grpc-timeout",
            "x-coderunner-browser",
            "x-grpc-web",
            "x-user-agent",
        ]))
        .expose_headers(names(&[
            "grpc-status",
            "grpc-message",
            "grpc-status-details-bin",
            "x-request-id",
        ]))
        .max_age(Duration::from_secs(7200)))
}
