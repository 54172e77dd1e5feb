//! Making a sandbox, from outside: control group, pipes, process with its namespaces, ids, go. What was
//! opened is owned by the [`Sandbox`], which kills and cleans up when it is dropped.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sched::CloneFlags;
use nix::sys::eventfd::EventFd;
use nix::sys::signal::Signal;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::unistd::{Gid, Pid, Uid, fchown, pipe2};
use sandboxd_sys::clone::{Cloned, SingleThreaded, clone3};
use sandboxd_sys::process::{collect, signal};
use serde::{Deserialize, Serialize};

use crate::cgroup::{self, Cgroup, CgroupError};
use crate::child::{MAX_REPORT, Report};
use crate::identity::Identity;
use crate::init::{self, Inside, Strings};
use crate::job::JobEnds;
use crate::limits::KernelLimits;
use crate::stage::Stage;
use crate::syscalls::Policy;

/// Namespaces of a sandbox. The cgroup namespace follows when it is in its group.
const NAMESPACES: CloneFlags = CloneFlags::CLONE_NEWUSER
    .union(CloneFlags::CLONE_NEWPID)
    .union(CloneFlags::CLONE_NEWNS)
    .union(CloneFlags::CLONE_NEWNET)
    .union(CloneFlags::CLONE_NEWIPC)
    .union(CloneFlags::CLONE_NEWUTS);

/// A sandbox could not be made, watched or ended.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// The control group failed.
    #[error(transparent)]
    Cgroup(#[from] CgroupError),
    /// A system call failed.
    #[error("{action}")]
    System {
        /// What was attempted.
        action: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

fn failed<E: Into<io::Error>>(action: &'static str) -> impl FnOnce(E) -> SpawnError {
    move |error| SpawnError::System {
        action,
        source: error.into(),
    }
}

/// The daemon's ends of a sandbox.
#[derive(Debug)]
pub struct Ends {
    /// Write end of the program's standard input.
    pub stdin: OwnedFd,
    /// Read end of its standard output.
    pub stdout: OwnedFd,
    /// Read end of its standard error.
    pub stderr: OwnedFd,
    /// Socket to the runner.
    pub control: OwnedFd,
    /// Read end of the function's return value.
    pub result: OwnedFd,
    /// CPU time so far; see [`cgroup::parse_cpu`].
    pub cpu_clock: OwnedFd,
}

/// How the main process ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exit {
    /// With this code.
    Exited(i32),
    /// By this signal.
    Signaled(i32),
    /// Killed as a whole, together with the sandbox's first process.
    Killed,
    /// The set-up failed; the program never ran.
    Failed(String),
}

/// What a run used and hit, read after its last process died.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// CPU time of all processes from the creation of the sandbox on.
    pub cpu: Duration,
    /// Most memory in use at one time.
    pub peak_memory_bytes: u64,
    /// The memory limit was hit: the kernel killed for it or was about to.
    pub memory_exceeded: bool,
    /// Forks that the process limit refused.
    pub refused_forks: u64,
}

/// Makes sandboxes. One for a launcher.
#[derive(Debug)]
pub struct Spawner {
    /// Proof that copies of this process are sound.
    pub proof: SingleThreaded,
    /// Where sandboxes are mounted from.
    pub stage: Stage,
    /// What system calls they may make.
    pub policy: Policy,
    /// Where their groups live.
    pub parent: cgroup::Parent,
    /// First host id for them.
    pub uid_base: u32,
}

impl Spawner {
    /// Makes a sandbox in `slot` and starts the runner in it. `id` names its control group; it must be
    /// unused. Blocks for as long as the kernel takes, some 10 to 40 ms on cgroup v1.
    ///
    /// # Errors
    /// The step that failed; nothing is left behind then.
    pub fn spawn(
        &self,
        slot: u32,
        id: &str,
        limits: &KernelLimits,
    ) -> Result<(Sandbox, Ends), SpawnError> {
        let identity = Identity::of_slot(self.uid_base, slot).ok_or_else(|| {
            failed("choosing the sandbox's ids")(io::Error::other("out of range"))
        })?;
        let group = Cgroup::create(&self.parent, id, limits)?;
        let alarm = group.memory_alarm()?;
        let cpu_clock = group.cpu_clock()?;
        let (job, ends) = pipes(identity, cpu_clock)?;
        let (go_read, go_write) = pipe2(OFlag::O_CLOEXEC).map_err(failed("making a pipe"))?;
        let (report_read, report_write) =
            pipe2(OFlag::O_CLOEXEC).map_err(failed("making a pipe"))?;
        let folder = group.folder()?;
        let inside = Inside {
            stage: &self.stage,
            policy: &self.policy,
            limits,
            slot,
            host_name: "sandbox",
        };
        let cloned = clone3(&self.proof, NAMESPACES, folder.as_ref().map(AsFd::as_fd))
            .map_err(failed("making the sandbox's process"))?;
        let (pid, pidfd) = match cloned {
            Cloned::Parent { pid, pidfd } => (pid, pidfd),
            Cloned::Child => {
                let strings = Strings {
                    go: go_read,
                    report: report_write,
                };
                init::run(&self.proof, &inside, strings, job)
            }
        };
        drop((job, go_read, report_write));
        fcntl(&report_read, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))
            .map_err(failed("opening the report"))?;
        let sandbox = Sandbox {
            pidfd,
            report: report_read,
            alarm,
            group: Some(group),
            _lifeline: go_write,
            reaped: false,
        };
        sandbox.admit(pid, identity)?;
        Ok((sandbox, ends))
    }
}

/// The pipes between the daemon and the job. The job's user owns them, so that a program can open
/// /dev/stdin and the like.
fn pipes(identity: Identity, cpu_clock: File) -> Result<(JobEnds, Ends), SpawnError> {
    let make = || pipe2(OFlag::O_CLOEXEC).map_err(failed("making a pipe"));
    let (stdin, stdin_write) = make()?;
    let (stdout_read, stdout) = make()?;
    let (stderr_read, stderr) = make()?;
    let (result_read, result) = make()?;
    let (control, control_outside) = socketpair(
        AddressFamily::Unix,
        SockType::Stream,
        None,
        SockFlag::SOCK_CLOEXEC,
    )
    .map_err(failed("making a socket pair"))?;
    let (uid, gid) = (Uid::from_raw(identity.job), Gid::from_raw(identity.job));
    for end in [&stdin, &stdout, &stderr] {
        fchown(end, Some(uid), Some(gid)).map_err(failed("giving a pipe to the job's user"))?;
    }
    let job = JobEnds {
        stdin,
        stdout,
        stderr,
        control,
        result,
    };
    let ends = Ends {
        stdin: stdin_write,
        stdout: stdout_read,
        stderr: stderr_read,
        control: control_outside,
        result: result_read,
        cpu_clock: cpu_clock.into(),
    };
    Ok((job, ends))
}

/// A living sandbox. Dropping it kills every process of it.
#[derive(Debug)]
pub struct Sandbox {
    pidfd: OwnedFd,
    report: OwnedFd,
    alarm: Option<EventFd>,
    group: Option<Cgroup>,
    /// The sandbox's first process dies when this closes.
    _lifeline: OwnedFd,
    reaped: bool,
}

impl Sandbox {
    /// Puts the process into its groups, gives it its ids and lets it go.
    fn admit(&self, pid: Pid, identity: Identity) -> Result<(), SpawnError> {
        if let Some(group) = &self.group {
            group.attach(pid)?;
        }
        let map = identity.map();
        for file in ["gid_map", "uid_map"] {
            fs::write(format!("/proc/{pid}/{file}"), &map)
                .map_err(failed("writing the sandbox's id map"))?;
        }
        nix::unistd::write(&self._lifeline, b"g").map_err(failed("letting the sandbox go"))?;
        Ok(())
    }

    /// Becomes readable when the sandbox has ended.
    pub fn ended(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }

    /// Becomes readable when it is out of memory; `None` where the kernel acts by itself.
    pub fn memory_alarm(&self) -> Option<BorrowedFd<'_>> {
        self.alarm.as_ref().map(AsFd::as_fd)
    }

    /// Kills every process of the sandbox: its first process by pidfd, and with it the pid namespace; on
    /// v2 the group as well.
    pub fn kill(&self) {
        // It may have ended already, which is as good.
        let _ = signal(self.pidfd.as_fd(), Signal::SIGKILL);
        if let Some(group) = &self.group
            && let Err(error) = group.kill()
        {
            tracing::warn!(%error, "a control group could not be killed");
        }
    }

    /// Collects the ended sandbox: how it ended and what it used. Blocks until its last process is dead.
    ///
    /// # Errors
    /// When the kernel's figures can't be read.
    pub fn finish(mut self) -> Result<(Exit, Usage, Cgroup), SpawnError> {
        collect(self.pidfd.as_fd()).map_err(failed("collecting the sandbox's first process"))?;
        self.reaped = true;
        let group = self.group.take().expect("only finish and drop take it");
        let counts = group.counts()?;
        let alarmed = self
            .alarm
            .as_ref()
            .is_some_and(|alarm| alarm.read().is_ok_and(|count| count > 0));
        let usage = Usage {
            cpu: counts.cpu,
            peak_memory_bytes: counts.peak_memory_bytes,
            memory_exceeded: counts.memory_kills > 0 || alarmed,
            refused_forks: counts.refused_forks,
        };
        Ok((self.read_report(), usage, group))
    }

    fn read_report(&self) -> Exit {
        let mut message = [0; MAX_REPORT];
        // Empty or gone: it was killed before it could report.
        let length = nix::unistd::read(&self.report, &mut message).unwrap_or(0);
        match Report::parse(&message[..length]) {
            Some(Report::Exited(code)) => Exit::Exited(code),
            Some(Report::Signaled(signal)) => Exit::Signaled(signal),
            Some(Report::Failed(reason)) => Exit::Failed(reason),
            None => Exit::Killed,
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if self.reaped {
            return;
        }
        self.kill();
        // Killed just now, so this returns soon.
        if let Err(error) = collect(self.pidfd.as_fd()) {
            tracing::warn!(%error, "a sandbox's first process could not be collected");
        }
    }
}
