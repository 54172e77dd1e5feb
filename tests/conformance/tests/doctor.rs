//! `sandboxd doctor`: a host that keeps the sandbox's promises, a root file system that somebody changed, settings that
//! are none; and whether its programs would see a hole.

#![forbid(unsafe_code)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use test_harness::{HostState, Job, Options, Outcome, Sandboxd, binaries};

/// Everything that must have been looked at where sandboxd serves.
const CHECKS: [&str; 30] = [
    "root",
    "kernel",
    "cgroups",
    "landlock",
    "user_ids",
    "free_memory",
    "free_disk",
    "clock",
    "swap",
    "core_pattern",
    "ksm",
    "processor",
    "rootfs",
    "programs",
    "wall_time",
    "cpu_time",
    "cpu_share",
    "memory",
    "processes",
    "output",
    "open_files",
    "file_size",
    "scratch_files",
    "namespaces",
    "identity",
    "system_calls",
    "network",
    "filesystem",
    "science",
    "leftovers",
];

fn doctor(config: &Path, arguments: &[&str]) -> Output {
    Command::new(binaries::program("sandboxd").expect("it was built"))
        .arg("doctor")
        .arg("--config")
        .arg(config)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("it starts")
}

fn checks(output: &Output) -> Vec<Value> {
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    report["checks"].as_array().expect("a list").clone()
}

fn text(output: &Output) -> String {
    format!(
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn a_host_that_serves_is_well_and_nothing_stays_behind() {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let before = HostState::look(&server).expect("/proc can be read");
    let output = doctor(&server.config_file(), &["--json"]);
    println!("{}", text(&output));
    assert_eq!(output.status.code(), Some(0));
    let checks = checks(&output);
    let names: Vec<_> = checks.iter().map(|check| &check["name"]).collect();
    assert_eq!(names, CHECKS);
    for check in &checks {
        assert_ne!(check["state"], "failed", "{check}");
        let advice = check["advice"].as_str().expect("text");
        assert_eq!(advice.is_empty(), check["state"] == "ok", "{check}");
    }
    // The one that serves was not disturbed.
    let report = server.run(Job::new("print(1)")).expect("it answers");
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    before
        .expect_nothing_left()
        .expect("the doctor left nothing");
    let lines = doctor(&server.config_file(), &[]);
    let shown = text(&lines);
    assert_eq!(lines.status.code(), Some(0), "{shown}");
    assert!(shown.contains("checks: 30, failed: 0"), "{shown}");
    server.stop().expect("it stops");
}

#[test]
fn a_changed_root_is_named_and_nothing_is_run_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let original = binaries::rootfs().expect("it was built");
    let tree = folder.path().join("tree");
    for (from, to) in [
        (original.clone(), tree.clone()),
        (
            original.with_file_name("manifest.json"),
            folder.path().join("manifest.json"),
        ),
    ] {
        let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
        assert!(copied.expect("cp starts").success());
    }
    let module = tree.join("usr/lib/python3.11/os.py");
    let changed = fs::read_to_string(&module).expect("it is there") + "\nimport evil\n";
    fs::write(&module, changed).expect("written");
    let config = folder.path().join("sandboxd.toml");
    let settings = format!("[rootfs]\npath = {tree:?}\n[cgroup]\nparent = \"doctor-test\"\n");
    fs::write(&config, settings).expect("written");
    let output = doctor(&config, &["--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let checks = checks(&output);
    let failed: Vec<_> = checks
        .iter()
        .filter(|check| check["state"] == "failed")
        .collect();
    let [rootfs] = failed[..] else {
        panic!("{}", text(&output));
    };
    assert_eq!(rootfs["name"], "rootfs");
    assert_eq!(rootfs["found"], "usr/lib/python3.11/os.py differs");
    let last = checks.last().expect("there are some");
    assert_eq!(
        (&last["name"], &last["state"]),
        (&"programs".into(), &"warning".into())
    );
}

#[test]
fn settings_that_are_none_are_bad_usage() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("sandboxd.toml");
    let missing = doctor(&config, &["--json"]);
    assert_eq!(missing.status.code(), Some(2), "{}", text(&missing));
    fs::write(&config, "[pool]\nmax_sandboxes = \"many\"\n").expect("written");
    let wrong = doctor(&config, &[]);
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong));
    assert!(text(&wrong).contains("max_sandboxes"), "{}", text(&wrong));
}

/// Outside of a sandbox, as root, the programs that look for holes find some.
#[test]
fn its_programs_see_holes_where_there_are_some() {
    for (probe, holes) in [
        (
            include_str!("../../../sandboxd/daemon/src/doctor/probes/identity.py"),
            &["CapEff", "Seccomp", "users"][..],
        ),
        (
            include_str!("../../../sandboxd/daemon/src/doctor/probes/network.py"),
            &["AF_INET", "AF_NETLINK"],
        ),
    ] {
        let output = Command::new("python3")
            .args(["-I", "-c", probe])
            .output()
            .expect("the machine has Python");
        let text = String::from_utf8_lossy(&output.stdout);
        for hole in holes {
            let line = format!("HOLE {hole} ");
            assert!(text.contains(&line), "{hole}: {text}");
        }
    }
}
