//! Files in and out: what is sent is there, byte for byte, and what a program leaves in its working directory
//! comes back when that was asked for.

#![forbid(unsafe_code)]

use std::fs;
use std::time::{Duration, Instant};

use test_harness::{
    FileCollection, HostState, Job, JobLimits, LeftOutReason, Options, Outcome, Report, Sandboxd,
};

/// The smallest PNG picture: one transparent pixel.
const PICTURE: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\
    \0\0\0\rIDATx\x9cc`\0\x01\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82";

fn start() -> Sandboxd {
    Sandboxd::start(Options::default()).expect("sandboxd starts")
}

/// Runs a job that collects; everything that the program left must be accounted for.
fn collected(server: &Sandboxd, job: Job) -> Report {
    let report = server.run(job.collect()).expect("sandboxd answers");
    assert!(
        !report.files.incomplete,
        "{}\n{}",
        report.summary(),
        server.log()
    );
    report
}

#[test]
fn what_is_sent_is_there_byte_for_byte() {
    let server = start();
    let all_bytes: Vec<u8> = (0..=255).collect();
    let deepest = format!("{}deep.txt", "d/".repeat(15));
    let mut job = Job::new(
        "import os, sys\n\
         sys.stdout.reconfigure(encoding='utf-8', errors='surrogateescape')\n\
         for folder, _, names in sorted(os.walk('.')):\n\
        \x20   for name in sorted(names):\n\
        \x20       path = os.path.relpath(os.path.join(folder, name))\n\
        \x20       print(repr(path), open(path, 'rb').read().hex())\n",
    )
    .file("all.bin", all_bytes.clone())
    .file("empty", "")
    .file("grün/日本語.txt", "ü")
    .file("new\nline", "n")
    .file("a.py/is a folder", "x")
    .file(deepest.clone(), "deep");
    for number in 0..58 {
        job = job.file(format!("many/{number}.dat"), vec![number; 100]);
    }
    let source = job.source.clone();
    let report = server.run(job).expect("sandboxd answers");
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    let text = report.stdout_text();
    let lines: Vec<&str> = text.lines().collect();
    for (path, content) in [
        ("'all.bin'".to_owned(), &all_bytes[..]),
        ("'empty'".to_owned(), b""),
        ("'grün/日本語.txt'".to_owned(), "ü".as_bytes()),
        ("'new\\nline'".to_owned(), b"n"),
        ("'a.py/is a folder'".to_owned(), b"x"),
        (format!("'{deepest}'"), b"deep"),
        ("'many/57.dat'".to_owned(), &[57; 100]),
        ("'main.py'".to_owned(), source.as_bytes()),
    ] {
        let line = format!("{path} {}", hex(content));
        assert!(
            lines.contains(&line.as_str()),
            "{line}\n{}",
            report.summary()
        );
    }
    assert_eq!(lines.len(), 65);
    assert!(report.files.files.is_empty());
    server.stop().expect("it stops");
}

#[test]
fn files_come_back_whole_with_their_types() {
    let server = start();
    let before = HostState::look(&server).expect("/proc is there");
    let picture: String = PICTURE.iter().map(|byte| format!("{byte:02x}")).collect();
    let source = format!(
        "import os\n\
         os.makedirs('plots/2024')\n\
         open('plots/2024/pixel.png', 'wb').write(bytes.fromhex('{picture}'))\n\
         open('plots/drawing.svg', 'w').write('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')\n\
         open('table.csv', 'w').write('a,b\\n1,2\\n')\n\
         open('data.json', 'w').write('[1, 2]')\n\
         open('empty.txt', 'w')\n\
         open('grün 日本.txt', 'w').write('ü')\n\
         open('large.bin', 'wb').write(bytes(range(256)) * 4096)\n\
         open('/tmp/elsewhere.txt', 'w').write('not in the working directory')\n"
    );
    let report = collected(&server, Job::new(source));
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    let came: Vec<_> = report
        .files
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.media_type.as_str()))
        .collect();
    let expected = [
        ("data.json", "application/json"),
        ("empty.txt", "text/plain"),
        ("grün 日本.txt", "text/plain"),
        ("large.bin", "application/octet-stream"),
        ("plots/2024/pixel.png", "image/png"),
        ("plots/drawing.svg", "image/svg+xml"),
        ("table.csv", "text/csv"),
    ];
    assert_eq!(came, expected);
    assert_eq!(report.files.get("plots/2024/pixel.png"), Some(PICTURE));
    assert_eq!(report.files.get("empty.txt"), Some(&b""[..]));
    let large: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    assert!(report.files.get("large.bin") == Some(&large[..]));
    assert_eq!(report.files.left_out, []);
    before
        .expect_nothing_left()
        .unwrap_or_else(|left| panic!("left on the host:\n{left}"));
    server.stop().expect("it stops");
}

#[test]
fn only_what_is_new_or_changed_comes_back() {
    let server = start();
    let job = Job::new(
        "open('changed.txt', 'a').write('!')\n\
         open('rewritten.txt', 'w').write('the same')\n\
         import os\n\
         os.utime('touched.txt', (1, 1))\n\
         os.rename('moved.txt', 'sub/moved.txt')\n\
         os.unlink('deleted.txt')\n",
    )
    .file("untouched.txt", "a")
    .file("touched.txt", "b")
    .file("changed.txt", "c")
    .file("rewritten.txt", "the same")
    .file("moved.txt", "d")
    .file("deleted.txt", "e")
    .file("sub/there.txt", "f");
    let report = collected(&server, job);
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    assert_eq!(report.files.paths(), ["changed.txt", "sub/moved.txt"]);
    assert_eq!(report.files.get("changed.txt"), Some(&b"c!"[..]));
    assert_eq!(report.files.left_out, []);
    let report = collected(&server, Job::new("open('main.py', 'a').write('# more')"));
    assert_eq!(report.files.paths(), ["main.py"]);
    let report = server
        .run(Job::new("open('new.txt', 'w')"))
        .expect("sandboxd answers");
    assert_eq!(report.files, Default::default());
    server.stop().expect("it stops");
}

#[test]
fn files_of_programs_that_fail_come_back_too() {
    let server = start();
    let limits = |limits: JobLimits| move |job: Job| job.limits(limits.clone());
    let short = limits(JobLimits {
        wall: Some(Duration::from_millis(500)),
        ..JobLimits::default()
    });
    let quiet = limits(JobLimits {
        output_bytes: Some(1000),
        ..JobLimits::default()
    });
    let small = limits(JobLimits {
        memory_bytes: Some(48 << 20),
        ..JobLimits::default()
    });
    type Change = Box<dyn Fn(Job) -> Job>;
    let cases: Vec<(&str, Outcome, Change)> = vec![
        (
            "raise SystemExit(3)",
            Outcome::RuntimeError,
            Box::new(|job| job),
        ),
        (
            "import os; os.abort()",
            Outcome::RuntimeError,
            Box::new(|job| job),
        ),
        ("while True: pass", Outcome::TimeLimit, Box::new(short)),
        (
            "while True: print('x' * 100)",
            Outcome::OutputLimit,
            Box::new(quiet),
        ),
        (
            "x = bytearray(1 << 30)",
            Outcome::MemoryLimit,
            Box::new(small),
        ),
    ];
    for (end, outcome, change) in cases {
        let source = format!("open('log.txt', 'w').write('so far')\n{end}\n");
        let report = collected(&server, change(Job::new(source)));
        assert_eq!(report.outcome, outcome, "{}", report.summary());
        let log = report.files.get("log.txt");
        assert_eq!(log, Some(&b"so far"[..]), "{}", report.summary());
    }
    let report = collected(&server, Job::new("def broken(:\n").file("data.txt", "x"));
    assert_eq!(report.outcome, Outcome::CompileError);
    assert_eq!(report.files.paths(), [""; 0]);
    let mut run = server
        .begin(
            Job::new("open('a', 'w').write('1')\nprint('now')\nimport time\ntime.sleep(60)\n")
                .collect(),
        )
        .expect("sandboxd answers");
    run.wait_for_stdout(b"now", Duration::from_secs(10))
        .expect("it starts");
    run.cancel().expect("it lives");
    let report = run.finish(Duration::from_secs(10)).expect("it ends");
    assert_eq!(report.outcome, Outcome::Cancelled);
    assert_eq!(report.files.get("a"), Some(&b"1"[..]));
    server.stop().expect("it stops");
}

#[test]
fn bounds_hold_and_what_is_left_out_is_told() {
    let server = start();
    let source = "for name in 'abcdef':\n    open(name, 'w').write(name * 100)\n\
                  open('large', 'w').write('x' * 1001)\n";
    let mut job = Job::new(source);
    job.collect = Some(FileCollection {
        file_count_limit: 4,
        file_limit_bytes: 1000,
        total_limit_bytes: 350,
    });
    let report = server.run(job).expect("sandboxd answers");
    assert_eq!(report.files.paths(), ["a", "b", "c"]);
    let left_out = [
        (LeftOutReason::TooLarge, 1, "large".to_owned()),
        (LeftOutReason::NoRoom, 3, "d".to_owned()),
    ];
    assert_eq!(report.files.left_out, left_out);
    let mut greedy = Job::new("");
    greedy.collect = Some(FileCollection {
        file_count_limit: 10_000,
        ..FileCollection::default()
    });
    let refused = server.run(greedy).expect_err("over the ceiling");
    assert!(
        format!("{refused:#}").contains("file_count_limit"),
        "{refused:#}"
    );
    server.stop().expect("it stops");
}

/// With one slot, each run waits until the files of the one before have been collected.
#[test]
fn runs_follow_each_other_in_one_slot() {
    let options = Options {
        max_sandboxes: 1,
        ..Options::default()
    };
    let server = Sandboxd::start(options).expect("sandboxd starts");
    let before = HostState::look(&server).expect("/proc is there");
    for number in 0..50 {
        let source = format!("open('own{number}', 'wb').write(bytes(1 << 20))\n");
        let report = collected(&server, Job::new(source));
        assert_eq!(report.files.paths(), [format!("own{number}")]);
        assert_eq!(report.files.files[0].content.len(), 1 << 20);
        let report = collected(&server, Job::new("import os; print(os.listdir())"));
        assert_eq!(report.stdout_text(), "['main.py']\n");
        assert_eq!(report.files.paths(), [""; 0]);
    }
    before
        .expect_nothing_left()
        .unwrap_or_else(|left| panic!("left on the host:\n{left}"));
    server.stop().expect("it stops");
}

/// A caller that goes away while files come keeps no slot.
#[test]
fn a_caller_that_leaves_costs_nothing() {
    let options = Options {
        max_sandboxes: 1,
        ..Options::default()
    };
    let server = Sandboxd::start(options).expect("sandboxd starts");
    for _ in 0..10 {
        let source =
            "open('a', 'wb').write(bytes(4 << 20))\nprint('now')\nimport time\ntime.sleep(60)\n";
        let mut run = server
            .begin(Job::new(source).collect())
            .expect("sandboxd answers");
        run.wait_for_stdout(b"now", Duration::from_secs(10))
            .expect("it starts");
        drop(run);
    }
    let asked = Instant::now();
    let report = server.run(Job::new("print(1)")).expect("sandboxd answers");
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    assert!(asked.elapsed() < Duration::from_secs(10));
    server.stop().expect("it stops");
}

#[test]
fn the_command_writes_files_into_a_new_folder() {
    let server = start();
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("program.py");
    let source = "import os\nos.mkdir('sub')\nopen('sub/a.bin', 'wb').write(bytes(100_000))\nopen('b', 'w')\n\
                  os.symlink('/etc/passwd', 'link')\n";
    fs::write(&program, source).expect("writable");
    let target = folder.path().join("files");
    let arguments = [
        program.to_str().expect("plain text"),
        "--collect",
        target.to_str().expect("plain text"),
    ];
    let output = server.exec(&arguments).expect("sandboxd is there");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert_eq!(
        fs::read(target.join("sub/a.bin")).expect("written"),
        vec![0; 100_000]
    );
    assert_eq!(fs::read(target.join("b")).expect("written"), b"");
    assert!(stderr.contains("LEFT_OUT_REASON_NOT_A_FILE"), "{stderr}");
    // What is there already is nobody's to write into.
    let output = server.exec(&arguments).expect("sandboxd is there");
    assert_eq!(output.status.code(), Some(2));
    server.stop().expect("it stops");
}
