//! Slots and the sandboxes in them, from outside. A [`Slot`] is long-lived: control group, user namespace with
//! ids of its own, root, empty network namespace, keeper and zygote. It holds one [`Sandbox`] at a time,
//! made for one run. Whoever owns one kills it by dropping it.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sched::CloneFlags;
use nix::sys::eventfd::EventFd;
use nix::sys::signal::Signal;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::sys::stat::fstat;
use nix::unistd::{Gid, Pid, Uid, fchown, pipe2, setresuid};
use sandboxd_sys::clone::{Cloned, SingleThreaded, clone3};
use sandboxd_sys::process::{collect, signal};
use sandboxd_sys::socket::{receive, send};
use serde::{Deserialize, Serialize};

use crate::cgroup::{self, CgroupError, Priority, SlotGroup};
use crate::child::{MAX_REPORT, Report};
use crate::identity::Identity;
use crate::keeper::{self, Inside, Make, READY, Sockets};
use crate::layers::{self, Layer};
use crate::limits::KernelLimits;
use crate::mounts::Scratch;
use crate::profile::Profile;
use crate::restrict::ProcessLimits;
use crate::stage::Stage;
use crate::syscalls::Policy;
use crate::waiting::waits_for_input;
use crate::zygote::{self, Template};

/// Namespaces of a slot. The cgroup namespace follows when it is in its group.
const NAMESPACES: CloneFlags = CloneFlags::CLONE_NEWUSER
    .union(CloneFlags::CLONE_NEWPID)
    .union(CloneFlags::CLONE_NEWNS)
    .union(CloneFlags::CLONE_NEWNET)
    .union(CloneFlags::CLONE_NEWIPC)
    .union(CloneFlags::CLONE_NEWUTS);

fn namespaces() -> CloneFlags {
    layers::namespaces(
        NAMESPACES,
        &[
            (Layer::NetNamespace, CloneFlags::CLONE_NEWNET),
            (Layer::IpcNamespace, CloneFlags::CLONE_NEWIPC),
            (Layer::UtsNamespace, CloneFlags::CLONE_NEWUTS),
        ],
    )
}

/// A slot or a sandbox could not be made, watched or ended.
#[derive(Debug, thiserror::Error)]
pub enum SlotError {
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

fn failed<E: Into<io::Error>>(action: &'static str) -> impl FnOnce(E) -> SlotError {
    move |error| SlotError::System {
        action,
        source: error.into(),
    }
}

/// How many descriptors [`Ends`] are.
pub const ENDS: usize = 6;

/// The daemon's ends of a sandbox. The socket is one of another type once somebody listens to it.
#[derive(Debug)]
pub struct Ends<Control = OwnedFd> {
    /// Write end of the program's standard input.
    pub stdin: OwnedFd,
    /// Read end of its standard output.
    pub stdout: OwnedFd,
    /// Read end of its standard error.
    pub stderr: OwnedFd,
    /// Socket to the runner.
    pub control: Control,
    /// Read end of the function's return value.
    pub result: OwnedFd,
    /// CPU time so far; see [`cgroup::parse_cpu`].
    pub cpu_clock: OwnedFd,
}

impl Ends {
    /// All of them, in the order of the fields, in which they travel.
    pub fn descriptors(&self) -> [BorrowedFd<'_>; ENDS] {
        let Self {
            stdin,
            stdout,
            stderr,
            control,
            result,
            cpu_clock,
        } = self;
        [stdin, stdout, stderr, control, result, cpu_clock].map(|end| end.as_fd())
    }

    /// Takes them over after their travel.
    pub fn from_descriptors(descriptors: [OwnedFd; ENDS]) -> Self {
        let [stdin, stdout, stderr, control, result, cpu_clock] = descriptors;
        Self {
            stdin,
            stdout,
            stderr,
            control,
            result,
            cpu_clock,
        }
    }
}

impl<Control> Ends<Control> {
    /// The same with another kind of socket.
    ///
    /// # Errors
    /// Those of `other`.
    pub fn with_control<Other, E>(
        self,
        other: impl FnOnce(Control) -> Result<Other, E>,
    ) -> Result<Ends<Other>, E> {
        Ok(Ends {
            stdin: self.stdin,
            stdout: self.stdout,
            stderr: self.stderr,
            control: other(self.control)?,
            result: self.result,
            cpu_clock: self.cpu_clock,
        })
    }
}

/// How the main process ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exit {
    /// With this code.
    Exited(i32),
    /// By this signal.
    Signaled(i32),
    /// Killed as a whole, together with the sandbox's first process.
    #[default]
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

/// Opens slots. One for a launcher.
#[derive(Debug)]
pub struct Builder {
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
    /// How many slots there can be; the ids after theirs are the template's.
    pub slots: u32,
    /// Limits that no run changes.
    pub limits: ProcessLimits,
}

impl Builder {
    /// Starts a template for a profile's zygotes.
    ///
    /// # Errors
    /// When its process can't be made.
    pub fn template(&self, profile: Profile) -> Result<Template, SlotError> {
        let uid = self.template_uid()?;
        let Self {
            proof,
            stage,
            policy,
            parent,
            limits,
            ..
        } = self;
        Template::start(proof, stage, policy, parent, uid, *limits, profile)
            .map_err(failed("starting the template of the zygotes"))
    }

    /// Opens a slot: its keeper is on its way when this returns, see [`Slot::hear`]. Blocks for as long as
    /// the kernel takes to move a process, some 10 to 40 ms on cgroup v1.
    ///
    /// # Errors
    /// The step that failed; nothing is left behind then.
    pub fn open(&self, number: u32) -> Result<Slot, SlotError> {
        let own = if layers::stands(Layer::OwnIds) {
            number
        } else {
            0
        };
        let identity = self.identity(own)?;
        let group = SlotGroup::create(&self.parent, number)?;
        let alarm = group.memory_alarm()?;
        let pair = || {
            socketpair(
                AddressFamily::Unix,
                SockType::SeqPacket,
                None,
                SockFlag::SOCK_CLOEXEC,
            )
            .map_err(failed("making a socket pair"))
        };
        let (socket, keepers) = pair()?;
        let (to_zygote, zygotes) = pair()?;
        let sockets = Sockets {
            launcher: keepers,
            zygote: to_zygote,
        };
        let inside = Inside {
            stage: &self.stage,
            policy: &self.policy,
            slot: number,
            host_name: "sandbox",
        };
        let folder = group.keeper_folder()?;
        let cloned = self.clone_keeper(folder.as_ref().map(AsFd::as_fd))?;
        let (pid, pidfd) = match cloned {
            Cloned::Parent { pid, pidfd } => (pid, pidfd),
            Cloned::Child => keeper::run(&self.proof, &inside, sockets),
        };
        drop(sockets);
        let slot = Slot {
            number,
            pid,
            pidfd,
            socket,
            zygotes: Some(zygotes),
            identity,
            alarm,
            group,
        };
        slot.admit(folder.is_none())?;
        Ok(slot)
    }

    /// The template must have power over the slot's user namespace, and over nothing else. The kernel gives that
    /// to whoever made the namespace: so, for this one call, the launcher is the template's user.
    fn clone_keeper(&self, group: Option<BorrowedFd<'_>>) -> Result<Cloned, SlotError> {
        let (keep, root) = (Uid::from_raw(u32::MAX), Uid::from_raw(0));
        let owner = Uid::from_raw(self.template_uid()?);
        setresuid(keep, owner, keep).map_err(failed("becoming the owner of the slot"))?;
        let cloned = clone3(&self.proof, namespaces(), group);
        if matches!(cloned, Ok(Cloned::Child)) {
            return Ok(Cloned::Child);
        }
        setresuid(keep, root, keep).map_err(failed("becoming root again"))?;
        cloned.map_err(failed("making the slot's keeper"))
    }

    fn identity(&self, slot: u32) -> Result<Identity, SlotError> {
        Identity::of_slot(self.uid_base, slot)
            .ok_or_else(|| failed("choosing the slot's ids")(io::Error::other("out of range")))
    }

    fn template_uid(&self) -> Result<u32, SlotError> {
        self.identity(self.slots).map(|identity| identity.init)
    }
}

/// The job's ends of its pipes, in the order of their numbers in the job.
#[derive(Debug)]
struct JobEnds {
    /// 0.
    stdin: OwnedFd,
    /// 1.
    stdout: OwnedFd,
    /// 2.
    stderr: OwnedFd,
    /// 3: where the program comes from; the runner closes it before any of it runs.
    control: OwnedFd,
    /// 4: where a function's return value goes.
    result: OwnedFd,
}

/// The pipes between the daemon and the job. The job's user owns them, so that a program can open
/// /dev/stdin and the like.
fn pipes(identity: Identity, cpu_clock: File) -> Result<(JobEnds, Ends), SlotError> {
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

/// What a slot's keeper said.
#[derive(Debug)]
pub enum Said {
    /// The slot is there.
    Ready,
    /// The sandbox, or the collector, is there; this refers to its first process.
    Made(OwnedFd),
    /// The sandbox, or the slot, could not be made.
    Failed(String),
    /// Nothing more: the keeper is dead.
    Gone,
}

/// A place for one sandbox at a time. Dropping it kills everything in it.
#[derive(Debug)]
pub struct Slot {
    number: u32,
    pid: Pid,
    pidfd: OwnedFd,
    socket: OwnedFd,
    zygotes: Option<OwnedFd>,
    identity: Identity,
    alarm: Option<EventFd>,
    group: SlotGroup,
}

impl Slot {
    /// Puts the keeper into its group, gives it its ids and lets it go.
    fn admit(&self, attach: bool) -> Result<(), SlotError> {
        if attach {
            self.group.attach(self.pid)?;
        }
        // On a host out of memory, sandboxes go first; within a slot, the job, which offers itself more.
        fs::write(format!("/proc/{}/oom_score_adj", self.pid), "500")
            .map_err(failed("offering the keeper to the memory killer"))?;
        let map = self.identity.map();
        for file in ["gid_map", "uid_map"] {
            fs::write(format!("/proc/{}/{file}", self.pid), &map)
                .map_err(failed("writing the slot's id map"))?;
        }
        send(self.socket.as_fd(), b"g", &[]).map_err(failed("letting the keeper go"))
    }

    /// Its number.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Becomes readable when the keeper says something or is gone.
    pub fn keeper(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Becomes readable when the slot is out of memory; `None` where the kernel acts by itself.
    pub fn memory_alarm(&self) -> Option<BorrowedFd<'_>> {
        self.alarm.as_ref().map(AsFd::as_fd)
    }

    /// What the keeper says. Blocks until it says something.
    pub fn hear(&self) -> Said {
        let mut message = [0; MAX_REPORT];
        match receive(self.socket.as_fd(), &mut message) {
            Ok((length, mut descriptors)) => {
                match (
                    &message[..length],
                    descriptors.pop(),
                    Report::parse(&message[..length]),
                ) {
                    (b"", _, _) => Said::Gone,
                    (said, None, _) if said == READY => Said::Ready,
                    (said, Some(first), _) if said == READY => Said::Made(first),
                    (_, _, Some(Report::Failed(reason))) => Said::Failed(reason),
                    _ => Said::Failed("the keeper makes no sense".to_owned()),
                }
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Said::Gone,
            Err(error) => Said::Failed(error.to_string()),
        }
    }

    /// Asks the template for this slot's zygote. To be called once, when the keeper is ready.
    ///
    /// # Errors
    /// When the template or the keeper is gone.
    pub fn ask_for_zygote(&mut self, template: &Template) -> Result<(), SlotError> {
        let mut namespaces = Vec::new();
        for name in zygote::NAMESPACES {
            let file = File::open(format!("/proc/{}/ns/{name}", self.pid))
                .map_err(failed("opening a namespace of the slot"))?;
            namespaces.push(OwnedFd::from(file));
        }
        let zygotes = self.zygotes.take().ok_or_else(|| {
            failed("asking for a second zygote")(io::Error::from(io::ErrorKind::AlreadyExists))
        })?;
        template
            .join(self.number, zygotes.as_fd(), &namespaces)
            .map_err(failed("asking for a zygote"))
    }

    /// Moves the zygote into the slot's group, where it waits for its first order.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn admit_zygote(&self, zygote: BorrowedFd<'_>) -> Result<(), SlotError> {
        let process = self.member(zygote)?;
        self.group.attach(process)?;
        // Moving takes milliseconds. The number is still the zygote's, so it was all the time.
        self.member(zygote).map(drop)
    }

    /// The number of a process of this slot. A template names the process; believed is only one in the slot's user
    /// namespace, which nobody else can enter.
    fn member(&self, pidfd: BorrowedFd<'_>) -> Result<Pid, SlotError> {
        let process = process_id(pidfd).map_err(failed("finding the zygote"))?;
        let namespace = |process: Pid| fs::metadata(format!("/proc/{process}/ns/user"));
        let same = namespace(process)
            .and_then(|theirs| Ok((theirs, namespace(self.pid)?)))
            .is_ok_and(|(theirs, ours)| (theirs.dev(), theirs.ino()) == (ours.dev(), ours.ino()));
        if same {
            Ok(process)
        } else {
            Err(failed("admitting a process to the slot")(Errno::EPERM))
        }
    }

    /// Asks the keeper for a sandbox; see [`Slot::hear`] for the answer.
    ///
    /// # Errors
    /// When a limit can't be set or the keeper is gone; the slot is of no use any more then.
    pub fn begin(&mut self, limits: &KernelLimits) -> Result<(Begun, Ends), SlotError> {
        let own_group = self.group.begin(&layers::remaining(limits.clone()))?;
        self.empty_alarm();
        let cpu_clock = self.group.cpu_clock()?;
        let (job, ends) = pipes(self.identity, cpu_clock)?;
        let (report, report_write) =
            pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).map_err(failed("making a pipe"))?;
        let order = Make {
            scratch: Scratch {
                bytes: limits.scratch_bytes,
                inodes: limits.scratch_inodes,
            },
        };
        let JobEnds {
            stdin,
            stdout,
            stderr,
            control,
            result,
        } = &job;
        let agreed = [&report_write, stdin, stdout, stderr, control, result];
        let descriptors: Vec<_> = agreed
            .into_iter()
            .chain(&own_group)
            .map(AsFd::as_fd)
            .collect();
        send(self.socket.as_fd(), &order.encode(), &descriptors)
            .map_err(failed("asking the keeper for a sandbox"))?;
        let input = fstat(&ends.stdin)
            .map_err(failed("looking at a pipe"))?
            .st_ino;
        Ok((Begun { report, input }, ends))
    }

    /// Changes the limits of the run in it.
    ///
    /// # Errors
    /// When one does not hold.
    pub fn limit(&mut self, limits: &KernelLimits) -> Result<(), SlotError> {
        Ok(self.group.limit(&layers::remaining(limits.clone()))?)
    }

    /// Changes what it is given of processors that others want as well. Lasts until another run
    /// begins.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn prioritise(&mut self, priority: Priority) -> Result<(), SlotError> {
        Ok(self.group.prioritise(priority)?)
    }

    /// Keeps the files of a living sandbox beyond its end, for [`Slot::collect`]. Returns the other end of the
    /// collector's socket; see [`crate::collection`].
    ///
    /// # Errors
    /// When the sandbox has ended.
    pub fn keep(&self, sandbox: &mut Sandbox) -> Result<OwnedFd, SlotError> {
        let number = process_id(sandbox.first.as_fd()).map_err(failed("finding the sandbox"))?;
        let mounts = File::open(format!("/proc/{number}/ns/mnt"))
            .map_err(failed("opening the sandbox's mounts"))?;
        // Whose number could be another's by now: it was not, if the process lives even after that.
        if process_id(sandbox.first.as_fd()).is_err() {
            return Err(failed("keeping files")(io::Error::from(Errno::ESRCH)));
        }
        let (daemon, collector) = socketpair(
            AddressFamily::Unix,
            SockType::Stream,
            None,
            SockFlag::SOCK_CLOEXEC,
        )
        .map_err(failed("making a socket pair"))?;
        sandbox.kept = Some(Kept {
            mounts: mounts.into(),
            collector,
        });
        Ok(daemon)
    }

    /// Has the files of an ended sandbox collected; see [`Slot::hear`] for the collector. The sandbox's file
    /// system goes when that has ended.
    ///
    /// # Errors
    /// When the keeper is gone or there is no room for a collector.
    pub fn collect(&mut self, kept: Kept) -> Result<(), SlotError> {
        self.group.make_room()?;
        let Kept { mounts, collector } = kept;
        let descriptors = [mounts.as_fd(), collector.as_fd()];
        send(self.socket.as_fd(), keeper::COLLECT, &descriptors)
            .map_err(failed("asking the keeper for a collector"))
    }

    /// Kills every process of a sandbox in this slot: its first process by pidfd, and with it the pid
    /// namespace; on v2 the run's group as well.
    pub fn kill(&mut self, sandbox: &Sandbox) {
        // It may have ended already, which is as good.
        let _ = signal(sandbox.first.as_fd(), Signal::SIGKILL);
        self.group.kill_run();
    }

    /// Whether a program waits for its standard input; see [`crate::waiting`]. False when that can't be told.
    pub fn waits_for_input(&self, sandbox: &Sandbox) -> bool {
        let Ok(first) = process_id(sandbox.first.as_fd()) else {
            return false;
        };
        let processes = self.group.processes();
        waits_for_input(&processes, first, sandbox.input)
            // Whose number could have become another's.
            && process_id(sandbox.first.as_fd()).is_ok_and(|same| same == first)
    }

    /// Takes the ended sandbox out: how it ended and what it used.
    ///
    /// # Errors
    /// When the kernel's figures can't be read; the slot is of no use any more then.
    pub fn finish(&self, sandbox: Sandbox) -> Result<(Exit, Usage), SlotError> {
        let counts = self.group.counts()?;
        let usage = Usage {
            cpu: counts.cpu,
            peak_memory_bytes: counts.peak_memory_bytes,
            memory_exceeded: counts.memory_kills > 0 || self.empty_alarm(),
            refused_forks: counts.refused_forks,
        };
        Ok((sandbox.exit(), usage))
    }

    /// Clears away what is left of a run. Returns whether the slot can take another one. Can take some
    /// milliseconds.
    ///
    /// # Errors
    /// When the slot is of no use any more.
    pub fn tidy(&self) -> Result<bool, SlotError> {
        Ok(self.group.end()?)
    }

    /// Whether the memory alarm went off since it was asked last.
    fn empty_alarm(&self) -> bool {
        self.alarm
            .as_ref()
            .is_some_and(|alarm| alarm.read().is_ok_and(|count| count > 0))
    }
}

impl Slot {
    /// Kills everything in it. What it has is free when [`Slot::dead`] says so, and gone when it is dropped.
    pub fn end(&self) {
        // The pid namespace around everything in the slot dies with its keeper. It may be dead already.
        let _ = signal(self.pidfd.as_fd(), Signal::SIGKILL);
    }

    /// Becomes readable when its last process is dead.
    pub fn dead(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.end();
        if let Err(error) = collect(self.pidfd.as_fd()) {
            tracing::warn!(%error, slot = self.number, "a slot's keeper could not be collected");
        }
    }
}

/// The process that a pidfd refers to, by its number in our pid namespace.
fn process_id(pidfd: BorrowedFd<'_>) -> io::Result<Pid> {
    let facts = fs::read_to_string(format!("/proc/self/fdinfo/{}", pidfd.as_raw_fd()))?;
    facts
        .lines()
        .find_map(|line| line.strip_prefix("Pid:")?.trim().parse().ok())
        .filter(|number| *number > 1)
        .map(Pid::from_raw)
        .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
}

/// A sandbox that the keeper was asked for.
#[derive(Debug)]
pub struct Begun {
    report: OwnedFd,
    input: u64,
}

impl Begun {
    /// The sandbox is there: `first` refers to its first process.
    pub fn made(self, first: OwnedFd) -> Sandbox {
        Sandbox {
            first,
            report: self.report,
            input: self.input,
            kept: None,
        }
    }
}

/// A living sandbox.
#[derive(Debug)]
pub struct Sandbox {
    first: OwnedFd,
    report: OwnedFd,
    /// Inode of the pipe that is the program's standard input.
    input: u64,
    kept: Option<Kept>,
}

/// Files of a sandbox that are wanted when it has ended.
#[derive(Debug)]
pub struct Kept {
    mounts: OwnedFd,
    collector: OwnedFd,
}

impl Sandbox {
    /// Becomes readable when the sandbox has ended and every process of it is dead.
    pub fn ended(&self) -> BorrowedFd<'_> {
        self.first.as_fd()
    }

    /// What [`Slot::keep`] kept.
    pub fn take_kept(&mut self) -> Option<Kept> {
        self.kept.take()
    }

    fn exit(&self) -> Exit {
        let mut message = [0; MAX_REPORT];
        // Empty or gone: it was killed before its end could be reported.
        let length = nix::unistd::read(&self.report, &mut message).unwrap_or(0);
        match Report::parse(&message[..length]) {
            Some(Report::Exited(code)) => Exit::Exited(code),
            Some(Report::Signaled(signal)) => Exit::Signaled(signal),
            Some(Report::Failed(reason)) => Exit::Failed(reason),
            None => Exit::Killed,
        }
    }
}
