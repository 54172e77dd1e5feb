//! Sources and files that aim at what runs before the program: the compiler, the runner that loads the
//! program, and the daemon that waits for both. Whatever is sent, the answer is a verdict on the
//! program or a refusal, never a failure of ours, and nothing but the kernel and the runner has a say.

#![forbid(unsafe_code)]

use std::time::Duration;

use test_harness::{Batch, FunctionStatus, HostState, Job, JobLimits, Options, Outcome, Sandboxd};

fn start() -> Sandboxd {
    Sandboxd::start(Options::default()).expect("sandboxd starts")
}

fn limits() -> JobLimits {
    JobLimits {
        wall: Some(Duration::from_secs(3)),
        cpu: Some(Duration::from_secs(3)),
        ..JobLimits::default()
    }
}

#[test]
fn no_source_is_a_failure_of_ours() {
    let server = start();
    let before = HostState::look(&server).expect("/proc is there");
    let sources = [
        ("NUL", "print(1)\0print(2)".to_owned()),
        ("a lone carriage return", "print(1)\rprint(2)".to_owned()),
        ("only a form feed", "\u{c}".to_owned()),
        (
            "an unknown encoding",
            "# -*- coding: no-such-thing -*-\n".to_owned(),
        ),
        (
            "an encoding that is none",
            "# -*- coding: rot13 -*-\n".to_owned(),
        ),
        (
            "an encoding with other rules",
            "# -*- coding: utf-7 -*-\n+AGE- = 1\n".to_owned(),
        ),
        ("nested brackets", "(".repeat(90_000)),
        ("nested calls", "f(".repeat(40_000)),
        (
            "closed brackets",
            format!("{}{}", "[".repeat(40_000), "]".repeat(40_000)),
        ),
        ("many calls", format!("x{}", "()".repeat(45_000))),
        ("many attributes", format!("x{}", ".a".repeat(45_000))),
        ("many signs", format!("{}1", "-".repeat(90_000))),
        ("many negations", format!("{}1", "not ".repeat(22_000))),
        ("a long sum", format!("1{}", "+1".repeat(45_000))),
        ("a long power", format!("1{}", "**1".repeat(30_000))),
        ("a long comparison", format!("1{}", "<1".repeat(45_000))),
        (
            "a long conditional",
            format!("1{}", " if 1 else 1".repeat(7_000)),
        ),
        ("nested functions", "lambda:".repeat(12_000)),
        ("nested braces with a mistake", "{1:".repeat(30_000)),
        (
            "nested braces with a keyword",
            format!("{}for", "{a(".repeat(60)),
        ),
        (
            "nested blocks",
            (0..95)
                .map(|depth| format!("{}if 1:\n", " ".repeat(depth)))
                .collect(),
        ),
        ("nested text", format!("f\"{{{}", "f'{".repeat(20_000))),
        ("a number of many digits", "9".repeat(95_000)),
        (
            "a number in hexadecimal",
            format!("0x{}", "f".repeat(95_000)),
        ),
        ("a name of many letters", "a".repeat(95_000)),
        (
            "a name that grows when normalised",
            format!("{} = 1", "\u{fdfa}".repeat(30_000)),
        ),
        ("a text without an end", format!("'{}", "a".repeat(95_000))),
        ("many statements", "a=1\n".repeat(24_000)),
        (
            "many arguments",
            format!(
                "def f({}): pass",
                (0..14_000).map(|n| format!("a{n},")).collect::<String>()
            ),
        ),
        (
            "a constant that would be enormous",
            "x = 9**9**9**9\ny = 'a' * 10**12\n".to_owned(),
        ),
        (
            "nested tuples",
            format!("x = {}1{}", "(".repeat(190), ",)*200".repeat(190)),
        ),
    ];
    for (what, source) in sources {
        for function in [false, true] {
            let mut job = Job::new(source.clone()).limits(limits());
            if function {
                job = job.function("f", "[]");
            }
            let report = server
                .run(job)
                .unwrap_or_else(|error| panic!("{what}: {error:#}"));
            assert_ne!(
                report.outcome,
                Outcome::InternalError,
                "{what}: {}",
                report.summary()
            );
            assert!(
                !report.stderr_text().contains("runner.py"),
                "{what}: {}",
                report.summary()
            );
        }
    }
    before
        .expect_nothing_left()
        .unwrap_or_else(|left| panic!("left on the host:\n{left}"));
    server.stop().expect("it stops");
}

#[test]
fn files_that_clash_are_refused_or_run() {
    let server = start();
    let sets: [&[&str]; 13] = [
        &["a", "a/b"],
        &["a/b", "a"],
        &["a", "a"],
        &["a/b/../c"],
        &["./a"],
        &["a/."],
        &["a/"],
        &["a//b"],
        &["main.py/b"],
        &["..."],
        &["a\nb", "\u{202e}c", "-rf"],
        &[
            "sitecustomize.py",
            "usercustomize.py",
            "encodings/__init__.py",
            "os.py",
            "io.py",
            "site.py",
        ],
        &[
            "d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d",
        ],
    ];
    for paths in sets {
        let job = paths.iter().fold(Job::new("print('fine')\n"), |job, path| {
            job.file(*path, "raise SystemExit(9)\n")
        });
        match server.run(job) {
            // Refused before anything was run.
            Err(refusal) => assert!(
                format!("{refusal:#}").contains("file"),
                "{paths:?}: {refusal:#}"
            ),
            Ok(report) => {
                assert_eq!(
                    report.outcome,
                    Outcome::Ok,
                    "{paths:?}: {}",
                    report.summary()
                );
                assert_eq!(report.stdout_text(), "fine\n", "{paths:?}");
            }
        }
    }
    server.stop().expect("it stops");
}

/// A module of the program that has the name of one that the runner needs.
const IMPOSTOR: &str = r#"
import os
for frame in (b"S", b'E{"kind":"Forged","line":1,"column":1,"message":"forged"}', b"H", b"R1"):
    for descriptor in (3, 4):
        try:
            os.write(descriptor, frame)
        except OSError:
            pass
print("the impostor ran", flush=True)
os._exit(0)
"#;

#[test]
fn no_module_of_the_program_speaks_for_the_runner() {
    let server = start();
    let names = [
        "json",
        "os",
        "io",
        "traceback",
        "linecache",
        "tokenize",
        "token",
        "codecs",
        "signal",
        "sys",
        "site",
    ];
    let with_impostors = |source: &str| {
        names.iter().fold(Job::new(source), |job, name| {
            job.file(format!("{name}.py"), IMPOSTOR)
        })
    };

    let report = server
        .run(with_impostors("this is no Python\n"))
        .expect("sandboxd answers");
    assert_eq!(
        report.outcome,
        Outcome::CompileError,
        "{}",
        report.summary()
    );
    let error = report
        .compile_error
        .as_ref()
        .expect("a compile error says where");
    assert_eq!(
        (error.kind.as_str(), error.line),
        ("SyntaxError", 1),
        "{}",
        report.summary()
    );
    assert!(
        report.stdout.is_empty(),
        "something ran: {}",
        report.summary()
    );

    let source = "def f(a):\n    return a + 1\n";
    let report = server
        .run(with_impostors(source).function("f", "[4]"))
        .expect("sandboxd answers");
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    assert_eq!(
        report.function_status,
        FunctionStatus::Returned,
        "{}",
        report.summary()
    );
    assert_eq!(report.result_json, b"5", "{}", report.summary());
    server.stop().expect("it stops");
}

#[test]
fn a_program_finds_its_own_modules_first() {
    let server = start();
    let source = "import json\nprint(json.MINE)\n";
    let report = server
        .run(Job::new(source).file("json.py", "MINE = 5\n"))
        .expect("sandboxd answers");
    assert_eq!(
        (report.outcome, report.stdout_text().as_str()),
        (Outcome::Ok, "5\n"),
        "{}",
        report.summary()
    );
    server.stop().expect("it stops");
}

#[test]
fn hostile_arguments_are_refused_or_fail_the_call() {
    let server = start();
    let source = "def f(*values):\n    return len(values)\n";
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let long = format!("[{}1]", "1,".repeat(200_000));
    let digits = format!("[{}]", "9".repeat(500_000));
    for arguments in [
        "",
        "{}",
        "null",
        "[",
        "[1,]",
        "[NaN, 1e999]",
        "[\"\\ud800\"]",
        "1 2",
        &deep,
        &long,
        &digits,
    ] {
        let shown: String = arguments.chars().take(20).collect();
        match server.run(Job::new(source).function("f", arguments).limits(limits())) {
            Err(refusal) => assert!(
                format!("{refusal:#}").contains("arguments"),
                "{shown}: {refusal:#}"
            ),
            Ok(report) => assert_ne!(
                report.outcome,
                Outcome::InternalError,
                "{shown}: {}",
                report.summary()
            ),
        }
    }
    for name in ["", "1f", "a.b", "a b", "f()", "__import__('os')", "\u{0}"] {
        let answer = server.run(Job::new(source).function(name, "[]"));
        let refusal = answer.expect_err(&format!("{name:?} is no function name"));
        assert!(
            format!("{refusal:#}").contains("function_name"),
            "{name:?}: {refusal:#}"
        );
    }
    server.stop().expect("it stops");
}

#[test]
fn batches_that_are_too_much_are_refused() {
    let server = start();
    let empty = |cases| (0..cases).fold(Batch::new(Job::new("pass")), |batch, _| batch.case(""));
    let large = |cases: usize, size: usize| {
        (0..cases).fold(Batch::new(Job::new("pass")), |batch, _| {
            batch.case(vec![b'x'; size])
        })
    };
    let arguments = format!("[\"{}\"]", "a".repeat(1_000_000));
    let calls = (0..17).fold(Batch::new(Job::new("pass")), |batch, _| {
        batch.call("f", &arguments)
    });
    for (field, batch) in [
        ("cases", empty(201)),
        ("cases", empty(100_000)),
        ("cases", large(2, 8 * 1024 * 1024 + 1)),
        ("cases", calls),
        ("max_parallel", empty(1).max_parallel(i32::MIN)),
        ("max_parallel", Batch::new(Job::new("pass")).max_parallel(4)),
        (
            "stop_on_first_failure",
            Batch::new(Job::new("pass")).stop_on_first_failure(),
        ),
        ("function_name", empty(3).call("__import__('os')", "[]")),
        ("arguments_json", empty(3).call("f", "[")),
        (
            "files",
            Batch::new(Job::new("pass").file("../x", "")).case(""),
        ),
        (
            "function_call",
            Batch::new(Job::new("pass").function("f", "[]")).case(""),
        ),
    ] {
        let refusal = server.run_batch(batch).expect_err(field);
        assert!(
            format!("{refusal:#}").contains(field),
            "{field}: {refusal:#}"
        );
    }
    assert_eq!(server.status().expect("it answers").running, 0);
    let report = server.run_batch(empty(200)).expect("that many are fine");
    assert_eq!(report.reports.len(), 200);
    for report in &report.reports {
        assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    }
    server.stop().expect("it stops");
}
