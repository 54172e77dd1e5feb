//! The gRPC client of one runner host: turns orders into messages, and messages back. Besides
//! `api.rs` the only place that knows generated types, and it destructures them field by field, so
//! that a new field stops the build.

mod batch;

use std::future::ready;
use std::time::Duration;

use anyhow::Context;
use coderunner_proto::common::v1 as common;
use coderunner_proto::sandbox::v1 as wire;
use coderunner_proto::sandbox::v1::execute_response::Event;
use coderunner_proto::sandbox::v1::sandbox_service_client::SandboxServiceClient;
use futures::stream::{BoxStream, StreamExt};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Status, Streaming};
use tonic_types::StatusExt;

use super::kept::{Arriving, Collected, Collection, LeftOut, LeftOutReason, Piece, RunFile};
use super::model::{
    CompileError, Ending, Limits, Outcome, OutputStream, ProfileView, Program, Usage,
};
use super::order::{Ended, Failure, FunctionResult, Happening, InputFailure, Order, RunnerStatus};
use crate::platform::config::RunnerAddress;

/// Largest message to a runner: standard input of a test has at most 16 MiB.
const MAX_REQUEST: usize = 24 * 1024 * 1024;
/// Largest message from a runner: a result of at most 1 MiB.
const MAX_RESPONSE: usize = 4 * 1024 * 1024;
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// A host that vanished without closing its connections is noticed after both together.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
const CALL_LIMIT: Duration = Duration::from_secs(3);

/// A connection to one runner; made when it is first used, and again when it broke.
#[derive(Debug, Clone)]
pub struct RunnerClient(SandboxServiceClient<Channel>);

impl RunnerClient {
    /// Prepares the connection. Fails when certificates can't be read.
    pub fn new(address: &RunnerAddress) -> anyhow::Result<Self> {
        let endpoint = match address {
            RunnerAddress::Unix(path) => Endpoint::from_shared(format!("unix:{}", path.display()))?,
            RunnerAddress::Tls {
                url,
                ca,
                certificate,
                key,
            } => {
                let read = |path| std::fs::read(path).with_context(|| format!("read {path:?}"));
                let tls = ClientTlsConfig::new()
                    .ca_certificate(Certificate::from_pem(read(ca)?))
                    .identity(Identity::from_pem(read(certificate)?, read(key)?));
                Endpoint::from_shared(url.clone())?.tls_config(tls)?
            }
        };
        let channel = endpoint
            .connect_timeout(CONNECT_LIMIT)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE)
            .keep_alive_while_idle(true)
            .connect_lazy();
        let client = SandboxServiceClient::new(channel)
            .max_encoding_message_size(MAX_REQUEST)
            .max_decoding_message_size(MAX_RESPONSE);
        Ok(Self(client))
    }

    /// Has a program run. The stream ends with `Finished` or with a failure.
    pub async fn execute(
        &self,
        order: Order,
    ) -> Result<BoxStream<'static, Result<Happening, Failure>>, Failure> {
        let request = traced(&order.call_id, execute_request(&order));
        let (mut files, bounds) = (Arriving::default(), order.collect);
        let events = self.begin(request).await?.filter_map(move |message| {
            let happening = match message {
                Ok(wire::ExecuteResponse {
                    event,
                    case_index: _,
                }) => happening(event, &mut files, bounds),
                Err(status) => Some(Err(failure(status))),
            };
            ready(happening)
        });
        Ok(events.boxed())
    }

    /// Sends a request that wants sandboxes.
    async fn begin(
        &self,
        request: Request<wire::ExecuteRequest>,
    ) -> Result<Streaming<wire::ExecuteResponse>, Failure> {
        let response = self.0.clone().execute(request).await;
        let response = response.map_err(|status| match status.code() {
            Code::Unavailable => Failure::Unreachable(status.message().to_owned()),
            _ => failure(status),
        })?;
        Ok(response.into_inner())
    }

    /// Appends to the standard input of a running program.
    pub async fn write_input(&self, name: &str, data: Vec<u8>) -> Result<(), InputFailure> {
        let request = limited(wire::WriteInputRequest {
            run_id: name.to_owned(),
            data,
        });
        let wire::WriteInputResponse {} = self
            .0
            .clone()
            .write_input(request)
            .await
            .map_err(input_failure)?
            .into_inner();
        Ok(())
    }

    /// Ends the standard input of a running program.
    pub async fn close_input(&self, name: &str) -> Result<(), InputFailure> {
        let request = limited(wire::CloseInputRequest {
            run_id: name.to_owned(),
        });
        let wire::CloseInputResponse {} = self
            .0
            .clone()
            .close_input(request)
            .await
            .map_err(input_failure)?
            .into_inner();
        Ok(())
    }

    /// Kills a program. That it has ended already is no error.
    pub async fn cancel(&self, name: &str) -> Result<(), Failure> {
        let request = limited(wire::CancelRequest {
            run_id: name.to_owned(),
        });
        match self.0.clone().cancel(request).await {
            Ok(_) => Ok(()),
            Err(status) if status.code() == Code::NotFound => Ok(()),
            Err(status) => Err(failure(status)),
        }
    }

    /// How the runner is.
    pub async fn status(&self) -> Result<RunnerStatus, Failure> {
        let request = limited(wire::GetStatusRequest {});
        let status = self
            .0
            .clone()
            .get_status(request)
            .await
            .map_err(failure)?
            .into_inner();
        let wire::GetStatusResponse {
            version,
            python_version,
            rootfs_digest: _,
            capacity,
            // Only what this control-plane sent there is counted; refusals tell of the rest.
            running: _,
            draining,
            enforcements: _,
            default_limits: _,
            limit_ceilings: _,
            parked: _,
            profiles,
            file_collection_ceilings: _,
        } = status;
        let capacity = usize::try_from(capacity).unwrap_or(0);
        Ok(RunnerStatus {
            version,
            python_version,
            capacity,
            draining,
            profiles: profiles.into_iter().filter_map(profile_view).collect(),
        })
    }
}

/// A profile; none when it is one that this control-plane does not know.
fn profile_view(status: wire::ProfileStatus) -> Option<ProfileView> {
    let wire::ProfileStatus { profile, parked: _ } = status;
    let common::Profile {
        name,
        python_version,
        modules,
    } = profile?;
    let module = |module| {
        let common::Module { name, version } = module;
        (name, version)
    };
    Some(ProfileView {
        profile: name.parse().ok()?,
        python_version,
        modules: modules.into_iter().map(module).collect(),
    })
}

fn limited<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(CALL_LIMIT);
    request
}

/// One trace through both programs: the call's id is the trace id (W3C Trace Context).
fn traced<T>(call_id: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let trace_id = call_id.replace('-', "");
    let span_id: u64 = rand::random::<u64>().max(1);
    let parent = format!("00-{trace_id}-{span_id:016x}-01");
    for (key, value) in [("x-request-id", call_id), ("traceparent", &parent)] {
        if let Ok(value) = value.parse() {
            request.metadata_mut().insert(key, value);
        }
    }
    request
}

fn execute_request(order: &Order) -> wire::ExecuteRequest {
    let call = order.call.as_ref().map(|call| wire::FunctionCall {
        function_name: call.name.clone(),
        arguments_json: call.arguments.clone(),
    });
    wire::ExecuteRequest {
        run_id: order.name.clone(),
        program: Some(program(&order.program)),
        limits: Some(limits(order.limits)),
        stdin: order.stdin.clone(),
        interactive: order.interactive,
        function_call: call,
        profile: order.profile.word().to_owned(),
        file_collection: order.collect.map(file_collection),
        drawing: order.drawing,
        ..wire::ExecuteRequest::default()
    }
}

fn file_collection(collection: Collection) -> wire::FileCollection {
    let Collection {
        files,
        file_bytes,
        total_bytes,
    } = collection;
    wire::FileCollection {
        file_count_limit: i32::try_from(files).unwrap_or(i32::MAX),
        file_limit_bytes: i64::try_from(file_bytes).unwrap_or(i64::MAX),
        total_limit_bytes: i64::try_from(total_bytes).unwrap_or(i64::MAX),
    }
}

fn program(program: &Program) -> common::Program {
    let Program { source, files } = program;
    let files = files.iter().map(|file| common::SourceFile {
        path: file.path.clone(),
        content: file.content.clone(),
    });
    common::Program {
        source: source.clone(),
        files: files.collect(),
    }
}

fn limits(limits: Limits) -> common::Limits {
    let duration = |time: Option<Duration>| time.and_then(|time| time.try_into().ok());
    let size = |bytes: Option<u64>| {
        bytes
            .and_then(|bytes| i64::try_from(bytes).ok())
            .unwrap_or(0)
    };
    common::Limits {
        wall_time_limit: duration(limits.wall_time),
        cpu_time_limit: duration(limits.cpu_time),
        memory_limit_bytes: size(limits.memory_bytes),
        output_limit_bytes: size(limits.output_bytes),
        process_limit: limits
            .processes
            .and_then(|count| i32::try_from(count).ok())
            .unwrap_or(0),
        input_wait_limit: duration(limits.input_wait),
        drawing_limit_bytes: size(limits.drawing_bytes),
    }
}

/// What an event tells; none for a piece of a file, which is kept for the end.
pub fn happening(
    event: Option<Event>,
    files: &mut Arriving,
    bounds: Option<Collection>,
) -> Option<Result<Happening, Failure>> {
    let broken = |what: &str| Err(Failure::Lost(format!("it sent {what}")));
    Some(match event {
        Some(Event::Started(wire::Started {
            startup_duration: _,
        })) => Ok(Happening::Started),
        Some(Event::Output(wire::Output { stream, data })) => {
            match common::OutputStream::try_from(stream) {
                Ok(common::OutputStream::Stdout) => {
                    Ok(Happening::Output(OutputStream::Stdout, data))
                }
                Ok(common::OutputStream::Stderr) => {
                    Ok(Happening::Output(OutputStream::Stderr, data))
                }
                Ok(common::OutputStream::Drawing) => {
                    Ok(Happening::Output(OutputStream::Drawing, data))
                }
                _ => broken("output of an unknown stream"),
            }
        }
        Some(Event::File(piece)) => match files.take(read_piece(piece), bounds) {
            Ok(()) => return None,
            Err(unexpected) => broken(&unexpected.to_string()),
        },
        Some(Event::Finished(finished)) => match std::mem::take(files).finish() {
            Ok(files) => match ended(finished, files) {
                Some(ended) => Ok(Happening::Finished(Box::new(ended))),
                None => broken("an unknown outcome"),
            },
            Err(unexpected) => broken(&unexpected.to_string()),
        },
        Some(Event::BatchFinished(_)) | None => broken("an event that is none of a run"),
    })
}

fn read_piece(piece: wire::File) -> Piece {
    let wire::File {
        path,
        media_type,
        size_bytes,
        data,
    } = piece;
    let file = RunFile {
        path,
        media_type,
        size_bytes: u64::try_from(size_bytes).unwrap_or(u64::MAX),
    };
    Piece { file, data }
}

fn read_left_out(left_out: common::LeftOut) -> Option<LeftOut> {
    use common::LeftOutReason as Wire;
    let reason = match left_out.reason() {
        Wire::Unspecified => return None,
        Wire::TooMany => LeftOutReason::TooMany,
        Wire::TooLarge => LeftOutReason::TooLarge,
        Wire::NoRoom => LeftOutReason::NoRoom,
        Wire::NotAFile => LeftOutReason::NotAFile,
        Wire::BadName => LeftOutReason::BadName,
        Wire::SameFile => LeftOutReason::SameFile,
        Wire::Unreadable => LeftOutReason::Unreadable,
    };
    let common::LeftOut {
        reason: _,
        count,
        example_path,
    } = left_out;
    Some(LeftOut {
        reason,
        count: u32::try_from(count).unwrap_or(0),
        example_path,
    })
}

fn read_collected(collected: wire::CollectedFiles, files: Vec<(RunFile, Vec<u8>)>) -> Collected {
    let wire::CollectedFiles {
        // They were counted as they came.
        file_count: _,
        total_bytes: _,
        left_out,
        incomplete,
    } = collected;
    Collected {
        files,
        left_out: left_out.into_iter().filter_map(read_left_out).collect(),
        incomplete,
    }
}

fn ended(finished: wire::Finished, files: Vec<(RunFile, Vec<u8>)>) -> Option<Ended> {
    let function_status = finished.function_status();
    let outcome = outcome(finished.outcome())?;
    let wire::Finished {
        outcome: _,
        exit_code,
        signal,
        usage,
        compile_error,
        function_status: _,
        result_json,
        internal_error,
        collected_files,
    } = finished;
    if outcome == Outcome::InternalError {
        tracing::warn!(reason = internal_error, "a runner failed inside");
    }
    let function = match function_status {
        wire::FunctionStatus::Unspecified => FunctionResult::NotCalled,
        wire::FunctionStatus::Returned => FunctionResult::Returned(result_json),
        wire::FunctionStatus::NoResult => FunctionResult::NoResult,
        wire::FunctionStatus::NotDefined => FunctionResult::NotDefined,
        wire::FunctionStatus::NotData => FunctionResult::NotData,
    };
    let ending = Ending {
        outcome,
        exit_code,
        signal,
        usage: usage.map(read_usage),
        compile_error: compile_error.map(read_compile_error),
    };
    let files = collected_files.map(|collected| read_collected(collected, files));
    Some(Ended {
        ending,
        function,
        files,
    })
}

fn outcome(outcome: common::Outcome) -> Option<Outcome> {
    Some(match outcome {
        common::Outcome::Unspecified => return None,
        common::Outcome::Ok => Outcome::Ok,
        common::Outcome::RuntimeError => Outcome::RuntimeError,
        common::Outcome::TimeLimit => Outcome::TimeLimit,
        common::Outcome::MemoryLimit => Outcome::MemoryLimit,
        common::Outcome::OutputLimit => Outcome::OutputLimit,
        common::Outcome::ProcessLimit => Outcome::ProcessLimit,
        common::Outcome::CompileError => Outcome::CompileError,
        common::Outcome::Cancelled => Outcome::Cancelled,
        common::Outcome::InternalError => Outcome::InternalError,
    })
}

fn read_usage(usage: common::Usage) -> Usage {
    let common::Usage {
        wall_duration,
        cpu_duration,
        peak_memory_bytes,
        stdout_bytes,
        stderr_bytes,
        stdout_truncated,
        stderr_truncated,
        drawing_bytes,
        drawing_truncated,
        input_wait_duration,
    } = usage;
    let time = |value: Option<prost_types::Duration>| {
        value
            // The library's conversion overflows at the least number of seconds.
            .filter(|value| value.seconds >= 0)
            .and_then(|value| Duration::try_from(value).ok())
            .unwrap_or_default()
    };
    let size = |bytes: i64| u64::try_from(bytes).unwrap_or(0);
    Usage {
        wall: time(wall_duration),
        cpu: time(cpu_duration),
        peak_memory_bytes: size(peak_memory_bytes),
        stdout_bytes: size(stdout_bytes),
        stderr_bytes: size(stderr_bytes),
        stdout_truncated,
        stderr_truncated,
        drawing_bytes: size(drawing_bytes),
        drawing_truncated,
        input_wait: time(input_wait_duration),
    }
}

fn read_compile_error(error: common::CompileError) -> CompileError {
    let common::CompileError {
        file,
        line,
        column,
        message,
        source_line,
        kind,
    } = error;
    let number = |value: i32| u32::try_from(value).unwrap_or(0);
    CompileError {
        file,
        line: number(line),
        column: number(column),
        message,
        source_line,
        kind,
    }
}

fn failure(status: Status) -> Failure {
    match status.code() {
        Code::ResourceExhausted => Failure::Refused {
            retry_after: retry_after(&status),
        },
        Code::InvalidArgument => Failure::Rejected(status.message().to_owned()),
        code => Failure::Lost(format!("{code:?}: {}", status.message())),
    }
}

fn input_failure(status: Status) -> InputFailure {
    match status.code() {
        Code::NotFound => InputFailure::NotRunning,
        Code::FailedPrecondition => InputFailure::Closed,
        Code::ResourceExhausted => InputFailure::Full {
            retry_after: retry_after(&status),
        },
        code => InputFailure::Lost(format!("{code:?}: {}", status.message())),
    }
}

fn retry_after(status: &Status) -> Duration {
    let told = status
        .get_details_retry_info()
        .and_then(|info| info.retry_delay);
    told.unwrap_or(Duration::from_millis(100))
        .clamp(Duration::from_millis(5), Duration::from_secs(5))
}
