//! What holds of programs that run in the installed service, behind its unit's own walls, and what is said of it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use serde_json::Value;

use crate::host::{Host, PATIENCE};
use crate::manual;

/// The most that `systemd-analyze security` may say: 0 is no exposure, 10 all of it, which a unit without any wall
/// has nearly. The unit says what the rest is for.
const MOST_EXPOSURE: f64 = 5.4;

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

/// The manual's steps to look whether all is well.
pub fn doctor(host: &mut Host) -> Result<()> {
    let said = host.must_within(&manual::block("Verify", 0)?, 2 * PATIENCE)?;
    println!("{said}");
    let checks: Vec<(&str, &str, &str)> = said
        .lines()
        .filter_map(|line| {
            let (state, rest) = line.split_once(' ')?;
            let (name, found) = rest.trim_start().split_once(' ')?;
            Some((state, name, found.trim_start()))
        })
        .filter(|(state, ..)| ["ok", "warning", "FAILED"].contains(state))
        .collect();
    ensure!(checks.len() >= 25, "{} checks", checks.len());
    // The processor's holes are the emulator's, and memory is what the machine was given.
    let others = ["processor", "free_memory"];
    let bad = checks.iter().find(|(state, name, _)| {
        *state == "FAILED" || (*state == "warning" && !others.contains(name))
    });
    ensure!(bad.is_none(), "{bad:?}");
    for expected in [("ok", "cgroups", "cgroup v2"), ("ok", "leftovers", "none")] {
        ensure!(checks.contains(&expected), "not {expected:?}");
    }
    ensure!(said.contains("\nHello"), "the manual's program did not run");
    host.must("systemctl is-active sandboxd-doctor.timer")?;
    host.expect_rest()
}

/// What systemd says of the unit.
pub fn exposure(host: &mut Host) -> Result<()> {
    let units = "sandboxd.service sandboxd-doctor.service sandboxd-doctor.timer run-coderunner-rootfs.mount";
    let wrong = host.must(&format!("systemd-analyze verify {units} 2>&1 || true"))?;
    // Settings of newer systemds, which this one leaves alone, and a machine without man.
    let known = ["RestartSteps", "RestartMaxDelaySec", "Command 'man "];
    let wrong: Vec<_> = wrong
        .lines()
        .filter(|line| !known.iter().any(|known| line.contains(known)))
        .collect();
    ensure!(wrong.is_empty(), "{wrong:#?}");
    let report = host.must("systemd-analyze security --no-pager sandboxd.service")?;
    println!("{report}");
    let exposure = report
        .lines()
        .find_map(|line| line.split_once("Overall exposure level for sandboxd.service: "))
        .and_then(|(_, rest)| rest.split(' ').next()?.parse::<f64>().ok())
        .context("systemd-analyze says no level")?;
    ensure!(exposure <= MOST_EXPOSURE, "exposure {exposure}");
    Ok(())
}

/// Each limit ends programs as it must.
pub fn limits(host: &mut Host) -> Result<()> {
    let mut script = TRY.to_owned();
    for (name, arguments, _) in PROGRAMS {
        script += &format!("try {name} programs/{name} '{arguments}'\n");
    }
    let results = results(&host.must_within(&script, 2 * PATIENCE)?);
    let mut wrong = Vec::new();
    for (name, _, expected) in PROGRAMS {
        let outcome = results.get(*name).map_or("none", outcome);
        if outcome != *expected {
            wrong.push(format!("{name}: {outcome} instead of {expected}"));
        }
    }
    ensure!(wrong.is_empty(), "{wrong:#?}");
    makes_way(host)
}

/// A program that computes makes way for others while it runs, and the next one in its slot does not.
fn makes_way(host: &mut Host) -> Result<()> {
    let script = r#"echo 'while True: pass' > /tmp/loop.py
sandboxd exec --wall-time-limit-ms 10000 /tmp/loop.py > /dev/null 2>&1 &
for _ in $(seq 90); do grep -qx 1 $unit/runs/slot-*/cpu.idle && break; sleep 0.1; done
grep -lx 1 $unit/runs/slot-*/cpu.idle | wc -l
wait"#;
    let low = host.must(script)?;
    ensure!(low == "1", "{low} slots make way beside one loop");
    host.expect_rest()?;
    let all = host.must("cat $unit/runs/slot-*/cpu.idle | xargs")?;
    ensure!(all == "0 0 0 0", "{all}");
    Ok(())
}

/// The walls hold, and nothing is left behind.
pub fn attacks(host: &mut Host) -> Result<()> {
    let mut script = TRY.to_owned();
    for name in ATTACKS {
        script += &format!("try {name} attacks/{name} '--with /opt/guest/attacks/kit.py'\n");
    }
    for (name, arguments) in COLLECTIONS {
        let all = format!("--with /opt/guest/attacks/kit.py --collect /tmp/{name} {arguments}");
        script += &format!("try collection/{name} attacks/collection/{name} '{all}'\n");
    }
    let results = results(&host.must_within(&script, 2 * PATIENCE)?);
    let mut wrong = Vec::new();
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
    ensure!(wrong.is_empty(), "{wrong:#?}");
    host.expect_rest()
}

/// Runs one program, and prints how it ended on one line.
const TRY: &str = r#"try() { echo "RESULT $1 $(sandboxd exec --json $3 "/opt/guest/$2.py" 2>&1)"; }
"#;

fn results(text: &str) -> BTreeMap<String, Value> {
    let parse = |line: &str| {
        let (name, json) = line.strip_prefix("RESULT ")?.split_once(' ')?;
        Some((name.to_owned(), serde_json::from_str(json).ok()?))
    };
    text.lines().filter_map(parse).collect()
}

fn outcome(result: &Value) -> &str {
    result["finished"]["outcome"].as_str().unwrap_or("none")
}

fn stdout(result: &Value) -> String {
    let encoded = result["stdout"].as_str().unwrap_or_default();
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(encoded)
        .unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
