//! Control groups: one for each sandbox, made with its limits, read at its end, removed.
//!
//! On a unified host (cgroup v2) this is one folder; on a hybrid host the same limits are spread over
//! the v1 hierarchies memory, cpu, cpuacct and pids. What can't be enforced is an error at start,
//! never a weaker sandbox. The supervisor stays outside of these groups.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cgroups_rs::fs::cpu::CpuController;
use cgroups_rs::fs::hierarchies::{self, V1, V2};
use cgroups_rs::fs::memory::MemController;
use cgroups_rs::fs::pid::PidController;
use cgroups_rs::fs::{Cgroup as Group, Controllers, Hierarchy, MaxValue};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::unistd::Pid;

use crate::limits::KernelLimits;

/// Length of the scheduler's accounting period.
const CPU_PERIOD: Duration = Duration::from_millis(100);
/// How long the removal of a group may take: its last process can be on its way out.
const REMOVAL_PATIENCE: Duration = Duration::from_millis(500);
/// Prefix of the groups that hold a sandbox.
const RUN_PREFIX: &str = "run-";

const V1_CONTROLLERS: [(&str, Controllers); 4] = [
    ("memory", Controllers::Mem),
    ("cpu", Controllers::Cpu),
    ("cpuacct", Controllers::CpuAcct),
    ("pids", Controllers::Pids),
];
const V2_CONTROLLERS: [&str; 3] = ["memory", "cpu", "pids"];

/// A control group could not be made, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum CgroupError {
    /// The host has no such controller.
    #[error("this host can't limit {0}: no such cgroup controller (v1 or v2) is mounted")]
    NoController(&'static str),
    /// The library failed.
    #[error("{action} control group {group}")]
    Library {
        /// What was attempted.
        action: &'static str,
        /// On which group.
        group: String,
        /// Why it failed.
        #[source]
        source: cgroups_rs::fs::error::Error,
    },
    /// A file of the group could not be used.
    #[error("{action} {}", path.display())]
    File {
        /// What was attempted.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// A file of the group holds something unexpected.
    #[error("{} holds {content:?}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What it holds.
        content: String,
    },
}

/// Where the limits are kept on this host.
#[derive(Debug, Clone)]
pub enum Mode {
    /// The folder of each v1 hierarchy, in the order of memory, cpu, cpuacct, pids.
    V1 {
        /// Mount point of each controller.
        mounts: Vec<PathBuf>,
    },
    /// The unified hierarchy.
    V2 {
        /// Its mount point.
        mount: PathBuf,
    },
}

/// The group below which all sandboxes of one sandboxd live.
#[derive(Debug, Clone)]
pub struct Parent {
    mode: Mode,
    /// Relative to the hierarchy's mount point.
    name: String,
}

impl Parent {
    /// Finds the controllers and makes the parent group `name` with all of them.
    ///
    /// # Errors
    /// When a controller is missing or the group can't be made.
    pub fn prepare(name: &str) -> Result<Self, CgroupError> {
        let mode = detect()?;
        let parent = Self {
            mode,
            name: name.trim_matches('/').to_owned(),
        };
        // Making a child group makes the parent and hands the controllers down.
        parent.group(&format!("{}/{RUN_PREFIX}probe", parent.name))?;
        let probe = Cgroup {
            parent: parent.clone(),
            id: "probe".to_owned(),
            removed: false,
        };
        probe.close()?;
        Ok(parent)
    }

    /// The cgroup version in words, for status and logs.
    pub fn mechanism(&self) -> &'static str {
        match self.mode {
            Mode::V1 { .. } => "cgroup v1",
            Mode::V2 { .. } => "cgroup v2",
        }
    }

    /// Kills and removes what an earlier sandboxd left below the parent. Returns how many groups.
    ///
    /// # Errors
    /// When a group can't be removed.
    pub fn sweep(&self) -> Result<usize, CgroupError> {
        let mut left = std::collections::BTreeSet::new();
        for folder in self.folders("") {
            let entries = fs::read_dir(&folder).map_err(|source| CgroupError::File {
                action: "reading",
                path: folder.clone(),
                source,
            })?;
            for entry in entries.flatten() {
                if let Some(id) = entry
                    .file_name()
                    .to_str()
                    .and_then(|name| name.strip_prefix(RUN_PREFIX))
                {
                    left.insert(id.to_owned());
                }
            }
        }
        let count = left.len();
        for id in left {
            Cgroup {
                parent: self.clone(),
                id,
                removed: false,
            }
            .close()?;
        }
        Ok(count)
    }

    /// Removes the parent group itself, when nothing is left in it.
    pub fn remove(&self) {
        for folder in self.folders("") {
            // In use by another sandboxd, or gone already: either is fine.
            let _ = fs::remove_dir(folder);
        }
    }

    /// The library's handle of a group, made if missing.
    fn group(&self, path: &str) -> Result<Group, CgroupError> {
        let (hierarchy, names): (Box<dyn Hierarchy>, Vec<String>) = match self.mode {
            Mode::V1 { .. } => (
                Box::new(V1::new()),
                V1_CONTROLLERS
                    .iter()
                    .map(|(name, _)| (*name).to_owned())
                    .collect(),
            ),
            Mode::V2 { .. } => (
                Box::new(V2::new()),
                V2_CONTROLLERS
                    .iter()
                    .map(|name| (*name).to_owned())
                    .collect(),
            ),
        };
        Group::new_with_specified_controllers(hierarchy, path, Some(names)).map_err(|source| {
            CgroupError::Library {
                action: "making",
                group: path.to_owned(),
                source,
            }
        })
    }

    /// The folders of a group (below the parent; "" for the parent itself), one on v2.
    fn folders(&self, below: &str) -> Vec<PathBuf> {
        let inside = Path::new(&self.name).join(below);
        match &self.mode {
            Mode::V1 { mounts } => mounts.iter().map(|mount| mount.join(&inside)).collect(),
            Mode::V2 { mount } => vec![mount.join(&inside)],
        }
    }
}

fn detect() -> Result<Mode, CgroupError> {
    if hierarchies::is_cgroup2_unified_mode() {
        let mount = PathBuf::from(hierarchies::UNIFIED_MOUNTPOINT);
        let listed = fs::read_to_string(mount.join("cgroup.controllers")).unwrap_or_default();
        for name in V2_CONTROLLERS {
            if !listed
                .split_whitespace()
                .any(|controller| controller == name)
            {
                return Err(CgroupError::NoController(name));
            }
        }
        return Ok(Mode::V2 { mount });
    }
    let hierarchy = V1::new();
    let mut mounts = Vec::new();
    for (name, controller) in V1_CONTROLLERS {
        let (mount, _root) = hierarchy
            .get_mount_point(controller)
            .ok_or(CgroupError::NoController(name))?;
        mounts.push(mount);
    }
    Ok(Mode::V1 { mounts })
}

/// What a group has counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// CPU time of all processes, user and system.
    pub cpu: Duration,
    /// Most memory in use at one time.
    pub peak_memory_bytes: u64,
    /// Processes that the kernel killed for memory.
    pub memory_kills: u64,
    /// Forks that the kernel refused.
    pub refused_forks: u64,
}

/// The control group of one sandbox. Dropping it kills what is inside and tries to remove it.
#[derive(Debug)]
pub struct Cgroup {
    parent: Parent,
    id: String,
    removed: bool,
}

impl Cgroup {
    /// Makes a group with its limits and reads them back.
    ///
    /// # Errors
    /// When the group can't be made or a limit does not hold.
    pub fn create(parent: &Parent, id: &str, limits: &KernelLimits) -> Result<Self, CgroupError> {
        let path = format!("{}/{RUN_PREFIX}{id}", parent.name);
        let group = parent.group(&path)?;
        let this = Self {
            parent: parent.clone(),
            id: id.to_owned(),
            removed: false,
        };
        apply(&group, limits).map_err(|source| CgroupError::Library {
            action: "limiting",
            group: path,
            source,
        })?;
        match parent.mode {
            Mode::V1 { .. } => this.forbid_swap_v1(limits.memory_bytes)?,
            Mode::V2 { .. } => {
                this.write(0, "memory.swap.max", "0")?;
                this.write(0, "memory.oom.group", "1")?;
            }
        }
        this.verify(limits)?;
        Ok(this)
    }

    /// On v1 the limit of memory with swap is a file of its own, which a kernel without swap accounting
    /// lacks; without swap on the host that is no hole.
    fn forbid_swap_v1(&self, memory_bytes: u64) -> Result<(), CgroupError> {
        match self.write(0, "memory.memsw.limit_in_bytes", &memory_bytes.to_string()) {
            Err(error) => {
                let swaps = fs::read_to_string("/proc/swaps").unwrap_or_default();
                if swaps.lines().count() > 1 {
                    Err(error)
                } else {
                    Ok(())
                }
            }
            done => done,
        }
    }

    /// A limit that was written and does not read back does not hold.
    fn verify(&self, limits: &KernelLimits) -> Result<(), CgroupError> {
        let (memory, pids) = match self.parent.mode {
            Mode::V1 { .. } => ((0, "memory.limit_in_bytes"), (3, "pids.max")),
            Mode::V2 { .. } => ((0, "memory.max"), (0, "pids.max")),
        };
        // The kernel keeps memory in whole pages.
        let wanted_memory = (limits.memory_bytes / 4096 * 4096).to_string();
        let wanted_pids = task_limit(limits).to_string();
        for ((folder, file), wanted) in [(memory, wanted_memory), (pids, wanted_pids)] {
            let content = self.read(folder, file)?;
            if content.trim() != wanted {
                return Err(CgroupError::Content {
                    path: self.file(folder, file),
                    content,
                });
            }
        }
        Ok(())
    }

    /// The v2 group's folder, for starting a process inside it; `None` on v1, where the process must be
    /// attached after it was made.
    ///
    /// # Errors
    /// When the folder can't be opened.
    pub fn folder(&self) -> Result<Option<OwnedFd>, CgroupError> {
        match self.parent.mode {
            Mode::V1 { .. } => Ok(None),
            Mode::V2 { .. } => {
                let path = self.path(0);
                File::open(&path)
                    .map(|file| Some(file.into()))
                    .map_err(|source| CgroupError::File {
                        action: "opening",
                        path,
                        source,
                    })
            }
        }
    }

    /// Moves a process into the v1 groups. Nothing to do on v2.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn attach(&self, process: Pid) -> Result<(), CgroupError> {
        if let Mode::V1 { mounts } = &self.parent.mode {
            for folder in 0..mounts.len() {
                self.write(folder, "cgroup.procs", &process.to_string())?;
            }
        }
        Ok(())
    }

    /// A descriptor that becomes readable when the group runs out of memory, on v1. On v2 the kernel kills
    /// the whole group itself (memory.oom.group), and there is nothing to wait for.
    ///
    /// # Errors
    /// When the kernel refuses the registration.
    pub fn memory_alarm(&self) -> Result<Option<EventFd>, CgroupError> {
        if matches!(self.parent.mode, Mode::V2 { .. }) {
            return Ok(None);
        }
        let path = self.file(0, "memory.oom_control");
        let failed = |source| CgroupError::File {
            action: "watching",
            path: path.clone(),
            source,
        };
        let control = File::open(&path).map_err(failed)?;
        let alarm = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)
            .map_err(|error| failed(error.into()))?;
        let request = format!("{} {}", alarm.as_raw_fd(), control.as_raw_fd());
        self.write(0, "cgroup.event_control", &request)?;
        Ok(Some(alarm))
    }

    /// An open file from which the CPU time can be read again and again; see [`parse_cpu`].
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn cpu_clock(&self) -> Result<File, CgroupError> {
        let path = match self.parent.mode {
            Mode::V1 { .. } => self.file(2, "cpuacct.usage"),
            Mode::V2 { .. } => self.file(0, "cpu.stat"),
        };
        File::open(&path).map_err(|source| CgroupError::File {
            action: "opening",
            path,
            source,
        })
    }

    /// Reads what the group has counted so far.
    ///
    /// # Errors
    /// When a file can't be read or holds something unexpected.
    pub fn counts(&self) -> Result<Counts, CgroupError> {
        let (cpu, memory, kills, forks) = match self.parent.mode {
            Mode::V1 { .. } => (
                (2, "cpuacct.usage"),
                (0, "memory.max_usage_in_bytes"),
                (0, "memory.oom_control"),
                (3, "pids.events"),
            ),
            Mode::V2 { .. } => (
                (0, "cpu.stat"),
                (0, "memory.peak"),
                (0, "memory.events"),
                (0, "pids.events"),
            ),
        };
        let number =
            |(folder, file): (usize, &'static str), key: &str| -> Result<u64, CgroupError> {
                let content = self.read(folder, file)?;
                find_number(&content, key).ok_or_else(|| CgroupError::Content {
                    path: self.file(folder, file),
                    content,
                })
            };
        let cpu_text = self.read(cpu.0, cpu.1)?;
        let cpu_time = parse_cpu(&cpu_text).ok_or_else(|| CgroupError::Content {
            path: self.file(cpu.0, cpu.1),
            content: cpu_text,
        })?;
        Ok(Counts {
            cpu: cpu_time,
            peak_memory_bytes: number(memory, "")?,
            memory_kills: number(kills, "oom_kill")?,
            refused_forks: number(forks, "max")?,
        })
    }

    /// Kills every process in the group, whatever it does to escape.
    ///
    /// # Errors
    /// When the group's process list can't be read.
    pub fn kill(&self) -> Result<(), CgroupError> {
        if matches!(self.parent.mode, Mode::V2 { .. }) {
            return self.write(0, "cgroup.kill", "1");
        }
        for line in self.read(0, "cgroup.procs")?.lines() {
            if let Ok(number) = line.trim().parse::<i32>() {
                // It may have died since the list was read.
                let _ = nix::sys::signal::kill(
                    Pid::from_raw(number),
                    nix::sys::signal::Signal::SIGKILL,
                );
            }
        }
        Ok(())
    }

    /// Kills what is left inside and removes the group, waiting a bounded time for the last process.
    ///
    /// # Errors
    /// When the group is still in use after that.
    pub fn close(mut self) -> Result<(), CgroupError> {
        self.removed = true;
        self.remove()
    }

    fn remove(&self) -> Result<(), CgroupError> {
        let start = Instant::now();
        for folder in self.parent.folders(&format!("{RUN_PREFIX}{}", self.id)) {
            loop {
                match fs::remove_dir(&folder) {
                    Ok(()) => break,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                    Err(source) if start.elapsed() > REMOVAL_PATIENCE => {
                        return Err(CgroupError::File {
                            action: "removing",
                            path: folder,
                            source,
                        });
                    }
                    Err(_) => {
                        // Gone between the two steps is what we want.
                        let _ = self.kill();
                        std::thread::sleep(Duration::from_millis(1));
                    }
                }
            }
        }
        Ok(())
    }

    fn path(&self, folder: usize) -> PathBuf {
        self.parent
            .folders(&format!("{RUN_PREFIX}{}", self.id))
            .swap_remove(folder)
    }

    fn file(&self, folder: usize, file: &str) -> PathBuf {
        self.path(folder).join(file)
    }

    fn read(&self, folder: usize, file: &str) -> Result<String, CgroupError> {
        let path = self.file(folder, file);
        fs::read_to_string(&path).map_err(|source| CgroupError::File {
            action: "reading",
            path,
            source,
        })
    }

    fn write(&self, folder: usize, file: &str, content: &str) -> Result<(), CgroupError> {
        let path = self.file(folder, file);
        OpenOptions::new()
            .write(true)
            .open(&path)
            .and_then(|mut file| file.write_all(content.as_bytes()))
            .map_err(|source| CgroupError::File {
                action: "writing",
                path,
                source,
            })
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        if !self.removed
            && let Err(error) = self.remove()
        {
            tracing::warn!(group = self.id, %error, "a control group was left behind");
        }
    }
}

/// The sandbox's own first process counts too.
fn task_limit(limits: &KernelLimits) -> i64 {
    i64::from(limits.processes) + 1
}

fn apply(group: &Group, limits: &KernelLimits) -> Result<(), cgroups_rs::fs::error::Error> {
    let bytes = i64::try_from(limits.memory_bytes).unwrap_or(i64::MAX);
    let period = u64::try_from(CPU_PERIOD.as_micros()).expect("a short time in microseconds fits");
    let quota = i64::from(limits.cpu_millicores) * i64::try_from(period).expect("likewise") / 1000;
    if let Some(memory) = group.controller_of::<MemController>() {
        memory.set_limit(bytes)?;
    }
    if let Some(cpu) = group.controller_of::<CpuController>() {
        cpu.set_cfs_quota_and_period(Some(quota), Some(period))?;
    }
    if let Some(pids) = group.controller_of::<PidController>() {
        pids.set_pid_max(MaxValue::Value(task_limit(limits)))?;
    }
    Ok(())
}

/// CPU time from the text of `cpuacct.usage` (nanoseconds) or `cpu.stat` (`usage_usec N`).
pub fn parse_cpu(text: &str) -> Option<Duration> {
    if let Ok(nanoseconds) = text.trim().parse() {
        return Some(Duration::from_nanos(nanoseconds));
    }
    find_number(text, "usage_usec").map(Duration::from_micros)
}

/// The number after `key` in "key number" lines, or the whole text's number when `key` is empty.
fn find_number(text: &str, key: &str) -> Option<u64> {
    if key.is_empty() {
        return text.trim().parse().ok();
    }
    text.lines().find_map(|line| {
        line.strip_prefix(key)?
            .strip_prefix(' ')?
            .trim()
            .parse()
            .ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_cpu_file_are_read() {
        assert_eq!(parse_cpu("1500000\n"), Some(Duration::from_micros(1500)));
        assert_eq!(
            parse_cpu("usage_usec 2500\nuser_usec 2000\nsystem_usec 500\n"),
            Some(Duration::from_micros(2500))
        );
        assert_eq!(parse_cpu("nonsense"), None);
    }

    #[test]
    fn a_key_is_matched_whole() {
        let text = "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n";
        assert_eq!(find_number(text, "oom_kill"), Some(3));
        assert_eq!(find_number(text, "oom"), None);
    }
}
