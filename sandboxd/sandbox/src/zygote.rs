//! The template of a profile's zygotes: one interpreter, from which slots' zygotes and so jobs are copied.
//! It has no right on the host, no network that leads anywhere, and never sees a program.
//! What it does is in `rootfs/runner/zygote.py`.
//!
//! Messages on its socket, in this order. The launcher sends the profile's name and modules, the job's last
//! filter ([`Policy::job_filter`]), whether jobs get Landlock rules and a group of their own (a byte each), and
//! numbers of system calls. The template says [`LOADED`]; the launcher answers with lines of the
//! table of the template's memory (`/proc/PID/maps`), which the template moves into huge pages; then it says
//! [`crate::keeper::READY`]. From then on the launcher sends for each slot its number (4 bytes, little-endian)
//! with the zygote's socket to the keeper and the slot's namespaces ([`NAMESPACES`]), and is answered
//! with a [`Reply`].

use std::convert::Infallible;
use std::ffi::CString;
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, IntoRawFd, OwnedFd};

use nix::fcntl::OFlag;
use nix::sched::CloneFlags;
use nix::sys::signal::Signal;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::unistd::{Gid, Pid, Uid, execve, pipe2, setgroups, setresgid, setresuid, setsid};
use sandboxd_sys::clone::{Cloned, SingleThreaded, clone3};
use sandboxd_sys::process::{collect, exit_now, signal};
use sandboxd_sys::socket::{receive, send};

use crate::cgroup::Parent;
use crate::child::{self, Step, StepError};
use crate::layers::{self, Layer};
use crate::mounts::{self, Processes};
use crate::profile::Profile;
use crate::restrict::{self, ProcessLimits};
use crate::stage::Stage;
use crate::syscalls::Policy;

/// Namespaces of a slot that its zygote joins, in this order.
pub const NAMESPACES: [&str; 7] = ["user", "pid", "net", "ipc", "uts", "cgroup", "mnt"];
/// The number at which the template finds its socket.
const SOCKET: i32 = 3;
/// Longest reply.
const MAX_REPLY: usize = 256;

const ARGUMENTS: [&str; 2] = ["/usr/bin/python3", "/usr/lib/coderunner/zygote.py"];

/// The environment of every program; a profile can add to it.
const ENVIRONMENT: [&str; 6] = [
    "PYTHONUNBUFFERED=1",
    "PYTHONDONTWRITEBYTECODE=1",
    "PYTHONHASHSEED=random",
    "PATH=/usr/bin",
    "HOME=/work",
    "LANG=C.UTF-8",
];

/// Numbers of the system calls that a zygote makes, in the order of its `Numbers`.
const SYSTEM_CALLS: [libc::c_long; 17] = [
    libc::SYS_recvmsg,
    libc::SYS_waitid,
    libc::SYS_pidfd_send_signal,
    libc::SYS_close_range,
    libc::SYS_setns,
    libc::SYS_write,
    libc::SYS_close,
    libc::SYS_chdir,
    libc::SYS_dup3,
    libc::SYS_setsid,
    libc::SYS_setresgid,
    libc::SYS_setresuid,
    libc::SYS_capset,
    libc::SYS_prctl,
    libc::SYS_openat,
    libc::SYS_unshare,
    libc::SYS_landlock_restrict_self,
];

/// What the template says when its modules are loaded.
const LOADED: &[u8] = b"loaded";

/// What the template answers.
#[derive(Debug)]
pub enum Reply {
    /// Its modules are loaded: it waits for the table of its memory.
    Loaded,
    /// It is ready for slots.
    Ready,
    /// The slot has its zygote, which waits at its socket.
    Joined {
        /// Which slot.
        slot: u32,
        /// Refers to the zygote.
        zygote: OwnedFd,
    },
    /// The slot got none.
    Failed {
        /// Which slot.
        slot: u32,
        /// The step that failed.
        reason: String,
    },
    /// The template is gone.
    Gone,
}

impl Reply {
    /// Reads a message and the descriptor that came with it; `None` for what no template says.
    pub fn parse(message: &[u8], descriptor: Option<OwnedFd>) -> Option<Self> {
        if message.is_empty() {
            return Some(Self::Gone);
        }
        if message == LOADED {
            return Some(Self::Loaded);
        }
        if message == crate::keeper::READY {
            return Some(Self::Ready);
        }
        let (kind, rest) = message.split_first()?;
        let (slot, rest) = rest.split_first_chunk::<4>()?;
        let slot = u32::from_le_bytes(*slot);
        match (kind, descriptor) {
            (b'z', Some(zygote)) if rest.is_empty() => Some(Self::Joined { slot, zygote }),
            (b'f', None) => {
                let (number, text) = rest.split_first_chunk::<4>()?;
                let reason = format!(
                    "{}: {}",
                    String::from_utf8_lossy(text),
                    io::Error::from_raw_os_error(i32::from_le_bytes(*number))
                );
                Some(Self::Failed { slot, reason })
            }
            _ => None,
        }
    }
}

/// The launcher's handle of the template. Dropping it ends the template; slots that have a zygote
/// already don't notice.
#[derive(Debug)]
pub struct Template {
    pid: Pid,
    pidfd: OwnedFd,
    socket: OwnedFd,
    /// Other ends of its standard streams. It writes there only when it fails.
    complaints: OwnedFd,
    _quiet: [OwnedFd; 2],
}

impl Template {
    /// Starts the interpreter as host user `uid`, who must be nobody else. It is ready when
    /// [`Template::reply`] says so.
    ///
    /// # Errors
    /// When a process or its pipes can't be made; what fails inside is heard as [`Reply::Gone`].
    pub fn start(
        proof: &SingleThreaded,
        stage: &Stage,
        policy: &Policy,
        parent: &Parent,
        uid: u32,
        limits: ProcessLimits,
        profile: Profile,
    ) -> io::Result<Self> {
        let (socket, theirs) = socketpair(
            AddressFamily::Unix,
            SockType::SeqPacket,
            None,
            SockFlag::SOCK_CLOEXEC,
        )?;
        // Pipes, as programs will have: the interpreter looks at its streams only once.
        let (stdin, stdin_write) = pipe2(OFlag::O_CLOEXEC)?;
        let (stdout_read, stdout) = pipe2(OFlag::O_CLOEXEC)?;
        let (complaints, stderr) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
        let ends = [stdin, stdout, stderr, theirs];
        let (pid, pidfd) = match clone3(proof, CloneFlags::CLONE_NEWNS, None)? {
            Cloned::Parent { pid, pidfd } => (pid, pidfd),
            Cloned::Child => {
                let Err(error) = become_template(stage, policy, uid, limits, profile, &ends);
                child::report_failed(ends[3].as_fd(), &error);
                exit_now(1)
            }
        };
        drop(ends);
        send(socket.as_fd(), &profile.message(), &[])?;
        send(socket.as_fd(), &policy.job_filter(), &[])?;
        let further = [
            sandboxd_sys::process::landlock_version() > 0
                && layers::stands(Layer::Landlock)
                && layers::stands(Layer::NoNewPrivs),
            parent.is_unified(),
        ];
        send(socket.as_fd(), &further.map(u8::from), &[])?;
        let numbers: Vec<u8> = SYSTEM_CALLS
            .iter()
            .filter_map(|number| u16::try_from(*number).ok())
            .flat_map(u16::to_le_bytes)
            .collect();
        send(socket.as_fd(), &numbers, &[])?;
        Ok(Self {
            pid,
            pidfd,
            socket,
            complaints,
            _quiet: [stdin_write, stdout_read],
        })
    }

    /// Becomes readable when there is a reply.
    pub fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// The next reply. Blocks.
    ///
    /// # Errors
    /// When it makes no sense.
    pub fn reply(&self) -> io::Result<Reply> {
        let mut message = [0; MAX_REPLY];
        let (length, mut descriptors) = match receive(self.socket.as_fd(), &mut message) {
            Ok(received) => received,
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => (0, Vec::new()),
            Err(error) => return Err(error),
        };
        if let Some(child::Report::Failed(reason)) = child::Report::parse(&message[..length]) {
            return Err(io::Error::other(reason));
        }
        Reply::parse(&message[..length], descriptors.pop())
            .ok_or_else(|| io::Error::other("the template's reply makes no sense"))
    }

    /// Answers [`Reply::Loaded`]: the template has no /proc to read the table of its memory from.
    ///
    /// # Errors
    /// When the template is gone.
    pub fn show_memory(&self) -> io::Result<()> {
        let table = fs::read_to_string(format!("/proc/{}/maps", self.pid))?;
        send(self.socket.as_fd(), movable(&table).as_bytes(), &[])
    }

    /// What it wrote to standard error.
    pub fn complaints(&self) -> String {
        let mut text = [0; 2048];
        // Nothing there, or gone: then there is nothing to tell.
        let length = nix::unistd::read(&self.complaints, &mut text).unwrap_or(0);
        String::from_utf8_lossy(&text[..length]).into_owned()
    }

    /// Asks for a zygote in a slot.
    ///
    /// # Errors
    /// When the template is gone.
    pub fn join(
        &self,
        slot: u32,
        keeper: BorrowedFd<'_>,
        namespaces: &[OwnedFd],
    ) -> io::Result<()> {
        let descriptors: Vec<_> = [keeper]
            .into_iter()
            .chain(namespaces.iter().map(AsFd::as_fd))
            .collect();
        send(self.socket.as_fd(), &slot.to_le_bytes(), &descriptors)
    }
}

impl Drop for Template {
    fn drop(&mut self) {
        // Both fail only when it is gone, which is what is wanted.
        let _ = signal(self.pidfd.as_fd(), Signal::SIGKILL);
        let _ = collect(self.pidfd.as_fd());
    }
}

/// The lines of a table of memory that a template has use for: what it writes to, and its interpreter. A
/// profile's libraries would make the table longer than a message can be.
fn movable(table: &str) -> String {
    let wanted = |line: &&str| line.contains(" rw-p ") || line.contains("/usr/bin/");
    table
        .lines()
        .filter(wanted)
        .flat_map(|line| [line, "\n"])
        .collect()
}

fn become_template(
    stage: &Stage,
    policy: &Policy,
    uid: u32,
    limits: ProcessLimits,
    profile: Profile,
    ends: &[OwnedFd; 4],
) -> Result<Infallible, StepError> {
    sandboxd_sys::process::reset_signals();
    sandboxd_sys::process::set_umask(0o022);
    restrict::leave_session_keyring()?;
    fs::write("/proc/self/oom_score_adj", "900").step("offering itself to the memory killer")?;
    setsid().step("starting a session")?;
    mounts::enter_root(stage, &stage.zygote_devices(), Processes::Hidden)?;
    arrange_descriptors(ends)?;
    restrict::limit_resources(limits)?;
    setgroups(&[]).step("leaving supplementary groups")?;
    #[cfg(feature = "removable-layers")]
    if !layers::stands(Layer::NoNewPrivs) {
        policy
            .bind_zygote_with_privilege()
            .step("installing the system-call filters")?;
    }
    let (user, group) = (Uid::from_raw(uid), Gid::from_raw(uid));
    setresgid(group, group, group).step("becoming the template's group")?;
    setresuid(user, user, user).step("becoming the template's user")?;
    restrict::drop_capabilities()?;
    layers::die_with_parent("binding its life to the launcher")?;
    restrict::allow_no_new_privileges()?;
    let text = |value: &&str| CString::new(*value).expect("constants have no NUL");
    let arguments: Vec<CString> = ARGUMENTS.iter().map(text).collect();
    let environment: Vec<CString> = ENVIRONMENT
        .iter()
        .chain(profile.environment())
        .map(text)
        .chain(layers::inherited_environment())
        .collect();
    if layers::stands(Layer::NoNewPrivs) {
        policy
            .bind_zygote()
            .map_err(io::Error::other)
            .step("installing the system-call filters")?;
    }
    execve(&arguments[0], &arguments, &environment).step("executing Python")
}

/// Puts the standard streams at 0 to 2 and the socket at 3; nothing else stays open.
fn arrange_descriptors(ends: &[OwnedFd; 4]) -> Result<(), StepError> {
    use sandboxd_sys::descriptors::{close_from, move_above, place};
    let mut high = Vec::new();
    for end in ends {
        let copy = end.try_clone().step("copying a descriptor")?;
        high.push(move_above(copy, 40).step("moving a descriptor")?);
    }
    for (number, source) in (0..).zip(&high) {
        place(source.as_fd(), number).step("placing a descriptor")?;
    }
    // They are owned by nobody any more in a process that becomes another program or ends.
    for descriptor in high {
        let _ = descriptor.into_raw_fd();
    }
    close_from(SOCKET + 1).step("closing the other descriptors")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_memory_is_cut_to_what_can_be_moved() {
        let code = "00400000-0041f000 r--p 00000000 fe:00 1 /usr/bin/python3.11";
        let data = "7f0000000000-7f0000100000 rw-p 00000000 00:00 0";
        let library = "7f1000000000-7f1000100000 r-xp 00000000 fe:00 2 /usr/lib/libc.so.6";
        let table = format!("{code}\n{library}\n{data}\n");
        assert_eq!(movable(&table), format!("{code}\n{data}\n"));
    }

    #[test]
    fn replies_are_read_and_garbage_is_none() {
        let descriptor = || Some(OwnedFd::from(fs::File::open("/dev/null").expect("there")));
        assert!(matches!(Reply::parse(b"", None), Some(Reply::Gone)));
        assert!(matches!(Reply::parse(b"ready", None), Some(Reply::Ready)));
        assert!(matches!(Reply::parse(b"loaded", None), Some(Reply::Loaded)));
        let joined = [&b"z"[..], &7_u32.to_le_bytes()].concat();
        let parsed = Reply::parse(&joined, descriptor());
        assert!(
            matches!(parsed, Some(Reply::Joined { slot: 7, .. })),
            "{parsed:?}"
        );
        assert!(Reply::parse(&joined, None).is_none());
        let number = 7_u32.to_le_bytes();
        let failed = [&b"f"[..], &number, &1_u32.to_le_bytes(), b"joining"].concat();
        assert!(
            matches!(Reply::parse(&failed, None), Some(Reply::Failed { slot: 7, reason }) if reason.starts_with("joining: "))
        );
        for bytes in [&b"z"[..], b"f\0\0\0\0\x01", b"q\0\0\0\0\0\0\0\0"] {
            assert!(Reply::parse(bytes, descriptor()).is_none(), "{bytes:?}");
        }
    }
}
