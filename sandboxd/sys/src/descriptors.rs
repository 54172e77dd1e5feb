//! Descriptors: taking over inherited ones, putting them at agreed numbers, closing the rest.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use crate::check;

/// Takes over a descriptor that this process was started with.
///
/// # Errors
/// EBADF when there is no such descriptor.
pub fn inherited(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: F_GETFD on any number has no effect on memory.
    check(unsafe { libc::fcntl(number, libc::F_GETFD) }.into())?;
    // SAFETY: it is open (just asked), and inherited descriptors have no owner in this program; the
    // caller names each number once, at start.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Makes `source` available as descriptor `number`, kept open across execve(2): dup2(2). Whatever
/// was open at `number` is closed, so the caller must own none there.
///
/// # Errors
/// As dup2(2).
pub fn place(source: BorrowedFd<'_>, number: RawFd) -> io::Result<()> {
    if source.as_raw_fd() == number {
        // SAFETY: changes one flag of an open descriptor.
        check(unsafe { libc::fcntl(number, libc::F_SETFD, 0) }.into())?;
        return Ok(());
    }
    // SAFETY: dup2 touches no memory; the caller gives up what was at `number`.
    check(unsafe { libc::dup2(source.as_raw_fd(), number) }.into())?;
    Ok(())
}

/// Moves a descriptor to a number of at least `lowest`, closed on execve(2): fcntl(2) F_DUPFD_CLOEXEC.
///
/// # Errors
/// As fcntl(2).
pub fn move_above(source: OwnedFd, lowest: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: duplicates an open descriptor.
    let number =
        check(unsafe { libc::fcntl(source.as_raw_fd(), libc::F_DUPFD_CLOEXEC, lowest) }.into())?;
    // SAFETY: fcntl returned a new descriptor that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(i32::try_from(number).expect("a descriptor fits an int")) })
}

/// Closes every descriptor from `first` on: close_range(2). For the last step before execve(2) or
/// in a process that owns none of them any more.
///
/// # Errors
/// As close_range(2).
pub fn close_from(first: RawFd) -> io::Result<()> {
    let first = libc::c_uint::try_from(first).map_err(io::Error::other)?;
    // SAFETY: touches no memory; the caller owns none of these descriptors any more.
    check(unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, 0) })?;
    Ok(())
}

/// A copy of a descriptor that stays open across execve(2), at a number above the standard ones. For a
/// process with one thread, which starts a child and drops the copy.
///
/// # Errors
/// As fcntl(2).
pub fn inheritable(source: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    // SAFETY: duplicates an open descriptor.
    let number = check(unsafe { libc::fcntl(source.as_raw_fd(), libc::F_DUPFD, 3) }.into())?;
    // SAFETY: fcntl returned a new descriptor that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(i32::try_from(number).expect("a descriptor fits an int")) })
}
