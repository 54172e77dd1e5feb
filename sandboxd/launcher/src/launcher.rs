//! The launcher's loop: wait for the daemon, for the templates of the zygotes, for keepers, for sandboxes that
//! end, for memory alarms and for signals; do one thing at a time.

mod collecting;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use sandboxd_sandbox::cgroup::{CgroupError, Parent};
use sandboxd_sandbox::layers::{Layer, stands};
use sandboxd_sandbox::restrict::ProcessLimits;
use sandboxd_sandbox::slot::{Said, SlotError};
use sandboxd_sandbox::stage::{Stage, StageError};
use sandboxd_sandbox::syscalls::{Policy, PolicyError};
use sandboxd_sandbox::zygote::Reply;
use sandboxd_sandbox::{Builder, Exit, KernelLimits, Profile, Usage};
use sandboxd_sys::SingleThreaded;

use crate::slots::{Choice, Order, Phase, Place, Slots, Watch};
use crate::templates::{Templates, Turn};
use crate::wire::{self, Event, Facts, MAX_MESSAGE, Request, WireError};

/// One thing that takes longer than this is worth a word: all sandboxes wait for it.
const LONG: Duration = Duration::from_millis(200);

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
    /// Limits that no run changes.
    pub limits: ProcessLimits,
    /// The most that a run may ask for.
    pub most: KernelLimits,
    /// How long one template of a profile is copied: all copies of one have the same hash seed.
    pub template_age: Duration,
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
    Phase(#[from] StageError),
    /// The system-call policy is unusable.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The host's network could not be left.
    #[error("the launcher could not leave the host's network")]
    Network(#[source] nix::Error),
    /// No interpreter can be started.
    #[error("no interpreter to copy")]
    Template(#[source] SlotError),
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
    /// There is nothing to copy sandboxes' interpreters from.
    #[error("the template of the zygotes ended: {0}")]
    Template(String),
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
    builder: Builder,
    slots: Slots,
    signals: SignalFd,
    swept: usize,
    templates: Templates,
    most: KernelLimits,
}

/// The launcher talks to nobody but the daemon, by the socket that it has. What comes from it without namespaces of
/// its own finds no network, no ipc object and no host name of the host either.
fn leave_networks() -> Result<(), StartError> {
    if !stands(Layer::LauncherNamespaces) {
        return Ok(());
    }
    let kinds = CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWUTS;
    unshare(kinds).map_err(StartError::Network)
}

/// What woke the loop.
#[derive(Debug, Clone, Copy)]
enum Wake {
    Daemon,
    Signal,
    Template(Profile, Turn),
    Slot(Watch),
}

/// How serving ended, when nothing failed: the daemon is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// The daemon was sent SIGTERM before.
    pub asked_to_stop: bool,
}

impl Launcher {
    /// Checks that every limit can be enforced, sweeps what a crash left, builds the stage and starts the
    /// template of the standard library's zygotes.
    ///
    /// # Errors
    /// What can't be enforced, and why. Then no sandbox is ever made.
    pub fn start(config: &LauncherConfig) -> Result<Self, StartError> {
        let proof = SingleThreaded::prove().map_err(StartError::Threads)?;
        let policy = Policy::compile()?;
        let parent = Parent::prepare(&config.cgroup)?;
        let swept = parent.sweep()?;
        leave_networks()?;
        let stage = Stage::set(&config.stage, &config.rootfs, config.slots)?;
        let signals = redirect_signals().map_err(StartError::Signals)?;
        // It is another user for one call now and then, and must be root in it all the same.
        sandboxd_sys::process::set_securebits(sandboxd_sys::process::SECUREBITS_KEEP_CAPABILITIES)
            .map_err(StartError::Threads)?;
        let builder = Builder {
            proof,
            stage,
            policy,
            parent,
            uid_base: config.uid_base,
            slots: config.slots,
            limits: config.limits,
        };
        let mut templates = Templates::new(config.template_age);
        templates
            .current(&builder, Profile::Python)
            .map_err(StartError::Template)?;
        Ok(Self {
            builder,
            slots: Slots::new(config.slots),
            signals,
            swept,
            templates,
            most: config.most.clone(),
        })
    }

    /// Serves until the daemon closes its end of `socket`. SIGTERM and SIGINT are passed on to the daemon,
    /// which drains and then closes.
    ///
    /// # Errors
    /// What made it stop; every sandbox is dead then as well.
    pub fn serve(mut self, socket: &OwnedFd, daemon: nix::unistd::Pid) -> Result<Ended, Stopped> {
        let facts = Facts {
            cgroup: self.builder.parent.mechanism().to_owned(),
            landlock: sandboxd_sys::process::landlock_version(),
            swept: self.swept,
        };
        send(socket, &Event::Ready(facts), &[])?;
        let mut asked_to_stop = false;
        loop {
            for wake in self.wait(socket.as_fd())? {
                let begun = Instant::now();
                match wake {
                    Wake::Daemon => match self.receive(socket)? {
                        Some(request) => self.answer(socket, request)?,
                        None => {
                            tracing::info!(slots = self.slots.len(), "the daemon is gone; ending");
                            return Ok(Ended { asked_to_stop });
                        }
                    },
                    Wake::Signal => asked_to_stop |= self.pass_on_signal(daemon)?,
                    Wake::Template(profile, Turn::Current) => {
                        self.hear_template(socket, profile)?;
                    }
                    Wake::Template(profile, Turn::Next) => self.templates.hear_next(profile),
                    Wake::Slot(Watch::Keeper(index)) => self.hear_keeper(socket, index)?,
                    Wake::Slot(Watch::Ended(index)) => self.finish(socket, index)?,
                    Wake::Slot(Watch::Collected(index)) => self.end_collection(socket, index)?,
                    Wake::Slot(Watch::MemoryAlarm(index)) => self.out_of_memory(index),
                    Wake::Slot(Watch::Dead(index)) => self.slots.bury(index),
                }
                let took = begun.elapsed();
                if took > LONG {
                    tracing::warn!(?took, ?wake, "nothing else was done meanwhile");
                }
            }
        }
    }

    fn wait(&self, socket: BorrowedFd<'_>) -> Result<Vec<Wake>, Stopped> {
        let mut sources = vec![(Wake::Daemon, socket), (Wake::Signal, self.signals.as_fd())];
        let templates = self.templates.watched();
        sources.extend(
            templates.map(|(profile, turn, socket)| (Wake::Template(profile, turn), socket)),
        );
        let slots = self.slots.watched();
        sources.extend(
            slots
                .into_iter()
                .map(|(watch, descriptor)| (Wake::Slot(watch), descriptor)),
        );
        let mut entries: Vec<_> = sources
            .iter()
            .map(|(_, descriptor)| PollFd::new(*descriptor, PollFlags::POLLIN))
            .collect();
        match poll(&mut entries, PollTimeout::NONE) {
            Ok(_) | Err(nix::Error::EINTR) => {}
            Err(error) => return Err(system("waiting")(error)),
        }
        Ok(entries
            .iter()
            .zip(sources)
            .filter(|(entry, _)| entry.any().unwrap_or(false))
            .map(|(_, (wake, _))| wake)
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
            Request::Spawn {
                run,
                profile,
                limits,
            } => match self.spawn(run, profile, limits) {
                Ok(()) => Ok(()),
                Err(reason) => refuse(socket, run, reason),
            },
            Request::Limit { run, limits } => {
                let problem = self.limit(run, &limits).err();
                send(socket, &Event::Limited { run, problem }, &[])
            }
            Request::Keep { run } => match self.keep(run) {
                Ok(daemon) => {
                    let problem = None;
                    send(socket, &Event::Kept { run, problem }, &[daemon.as_fd()])
                }
                Err(problem) => {
                    let problem = Some(problem);
                    send(socket, &Event::Kept { run, problem }, &[])
                }
            },
            Request::Prioritise { run, priority } => {
                if let Some(place) = self.slots.of_run(run)
                    && let Err(error) = place.slot.prioritise(priority)
                {
                    tracing::warn!(run, error = explain(&error), "a priority could not be set");
                }
                Ok(())
            }
            Request::Kill { run } => {
                if let Some(place) = self.slots.of_run(run) {
                    match &place.phase {
                        Phase::Taken { sandbox, .. } => place.slot.kill(sandbox),
                        _ => place.doomed = true,
                    }
                }
                Ok(())
            }
            Request::Ping => send(socket, &Event::Pong, &[]),
            Request::Waits { run } => {
                let for_input = match self.slots.of_run(run) {
                    Some(Place {
                        slot,
                        phase: Phase::Taken { sandbox, .. },
                        ..
                    }) => slot.waits_for_input(sandbox),
                    _ => false,
                };
                send(socket, &Event::Waits { run, for_input }, &[])
            }
        }
    }

    /// Begins to make a sandbox; the answer comes when the keeper has made it.
    fn spawn(&mut self, run: u64, profile: Profile, limits: KernelLimits) -> Result<(), String> {
        limits
            .check(&self.most)
            .map_err(|error| error.to_string())?;
        self.templates.renew(&self.builder, profile);
        let order = Order { run, limits };
        let choice = self.slots.choose(run, profile);
        match choice.map_err(|error| error.to_string())? {
            Choice::Free(index) => self.begin(index, order.clone()).or_else(|reason| {
                tracing::warn!(slot = index, reason, "a slot is opened anew");
                self.open(index, profile, order)
            }),
            Choice::Closed(index) => self.open(index, profile, order),
            Choice::OfAnother(index) => {
                // Its zygote is of another profile, and goes with the slot.
                self.slots.close(index);
                self.open(index, profile, order)
            }
        }
    }

    fn open(&mut self, index: usize, profile: Profile, order: Order) -> Result<(), String> {
        let number = u32::try_from(index).map_err(|error| error.to_string())?;
        self.slots.bury(index);
        // A template that is not there yet loads its modules while the slot is made.
        let template = self.templates.current(&self.builder, profile);
        let generation = template.map_err(|error| explain(&error))?.number;
        let slot = self.builder.open(number).map_err(|error| explain(&error))?;
        let place = Place {
            slot,
            phase: Phase::Opening,
            waiting: Some(order),
            doomed: false,
            profile,
            generation,
        };
        self.slots.open(index, place);
        Ok(())
    }

    /// Asks the keeper of a free slot. A slot where that fails is closed.
    fn begin(&mut self, index: usize, order: Order) -> Result<(), String> {
        let place = self.slots.get_mut(index).ok_or("the slot is closed")?;
        let Order { run, limits } = order;
        match place.slot.begin(&limits) {
            Ok((begun, ends)) => {
                place.phase = Phase::Making { run, begun, ends };
                Ok(())
            }
            Err(error) => {
                self.slots.close(index);
                Err(explain(&error))
            }
        }
    }

    fn limit(&mut self, run: u64, limits: &KernelLimits) -> Result<(), String> {
        limits
            .check(&self.most)
            .map_err(|error| error.to_string())?;
        let place = self.slots.of_run(run).ok_or("there is no such run")?;
        place.slot.limit(limits).map_err(|error| explain(&error))
    }

    fn hear_template(&mut self, socket: &OwnedFd, profile: Profile) -> Result<(), Stopped> {
        match self.templates.reply(profile) {
            Reply::Loaded => Ok(()),
            Reply::Ready => {
                for index in self.slots.of_profile(profile) {
                    self.ask_for_zygote(socket, index)?;
                }
                Ok(())
            }
            Reply::Joined { slot, zygote } => {
                let index = slot as usize;
                let admitted = match self.slots.get_mut(index) {
                    Some(place) if place.joins(profile) => place.slot.admit_zygote(zygote.as_fd()),
                    // Closed in the meantime.
                    _ => return Ok(()),
                };
                match admitted {
                    Ok(()) => self.ready(socket, index),
                    Err(error) => self.lose(socket, index, &explain(&error)),
                }
            }
            Reply::Failed { slot, reason } => {
                let index = slot as usize;
                let waits = |place: &mut Place| place.joins(profile);
                if self.slots.get_mut(index).is_some_and(waits) {
                    self.lose(socket, index, &reason)
                } else {
                    Ok(())
                }
            }
            Reply::Gone => self.lose_template(socket, profile),
        }
    }

    /// A template ended. Slots that wait for a copy of it get none; the next slot starts another, except where
    /// it never was ready: without the standard library's there is nothing to serve.
    fn lose_template(&mut self, socket: &OwnedFd, profile: Profile) -> Result<(), Stopped> {
        let Some(lost) = self.templates.lose(profile) else {
            return Ok(());
        };
        let complaints = lost.template.complaints();
        if profile == Profile::Python && !lost.ready {
            return Err(Stopped::Template(complaints));
        }
        tracing::error!(
            complaints,
            profile = profile.name(),
            "the template of the zygotes ended"
        );
        for index in self.slots.of_profile(profile) {
            let waits = self.slots.get_mut(index).is_some_and(|place| {
                place.joins(profile) || (!lost.ready && matches!(place.phase, Phase::Opening))
            });
            if waits {
                self.lose(socket, index, "the template of the zygotes ended")?;
            }
        }
        Ok(())
    }

    fn hear_keeper(&mut self, socket: &OwnedFd, index: usize) -> Result<(), Stopped> {
        let Some(place) = self.slots.get_mut(index) else {
            return Ok(());
        };
        match place.slot.hear() {
            Said::Ready if !matches!(place.phase, Phase::Opening) => {
                self.lose(socket, index, "the slot's keeper was ready twice")
            }
            Said::Ready => {
                place.phase = Phase::Joining;
                self.ask_for_zygote(socket, index)
            }
            Said::Made(collector) if place.is_collecting() => {
                collecting::settle(place, collector);
                Ok(())
            }
            Said::Failed(reason) if place.is_collecting() => {
                tracing::error!(slot = index, reason, "files could not be collected");
                self.end_collection(socket, index)
            }
            Said::Made(first) => self.settle(socket, index, first),
            Said::Failed(reason) => self.lose(socket, index, &reason),
            Said::Gone => self.lose(socket, index, "the slot's keeper ended"),
        }
    }

    fn ask_for_zygote(&mut self, socket: &OwnedFd, index: usize) -> Result<(), Stopped> {
        let Some(place) = self.slots.get_mut(index) else {
            return Ok(());
        };
        if !matches!(place.phase, Phase::Joining) {
            return Ok(());
        }
        let asked = match self.templates.current(&self.builder, place.profile) {
            Ok(template) if !template.ready => return Ok(()),
            Ok(template) => {
                template.asked();
                place.generation = template.number;
                place.slot.ask_for_zygote(&template.template)
            }
            Err(error) => Err(error),
        };
        match asked {
            Ok(()) => Ok(()),
            Err(error) => self.lose(socket, index, &explain(&error)),
        }
    }

    /// A slot can be used from now on.
    fn ready(&mut self, socket: &OwnedFd, index: usize) -> Result<(), Stopped> {
        let waiting = match self.slots.get_mut(index) {
            Some(place) => {
                place.phase = Phase::Free;
                place.waiting.take()
            }
            None => None,
        };
        match waiting {
            Some(order) => {
                let run = order.run;
                match self.begin(index, order) {
                    Ok(()) => Ok(()),
                    Err(reason) => refuse(socket, run, reason),
                }
            }
            None => {
                self.slots.set_free(index);
                Ok(())
            }
        }
    }

    /// The sandbox is there.
    fn settle(&mut self, socket: &OwnedFd, index: usize, first: OwnedFd) -> Result<(), Stopped> {
        let Some(place) = self.slots.get_mut(index) else {
            return Ok(());
        };
        let phase = std::mem::replace(&mut place.phase, Phase::Free);
        let Phase::Making { run, begun, ends } = phase else {
            return self.lose(socket, index, "the keeper made what nobody asked for");
        };
        let sandbox = begun.made(first);
        if place.doomed {
            place.slot.kill(&sandbox);
        }
        place.phase = Phase::Taken {
            run,
            sandbox,
            alarmed: false,
        };
        send(socket, &Event::Spawned { run }, &ends.descriptors())
    }

    /// A slot is of no use any more: whatever is in it is killed with it.
    fn lose(&mut self, socket: &OwnedFd, index: usize, reason: &str) -> Result<(), Stopped> {
        let Some(place) = self.slots.close(index) else {
            return Ok(());
        };
        tracing::error!(slot = index, reason, "a slot is lost");
        let Place {
            slot,
            phase,
            waiting,
            ..
        } = place;
        if let Some(order) = waiting {
            refuse(socket, order.run, reason.to_owned())?;
        }
        match phase {
            Phase::Making { run, .. } => refuse(socket, run, reason.to_owned())?,
            Phase::Taken {
                run, mut sandbox, ..
            } => {
                let kept = sandbox.take_kept();
                let (exit, usage) = slot.finish(sandbox).unwrap_or_default();
                drop(slot);
                send(socket, &Event::Ended { run, exit, usage }, &[])?;
                if kept.is_some() {
                    send(socket, &Event::Freed { run }, &[])?;
                }
            }
            Phase::Collecting { run, .. } => {
                drop(slot);
                send(socket, &Event::Freed { run }, &[])?;
            }
            Phase::Opening | Phase::Joining | Phase::Free => {}
        }
        Ok(())
    }

    /// On cgroup v1 the kernel kills one process; the run is over all the same.
    fn out_of_memory(&mut self, index: usize) {
        if let Some(place) = self.slots.get_mut(index)
            && let Phase::Taken {
                sandbox, alarmed, ..
            } = &mut place.phase
        {
            *alarmed = true;
            place.slot.kill(sandbox);
        }
    }

    fn finish(&mut self, socket: &OwnedFd, index: usize) -> Result<(), Stopped> {
        let Some(place) = self.slots.get_mut(index) else {
            return Ok(());
        };
        let phase = std::mem::replace(&mut place.phase, Phase::Free);
        let Phase::Taken {
            run, mut sandbox, ..
        } = phase
        else {
            place.phase = phase;
            return Ok(());
        };
        let kept = sandbox.take_kept();
        let (exit, usage, usable) = match place.slot.finish(sandbox) {
            Ok((exit, usage)) => (exit, usage, true),
            Err(error) => (Exit::Failed(explain(&error)), Usage::default(), false),
        };
        send(socket, &Event::Ended { run, exit, usage }, &[])?;
        match kept {
            Some(kept) => self.collect(socket, index, run, kept, usable),
            None => {
                self.release(index, usable);
                Ok(())
            }
        }
    }

    /// Makes a slot ready for another run, or closes it. After the answer: this can take some milliseconds.
    fn release(&mut self, index: usize, usable: bool) {
        let Some(place) = self.slots.get_mut(index) else {
            return;
        };
        let current = self.templates.number(place.profile);
        let clean = place.slot.tidy().unwrap_or_else(|error| {
            tracing::error!(slot = index, error = explain(&error), "a slot is given up");
            false
        });
        if usable && clean && Some(place.generation) == current {
            self.slots.set_free(index);
        } else {
            self.slots.retire(index);
        }
    }

    /// Whether there was one.
    fn pass_on_signal(&mut self, daemon: nix::unistd::Pid) -> Result<bool, Stopped> {
        let signal = self
            .signals
            .read_signal()
            .map_err(system("reading a signal"))?;
        if let Some(info) = &signal {
            tracing::info!(signal = info.ssi_signo, "asked to stop; the daemon drains");
            // It may be gone already; its socket tells.
            let _ = nix::sys::signal::kill(daemon, Signal::SIGTERM);
        }
        Ok(signal.is_some())
    }
}

impl Drop for Launcher {
    fn drop(&mut self) {
        // Each slot is killed and its group removed by its own drop; then the parent can go.
        self.slots = Slots::new(0);
        self.builder.parent.remove();
    }
}

/// An error with its cause, for the daemon and the log.
pub(crate) fn explain(error: &SlotError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn refuse(socket: &OwnedFd, run: u64, mut reason: String) -> Result<(), Stopped> {
    reason.truncate(reason.floor_char_boundary(MAX_MESSAGE / 4));
    tracing::error!(run, reason, "a sandbox could not be made");
    send(socket, &Event::Refused { run, reason }, &[])
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
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
            ) =>
        {
            Ok(())
        }
        other => other.map_err(system("sending to the daemon")),
    }
}
