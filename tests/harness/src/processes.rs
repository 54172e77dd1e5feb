//! The host's processes, read from /proc.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// One process of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: i32,
    /// Its parent's id.
    pub parent: i32,
    /// Its real user id.
    pub uid: u32,
    /// `R`, `S`, `Z` and so on.
    pub state: char,
    /// Its short name.
    pub name: String,
}

impl std::fmt::Display for Process {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            pid,
            parent,
            uid,
            state,
            name,
        } = self;
        write!(
            formatter,
            "process {pid} ({name}, state {state}, user {uid}, child of {parent})"
        )
    }
}

/// All processes that could be read; those that end meanwhile are left out.
///
/// # Errors
/// When /proc can't be listed.
pub fn all() -> Result<Vec<Process>> {
    let entries = fs::read_dir("/proc").context("listing /proc")?;
    Ok(entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(of_pid)
        .collect())
}

/// One process, unless it is gone.
pub fn of_pid(pid: i32) -> Option<Process> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| {
        status
            .lines()
            .find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()))
    };
    Some(Process {
        pid,
        parent: field("PPid")?.parse().ok()?,
        uid: field("Uid")?.split_whitespace().next()?.parse().ok()?,
        state: field("State")?.chars().next()?,
        name: field("Name")?.to_owned(),
    })
}

/// Whether a job still waits for its program: it reads from its socket, descriptor 3, which is closed before
/// any line of a program runs.
pub fn waits_for_a_program(pid: i32) -> bool {
    let call = fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
    let result = format!("/proc/{pid}/fd/4");
    call.starts_with(&format!("{} 0x3 ", nix::libc::SYS_read))
        && fs::exists(result).unwrap_or(false)
}

/// The pid namespace of a process, held open: its number is given to no other namespace meanwhile.
#[derive(Debug)]
pub struct PidNamespace {
    _held: File,
    link: PathBuf,
}

impl PidNamespace {
    /// Of a process; none when it is gone.
    pub fn of(pid: i32) -> Option<Self> {
        let path = format!("/proc/{pid}/ns/pid");
        let held = File::open(&path).ok()?;
        // Asked of what is open: the process may be another one by now.
        let link = fs::read_link(format!("/proc/self/fd/{}", held.as_raw_fd())).ok()?;
        Some(Self { _held: held, link })
    }

    /// Those of `processes` that live in it; one that is dead and only has to be collected does not.
    pub fn living(&self, processes: &[Process]) -> Vec<Process> {
        let lives = |process: &&Process| {
            let namespace = fs::read_link(format!("/proc/{}/ns/pid", process.pid));
            !matches!(process.state, 'Z' | 'X') && namespace.is_ok_and(|link| link == self.link)
        };
        processes.iter().filter(lives).cloned().collect()
    }
}

/// Memory of a process that is in RAM, in bytes; none when it is gone.
pub fn resident_bytes(pid: i32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

/// Descriptors that a process holds; none when it is gone.
pub fn descriptors(pid: i32) -> Option<usize> {
    Some(fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count())
}

/// The processes whose user lies in `uids`: those of sandboxes.
pub fn of_users(processes: &[Process], uids: &Range<u32>) -> Vec<Process> {
    processes
        .iter()
        .filter(|process| uids.contains(&process.uid))
        .cloned()
        .collect()
}

/// `root` and everything that comes from it, those gone by now left out.
pub fn tree(processes: &[Process], root: i32) -> Vec<Process> {
    let mut children: BTreeMap<i32, Vec<&Process>> = BTreeMap::new();
    for process in processes {
        children.entry(process.parent).or_default().push(process);
    }
    let mut found: Vec<Process> = processes
        .iter()
        .filter(|process| process.pid == root)
        .cloned()
        .collect();
    let mut next = 0;
    while next < found.len() {
        let pid = found[next].pid;
        found.extend(
            children
                .remove(&pid)
                .unwrap_or_default()
                .into_iter()
                .cloned(),
        );
        next += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: i32, parent: i32, uid: u32) -> Process {
        Process {
            pid,
            parent,
            uid,
            state: 'S',
            name: "p".to_owned(),
        }
    }

    #[test]
    fn a_tree_has_all_generations_and_no_strangers() {
        let all = [
            process(1, 0, 0),
            process(5, 1, 0),
            process(6, 5, 7),
            process(7, 6, 8),
            process(9, 1, 7),
        ];
        let pids: Vec<i32> = tree(&all, 5).iter().map(|process| process.pid).collect();
        assert_eq!(pids, [5, 6, 7]);
        assert!(tree(&all, 1234).is_empty());
    }

    #[test]
    fn users_are_told_by_range() {
        let all = [
            process(1, 0, 99),
            process(2, 0, 100),
            process(3, 0, 109),
            process(4, 0, 110),
        ];
        let pids: Vec<i32> = of_users(&all, &(100..110))
            .iter()
            .map(|process| process.pid)
            .collect();
        assert_eq!(pids, [2, 3]);
    }

    #[test]
    fn the_living_of_a_namespace_are_found() {
        let own = i32::try_from(std::process::id()).expect("a pid");
        let namespace = PidNamespace::of(own).expect("it lives");
        let process = of_pid(own).expect("it lives");
        let dead = Process {
            state: 'Z',
            ..process.clone()
        };
        let found = namespace.living(&[process.clone(), dead]);
        assert_eq!(found, [process]);
    }

    #[test]
    fn this_process_has_memory_and_descriptors() {
        let own = i32::try_from(std::process::id()).expect("a pid");
        assert!(resident_bytes(own).is_some_and(|bytes| bytes > 100 << 10));
        assert!(descriptors(own).is_some_and(|count| count >= 3));
        assert_eq!((resident_bytes(-1), descriptors(-1)), (None, None));
    }

    #[test]
    fn this_process_is_found_with_its_parent() {
        let own = i32::try_from(std::process::id()).expect("a pid");
        let found = of_pid(own).expect("it lives");
        assert_eq!(found.parent, nix::unistd::getppid().as_raw());
        assert!(all().expect("/proc is there").contains(&found) || found.state == 'R');
    }
}
