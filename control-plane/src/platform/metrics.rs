//! Prometheus metrics. Labels come from closed sets (calls of the API, status codes), so that no
//! caller can make new time series.

use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tonic::Code;

const CALLS: &str = "coderunner_calls_total";
const CALL_SECONDS: &str = "coderunner_call_duration_seconds";
const BUCKETS: &[f64] = &[
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Starts counting; a second start in one process changes nothing.
pub fn start() {
    RECORDER.get_or_init(|| {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full(CALL_SECONDS.into()), BUCKETS)
            .expect("the list of buckets is not empty");
        let handle = builder.install_recorder().ok();
        metrics::describe_counter!(CALLS, "Calls answered, by call and status code.");
        metrics::describe_histogram!(
            CALL_SECONDS,
            metrics::Unit::Seconds,
            "Time to the answer, for streams to its beginning."
        );
        handle
    });
}

/// All metrics as text; none when counting was not started.
pub fn text() -> Option<String> {
    let handle = RECORDER.get()?.as_ref()?;
    handle.run_upkeep();
    Some(handle.render())
}

/// Counts one answered call.
pub fn call(method: &'static str, code: Code, elapsed: Duration) {
    metrics::counter!(CALLS, "method" => method, "code" => code_name(code)).increment(1);
    metrics::histogram!(CALL_SECONDS, "method" => method).record(elapsed.as_secs_f64());
}

fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
