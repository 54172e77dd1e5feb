//! Messages with descriptors over a Unix SOCK_SEQPACKET socket.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};

/// Descriptors that one message may carry.
pub const MAX_DESCRIPTORS: usize = 16;
/// Descriptors that the kernel lets one message carry (SCM_MAX_FD).
const KERNELS_MOST: usize = 253;

/// Sends one message whole, with descriptors: sendmsg(2). A peer that is gone is EPIPE, no signal.
///
/// # Errors
/// As sendmsg(2); EAGAIN on a socket that doesn't block.
pub fn send(
    socket: BorrowedFd<'_>,
    message: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let numbers: Vec<RawFd> = descriptors.iter().map(AsRawFd::as_raw_fd).collect();
    let rights = [ControlMessage::ScmRights(&numbers)];
    let control = if numbers.is_empty() {
        &[][..]
    } else {
        &rights[..]
    };
    let sent = sendmsg::<()>(
        socket.as_raw_fd(),
        &[IoSlice::new(message)],
        control,
        MsgFlags::MSG_NOSIGNAL,
        None,
    )?;
    if sent == message.len() {
        Ok(())
    } else {
        Err(io::Error::other("a message was cut short"))
    }
}

/// Receives one message into `buffer`, with its descriptors (closed on execve): recvmsg(2). A length
/// of 0 means that the peer is gone.
///
/// # Errors
/// As recvmsg(2); EAGAIN on a socket that doesn't block; a message larger than `buffer` or with more
/// descriptors than [`MAX_DESCRIPTORS`].
pub fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
    // Room for as many as one message can bring: those that there is no room for would stay open, unknown.
    let mut control = nix::cmsg_space!([RawFd; KERNELS_MOST]);
    let mut slices = [IoSliceMut::new(buffer)];
    let message = recvmsg::<()>(
        socket.as_raw_fd(),
        &mut slices,
        Some(&mut control),
        MsgFlags::MSG_CMSG_CLOEXEC,
    )?;
    let mut descriptors = Vec::new();
    for part in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(numbers) = part {
            for number in numbers {
                // SAFETY: the kernel has just opened this descriptor for us; nobody else knows it.
                descriptors.push(unsafe { OwnedFd::from_raw_fd(number) });
            }
        }
    }
    if message
        .flags
        .intersects(MsgFlags::MSG_TRUNC | MsgFlags::MSG_CTRUNC)
        || descriptors.len() > MAX_DESCRIPTORS
    {
        return Err(io::Error::other("a message was too large"));
    }
    Ok((message.bytes, descriptors))
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};

    use super::*;

    fn pair() -> (OwnedFd, OwnedFd) {
        let (family, kind) = (AddressFamily::Unix, SockType::SeqPacket);
        socketpair(family, kind, None, SockFlag::SOCK_CLOEXEC).expect("a socket pair")
    }

    #[test]
    fn too_many_descriptors_are_refused_and_none_stays_open() {
        let (left, right) = pair();
        let many = vec![left.as_raw_fd(); MAX_DESCRIPTORS + 4];
        sendmsg::<()>(
            left.as_raw_fd(),
            &[IoSlice::new(b"x")],
            &[ControlMessage::ScmRights(&many)],
            MsgFlags::empty(),
            None,
        )
        .expect("sent");
        // The lowest free numbers are where they would be.
        let next = || {
            let file = std::fs::File::open("/dev/null").expect("it is there");
            file.as_raw_fd()
        };
        let before = next();
        assert!(receive(right.as_fd(), &mut [0; 16]).is_err());
        assert!(next() <= before, "some stay open");
    }

    #[test]
    fn descriptors_travel_with_the_message() {
        let (left, right) = pair();
        send(left.as_fd(), b"hello", &[left.as_fd(), right.as_fd()]).expect("sent");
        let mut buffer = [0; 16];
        let (length, descriptors) = receive(right.as_fd(), &mut buffer).expect("received");
        assert_eq!(&buffer[..length], b"hello");
        assert_eq!(descriptors.len(), 2);
    }

    #[test]
    fn a_message_larger_than_the_buffer_is_an_error() {
        let (left, right) = pair();
        send(left.as_fd(), &[1; 100], &[]).expect("sent");
        assert!(receive(right.as_fd(), &mut [0; 16]).is_err());
    }
}
