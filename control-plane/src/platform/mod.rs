//! What all systems of the control-plane share. Knows none of them.

pub mod admin;
pub mod authz;
pub mod browser;
pub mod cache;
pub mod callers;
pub mod clock;
pub mod config;
pub mod context;
pub mod db;
pub mod errors;
pub mod front;
pub mod guard;
pub mod headers;
pub mod idempotency;
pub mod ids;
pub mod keys;
pub mod metrics;
pub mod pagination;
pub mod ports;
pub mod queue;
pub mod ratelimit;
pub mod rotate;
pub mod scopes;
pub mod seal;
pub mod status;
pub mod telemetry;
#[cfg(test)]
pub mod testing;
pub mod wire;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use callers::Callers;
use clock::SharedClock;
use config::Config;
use db::Db;
use idempotency::Idempotency;
use ratelimit::RateLimits;

/// The shared parts, as every system gets them. Cloning shares them.
#[derive(Debug, Clone)]
pub struct Platform {
    pub config: Arc<Config>,
    pub clock: SharedClock,
    pub db: Db,
    pub rate_limits: RateLimits,
    pub idempotency: Idempotency,
    /// Tell it when a session ends or a role changes.
    pub callers: Callers,
    /// Cancelled when the program is told to end: take no new work, end what runs, give every
    /// stream its last event.
    pub draining: CancellationToken,
}

impl Platform {
    /// Opens the database and sets up the rest.
    pub async fn open(config: Arc<Config>, clock: SharedClock) -> anyhow::Result<Self> {
        let db = Db::open(&config.database).await?;
        Ok(Self {
            rate_limits: RateLimits::local(&config.limits, clock.clone()),
            idempotency: Idempotency::new(db.clone(), clock.clone()),
            callers: Callers::new(config.limits.access_token_lifetime),
            draining: CancellationToken::new(),
            config,
            clock,
            db,
        })
    }
}
