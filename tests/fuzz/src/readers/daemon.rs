//! What the daemon reads: requests, and what a sandbox's runner and program send.

use std::sync::LazyLock;

use coderunner_cli::text;
use coderunner_proto::common::v1::{OutputStream, Program};
use coderunner_proto::sandbox::v1::{
    ExecuteRequest, FunctionCall, FunctionStatus, execute_response::Event,
};
use futures::executor::block_on;
use prost::Message;
use sandboxd::compiling::{self, Compiled};
use sandboxd::config::Config;
use sandboxd::host::Host;
use sandboxd::job::{Answer, MAX_ANSWER, MAX_CODE, MAX_RESULT, parse_result};
use sandboxd::output::{EventSender, drain};
use sandboxd::request::{self, Work};
use sandboxd_launcher::wire::Facts;
use sandboxd_sandbox::KernelLimits;
use tokio::io::AsyncWriteExt;
use tokio::net::unix::pipe;
use tokio::runtime::{self, Runtime};
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tonic::{Code, Status};

/// Longest message of a refusal: it travels in a header.
const LONGEST_REFUSAL: usize = 2048;

thread_local! {
    static RUNTIME: Runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
}

static CONFIG: LazyLock<Config> = LazyLock::new(Config::default);

static HOST: LazyLock<Host> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = r#"{"python_version": "3", "digest": "",
        "wheels": [{"name": "numpy", "version": "2"}]}"#;
    std::fs::write(folder.path().join("manifest.json"), manifest).expect("a manifest");
    let facts = Facts {
        cgroup: String::new(),
        landlock: 0,
        swept: 0,
    };
    Host::describe(&folder.path().join("tree"), true, facts).expect("a manifest")
});

/// What sandboxd makes of a request with its default configuration.
pub fn work(request: ExecuteRequest) -> Result<(String, Work), Status> {
    request::work(&CONFIG, &HOST, request)
}

/// A program for which a function is called.
pub fn call(name: &str, arguments: &str) -> ExecuteRequest {
    ExecuteRequest {
        run_id: "run".to_owned(),
        program: Some(Program::default()),
        function_call: Some(FunctionCall {
            function_name: name.to_owned(),
            arguments_json: arguments.to_owned(),
        }),
        ..ExecuteRequest::default()
    }
}

/// A request is refused as INVALID_ARGUMENT in few words, or its order holds the program as it was sent, paths that
/// stay in the working directory, and limits that the launcher accepts.
pub fn execute_request(bytes: &[u8]) {
    let Ok(request) = ExecuteRequest::decode(bytes) else {
        return;
    };
    let sent = request.clone();
    match work(request) {
        Err(status) => {
            assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
            assert!(status.message().len() <= LONGEST_REFUSAL);
            assert!(status.details().len() <= 2 * LONGEST_REFUSAL);
        }
        Ok((run_id, work)) => {
            assert_eq!(run_id, sent.run_id);
            let program = sent.program.as_ref().expect("an order has a program");
            check_limits(&work);
            check_files(&work, program);
        }
    }
}

fn check_limits(work: &Work) {
    let kernel_limits: &KernelLimits = match work {
        Work::Run(order) => &order.kernel_limits,
        Work::Batch(order) => &order.kernel_limits,
    };
    kernel_limits
        .check(&CONFIG.kernel_limits(&CONFIG.ceilings().most))
        .expect("the launcher accepts what the daemon accepts");
}

fn check_files(work: &Work, program: &Program) {
    let files: Vec<(String, Vec<u8>)> = match work {
        Work::Batch(order) => {
            assert_eq!(order.source, program.source.as_bytes());
            assert!((1..=order.cases.len()).contains(&order.max_parallel));
            order.files.clone()
        }
        Work::Run(order) => {
            let fields = fields(&order.job);
            let [_, _, source, _, _, _, files @ ..] = &fields[..] else {
                panic!("a job of {} fields", fields.len())
            };
            assert_eq!(*source, program.source.as_bytes());
            let pairs = files.chunks(2);
            let text = |path: &[u8]| String::from_utf8(path.to_vec()).expect("it was text");
            pairs
                .map(|pair| (text(pair[0]), pair[1].to_vec()))
                .collect()
        }
    };
    let sent = program.files.iter();
    let sent = sent.map(|file| (file.path.clone(), file.content.clone()));
    assert_eq!(files, sent.collect::<Vec<_>>());
    for (path, _) in &files {
        check_path(path);
    }
}

/// Holds for every path of a file that a program brings.
pub fn check_path(path: &str) {
    let parts: Vec<_> = path.split('/').collect();
    assert!(path.len() <= 255 && parts.len() <= 16 && !path.contains('\0'));
    assert!(!parts.iter().any(|part| ["", ".", ".."].contains(part)));
}

/// The fields of a message to a runner, read as the runner does.
fn fields(mut message: &[u8]) -> Vec<&[u8]> {
    let size = take_number(&mut message);
    assert_eq!(size, message.len() + 4);
    let mut fields = Vec::new();
    while !message.is_empty() {
        let length = take_number(&mut message);
        let (field, rest) = message.split_at(length);
        fields.push(field);
        message = rest;
    }
    fields
}

fn take_number(bytes: &mut &[u8]) -> usize {
    let (number, rest) = bytes.split_first_chunk().expect("a number");
    *bytes = rest;
    u32::from_le_bytes(*number) as usize
}

/// Code is what the runner sent, of the length that it said, or the answer is kept as it is.
pub fn compiled_code(bytes: &[u8]) {
    match block_on(compiling::read_answer(&mut &bytes[..])) {
        Ok(Compiled::Code(code)) => {
            assert!((2..=MAX_CODE).contains(&code.len()));
            assert_eq!((bytes[0], &bytes[5..5 + code.len()]), (b'C', &code[..]));
        }
        Ok(Compiled::EachForItself) => assert_eq!(bytes[0], b'S'),
        Err(answer) => assert!(answer.len() <= MAX_ANSWER && bytes.starts_with(&answer)),
    }
}

/// A compile error is no longer than what was sent.
pub fn runner_answer(bytes: &[u8]) {
    match Answer::parse(bytes) {
        Answer::Started => assert_eq!(bytes, b"S"),
        Answer::CompileError(error) => {
            assert!(error.line >= 0 && error.column >= 0);
            let texts = [&error.file, &error.message, &error.source_line, &error.kind];
            let length: usize = texts.iter().map(|text| text.len()).sum();
            assert!(length <= bytes.len());
            super::cli::check_text(&text::compile_error(&error), &['\n']);
        }
        Answer::Unintelligible => {}
    }
}

/// A result is the bytes that came, but for the first, and bounded.
pub fn function_result(bytes: &[u8]) {
    let (status, result) = parse_result(bytes.to_vec());
    match status {
        FunctionStatus::Returned => {
            assert!(result.len() < MAX_RESULT);
            assert_eq!([b"R", &result[..]].concat(), bytes);
        }
        FunctionStatus::NoResult => assert!(bytes.is_empty() && result.is_empty()),
        _ => assert!(result.is_empty()),
    }
}

/// What is passed on of a stream, or of a drawing, is its beginning, up to the limit, and whether there was more is told.
pub fn program_output(bytes: &[u8]) {
    let Some(([limit, cut], output)) = bytes.split_first_chunk() else {
        return;
    };
    let stream = match cut % 3 {
        0 => OutputStream::Stdout,
        1 => OutputStream::Stderr,
        _ => OutputStream::Drawing,
    };
    let limit = u64::from(*limit) * 16;
    let (first, second) = output.split_at(output.len() * usize::from(*cut) / 256);
    let (sender, mut receiver) = mpsc::channel(4);
    let drained = RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let (mut writer, reader) = pipe::pipe().expect("a pipe");
            let events = EventSender::new(sender);
            let reading = drain(reader, stream, limit, events);
            let writing = async move {
                for part in [first, second] {
                    // Nobody reads on after the limit; and all of it has room.
                    let _ = writer.write_all(part).await;
                    yield_now().await;
                }
            };
            tokio::join!(reading, writing).0
        })
    });
    let mut passed = Vec::new();
    while let Ok(response) = receiver.try_recv() {
        match response.expect("no error is sent").event {
            Some(Event::Output(output)) => {
                assert_eq!(output.stream(), stream);
                passed.extend(output.data);
            }
            other => panic!("{other:?}"),
        }
    }
    let expected = &output[..output.len().min(limit as usize)];
    assert_eq!(passed, expected);
    assert_eq!(drained.bytes, expected.len() as u64);
    assert_eq!(drained.truncated, expected.len() < output.len());
}
