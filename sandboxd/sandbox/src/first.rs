//! A sandbox's first process: pid 1 of its pid namespace. Mounts what the sandbox has for itself, hands the
//! namespaces out, gives up everything and waits to be killed, and the kernel kills whatever else lives
//! in the sandbox with it.
//!
//! It shares the keeper's memory, so that it costs next to none, and runs no code of ours once the
//! sandbox is there. It is root in the slot's user namespace without any right, and nobody outside. Orphans of
//! the program become its children; it ignores their deaths, so that the kernel collects them. The
//! job is no child of it, and can neither see into it nor stop it.

use std::fs::File;
use std::os::fd::OwnedFd;

use crate::child::{Step, StepError};
use crate::layers;
use crate::mounts::{self, Scratch};
use crate::restrict;
use crate::syscalls::Policy;

/// Namespaces that a job joins, in the order in which they are handed out.
const JOINED: [&str; 4] = ["pid", "mnt", "ipc", "uts"];

/// What a job needs to enter.
#[derive(Debug)]
pub struct Entrance {
    /// The sandbox's namespaces: of processes, mounts, ipc objects and names.
    pub namespaces: Vec<OwnedFd>,
    /// Landlock's rules for its folders, where the kernel has Landlock.
    pub rules: Option<OwnedFd>,
}

/// Builds the sandbox around this process, in its new namespaces, and gives up all rights.
///
/// # Errors
/// The step that the kernel refused.
pub fn set_up(scratch: Scratch, policy: &Policy) -> Result<Entrance, StepError> {
    // The keeper's life is in the pid namespace around this one; this only comes sooner.
    layers::die_with_parent("binding its life to the keeper")?;
    mounts::mount_own(scratch)?;
    let mut namespaces = Vec::with_capacity(JOINED.len());
    for name in JOINED {
        let namespace = File::open(format!("/proc/self/ns/{name}")).step("opening a namespace")?;
        namespaces.push(OwnedFd::from(namespace));
    }
    let rules = restrict::landlock_rules()?;
    restrict::drop_capabilities()?;
    policy
        .bind_reaper()
        .map_err(std::io::Error::other)
        .step("installing the reaper's filter")?;
    Ok(Entrance { namespaces, rules })
}
