//! The installation and the removal, by the manual.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};

use crate::host::Host;
use crate::manual;

/// All files but those that every system writes as it lives, and all lines that name users and ids.
const EVERYTHING: &str = r"find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp \
    -o -path /root -o -path /opt/guest -o -path /var/log -o -path /var/cache -o -path /var/tmp -o -path /var/lib/apt \
    -o -path /var/lib/dpkg -o -path '/etc/*-' -o -path '/etc/.pwd.lock' -o -path '/var/lib/systemd/timers/*' \
    -o -path /var/lib/systemd/random-seed \) -prune -o -print
find /var/lib/dpkg/info
cat /etc/passwd /etc/group /etc/shadow /etc/gshadow /etc/subuid /etc/subgid
losetup -a
find /run /sys/fs/cgroup /var/lib/systemd \( -name '*sandboxd*' -o -name '*coderunner*' \)
grep -e sandboxd -e coderunner /proc/mounts || true";

/// What an operator of this machine sets besides, because it is small and slow.
const SETTINGS: &str = r#"cat >> /etc/coderunner/sandboxd.toml <<'END'
[pool]
max_sandboxes = 4
parked = 4
startup_time_ms = 60000
[limits]
wall_time_ms = 30000
END
systemctl restart sandboxd"#;

/// Installs, and waits until it is at rest.
pub fn install(host: &mut Host) -> Result<()> {
    host.before = host.must(EVERYTHING)?;
    let said = host.must(&format!("cd /root/first\n{}", manual::block("Install", 0)?))?;
    ensure!(said.ends_with("\nactive"), "{said}");
    let status = host.must("systemctl show -P StatusText sandboxd")?;
    println!("    {status}");
    ensure!(status.starts_with("serving: "), "{status}");
    host.must(SETTINGS)?;
    host.must("echo \"print('Hello')\" > /opt/guest/hello.py")?;
    host.expect_rest()
}

/// Removes everything, and compares.
pub fn purge(host: &mut Host) -> Result<()> {
    host.must(&manual::block("Remove", 0)?)?;
    // As the manual says, these are the operator's.
    let own = host.must("ls /etc/coderunner")?;
    ensure!(own == "clients.crt\nhost.crt\nhost.key", "{own}");
    host.must("rm -r /etc/coderunner /etc/systemd/system/sandboxd.service.d 2>/dev/null || true")?;
    let after = host.must(EVERYTHING)?;
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (before, after) = (lines(&host.before), lines(&after));
    let left: Vec<_> = after.difference(&before).collect();
    let gone: Vec<_> = before.difference(&after).collect();
    ensure!(
        left.is_empty() && gone.is_empty(),
        "left: {left:#?}, gone: {gone:#?}"
    );
    let state = host.must("state")?;
    ensure!(
        state == "service=inactive groups=0 processes=0 mounts=0 images=0 programs=0",
        "{state}"
    );
    let units = host.must(
        "systemctl list-unit-files --no-legend | grep -c -e sandboxd -e coderunner || true",
    )?;
    ensure!(units == "0", "{units} units");
    host.must("! getent passwd sandboxd && ! getent group sandboxd")
        .context("the user is gone")?;
    Ok(())
}
