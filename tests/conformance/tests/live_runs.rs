//! What happens while a program runs: output arrives as it is written, input can be typed, a run can be
//! cancelled, limits hold when they are reached.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use test_harness::server::RUN_PATIENCE;
use test_harness::{HostState, Job, JobLimits, Options, Outcome, Sandboxd};

const PATIENCE: Duration = Duration::from_secs(15);
/// SECURITY.md: the end of a run after its limit.
const END_AFTER_LIMIT: Duration = Duration::from_millis(250);

fn start() -> Sandboxd {
    Sandboxd::start(Options::default()).expect("sandboxd starts")
}

#[test]
fn output_arrives_before_the_program_ends() {
    let server = start();
    let source = "import time\nprint('first')\ntime.sleep(1)\nprint('second')\n";
    let mut run = server.begin(Job::new(source)).expect("sandboxd answers");
    let first = run
        .wait_for_stdout(b"first\n", PATIENCE)
        .expect("the first line comes");
    assert_eq!(run.stdout, b"first\n");
    let second = run
        .wait_for_stdout(b"second\n", PATIENCE)
        .expect("the second line comes");
    assert!(
        second - first > Duration::from_millis(700),
        "both came within {:?}",
        second - first
    );
    let report = run.finish(RUN_PATIENCE).expect("it ends");
    assert_eq!(
        (report.outcome, report.stdout.as_slice()),
        (Outcome::Ok, &b"first\nsecond\n"[..])
    );
    server.stop().expect("it stops");
}

#[test]
fn output_without_a_line_feed_arrives_too() {
    let server = start();
    let mut run = server
        .begin(Job::new("print('Name? ', end='')\ninput()\n").interactive())
        .expect("sandboxd answers");
    run.wait_for_stdout(b"Name? ", PATIENCE)
        .expect("the prompt comes");
    run.close_input().expect("it lives");
    let report = run.finish(RUN_PATIENCE).expect("it ends");
    assert!(
        report.stderr_text().contains("EOFError"),
        "{}",
        report.summary()
    );
    server.stop().expect("it stops");
}

#[test]
fn a_program_gets_what_is_typed() {
    let server = start();
    let source = "while True:\n    line = input('> ')\n    if line == 'quit': break\n    print(line[::-1])\n";
    let mut run = server
        .begin(Job::new(source).stdin("early\n").interactive())
        .expect("sandboxd answers");
    run.wait_for_stdout(b"ylrae\n> ", PATIENCE)
        .expect("input from the start is read");
    run.write_input("hällo\n".as_bytes()).expect("it lives");
    run.wait_for_stdout("olläh\n> ".as_bytes(), PATIENCE)
        .expect("typed input is read");
    run.write_input(b"qu").expect("it lives");
    run.write_input(b"it\n").expect("it lives");
    let report = run.finish(RUN_PATIENCE).expect("it ends");
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    server.stop().expect("it stops");
}

#[test]
fn closed_input_is_an_end_of_file() {
    let server = start();
    // It lives on for a moment, so that the calls after the first find it.
    let source = "import sys, time\nprint('READY', flush=True)\nprint(len(sys.stdin.read()))\ntime.sleep(2)\n";
    let mut run = server
        .begin(Job::new(source).interactive())
        .expect("sandboxd answers");
    run.wait_for_stdout(b"READY\n", PATIENCE)
        .expect("it starts");
    for _ in 0..10 {
        run.write_input(&[b'x'; 60_000]).expect("it lives");
    }
    run.close_input().expect("it lives");
    run.close_input().expect("closing twice is harmless");
    run.write_input(b"too late")
        .expect_err("closed input takes nothing");
    let report = run.finish(RUN_PATIENCE).expect("it ends");
    assert_eq!(
        report.stdout_text(),
        "READY\n600000\n",
        "{}",
        report.summary()
    );
    server.stop().expect("it stops");
}

#[test]
fn a_cancelled_run_is_over_at_once() {
    let server = start();
    let before = HostState::look(&server).expect("/proc is there");
    for source in [
        "print('READY', flush=True)\nwhile True: pass\n",
        "print('READY', flush=True)\ninput()\n",
    ] {
        let mut run = server
            .begin(Job::new(source).interactive())
            .expect("sandboxd answers");
        run.wait_for_stdout(b"READY\n", PATIENCE)
            .expect("it starts");
        let asked = Instant::now();
        run.cancel().expect("it lives");
        // Again is harmless; the run may be over by then, and there is nothing else to hear.
        if let Err(error) = run.cancel() {
            assert!(format!("{error:#}").contains("no such run"), "{error:#}");
        }
        let report = run.finish(RUN_PATIENCE).expect("it ends");
        assert_eq!(report.outcome, Outcome::Cancelled, "{}", report.summary());
        assert!(
            asked.elapsed() < Duration::from_secs(1),
            "it took {:?}",
            asked.elapsed()
        );
        assert_eq!(report.stdout_text(), "READY\n");
    }
    before
        .expect_nothing_left()
        .unwrap_or_else(|left| panic!("left on the host:\n{left}"));
    server.stop().expect("it stops");
}

#[test]
fn a_run_ends_soon_after_its_time_limit() {
    let server = start();
    for source in ["while True: pass\n", "import time\ntime.sleep(60)\n"] {
        for limit in [Duration::from_millis(300), Duration::from_secs(1)] {
            let limits = JobLimits {
                wall: Some(limit),
                ..JobLimits::default()
            };
            let report = server
                .run(Job::new(source).limits(limits))
                .expect("sandboxd answers");
            assert_eq!(report.outcome, Outcome::TimeLimit, "{}", report.summary());
            println!("limit {limit:?}: over after {:?}", report.wall());
            assert!(
                report.wall() >= limit,
                "{:?} is before the limit",
                report.wall()
            );
            assert!(
                report.wall() <= limit + END_AFTER_LIMIT,
                "{:?} is long after {limit:?}",
                report.wall()
            );
        }
    }
    server.stop().expect("it stops");
}

/// The launcher tells of a run's end; while it is stopped the daemon hears of nothing.
#[test]
fn a_program_that_ended_in_time_is_not_late_when_the_host_is_slow_to_tell() {
    let server = start();
    let launcher = Pid::from_raw(server.pid());
    let limit = Duration::from_secs(1);
    for (source, expected) in [
        ("print('in time')", Outcome::Ok),
        ("import time\ntime.sleep(60)", Outcome::TimeLimit),
        // In time by the wall clock; CPU time that was used stays used.
        (
            "import time\nwhile time.process_time() < 0.3: pass",
            Outcome::TimeLimit,
        ),
    ] {
        let job = Job::new(source).limits(JobLimits {
            wall: Some(limit),
            cpu: Some(Duration::from_millis(200)),
            ..JobLimits::default()
        });
        let mut run = server.begin(job).expect("sandboxd answers");
        run.wait_for_start(PATIENCE).expect("it starts");
        kill(launcher, Signal::SIGSTOP).expect("the launcher is stopped");
        std::thread::sleep(limit + Duration::from_millis(500));
        kill(launcher, Signal::SIGCONT).expect("it goes on");
        let report = run.finish(RUN_PATIENCE).expect("it ends");
        assert_eq!(report.outcome, expected, "{}", report.summary());
        if expected == Outcome::Ok {
            assert!(report.wall() <= limit, "{}", report.summary());
        }
    }
    server.stop().expect("it stops");
}

#[test]
fn several_runs_live_at_one_time() {
    let options = Options {
        more_pool: "max_waiting = 0".to_owned(),
        ..Options::default()
    };
    let server = Sandboxd::start(options).expect("sandboxd starts");
    let source = "import time\nprint('READY', flush=True)\nprint(input())\ntime.sleep(0.2)\n";
    let mut runs: Vec<_> = (0..4)
        .map(|_| {
            server
                .begin(Job::new(source).interactive())
                .expect("sandboxd answers")
        })
        .collect();
    for run in &mut runs {
        run.wait_for_stdout(b"READY\n", PATIENCE)
            .expect("all start before any ends");
    }
    assert_eq!(server.status().expect("it answers").running, 4);
    let refused = server
        .run(Job::new("print(1)"))
        .expect_err("there is no fifth sandbox");
    assert!(format!("{refused:#}").contains("sandbox"), "{refused:#}");
    for (number, run) in runs.iter().enumerate() {
        run.write_input(format!("mine is {number}\n").as_bytes())
            .expect("it lives");
    }
    for (number, run) in runs.into_iter().enumerate() {
        let report = run.finish(RUN_PATIENCE).expect("it ends");
        assert_eq!(report.stdout_text(), format!("READY\nmine is {number}\n"));
    }
    server.stop().expect("it stops");
}

/// All copies of one template have its hash seed. It must not stay for long.
#[test]
fn the_hash_seed_is_renewed_with_the_template() {
    let options = Options {
        max_sandboxes: 1,
        more_pool: "template_seconds = 1".to_owned(),
        ..Options::default()
    };
    let server = Sandboxd::start(options).expect("sandboxd starts");
    let seed = || {
        let report = server
            .run(Job::new("print(hash('learner'))"))
            .expect("sandboxd answers");
        assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
        report.stdout_text()
    };
    let first = seed();
    let deadline = Instant::now() + RUN_PATIENCE;
    while seed() == first {
        assert!(Instant::now() < deadline, "the hash seed is never renewed");
        std::thread::sleep(Duration::from_millis(100));
    }
    server.stop().expect("it stops");
}

/// What all tests of leftovers rely on: a program is told apart from a sandbox that waits for one.
#[test]
fn a_living_program_counts_as_left() {
    let server = start();
    let before = HostState::look(&server).expect("/proc is there");
    let source = "import socket\nkept = socket.socket(socket.AF_UNIX)\nprint('READY')\ninput()\n";
    let mut run = server
        .begin(Job::new(source).interactive())
        .expect("sandboxd answers");
    run.wait_for_stdout(b"READY\n", PATIENCE)
        .expect("it starts");
    let left = before.expect_nothing_left().expect_err("it lives");
    assert!(left.contains("of a program"), "{left}");
    run.cancel().expect("it lives");
    run.finish(RUN_PATIENCE).expect("it ends");
    before
        .expect_nothing_left()
        .unwrap_or_else(|left| panic!("left on the host:\n{left}"));
    server.stop().expect("it stops");
}

/// More runs than sandboxes wait their turn, and none is refused.
#[test]
fn a_burst_waits_its_turn() {
    let options = Options {
        max_sandboxes: 3,
        ..Options::default()
    };
    let server = Sandboxd::start(options).expect("sandboxd starts");
    let runs: Vec<_> = (0..30)
        .map(|number| {
            server
                .begin(Job::new(format!("print({number})")))
                .expect("sandboxd answers")
        })
        .collect();
    for (number, run) in runs.into_iter().enumerate() {
        let report = run.finish(RUN_PATIENCE).expect("it ends");
        assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
        assert_eq!(report.stdout_text(), format!("{number}\n"));
    }
    server.stop().expect("it stops");
}

/// The interpreter has loaded some of the library before the program is there.
#[test]
fn a_programs_own_modules_hide_those_of_the_library() {
    let server = start();
    let job = Job::new(
        "import random, string, datetime, json\n\
         print(random.MINE, string.MINE, datetime.date(2020, 2, 29).day, json.dumps([1]))\n",
    )
    .file("random.py", "MINE = 7\n")
    .file("string.py", "MINE = 8\n");
    let report = server.run(job).expect("sandboxd answers");
    assert_eq!(report.stdout_text(), "7 8 29 [1]\n", "{}", report.summary());
    let function = Job::new("import json\ndef mine():\n    return json.MINE\n")
        .file("json.py", "MINE = 9\n")
        .function("mine", "[]");
    let report = server.run(function).expect("sandboxd answers");
    assert_eq!(report.result_json, b"9", "{}", report.summary());
    let report = server
        .run(Job::new("import random\nprint(random.randint(3, 3))\n"))
        .expect("sandboxd answers");
    assert_eq!(report.stdout_text(), "3\n", "{}", report.summary());
    server.stop().expect("it stops");
}

#[test]
fn further_files_lie_beside_the_program() {
    let server = start();
    let job =
        Job::new("import shapes\nprint(shapes.area(3, 4), open('data/numbers.txt').read())\n")
            .file("shapes.py", "def area(a, b):\n    return a * b\n")
            .file("data/numbers.txt", "1 2 3");
    let report = server.run(job).expect("sandboxd answers");
    assert_eq!(report.stdout_text(), "12 1 2 3\n", "{}", report.summary());
    for path in [
        "../outside.py",
        "/etc/outside",
        "main.py",
        "a/../../b",
        "",
        "nul\0",
    ] {
        let job = Job::new("print(1)").file(path, "x");
        assert!(server.run(job).is_err(), "a file called {path:?} was taken");
    }
    server.stop().expect("it stops");
}

#[test]
fn a_function_is_called_and_its_value_comes_back_as_data() {
    use test_harness::FunctionStatus::{NoResult, NotData, NotDefined, Returned};
    let server = start();
    let table = [
        (
            "def f(a, b):\n    print('noise')\n    return a + b\n",
            "[2, 3]",
            Returned,
            "5",
        ),
        (
            "def f(text):\n    return {'text': text[::-1], 'parts': (1, 2.5, None, True)}\n",
            "[\"ab\"]",
            Returned,
            r#"{"text": "ba", "parts": [1, 2.5, null, true]}"#,
        ),
        (
            "def f(n):\n    return 2 ** n\n",
            "[200]",
            Returned,
            "1606938044258990275541962092341162602522202993782792835301376",
        ),
        ("def f():\n    return None\n", "[]", Returned, "null"),
        ("f = lambda: 'ü'\n", "[]", Returned, r#""\u00fc""#),
        ("def g(): return 1\n", "[]", NotDefined, ""),
        ("def f(): return {1, 2}\n", "[]", NotData, ""),
        ("def f(): raise ValueError('mine')\n", "[]", NoResult, ""),
        ("def f(a): return a\n", "[]", NoResult, ""),
    ];
    for (source, arguments, status, result) in table {
        let report = server
            .run(Job::new(source).function("f", arguments))
            .expect("sandboxd answers");
        assert_eq!(
            report.function_status,
            status,
            "{source}{}",
            report.summary()
        );
        let returned: serde_json::Value =
            serde_json::from_slice(&report.result_json).unwrap_or_default();
        let expected: serde_json::Value = serde_json::from_str(result).unwrap_or_default();
        assert_eq!(returned, expected, "{source}{}", report.summary());
        let well = matches!(status, Returned | NotDefined | NotData);
        assert_eq!(
            report.outcome == Outcome::Ok,
            well,
            "{source}{}",
            report.summary()
        );
    }
    server.stop().expect("it stops");
}

/// A slot is there for the next run, however the last one ended.
#[test]
fn killed_runs_cost_no_slot() {
    let options = Options {
        max_sandboxes: 2,
        ..Options::default()
    };
    let server = Sandboxd::start(options).expect("sandboxd starts");
    let limits = JobLimits {
        output_bytes: Some(1000),
        ..JobLimits::default()
    };
    for _ in 0..150 {
        let job = Job::new("while True: print('x' * 100)").limits(limits.clone());
        let report = server.run(job).expect("sandboxd answers");
        assert_eq!(report.outcome, Outcome::OutputLimit, "{}", report.summary());
    }
    let log = server.log();
    assert!(!log.contains("a slot is lost"), "{log}");
    server.stop().expect("it stops");
}
