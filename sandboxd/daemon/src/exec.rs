//! `sandboxd exec`: one program through the daemon on this host, for operators and tests.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use coderunner_proto::common::v1::{Limits, Outcome, OutputStream, Program, SourceFile};
use coderunner_proto::sandbox::v1::sandbox_service_client::SandboxServiceClient;
use coderunner_proto::sandbox::v1::{
    CollectedFiles, ExecResult, ExecuteRequest, File, FileCollection, Finished, FunctionCall,
    execute_response::Event,
};
use hyper_util::rt::TokioIo;
use prost_reflect::ReflectMessage;
use sandboxd_sandbox::collection::fit_path;
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint};

const MAX_RESPONSE: usize = 4 * 1024 * 1024;

/// Exit codes: 0 the program ended well, 1 it did not, 2 bad usage or a refused request, 3 no daemon,
/// 4 the daemon failed.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 outcome OK; 1 any other outcome; 2 bad usage or a refused request; \
    3 the daemon can't be reached; 4 internal error"
)]
pub struct ExecArguments {
    /// Python file to run
    file: PathBuf,
    /// Further file for the working directory, under its own name; can be given more than once
    #[arg(long, value_name = "FILE")]
    with: Vec<PathBuf>,
    /// File for standard input; empty input without it
    #[arg(long)]
    stdin: Option<PathBuf>,
    /// New folder for the files that the program leaves; none are looked at without it
    #[arg(long, value_name = "FOLDER")]
    collect: Option<PathBuf>,
    /// New file for what turtle draws, as the lines of JSON that it comes in; without it nothing is drawn
    #[arg(long, value_name = "FILE")]
    drawing: Option<PathBuf>,
    /// Print the result as one line of JSON (coderunner.sandbox.v1.ExecResult) instead of the output
    #[arg(long)]
    json: bool,
    /// What the program can import: "python" for the standard library, "science" for numpy, pandas and
    /// matplotlib besides
    #[arg(long, default_value = "python")]
    profile: String,
    /// Socket of the daemon
    #[arg(long, default_value = "/run/sandboxd/sandboxd.sock")]
    socket: PathBuf,
    /// Wall-clock limit in milliseconds; the daemon's default without it
    #[arg(long, default_value_t = 0)]
    wall_time_limit_ms: u64,
    /// CPU-time limit in milliseconds; the daemon's default without it
    #[arg(long, default_value_t = 0)]
    cpu_time_limit_ms: u64,
    /// Memory limit in bytes; the daemon's default without it
    #[arg(long, default_value_t = 0)]
    memory_limit_bytes: i64,
    /// Output limit in bytes on each stream; the daemon's default without it
    #[arg(long, default_value_t = 0)]
    output_limit_bytes: i64,
    /// Limit of processes and threads; the daemon's default without it
    #[arg(long, default_value_t = 0)]
    process_limit: i32,
    /// Call this function after the program's top level has run
    #[arg(long, requires = "arguments")]
    function: Option<String>,
    /// Arguments of the function, as a JSON array
    #[arg(long)]
    arguments: Option<String>,
}

/// Runs the command.
pub fn run(arguments: &ExecArguments) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("sandboxd: starting the runtime: {error}");
            return ExitCode::from(4);
        }
    };
    match runtime.block_on(execute(arguments)) {
        Ok(Outcome::Ok) => ExitCode::SUCCESS,
        Ok(Outcome::InternalError) => ExitCode::from(4),
        Ok(_) => ExitCode::from(1),
        Err(Failure { code, error }) => {
            eprintln!("sandboxd: {error:#}");
            ExitCode::from(code)
        }
    }
}

struct Failure {
    code: u8,
    error: anyhow::Error,
}

fn fails_with(code: u8) -> impl Fn(anyhow::Error) -> Failure {
    move |error| Failure { code, error }
}

async fn execute(arguments: &ExecArguments) -> Result<Outcome, Failure> {
    let request = request(arguments).map_err(fails_with(2))?;
    if let Some(folder) = &arguments.collect {
        std::fs::create_dir(folder)
            .with_context(|| format!("making the new folder {}", folder.display()))
            .map_err(fails_with(2))?;
    }
    let channel = connect(&arguments.socket).await.map_err(fails_with(3))?;
    let mut client = SandboxServiceClient::new(channel).max_decoding_message_size(MAX_RESPONSE);
    let mut events = client
        .execute(request)
        .await
        .map_err(|status| Failure {
            code: 2,
            error: anyhow!("the daemon refused: {}", status.message()),
        })?
        .into_inner();
    let mut result = ExecResult::default();
    loop {
        let event = events
            .message()
            .await
            .map_err(|status| Failure {
                code: 4,
                error: anyhow!("the run broke off: {}", status.message()),
            })?
            .and_then(|message| message.event);
        match event {
            Some(Event::Started(_)) => {}
            Some(Event::Output(output)) => {
                let (stream, data) = (output.stream(), output.data);
                show(arguments.json, stream, data, &mut result).map_err(fails_with(4))?;
            }
            Some(Event::File(file)) => {
                let folder = arguments.collect.as_deref();
                save(folder, &file).map_err(fails_with(4))?;
            }
            Some(Event::Finished(finished)) => {
                keep_drawing(arguments.drawing.as_deref(), &result).map_err(fails_with(4))?;
                return finish(arguments.json, finished, result).map_err(fails_with(4));
            }
            // The end of a batch, which this is not, or of the stream.
            Some(Event::BatchFinished(_)) | None => {
                return Err(Failure {
                    code: 4,
                    error: anyhow!("the run ended without a result"),
                });
            }
        }
    }
}

fn request(arguments: &ExecArguments) -> Result<ExecuteRequest> {
    let source = std::fs::read_to_string(&arguments.file)
        .with_context(|| format!("reading {}", arguments.file.display()))?;
    let stdin = match &arguments.stdin {
        Some(path) => std::fs::read(path).with_context(|| format!("reading {}", path.display()))?,
        None => Vec::new(),
    };
    let time = |milliseconds: u64| Duration::from_millis(milliseconds).try_into().ok();
    let function_call = arguments.function.as_ref().map(|name| FunctionCall {
        function_name: name.clone(),
        arguments_json: arguments
            .arguments
            .clone()
            .unwrap_or_else(|| "[]".to_owned()),
    });
    Ok(ExecuteRequest {
        run_id: format!("exec-{}-{}", std::process::id(), started()),
        program: Some(Program {
            source,
            files: further_files(&arguments.with)?,
        }),
        limits: Some(Limits {
            wall_time_limit: time(arguments.wall_time_limit_ms),
            cpu_time_limit: time(arguments.cpu_time_limit_ms),
            memory_limit_bytes: arguments.memory_limit_bytes,
            output_limit_bytes: arguments.output_limit_bytes,
            process_limit: arguments.process_limit,
            ..Limits::default()
        }),
        stdin,
        function_call,
        profile: arguments.profile.clone(),
        drawing: arguments.drawing.is_some(),
        file_collection: arguments
            .collect
            .as_ref()
            .map(|_| FileCollection::default()),
        ..ExecuteRequest::default()
    })
}

fn further_files(paths: &[PathBuf]) -> Result<Vec<SourceFile>> {
    let file = |path: &PathBuf| {
        let name = path
            .file_name()
            .with_context(|| format!("{} names no file", path.display()))?;
        Ok(SourceFile {
            path: name.to_string_lossy().into_owned(),
            content: std::fs::read(path).with_context(|| format!("reading {}", path.display()))?,
        })
    };
    paths.iter().map(file).collect()
}

/// Something that differs between two of these commands with one process id.
fn started() -> u128 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos())
}

/// A channel to the daemon at this socket.
///
/// # Errors
/// When nobody answers there.
pub async fn connect(socket: &Path) -> Result<Channel> {
    let path = socket.to_owned();
    let connector = tower::service_fn(move |_: tonic::transport::Uri| {
        let path = path.clone();
        async move { UnixStream::connect(path).await.map(TokioIo::new) }
    });
    Endpoint::from_static("http://sandboxd.local")
        .connect_with_connector(connector)
        .await
        .with_context(|| {
            format!(
                "connecting to {}; is sandboxd running, and are you root?",
                socket.display()
            )
        })
}

/// Writes the drawing to a file that was not there, so that nobody's is overwritten.
fn keep_drawing(path: Option<&Path>, result: &ExecResult) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    std::fs::File::create_new(path)
        .and_then(|mut file| file.write_all(&result.drawing))
        .with_context(|| format!("writing the drawing to the new file {}", path.display()))
}

fn show(json: bool, stream: OutputStream, data: Vec<u8>, result: &mut ExecResult) -> Result<()> {
    match (json, stream) {
        (_, OutputStream::Drawing) => result.drawing.extend(data),
        (true, OutputStream::Stderr) => result.stderr.extend(data),
        (true, _) => result.stdout.extend(data),
        (false, OutputStream::Stderr) => std::io::stderr()
            .write_all(&data)
            .context("writing the program's errors")?,
        (false, _) => {
            let mut stdout = std::io::stdout().lock();
            stdout
                .write_all(&data)
                .and_then(|()| stdout.flush())
                .context("writing the program's output")?;
        }
    }
    Ok(())
}

/// Writes a piece of a file below a folder that was new when this began, so that nothing in it is another's.
fn save(folder: Option<&Path>, file: &File) -> Result<()> {
    let folder = folder.context("the daemon sent a file that nobody asked for")?;
    // It comes from a program; that it has this form is checked on the way, and here once more.
    let path = fit_path(file.path.as_bytes())
        .with_context(|| format!("the daemon sent a file named {:?}", file.path))?;
    let path = folder.join(path);
    let parent = path.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut to| to.write_all(&file.data))
        .with_context(|| format!("writing {}", path.display()))
}

fn show_collected(collected: &CollectedFiles) {
    eprintln!(
        "{} files, {} bytes{}",
        collected.file_count,
        collected.total_bytes,
        if collected.incomplete {
            "; the collection broke off"
        } else {
            ""
        }
    );
    for left_out in &collected.left_out {
        let reason = left_out.reason().as_str_name();
        let (count, example) = (left_out.count, &left_out.example_path);
        eprintln!("left out: {count} for {reason}, {example:?}");
    }
}

fn finish(json: bool, finished: Finished, mut result: ExecResult) -> Result<Outcome> {
    let outcome = finished.outcome();
    if json {
        result.finished = Some(finished);
        let text = serde_json::to_string(&result.transcode_to_dynamic()).context("writing JSON")?;
        println!("{text}");
        return Ok(outcome);
    }
    let usage = finished.usage.unwrap_or_default();
    let seconds = |time: Option<prost_types::Duration>| {
        time.and_then(|time| Duration::try_from(time).ok())
            .unwrap_or_default()
            .as_secs_f64()
    };
    eprintln!(
        "{} after {:.3} s, {:.3} s of CPU time, {:.1} MiB{}{}",
        outcome.as_str_name(),
        seconds(usage.wall_duration),
        seconds(usage.cpu_duration),
        usage.peak_memory_bytes as f64 / f64::from(1 << 20),
        finished
            .exit_code
            .map_or_else(String::new, |code| format!(", exit code {code}")),
        finished
            .signal
            .map_or_else(String::new, |signal| format!(", signal {signal}")),
    );
    if let Some(collected) = &finished.collected_files {
        show_collected(collected);
    }
    if !finished.internal_error.is_empty() {
        eprintln!("internal error: {}", finished.internal_error);
    }
    Ok(outcome)
}
