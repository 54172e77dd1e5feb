//! sandboxd or its launcher is killed in the middle of runs: every process of every sandbox is dead
//! within a second, and after the next start nothing of them is left on the host.

#![forbid(unsafe_code)]

use std::time::Duration;

use test_harness::server::{RUN_PATIENCE, ended_by};
use test_harness::{Half, HostState, Job, JobLimits, Options, Outcome, Sandboxd};

/// SECURITY.md's promise.
const DEATH: Duration = Duration::from_secs(1);

/// Has children, files, sockets and ignores signals.
const STUBBORN: &str = r#"
import os, signal, socket, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        while True:
            time.sleep(1)
with open("/tmp/left", "w") as file:
    file.write("x" * 1000000)
listener = socket.socket(socket.AF_UNIX)
listener.bind("\0left")
print("READY", flush=True)
time.sleep(60)
"#;

/// Never sleeps.
const BUSY: &str = "print('READY', flush=True)\nwhile True: pass\n";

fn kill_in_mid_run(half: Half) {
    let mut server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let before = HostState::look(&server).expect("/proc is there");
    let limits = JobLimits {
        wall: Some(Duration::from_secs(30)),
        ..JobLimits::default()
    };
    let mut runs: Vec<_> = [STUBBORN, BUSY, STUBBORN]
        .into_iter()
        .map(|source| {
            server
                .begin(Job::new(source).limits(limits.clone()))
                .expect("sandboxd answers")
        })
        .collect();
    for run in &mut runs {
        run.wait_for_stdout(b"READY", Duration::from_secs(20))
            .expect("the program starts");
    }
    assert!(before.programs().len() >= 3, "the programs live");

    server.kill(half).expect("there is such a half");
    before
        .expect_no_process(DEATH)
        .unwrap_or_else(|alive| panic!("still alive after {DEATH:?}:\n{alive}"));
    server
        .wait_for_exit(Duration::from_secs(5))
        .expect("the other half follows");
    for run in runs {
        // A stream that breaks is a run without an answer; it must not look like a verdict.
        if let Ok(report) = run.finish(RUN_PATIENCE) {
            let ours = [Outcome::InternalError, Outcome::Cancelled];
            assert!(
                ours.contains(&report.outcome),
                "blamed on the program: {}",
                report.summary()
            );
        }
    }

    server.start_again().expect("sandboxd starts again");
    let again = HostState::look(&server).expect("/proc is there");
    let report = server
        .run(Job::new("print('hello')"))
        .expect("sandboxd answers");
    assert_eq!(
        (report.outcome, report.stdout_text().as_str()),
        (Outcome::Ok, "hello\n"),
        "{}",
        report.summary()
    );
    again
        .expect_nothing_left()
        .unwrap_or_else(|left| panic!("left on the host:\n{left}"));
    server.stop().expect("it stops");
    before
        .expect_server_gone()
        .unwrap_or_else(|left| panic!("left of the killed server:\n{left}"));
    again
        .expect_server_gone()
        .unwrap_or_else(|left| panic!("left of the second server:\n{left}"));
}

#[test]
fn the_daemon_is_killed_in_mid_run() {
    kill_in_mid_run(Half::Daemon);
}

#[test]
fn the_launcher_is_killed_in_mid_run() {
    kill_in_mid_run(Half::Launcher);
}

#[test]
fn both_are_killed_in_mid_run() {
    let mut server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let before = HostState::look(&server).expect("/proc is there");
    let mut run = server.begin(Job::new(STUBBORN)).expect("sandboxd answers");
    run.wait_for_stdout(b"READY", Duration::from_secs(20))
        .expect("the program starts");
    let first = server.pid();
    for half in [Half::Launcher, Half::Daemon] {
        // The second may be gone with the first.
        let _ = server.kill(half);
    }
    before
        .expect_no_process(DEATH)
        .unwrap_or_else(|alive| panic!("still alive after {DEATH:?}:\n{alive}"));
    let status = server
        .wait_for_exit(Duration::from_secs(5))
        .expect("it is dead");
    assert!(
        ended_by(status, nix::sys::signal::Signal::SIGKILL),
        "{first} ended with {status}"
    );
    drop(run);
    server.start_again().expect("sandboxd starts again");
    server.stop().expect("it stops");
    before
        .expect_server_gone()
        .unwrap_or_else(|left| panic!("left of the killed server:\n{left}"));
}

#[test]
fn a_client_that_goes_away_takes_its_run_along() {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let before = HostState::look(&server).expect("/proc is there");
    let mut run = server.begin(Job::new(STUBBORN)).expect("sandboxd answers");
    run.wait_for_stdout(b"READY", Duration::from_secs(20))
        .expect("the program starts");
    drop(run);
    before
        .expect_nothing_left()
        .unwrap_or_else(|left| panic!("left on the host:\n{left}"));
    server.stop().expect("it stops");
}
