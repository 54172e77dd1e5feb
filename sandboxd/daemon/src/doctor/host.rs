//! What can be seen of the host without running anything.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use nix::sys::statvfs::FsFlags;
use nix::unistd::Uid;
use sandboxd_sandbox::cgroup::Parent;

use super::{Check, Report};
use crate::config::Config;

/// Oldest kernel with all that sandboxd calls: major and minor version. On cgroup v2 memory.peak sets it.
const OLDEST_V1: (u32, u32) = (5, 14);
const OLDEST_V2: (u32, u32) = (5, 19);
/// Memory that should be free: some sandboxes at their limit.
const LEAST_MEMORY: u64 = 512 << 20;
/// Room for logs and the next root file system.
const LEAST_DISK: u64 = 1 << 30;

pub(super) fn look(config: &Config, report: &mut Report) {
    report.add(root());
    let groups = Parent::prepare(&doctors_group(config));
    report.add(kernel(groups.as_ref().is_ok_and(Parent::is_unified)));
    report.add(match groups {
        Ok(parent) => {
            let found = parent.mechanism();
            parent.remove();
            Check::ok("cgroups", found)
        }
        Err(error) => Check::failed(
            "cgroups",
            error.to_string(),
            "give sandboxd the controllers memory, cpu and pids: with systemd, Delegate=yes in its unit",
        ),
    });
    report.add(landlock());
    report.add(user_ids(config));
    report.add(memory());
    report.add(disk(&config.rootfs.path));
    report.add(clock(&config.rootfs.path));
    report.add(swap());
    report.add(core_pattern());
    report.add(same_page_merging());
    report.add(processor());
}

/// The group below which the doctor's own sandboxes live.
pub(super) fn doctors_group(config: &Config) -> String {
    format!("{}-doctor", config.cgroup.parent.trim_matches('/'))
}

fn root() -> Check {
    if Uid::effective().is_root() {
        Check::ok("root", "the doctor is root")
    } else {
        Check::failed(
            "root",
            "the doctor is not root",
            "call it as root, as sandboxd itself is started",
        )
    }
}

fn kernel(unified: bool) -> Check {
    let oldest = if unified { OLDEST_V2 } else { OLDEST_V1 };
    let release = first_line("/proc/sys/kernel/osrelease");
    let advice = format!("run Linux {}.{} or newer", oldest.0, oldest.1);
    match version(&release) {
        Some(version) if version >= oldest => Check::ok("kernel", release),
        _ => Check::failed("kernel", release, &advice),
    }
}

fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|letter: char| !letter.is_ascii_digit());
    let mut next = || numbers.next()?.parse().ok();
    Some((next()?, next()?))
}

fn landlock() -> Check {
    match sandboxd_sys::process::landlock_version() {
        0 => Check::warning(
            "landlock",
            "not in this kernel",
            "one layer of several is missing: run a kernel with CONFIG_SECURITY_LANDLOCK",
        ),
        version => Check::ok("landlock", format!("ABI {version}")),
    }
}

/// Sandboxes' ids must be nobody's on the host.
fn user_ids(config: &Config) -> Check {
    let first = config.identity.uid_base;
    let end = first + 2 * (config.pool.max_sandboxes + 1);
    let found = format!("{first} to {}", end - 1);
    let mut taken = Vec::new();
    for (file, column) in [("/etc/passwd", 2), ("/etc/group", 2)] {
        for line in fs::read_to_string(file).unwrap_or_default().lines() {
            let mut columns = line.split(':');
            let name = columns.clone().next().unwrap_or_default().to_owned();
            let id = columns.nth(column).and_then(|id| id.parse::<u32>().ok());
            if id.is_some_and(|id| (first..end).contains(&id)) {
                taken.push(format!("{name} in {file}"));
            }
        }
    }
    for file in ["/etc/subuid", "/etc/subgid"] {
        for line in fs::read_to_string(file).unwrap_or_default().lines() {
            if let Some((name, begin, count)) = range(line)
                // The package reserves the ids for us under this name.
                && config.identity.daemon_user.as_deref() != Some(&name)
                && begin < u64::from(end)
                && begin + count > u64::from(first)
            {
                taken.push(format!("{name} in {file}"));
            }
        }
    }
    if taken.is_empty() {
        Check::ok("user_ids", found)
    } else {
        Check::failed(
            "user_ids",
            format!("{found}, but {} has some of them", taken.join(", ")),
            "choose another identity.uid_base",
        )
    }
}

/// A line of /etc/subuid: name, first id, how many.
fn range(line: &str) -> Option<(String, u64, u64)> {
    let mut columns = line.split(':');
    let name = columns.next()?.to_owned();
    Some((
        name,
        columns.next()?.parse().ok()?,
        columns.next()?.trim().parse().ok()?,
    ))
}

fn memory() -> Check {
    let table = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = table
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"));
    let available = line
        .and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok())
        .map_or(0, |kibibytes| kibibytes << 10);
    let found = format!("{} MiB available", available >> 20);
    if available >= LEAST_MEMORY {
        Check::ok("free_memory", found)
    } else {
        Check::warning(
            "free_memory",
            found,
            "programs will be killed for want of memory that their limits allow: add some, or lower pool.max_sandboxes",
        )
    }
}

fn disk(rootfs: &Path) -> Check {
    let facts = nix::sys::statvfs::statvfs(rootfs).and_then(|facts| {
        // An image never has room; logs and the next image go elsewhere.
        if facts.flags().contains(FsFlags::ST_RDONLY) {
            nix::sys::statvfs::statvfs("/var")
        } else {
            Ok(facts)
        }
    });
    let free = facts.map(|facts| {
        facts
            .blocks_available()
            .saturating_mul(facts.fragment_size())
    });
    match free {
        Ok(free) if free >= LEAST_DISK => {
            Check::ok("free_disk", format!("{} MiB free", free >> 20))
        }
        Ok(free) => Check::warning(
            "free_disk",
            format!("{} MiB free", free >> 20),
            "logs and the next root file system need room",
        ),
        Err(error) => Check::failed(
            "free_disk",
            format!("{}: {error}", rootfs.display()),
            "build the root file system, or correct rootfs.path",
        ),
    }
}

/// Certificates and logs need the right time. That it is no earlier than the root file system is all that
/// can be told here.
fn clock(rootfs: &Path) -> Check {
    let built = fs::metadata(rootfs.with_file_name("manifest.json"))
        .and_then(|facts| facts.modified())
        .unwrap_or(SystemTime::UNIX_EPOCH);
    match SystemTime::now().duration_since(built) {
        Ok(age) => Check::ok(
            "clock",
            format!("{} days after the root file system was built", days(age)),
        ),
        Err(_) => Check::failed(
            "clock",
            "earlier than the root file system was built",
            "set the clock, and keep it with systemd-timesyncd or chrony: certificates are refused at the wrong time",
        ),
    }
}

fn days(age: Duration) -> u64 {
    age.as_secs() / (24 * 60 * 60)
}

fn swap() -> Check {
    let swaps = fs::read_to_string("/proc/swaps").unwrap_or_default();
    match swaps.lines().count().saturating_sub(1) {
        0 => Check::ok("swap", "none"),
        count => Check::warning(
            "swap",
            format!("{count} in use"),
            "programs are kept out of it, but the rest of the host gets slow when it is needed",
        ),
    }
}

/// Programs have no core dumps by RLIMIT_CORE, which a handler behind a pipe does not heed: core(5).
fn core_pattern() -> Check {
    let pattern = first_line("/proc/sys/kernel/core_pattern");
    if pattern.starts_with('|') {
        Check::warning(
            "core_pattern",
            pattern,
            "a handler of the host, as root, gets the memory of programs that crash: set kernel.core_pattern=core",
        )
    } else {
        Check::ok("core_pattern", pattern)
    }
}

fn same_page_merging() -> Check {
    if first_line("/sys/kernel/mm/ksm/run") == "1" {
        Check::warning(
            "ksm",
            "on",
            "a program can tell by time which pages others have: write 0 to /sys/kernel/mm/ksm/run",
        )
    } else {
        Check::ok("ksm", "off")
    }
}

fn processor() -> Check {
    let mut holes = Vec::new();
    if let Ok(entries) = fs::read_dir("/sys/devices/system/cpu/vulnerabilities") {
        for entry in entries.flatten() {
            let text = fs::read_to_string(entry.path()).unwrap_or_default();
            if text.starts_with("Vulnerable") {
                holes.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
    }
    holes.sort();
    if holes.is_empty() {
        Check::ok("processor", "no hole that the kernel knows is open")
    } else {
        Check::warning(
            "processor",
            format!("open: {}", holes.join(", ")),
            "a program may read memory of others by side channels: boot without mitigations=off, and update the \
             processor's microcode",
        )
    }
}

fn first_line(path: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().next().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("6.1.0-13-amd64"), Some((6, 1)));
        assert_eq!(version("5.14.0"), Some((5, 14)));
        assert!(version("5.4.0").is_some_and(|version| version < OLDEST_V1));
        assert!(version("10.0").is_some_and(|version| version > OLDEST_V2));
        for garbage in ["", "six", "6", "6.x"] {
            assert_eq!(version(garbage), None, "{garbage}");
        }
    }

    #[test]
    fn ranges_of_ids_are_read() {
        assert_eq!(
            range("mira:100000:65536"),
            Some(("mira".to_owned(), 100_000, 65536))
        );
        for garbage in ["", "mira", "mira:x:1", "mira:1"] {
            assert_eq!(range(garbage), None, "{garbage}");
        }
    }
}
