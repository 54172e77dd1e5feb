//! PostgreSQL for one stack alone: a server of its own behind a network of its own, so that both
//! can fail without anybody else noticing.

use anyhow::{Context, Result};
use test_postgres::Server;

use crate::proxy::{Proxy, Traffic};

/// A server, and the network through which control-plane reaches it.
pub struct Database {
    server: Server,
    proxy: Proxy,
    url: String,
}

impl Database {
    /// Starts a server with an empty database.
    pub(super) fn start() -> Result<Self> {
        let server = Server::start()?;
        let direct = server.make_database()?;
        let (user, place) = direct.split_once('@').context("the URL names a user")?;
        let (address, name) = place.split_once('/').context("the URL names a database")?;
        let proxy = Proxy::start(address.parse().context("the URL has address and port")?)?;
        let url = format!("{user}@{}/{name}", proxy.address());
        Ok(Self { server, proxy, url })
    }

    /// The setting `database_url` of the stack.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Ends the server as a crash would.
    pub fn stop(&self) -> Result<()> {
        self.server.stop()
    }

    /// Starts a stopped server again, with all that it had committed; waits until it answers.
    pub fn start_again(&self) -> Result<()> {
        self.server.start_again()
    }

    /// What happens from now on to what control-plane and the server send to each other. Returns
    /// how many ends of connections were closed by it.
    pub fn set_traffic(&self, traffic: Traffic) -> usize {
        self.proxy.set(traffic)
    }
}
