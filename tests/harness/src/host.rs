//! What the host looks like around one sandboxd, and what a run left there.
//!
//! A server at rest has sandboxes that wait for a program. They are the measure: after a run there must be
//! as many processes of each user and name, and the same groups, as before it, and every job must wait.
//!
//! Looked at: processes of the sandboxes' users and below the server, descriptors of the server's own
//! processes, mounts (the host's, and those that only the server sees), control groups, files in
//! shared folders and in the server's folder, System V objects, message queues and keys.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use crate::processes::{self, Process};
use crate::server::Sandboxd;
use crate::wait;

/// A run's remains must be gone this long after its end at the latest, on a machine of usual speed.
pub const PATIENCE: Duration = Duration::from_secs(2);
/// Descriptors that a server may hold more than before: connections come and go.
const DESCRIPTOR_SLACK: usize = 4;
/// Where a process of any user may make files.
const SHARED_FOLDERS: [&str; 5] = ["/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock"];
/// Controllers of cgroup v1 that a sandbox may be put into; the empty one is the unified hierarchy.
const HIERARCHIES: [&str; 11] = [
    "",
    "unified",
    "memory",
    "cpu",
    "cpuacct",
    "cpu,cpuacct",
    "pids",
    "freezer",
    "devices",
    "blkio",
    "cpuset",
];

/// The host around one sandboxd at one moment, while no run lives.
#[derive(Debug)]
pub struct HostState {
    users: Range<u32>,
    cgroup: String,
    folder: PathBuf,
    server: Vec<ServerProcess>,
    mounts: BTreeSet<String>,
    groups: BTreeSet<PathBuf>,
    files: BTreeSet<PathBuf>,
    waiting: BTreeMap<(u32, String), usize>,
    /// Interpreters that sandboxes are copied from. Each is replaced by another from time to time.
    templates: usize,
    keys: BTreeSet<String>,
}

/// One of the server's own processes.
#[derive(Debug)]
struct ServerProcess {
    process: Process,
    descriptors: usize,
    mounts: BTreeSet<String>,
}

impl HostState {
    /// Looks at the host. Call it when no run lives, for example right after the server's start.
    ///
    /// # Errors
    /// When /proc can't be read.
    pub fn look(server: &Sandboxd) -> Result<Self> {
        server.wait_until_parked(PATIENCE)?;
        let users = server.sandbox_users();
        let own = processes::tree(&processes::all()?, server.pid())
            .into_iter()
            .filter(|process| !users.contains(&process.uid) && process.uid != users.end)
            .map(|process| ServerProcess {
                descriptors: processes::descriptors(process.pid).unwrap_or_default(),
                mounts: mounts_of(&process.pid.to_string()),
                process,
            })
            .collect();
        Ok(Self {
            cgroup: server.cgroup().to_owned(),
            folder: server.folder().to_owned(),
            server: own,
            mounts: mounts_of("self"),
            groups: groups_below(server.cgroup()),
            files: files_below(server.folder()),
            waiting: by_user_and_name(&processes::of_users(&processes::all()?, &users)),
            templates: templates(&processes::all()?, &users),
            keys: keys_of(&users),
            users,
        })
    }

    /// Waits until nothing is there that was not there at first, for at most [`PATIENCE`].
    ///
    /// # Errors
    /// A list of what is left, one thing a line.
    pub fn expect_nothing_left(&self) -> Result<(), String> {
        wait::until(PATIENCE, || {
            let left = self.leftovers();
            if left.is_empty() {
                Ok(())
            } else {
                Err(left.join("\n"))
            }
        })
    }

    /// Whether a server that was started again has what the one before had at rest, and no more: processes of
    /// sandboxes, groups, mounts and files.
    ///
    /// # Errors
    /// A list of what differs, one thing a line.
    pub fn expect_same_rest(&self, again: &Self) -> Result<(), String> {
        let mut differs: Vec<String> = Vec::new();
        let mut compare = |what: &str, before: &BTreeSet<String>, now: &BTreeSet<String>| {
            let more = now
                .difference(before)
                .map(|one| format!("new {what}: {one}"));
            differs.extend(more);
        };
        let shown = |paths: &BTreeSet<PathBuf>| {
            paths
                .iter()
                .map(|path| path.display().to_string())
                .collect()
        };
        compare("mount", &self.mounts, &again.mounts);
        compare("control group", &shown(&self.groups), &shown(&again.groups));
        compare("file", &shown(&self.files), &shown(&again.files));
        let processes = |state: &Self| state.waiting.values().sum::<usize>();
        if processes(self) != processes(again) {
            differs.push(format!(
                "{} processes of sandboxes instead of {}",
                processes(again),
                processes(self)
            ));
        }
        if differs.is_empty() {
            Ok(())
        } else {
            Err(differs.join("\n"))
        }
    }

    /// Whether no process of a sandbox lives, for a server that was killed. Waits for at most `patience`.
    ///
    /// # Errors
    /// The processes that still live.
    pub fn expect_no_process(&self, patience: Duration) -> Result<(), String> {
        wait::until(patience, || {
            let alive = self.sandbox_processes();
            if alive.is_empty() {
                Ok(())
            } else {
                Err(alive.join("\n"))
            }
        })
    }

    /// What a stopped server must have taken along: its processes, groups and mounts.
    ///
    /// # Errors
    /// A list of what is left.
    pub fn expect_server_gone(&self) -> Result<(), String> {
        wait::until(PATIENCE, || {
            let mut left = self.sandbox_processes();
            let living = self
                .server
                .iter()
                .filter_map(|own| processes::of_pid(own.process.pid));
            left.extend(
                living
                    .filter(|now| self.is_own(now))
                    .map(|now| format!("{now} of the server lives")),
            );
            left.extend(
                groups_below(&self.cgroup)
                    .iter()
                    .map(|group| format!("control group {}", group.display())),
            );
            let shown = self.folder.to_string_lossy().into_owned();
            left.extend(
                mounts_of("self")
                    .into_iter()
                    .filter(|mount| mount.contains(&shown)),
            );
            left.extend(self.kernel_objects());
            if left.is_empty() {
                Ok(())
            } else {
                Err(left.join("\n"))
            }
        })
    }

    /// Processes of programs: those of the jobs' users that do not wait for one.
    pub fn programs(&self) -> Vec<String> {
        let all = match processes::all() {
            Ok(all) => all,
            Err(error) => return vec![format!("{error:#}")],
        };
        let is_job = |process: &&Process| (process.uid - self.users.start) % 2 == 1;
        processes::of_users(&all, &self.users)
            .iter()
            .filter(is_job)
            .filter(|process| !processes::waits_for_a_program(process.pid))
            .map(|process| format!("{process} of a program"))
            .collect()
    }

    fn leftovers(&self) -> Vec<String> {
        let mut left = self.changed_processes();
        left.extend(self.programs());
        left.extend(self.strangers_below_server());
        left.extend(self.grown_server_processes());
        left.extend(
            added(&self.mounts, mounts_of("self"))
                .map(|mount| format!("mount on the host: {mount}")),
        );
        left.extend(
            added(&self.groups, groups_below(&self.cgroup))
                .map(|group| format!("control group {}", group.display())),
        );
        left.extend(
            added(&self.files, files_below(&self.folder))
                .map(|file| format!("file of the server: {}", file.display())),
        );
        left.extend(self.shared_files());
        left.extend(self.kernel_objects());
        left
    }

    /// More or fewer processes of the sandboxes' users than wait at rest.
    fn changed_processes(&self) -> Vec<String> {
        let all = match processes::all() {
            Ok(all) => all,
            Err(error) => return vec![format!("{error:#}")],
        };
        let now = by_user_and_name(&processes::of_users(&all, &self.users));
        let kinds: BTreeSet<_> = self.waiting.keys().chain(now.keys()).collect();
        let templates = templates(&all, &self.users);
        let templates = (templates != self.templates)
            .then(|| format!("{templates} templates, {} at rest", self.templates));
        let changed = kinds.into_iter().filter_map(|kind| {
            let count = |counts: &BTreeMap<_, usize>| counts.get(kind).copied().unwrap_or(0);
            let (before, now) = (count(&self.waiting), count(&now));
            let (user, name) = kind;
            (before != now)
                .then(|| format!("{now} processes called {name} of user {user}, {before} at rest"))
        });
        changed.chain(templates).collect()
    }

    /// A dead process that only the host's init has yet to collect is none of ours any more.
    fn sandbox_processes(&self) -> Vec<String> {
        let of_ours = |process: &&Process| {
            process.state != 'Z'
                || self
                    .server
                    .iter()
                    .any(|own| own.process.pid == process.parent)
        };
        match processes::all() {
            Ok(all) => processes::of_users(&all, &self.users)
                .iter()
                .filter(of_ours)
                .map(|process| format!("{process} of a sandbox"))
                .collect(),
            Err(error) => vec![format!("{error:#}")],
        }
    }

    fn is_own(&self, process: &Process) -> bool {
        self.server
            .iter()
            .any(|own| own.process.pid == process.pid && own.process.name == process.name)
    }

    /// Children of the server that are none of its first processes.
    fn strangers_below_server(&self) -> Vec<String> {
        let (Some(first), Ok(all)) = (self.server.first(), processes::all()) else {
            return Vec::new();
        };
        processes::tree(&all, first.process.pid)
            .iter()
            .filter(|process| !self.is_own(process) && !self.users.contains(&process.uid))
            .filter(|process| process.uid != self.users.end)
            .map(|process| format!("{process} below the server"))
            .collect()
    }

    fn grown_server_processes(&self) -> Vec<String> {
        let mut grown = Vec::new();
        for own in &self.server {
            let pid = own.process.pid;
            let Some(now) = processes::of_pid(pid) else {
                grown.push(format!("{} of the server is gone", own.process));
                continue;
            };
            if now.state == 'Z' {
                grown.push(format!("{now} of the server is dead"));
                continue;
            }
            let descriptors = processes::descriptors(pid).unwrap_or_default();
            if descriptors > own.descriptors + DESCRIPTOR_SLACK {
                grown.push(format!(
                    "{now} holds {descriptors} descriptors, {} at first",
                    own.descriptors
                ));
            }
            grown.extend(
                added(&own.mounts, mounts_of(&pid.to_string()))
                    .map(|mount| format!("mount that {now} sees: {mount}")),
            );
        }
        grown
    }

    /// Files of the sandboxes' users in folders where anybody may make some.
    fn shared_files(&self) -> Vec<String> {
        let mut found = Vec::new();
        for folder in SHARED_FOLDERS {
            let Ok(entries) = fs::read_dir(folder) else {
                continue;
            };
            for entry in entries.flatten() {
                if entry
                    .metadata()
                    .is_ok_and(|data| self.users.contains(&data.uid()))
                {
                    found.push(format!("file {}", entry.path().display()));
                }
            }
        }
        found
    }

    /// System V objects and keys of the sandboxes' users.
    fn kernel_objects(&self) -> Vec<String> {
        let mut found = Vec::new();
        for kind in ["shm", "sem", "msg"] {
            let table = fs::read_to_string(format!("/proc/sysvipc/{kind}")).unwrap_or_default();
            let mut lines = table.lines();
            let names: Vec<&str> = lines
                .next()
                .unwrap_or_default()
                .split_whitespace()
                .collect();
            let columns: Vec<usize> = names
                .iter()
                .enumerate()
                .filter(|(_, name)| matches!(**name, "uid" | "cuid"))
                .map(|(at, _)| at)
                .collect();
            for line in lines {
                let fields: Vec<&str> = line.split_whitespace().collect();
                let ours = columns
                    .iter()
                    .any(|at| fields.get(*at).is_some_and(|uid| self.is_sandbox_user(uid)));
                if ours {
                    found.push(format!("System V {kind}: {line}"));
                }
            }
        }
        found.extend(
            keys_of(&self.users)
                .difference(&self.keys)
                .map(|line| format!("keys of user {line}")),
        );
        found
    }

    fn is_sandbox_user(&self, text: &str) -> bool {
        text.parse().is_ok_and(|uid| self.users.contains(&uid))
    }
}

/// Dead processes that only the host's init has yet to collect are left out: those of a server that was killed.
fn by_user_and_name(processes: &[Process]) -> BTreeMap<(u32, String), usize> {
    let mut counts = BTreeMap::new();
    let is_gone = |process: &&Process| process.state == 'Z' && process.parent == 1;
    for process in processes.iter().filter(|process| !is_gone(process)) {
        *counts
            .entry((process.uid, process.name.clone()))
            .or_default() += 1;
    }
    counts
}

/// Processes of the user of templates, the one after those of sandboxes.
fn templates(all: &[Process], users: &Range<u32>) -> usize {
    let user = users.end..users.end + 1;
    by_user_and_name(&processes::of_users(all, &user))
        .values()
        .sum()
}

/// Users of sandboxes whom the kernel counts keys of, and how many.
fn keys_of(users: &Range<u32>) -> BTreeSet<String> {
    let table = fs::read_to_string("/proc/key-users").unwrap_or_default();
    table
        .lines()
        .filter_map(|line| {
            // User, then uses of the entry, keys, keys against the quota, bytes against the quota.
            let (user, counts) = line.trim().split_once(':')?;
            let number = user.parse().ok()?;
            let keys = counts.split_whitespace().nth(1)?;
            users.contains(&number).then(|| format!("{user}: {keys}"))
        })
        .collect()
}

fn added<'a, T: Ord + 'a>(
    before: &'a BTreeSet<T>,
    now: BTreeSet<T>,
) -> impl Iterator<Item = T> + 'a {
    now.into_iter().filter(move |thing| !before.contains(thing))
}

/// The mount table of a process, without the running numbers, which are given anew all the time.
fn mounts_of(pid: &str) -> BTreeSet<String> {
    let table = fs::read_to_string(format!("/proc/{pid}/mountinfo")).unwrap_or_default();
    table
        .lines()
        .map(|line| line.splitn(3, ' ').nth(2).unwrap_or(line).to_owned())
        .collect()
}

/// Every group below the server's parent group, in every hierarchy.
fn groups_below(parent: &str) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for hierarchy in HIERARCHIES {
        walk(
            &Path::new("/sys/fs/cgroup").join(hierarchy).join(parent),
            &mut |path, is_folder| {
                if is_folder {
                    found.insert(path.to_owned());
                }
            },
        );
    }
    found
}

/// Removes the empty groups at and below a parent, deepest first; those in use stay.
pub(crate) fn remove_groups(parent: &str) {
    for group in groups_below(parent).iter().rev() {
        // In use or gone: either way there is nothing more to do here.
        let _ = fs::remove_dir(group);
    }
}

fn files_below(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    walk(folder, &mut |path, _| {
        found.insert(path.to_owned());
    });
    found
}

/// Calls `visit` for everything below `folder`, and for `folder` itself when it is there.
fn walk(folder: &Path, visit: &mut impl FnMut(&Path, bool)) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    visit(folder, true);
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&entry.path(), visit);
        } else {
            visit(&entry.path(), false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(folder: &Path, users: Range<u32>) -> HostState {
        HostState {
            users,
            cgroup: "no-such-group".to_owned(),
            folder: folder.to_owned(),
            server: Vec::new(),
            mounts: mounts_of("self"),
            groups: BTreeSet::new(),
            files: files_below(folder),
            waiting: BTreeMap::new(),
            templates: 0,
            keys: BTreeSet::new(),
        }
    }

    #[test]
    fn a_new_file_is_found_and_an_old_one_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("old"), "").expect("writable");
        let state = state(folder.path(), 4_000_000_000..4_000_000_001);
        assert_eq!(state.leftovers(), [""; 0]);
        fs::create_dir_all(folder.path().join("deep/er")).expect("writable");
        fs::write(folder.path().join("deep/er/new"), "").expect("writable");
        let left = state.leftovers().join("\n");
        assert!(
            left.contains("deep/er/new") && !left.contains("old"),
            "{left}"
        );
    }

    #[test]
    fn a_process_of_a_sandbox_user_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = nix::unistd::getuid().as_raw();
        let left = state(folder.path(), own..own + 1)
            .expect_no_process(Duration::ZERO)
            .expect_err("this test lives");
        assert!(
            left.contains(&format!("process {} ", std::process::id())),
            "{left}"
        );
    }

    #[test]
    fn a_file_of_a_sandbox_user_in_a_shared_folder_is_found() {
        let file = tempfile::Builder::new()
            .tempfile_in("/tmp")
            .expect("a file");
        let folder = tempfile::tempdir().expect("a folder");
        let own = nix::unistd::getuid().as_raw();
        let found = state(folder.path(), own..own + 1).shared_files();
        let shown = format!("file {}", file.path().display());
        assert!(found.contains(&shown), "{found:?}");
    }
}
