//! Control groups: one for each slot, made with its processes and limited anew for each run.
//!
//! On a unified host (cgroup v2) a slot has a folder with two groups in it: `keeper`, for the slot's own
//! processes, and `run`, made for each run and removed after it, into which a sandbox's processes are born. On
//! a hybrid host the same limits are spread over the v1 hierarchies memory, cpu, cpuacct and pids. There,
//! moving a process into a group takes the kernel milliseconds, so a slot has one group for all of its
//! life, its keeper and zygote are in it, and a sandbox's processes are born inside; what the group has
//! counted is read before and after.
//!
//! What can't be enforced is an error at start, never a weaker sandbox. Launcher and daemon stay
//! outside of these groups.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cgroups_rs::fs::cpu::CpuController;
use cgroups_rs::fs::hierarchies::{self, V1, V2};
use cgroups_rs::fs::memory::MemController;
use cgroups_rs::fs::pid::PidController;
use cgroups_rs::fs::{Cgroup as Group, Controllers, Hierarchy, MaxValue};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::collector::MEMORY_BYTES;
use crate::keeper::OWN_PROCESSES;
use crate::layers::{self, Layer};
use crate::limits::KernelLimits;

/// Length of the scheduler's accounting period.
const CPU_PERIOD: Duration = Duration::from_millis(100);
/// On v1, CPU time of a run that the next one in its slot does not miss.
const LITTLE_CPU: Duration = Duration::from_millis(5);
/// How long the removal of a group may take: its last process can be on its way out.
const REMOVAL_PATIENCE: Duration = Duration::from_millis(500);
/// On v1, how often the number of processes in a slot is read before they are too many.
const LOOKS: u32 = 50;
/// Memory that the processes of a killed run may take beyond its limit to die.
const DYING_BYTES: u64 = 16 << 20;
/// On v1, how much of the files that a run read may stay counted for its slot. It would be counted as the next
/// run's as well, and a run that needs the room gets it from the kernel page by page, in seconds.
const STALE_CACHE_BYTES: u64 = 4 << 20;
/// What a slot's own processes take, and what the kernel has not settled yet: with less than this and
/// [`STALE_CACHE_BYTES`] in use nobody looks closer.
const OWN_BYTES: u64 = 4 << 20;
/// Prefix of the groups that hold a slot.
const SLOT_PREFIX: &str = "slot-";
/// On v2, the group of a slot's own processes and the one of its run.
const KEEPER: &str = "keeper";
const RUN: &str = "run";

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
    /// The unit's own group is wanted, and there is none.
    #[error(
        "cgroup.delegated is for a systemd service with Delegate=yes, and this process is in {0:?}: start it with \
         systemctl, or set cgroup.delegated = false"
    )]
    NotDelegated(String),
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
        parent.group(&format!("{}/{SLOT_PREFIX}probe", parent.name))?;
        parent.remove_slot("probe")?;
        Ok(parent)
    }

    /// The cgroup version in words, for status and logs.
    pub fn mechanism(&self) -> &'static str {
        match self.mode {
            Mode::V1 { .. } => "cgroup v1",
            Mode::V2 { .. } => "cgroup v2",
        }
    }

    /// Whether each run has a group of its own.
    pub fn is_unified(&self) -> bool {
        matches!(self.mode, Mode::V2 { .. })
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
                    .and_then(|name| name.strip_prefix(SLOT_PREFIX))
                {
                    left.insert(id.to_owned());
                }
            }
        }
        let count = left.len();
        for id in left {
            self.remove_slot(&id)?;
        }
        Ok(count)
    }

    /// Kills what is left in a slot's groups and removes them, waiting a bounded time for the last process.
    fn remove_slot(&self, id: &str) -> Result<(), CgroupError> {
        let start = Instant::now();
        for folder in self.folders(&format!("{SLOT_PREFIX}{id}")) {
            for inner in [RUN, KEEPER] {
                remove_folder(&folder.join(inner), start)?;
            }
            remove_folder(&folder, start)?;
        }
        Ok(())
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

/// Where the unified hierarchy is mounted, if the controllers are on it.
pub(crate) fn unified_mount() -> Option<PathBuf> {
    hierarchies::is_cgroup2_unified_mode().then(|| PathBuf::from(hierarchies::UNIFIED_MOUNTPOINT))
}

fn detect() -> Result<Mode, CgroupError> {
    if let Some(mount) = unified_mount() {
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

/// Removes one group, killing whatever is still in it.
fn remove_folder(folder: &Path, start: Instant) -> Result<(), CgroupError> {
    loop {
        match fs::remove_dir(folder) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) if start.elapsed() > REMOVAL_PATIENCE => {
                return Err(CgroupError::File {
                    action: "removing",
                    path: folder.to_owned(),
                    source,
                });
            }
            Err(_) => {
                kill_all(folder);
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

/// Kills every process in a group. On v1 the list may be outdated when it is read; the caller asks again.
fn kill_all(folder: &Path) {
    if fs::write(folder.join("cgroup.kill"), "1").is_ok() {
        return;
    }
    let processes = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
    for number in processes
        .lines()
        .filter_map(|line| line.trim().parse().ok())
    {
        // It may have died since the list was read.
        let _ = nix::sys::signal::kill(Pid::from_raw(number), nix::sys::signal::Signal::SIGKILL);
    }
}

/// What a slot is given of processors that others want as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Priority {
    /// As much as any other.
    Usual,
    /// What others leave, and it makes way for them at once: SCHED_IDLE, for the group.
    Low,
}

/// The control group of one slot and, in turn, of its runs. Dropping it kills what is inside and tries to
/// remove it.
#[derive(Debug)]
pub struct SlotGroup {
    parent: Parent,
    id: String,
    /// What the run's group is limited to now.
    limits: Option<KernelLimits>,
    /// The limit of memory that a killed run had; its group has more by then.
    ended_at: Option<u64>,
    /// What was counted when the run began; on v2 nothing, because its group is new.
    before: Counts,
    v1: Option<V1Files>,
    priority: Priority,
}

/// Files of a v1 group that are read for each run.
#[derive(Debug)]
struct V1Files {
    usage: File,
    peak: File,
    kills: File,
    forks: File,
    tasks: File,
    cpu: File,
}

impl SlotGroup {
    /// Makes a slot's group, without limits.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn create(parent: &Parent, slot: u32) -> Result<Self, CgroupError> {
        let mut this = Self {
            parent: parent.clone(),
            id: slot.to_string(),
            limits: None,
            ended_at: None,
            before: Counts::default(),
            v1: None,
            priority: Priority::Usual,
        };
        match parent.mode {
            Mode::V1 { .. } => {
                parent.group(&this.name(""))?;
                this.v1 = Some(V1Files {
                    usage: this.open_v1(0, "memory.usage_in_bytes")?,
                    peak: this.open_v1(0, "memory.max_usage_in_bytes")?,
                    kills: this.open_v1(0, "memory.oom_control")?,
                    forks: this.open_v1(3, "pids.events")?,
                    tasks: this.open_v1(3, "pids.current")?,
                    cpu: this.open_v1(2, "cpuacct.usage")?,
                });
            }
            Mode::V2 { .. } => {
                parent.group(&this.name(KEEPER))?;
            }
        }
        Ok(this)
    }

    /// The v2 group's folder, for starting the keeper inside it; `None` on v1, where it must be attached
    /// after it was made.
    ///
    /// # Errors
    /// When the folder can't be opened.
    pub fn keeper_folder(&self) -> Result<Option<OwnedFd>, CgroupError> {
        match self.parent.mode {
            Mode::V1 { .. } => Ok(None),
            Mode::V2 { .. } => open(&self.parent.folders(&self.below(KEEPER))[0]).map(Some),
        }
    }

    /// Moves one of the slot's own processes into its group. On v1 this takes the kernel some milliseconds.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn attach(&self, process: Pid) -> Result<(), CgroupError> {
        let below = match self.parent.mode {
            Mode::V1 { .. } => self.below(""),
            Mode::V2 { .. } => self.below(KEEPER),
        };
        for folder in self.parent.folders(&below) {
            write(&folder.join("cgroup.procs"), &process.to_string())?;
        }
        Ok(())
    }

    /// A descriptor that becomes readable when the group runs out of memory, on v1. On v2 the kernel kills
    /// the whole run itself (memory.oom.group), and there is nothing to wait for.
    ///
    /// # Errors
    /// When the kernel refuses the registration.
    pub fn memory_alarm(&self) -> Result<Option<EventFd>, CgroupError> {
        let Some(files) = &self.v1 else {
            return Ok(None);
        };
        let path = self.file(0, "memory.oom_control");
        let alarm = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK).map_err(
            |error| CgroupError::File {
                action: "watching",
                path,
                source: error.into(),
            },
        )?;
        let request = format!("{} {}", alarm.as_raw_fd(), files.kills.as_raw_fd());
        write(&self.file(0, "cgroup.event_control"), &request)?;
        Ok(Some(alarm))
    }

    /// Makes the group ready for a run: limits, and a count from zero. On v2 returns the file by which a job can
    /// move itself into the run's own group.
    ///
    /// # Errors
    /// When a limit does not hold.
    pub fn begin(&mut self, limits: &KernelLimits) -> Result<Option<OwnedFd>, CgroupError> {
        let own = match self.parent.mode {
            Mode::V1 { .. } => None,
            Mode::V2 { .. } => {
                // Left there by a removal that the kernel refused.
                remove_folder(&self.run_folder(), Instant::now())?;
                self.limits = None;
                self.parent.group(&self.name(RUN))?;
                let folder = self.run_folder();
                let procs = OpenOptions::new()
                    .write(true)
                    .open(folder.join("cgroup.procs"))
                    .map_err(|source| CgroupError::File {
                        action: "opening the process list of",
                        path: folder.clone(),
                        source,
                    })?;
                Some(procs.into())
            }
        };
        self.ended_at = None;
        self.prioritise(Priority::Usual)?;
        self.limit(limits)?;
        if let Some(files) = &self.v1 {
            files
                .peak
                .write_at(b"0", 0)
                .map_err(|source| CgroupError::File {
                    action: "resetting",
                    path: self.file(0, "memory.max_usage_in_bytes"),
                    source,
                })?;
            let spent_before = self.before.cpu;
            self.before = Counts::default();
            self.before = self.counts()?;
            // What the last run has used of this period would be missing from this one's.
            if self.before.cpu.saturating_sub(spent_before) > LITTLE_CPU {
                let quota = cpu_quota(limits).to_string();
                write(&self.file(1, "cpu.cfs_quota_us"), &quota)?;
            }
        }
        Ok(own)
    }

    /// Sets the run's limits and reads them back.
    ///
    /// # Errors
    /// When a limit does not hold.
    pub fn limit(&mut self, limits: &KernelLimits) -> Result<(), CgroupError> {
        if self.limits.as_ref() == Some(limits) {
            return Ok(());
        }
        self.limits = None;
        self.expect_room(limits)?;
        let path = match self.parent.mode {
            Mode::V1 { .. } => self.name(""),
            Mode::V2 { .. } => self.name(RUN),
        };
        let group = self.parent.group(&path)?;
        let own = self.own_processes();
        // On v1 the limit with swap is never below the one without: lift it first.
        if matches!(self.parent.mode, Mode::V1 { .. }) {
            // A kernel without swap accounting has no such file; see below.
            let _ = fs::write(self.file(0, "memory.memsw.limit_in_bytes"), "-1");
        }
        apply(&group, limits, own).map_err(|source| CgroupError::Library {
            action: "limiting",
            group: path,
            source,
        })?;
        match self.parent.mode {
            Mode::V1 { .. } => self.forbid_swap_v1(limits.memory_bytes)?,
            Mode::V2 { .. } => {
                write(&self.run_folder().join("memory.swap.max"), "0")?;
                write(&self.run_folder().join("memory.oom.group"), "1")?;
            }
        }
        self.verify(limits)?;
        self.limits = Some(limits.clone());
        Ok(())
    }

    /// On v1 the kernel tries for a second to get a group below a limit that it is above of, and nothing else can be
    /// done meanwhile.
    fn expect_room(&self, limits: &KernelLimits) -> Result<(), CgroupError> {
        let Some(files) = &self.v1 else {
            return Ok(());
        };
        let usage = "memory.usage_in_bytes";
        let content = read_again(&files.usage).map_err(|source| CgroupError::File {
            action: "reading",
            path: self.file(0, usage),
            source,
        })?;
        match find_number(&content, "") {
            Some(in_use) if in_use < limits.memory_bytes => Ok(()),
            _ => Err(CgroupError::Content {
                path: self.file(0, usage),
                content,
            }),
        }
    }

    /// Gives the slot another priority.
    ///
    /// # Errors
    /// When the kernel refuses. One before Linux 5.15 knows no such thing, and the priority stays the usual one.
    pub fn prioritise(&mut self, priority: Priority) -> Result<(), CgroupError> {
        if self.priority == priority {
            return Ok(());
        }
        // The groups that compete are the slots' own, on v2 as well.
        let folder = match self.parent.mode {
            Mode::V1 { .. } => 1,
            Mode::V2 { .. } => 0,
        };
        let idle = if priority == Priority::Low { "1" } else { "0" };
        match write(&self.file(folder, "cpu.idle"), idle) {
            Err(CgroupError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(())
            }
            Err(error) => Err(error),
            Ok(()) => {
                self.priority = priority;
                Ok(())
            }
        }
    }

    /// Makes room for a collector where it counts with the run, which may have filled its memory with files:
    /// on v1. Lasts until the next limits.
    ///
    /// # Errors
    /// When the limit does not hold.
    pub fn make_room(&mut self) -> Result<(), CgroupError> {
        match self.limits.clone() {
            Some(limits) if self.v1.is_some() => self.limit(&KernelLimits {
                memory_bytes: limits.memory_bytes + MEMORY_BYTES,
                ..limits
            }),
            _ => Ok(()),
        }
    }

    /// On v1 the limit of memory with swap is a file of its own, which a kernel without swap accounting
    /// lacks; without swap on the host that is no hole.
    fn forbid_swap_v1(&self, memory_bytes: u64) -> Result<(), CgroupError> {
        let file = self.file(0, "memory.memsw.limit_in_bytes");
        match write(&file, &memory_bytes.to_string()) {
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
            Mode::V1 { .. } => (
                self.file(0, "memory.limit_in_bytes"),
                self.file(3, "pids.max"),
            ),
            Mode::V2 { .. } => (
                self.run_folder().join("memory.max"),
                self.run_folder().join("pids.max"),
            ),
        };
        // The kernel keeps memory in whole pages.
        let wanted_memory = (limits.memory_bytes / 4096 * 4096).to_string();
        let wanted_pids = task_limit(limits, self.own_processes()).to_string();
        for (path, wanted) in [(memory, wanted_memory), (pids, wanted_pids)] {
            let content = read(&path)?;
            if content.trim() != wanted {
                return Err(CgroupError::Content { path, content });
            }
        }
        Ok(())
    }

    /// An open file from which the CPU time can be read again and again; see [`parse_cpu`].
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn cpu_clock(&self) -> Result<File, CgroupError> {
        match &self.v1 {
            Some(files) => files.cpu.try_clone().map_err(|source| CgroupError::File {
                action: "opening",
                path: self.file(2, "cpuacct.usage"),
                source,
            }),
            None => open(&self.run_folder().join("cpu.stat")).map(File::from),
        }
    }

    /// Reads what the run has counted so far. The CPU time is the clock's own, from no particular zero.
    ///
    /// # Errors
    /// When a file can't be read or holds something unexpected.
    pub fn counts(&self) -> Result<Counts, CgroupError> {
        let counts = match &self.v1 {
            Some(files) => {
                let text = |file: &File, folder, name| {
                    read_again(file).map_err(|source| CgroupError::File {
                        action: "reading",
                        path: self.file(folder, name),
                        source,
                    })
                };
                let content = |folder, name: &'static str, text: &str| CgroupError::Content {
                    path: self.file(folder, name),
                    content: text.to_owned(),
                };
                let number = |file: &File, folder, name: &'static str, key: &str| {
                    let text = text(file, folder, name)?;
                    find_number(&text, key).ok_or_else(|| content(folder, name, &text))
                };
                let cpu = text(&files.cpu, 2, "cpuacct.usage")?;
                Counts {
                    cpu: parse_cpu(&cpu).ok_or_else(|| content(2, "cpuacct.usage", &cpu))?,
                    peak_memory_bytes: number(&files.peak, 0, "memory.max_usage_in_bytes", "")?,
                    memory_kills: number(&files.kills, 0, "memory.oom_control", "oom_kill")?,
                    refused_forks: number(&files.forks, 3, "pids.events", "max")?,
                }
            }
            None => self.counts_v2()?,
        };
        let most = self.ended_at.unwrap_or(u64::MAX);
        Ok(Counts {
            peak_memory_bytes: counts.peak_memory_bytes.min(most),
            memory_kills: counts.memory_kills - self.before.memory_kills.min(counts.memory_kills),
            refused_forks: counts.refused_forks
                - self.before.refused_forks.min(counts.refused_forks),
            ..counts
        })
    }

    fn counts_v2(&self) -> Result<Counts, CgroupError> {
        let folder = self.run_folder();
        let number = |name: &str, key: &str| -> Result<u64, CgroupError> {
            let path = folder.join(name);
            let content = read(&path)?;
            find_number(&content, key).ok_or(CgroupError::Content { path, content })
        };
        Ok(Counts {
            cpu: Duration::from_micros(number("cpu.stat", "usage_usec")?),
            peak_memory_bytes: number("memory.peak", "")?,
            memory_kills: number("memory.events", "oom_kill")?,
            refused_forks: number("pids.events", "max")?,
        })
    }

    /// The processes in the run's group, which on v1 has the slot's own as well; none when that can't be read.
    pub fn processes(&self) -> Vec<Pid> {
        let path = match self.parent.mode {
            Mode::V1 { .. } => self.file(3, "cgroup.procs"),
            Mode::V2 { .. } => self.run_folder().join("cgroup.procs"),
        };
        let text = fs::read_to_string(path).unwrap_or_default();
        let numbers = text.lines().filter_map(|line| line.parse().ok());
        numbers.map(Pid::from_raw).collect()
    }

    /// Kills every process of the run, on v2. On v1 the slot's own processes are in the same group; there
    /// the death of the sandbox's first process, which the caller has killed, is the death of all.
    ///
    /// A killed process that needs memory to die, in a group that has none left and whose turn to run is over, tries
    /// for seconds. So the group gets some of both.
    pub fn kill_run(&mut self) {
        // What fails below fails for a group that is gone already, which is as good.
        if let Mode::V2 { .. } = self.parent.mode
            && layers::stands(Layer::RunKill)
        {
            let _ = write(&self.run_folder().join("cgroup.kill"), "1");
        }
        // Only the first time.
        let Some(limits) = self.limits.take() else {
            return;
        };
        self.ended_at = Some(limits.memory_bytes);
        let most = (limits.memory_bytes + DYING_BYTES).to_string();
        match self.parent.mode {
            Mode::V1 { .. } => {
                let _ = write(&self.file(0, "memory.memsw.limit_in_bytes"), &most);
                let _ = write(&self.file(0, "memory.limit_in_bytes"), &most);
                let _ = write(&self.file(1, "cpu.cfs_quota_us"), "-1");
            }
            Mode::V2 { .. } => {
                let _ = write(&self.run_folder().join("memory.max"), &most);
                let _ = write(&self.run_folder().join("cpu.max"), "max");
            }
        }
    }

    /// Ends a run: on v2 its group is removed, with whatever is in it and what the kernel counted. On v1 the group
    /// stays; returns whether it is as the next run must find it: not when a process of this one is still in it, and
    /// not when files that this one read are still counted.
    ///
    /// # Errors
    /// When it is still in use after some time.
    pub fn end(&self) -> Result<bool, CgroupError> {
        match &self.v1 {
            Some(files) => {
                Ok(self.is_alone(files)? && self.stale_cache(files)? <= STALE_CACHE_BYTES)
            }
            None => remove_folder(&self.run_folder(), Instant::now()).map(|()| true),
        }
    }

    /// Whether no process but the slot's own is in the group. The death of the sandbox's first process has killed all
    /// others; this is the second look. That process itself can be on its way out for some microseconds.
    fn is_alone(&self, files: &V1Files) -> Result<bool, CgroupError> {
        for _ in 0..LOOKS {
            let text = read_again(&files.tasks).map_err(|source| CgroupError::File {
                action: "reading",
                path: self.file(3, "pids.current"),
                source,
            })?;
            match find_number(&text, "") {
                Some(count) if count < u64::from(OWN_PROCESSES) => return Ok(true),
                Some(_) => std::thread::yield_now(),
                None => {
                    return Err(CgroupError::Content {
                        path: self.file(3, "pids.current"),
                        content: text,
                    });
                }
            }
        }
        tracing::error!(
            slot = self.id,
            "a process outlived its sandbox; the slot is closed"
        );
        Ok(false)
    }

    /// What is counted of files that runs read or looked for, if it can be much.
    fn stale_cache(&self, files: &V1Files) -> Result<u64, CgroupError> {
        let usage = "memory.usage_in_bytes";
        let text = read_again(&files.usage).map_err(|source| CgroupError::File {
            action: "reading",
            path: self.file(0, usage),
            source,
        })?;
        let in_use = find_number(&text, "").ok_or_else(|| CgroupError::Content {
            path: self.file(0, usage),
            content: text,
        })?;
        if in_use < OWN_BYTES + STALE_CACHE_BYTES {
            return Ok(0);
        }
        let path = self.file(0, "memory.stat");
        let content = read(&path)?;
        let of = |key| find_number(&content, key);
        // Names and files that the kernel remembers; a kernel that counts none has no such file.
        let kernel = fs::read_to_string(self.file(0, "memory.kmem.usage_in_bytes"));
        let kernel = kernel.map_or(0, |text| find_number(&text, "").unwrap_or(0));
        match (of("cache"), of("shmem")) {
            // A sandbox's own files go by themselves, with their file system.
            (Some(cache), Some(scratch)) => Ok(cache.saturating_sub(scratch) + kernel),
            _ => Err(CgroupError::Content { path, content }),
        }
    }

    fn own_processes(&self) -> u32 {
        match self.parent.mode {
            Mode::V1 { .. } => OWN_PROCESSES,
            // They are elsewhere.
            Mode::V2 { .. } => 0,
        }
    }

    /// Relative to the hierarchy's mount point, as the library wants it.
    fn name(&self, inner: &str) -> String {
        format!("{}/{}", self.parent.name, self.below(inner))
            .trim_end_matches('/')
            .to_owned()
    }

    /// Relative to the parent.
    fn below(&self, inner: &str) -> String {
        format!("{SLOT_PREFIX}{}/{inner}", self.id)
    }

    fn run_folder(&self) -> PathBuf {
        self.parent.folders(&self.below(RUN)).swap_remove(0)
    }

    fn file(&self, folder: usize, file: &str) -> PathBuf {
        self.parent
            .folders(&self.below(""))
            .swap_remove(folder)
            .join(file)
    }

    fn open_v1(&self, folder: usize, file: &str) -> Result<File, CgroupError> {
        let path = self.file(folder, file);
        let writable = file == "memory.max_usage_in_bytes";
        OpenOptions::new()
            .read(true)
            .write(writable)
            .open(&path)
            .map_err(|source| CgroupError::File {
                action: "opening",
                path,
                source,
            })
    }
}

impl Drop for SlotGroup {
    fn drop(&mut self) {
        if let Err(error) = self.parent.remove_slot(&self.id) {
            tracing::warn!(slot = self.id, %error, "a control group was left behind");
        }
    }
}

fn open(path: &Path) -> Result<OwnedFd, CgroupError> {
    File::open(path)
        .map(OwnedFd::from)
        .map_err(|source| CgroupError::File {
            action: "opening",
            path: path.to_owned(),
            source,
        })
}

fn read(path: &Path) -> Result<String, CgroupError> {
    fs::read_to_string(path).map_err(|source| CgroupError::File {
        action: "reading",
        path: path.to_owned(),
        source,
    })
}

fn write(path: &Path, content: &str) -> Result<(), CgroupError> {
    OpenOptions::new()
        .write(true)
        .open(path)
        .and_then(|mut file| file.write_all(content.as_bytes()))
        .map_err(|source| CgroupError::File {
            action: "writing",
            path: path.to_owned(),
            source,
        })
}

/// Reads a file of the kernel's from its beginning, again.
fn read_again(file: &File) -> io::Result<String> {
    let mut buffer = [0; 512];
    let length = file.read_at(&mut buffer, 0)?;
    Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
}

/// The slot's own processes count where they are in the same group.
fn task_limit(limits: &KernelLimits, own: u32) -> i64 {
    i64::from(limits.processes) + i64::from(own)
}

/// CPU time in each [`CPU_PERIOD`], in microseconds.
fn cpu_quota(limits: &KernelLimits) -> i64 {
    let period = i64::try_from(CPU_PERIOD.as_micros()).expect("a short time in microseconds fits");
    i64::from(limits.cpu_millicores) * period / 1000
}

fn apply(
    group: &Group,
    limits: &KernelLimits,
    own: u32,
) -> Result<(), cgroups_rs::fs::error::Error> {
    let bytes = i64::try_from(limits.memory_bytes).unwrap_or(i64::MAX);
    let period = u64::try_from(CPU_PERIOD.as_micros()).expect("a short time in microseconds fits");
    if let Some(memory) = group.controller_of::<MemController>() {
        memory.set_limit(bytes)?;
    }
    if let Some(cpu) = group.controller_of::<CpuController>() {
        cpu.set_cfs_quota_and_period(Some(cpu_quota(limits)), Some(period))?;
    }
    if let Some(pids) = group.controller_of::<PidController>() {
        pids.set_pid_max(MaxValue::Value(task_limit(limits, own)))?;
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
