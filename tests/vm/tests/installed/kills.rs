//! What happens to hosts: processes die, hang, and the power fails. Each time the service is back by itself, and
//! nothing is left of what was.

use anyhow::{Context, Result, ensure};

use crate::host::{Host, PATIENCE};

/// One process of each kind, as a command of the guest's shell that prints its id, and whether the service has to
/// start anew without it.
const KINDS: [(&str, &str, bool); 6] = [
    ("launcher", "launcher", true),
    ("daemon", "pgrep -P $(launcher) -u sandboxd", true),
    // The user behind those of the four slots.
    ("template", "pgrep -P $(launcher) -u 2000008", false),
    // Root of the first slot's user namespace; of its two, the one that was there before.
    (
        "keeper",
        "pgrep -u 2000000 -x sandboxd | sort -n | head -1",
        false,
    ),
    ("zygote", "pgrep -u 2000000 -x python3", false),
    (
        "first process",
        "pgrep -u 2000000 -x sandboxd | sort -n | tail -1",
        false,
    ),
];

/// Programs run again, in each of the four slots: a template is only replaced when a slot needs it.
const SERVE: &str = "hello() { sandboxd exec /opt/guest/hello.py > /dev/null 2>&1; }
for _ in $(seq 100); do hello && break; sleep 0.3; done
for _ in 1 2 3 4 5; do hello || exit 1; done";

/// Kills one of each kind.
pub fn processes(host: &mut Host) -> Result<()> {
    for (kind, find, restarts) in KINDS {
        let before = restarts_so_far(host)?;
        let pid = host.must(find)?;
        ensure!(!pid.is_empty(), "there is no {kind}");
        host.must(&format!("kill -9 {pid}"))?;
        host.must(&format!(
            "for _ in $(seq 200); do [ -d /proc/{pid} ] || exit 0; sleep 0.1; done; exit 1"
        ))
        .with_context(|| format!("the {kind} survived its death"))?;
        host.must(SERVE)
            .and_then(|_| host.expect_rest())
            .with_context(|| format!("after the death of a {kind}"))?;
        let after = restarts_so_far(host)?;
        ensure!(
            (after > before) == restarts,
            "the service started anew {} times for a {kind}",
            after - before
        );
        println!("    {kind}: back");
    }
    Ok(())
}

/// A launcher that does nothing at all is found out by the watchdog.
pub fn hang(host: &mut Host) -> Result<()> {
    let before = restarts_so_far(host)?;
    host.must("kill -STOP $(launcher)")?;
    let wait = format!(
        "for _ in $(seq 300); do [ $(systemctl show -P NRestarts sandboxd) -gt {before} ] && exit 0; sleep 0.3; done\n\
         exit 1"
    );
    host.must(&wait).context("nobody noticed")?;
    host.must("journalctl -u sandboxd | grep -i 'watchdog timeout'")?;
    host.expect_rest()
}

/// Programs run, everything is killed, the power fails.
pub fn power(host: &mut Host) -> Result<()> {
    let long = "import time\nprint('on', flush=True)\ntime.sleep(25)\n";
    host.write("/opt/guest/long.py", long.as_bytes())?;
    let start = "for i in 1 2 3; do sandboxd exec --wall-time-limit-ms 29000 /opt/guest/long.py > /tmp/on.$i 2>&1 & done\n\
                 for _ in $(seq 200); do [ \"$(cat /tmp/on.* | grep -c on)\" = 3 ] && exit 0; sleep 0.1; done; exit 1";
    host.must(start).context("three programs run")?;
    let running = host.must("state")?;
    ensure!(running.ends_with("programs=3"), "{running}");
    // What is on the disk by then is there after the cut; sandboxd itself never waits for it.
    host.must("sync; systemctl kill -s KILL sandboxd")?;
    host.cut_power();
    host.power_on()?;
    let (_, failed) = host.try_to(
        "systemctl is-system-running --wait; systemctl --failed --no-legend",
        PATIENCE,
    )?;
    ensure!(failed == "running", "{failed}");
    host.expect_rest()
}

fn restarts_so_far(host: &mut Host) -> Result<u32> {
    let text = host.must("systemctl show -P NRestarts sandboxd")?;
    text.parse()
        .with_context(|| format!("{text:?} is a number"))
}
