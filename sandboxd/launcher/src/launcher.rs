//! The launcher's loop: wait for the daemon, for sandboxes that end, for memory alarms and for signals;
//! do one thing at a time.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use sandboxd_sandbox::cgroup::{Cgroup, CgroupError, Parent};
use sandboxd_sandbox::stage::{Stage, StageError};
use sandboxd_sandbox::syscalls::{Policy, PolicyError};
use sandboxd_sandbox::{Ends, Exit, KernelLimits, Spawner, Usage};
use sandboxd_sys::SingleThreaded;

use crate::live::Residents;
use crate::wire::{self, Event, Facts, MAX_MESSAGE, Request, WireError};

/// What the launcher is started with. Fixed by the operator; no request changes it.
#[derive(Debug, Clone)]
pub struct LauncherConfig {
    /// The read-only root file system.
    pub rootfs: PathBuf,
    /// An existing or new folder of the host, used as a mount point in the launcher's own namespace.
    pub stage: PathBuf,
    /// Sandboxes that may live at one time.
    pub slots: u32,
    /// First host user id for sandboxes.
    pub uid_base: u32,
    /// Control group below which they live.
    pub cgroup: String,
}

/// The launcher could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// More than one thread, or no /proc.
    #[error("the launcher must have one thread")]
    Threads(#[source] io::Error),
    /// Signals could not be arranged.
    #[error("signals could not be redirected")]
    Signals(#[source] nix::Error),
    /// A limit can't be enforced.
    #[error(transparent)]
    Cgroup(#[from] CgroupError),
    /// The sandbox's surroundings could not be built.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// The system-call policy is unusable.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

/// The launcher had to stop.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// A system call failed that never should.
    #[error("{action}")]
    System {
        /// What was attempted.
        action: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// The daemon sent no message of ours.
    #[error(transparent)]
    Wire(#[from] WireError),
}

fn system<E: Into<io::Error>>(action: &'static str) -> impl FnOnce(E) -> Stopped {
    move |error| Stopped::System {
        action,
        source: error.into(),
    }
}

/// See the module.
#[derive(Debug)]
pub struct Launcher {
    spawner: Spawner,
    residents: Residents,
    signals: SignalFd,
    swept: usize,
    /// Distinguishes this launcher's control groups from those of one before it.
    name: String,
}

/// What woke the loop.
enum Wake {
    Daemon,
    Signal,
    Ended(u64),
    MemoryAlarm(u64),
}

impl Launcher {
    /// Checks that every limit can be enforced, sweeps what a crash left and builds the stage.
    ///
    /// # Errors
    /// What can't be enforced, and why. Then no sandbox is ever made.
    pub fn start(config: &LauncherConfig) -> Result<Self, StartError> {
        let proof = SingleThreaded::prove().map_err(StartError::Threads)?;
        let policy = Policy::compile()?;
        let parent = Parent::prepare(&config.cgroup)?;
        let swept = parent.sweep()?;
        let stage = Stage::set(&config.stage, &config.rootfs, config.slots)?;
        let signals = redirect_signals().map_err(StartError::Signals)?;
        Ok(Self {
            spawner: Spawner {
                proof,
                stage,
                policy,
                parent,
                uid_base: config.uid_base,
            },
            residents: Residents::new(config.slots),
            signals,
            swept,
            name: std::process::id().to_string(),
        })
    }

    /// Serves until the daemon closes its end of `socket`. SIGTERM and SIGINT are passed on to the daemon,
    /// which drains and then closes.
    ///
    /// # Errors
    /// What made it stop; every sandbox is dead then as well.
    pub fn serve(mut self, socket: &OwnedFd, daemon: nix::unistd::Pid) -> Result<(), Stopped> {
        let facts = Facts {
            cgroup: self.spawner.parent.mechanism().to_owned(),
            landlock: sandboxd_sys::process::landlock_version(),
            swept: self.swept,
        };
        send(socket, &Event::Ready(facts), &[])?;
        loop {
            for wake in self.wait(socket.as_fd())? {
                match wake {
                    Wake::Daemon => match self.receive(socket)? {
                        Some(request) => self.answer(socket, request)?,
                        None => {
                            tracing::info!(
                                living = self.residents.len(),
                                "the daemon is gone; ending"
                            );
                            return Ok(());
                        }
                    },
                    Wake::Signal => self.pass_on_signal(daemon)?,
                    Wake::Ended(run) => self.finish(socket, run)?,
                    Wake::MemoryAlarm(run) => self.out_of_memory(run),
                }
            }
        }
    }

    fn wait(&self, socket: BorrowedFd<'_>) -> Result<Vec<Wake>, Stopped> {
        let mut entries = vec![
            PollFd::new(socket, PollFlags::POLLIN),
            PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
        ];
        let mut meanings = vec![(0, false), (0, false)];
        for (run, ended, alarm) in self.residents.watched() {
            entries.push(PollFd::new(ended, PollFlags::POLLIN));
            meanings.push((run, false));
            if let Some(alarm) = alarm {
                entries.push(PollFd::new(alarm, PollFlags::POLLIN));
                meanings.push((run, true));
            }
        }
        match poll(&mut entries, PollTimeout::NONE) {
            Ok(_) | Err(nix::Error::EINTR) => {}
            Err(error) => return Err(system("waiting")(error)),
        }
        let ready = |entry: &PollFd<'_>| entry.any().unwrap_or(false);
        let wakes = entries
            .iter()
            .zip(meanings)
            .enumerate()
            .filter(|(_, (entry, _))| ready(entry));
        Ok(wakes
            .map(|(index, (_, (run, alarm)))| match (index, alarm) {
                (0, _) => Wake::Daemon,
                (1, _) => Wake::Signal,
                (_, true) => Wake::MemoryAlarm(run),
                (_, false) => Wake::Ended(run),
            })
            .collect())
    }

    fn receive(&self, socket: &OwnedFd) -> Result<Option<Request>, Stopped> {
        let mut buffer = [0; MAX_MESSAGE];
        match sandboxd_sys::socket::receive(socket.as_fd(), &mut buffer) {
            Ok((0, _)) => Ok(None),
            // Descriptors that a request brings are closed here, unused.
            Ok((length, _)) => Ok(Some(wire::decode(&buffer[..length])?)),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(None),
            Err(error) => Err(system("receiving from the daemon")(error)),
        }
    }

    fn answer(&mut self, socket: &OwnedFd, request: Request) -> Result<(), Stopped> {
        match request {
            Request::Spawn { run, limits } => match self.spawn(run, &limits) {
                Ok(ends) => {
                    let Ends {
                        stdin,
                        stdout,
                        stderr,
                        control,
                        result,
                        cpu_clock,
                    } = &ends;
                    let descriptors =
                        [stdin, stdout, stderr, control, result, cpu_clock].map(|end| end.as_fd());
                    send(socket, &Event::Spawned { run }, &descriptors)
                }
                Err(mut reason) => {
                    reason.truncate(reason.floor_char_boundary(MAX_MESSAGE / 4));
                    tracing::error!(run, reason, "a sandbox could not be made");
                    send(socket, &Event::Refused { run, reason }, &[])
                }
            },
            Request::Kill { run } => {
                if let Some(resident) = self.residents.get_mut(run) {
                    resident.sandbox.kill();
                }
                Ok(())
            }
        }
    }

    fn spawn(&mut self, run: u64, limits: &KernelLimits) -> Result<Ends, String> {
        limits.check().map_err(|error| error.to_string())?;
        let slot = self
            .residents
            .reserve(run)
            .map_err(|error| error.to_string())?;
        match self
            .spawner
            .spawn(slot, &format!("{}-{run}", self.name), limits)
        {
            Ok((sandbox, ends)) => {
                self.residents.insert(run, slot, sandbox);
                Ok(ends)
            }
            Err(error) => {
                self.residents.give_back(slot);
                let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
                Err(format!("{error}{}", cause.unwrap_or_default()))
            }
        }
    }

    /// On cgroup v1 the kernel kills one process; the run is over all the same.
    fn out_of_memory(&mut self, run: u64) {
        if let Some(resident) = self.residents.get_mut(run) {
            resident.alarmed = true;
            resident.sandbox.kill();
        }
    }

    fn finish(&mut self, socket: &OwnedFd, run: u64) -> Result<(), Stopped> {
        let Some(sandbox) = self.residents.remove(run) else {
            return Ok(());
        };
        let (exit, usage, group) = match sandbox.finish() {
            Ok((exit, usage, group)) => (exit, usage, Some(group)),
            Err(error) => (Exit::Failed(error.to_string()), Usage::default(), None),
        };
        send(socket, &Event::Ended { run, exit, usage }, &[])?;
        // After the answer: removing a group can take some milliseconds.
        if let Some(Err(error)) = group.map(Cgroup::close) {
            tracing::warn!(run, %error, "a control group was left behind");
        }
        Ok(())
    }

    fn pass_on_signal(&mut self, daemon: nix::unistd::Pid) -> Result<(), Stopped> {
        if let Some(info) = self
            .signals
            .read_signal()
            .map_err(system("reading a signal"))?
        {
            tracing::info!(signal = info.ssi_signo, "asked to stop; the daemon drains");
            // It may be gone already; its socket tells.
            let _ = nix::sys::signal::kill(daemon, Signal::SIGTERM);
        }
        Ok(())
    }
}

impl Drop for Launcher {
    fn drop(&mut self) {
        // Each sandbox is killed and its group removed by its own drop; then the parent can go.
        self.residents = Residents::new(0);
        self.spawner.parent.remove();
    }
}

fn redirect_signals() -> nix::Result<SignalFd> {
    let mut mask = SigSet::empty();
    mask.add(Signal::SIGTERM);
    mask.add(Signal::SIGINT);
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&mask), None)?;
    SignalFd::with_flags(&mask, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
}

fn send(socket: &OwnedFd, event: &Event, descriptors: &[BorrowedFd<'_>]) -> Result<(), Stopped> {
    let message = wire::encode(event)?;
    match sandboxd_sys::socket::send(socket.as_fd(), &message, descriptors) {
        // The next receive sees that the daemon is gone.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(system("sending to the daemon")),
    }
}
