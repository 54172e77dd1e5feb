//! The layers of a sandbox, by name. All of them stand, always; only a build with the feature
//! `removable-layers`, which is for tests, can take some out, so that the attacks show what each is good for.
//! Such a build reads the names from [`VARIABLE`] and says aloud at its start what is missing.
//!
//! What the user namespace, the slot's mount namespace and the launcher's own stage do can't be taken out: all
//! the rest is built in them.

use std::ffi::CString;
use std::path::PathBuf;

use nix::sched::CloneFlags;
use nix::sys::signal::Signal;

use crate::child::{Step, StepError};
use crate::limits::KernelLimits;

/// One thing that stands between a program and what it must not reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is described in ALL")]
pub enum Layer {
    LauncherNamespaces,
    PidNamespace,
    MountNamespace,
    NetNamespace,
    IpcNamespace,
    UtsNamespace,
    CgroupNamespace,
    NamespaceLimits,
    OwnIds,
    UidDrop,
    Capabilities,
    BoundingSet,
    NoNewPrivs,
    NotDumpable,
    SessionKeyring,
    DetachedRoot,
    ReadOnlyRoot,
    MountFlags,
    ScratchLimits,
    ProcHiding,
    MinimalDev,
    OwnDev,
    Seccomp,
    JobFilter,
    ReaperFilter,
    Landlock,
    MemoryLimit,
    PidsLimit,
    CpuShare,
    RunKill,
    ResourceLimits,
    CloseDescriptors,
    Environment,
    ExactWait,
    ParentDeath,
    WallTime,
    CpuTime,
    OutputCap,
    OpenBeneath,
    CollectorFilter,
    StartChecks,
}

/// Every layer: its name, and what it is.
pub const ALL: [(Layer, &str, &str); 41] = [
    (
        Layer::LauncherNamespaces,
        "launcher-namespaces",
        "the launcher has left the host's network, ipc objects and host name",
    ),
    (
        Layer::PidNamespace,
        "pid-namespace",
        "each sandbox has a pid namespace of its own",
    ),
    (
        Layer::MountNamespace,
        "mount-namespace",
        "each sandbox has a mount namespace of its own, inside its slot's",
    ),
    (
        Layer::NetNamespace,
        "net-namespace",
        "each slot has an empty network namespace",
    ),
    (
        Layer::IpcNamespace,
        "ipc-namespace",
        "each slot and each sandbox has an ipc namespace of its own",
    ),
    (
        Layer::UtsNamespace,
        "uts-namespace",
        "each slot and each sandbox has a host name of its own",
    ),
    (
        Layer::CgroupNamespace,
        "cgroup-namespace",
        "the control group's path is hidden",
    ),
    (
        Layer::NamespaceLimits,
        "namespace-limits",
        "the slot's user namespace allows no further user, net and time namespace",
    ),
    (
        Layer::OwnIds,
        "own-ids",
        "each slot has host ids of its own; without it all have the same",
    ),
    (
        Layer::UidDrop,
        "uid-drop",
        "the program is not root, not even of its slot",
    ),
    (
        Layer::Capabilities,
        "capabilities",
        "the program's capability sets are empty",
    ),
    (
        Layer::BoundingSet,
        "bounding-set",
        "the bounding set is empty and the securebits are locked",
    ),
    (
        Layer::NoNewPrivs,
        "no-new-privs",
        "no_new_privs; the last filter and Landlock, which the kernel takes only with it, go too",
    ),
    (
        Layer::NotDumpable,
        "not-dumpable",
        "keeper and zygote can't be looked into",
    ),
    (
        Layer::SessionKeyring,
        "session-keyring",
        "the session keyring is a new one",
    ),
    (
        Layer::DetachedRoot,
        "detached-root",
        "the old root is detached after pivot_root; without it, it stays mounted under /tmp",
    ),
    (
        Layer::ReadOnlyRoot,
        "read-only-root",
        "the root can't be written; without it, it has a writable layer",
    ),
    (
        Layer::MountFlags,
        "mount-flags",
        "nosuid, nodev, noexec, nosymfollow",
    ),
    (
        Layer::ScratchLimits,
        "scratch-limits",
        "the tmpfs has limits of bytes and inodes",
    ),
    (
        Layer::ProcHiding,
        "proc-hiding",
        "/proc with hidepid=invisible and subset=pid",
    ),
    (
        Layer::MinimalDev,
        "minimal-dev",
        "five devices; without it kmsg, fuse, tun and loop-control too",
    ),
    (
        Layer::OwnDev,
        "own-dev",
        "each slot has device nodes of its own",
    ),
    (
        Layer::Seccomp,
        "seccomp",
        "all system-call filters of a program",
    ),
    (
        Layer::JobFilter,
        "job-filter",
        "the last filter, which takes away what only a zygote needs",
    ),
    (
        Layer::ReaperFilter,
        "reaper-filter",
        "the filter of a sandbox's first process",
    ),
    (Layer::Landlock, "landlock", "Landlock's rules"),
    (
        Layer::MemoryLimit,
        "memory-limit",
        "the control group's memory; without it 1 GiB",
    ),
    (
        Layer::PidsLimit,
        "pids-limit",
        "the control group's number of processes; without it 2000",
    ),
    (
        Layer::CpuShare,
        "cpu-share",
        "the control group's share of the processors",
    ),
    (
        Layer::RunKill,
        "run-kill",
        "the control group is killed as a whole, on v2",
    ),
    (Layer::ResourceLimits, "resource-limits", "setrlimit(2)"),
    (
        Layer::CloseDescriptors,
        "close-descriptors",
        "all descriptors but the agreed ones are closed",
    ),
    (
        Layer::Environment,
        "environment",
        "the environment holds what is agreed and nothing else",
    ),
    (
        Layer::ExactWait,
        "exact-wait",
        "the zygote waits for this job, not for any child",
    ),
    (
        Layer::ParentDeath,
        "parent-death",
        "what is inside dies with the launcher by the parent-death signal",
    ),
    (
        Layer::WallTime,
        "wall-time",
        "the limit of wall-clock time; without it 20 seconds",
    ),
    (
        Layer::CpuTime,
        "cpu-time",
        "the limit of CPU time, read from the control group",
    ),
    (
        Layer::OutputCap,
        "output-cap",
        "the limit of output; without it 32 MiB",
    ),
    (
        Layer::OpenBeneath,
        "open-beneath",
        "files are collected by openat2 beneath the working directory",
    ),
    (
        Layer::CollectorFilter,
        "collector-filter",
        "the collector's filter and Landlock rules",
    ),
    (
        Layer::StartChecks,
        "start-checks",
        "sandboxd tries at its start whether its sandbox holds",
    ),
];

/// Names the layers to take out, with commas between them.
#[cfg(feature = "removable-layers")]
pub const VARIABLE: &str = "SANDBOXD_WITHOUT_LAYERS";

/// Whether a layer stands.
#[cfg(not(feature = "removable-layers"))]
#[inline]
pub const fn stands(_layer: Layer) -> bool {
    true
}

/// Whether a layer stands.
#[cfg(feature = "removable-layers")]
pub fn stands(layer: Layer) -> bool {
    !removed::layers().contains(&layer)
}

/// The ones of these flags whose layer stands, out of `flags`.
pub(crate) fn namespaces(flags: CloneFlags, layers: &[(Layer, CloneFlags)]) -> CloneFlags {
    let missing = |(layer, flag): &(Layer, CloneFlags)| (!stands(*layer)).then_some(*flag);
    flags.difference(layers.iter().filter_map(missing).collect())
}

/// Binds this process's life to its parent's.
pub(crate) fn die_with_parent(step: &'static str) -> Result<(), StepError> {
    if stands(Layer::ParentDeath) {
        nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).step(step)?;
    }
    Ok(())
}

/// The limits without those that are taken out.
pub fn remaining(mut limits: KernelLimits) -> KernelLimits {
    if !stands(Layer::MemoryLimit) {
        limits.memory_bytes = 1 << 30;
    }
    if !stands(Layer::PidsLimit) {
        limits.processes = 2000;
    }
    if !stands(Layer::CpuShare) {
        limits.cpu_millicores = 64_000;
    }
    limits
}

/// What a template's environment has of the launcher's: nothing, where the layer stands.
pub(crate) fn inherited_environment() -> impl Iterator<Item = CString> {
    let inherited = (!stands(Layer::Environment)).then(std::env::vars);
    let text = |(name, value): (String, String)| CString::new(format!("{name}={value}")).ok();
    inherited.into_iter().flatten().filter_map(text)
}

/// Files of the runner, relative to the root file system, as they are without the layers that are taken out.
/// They lie above the root file system's own; none, in a build where every layer stands.
pub(crate) fn changed_runner(rootfs: &std::path::Path) -> std::io::Result<Vec<(PathBuf, String)>> {
    #[cfg(feature = "removable-layers")]
    return removed::runner(rootfs);
    #[cfg(not(feature = "removable-layers"))]
    {
        let _ = rootfs;
        Ok(Vec::new())
    }
}

#[cfg(feature = "removable-layers")]
mod removed {
    use std::collections::BTreeMap;
    use std::io;
    use std::path::{Path, PathBuf};
    use std::sync::OnceLock;

    use super::{ALL, Layer, VARIABLE};

    const ZYGOTE: &str = "usr/lib/coderunner/zygote.py";
    const RUNNER: &str = "usr/lib/coderunner/runner.py";

    /// A change of a file of the runner: a piece of its text, and what stands there without the layer.
    struct Change(Layer, &'static str, &'static str, &'static str);

    const JOIN: &str = "checked(\"joining a slot's namespace\"";
    const LAST_FILTER: &str =
        "yield call(numbers.prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, address), ";
    /// A step that does nothing: the working directory is there already, or is entered later.
    const NOTHING: &str = "yield call(numbers.chdir, self.text(b\".\")), ";

    const CHANGES: [Change; 17] = [
        Change(
            Layer::NetNamespace,
            ZYGOTE,
            JOIN,
            "kind == CLONE_NEWNET or checked(\"joining a slot's namespace\"",
        ),
        Change(
            Layer::IpcNamespace,
            ZYGOTE,
            JOIN,
            "kind == CLONE_NEWIPC or checked(\"joining a slot's namespace\"",
        ),
        Change(
            Layer::IpcNamespace,
            ZYGOTE,
            "yield call(numbers.setns, IPC, CLONE_NEWIPC), ",
            NOTHING,
        ),
        Change(
            Layer::UtsNamespace,
            ZYGOTE,
            JOIN,
            "kind == CLONE_NEWUTS or checked(\"joining a slot's namespace\"",
        ),
        Change(
            Layer::UtsNamespace,
            ZYGOTE,
            "yield call(numbers.setns, NAMES, CLONE_NEWUTS), ",
            NOTHING,
        ),
        Change(
            Layer::CgroupNamespace,
            ZYGOTE,
            JOIN,
            "kind == CLONE_NEWCGROUP or checked(\"joining a slot's namespace\"",
        ),
        Change(
            Layer::CgroupNamespace,
            ZYGOTE,
            "yield call(numbers.unshare, CLONE_NEWCGROUP), ",
            NOTHING,
        ),
        Change(
            Layer::UidDrop,
            ZYGOTE,
            "job = (JOB_USER, JOB_USER, JOB_USER)",
            "job = (0, 0, 0)",
        ),
        Change(
            Layer::Capabilities,
            ZYGOTE,
            "yield call(numbers.capset, ctypes.addressof(header), self.memory(24)), ",
            NOTHING,
        ),
        Change(
            Layer::BoundingSet,
            ZYGOTE,
            "checked(\"locking the securebits\"",
            "False and checked(\"\"",
        ),
        Change(
            Layer::BoundingSet,
            ZYGOTE,
            "while system_call(*call(numbers.prctl, PR_CAPBSET_READ, capability)) >= 0:",
            "while False:",
        ),
        Change(
            Layer::NotDumpable,
            ZYGOTE,
            "numbers.prctl, PR_SET_DUMPABLE, 0)",
            "numbers.prctl, PR_SET_DUMPABLE, 1)",
        ),
        Change(
            Layer::CloseDescriptors,
            ZYGOTE,
            "yield call(numbers.close_range, next_one, ALL)",
            "yield call(numbers.close_range, next_one, next_one)",
        ),
        Change(
            Layer::ExactWait,
            ZYGOTE,
            "call(numbers.waitid, P_PID, 0,",
            "call(numbers.waitid, 0, 0,",
        ),
        Change(Layer::NoNewPrivs, ZYGOTE, LAST_FILTER, NOTHING),
        Change(Layer::JobFilter, ZYGOTE, LAST_FILTER, NOTHING),
        Change(Layer::Seccomp, ZYGOTE, LAST_FILTER, NOTHING),
    ];
    const RUNNERS: Change = Change(
        Layer::ResourceLimits,
        RUNNER,
        "resource.setrlimit(kind, (most, most))",
        "pass",
    );

    pub(super) fn layers() -> &'static [Layer] {
        static LAYERS: OnceLock<Vec<Layer>> = OnceLock::new();
        LAYERS.get_or_init(|| {
            let names = std::env::var(VARIABLE).unwrap_or_default();
            let names = names.split(',').filter(|name| !name.is_empty());
            let find = |name: &str| ALL.iter().find(|(_, known, _)| *known == name);
            names
                .map(|name| {
                    find(name)
                        .unwrap_or_else(|| panic!("{VARIABLE}: there is no layer {name:?}"))
                        .0
                })
                .collect()
        })
    }

    pub(super) fn runner(rootfs: &Path) -> io::Result<Vec<(PathBuf, String)>> {
        let mut files: BTreeMap<&str, String> = BTreeMap::new();
        for Change(layer, file, there, instead) in CHANGES.iter().chain([&RUNNERS]) {
            if super::stands(*layer) {
                continue;
            }
            let text = match files.remove(file) {
                Some(text) => text,
                None => std::fs::read_to_string(rootfs.join(file))?,
            };
            // Two layers can be in the same piece of text.
            if !text.contains(there) && *there != LAST_FILTER {
                return Err(io::Error::other(format!("{file} has no text {there:?}")));
            }
            files.insert(file, text.replace(there, instead));
        }
        Ok(files
            .into_iter()
            .map(|(file, text)| (PathBuf::from(file), text))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layer_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = ALL.iter().map(|(_, name, _)| name).collect();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    #[cfg(not(feature = "removable-layers"))]
    fn all_stand_in_the_product() {
        assert!(ALL.iter().all(|(layer, ..)| stands(*layer)));
    }
}
