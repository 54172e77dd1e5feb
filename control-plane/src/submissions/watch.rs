//! Following a submission: a snapshot, then its events in order, a heartbeat when nothing
//! happens, and its end last.

use std::sync::Arc;

use futures::stream::{self, Stream};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::live::{Event, LiveSubmission, Next};
use super::model::Submission;
use crate::execution::watch::HEARTBEAT_EVERY;
use crate::platform::clock::SharedClock;
use crate::platform::context::Role;
use crate::platform::errors::Error;

/// What a watcher hears.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Rises with each event.
    pub sequence: u64,
    /// When it happened.
    pub time: Timestamp,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// The submission as it stands; always first.
    Snapshot(Submission),
    /// Something.
    Event(Event),
    /// Nothing.
    Heartbeat,
    /// It ended; always last.
    Finished(Submission),
}

struct Watcher {
    submission: Arc<LiveSubmission>,
    versions: watch::Receiver<u64>,
    clock: SharedClock,
    closing: CancellationToken,
    viewer: Role,
    after: u64,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Snapshot,
    Events,
    Over,
}

/// Follows a submission from `after` on, as somebody with this role may. `closing` ends the stream with SHUTTING_DOWN.
pub fn watch(
    submission: Arc<LiveSubmission>,
    viewer: Role,
    after: u64,
    clock: SharedClock,
    closing: CancellationToken,
) -> impl Stream<Item = Result<Heard, Error>> + Send + 'static {
    let versions = submission.versions();
    let watcher = Watcher {
        submission,
        versions,
        clock,
        closing,
        viewer,
        after,
        stage: Stage::Snapshot,
    };
    stream::unfold(watcher, |mut watcher| async move {
        let item = match watcher.stage {
            Stage::Snapshot => Ok(watcher.snapshot()),
            Stage::Events => watcher.event().await,
            Stage::Over => return None,
        };
        Some((item, watcher))
    })
}

impl Watcher {
    fn snapshot(&mut self) -> Heard {
        self.stage = Stage::Events;
        let (end, submission) = self.submission.begin(self.viewer);
        if self.after == 0 {
            self.after = end;
        }
        self.heard(What::Snapshot(submission))
    }

    async fn event(&mut self) -> Result<Heard, Error> {
        loop {
            self.versions.mark_unchanged();
            match self.submission.read(self.after, self.viewer) {
                Next::Entry(entry) => {
                    self.after = entry.sequence;
                    let what = What::Event(entry.event);
                    return Ok(Heard {
                        sequence: self.after,
                        time: entry.time,
                        what,
                    });
                }
                Next::Finished(sequence, submission) => {
                    self.after = sequence;
                    self.stage = Stage::Over;
                    return Ok(self.heard(What::Finished(*submission)));
                }
                Next::Wait => {}
            }
            tokio::select! {
                // The last event of a run and the end of the server can come at one time: the event goes first.
                biased;
                _ = self.versions.changed() => {}
                () = tokio::time::sleep(HEARTBEAT_EVERY) => return Ok(self.heard(What::Heartbeat)),
                () = self.closing.cancelled() => {
                    self.stage = Stage::Over;
                    return Err(Error::shutting_down());
                }
                () = self.submission.replaced.cancelled() => {
                    self.stage = Stage::Over;
                    return Err(Error::shutting_down());
                }
            }
        }
    }

    fn heard(&self, what: What) -> Heard {
        Heard {
            sequence: self.after,
            time: self.clock.now(),
            what,
        }
    }
}
