//! Without a layer, the tests notice; without the first layer that stops an attack, the second does. The sandboxd
//! here is the build out of which layers can be taken.

#![forbid(unsafe_code)]

use security_tests::{attack, trial};
use test_harness::{HostState, Job, Options, Outcome, Sandboxd};

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
