//! While an interactive program waits for somebody to type, its wall-clock time does not pass, whatever way it waits
//! by. What a program can make of that is in the security tests.

#![forbid(unsafe_code)]

use std::thread;
use std::time::Duration;

use test_harness::server::RUN_PATIENCE;
use test_harness::{Job, JobLimits, Options, Outcome, Report, Sandboxd};

const PATIENCE: Duration = Duration::from_secs(15);
/// The programs' limit, and how much longer than that somebody thinks.
const WALL: Duration = Duration::from_millis(1500);
const THINKING: Duration = Duration::from_secs(4);

/// Runs a program that says when it is about to wait, and types a line after a while.
fn thought_over(server: &Sandboxd, source: &str) -> Report {
    let limits = JobLimits {
        wall: Some(WALL),
        ..JobLimits::default()
    };
    let source = format!("import sys\nprint('READY', flush=True)\n{source}\n");
    let mut run = server
        .begin(Job::new(source).interactive().limits(limits))
        .expect("sandboxd answers");
    run.wait_for_stdout(b"READY\n", PATIENCE)
        .expect("it starts");
    thread::sleep(THINKING);
    // One that was killed has no input any more; its report says so better.
    let _ = run.write_input(b"typed\n");
    run.finish(RUN_PATIENCE).expect("it ends")
}

fn expect_waited(server: &Sandboxd, source: &str) {
    let report = thought_over(server, source);
    assert_eq!(
        (report.outcome, report.stdout_text().as_str()),
        (Outcome::Ok, "READY\ngot typed\n"),
        "{source}\n{}",
        report.summary()
    );
    assert!(report.wall() < WALL, "{source}\n{}", report.summary());
    let waited = report.input_wait();
    assert!(
        waited > THINKING - WALL && waited < THINKING + PATIENCE,
        "{source}\nwaited {waited:?}: {}",
        report.summary()
    );
}

#[test]
fn time_to_think_does_not_count_however_a_program_waits() {
    // One more than there are ways: where every place is taken, thinking counts.
    let options = Options {
        max_sandboxes: 12,
        ..Options::default()
    };
    let server = Sandboxd::start(options).expect("sandboxd starts");
    let ways = [
        "print('got', input())",
        "print('got', sys.stdin.readline().strip())",
        "for line in sys.stdin:\n    print('got', line.strip())\n    break",
        "import os\nprint('got', os.read(0, 100).decode().strip())",
        "import os\nprint('got', os.read(os.dup(0), 100).decode().strip())",
        "print('got', open('/dev/stdin').readline().strip())",
        "import select\nselect.select([sys.stdin], [], [])\nprint('got', input())",
        "import select\npoll = select.poll()\npoll.register(0)\npoll.poll()\nprint('got', input())",
        "import threading\nreader = threading.Thread(target=lambda: print('got', input()))\nreader.start()\nreader.join()",
        "import os\nchild = os.fork()\nif child == 0:\n    print('got', input(), flush=True)\n    os._exit(0)\nos.waitpid(child, 0)",
        "import asyncio\nasync def main():\n    loop = asyncio.get_running_loop()\n    there = asyncio.Event()\n    \
         loop.add_reader(0, there.set)\n    await there.wait()\n    print('got', input())\nasyncio.run(main())",
    ];
    thread::scope(|scope| {
        for way in ways {
            let server = &server;
            scope.spawn(move || expect_waited(server, way));
        }
    });
    server.stop().expect("it stops");
}

#[test]
fn a_clock_in_a_thread_beside_the_question_is_no_computing() {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let source = "import threading, time\n\
                  def clock():\n    while True: time.sleep(0.1)\n\
                  threading.Thread(target=clock, daemon=True).start()\nprint('got', input())";
    expect_waited(&server, source);
    server.stop().expect("it stops");
}

#[test]
fn many_questions_cost_little_each() {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let limits = JobLimits {
        wall: Some(Duration::from_secs(2)),
        ..JobLimits::default()
    };
    let source = "for number in range(8):\n    input(f'{number}? ')\nprint('done')\n";
    let mut run = server
        .begin(Job::new(source).interactive().limits(limits))
        .expect("sandboxd answers");
    for number in 0..8 {
        run.wait_for_stdout(format!("{number}? ").as_bytes(), PATIENCE)
            .expect("it asks");
        thread::sleep(Duration::from_millis(600));
        run.write_input(b"\n").expect("it lives");
    }
    let report = run.finish(RUN_PATIENCE).expect("it ends");
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    assert!(
        report.wall() < Duration::from_secs(2),
        "{}",
        report.summary()
    );
    server.stop().expect("it stops");
}
