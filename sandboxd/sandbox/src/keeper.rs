//! A slot's keeper: the process that owns a slot's namespaces for as long as the slot lives, and makes a
//! sandbox in it each time the launcher asks.
//!
//! It is pid 1 of the slot's pid namespace, so that its death is the death of the slot's zygote and of
//! whatever runs in it; it dies with the launcher (parent-death signal). Root in the slot's user
//! namespace, nobody outside. It holds one end of a socket to the launcher and one to the zygote, and
//! waits for both; each message is described at its type below.
//!
//! Of a slot a sandbox uses what can carry nothing to the next one: the user namespace, the empty network
//! namespace, the read-only root, the device nodes, the control group's limits. A sandbox has for
//! itself: pid, mount, ipc, uts and cgroup namespace, tmpfs, /proc, all of its processes.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Uid, setgroups, setresgid, setresuid, setsid};
use sandboxd_sys::clone::{SingleThreaded, Stack, run_beside};
use sandboxd_sys::process::exit_now;
use sandboxd_sys::socket::{receive, send};

use crate::child::{self, Step, StepError};
use crate::collector;
use crate::first::{self, Entrance};
use crate::layers::{self, Layer};
use crate::mounts::{self, Processes, Scratch};
use crate::restrict;
use crate::stage::Stage;
use crate::syscalls::Policy;

/// Namespaces that each sandbox has for itself; the job makes itself a cgroup namespace when it is in its
/// group.
const OWN_NAMESPACES: CloneFlags = CloneFlags::CLONE_NEWPID
    .union(CloneFlags::CLONE_NEWNS)
    .union(CloneFlags::CLONE_NEWIPC)
    .union(CloneFlags::CLONE_NEWUTS);

fn own_namespaces() -> CloneFlags {
    layers::namespaces(
        OWN_NAMESPACES,
        &[
            (Layer::PidNamespace, CloneFlags::CLONE_NEWPID),
            (Layer::MountNamespace, CloneFlags::CLONE_NEWNS),
            (Layer::IpcNamespace, CloneFlags::CLONE_NEWIPC),
            (Layer::UtsNamespace, CloneFlags::CLONE_NEWUTS),
        ],
    )
}

/// Kinds of namespaces, one level down, that nobody in the slot can make.
const FORBIDDEN: [&str; 3] = ["user", "net", "time"];
/// Kinds that the keeper makes one of for each sandbox; the kernel takes some time to forget the last.
/// Without a user namespace of its own a job has no right to make one, whatever the number.
const RATIONED: [&str; 5] = ["mnt", "pid", "ipc", "uts", "cgroup"];
const RATION: &str = "64";
/// The slot has two or three processes of its own: keeper, zygote, and a sandbox's first.
pub const OWN_PROCESSES: u32 = 3;
/// Asks for a collector of files. Its descriptors: the mount namespace of an ended sandbox, the collector's socket
/// to the daemon.
pub const COLLECT: &[u8] = b"collect";
/// What a process says when it is ready for requests.
pub const READY: &[u8] = b"ready";

/// What the keeper needs to know.
#[derive(Debug)]
pub struct Inside<'a> {
    /// Where everything is mounted from.
    pub stage: &'a Stage,
    /// The system-call policy.
    pub policy: &'a Policy,
    /// Which /dev.
    pub slot: u32,
    /// Host name inside.
    pub host_name: &'a str,
}

/// The keeper's ends of its sockets.
#[derive(Debug)]
pub struct Sockets {
    /// From here come [`Make`] and [`COLLECT`] messages. Both are answered in the same way.
    pub launcher: OwnedFd,
    /// There go jobs.
    pub zygote: OwnedFd,
}

/// Asks for a sandbox. Its descriptors: the report pipe, the job's five ends (see
/// [`crate::slot::Ends`]), and on cgroup v2 the `cgroup.procs` of the run's group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Make {
    /// The sandbox's tmpfs.
    pub scratch: Scratch,
}

/// Descriptors of a [`Make`] without a group.
const MAKE_DESCRIPTORS: usize = 6;

impl Make {
    /// As it travels.
    pub fn encode(self) -> Vec<u8> {
        let Scratch { bytes, inodes } = self.scratch;
        [&bytes.to_le_bytes()[..], &inodes.to_le_bytes()].concat()
    }

    /// Reads one; `None` for anything else.
    pub fn parse(message: &[u8]) -> Option<Self> {
        let (bytes, rest) = message.split_first_chunk()?;
        let inodes = rest.try_into().ok()?;
        Some(Self {
            scratch: Scratch {
                bytes: u64::from_le_bytes(*bytes),
                inodes: u32::from_le_bytes(inodes),
            },
        })
    }
}

/// Runs in the new process and never returns.
pub fn run(proof: &SingleThreaded, inside: &Inside<'_>, sockets: Sockets) -> ! {
    let served = child::keep_only(&[&sockets.launcher, &sockets.zygote])
        .and_then(|()| prepare(inside, sockets.launcher.as_fd()))
        .and_then(|()| serve(proof, inside, &sockets));
    let code = match served {
        Ok(()) => 0,
        Err(error) => {
            child::report_failed(sockets.launcher.as_fd(), &error);
            1
        }
    };
    exit_now(code)
}

/// Builds the slot from inside.
fn prepare(inside: &Inside<'_>, launcher: BorrowedFd<'_>) -> Result<(), StepError> {
    sandboxd_sys::process::reset_signals();
    sandboxd_sys::process::set_umask(0o022);
    layers::die_with_parent("binding its life to the launcher")?;
    let mut go = [0];
    let (length, _) = receive(launcher, &mut go).step("waiting for the launcher")?;
    if length == 0 {
        return Err(io::Error::from(Errno::ECANCELED)).step("waiting for the launcher");
    }
    restrict::leave_session_keyring()?;
    setsid().step("starting a session")?;
    setgroups(&[]).step("leaving supplementary groups")?;
    let (uid, gid) = (Uid::from_raw(0), Gid::from_raw(0));
    setresgid(gid, gid, gid).step("becoming the slot's root group")?;
    setresuid(uid, uid, uid).step("becoming the slot's root")?;
    // Changing user cleared it. A launcher that died in between is seen at the next receive.
    layers::die_with_parent("binding its life to the launcher")?;
    // Only now is it in its control group, which becomes the root of what it sees.
    if layers::stands(Layer::CgroupNamespace) {
        unshare(CloneFlags::CLONE_NEWCGROUP).step("hiding the control group's path")?;
    }
    if layers::stands(Layer::NamespaceLimits) {
        limit_namespaces()?;
    }
    if layers::stands(Layer::UtsNamespace) {
        nix::unistd::sethostname(inside.host_name).step("setting the host name")?;
    }
    let devices = inside.stage.devices_of(inside.slot);
    mounts::enter_root(inside.stage, &devices, Processes::OfSlot)?;
    restrict::lock_capabilities()?;
    restrict::allow_no_new_privileges()?;
    if layers::stands(Layer::NotDumpable) {
        nix::sys::prctl::set_dumpable(false).step("becoming not dumpable")?;
    }
    // The kernel collects dead children, so that none is left to count as a process.
    sandboxd_sys::process::ignore(Signal::SIGCHLD).step("ignoring dead children")?;
    send(launcher, READY, &[]).step("telling the launcher that the slot is there")
}

/// Sets the limits of this user namespace; the host's /proc is still in sight.
fn limit_namespaces() -> Result<(), StepError> {
    let forbidden = FORBIDDEN.map(|kind| (kind, "0"));
    let rationed = RATIONED.map(|kind| (kind, RATION));
    for (kind, most) in forbidden.into_iter().chain(rationed) {
        match fs::write(format!("/proc/sys/user/max_{kind}_namespaces"), most) {
            // A kernel without this kind of namespace has no such file.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other.step("limiting namespaces")?,
        }
    }
    Ok(())
}

/// Makes sandboxes until the launcher or the zygote is gone.
fn serve(proof: &SingleThreaded, inside: &Inside<'_>, sockets: &Sockets) -> Result<(), StepError> {
    let mut zygote_ready = false;
    let mut stack = Stack::new();
    loop {
        let mut entries = [
            PollFd::new(sockets.launcher.as_fd(), PollFlags::POLLIN),
            PollFd::new(sockets.zygote.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut entries, PollTimeout::NONE) {
            Ok(_) => {}
            Err(Errno::EINTR) => continue,
            Err(error) => return Err(error).step("waiting for requests"),
        }
        if entries[1].any().unwrap_or(true) {
            hear_zygote(sockets.zygote.as_fd())?;
            zygote_ready = true;
        }
        if entries[0].any().unwrap_or(true) {
            let mut message = [0; 64];
            let (length, descriptors) = receive(sockets.launcher.as_fd(), &mut message)
                .step("receiving from the launcher")?;
            if length == 0 {
                return Ok(());
            }
            if !zygote_ready {
                hear_zygote(sockets.zygote.as_fd())?;
                zygote_ready = true;
            }
            let message = &message[..length];
            answer(proof, inside, sockets, &mut stack, message, descriptors)?;
        }
    }
}

/// The zygote speaks once, to say that it is ready or why it can't be; after that only its end is heard.
fn hear_zygote(zygote: BorrowedFd<'_>) -> Result<(), StepError> {
    let mut message = [0; 256];
    let (length, _) = receive(zygote, &mut message).step("receiving from the zygote")?;
    match &message[..length] {
        b"" => Err(io::Error::from(Errno::EPIPE)).step("the zygote is gone"),
        said if said == READY => Ok(()),
        said => {
            let reason = String::from_utf8_lossy(said).into_owned();
            Err(io::Error::other(reason)).step("starting the zygote")
        }
    }
}

/// Makes one sandbox, or one collector. What fails for it alone is told and survived.
fn answer(
    proof: &SingleThreaded,
    inside: &Inside<'_>,
    sockets: &Sockets,
    stack: &mut Stack,
    message: &[u8],
    descriptors: Vec<OwnedFd>,
) -> Result<(), StepError> {
    let launcher = sockets.launcher.as_fd();
    if message == COLLECT {
        return match collector::start(proof, inside.policy, descriptors) {
            Ok(collector) => send(launcher, READY, &[collector.as_fd()]),
            Err(error) => {
                child::report_failed(launcher, &error);
                Ok(())
            }
        }
        .step("answering the launcher");
    }
    let order = Make::parse(message).filter(|_| descriptors.len() >= MAKE_DESCRIPTORS);
    let Some(order) = order else {
        return Err(io::Error::from(Errno::EPROTO)).step("understanding the launcher");
    };
    let zygote = sockets.zygote.as_fd();
    match make(proof, inside, zygote, stack, order, &descriptors) {
        Ok(first) => send(launcher, READY, &[first.as_fd()]),
        Err(error) => {
            child::report_failed(launcher, &error);
            Ok(())
        }
    }
    .step("answering the launcher")
}

/// Makes the sandbox's first process and has the zygote put a copy of itself beside it.
fn make(
    proof: &SingleThreaded,
    inside: &Inside<'_>,
    zygote: BorrowedFd<'_>,
    stack: &mut Stack,
    order: Make,
    descriptors: &[OwnedFd],
) -> Result<OwnedFd, StepError> {
    // The last sandbox in this slot is dead, and with it the process that used the stack.
    let (first, entrance) = run_beside(proof, stack, own_namespaces(), || {
        first::set_up(order.scratch, inside.policy)
    })
    .step("making the sandbox's first process")?;
    let Entrance { namespaces, rules } = match entrance {
        Ok(entrance) => entrance,
        Err(error) => {
            // It waits as if all were well.
            let _ = sandboxd_sys::process::signal(first.as_fd(), Signal::SIGKILL);
            return Err(error);
        }
    };
    let job: Vec<BorrowedFd<'_>> = namespaces
        .iter()
        .chain([&first])
        .chain(descriptors)
        .chain(&rules)
        .map(AsFd::as_fd)
        .collect();
    send(zygote, b"m", &job).step("asking the zygote for a copy")?;
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_survive_and_garbage_is_none() {
        let order = Make {
            scratch: Scratch {
                bytes: 50 << 20,
                inodes: 4096,
            },
        };
        assert_eq!(Make::parse(&order.encode()), Some(order));
        for bytes in [&b""[..], &[0; 11], &[0; 13]] {
            assert_eq!(Make::parse(bytes), None);
        }
    }
}
