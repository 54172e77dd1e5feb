//! Following a run: a snapshot, then its events in order, a heartbeat when nothing happens, and
//! its end last. The stream reads the run's log at the pace of whoever takes from it.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, Stream};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::live::{LiveRun, Next};
use super::log::Event;
use super::model::{OutputStream, QueuePosition, Run};
use crate::platform::clock::SharedClock;
use crate::platform::errors::Error;

/// So long without an event brings a heartbeat.
pub const HEARTBEAT_EVERY: Duration = Duration::from_secs(10);

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
    /// The run as it stands; always first.
    Snapshot(Run),
    /// It moved in the queue.
    Queued(QueuePosition),
    /// Its program started.
    Started,
    /// Its program wrote something.
    Output(OutputStream, Vec<u8>),
    /// Nothing.
    Heartbeat,
    /// It ended; always last.
    Finished(Run),
}

struct Watcher {
    run: Arc<LiveRun>,
    versions: watch::Receiver<u64>,
    clock: SharedClock,
    closing: CancellationToken,
    after: u64,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Snapshot,
    Events,
    Over,
}

/// Follows a run from `after` on. `closing` ends the stream with SHUTTING_DOWN.
pub fn watch(
    run: Arc<LiveRun>,
    after: u64,
    clock: SharedClock,
    closing: CancellationToken,
) -> impl Stream<Item = Result<Heard, Error>> + Send + 'static {
    let versions = run.versions();
    let watcher = Watcher {
        run,
        versions,
        clock,
        closing,
        after,
        stage: Stage::Snapshot,
    };
    stream::unfold(watcher, |mut watcher| async move {
        let item = watcher.next().await?;
        Some((item, watcher))
    })
}

impl Watcher {
    async fn next(&mut self) -> Option<Result<Heard, Error>> {
        match self.stage {
            Stage::Snapshot => Some(Ok(self.snapshot())),
            Stage::Events => Some(self.event().await),
            Stage::Over => None,
        }
    }

    fn snapshot(&mut self) -> Heard {
        self.stage = Stage::Events;
        let (sequence, run) = match self.after {
            0 => self.run.begin(),
            after => self.run.resume(after),
        };
        self.after = sequence;
        self.heard(What::Snapshot(run))
    }

    async fn event(&mut self) -> Result<Heard, Error> {
        loop {
            self.versions.mark_unchanged();
            match self.run.read(self.after) {
                Next::Entry(entry) => {
                    self.after = entry.sequence;
                    let what = match entry.event {
                        Event::Queued(position) => What::Queued(position),
                        Event::Started => What::Started,
                        Event::Output(stream, data) => What::Output(stream, data),
                    };
                    return Ok(Heard {
                        sequence: self.after,
                        time: entry.time,
                        what,
                    });
                }
                Next::Finished(sequence, run) => {
                    self.after = sequence;
                    self.stage = Stage::Over;
                    return Ok(self.heard(What::Finished(*run)));
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
                () = self.run.replaced.cancelled() => {
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
