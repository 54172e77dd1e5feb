//! Taking rights away from this process, for ever: capabilities, resource limits, Landlock.

use std::io;
use std::os::fd::OwnedFd;

use caps::{CapSet, CapsHashSet};
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
    RulesetCreatedAttr, Scope, path_beneath_rules,
};
use nix::sys::resource::{Resource, setrlimit};

use crate::child::{Step, StepError};
use crate::layers::{Layer, stands};

/// Folders that a job may change.
const WRITABLE: [&str; 3] = ["/tmp", "/work", "/dev/shm"];
/// The folder of what a job may execute.
const PROGRAMS: &str = "/usr";
/// Devices that a job may write to.
const WRITABLE_DEVICES: [&str; 3] = ["/dev/null", "/dev/zero", "/dev/full"];

/// Makes uid 0 an ordinary user and empties the bounding set, for this process and all that come from
/// it. Capabilities that it has stay until [`drop_capabilities`].
///
/// # Errors
/// Without CAP_SETPCAP in the user namespace.
pub fn lock_capabilities() -> Result<(), StepError> {
    if !stands(Layer::BoundingSet) {
        return Ok(());
    }
    sandboxd_sys::process::set_securebits(sandboxd_sys::process::SECUREBITS_LOCKED)
        .step("locking the securebits")?;
    for capability in caps::runtime::thread_all_supported() {
        caps::drop(None, CapSet::Bounding, capability)
            .map_err(io::Error::other)
            .step("emptying the bounding set")?;
    }
    Ok(())
}

/// Empties all capability sets of this process.
///
/// # Errors
/// When the kernel refuses.
pub fn drop_capabilities() -> Result<(), StepError> {
    caps::clear(None, CapSet::Ambient)
        .map_err(io::Error::other)
        .step("emptying the ambient set")?;
    for set in [CapSet::Inheritable, CapSet::Effective, CapSet::Permitted] {
        caps::set(None, set, &CapsHashSet::new())
            .map_err(io::Error::other)
            .step("emptying the capability sets")?;
    }
    Ok(())
}

/// Sets no_new_privs: neither this process nor any that comes from it gains rights by what it executes.
///
/// # Errors
/// When the kernel refuses.
pub fn allow_no_new_privileges() -> Result<(), StepError> {
    if stands(Layer::NoNewPrivs) {
        nix::sys::prctl::set_no_new_privs().step("setting no_new_privs")?;
    }
    Ok(())
}

/// Leaves the session keyring that was inherited, where the kernel has keyrings.
///
/// # Errors
/// When the kernel refuses.
pub fn leave_session_keyring() -> Result<(), StepError> {
    if !stands(Layer::SessionKeyring) {
        return Ok(());
    }
    match sandboxd_sys::process::join_new_session_keyring() {
        Err(error) if error.raw_os_error() != Some(libc::ENOSYS) => {
            Err(error).step("leaving the session keyring")
        }
        _ => Ok(()),
    }
}

/// Limits of every process in the sandboxes that no run changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessLimits {
    /// Largest single file (RLIMIT_FSIZE), in bytes.
    pub file_bytes: u64,
    /// Open descriptors of one process (RLIMIT_NOFILE).
    pub open_files: u64,
}

/// Sets resource limits, soft and hard, for this process and all that come from it: setrlimit(2). CPU time
/// and the number of processes follow from each run and are set by the runner.
///
/// # Errors
/// When one is above what this process itself may have.
pub fn limit_resources(limits: ProcessLimits) -> Result<(), StepError> {
    if !stands(Layer::ResourceLimits) {
        return Ok(());
    }
    let stack = 8 << 20;
    let table = [
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_FSIZE, limits.file_bytes),
        (Resource::RLIMIT_NOFILE, limits.open_files),
        (Resource::RLIMIT_STACK, stack),
        (Resource::RLIMIT_MEMLOCK, 0),
        (Resource::RLIMIT_MSGQUEUE, 0),
        (Resource::RLIMIT_SIGPENDING, 128),
        (Resource::RLIMIT_LOCKS, 64),
        (Resource::RLIMIT_NICE, 0),
        (Resource::RLIMIT_RTPRIO, 0),
    ];
    for (resource, value) in table {
        setrlimit(resource, value, value).step("setting a resource limit")?;
    }
    Ok(())
}

/// Landlock as one more layer: read everything, execute only what the root has, change only the writable
/// folders, no TCP, no signals and no abstract sockets out of the sandbox. Has what the kernel has of it; `None`
/// where that is nothing. The rules hold for the folders that are mounted now; the job binds itself to them.
///
/// # Errors
/// When the kernel has Landlock and refuses.
pub fn landlock_rules() -> Result<Option<OwnedFd>, StepError> {
    if !stands(Layer::Landlock) {
        return Ok(None);
    }
    let abi = ABI::V6;
    let ruleset = || -> Result<Option<OwnedFd>, landlock::RulesetError> {
        let created = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(abi))?
            .handle_access(AccessNet::from_all(abi))?
            .scope(Scope::from_all(abi))?
            .create()?
            .add_rules(path_beneath_rules(
                ["/"],
                AccessFs::from_read(abi) & !AccessFs::Execute,
            ))?
            .add_rules(path_beneath_rules([PROGRAMS], AccessFs::Execute))?
            .add_rules(path_beneath_rules(
                WRITABLE,
                AccessFs::from_all(abi) & !AccessFs::Execute,
            ))?
            .add_rules(path_beneath_rules(
                WRITABLE_DEVICES,
                AccessFs::from_file(abi),
            ))?;
        Ok(created.into())
    };
    ruleset()
        .map_err(io::Error::other)
        .step("writing the Landlock rules")
}
