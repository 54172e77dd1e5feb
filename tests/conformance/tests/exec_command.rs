//! `sandboxd exec`: what operators and other tests use. Its output, its JSON and its exit codes.

#![forbid(unsafe_code)]

use std::fs;
use std::process::Output;

use serde_json::Value;
use test_harness::{Options, Sandboxd};

fn exec(server: &Sandboxd, source: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("program.py");
    fs::write(&file, source).expect("writable");
    let mut all = vec![file.to_str().expect("plain text")];
    all.extend(arguments);
    server.exec(&all).expect("sandboxd is there")
}

fn json(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).expect("JSON is text");
    assert_eq!(text.lines().count(), 1, "one line: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn output_is_passed_through() {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let output = exec(
        &server,
        "import sys\nprint('out')\nprint('err', file=sys.stderr)\n",
        &[],
    );
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, b"out\n");
    // What the command itself has to say comes after what the program wrote.
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.starts_with("err\n"), "{stderr}");
    server.stop().expect("it stops");
}

#[test]
fn json_is_canonical() {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let output = exec(&server, "print('hi')\nraise SystemExit(3)\n", &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let result = json(&output);
    let finished = &result["finished"];
    assert_eq!(finished["outcome"], "OUTCOME_RUNTIME_ERROR", "{result}");
    assert_eq!(finished["exitCode"], 3, "{result}");
    // Bytes are base64, 64-bit numbers text, durations seconds: proto3's JSON mapping.
    assert_eq!(result["stdout"], "aGkK", "{result}");
    let usage = &finished["usage"];
    assert_eq!(usage["stdoutBytes"], "3", "{result}");
    let memory: u64 = usage["peakMemoryBytes"]
        .as_str()
        .expect("text")
        .parse()
        .expect("a number");
    assert!(memory > 1 << 20, "{result}");
    let wall: f64 = usage["wallDuration"]
        .as_str()
        .and_then(|text| text.strip_suffix('s'))
        .expect("seconds")
        .parse()
        .expect("a number");
    assert!(wall > 0.0 && wall < 5.0, "{result}");
    server.stop().expect("it stops");
}

#[test]
fn a_profile_is_an_option() {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let source = "import numpy\nprint(numpy.arange(4).sum())\n";
    let output = exec(&server, source, &["--profile", "science"]);
    assert_eq!(output.stdout, b"6\n", "{output:?}");
    assert_eq!(exec(&server, source, &[]).status.code(), Some(1));
    let refused = exec(&server, source, &["--profile", "pypy"]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("python, science"), "{said}");
    server.stop().expect("it stops");
}

#[test]
fn input_comes_from_a_file_and_limits_from_options() {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let input = tempfile::NamedTempFile::new().expect("a file");
    fs::write(input.path(), "from a file\n").expect("writable");
    let path = input.path().to_str().expect("plain text");
    let output = exec(&server, "print(input().upper())\n", &["--stdin", path]);
    assert_eq!(output.stdout, b"FROM A FILE\n");
    let output = exec(
        &server,
        "while True: pass\n",
        &["--json", "--wall-time-limit-ms", "300"],
    );
    assert_eq!(json(&output)["finished"]["outcome"], "OUTCOME_TIME_LIMIT");
    assert_eq!(output.status.code(), Some(1));
    server.stop().expect("it stops");
}

#[test]
fn exit_codes_tell_who_failed() {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    assert_eq!(
        exec(&server, "pass\n", &[]).status.code(),
        Some(0),
        "a good program"
    );
    assert_eq!(
        exec(&server, "1 / 0\n", &[]).status.code(),
        Some(1),
        "a bad program"
    );
    assert_eq!(
        exec(&server, "1 +\n", &[]).status.code(),
        Some(1),
        "no program at all"
    );
    assert_eq!(
        exec(&server, "pass\n", &["--no-such-option"]).status.code(),
        Some(2),
        "bad usage"
    );
    let too_much = ["--wall-time-limit-ms", "100000000"];
    assert_eq!(
        exec(&server, "pass\n", &too_much).status.code(),
        Some(2),
        "a limit over the ceiling"
    );
    let missing = server
        .exec(&["/no/such/file.py"])
        .expect("sandboxd is there");
    assert_eq!(missing.status.code(), Some(2), "no such file");
    assert!(!missing.stderr.is_empty(), "it says why");

    let socket = server.socket();
    let nobody = socket.with_file_name("nobody.sock");
    let elsewhere = ["--socket", nobody.to_str().expect("plain text")];
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("program.py");
    fs::write(&file, "pass\n").expect("writable");
    let output = std::process::Command::new(
        test_harness::binaries::program("sandboxd").expect("it is built"),
    )
    .arg("exec")
    .args(elsewhere)
    .arg(&file)
    .output()
    .expect("sandboxd is there");
    assert_eq!(output.status.code(), Some(3), "nobody listens");
    server.stop().expect("it stops");
}
