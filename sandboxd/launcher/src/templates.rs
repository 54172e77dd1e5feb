//! The templates of a launcher: for each profile the one that zygotes are copied from now, and the one that
//! takes over as soon as it is ready. The first of a profile is started when its first slot is opened; the
//! standard library's with the launcher.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use sandboxd_sandbox::slot::SlotError;
use sandboxd_sandbox::zygote::{Reply, Template};
use sandboxd_sandbox::{Builder, Profile};

use crate::launcher::explain;

/// One template.
#[derive(Debug)]
pub struct Generation {
    /// Its process.
    pub template: Template,
    /// Rises with each template of a profile.
    pub number: u64,
    /// It can be copied.
    pub ready: bool,
    /// It was copied at least once.
    copied: bool,
    /// Zygotes that it was asked for and has not answered for.
    owed: usize,
    started: Instant,
}

impl Generation {
    fn start(builder: &Builder, profile: Profile, number: u64) -> Result<Self, SlotError> {
        tracing::debug!(profile = profile.name(), number, "starting a template");
        Ok(Self {
            template: builder.template(profile)?,
            number,
            ready: false,
            copied: false,
            owed: 0,
            started: Instant::now(),
        })
    }

    /// Notes that it was asked for a zygote.
    pub fn asked(&mut self) {
        self.copied = true;
        self.owed += 1;
    }

    /// A reply that makes no sense is the end of it.
    fn reply(&mut self) -> Reply {
        let reply = self.template.reply().unwrap_or_else(|error| {
            tracing::error!(%error, "the template of the zygotes can't be understood");
            Reply::Gone
        });
        match &reply {
            Reply::Loaded => {
                if let Err(error) = self.template.show_memory() {
                    tracing::error!(%error, "the template of the zygotes was not told of its memory");
                    return Reply::Gone;
                }
            }
            Reply::Ready => self.ready = true,
            Reply::Joined { .. } | Reply::Failed { .. } => self.owed = self.owed.saturating_sub(1),
            Reply::Gone => {}
        }
        reply
    }
}

/// One profile's templates.
#[derive(Debug, Default)]
struct Line {
    current: Option<Generation>,
    next: Option<Generation>,
    /// How many were started.
    started: u64,
}

/// Which of a profile's two templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The one that is copied.
    Current,
    /// The one that takes over.
    Next,
}

/// See the module.
#[derive(Debug)]
pub struct Templates {
    lines: [Line; Profile::COUNT],
    age: Duration,
}

impl Templates {
    /// None yet. Each is copied for `age` after its start; all copies of one have the same hash seed.
    pub fn new(age: Duration) -> Self {
        Self {
            lines: std::array::from_fn(|_| Line::default()),
            age,
        }
    }

    /// The template that a profile's zygotes are copied from; started if there is none.
    ///
    /// # Errors
    /// When its process can't be made.
    pub fn current(
        &mut self,
        builder: &Builder,
        profile: Profile,
    ) -> Result<&mut Generation, SlotError> {
        let line = &mut self.lines[profile.index()];
        let generation = match line.current.take() {
            Some(generation) => generation,
            None => line.start(builder, profile)?,
        };
        Ok(line.current.insert(generation))
    }

    /// The number of the template that a profile's zygotes are copied from; `None` when there is none.
    pub fn number(&self, profile: Profile) -> Option<u64> {
        let line = &self.lines[profile.index()];
        line.current.as_ref().map(|generation| generation.number)
    }

    /// What a profile's current template says; [`Reply::Gone`] when there is none.
    pub fn reply(&mut self, profile: Profile) -> Reply {
        let line = &mut self.lines[profile.index()];
        let Some(current) = &mut line.current else {
            return Reply::Gone;
        };
        let reply = current.reply();
        line.hand_over();
        reply
    }

    /// Takes away a profile's current template, which is gone.
    pub fn lose(&mut self, profile: Profile) -> Option<Generation> {
        let line = &mut self.lines[profile.index()];
        let lost = line.current.take();
        line.hand_over();
        lost
    }

    /// Hears a profile's next template, which takes over when it is ready. Slots of the old one go when their
    /// sandbox has gone.
    pub fn hear_next(&mut self, profile: Profile) {
        let line = &mut self.lines[profile.index()];
        let Some(mut next) = line.next.take() else {
            return;
        };
        match next.reply() {
            Reply::Loaded => line.next = Some(next),
            Reply::Ready => {
                line.next = Some(next);
                line.hand_over();
            }
            other => tracing::error!(
                ?other,
                profile = profile.name(),
                complaints = next.template.complaints(),
                "a new template of the zygotes did not start; the old one stays"
            ),
        }
    }

    /// Starts a profile's next template when the current one was copied for long enough.
    pub fn renew(&mut self, builder: &Builder, profile: Profile) {
        let age = self.age;
        let line = &mut self.lines[profile.index()];
        let due =
            |generation: &Generation| generation.copied && generation.started.elapsed() >= age;
        if line.next.is_some() || !line.current.as_ref().is_some_and(due) {
            return;
        }
        match line.start(builder, profile) {
            Ok(next) => line.next = Some(next),
            Err(error) => {
                tracing::error!(error = explain(&error), "no new template of the zygotes");
            }
        }
    }

    /// What to wait for.
    pub fn watched(&self) -> impl Iterator<Item = (Profile, Turn, BorrowedFd<'_>)> {
        Profile::ALL.into_iter().flat_map(|profile| {
            let Line { current, next, .. } = &self.lines[profile.index()];
            [(Turn::Current, current), (Turn::Next, next)]
                .into_iter()
                .filter_map(move |(turn, generation)| {
                    let socket = generation.as_ref()?.template.socket();
                    Some((profile, turn, socket))
                })
        })
    }
}

impl Line {
    /// Puts the next template into the place of the current one, as soon as it is ready and no slot waits for a
    /// copy of the old one, which ends here.
    fn hand_over(&mut self) {
        let owes = self
            .current
            .as_ref()
            .is_some_and(|current| current.owed > 0);
        if !owes && self.next.as_ref().is_some_and(|next| next.ready) {
            self.current = self.next.take();
        }
    }

    fn start(&mut self, builder: &Builder, profile: Profile) -> Result<Generation, SlotError> {
        let number = self.started;
        self.started += 1;
        Generation::start(builder, profile, number)
    }
}
