//! On a host with the unified cgroup hierarchy, under Debian 12's kernel: every limit ends programs as it
//! must, attacks whose layers depend on the kernel are stopped, the doctor finds nothing, and nothing is left behind.
//!
//! The programs are those of the other groups and run through `sandboxd exec`; time limits are longer,
//! because the processor is emulated, and nothing else is different.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use test_harness::binaries;
use vm_tests::image::{self, Extra};
use vm_tests::machine;

/// The processor is emulated; natively all this takes some seconds.
const PATIENCE: Duration = Duration::from_secs(12 * 60);

/// Program of the conformance group, more arguments for it, its outcome.
const PROGRAMS: &[(&str, &str, &str)] = &[
    ("outcome_ok", "", "OUTCOME_OK"),
    ("outcome_runtime_error", "", "OUTCOME_RUNTIME_ERROR"),
    ("outcome_compile_error", "", "OUTCOME_COMPILE_ERROR"),
    ("outcome_memory_limit", "", "OUTCOME_MEMORY_LIMIT"),
    ("outcome_memory_limit_child", "", "OUTCOME_MEMORY_LIMIT"),
    ("outcome_process_limit", "", "OUTCOME_PROCESS_LIMIT"),
    ("outcome_output_limit", "", "OUTCOME_OUTPUT_LIMIT"),
    (
        "outcome_time_limit_sleep",
        "--wall-time-limit-ms 2000",
        "OUTCOME_TIME_LIMIT",
    ),
    (
        "outcome_time_limit_busy",
        "--wall-time-limit-ms 4000",
        "OUTCOME_TIME_LIMIT",
    ),
    ("outcome_signal_kill", "", "OUTCOME_RUNTIME_ERROR"),
    ("multiprocessing_pool", "", "OUTCOME_OK"),
    ("threads", "", "OUTCOME_OK"),
];

/// Attacks of the security group that must be blocked; those that need no facts about the host.
const ATTACKS: &[&str] = &[
    "escape/become_root",
    "escape/capabilities",
    "escape/chroot_and_pivot",
    "escape/clone_namespaces",
    "escape/kernel_helpers",
    "escape/mount_classic",
    "escape/mount_new_calls",
    "escape/release_agent",
    "escape/unshare_namespaces",
    "filesystem/write_the_root",
    "network/every_family",
    "syscalls/int80",
    "syscalls/io_uring",
    "syscalls/x32",
];

/// Attacks on the collection of files, more arguments for each; of each one file comes back, whole.
const COLLECTIONS: &[(&str, &str)] = &[
    ("special_files", ""),
    ("no_permission", ""),
    ("memory_full_of_files", "--memory-limit-bytes 33554432"),
];

const CONFIG: &str = r#"[listen]
socket = "/run/sandboxd/sandboxd.sock"
[rootfs]
path = "/opt/guest/rootfs/tree"
[pool]
max_sandboxes = 4
parked = 4
startup_time_ms = 60000
[limits]
wall_time_ms = 30000
"#;

fn extras(folder: &Path) -> Vec<Extra> {
    let workspace = binaries::workspace();
    let extra = |from: &Path, name: &str| Extra {
        from: from.canonicalize().expect("it is there"),
        to: Path::new("/opt/guest").join(name),
    };
    let config = folder.join("sandboxd.toml");
    std::fs::create_dir_all(folder).expect("a folder for the machine");
    std::fs::write(&config, CONFIG).expect("a configuration");
    let rootfs = binaries::rootfs().expect("made before");
    vec![
        extra(&config, "sandboxd.toml"),
        extra(
            &binaries::program("sandboxd").expect("built before"),
            "sandboxd",
        ),
        extra(rootfs.parent().expect("a folder around the tree"), "rootfs"),
        extra(&workspace.join("tests/conformance/programs"), "programs"),
        extra(&workspace.join("tests/security/attacks"), "attacks"),
    ]
}

fn script() -> String {
    let mut script = String::from(
        r#"echo "GUEST $(uname -r) $(stat -fc %T /sys/fs/cgroup)"
/opt/guest/sandboxd serve --config /opt/guest/sandboxd.toml 2> /tmp/log &
for _ in $(seq 600); do grep -q serving /tmp/log && break; sleep 0.1; done
state() { echo "groups=$(find /sys/fs/cgroup/sandboxd -mindepth 1 -type d 2>/dev/null | wc -l) processes=$(ps -eo uid= | awk '$1 >= 2000000 && $1 < 2000064' | wc -l) mounts=$(grep -c sandboxd /proc/mounts) programs=$(programs | wc -l)"; }
# Jobs have the second id of each pair; one that waits for its program reads (call 0) from descriptor 3.
programs() { ps -eo pid=,uid= | awk '$2 >= 2000000 && $2 < 2000008 && $2 % 2 == 1 { print $1 }' | while read -r pid; do grep -q '^0 0x3 ' "/proc/$pid/syscall" || echo "$pid"; done; }
# Four processes for each sandbox that waits for a program (keeper, zygote, first, job), and the template.
for _ in $(seq 300); do state | grep -q processes=17 && break; sleep 0.1; done
rest=$(state); echo "REST $rest"
try() { echo "RESULT $1 $(/opt/guest/sandboxd exec --json $3 "/opt/guest/$2.py" 2>&1)"; }
"#,
    );
    for (name, arguments, _) in PROGRAMS {
        script += &format!("try {name} programs/{name} '{arguments}'\n");
    }
    for name in ATTACKS {
        script += &format!("try {name} attacks/{name} '--with /opt/guest/attacks/kit.py'\n");
    }
    for (name, arguments) in COLLECTIONS {
        let all = format!("--with /opt/guest/attacks/kit.py --collect /tmp/{name} {arguments}");
        script += &format!("try collection/{name} attacks/collection/{name} '{all}'\n");
    }
    script += r#"for _ in $(seq 100); do [ "$(state)" = "$rest" ] && break; sleep 0.1; done
echo "LEFT $(state)"
echo "DOCTOR $(/opt/guest/sandboxd doctor --config /opt/guest/sandboxd.toml --json)"
kill %1; wait %1; echo "STOPPED code=$? $(state)"
cat /tmp/log
echo "THE END"
"#;
    script
}

#[test]
fn the_sandbox_holds_on_a_unified_host() {
    let folder = binaries::workspace().join("target/vm");
    let image = image::make(&folder, &extras(&folder), &script()).expect("a disk for the machine");
    let lines =
        machine::run(&image, PATIENCE, |line| println!("{line}")).expect("the machine runs");
    let starting = |prefix: &str| lines.iter().find(|line| line.starts_with(prefix));

    assert!(
        starting("GUEST ").is_some_and(|line| line.ends_with("cgroup2fs")),
        "not a unified host"
    );
    assert!(
        starting("THE END").is_some(),
        "the machine did not get to the end"
    );
    let results = results(&lines);
    let mut wrong = Vec::new();
    for (name, _, expected) in PROGRAMS {
        let outcome = results.get(*name).map_or("none", |result| outcome(result));
        if outcome != *expected {
            wrong.push(format!("{name}: {outcome} instead of {expected}"));
        }
    }
    for name in ATTACKS {
        let said = results.get(*name).map(stdout).unwrap_or_default();
        let blocked = said.lines().any(|line| line.starts_with("BLOCKED"));
        if !blocked || said.lines().any(|line| line.starts_with("ESCAPED")) {
            wrong.push(format!("{name}: {said}"));
        }
    }
    for (name, _) in COLLECTIONS {
        let result = results.get(&format!("collection/{name}"));
        let collected = result.map(|result| &result["finished"]["collectedFiles"]);
        let whole = collected.is_some_and(|it| it["fileCount"] == 1 && it["incomplete"] != true);
        if !whole {
            wrong.push(format!("collection/{name}: {collected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(
        starting("LEFT ").map(String::as_str),
        // A slot's own group and the two in it; no mount outside of the sandboxes.
        Some("LEFT groups=12 processes=17 mounts=0 programs=0")
    );
    let doctor = lines
        .iter()
        .find_map(|line| line.split_once("DOCTOR ")?.1.parse::<Value>().ok());
    let checks = &doctor.as_ref().expect("the doctor came to an end")["checks"];
    let checks = checks.as_array().expect("a list");
    let failed: Vec<_> = checks
        .iter()
        .filter(|check| check["state"] == "failed")
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let found = |name: &str| {
        let check = checks.iter().find(|check| check["name"] == name);
        check.map_or("nothing", |check| {
            check["found"].as_str().unwrap_or("no text")
        })
    };
    assert_eq!(found("cgroups"), "cgroup v2");
    assert_eq!(found("leftovers"), "none");
    assert_eq!(
        starting("STOPPED ").map(String::as_str),
        Some("STOPPED code=0 groups=0 processes=0 mounts=0 programs=0")
    );
}

/// Results by name. Messages of the kernel can stand before one on its line.
fn results(lines: &[String]) -> BTreeMap<String, Value> {
    let parse = |line: &String| {
        let (name, json) = line.split_once("RESULT ")?.1.split_once(' ')?;
        Some((name.to_owned(), serde_json::from_str(json).ok()?))
    };
    lines.iter().filter_map(parse).collect()
}

fn outcome(result: &Value) -> &str {
    result["finished"]["outcome"].as_str().unwrap_or("none")
}

fn stdout(result: &Value) -> String {
    use base64::Engine;
    let encoded = result["stdout"].as_str().unwrap_or_default();
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(encoded)
        .unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
