//! Making processes: clone3(2) with namespaces, a pidfd and, on cgroup v2, the target group.

use std::fs;
use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::sched::CloneFlags;

use crate::check;

const CLONE_PIDFD: u64 = libc::CLONE_PIDFD as u64;
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// Proof that this process has one thread, so that a copy of it finds no lock held by a thread
/// that does not exist there. Not `Send`: it stays with the thread that it speaks of.
#[derive(Debug)]
pub struct SingleThreaded(PhantomData<*const ()>);

impl SingleThreaded {
    /// Counts the threads of this process.
    ///
    /// # Errors
    /// When /proc can't be read, or when there is more than one thread.
    pub fn prove() -> io::Result<Self> {
        let threads = fs::read_dir("/proc/self/task")?.count();
        if threads == 1 {
            Ok(Self(PhantomData))
        } else {
            Err(io::Error::other(format!(
                "this process has {threads} threads, not one"
            )))
        }
    }
}

/// What [`clone3`] returned, once in each process.
#[derive(Debug)]
pub enum Cloned {
    /// In the caller: the child's process id and its pidfd.
    Parent {
        /// The child in the caller's pid namespace.
        pid: nix::unistd::Pid,
        /// Refers to exactly this child, even after its id is used again.
        pidfd: OwnedFd,
    },
    /// In the child.
    Child,
}

/// The kernel's `struct clone_args`, version 2 (88 bytes).
#[repr(C)]
#[derive(Default)]
struct CloneArgs {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
    cgroup: u64,
}

/// Copies this process into new namespaces, like fork(2): clone3(2). With `cgroup` (a descriptor of
/// a v2 group's folder) the child starts inside that group.
///
/// The C library's pthread_atfork handlers and its cached ids are skipped; the child must not start
/// threads before it executes another program.
///
/// # Errors
/// As clone3(2): EPERM without privilege, ENOSPC over a namespace limit, EAGAIN over a process limit.
pub fn clone3(
    _proof: &SingleThreaded,
    namespaces: CloneFlags,
    cgroup: Option<BorrowedFd<'_>>,
) -> io::Result<Cloned> {
    let mut pidfd: libc::c_int = -1;
    let mut args = CloneArgs {
        // CLONE_NEW* are bits of an int; CLONE_NEWTIME and others above bit 31 aren't used.
        flags: u64::from(namespaces.bits().cast_unsigned()) | CLONE_PIDFD,
        pidfd: (&raw mut pidfd) as u64,
        exit_signal: libc::SIGCHLD as u64,
        ..CloneArgs::default()
    };
    if let Some(cgroup) = cgroup {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = u64::try_from(cgroup.as_raw_fd()).expect("a descriptor is not negative");
    }
    // SAFETY: `args` is a complete clone_args of the size given and outlives the call; `pidfd`
    // points at a c_int of ours. Without CLONE_VM the child has its own copy of memory, so no Rust
    // reference is shared; one thread (see the proof) means no lock is left held in the copy.
    let pid =
        check(unsafe { libc::syscall(libc::SYS_clone3, &raw mut args, size_of::<CloneArgs>()) })?;
    if pid == 0 {
        return Ok(Cloned::Child);
    }
    // SAFETY: the kernel stored a new descriptor there (CLONE_PIDFD), owned by nobody else.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).expect("a pid fits an int"));
    Ok(Cloned::Parent { pid, pidfd })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_with_threads_gives_no_proof() {
        // The test runner itself has at least two.
        let other = std::thread::spawn(|| {
            SingleThreaded::prove()
                .map(|_| ())
                .map_err(|e| e.to_string())
        });
        let answer = other.join().expect("the thread ends");
        assert!(answer.is_err(), "{answer:?}");
    }
}
