//! sandboxd ends well when it is asked to, whatever it is doing.

#![forbid(unsafe_code)]

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use test_harness::{Options, Sandboxd, wait};

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
