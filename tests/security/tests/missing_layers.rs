//! Without a layer, the tests notice; without the first layer that stops an attack, the second does. The sandboxd
//! here is the build out of which layers can be taken.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::time::Duration;

use security_tests::{attack, trial};
use test_harness::{HostState, Job, Options, Outcome, Sandboxd, processes};

/// A layer, an attack that notices that it is missing, and what is said of it.
const NOTICED: [(&str, &str, &str); 12] = [
    ("memory-limit", "resources/memory_anonymous", "ESCAPED"),
    (
        "pids-limit",
        "processes/fork_bomb_that_gives_up",
        "the outcome is",
    ),
    (
        "seccomp",
        "escape/capabilities",
        "ESCAPED no seccomp filter",
    ),
    (
        "no-new-privs",
        "escape/capabilities",
        "ESCAPED no_new_privs is not set",
    ),
    ("uid-drop", "escape/become_root", "ESCAPED runs as root"),
    ("capabilities", "escape/capabilities", "ESCAPED CapEff"),
    (
        "read-only-root",
        "filesystem/write_the_root",
        "ESCAPED the root is mounted writable",
    ),
    (
        "close-descriptors",
        "escape/inherited_descriptors",
        "ESCAPED",
    ),
    ("proc-hiding", "filesystem/kernel_files", "ESCAPED"),
    (
        "output-cap",
        "output/stdout_flood",
        "bytes of standard output were kept",
    ),
    ("environment", "processes/environment", "ESCAPED"),
    ("cpu-time", "resources/cpu_in_short_children", "it took"),
];

/// Layers, and which of sandboxd's own checks at its start refuses to serve without them.
const REFUSED: [(&str, &str); 10] = [
    ("memory-limit", "memory"),
    ("pids-limit", "processes"),
    ("seccomp", "system_calls"),
    ("no-new-privs", "identity"),
    ("uid-drop", "identity"),
    ("capabilities", "identity"),
    ("close-descriptors", "identity"),
    ("proc-hiding", "filesystem"),
    ("wall-time", "wall_time"),
    ("cgroup-namespace", "namespaces"),
];

fn without(layers: &[&str]) -> Options {
    Options {
        without_layers: layers.iter().map(|&layer| layer.to_owned()).collect(),
        ..Options::default()
    }
}

#[test]
fn an_attack_notices_each_missing_layer() {
    let attacks = attack::load().expect("they are well-formed");
    let mut wrong = Vec::new();
    for (layer, name, said) in NOTICED {
        let layers = without(&[layer, "start-checks"]).without_layers;
        match trial::run_without(&attacks[name], &layers) {
            Ok(_) => wrong.push(format!("{name} does not notice that {layer} is missing")),
            Err(error) => {
                let error = format!("{error:#}");
                if !error.lines().any(|line| line.contains(said)) {
                    wrong.push(format!("{name} without {layer} says {error}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sandboxd_refuses_to_serve_without_a_layer() {
    for (layer, check) in REFUSED {
        let error = Sandboxd::start(without(&[layer])).expect_err(layer);
        let error = format!("{error:#}");
        assert!(
            error.contains(&format!("check {check}: ")),
            "{layer}: {error}"
        );
    }
}

#[test]
fn the_build_for_tests_serves_when_every_layer_stands() {
    let server = Sandboxd::start(without(&[""])).expect("it serves");
    let report = server.run(Job::new("print(1)")).expect("it answers");
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    server.stop().expect("it stops");
}

/// Makes a sibling that exits with 0 at once, and exits with 3 itself.
const SIBLING: &str = r"
import ctypes, os, signal, sys, time
CLONE_PARENT = 0x8000
if ctypes.CDLL(None).syscall(56, CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0) == 0:
    os._exit(0)
time.sleep(0.3)
sys.exit(3)
";

#[test]
fn without_the_filters_the_wait_is_still_for_the_program_itself() {
    let server = Sandboxd::start(without(&["seccomp", "start-checks"])).expect("it serves");
    let report = server.run(Job::new(SIBLING)).expect("it answers");
    assert_eq!(
        (report.outcome, report.exit_code),
        (Outcome::RuntimeError, Some(3)),
        "{}",
        report.summary()
    );
    server.stop().expect("it stops");
}

/// Leaves a process in a session of its own behind.
const LEAVES_A_CHILD: &str = "
import os, time
if os.fork() == 0:
    os.setsid()
    os.close(0), os.close(1), os.close(2)
    time.sleep(60)
";

#[test]
fn without_a_pid_namespace_a_slot_in_which_something_lives_is_not_used_again() {
    let options = Options {
        max_sandboxes: 1,
        ..without(&["pid-namespace", "start-checks"])
    };
    let server = Sandboxd::start(options).expect("it serves");
    let before = HostState::look(&server).expect("/proc is there");
    for _ in 0..3 {
        let report = server.run(Job::new(LEAVES_A_CHILD)).expect("it answers");
        assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    }
    // The next one has a slot to itself.
    let alone = "import os, time\ntime.sleep(0.5)\nprint([n for n in os.listdir('/proc') if n.isdigit() and int(n) != os.getpid()])";
    let report = server.run(Job::new(alone)).expect("it answers");
    assert_eq!(report.stdout_text(), "[]\n", "{}", report.summary());
    before
        .expect_nothing_left()
        .unwrap_or_else(|left| panic!("left on the host:\n{left}"));
    server.stop().expect("it stops");
}

/// What the host sees of a server's processes that no program can reach: the layers around them have nothing to stop
/// until something else has failed, so no attack notices them.
struct Bound {
    /// The sandboxes' first processes: modes of seccomp.
    first: Vec<String>,
    /// The keepers: owners of their files in /proc, which root is when nobody may look into them.
    keepers: Vec<u32>,
}

fn bound(server: &Sandboxd) -> Bound {
    let users = server.sandbox_users();
    let all = processes::all().expect("/proc is there");
    let (mut first, mut keepers) = (Vec::new(), Vec::new());
    for process in processes::of_users(&all, &users) {
        let of = |field| status(process.pid, field).unwrap_or_default();
        // Its numbers in the host's, the slot's and the sandbox's pid namespace, as far as it has them.
        let numbers = of("NSpid");
        match numbers.split_whitespace().collect::<Vec<_>>()[..] {
            [_, _, "1"] => first.push(of("Seccomp")),
            [_, "1"] => {
                let file = format!("/proc/{}/environ", process.pid);
                keepers.push(fs::metadata(file).expect("it lives").uid());
            }
            _ => {}
        }
    }
    Bound { first, keepers }
}

fn status(pid: i32, field: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let value = |line: &str| {
        Some(
            line.strip_prefix(field)?
                .strip_prefix(':')?
                .trim()
                .to_owned(),
        )
    };
    status.lines().find_map(value)
}

fn bound_without(layers: &[&str]) -> Bound {
    let server = Sandboxd::start(Options {
        max_sandboxes: 2,
        ..without(layers)
    })
    .expect("it serves");
    server
        .wait_until_parked(Duration::from_secs(20))
        .expect("two wait");
    let bound = bound(&server);
    server.stop().expect("it stops");
    assert_eq!((bound.first.len(), bound.keepers.len()), (2, 2));
    bound
}

#[test]
fn the_host_sees_each_layer_around_processes_that_no_program_reaches() {
    let whole = bound_without(&[""]);
    assert_eq!(whole.first, ["2", "2"], "bound by a filter");
    assert_eq!(whole.keepers, [0, 0], "nobody looks into them");
    assert_eq!(bound_without(&["reaper-filter"]).first, ["0", "0"]);
}

/// Prints the number of the session keyring: keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0).
const KEYRING: &str = "import ctypes; print(ctypes.CDLL(None).syscall(250, 0, -3, 0))";

#[test]
fn without_the_filters_the_keyring_is_still_not_the_hosts() {
    let inside = |layers: &[&str]| {
        let server = Sandboxd::start(without(layers)).expect("it serves");
        let report = server.run(Job::new(KEYRING)).expect("it answers");
        server.stop().expect("it stops");
        assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
        report.stdout_text().trim().to_owned()
    };
    // This thread's own, which sandboxd inherits.
    sandboxd_sys::process::join_new_session_keyring().expect("the kernel has keyrings");
    let host = Command::new("python3").args(["-c", KEYRING]).output();
    let host = String::from_utf8(host.expect("it starts").stdout).expect("a number");
    assert_eq!(
        inside(&["seccomp", "session-keyring", "start-checks"]),
        host.trim()
    );
    assert_ne!(inside(&["seccomp", "start-checks"]), host.trim());
    assert_eq!(
        inside(&["start-checks"]),
        "-1",
        "the filters refuse to tell"
    );
}

/// Leaves so much behind that a collector has to look at it for a while.
const LEAVES_MUCH: &str = "for number in range(3000): open(f'file{number}', 'w').write('own')";

/// Modes of seccomp in which a collector of files was seen.
fn modes_of_collectors(layers: &[&str]) -> BTreeSet<String> {
    let server = Sandboxd::start(Options {
        max_sandboxes: 1,
        ..without(layers)
    })
    .expect("it serves");
    // The job's user; the job itself is an interpreter.
    let user = server.sandbox_users().start + 1;
    let mut modes = BTreeSet::new();
    for _ in 0..10 {
        let job = Job::new(LEAVES_MUCH).collect();
        let mut run = server.begin(job).expect("it answers");
        while !run.is_over() {
            for process in processes::of_users(&processes::all().expect("/proc"), &(user..user + 1))
            {
                if process.name.starts_with("sandboxd") {
                    modes.extend(status(process.pid, "Seccomp"));
                }
            }
            // What has come is taken in.
            let _ = run.wait_for_end(Duration::ZERO);
        }
    }
    server.stop().expect("it stops");
    modes
}

#[test]
fn a_collector_of_files_is_bound_by_its_own_filter() {
    assert!(modes_of_collectors(&[""]).contains("2"));
    let without = modes_of_collectors(&["collector-filter"]);
    assert_eq!(without.into_iter().collect::<Vec<_>>(), ["0"]);
}
