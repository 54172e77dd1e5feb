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

/// A stack for [`run_beside`]. One process at a time may live on it.
#[derive(Debug)]
pub struct Stack(Vec<u8>);

impl Stack {
    /// A new one, large enough for ordinary code.
    pub fn new() -> Self {
        Self(vec![0; 256 * 1024])
    }
}

impl Default for Stack {
    fn default() -> Self {
        Self::new()
    }
}

/// What the two sides of [`run_beside`] share.
struct Beside<F, T> {
    set_up: Option<F>,
    made: Option<T>,
    done: libc::c_int,
}

/// Runs `set_up` in a new process that shares this one's memory and descriptors, in new namespaces, and returns
/// what it made. After that the process only waits: it is there to be killed, and costs no memory of its own.
/// `set_up` must leave write(2) and pause(2) allowed there; it is the last code of ours that runs there.
///
/// This process waits meanwhile, so that the two never run at the same time. The kernel sees two processes:
/// what `set_up` changes of itself (user, capabilities, namespaces, filters) is not changed here. If one of
/// them is killed for memory, so is the other.
///
/// # Errors
/// As clone(2); [`io::ErrorKind::BrokenPipe`] when the process ended before `set_up` returned.
pub fn run_beside<T, F: FnOnce() -> T>(
    _proof: &SingleThreaded,
    stack: &mut Stack,
    namespaces: CloneFlags,
    set_up: F,
) -> io::Result<(OwnedFd, T)> {
    extern "C" fn enter<T, F: FnOnce() -> T>(shared: *mut libc::c_void) -> libc::c_int {
        // SAFETY: points at the `Beside` of the caller, which waits in poll(2) until we write below
        // and touches nothing of it before.
        let shared = unsafe { &mut *shared.cast::<Beside<F, T>>() };
        if let Some(set_up) = shared.set_up.take() {
            shared.made = Some(set_up());
        }
        let done = shared.done;
        let one = 1_u64;
        // SAFETY: writes eight bytes of ours to an eventfd. From here on nothing in memory is touched.
        unsafe {
            libc::write(done, (&raw const one).cast(), 8);
            loop {
                libc::pause();
            }
        }
    }

    // SAFETY: plain system call; the descriptor is owned below.
    let done = check(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) }.into())?;
    // SAFETY: the kernel has just opened it for us.
    let done =
        unsafe { OwnedFd::from_raw_fd(i32::try_from(done).expect("a descriptor fits an int")) };
    let mut shared = Beside {
        set_up: Some(set_up),
        made: None,
        done: done.as_raw_fd(),
    };
    let mut pidfd: libc::c_int = -1;
    let flags =
        namespaces.bits() | libc::CLONE_VM | libc::CLONE_FILES | libc::CLONE_PIDFD | libc::SIGCHLD;
    let top = stack.0.as_mut_ptr_range().end.map_addr(|end| end & !15);
    // SAFETY: the stack is ours alone, aligned, and lives as long as `stack`, which the caller keeps for as
    // long as the process lives; `shared` and `pidfd` outlive the wait below, during which the new process
    // is the only one that touches them. It shares our thread-local storage too, which is sound because
    // only one of the two runs at a time.
    let cloned = unsafe {
        libc::clone(
            enter::<T, F>,
            top.cast(),
            flags,
            (&raw mut shared).cast(),
            &raw mut pidfd,
        )
    };
    check(cloned.into())?;
    let watch = |fd| libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    let mut ends = [watch(done.as_raw_fd()), watch(pidfd)];
    // SAFETY: two entries of ours. Nothing else is touched until one of them is readable: the process is
    // through, or dead.
    while unsafe { libc::poll(ends.as_mut_ptr(), 2, -1) } == -1 {
        // Interrupted: the only error for valid entries.
    }
    // SAFETY: the kernel stored a new descriptor there (CLONE_PIDFD), owned by nobody else.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    let made = shared
        .made
        .ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe))?;
    Ok((pidfd, made))
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

    #[test]
    fn a_process_beside_us_that_ends_too_soon_is_an_error() {
        let proof = SingleThreaded(PhantomData);
        let ended: io::Result<(OwnedFd, ())> =
            run_beside(&proof, &mut Stack::new(), CloneFlags::empty(), || {
                crate::process::exit_now(3)
            });
        let error = ended.expect_err("it made nothing");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_process_beside_us_shares_memory_and_waits() {
        let mut made = 0;
        // The test runner has other threads, so the proof is made up; they don't touch what is used here.
        let proof = SingleThreaded(PhantomData);
        let mut stack = Stack::new();
        let (pidfd, answer) = run_beside(&proof, &mut stack, CloneFlags::empty(), || {
            made = 42;
            std::process::id()
        })
        .expect("no namespaces, no rights needed");
        assert_eq!(made, 42);
        assert_ne!(answer, std::process::id());
        crate::process::signal(
            std::os::fd::AsFd::as_fd(&pidfd),
            nix::sys::signal::Signal::SIGKILL,
        )
        .expect("it lives");
        let ended = crate::process::collect(std::os::fd::AsFd::as_fd(&pidfd));
        assert_eq!(
            ended.expect("a child of ours"),
            crate::process::Ended::Signaled(9)
        );
    }
}
