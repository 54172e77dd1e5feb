//! Runs that have not ended, as this process sees them: state, log, and how to type into them.
//! Watchers read the log at their own pace and are woken by a version number, so that nothing is
//! kept for any of them and a slow one holds nobody up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::kept::RunFiles;
use super::log::{Entry, Log, Room, Written};
use super::model::{Ending, OutputStream, QueuePosition, Run, State};
use super::notes::Notes;
use super::runner_client::RunnerClient;
use super::store::Stored;
use crate::explain::Explanation;
use crate::platform::ids::{RunId, UserId};

/// Most typed bytes that are kept to be typed again for another attempt.
const MAX_REPLAY: usize = 1024 * 1024;

/// All runs that have not ended.
#[derive(Default)]
pub struct LiveRuns(Mutex<HashMap<RunId, Arc<LiveRun>>>);

/// A run that has not ended, or one that was read from the database to be watched.
pub struct LiveRun {
    /// Standard input stays open.
    pub interactive: bool,
    /// Cancelled when its owner stops it.
    pub cancel: CancellationToken,
    /// What was typed; locked while something is being typed, so that it arrives in order.
    pub input: tokio::sync::Mutex<Typed>,
    /// What becomes of its attempts.
    pub notes: Notes,
    /// Cancelled when another one takes its place; its watchers come again.
    pub replaced: CancellationToken,
    room: Room,
    inner: Mutex<Inner>,
    version: watch::Sender<u64>,
}

struct Inner {
    /// Without output; that is in the log.
    run: Run,
    attempt: u32,
    log: Log,
    /// Where the program is, from its start to its end.
    place: Option<Place>,
    placing: Option<Place>,
}

/// Where a program is.
#[derive(Clone)]
pub struct Place {
    /// Its runner.
    pub runner: RunnerClient,
    /// Its name there.
    pub name: String,
}

/// What a user typed into a program.
#[derive(Debug, Default)]
pub struct Typed {
    /// Digests of the pieces that came with a request_id.
    pub seen: HashMap<String, [u8; 32]>,
    /// Everything so far; nothing when it was too much to keep.
    bytes: Vec<u8>,
    too_much: bool,
    /// Standard input was closed.
    pub closed: bool,
}

impl Typed {
    /// Keeps a piece for another attempt.
    pub fn push(&mut self, data: &[u8]) {
        self.too_much |= self.bytes.len() + data.len() > MAX_REPLAY;
        if self.too_much {
            self.bytes = Vec::new();
        } else {
            self.bytes.extend(data);
        }
    }

    /// Everything that was typed; none when it was too much to keep.
    pub fn replay(&self) -> Option<&[u8]> {
        (!self.too_much).then_some(&self.bytes)
    }
}

/// What a watcher gets next.
pub enum Next {
    /// An event of the log.
    Entry(Entry),
    /// The end, and its place in the sequence.
    Finished(u64, Box<Run>),
    /// Nothing yet.
    Wait,
}

impl LiveRuns {
    /// Adds a run.
    pub fn insert(&self, run: Arc<LiveRun>) {
        let id = run.id();
        self.lock().insert(id, run);
    }

    /// A run that has not ended.
    pub fn get(&self, id: RunId) -> Option<Arc<LiveRun>> {
        self.lock().get(&id).cloned()
    }

    /// Forgets a run that has ended, but none that took its place. Its watchers keep it until they
    /// have read it.
    pub fn remove(&self, run: &LiveRun) {
        let mut runs = self.lock();
        let id = run.id();
        if runs
            .get(&id)
            .is_some_and(|known| std::ptr::eq(&**known, run))
        {
            runs.remove(&id);
        }
    }

    /// All of them.
    pub fn all(&self) -> Vec<Arc<LiveRun>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, Arc<LiveRun>>> {
        self.0.lock().expect("nobody panics while holding the runs")
    }
}

impl LiveRun {
    /// A run whose last attempt was `attempt`.
    pub fn new(run: Run, interactive: bool, attempt: u32, room: impl Into<Room>) -> Arc<Self> {
        let room = room.into();
        let log = Log::new(attempt, room);
        Self::with_log(run, interactive, attempt, room, log)
    }

    /// A stored run, to be watched like one that is live.
    pub fn restore(stored: Stored) -> Arc<Self> {
        let Stored {
            mut run,
            attempt,
            order,
        } = stored;
        let written = Written {
            stdout: &run.stdout,
            stderr: &run.stderr,
            drawing: &run.drawing,
        };
        let log = Log::restore(attempt, run.start_time, written, &order);
        run.forget_output();
        Self::with_log(run, false, attempt, 0.into(), log)
    }

    fn with_log(run: Run, interactive: bool, attempt: u32, room: Room, log: Log) -> Arc<Self> {
        let inner = Inner {
            run,
            attempt,
            log,
            place: None,
            placing: None,
        };
        Arc::new(Self {
            interactive,
            cancel: CancellationToken::new(),
            input: tokio::sync::Mutex::default(),
            notes: Notes::default(),
            replaced: CancellationToken::new(),
            room,
            inner: Mutex::new(inner),
            version: watch::Sender::new(0),
        })
    }

    /// Names the run.
    pub fn id(&self) -> RunId {
        self.inner().run.id
    }

    /// Whose it is.
    pub fn user(&self) -> UserId {
        self.inner().run.user
    }

    /// The run as it stands, with its output.
    pub fn snapshot(&self) -> Run {
        self.inner().full()
    }

    /// The run as it stands without output, and the place in the log up to which that holds.
    pub fn resume(&self, after: u64) -> (u64, Run) {
        let inner = self.inner();
        (inner.log.resume(after), inner.run.clone())
    }

    /// The run with its output, and the place in the log up to which that holds.
    pub fn begin(&self) -> (u64, Run) {
        let inner = self.inner();
        (inner.log.end(), inner.full())
    }

    /// Whether it has ended and its end is stored.
    pub fn is_over(&self) -> bool {
        self.inner().run.state == State::Finished
    }

    /// Its last attempt.
    pub fn attempt(&self) -> u32 {
        self.inner().attempt
    }

    /// Where its program runs now.
    pub fn place(&self) -> Option<Place> {
        self.inner().place.clone()
    }

    /// Rises with each change.
    pub fn versions(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// The next event behind a place.
    pub fn read(&self, after: u64) -> Next {
        let inner = self.inner();
        match inner.log.read(after) {
            Some(entry) => Next::Entry(entry),
            None if inner.run.state == State::Finished => {
                Next::Finished(inner.log.end().max(after) + 1, Box::new(inner.full()))
            }
            None => Next::Wait,
        }
    }

    /// It moved in the queue.
    pub fn queued(&self, position: Option<QueuePosition>, now: Timestamp) {
        let mut inner = self.inner();
        if inner.run.state != State::Queued || inner.run.queue_position == position {
            return;
        }
        inner.run.queue_position = position;
        if let Some(position) = position {
            inner.log.queue(position, now);
        }
        drop(inner);
        self.changed();
    }

    /// A new attempt begins; what an earlier one wrote is void.
    pub fn attempted(&self, attempt: u32) {
        let mut inner = self.inner();
        inner.attempt = attempt;
        inner.log = Log::new(attempt, self.room);
        inner.place = None;
        drop(inner);
        self.changed();
    }

    /// Its program is on the way to a runner.
    pub fn placing(&self, place: Place) {
        self.inner().placing = Some(place);
    }

    /// Its program started.
    pub fn started(&self, now: Timestamp) {
        let mut inner = self.inner();
        inner.run.state = State::Running;
        inner.run.queue_position = None;
        inner.run.start_time = Some(now);
        inner.log.start(now);
        inner.place = inner.placing.take();
        drop(inner);
        self.changed();
    }

    /// Its program wrote something.
    pub fn wrote(&self, stream: OutputStream, data: &[u8], now: Timestamp) {
        self.inner().log.write(stream, data, now);
        self.changed();
    }

    /// What its program wrote to standard error.
    pub fn stderr(&self) -> Vec<u8> {
        self.inner().log.written(OutputStream::Stderr).to_vec()
    }

    /// The run as it is to be stored with this ending. Nothing can be typed any more.
    pub fn ended(
        &self,
        ending: Ending,
        files: Option<RunFiles>,
        explanation: Option<Explanation>,
        now: Timestamp,
    ) -> Stored {
        let mut inner = self.inner();
        inner.place = None;
        inner.log.finish(now);
        let mut run = inner.full();
        run.state = State::Finished;
        run.queue_position = None;
        run.ending = Some(ending);
        run.files = files;
        run.explanation = explanation;
        run.finish_time = Some(now);
        Stored {
            run,
            attempt: inner.attempt,
            order: inner.log.order(),
        }
    }

    /// Shows the stored end to all watchers.
    pub fn publish(&self, stored: Stored) {
        let mut run = stored.run;
        run.forget_output();
        self.inner().run = run;
        self.changed();
    }

    fn changed(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner
            .lock()
            .expect("nobody panics while holding a run")
    }
}

impl Inner {
    fn full(&self) -> Run {
        Run {
            stdout: self.log.written(OutputStream::Stdout).to_vec(),
            stderr: self.log.written(OutputStream::Stderr).to_vec(),
            drawing: self.log.written(OutputStream::Drawing).to_vec(),
            ..self.run.clone()
        }
    }
}
