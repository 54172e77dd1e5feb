//! Where the server is and how to talk to it.

use std::time::Duration;

use tonic::codegen::http::Uri;
use tonic::codegen::http::uri::Scheme;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

use crate::Error;

/// How often an idle connection is probed, and how long an answer may take. With it a cable that
/// was pulled shows within half a minute, not after the kernel's two hours.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// What a [`crate::Client`] needs to know of its server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `http://host:port` or `https://host[:port]`.
    pub server: String,
    /// Certificate authority to trust besides the system's, as PEM.
    pub ca_certificate: Option<Vec<u8>>,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long one call may take; watching is not limited.
    pub call_timeout: Duration,
    /// How long a broken watch is tried again before it ends with an error.
    pub resume_limit: Duration,
    /// What the client calls itself; shown in the list of sessions.
    pub user_agent: String,
}

impl Settings {
    /// Sensible values for the server at this address.
    pub fn new(server: impl Into<String>) -> Self {
        Settings {
            server: server.into(),
            ca_certificate: None,
            connect_timeout: Duration::from_secs(5),
            call_timeout: Duration::from_secs(20),
            resume_limit: Duration::from_secs(60),
            user_agent: concat!("coderunner-client/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }

    /// A channel that connects at its first call and again whenever the connection was lost.
    pub(crate) fn channel(&self) -> Result<Channel, Error> {
        let bad_address = |_| Error::BadAddress {
            server: self.server.clone(),
        };
        let uri: Uri = self.server.parse().map_err(bad_address)?;
        if !names_a_server(&uri) {
            return Err(Error::BadAddress {
                server: self.server.clone(),
            });
        }
        let https = uri.scheme() == Some(&Scheme::HTTPS);
        let endpoint = Endpoint::from(uri)
            .connect_timeout(self.connect_timeout)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .keep_alive_while_idle(true)
            .user_agent(self.user_agent.clone())
            .map_err(Error::Settings)?;
        if !https {
            return Ok(endpoint.connect_lazy());
        }
        let mut tls = ClientTlsConfig::new().with_native_roots();
        if let Some(pem) = &self.ca_certificate {
            tls = tls.ca_certificate(Certificate::from_pem(pem));
        }
        Ok(endpoint
            .tls_config(tls)
            .map_err(Error::Settings)?
            .connect_lazy())
    }
}

/// Whether this is `http[s]://host[:port]` and nothing more. `Uri` itself lets a port through that
/// is no number.
fn names_a_server(uri: &Uri) -> bool {
    let scheme = matches!(uri.scheme_str(), Some("http" | "https"));
    let authority = uri.authority().is_some_and(|authority| {
        let after_host = authority.as_str().strip_prefix(authority.host());
        let port = after_host.and_then(|rest| rest.strip_prefix(':'));
        let port_is_right =
            after_host == Some("") || port.is_some_and(|p| p.parse::<u16>().is_ok());
        !authority.host().is_empty() && port_is_right
    });
    scheme && authority && matches!(uri.path(), "" | "/") && uri.query().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn addresses() {
        for good in [
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
            "https://code.example.org",
        ] {
            assert!(Settings::new(good).channel().is_ok(), "{good}");
        }
        for bad in [
            "",
            "http://",
            "a b",
            "code.example.org",
            "127.0.0.1:8080",
            "ftp://host",
            "http://host:port",
            "http://user@host",
            "http://host/path",
        ] {
            let error = Settings::new(bad).channel().expect_err(bad);
            assert!(matches!(error, Error::BadAddress { .. }), "{bad}");
        }
    }
}
