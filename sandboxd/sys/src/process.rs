//! This process's own attributes, signals by pidfd, and ending without clean-up.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::sys::signal::Signal;

use crate::check;

/// Securebits that make uid 0 an ordinary user for ever: no capabilities by being or becoming root,
/// none kept or lost by changes of uid, none ambient; all locked (capabilities(7)).
pub const SECUREBITS_LOCKED: libc::c_ulong = {
    const NOROOT: libc::c_ulong = 1 << 0;
    const NO_SETUID_FIXUP: libc::c_ulong = 1 << 2;
    const KEEP_CAPS_LOCKED: libc::c_ulong = 1 << 5;
    const NO_CAP_AMBIENT_RAISE: libc::c_ulong = 1 << 6;
    NOROOT
        | NOROOT << 1
        | NO_SETUID_FIXUP
        | NO_SETUID_FIXUP << 1
        | KEEP_CAPS_LOCKED
        | NO_CAP_AMBIENT_RAISE
        | NO_CAP_AMBIENT_RAISE << 1
};

/// Securebit by which changing the user leaves capabilities alone (capabilities(7)).
pub const SECUREBITS_KEEP_CAPABILITIES: libc::c_ulong = 1 << 2;

/// Sets the securebits: prctl(2) PR_SET_SECUREBITS. Needs CAP_SETPCAP in the user namespace.
///
/// # Errors
/// EPERM without the capability, or when a locked bit would change.
pub fn set_securebits(bits: libc::c_ulong) -> io::Result<()> {
    // SAFETY: takes an integer.
    check(unsafe { libc::prctl(libc::PR_SET_SECUREBITS, bits, 0, 0, 0) }.into())?;
    Ok(())
}

/// Sends a signal to the process that a pidfd refers to: pidfd_send_signal(2).
///
/// # Errors
/// ESRCH when it has ended and was waited for, EPERM without permission.
pub fn signal(pidfd: BorrowedFd<'_>, signal: Signal) -> io::Result<()> {
    // SAFETY: a null siginfo is allowed and means one made by the kernel.
    check(unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            signal as libc::c_int,
            std::ptr::null::<libc::siginfo_t>(),
            0,
        )
    })?;
    Ok(())
}

/// Leaves the session keyring that was inherited for a new, empty one: keyctl(2)
/// KEYCTL_JOIN_SESSION_KEYRING.
///
/// # Errors
/// ENOSYS on a kernel without keyrings; EDQUOT over the user's quota.
pub fn join_new_session_keyring() -> io::Result<()> {
    const KEYCTL_JOIN_SESSION_KEYRING: libc::c_int = 1;
    // SAFETY: a null name asks for an anonymous keyring.
    check(unsafe {
        libc::syscall(
            libc::SYS_keyctl,
            KEYCTL_JOIN_SESSION_KEYRING,
            std::ptr::null::<libc::c_char>(),
        )
    })?;
    Ok(())
}

/// Gives every signal its default action and unblocks all, as a program expects after execve(2).
pub fn reset_signals() {
    for number in 1..=libc::SIGRTMAX() {
        // SAFETY: SIG_DFL runs no code of ours; SIGKILL, SIGSTOP and the C library's own signals
        // are refused with EINVAL, which changes nothing.
        unsafe { libc::signal(number, libc::SIG_DFL) };
    }
    // SAFETY: an all-zero sigset_t is a valid empty set on Linux; sigemptyset then makes it one.
    unsafe {
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
}

/// Ignores a signal: signal(2) with SIG_IGN. An ignored SIGCHLD also lets the kernel collect dead children.
///
/// # Errors
/// EINVAL for a signal that can't be ignored.
pub fn ignore(signal: Signal) -> io::Result<()> {
    // SAFETY: SIG_IGN runs no code of ours.
    if unsafe { libc::signal(signal as libc::c_int, libc::SIG_IGN) } == libc::SIG_ERR {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Ends this process now: no destructors, no exit handlers (they belong to the process that this
/// one was copied from).
pub fn exit_now(code: i32) -> ! {
    // SAFETY: _exit never returns and runs no code of this process.
    unsafe { libc::_exit(code) }
}

/// The caller's umask, set to `mask`.
pub fn set_umask(mask: u32) {
    // SAFETY: takes an integer and can't fail.
    unsafe { libc::umask(mask) };
}

/// How a process ended, as the kernel tells it; any signal number, real-time ones included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It exited with this code.
    Exited(i32),
    /// This signal ended it.
    Signaled(i32),
}

/// Collects the child that `pidfd` refers to, which has ended or will: waitid(2). Blocks.
///
/// # Errors
/// ECHILD when it is no child of ours or was collected, EINTR.
pub fn collect(pidfd: BorrowedFd<'_>) -> io::Result<Ended> {
    let number = libc::id_t::try_from(pidfd.as_raw_fd()).map_err(io::Error::other)?;
    let info = wait(libc::P_PIDFD, number, libc::WEXITED)?;
    // SAFETY: as above; si_status is valid for SIGCHLD.
    let status = unsafe { info.si_status() };
    Ok(if info.si_code == libc::CLD_EXITED {
        Ended::Exited(status)
    } else {
        Ended::Signaled(status)
    })
}

fn wait(kind: libc::idtype_t, id: libc::id_t, options: libc::c_int) -> io::Result<libc::siginfo_t> {
    // SAFETY: siginfo_t is plain data, for which all zeros is a valid value.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: `info` is a siginfo_t of ours that outlives the call.
    check(unsafe { libc::waitid(kind, id, &raw mut info, options) }.into())?;
    Ok(info)
}

/// Installs a system-call filter without no_new_privs: seccomp(2). Needs CAP_SYS_ADMIN in the user namespace.
///
/// # Errors
/// EACCES without the capability, EINVAL for what is no filter.
#[cfg(feature = "removable-layers")]
pub fn install_filter(program: &[libc::sock_filter]) -> io::Result<()> {
    let program = libc::sock_fprog {
        len: u16::try_from(program.len()).map_err(io::Error::other)?,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: the kernel only reads the program, which outlives the call and has `len` instructions.
    check(unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            0,
            &raw const program,
        )
    })?;
    Ok(())
}

/// Version of the kernel's Landlock interface, 0 without Landlock: landlock_create_ruleset(2).
pub fn landlock_version() -> i64 {
    const LANDLOCK_CREATE_RULESET_VERSION: libc::c_uint = 1;
    // SAFETY: a null attribute of size 0 with this flag only asks for the version.
    unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<libc::c_void>(),
            0_usize,
            LANDLOCK_CREATE_RULESET_VERSION,
        )
    }
    .max(0)
}
