//! ExecutionService over gRPC. The conversions of programs, usage and places in the queue serve
//! SubmissionService too.

use std::pin::Pin;
use std::sync::Arc;

use coderunner_proto::common::v1 as common;
use coderunner_proto::v1 as pb;
use futures::{Stream, StreamExt};
use jiff::Timestamp;
use pb::execution_service_server::ExecutionService;
use tonic::{Request, Response, Status};

use super::kept::{LeftOut, LeftOutReason, RunFile, RunFiles};
use super::model::{
    CompileError, Limits, Outcome, OutputStream, Profile, ProfileView, Program, QueuePosition, Run,
    SourceFile, State, Usage,
};
use super::service::{Execution, RunRequest};
use super::watch::{Heard, What};
use crate::explain::api::explanation_out;
use crate::platform::context::OpContext;
use crate::platform::errors::Error;
use crate::platform::idempotency::Turn;
use crate::platform::ids::RunId;
use crate::platform::wire::{duration, timestamp};

/// The gRPC side of `Execution`.
pub struct ExecutionApi(Arc<Execution>);

impl ExecutionApi {
    /// Serves these runs.
    pub fn new(execution: Arc<Execution>) -> Self {
        Self(execution)
    }
}

#[tonic::async_trait]
impl ExecutionService for ExecutionApi {
    type WatchRunStream = Pin<Box<dyn Stream<Item = Result<pb::WatchRunResponse, Status>> + Send>>;

    async fn create_run(
        &self,
        request: Request<pb::CreateRunRequest>,
    ) -> Result<Response<pb::CreateRunResponse>, Status> {
        let context = OpContext::of(&request)?;
        let caller = context.caller()?;
        let message = request.into_inner();
        let run = run_in(&message);
        self.0.check(&run)?;
        let turn = self.0.idempotency().look(
            caller.user_id,
            context.method,
            &message.request_id,
            &message,
        );
        let unseen = match turn.await? {
            Turn::Repeat(answer) => return Ok(Response::new(answer)),
            Turn::First(unseen) => unseen,
        };
        let answer = |run| pb::CreateRunResponse {
            run: Some(run_out(run)),
        };
        Ok(Response::new(
            self.0
                .create(caller, context.call_id, run, unseen, answer)
                .await?,
        ))
    }

    async fn watch_run(
        &self,
        request: Request<pb::WatchRunRequest>,
    ) -> Result<Response<Self::WatchRunStream>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::WatchRunRequest {
            run_id,
            after_sequence,
        } = request.into_inner();
        let after = after_in(after_sequence)?;
        let events = self.0.watch(caller, run_id_in(&run_id)?, after).await?;
        Ok(Response::new(Box::pin(
            events.map(|heard| Ok(heard_out(heard?))),
        )))
    }

    async fn get_run(
        &self,
        request: Request<pb::GetRunRequest>,
    ) -> Result<Response<pb::GetRunResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::GetRunRequest { run_id } = request.into_inner();
        let run = self.0.get(caller, run_id_in(&run_id)?).await?;
        Ok(Response::new(pb::GetRunResponse {
            run: Some(run_out(run)),
        }))
    }

    async fn get_run_file(
        &self,
        request: Request<pb::GetRunFileRequest>,
    ) -> Result<Response<pb::GetRunFileResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::GetRunFileRequest { run_id, path } = request.into_inner();
        let (file, data) = self.0.file(caller, run_id_in(&run_id)?, &path).await?;
        Ok(Response::new(pb::GetRunFileResponse {
            file: Some(run_file_out(file)),
            data,
        }))
    }

    async fn send_input(
        &self,
        request: Request<pb::SendInputRequest>,
    ) -> Result<Response<pb::SendInputResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::SendInputRequest {
            request_id,
            run_id,
            data,
        } = request.into_inner();
        self.0
            .send_input(caller, run_id_in(&run_id)?, &request_id, &data)
            .await?;
        Ok(Response::new(pb::SendInputResponse {}))
    }

    async fn close_input(
        &self,
        request: Request<pb::CloseInputRequest>,
    ) -> Result<Response<pb::CloseInputResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::CloseInputRequest { run_id } = request.into_inner();
        self.0.close_input(caller, run_id_in(&run_id)?).await?;
        Ok(Response::new(pb::CloseInputResponse {}))
    }

    async fn cancel_run(
        &self,
        request: Request<pb::CancelRunRequest>,
    ) -> Result<Response<pb::CancelRunResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::CancelRunRequest { run_id } = request.into_inner();
        let run = self.0.cancel(caller, run_id_in(&run_id)?).await?;
        Ok(Response::new(pb::CancelRunResponse {
            run: Some(run_out(run)),
        }))
    }

    async fn get_queue_stats(
        &self,
        request: Request<pb::GetQueueStatsRequest>,
    ) -> Result<Response<pb::GetQueueStatsResponse>, Status> {
        OpContext::of(&request)?.caller()?;
        let stats = self.0.queue_stats();
        Ok(Response::new(pb::GetQueueStatsResponse {
            queued_run_count: count(stats.queued_runs),
            queued_submission_count: count(stats.queued_submissions),
            running_count: count(stats.running),
            capacity: count(stats.capacity),
            estimated_wait_duration: Some(duration(stats.estimated_wait)),
        }))
    }

    async fn get_capabilities(
        &self,
        _: Request<pb::GetCapabilitiesRequest>,
    ) -> Result<Response<pb::GetCapabilitiesResponse>, Status> {
        let limits = &self.0.config().limits;
        let quota =
            |limit: Option<std::num::NonZeroU32>| limit.map_or(0, |limit| number(limit.get()));
        Ok(Response::new(pb::GetCapabilitiesResponse {
            python_version: self.0.python_version().unwrap_or_default(),
            run_limits: Some(limits_out(self.0.run_limits())),
            submission_limits: Some(limits_out(self.0.test_limits())),
            source_limit_bytes: size(limits.source_bytes),
            file_count_limit: i32::try_from(limits.files).unwrap_or(i32::MAX),
            files_limit_bytes: size(limits.program_bytes),
            runs_per_minute: quota(limits.runs_per_minute),
            runs_per_hour: quota(limits.runs_per_hour),
            runs_per_day: quota(limits.runs_per_day),
            profiles: self.0.profiles().into_iter().map(profile_out).collect(),
            kept_file_count_limit: number(limits.kept_files),
            kept_file_limit_bytes: size(limits.kept_file_bytes),
            kept_files_limit_bytes: size(limits.kept_run_bytes),
        }))
    }
}

/// A text that is no id names nothing.
fn run_id_in(text: &str) -> Result<RunId, Error> {
    text.parse().map_err(|_| Error::NotFound("run"))
}

/// Reads `after_sequence`.
pub fn after_in(after_sequence: i64) -> Result<u64, Error> {
    u64::try_from(after_sequence)
        .map_err(|_| Error::invalid("after_sequence", "must not be negative."))
}

fn run_in(message: &pb::CreateRunRequest) -> RunRequest {
    let pb::CreateRunRequest {
        request_id: _,
        program,
        stdin,
        interactive,
        profile,
        collect_files,
    } = message;
    RunRequest {
        program: program_in(program.as_ref()),
        profile: profile_in(profile),
        stdin: stdin.clone(),
        interactive: *interactive,
        collect_files: *collect_files,
    }
}

/// Reads a profile's name; the empty one is the standard library's.
pub fn profile_in(name: &str) -> Option<Profile> {
    if name.is_empty() {
        return Some(Profile::default());
    }
    name.parse().ok()
}

fn profile_out(view: ProfileView) -> common::Profile {
    let ProfileView {
        profile,
        python_version,
        modules,
    } = view;
    common::Profile {
        name: profile.word().to_owned(),
        python_version,
        modules: modules
            .into_iter()
            .map(|(name, version)| common::Module { name, version })
            .collect(),
    }
}

/// Reads a program; a missing one is empty, which the check refuses.
pub fn program_in(program: Option<&common::Program>) -> Program {
    let Some(common::Program { source, files }) = program else {
        return Program {
            source: String::new(),
            files: Vec::new(),
        };
    };
    let file = |file: &common::SourceFile| {
        let common::SourceFile { path, content } = file;
        SourceFile {
            path: path.clone(),
            content: content.clone(),
        }
    };
    Program {
        source: source.clone(),
        files: files.iter().map(file).collect(),
    }
}

/// A program on the wire.
pub fn program_out(program: Program) -> common::Program {
    let Program { source, files } = program;
    let file = |SourceFile { path, content }| common::SourceFile { path, content };
    common::Program {
        source,
        files: files.into_iter().map(file).collect(),
    }
}

fn run_out(run: Run) -> pb::Run {
    let Run {
        id,
        user: _,
        state,
        ending,
        stdout,
        stderr,
        drawing,
        queue_position,
        create_time,
        start_time,
        finish_time,
        files,
        explanation,
    } = run;
    let mut out = pb::Run {
        id: id.to_string(),
        state: state_out(state).into(),
        stdout,
        stderr,
        drawing,
        queue_position: queue_position.map(queue_position_out),
        create_time: Some(timestamp(create_time)),
        start_time: start_time.map(timestamp),
        finish_time: finish_time.map(timestamp),
        files: files.map(run_files_out),
        explanation: explanation.map(explanation_out),
        ..pb::Run::default()
    };
    if let Some(ending) = ending {
        out.set_outcome(outcome_out(ending.outcome));
        out.exit_code = ending.exit_code;
        out.signal = ending.signal;
        out.usage = ending.usage.map(usage_out);
        out.compile_error = ending.compile_error.map(compile_error_out);
    }
    out
}

fn run_file_out(file: RunFile) -> pb::RunFile {
    let RunFile {
        path,
        media_type,
        size_bytes,
    } = file;
    pb::RunFile {
        path,
        size_bytes: size(size_bytes),
        media_type,
    }
}

fn run_files_out(files: RunFiles) -> pb::RunFiles {
    let RunFiles {
        files,
        left_out,
        incomplete,
    } = files;
    pb::RunFiles {
        files: files.into_iter().map(run_file_out).collect(),
        left_out: left_out.into_iter().map(left_out_out).collect(),
        incomplete,
    }
}

fn left_out_out(left_out: LeftOut) -> common::LeftOut {
    let LeftOut {
        reason,
        count,
        example_path,
    } = left_out;
    let reason = match reason {
        LeftOutReason::TooMany => common::LeftOutReason::TooMany,
        LeftOutReason::TooLarge => common::LeftOutReason::TooLarge,
        LeftOutReason::NoRoom => common::LeftOutReason::NoRoom,
        LeftOutReason::NotAFile => common::LeftOutReason::NotAFile,
        LeftOutReason::BadName => common::LeftOutReason::BadName,
        LeftOutReason::SameFile => common::LeftOutReason::SameFile,
        LeftOutReason::Unreadable => common::LeftOutReason::Unreadable,
    };
    common::LeftOut {
        reason: reason.into(),
        count: number(count),
        example_path,
    }
}

fn heard_out(heard: Heard) -> pb::WatchRunResponse {
    use pb::watch_run_response::Event;
    let Heard {
        sequence,
        time,
        what,
    } = heard;
    let event = match what {
        What::Snapshot(run) => Event::Snapshot(run_out(run)),
        What::Queued(position) => Event::QueueUpdate(queue_update_out(position)),
        What::Started => Event::Started(started_out(time)),
        What::Output(stream, data) => {
            let stream = match stream {
                OutputStream::Stdout => common::OutputStream::Stdout,
                OutputStream::Stderr => common::OutputStream::Stderr,
                OutputStream::Drawing => common::OutputStream::Drawing,
            };
            Event::Output(pb::RunOutput {
                stream: stream.into(),
                data,
            })
        }
        What::Heartbeat => Event::Heartbeat(pb::Heartbeat {}),
        What::Finished(run) => Event::Finished(run_out(run)),
    };
    pb::WatchRunResponse {
        sequence: size(sequence),
        event_time: Some(timestamp(time)),
        event: Some(event),
    }
}

/// Writes a state.
pub fn state_out(state: State) -> common::RunState {
    match state {
        State::Queued => common::RunState::Queued,
        State::Running => common::RunState::Running,
        State::Finished => common::RunState::Finished,
    }
}

fn outcome_out(outcome: Outcome) -> common::Outcome {
    match outcome {
        Outcome::Ok => common::Outcome::Ok,
        Outcome::RuntimeError => common::Outcome::RuntimeError,
        Outcome::TimeLimit => common::Outcome::TimeLimit,
        Outcome::MemoryLimit => common::Outcome::MemoryLimit,
        Outcome::OutputLimit => common::Outcome::OutputLimit,
        Outcome::ProcessLimit => common::Outcome::ProcessLimit,
        Outcome::CompileError => common::Outcome::CompileError,
        Outcome::Cancelled => common::Outcome::Cancelled,
        Outcome::InternalError => common::Outcome::InternalError,
    }
}

/// Writes what a program used.
pub fn usage_out(usage: Usage) -> common::Usage {
    let Usage {
        wall,
        cpu,
        peak_memory_bytes,
        stdout_bytes,
        stderr_bytes,
        stdout_truncated,
        stderr_truncated,
        drawing_bytes,
        drawing_truncated,
        input_wait,
    } = usage;
    common::Usage {
        wall_duration: Some(duration(wall)),
        cpu_duration: Some(duration(cpu)),
        peak_memory_bytes: size(peak_memory_bytes),
        stdout_bytes: size(stdout_bytes),
        stderr_bytes: size(stderr_bytes),
        stdout_truncated,
        stderr_truncated,
        drawing_bytes: size(drawing_bytes),
        drawing_truncated,
        input_wait_duration: Some(input_wait)
            .filter(|time| !time.is_zero())
            .map(duration),
    }
}

/// Writes why a program could not be compiled.
pub fn compile_error_out(error: CompileError) -> common::CompileError {
    let CompileError {
        file,
        line,
        column,
        message,
        source_line,
        kind,
    } = error;
    common::CompileError {
        file,
        line: number(line),
        column: number(column),
        message,
        source_line,
        kind,
    }
}

/// Writes a place in the queue.
pub fn queue_position_out(position: QueuePosition) -> pb::QueuePosition {
    let QueuePosition {
        position,
        estimated_wait,
    } = position;
    pb::QueuePosition {
        position: number(position),
        estimated_wait_duration: Some(duration(estimated_wait)),
    }
}

/// Writes a move in the queue.
pub fn queue_update_out(position: QueuePosition) -> pb::QueueUpdate {
    pb::QueueUpdate {
        queue_position: Some(queue_position_out(position)),
    }
}

/// Writes a start.
pub fn started_out(time: Timestamp) -> pb::RunStarted {
    pb::RunStarted {
        start_time: Some(timestamp(time)),
    }
}

fn limits_out(limits: Limits) -> common::Limits {
    let Limits {
        wall_time,
        cpu_time,
        memory_bytes,
        output_bytes,
        processes,
        input_wait,
        drawing_bytes,
    } = limits;
    common::Limits {
        wall_time_limit: wall_time.map(duration),
        cpu_time_limit: cpu_time.map(duration),
        memory_limit_bytes: memory_bytes.map_or(0, size),
        output_limit_bytes: output_bytes.map_or(0, size),
        process_limit: processes.map_or(0, number),
        input_wait_limit: input_wait.map(duration),
        drawing_limit_bytes: drawing_bytes.map_or(0, size),
    }
}

/// A size or sequence number on the wire.
pub fn size(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A small number on the wire.
pub fn number(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

fn count(value: usize) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
