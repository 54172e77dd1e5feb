//! The sandbox's first process: builds the inside, starts the job, then only waits.
//!
//! It is pid 1 of the sandbox, root there and nobody outside, with all capabilities gone once the job
//! is started. When the job's main process ends it reports how and exits, and the kernel kills
//! whatever else lives in the pid namespace. It dies with the launcher (parent-death signal).

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Pid, Uid, setgroups, setresgid, setresuid, setsid};
use sandboxd_sys::clone::{Cloned, SingleThreaded, clone3};
use sandboxd_sys::process::{Ended, collect, collect_by_id, exit_now, wait_for_any};

use crate::child::{self, Step, StepError};
use crate::job::{self, JobEnds};
use crate::limits::KernelLimits;
use crate::mounts;
use crate::restrict;
use crate::stage::Stage;
use crate::syscalls::Policy;

/// Namespaces that the sandbox can have no more of, one level down: a second line behind the
/// system-call filters.
const NESTED: [&str; 8] = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"];

/// What the first process needs to know and to hold.
#[derive(Debug)]
pub struct Inside<'a> {
    /// Where everything is mounted from.
    pub stage: &'a Stage,
    /// The system-call policy.
    pub policy: &'a Policy,
    /// The kernel's part of the limits.
    pub limits: &'a KernelLimits,
    /// Which /dev.
    pub slot: u32,
    /// Host name inside.
    pub host_name: &'a str,
}

/// Pipes between the launcher and the first process.
#[derive(Debug)]
pub struct Strings {
    /// One byte comes when ids and groups are set; it hangs up when the launcher is gone.
    pub go: OwnedFd,
    /// Where the end is reported.
    pub report: OwnedFd,
}

/// Runs in the new process and never returns.
pub fn run(proof: &SingleThreaded, inside: &Inside<'_>, strings: Strings, ends: JobEnds) -> ! {
    let Strings { go, report } = strings;
    let kept = [
        &go,
        &report,
        &ends.stdin,
        &ends.stdout,
        &ends.stderr,
        &ends.control,
        &ends.result,
    ];
    let started = keep_only(&kept)
        .and_then(|()| prepare(inside, go.as_fd()))
        .and_then(|()| start_job(proof, inside, &report, ends));
    // Not dropped before the process ends: closing descriptors is nothing that the reaper's filter allows.
    let waiting = started.and_then(|job| retire(inside).map(|()| job));
    let code = match &waiting {
        Ok(job) => reap(job, report.as_fd()),
        Err(error) => {
            child::report_failed(report.as_fd(), error);
            1
        }
    };
    exit_now(code)
}

/// Everything up to the point where only the job is missing.
fn prepare(inside: &Inside<'_>, go: BorrowedFd<'_>) -> Result<(), StepError> {
    sandboxd_sys::process::reset_signals();
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).step("binding its life to the launcher")?;
    wait_for_go(go)?;
    match sandboxd_sys::process::join_new_session_keyring() {
        Err(error) if error.raw_os_error() != Some(libc::ENOSYS) => {
            return Err(error).step("leaving the session keyring");
        }
        _ => {}
    }
    // On a host out of memory, sandboxes go first. Not possible any more after the change of user.
    fs::write("/proc/self/oom_score_adj", "1000").step("offering itself to the memory killer")?;
    setsid().step("starting a session")?;
    setgroups(&[]).step("leaving supplementary groups")?;
    let (uid, gid) = (Uid::from_raw(0), Gid::from_raw(0));
    setresgid(gid, gid, gid).step("becoming the sandbox's root group")?;
    setresuid(uid, uid, uid).step("becoming the sandbox's root")?;
    // Changing user cleared it.
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).step("binding its life to the launcher")?;
    launcher_lives(go)?;
    // Only now is it in its control group, which becomes the root of what it sees.
    unshare(CloneFlags::CLONE_NEWCGROUP).step("hiding the control group's path")?;
    forbid_nested_namespaces()?;
    nix::unistd::sethostname(inside.host_name).step("setting the host name")?;
    mounts::enter_root(inside.stage, inside.slot, inside.limits)?;
    restrict::lock_capabilities()
}

fn wait_for_go(go: BorrowedFd<'_>) -> Result<(), StepError> {
    let mut byte = [0];
    match nix::unistd::read(go, &mut byte).step("waiting for the launcher")? {
        1 => Ok(()),
        _ => Err(io::Error::from(Errno::ECANCELED)).step("waiting for the launcher"),
    }
}

/// The launcher keeps its end of the pipe for as long as the sandbox lives.
fn launcher_lives(go: BorrowedFd<'_>) -> Result<(), StepError> {
    let mut entries = [PollFd::new(go, PollFlags::POLLIN)];
    poll(&mut entries, PollTimeout::ZERO).step("looking for the launcher")?;
    match entries[0].revents() {
        Some(events) if events.contains(PollFlags::POLLHUP) => {
            Err(io::Error::from(Errno::ECANCELED)).step("looking for the launcher")
        }
        _ => Ok(()),
    }
}

/// Sets the limits of this user namespace to zero; the host's /proc is still in sight.
fn forbid_nested_namespaces() -> Result<(), StepError> {
    for kind in NESTED {
        match fs::write(format!("/proc/sys/user/max_{kind}_namespaces"), "0") {
            // A kernel without this kind of namespace has no such file.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other.step("forbidding nested namespaces")?,
        }
    }
    Ok(())
}

fn start_job(
    proof: &SingleThreaded,
    inside: &Inside<'_>,
    report: &OwnedFd,
    ends: JobEnds,
) -> Result<(Pid, OwnedFd), StepError> {
    match clone3(proof, CloneFlags::empty(), None).step("starting the job")? {
        Cloned::Parent { pid, pidfd } => Ok((pid, pidfd)),
        Cloned::Child => {
            let report = match report.try_clone() {
                Ok(report) => report,
                Err(_) => exit_now(1),
            };
            job::run(ends, report, inside.limits, inside.policy);
            exit_now(1)
        }
    }
}

/// Gives up everything that waiting does not need.
fn retire(inside: &Inside<'_>) -> Result<(), StepError> {
    restrict::drop_capabilities()?;
    nix::sys::prctl::set_dumpable(false).step("becoming not dumpable")?;
    inside
        .policy
        .bind_reaper()
        .map_err(io::Error::other)
        .step("installing the reaper's filter")
}

/// Waits for exactly the job's main process; collects orphans on the way, which would count as
/// processes for ever.
fn reap((main, pidfd): &(Pid, OwnedFd), report: BorrowedFd<'_>) -> i32 {
    loop {
        match wait_for_any() {
            Ok(ended) if ended == *main => break,
            Ok(orphan) => {
                // Nobody else collects it, so this can't fail; the next round would show it again.
                let _ = collect_by_id(orphan);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return 1,
        }
    }
    match collect(pidfd.as_fd()) {
        Ok(Ended::Exited(code)) => child::report_exited(report, code),
        Ok(Ended::Signaled(signal)) => child::report_signaled(report, signal),
        Err(_) => return 1,
    }
    0
}

/// Closes everything that was copied from the launcher but what the sandbox needs: among the rest are
/// pipes of other sandboxes.
fn keep_only(kept: &[&OwnedFd]) -> Result<(), StepError> {
    let highest = kept
        .iter()
        .map(|descriptor| descriptor.as_raw_fd())
        .max()
        .unwrap_or(-1);
    for number in 0..highest {
        if !kept
            .iter()
            .any(|descriptor| descriptor.as_raw_fd() == number)
        {
            // Most are not open; EBADF is what we want to hear.
            let _ = nix::unistd::close(number);
        }
    }
    sandboxd_sys::descriptors::close_from(highest + 1).step("closing the launcher's descriptors")
}
