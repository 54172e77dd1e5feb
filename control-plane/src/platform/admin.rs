//! The admin port, for operators and their tools only: `/health` (the process answers), `/ready`
//! (what it depends on, and which limits are off), `/metrics` (Prometheus).

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use serde::Serialize;

use super::Platform;

/// How a runner host is, in one word.
#[derive(Debug, Clone, Serialize)]
pub struct RunnerState {
    pub id: String,
    pub health: &'static str,
}

/// What the admin port tells about.
#[derive(Clone)]
pub struct Admin {
    pub platform: Platform,
    /// Asks how the runner hosts are.
    pub runners: Arc<dyn Fn() -> Vec<RunnerState> + Send + Sync>,
}

#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    draining: bool,
    database: &'static str,
    /// Told, but no reason to take this replica away: accounts and the course work without.
    runners: Vec<RunnerState>,
    unlimited: Vec<&'static str>,
}

/// The routes of the admin port.
pub fn routes(admin: Admin) -> Router {
    Router::new()
        .route("/health", get(|| async { "ok\n" }))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(admin)
}

async fn ready(State(admin): State<Admin>) -> Response {
    let draining = admin.platform.draining.is_cancelled();
    let database = admin.platform.db.ping().await.is_ok();
    let readiness = Readiness {
        ready: database && !draining,
        draining,
        database: if database { "ok" } else { "does not answer" },
        runners: (admin.runners)(),
        unlimited: admin.platform.config.limits.unlimited(),
    };
    let status = if readiness.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, axum::Json(readiness)).into_response()
}

async fn metrics() -> Response {
    let Some(text) = super::metrics::text() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
