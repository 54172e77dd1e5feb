//! Messages between the daemon and the launcher, over a SOCK_SEQPACKET socket pair made before the split;
//! one message a packet, in postcard's encoding.
//!
//! 1. The launcher sends [`Event::Ready`] once.
//! 2. The daemon sends [`Request::Spawn`]; the launcher answers [`Event::Spawned`], with the descriptors
//!    of [`sandboxd_sandbox::Ends`], or [`Event::Refused`]. The sandbox then waits
//!    for its program for as long as the daemon likes.
//! 3. The daemon may send [`Request::Limit`] before it hands a program over; the launcher answers
//!    [`Event::Limited`].
//! 4. The daemon may send [`Request::Keep`] once before it hands a program over, if it wants the files that the
//!    program leaves; the launcher answers [`Event::Kept`], with a socket to their future collector.
//! 5. The daemon may send [`Request::Prioritise`] for a run, any number of times, and gets no answer; an unknown run
//!    is ignored.
//! 6. The daemon may send [`Request::Kill`] for a run, any number of times; an unknown run is ignored,
//!    because it may just have ended.
//! 7. The launcher sends [`Event::Ended`] once for each spawned run, after its last process died. The
//!    run's number may not be used again.
//! 8. If files are kept, a collector then answers on that socket, as `sandboxd_sandbox::collection` describes;
//!    when it has ended as well, the launcher sends [`Event::Freed`].
//! 9. The daemon may ask [`Request::Waits`] of a run, any number of times; the launcher answers [`Event::Waits`],
//!    and "no" for an unknown run.
//! 10. The daemon may send [`Request::Ping`] at any time; the launcher answers [`Event::Pong`].
//!
//! Either side ends the conversation by closing its socket.

use sandboxd_sandbox::cgroup::Priority;
use sandboxd_sandbox::{Exit, KernelLimits, Profile, Usage};
use serde::{Deserialize, Serialize};

/// Longest message.
pub const MAX_MESSAGE: usize = 4096;

/// What the daemon may ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Make a sandbox and start the runner in it.
    Spawn {
        /// Chosen by the daemon, never used before.
        run: u64,
        /// What its interpreter has.
        profile: Profile,
        /// Its limits.
        limits: KernelLimits,
    },
    /// Change a sandbox's limits before its program starts.
    Limit {
        /// Which one.
        run: u64,
        /// Its new limits.
        limits: KernelLimits,
    },
    /// Keep the files that a program will leave, until they are collected.
    Keep {
        /// Which one.
        run: u64,
    },
    /// Give a sandbox more or less of processors that others want as well.
    Prioritise {
        /// Which one.
        run: u64,
        /// Its priority from now on.
        priority: Priority,
    },
    /// Kill a sandbox.
    Kill {
        /// Which one.
        run: u64,
    },
    /// Answer.
    Ping,
    /// Say whether a program waits for its input.
    Waits {
        /// Which one.
        run: u64,
    },
}

/// What the launcher tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// It can make sandboxes.
    Ready(Facts),
    /// The sandbox is there; its descriptors come with this message.
    Spawned {
        /// Which run.
        run: u64,
    },
    /// There is no sandbox.
    Refused {
        /// Which run.
        run: u64,
        /// Why, for operators.
        reason: String,
    },
    /// The sandbox's limits were asked to change.
    Limited {
        /// Which run.
        run: u64,
        /// Why they did not; `None` when they hold.
        problem: Option<String>,
    },
    /// The sandbox's files were asked for. With this message comes the socket, unless there is a problem.
    Kept {
        /// Which run.
        run: u64,
        /// Why they can't be kept.
        problem: Option<String>,
    },
    /// The files of an ended sandbox are gone, and its slot is free.
    Freed {
        /// Which run.
        run: u64,
    },
    /// The sandbox is gone.
    Ended {
        /// Which run.
        run: u64,
        /// How its main process ended.
        exit: Exit,
        /// What it used.
        usage: Usage,
    },
    /// The launcher's loop turns.
    Pong,
    /// What the kernel says of a program's threads.
    Waits {
        /// Which run.
        run: u64,
        /// One of them waits for its standard input.
        for_input: bool,
    },
}

/// How this host enforces the sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// "cgroup v1" or "cgroup v2".
    pub cgroup: String,
    /// Version of Landlock's interface; 0 for none.
    pub landlock: i64,
    /// Groups of an earlier sandboxd that were swept away.
    pub swept: usize,
}

/// A message that is none.
#[derive(Debug, thiserror::Error)]
#[error("a message between daemon and launcher could not be read or written")]
pub struct WireError(#[from] postcard::Error);

/// Writes a message.
///
/// # Errors
/// When it is longer than [`MAX_MESSAGE`].
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, WireError> {
    let bytes = postcard::to_stdvec(message)?;
    if bytes.len() > MAX_MESSAGE {
        return Err(WireError(postcard::Error::SerializeBufferFull));
    }
    Ok(bytes)
}

/// Reads a message; bytes left over are an error.
///
/// # Errors
/// When the bytes are no such message.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, WireError> {
    let (message, rest) = postcard::take_from_bytes(bytes)?;
    if rest.is_empty() {
        Ok(message)
    } else {
        Err(WireError(postcard::Error::DeserializeBadEncoding))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_survive() {
        let request = Request::Kill { run: 7 };
        let bytes = encode(&request).expect("short");
        assert_eq!(decode::<Request>(&bytes).expect("the same"), request);
    }

    #[test]
    fn garbage_and_trailing_bytes_are_refused() {
        let mut bytes = encode(&Request::Kill { run: 7 }).expect("short");
        bytes.push(0);
        assert!(decode::<Request>(&bytes).is_err());
        for bytes in [&b""[..], &[9], &[0], &[255; 64]] {
            assert!(decode::<Request>(bytes).is_err(), "{bytes:?}");
        }
    }
}
