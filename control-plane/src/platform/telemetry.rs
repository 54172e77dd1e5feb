//! Logs: one JSON object a line on standard error, with the fields of the call that it belongs
//! to (method, request_id, user_id). Source code, tokens, network addresses and test data are
//! never fields.

mod json;
mod lines;

use std::io::{self, Stderr};

use lines::{LastLines, Lines};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging with a filter such as `info` or `control_plane=debug,warn`, until what it gives
/// is dropped. A second start in one process changes nothing.
///
/// # Errors
/// There can be no more threads.
pub fn start(filter: &str) -> io::Result<LastLines<Stderr>> {
    let (lines, last_lines) = Lines::to(io::stderr())?;
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let layer = tracing_subscriber::fmt::layer()
        .fmt_fields(json::Members)
        .event_format(json::Line)
        .with_writer(lines);
    let started = tracing_subscriber::registry()
        .with(filter)
        .with(layer)
        .try_init();
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
    Ok(last_lines)
}
