//! Ends that nobody's program brings about: sandboxd is asked to stop, or a sandbox dies while it waits.

#![forbid(unsafe_code)]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use test_harness::{Job, Options, Outcome, Sandboxd, processes, wait};

const PATIENCE: Duration = Duration::from_secs(30);

/// An operator who stops what was just started must not be told that it failed.
#[test]
fn a_server_that_is_stopped_while_it_starts_ends_well() {
    let mut server = Sandboxd::start(Options::default()).expect("a server");
    let mut ended_well = 0;
    for delay in [0, 10, 30, 60, 100, 150, 250, 400, 700] {
        kill(Pid::from_raw(server.pid()), Signal::SIGTERM).expect("it lives");
        let status = server.wait_for_exit(PATIENCE).expect("it ends");
        // Before it takes signals into its own hands, the signal's own effect ends it.
        let by_signal = status.signal() == Some(Signal::SIGTERM as i32);
        assert!(
            status.success() || by_signal,
            "before {delay} ms: {status}\n{}",
            server.log()
        );
        ended_well += usize::from(status.success());
        server.begin_again().expect("it starts again");
        std::thread::sleep(wait::patience(Duration::from_millis(delay)));
    }
    assert!(ended_well > 3, "only {ended_well} times by itself");
    kill(Pid::from_raw(server.pid()), Signal::SIGKILL).expect("it lives");
    server.wait_for_exit(PATIENCE).expect("it ends");
    server.start_again().expect("it starts as if nothing was");
    server.stop().expect("it stops");
}

/// Draining: what runs goes on to its end, and then the server ends.
#[test]
fn a_server_that_is_stopped_lets_its_programs_end() {
    let mut server = Sandboxd::start(Options::default()).expect("a server");
    let source = "import time\nprint('on', flush=True)\ntime.sleep(1)\nprint('bye')";
    let mut running = server.begin(Job::new(source)).expect("it begins");
    running.wait_for_start(PATIENCE).expect("it starts");
    kill(Pid::from_raw(server.pid()), Signal::SIGTERM).expect("it lives");
    let report = running.finish(PATIENCE).expect("its end is told");
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    assert_eq!(report.stdout, b"on\nbye\n", "{}", report.summary());
    let status = server.wait_for_exit(PATIENCE).expect("it ends");
    assert!(status.success(), "{status}\n{}", server.log());
}

/// Kills all that wait for a program, as a host without memory may.
fn kill_the_waiting(server: &Sandboxd) -> Vec<i32> {
    server.wait_until_parked(PATIENCE).expect("all are made");
    let all = processes::all().expect("they can be listed");
    let all = processes::of_users(&all, &server.sandbox_users());
    let waiting = all.into_iter().map(|process| process.pid);
    let waiting: Vec<i32> = waiting
        .filter(|pid| processes::waits_for_a_program(*pid))
        .collect();
    assert!(!waiting.is_empty(), "nobody waits");
    for pid in &waiting {
        kill(Pid::from_raw(*pid), Signal::SIGKILL).expect("it lives");
    }
    waiting
}

#[test]
fn a_sandbox_that_dies_while_it_waits_costs_no_run() {
    let server = Sandboxd::start(Options::default()).expect("a server");
    let killed = kill_the_waiting(&server);
    let gone = |pid: &i32| fs::metadata(format!("/proc/{pid}")).is_err();
    let all_gone = wait::until(PATIENCE, || match killed.iter().all(gone) {
        true => Ok(()),
        false => Err("some are not collected"),
    });
    all_gone.expect("dead and collected");
    for _ in 0..2 * server.max_sandboxes() {
        let report = server.run(Job::new("print('hello')"));
        let report = report.expect("it is answered");
        assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    }
    let log = server.log();
    assert!(log.contains("a parked sandbox was dead"), "{log}");
    assert!(!log.contains("panicked"), "{log}");
    server.stop().expect("it stops");
}

/// A run that was given to a sandbox in the moment of its death is told as our failure, never as the program's.
#[test]
fn a_sandbox_that_dies_as_it_is_taken_is_not_the_programs_fault() {
    let server = Sandboxd::start(Options::default()).expect("a server");
    for _ in 0..5 {
        kill_the_waiting(&server);
        for _ in 0..server.max_sandboxes() {
            let report = server.run(Job::new("print('hello')"));
            let report = report.expect("it is answered");
            match report.outcome {
                Outcome::Ok => assert_eq!(report.stdout, b"hello\n"),
                Outcome::InternalError => {
                    let reason = "the sandbox ended before the program began";
                    assert_eq!(report.internal_error, reason, "{}", report.summary());
                }
                _ => panic!("{}", report.summary()),
            }
        }
    }
    server.stop().expect("it stops");
}
