//! Attacks by way of the time that does not count while a program waits for input. Only what the kernel sees counts,
//! only up to a limit of its own, and only while there is room for others.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use test_harness::server::RUN_PATIENCE;
use test_harness::{Job, JobLimits, Options, Outcome, Report, Sandboxd};

const WALL: Duration = Duration::from_secs(1);
/// The most that these programs may wait for input.
const WAIT: Duration = Duration::from_secs(2);
/// SECURITY.md: the end of a run after its limit; and what starting and looking at it takes on a busy host.
const SLACK: Duration = Duration::from_millis(1250);

fn start(max_sandboxes: u32) -> Sandboxd {
    let options = Options {
        max_sandboxes,
        ..Options::default()
    };
    Sandboxd::start(options).expect("sandboxd starts")
}

fn limits() -> JobLimits {
    JobLimits {
        wall: Some(WALL),
        input_wait: Some(WAIT),
        ..JobLimits::default()
    }
}

/// Runs it with its input open and nobody who types.
fn left_alone(server: &Sandboxd, source: &str) -> (Report, Duration) {
    let begun = Instant::now();
    let run = server
        .begin(Job::new(source).interactive().limits(limits()))
        .expect("sandboxd answers");
    let report = run.finish(RUN_PATIENCE).expect("it ends");
    (report, begun.elapsed())
}

#[test]
fn who_does_not_wait_for_input_gets_no_time_for_it() {
    let server = start(4);
    let reader = "import os, threading, time\nthreading.Thread(target=lambda: os.read(0, 1), daemon=True).start()\n";
    let attacks = [
        ("sleeps", "import time\ntime.sleep(60)\n".to_owned()),
        ("computes", "while True: pass\n".to_owned()),
        (
            "computes while a thread of it waits",
            format!("{reader}while True: pass\n"),
        ),
        (
            "computes in bursts while a thread of it waits",
            format!(
                "{reader}while True:\n    end = time.monotonic() + 0.05\n    while time.monotonic() < end: pass\n    \
                 time.sleep(0.01)\n"
            ),
        ),
        (
            "waits for a pipe of its own",
            "import os\nreader, writer = os.pipe()\nos.read(reader, 1)\n".to_owned(),
        ),
        (
            "waits for its pipe in the place of standard input",
            "import os\nreader, writer = os.pipe()\nos.dup2(reader, 0)\nos.read(0, 1)\n".to_owned(),
        ),
        (
            "waits for ever for a child that sleeps",
            "import os, time\nif os.fork() == 0: time.sleep(60)\nos.wait()\n".to_owned(),
        ),
        (
            "looks at its input again and again",
            "import select\nwhile True: select.select([0], [], [], 0.3)\n".to_owned(),
        ),
        (
            "sleeps in select",
            "import select\nselect.select([], [], [], 60)\n".to_owned(),
        ),
        (
            "waits for a lock",
            "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()\n"
                .to_owned(),
        ),
    ];
    for (what, source) in attacks {
        let (report, took) = left_alone(&server, &source);
        assert_eq!(
            report.outcome,
            Outcome::TimeLimit,
            "{what}: {}",
            report.summary()
        );
        assert!(
            took < WALL + SLACK,
            "{what} took {took:?}: {}",
            report.summary()
        );
        assert_eq!(
            report.input_wait(),
            Duration::ZERO,
            "{what}: {}",
            report.summary()
        );
    }
    server.stop().expect("it stops");
}

#[test]
fn who_does_wait_or_pretends_to_has_its_limit() {
    let server = start(4);
    let attacks = [
        ("waits", "input()\n"),
        (
            "sleeps while a thread of it waits",
            "import os, threading, time\nthreading.Thread(target=lambda: os.read(0, 1)).start()\ntime.sleep(60)\n",
        ),
        (
            "has forty threads that wait",
            "import os, threading\nfor n in range(40): threading.Thread(target=lambda: os.read(0, 1)).start()\n",
        ),
        (
            "waits without an end for nothing at all",
            "import select\npoll = select.poll()\nimport os\npoll.register(os.pipe()[0])\npoll.poll()\n",
        ),
    ];
    for (what, source) in attacks {
        let (report, took) = left_alone(&server, source);
        assert_eq!(
            report.outcome,
            Outcome::TimeLimit,
            "{what}: {}",
            report.summary()
        );
        let waited = report.input_wait();
        assert!(
            waited <= WAIT && waited > WAIT / 2,
            "{what} waited {waited:?}: {}",
            report.summary()
        );
        assert!(
            took < WALL + WAIT + SLACK,
            "{what} took {took:?}: {}",
            report.summary()
        );
    }
    server.stop().expect("it stops");
}

#[test]
fn processor_time_is_counted_however_long_a_program_waits() {
    let server = start(4);
    let limits = JobLimits {
        cpu: Some(Duration::from_millis(300)),
        wall: Some(Duration::from_secs(20)),
        input_wait: Some(WAIT),
        ..JobLimits::default()
    };
    let source = "import os, threading, time\nthreading.Thread(target=lambda: os.read(0, 1), daemon=True).start()\n\
                  while True: pass\n";
    let run = server
        .begin(Job::new(source).interactive().limits(limits))
        .expect("sandboxd answers");
    let report = run.finish(RUN_PATIENCE).expect("it ends");
    assert_eq!(report.outcome, Outcome::TimeLimit, "{}", report.summary());
    assert!(
        report.cpu() < Duration::from_millis(700),
        "{}",
        report.summary()
    );
    server.stop().expect("it stops");
}

#[test]
fn there_is_no_waiting_where_no_input_can_come() {
    let server = start(4);
    // With an end of its own at the other side, it never reads an end of file.
    let holds = "import os\nown = os.open('/dev/stdin', os.O_WRONLY)\nprint('READY', flush=True)\n\
                 while True:\n    if not os.read(0, 100): break\n";
    let mut closed = server
        .begin(Job::new(holds).interactive().limits(limits()))
        .expect("sandboxd answers");
    closed
        .wait_for_stdout(b"READY\n", RUN_PATIENCE)
        .expect("it starts");
    closed.close_input().expect("it lives");
    let closed = closed.finish(RUN_PATIENCE).expect("it ends");
    let batch_like = server
        .run(Job::new(holds).stdin("x\n").limits(limits()))
        .expect("sandboxd answers");
    for report in [closed, batch_like] {
        assert_eq!(report.outcome, Outcome::TimeLimit, "{}", report.summary());
        assert!(
            report.input_wait() < Duration::from_millis(500),
            "{}",
            report.summary()
        );
        assert!(report.ran < WALL + SLACK, "{}", report.summary());
    }
    server.stop().expect("it stops");
}

#[test]
fn where_every_place_is_taken_waiting_counts() {
    let server = start(1);
    let (report, took) = left_alone(&server, "input()\n");
    assert_eq!(report.outcome, Outcome::TimeLimit, "{}", report.summary());
    assert!(took < WALL + SLACK, "{took:?}: {}", report.summary());
    assert_eq!(report.input_wait(), Duration::ZERO);
    server.stop().expect("it stops");
}
