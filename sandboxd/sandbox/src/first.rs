//! A sandbox's first process: pid 1 of its pid namespace. Mounts what the sandbox has for itself, hands the
//! namespaces out, gives up everything and waits to be killed, and the kernel kills whatever else lives
//! in the sandbox with it.
//!
//! It is root in the slot's user namespace and nobody outside. Orphans of the program become its children; it
//! ignores their deaths, so that the kernel collects them. The job is no child of it, and can neither see
//! into it nor stop it.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};

use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::Signal;
use sandboxd_sys::process::exit_now;

use crate::child::{self, Step, StepError};
use crate::mounts::{self, Scratch};
use crate::restrict;
use crate::syscalls::Policy;

/// Namespaces that a job joins, in the order in which they are handed out.
pub const JOINED: [&str; 5] = ["pid", "mnt", "ipc", "uts", "cgroup"];
/// First byte of the message that brings them.
pub const INSIDE_READY: u8 = b'r';

/// Runs in the new process and never returns. `keeper` is where the namespaces go.
pub fn run(scratch: Scratch, policy: &Policy, keeper: &OwnedFd) -> ! {
    let waiting = prepare(scratch, keeper).and_then(|()| {
        policy
            .bind_reaper()
            .map_err(std::io::Error::other)
            .step("installing the reaper's filter")
    });
    if let Err(error) = waiting {
        child::report_failed(keeper.as_fd(), &error);
        exit_now(1);
    }
    loop {
        nix::unistd::pause();
    }
}

fn prepare(scratch: Scratch, keeper: &OwnedFd) -> Result<(), StepError> {
    // The keeper's life is in the pid namespace around this one; this only comes sooner.
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).step("binding its life to the keeper")?;
    unshare(CloneFlags::CLONE_NEWCGROUP).step("hiding the control group's path")?;
    mounts::mount_own(scratch)?;
    let mut descriptors = Vec::new();
    for name in JOINED {
        let namespace = File::open(format!("/proc/self/ns/{name}")).step("opening a namespace")?;
        descriptors.push(OwnedFd::from(namespace));
    }
    descriptors.extend(restrict::landlock_rules()?);
    restrict::drop_capabilities()?;
    nix::sys::prctl::set_dumpable(false).step("becoming not dumpable")?;
    let borrowed: Vec<_> = descriptors.iter().map(AsFd::as_fd).collect();
    sandboxd_sys::socket::send(keeper.as_fd(), &[INSIDE_READY], &borrowed)
        .step("handing out the namespaces")?;
    drop(descriptors);
    // Closed by hand: what follows allows no such call, and nothing of it may stay open.
    sandboxd_sys::descriptors::close_from(0).step("closing all descriptors")
}
