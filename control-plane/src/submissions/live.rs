//! Submissions that have not ended, as this process sees them. Watchers read the events at their
//! own pace and are woken by a version number.
//!
//! As with runs, a sequence number holds the attempt in its upper half, so that it rises also
//! when grading begins anew after a crash.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::model::{Grade, Submission};
use crate::execution::model::{QueuePosition, State};
use crate::execution::notes::Notes;
use crate::judge::TestResult;
use crate::platform::context::Role;
use crate::platform::ids::{SubmissionId, UserId};

const ATTEMPT_SHIFT: u32 = 32;

/// All submissions that have not ended.
#[derive(Default)]
pub struct LiveSubmissions(Mutex<HashMap<SubmissionId, Arc<LiveSubmission>>>);

/// A submission that has not ended, or one that was read from the database to be watched.
pub struct LiveSubmission {
    /// What becomes of its attempts.
    pub notes: Notes,
    /// Cancelled when another one takes its place; its watchers come again.
    pub replaced: CancellationToken,
    inner: Mutex<Inner>,
    version: watch::Sender<u64>,
}

struct Inner {
    submission: Submission,
    attempt: u32,
    entries: Vec<Entry>,
}

/// An event that a watcher reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Rises with each.
    pub sequence: u64,
    /// When it happened.
    pub time: Timestamp,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// It moved in the queue.
    Queued(QueuePosition),
    /// Grading started.
    Started,
    /// A test ended. As much as its author may see.
    Tested(Box<TestResult>),
}

/// What a watcher gets next.
pub enum Next {
    /// An event.
    Entry(Entry),
    /// The end, and its place in the sequence.
    Finished(u64, Box<Submission>),
    /// Nothing yet.
    Wait,
}

impl LiveSubmissions {
    /// Adds a submission.
    pub fn insert(&self, submission: Arc<LiveSubmission>) {
        let id = submission.id();
        self.lock().insert(id, submission);
    }

    /// A submission that has not ended.
    pub fn get(&self, id: SubmissionId) -> Option<Arc<LiveSubmission>> {
        self.lock().get(&id).cloned()
    }

    /// Forgets one that has ended, but none that took its place.
    pub fn remove(&self, submission: &LiveSubmission) {
        let mut submissions = self.lock();
        let id = submission.id();
        if submissions
            .get(&id)
            .is_some_and(|known| std::ptr::eq(&**known, submission))
        {
            submissions.remove(&id);
        }
    }

    /// All of them.
    pub fn all(&self) -> Vec<Arc<LiveSubmission>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SubmissionId, Arc<LiveSubmission>>> {
        self.0
            .lock()
            .expect("nobody panics while holding the submissions")
    }
}

impl LiveSubmission {
    /// A submission whose last attempt was `attempt`.
    pub fn new(submission: Submission, attempt: u32) -> Arc<Self> {
        let inner = Inner {
            submission,
            attempt,
            entries: Vec::new(),
        };
        Arc::new(Self {
            notes: Notes::default(),
            replaced: CancellationToken::new(),
            inner: Mutex::new(inner),
            version: watch::Sender::new(0),
        })
    }

    /// Names it.
    pub fn id(&self) -> SubmissionId {
        self.inner().submission.id
    }

    /// Whose it is.
    pub fn user(&self) -> UserId {
        self.inner().submission.user
    }

    /// Its last attempt.
    pub fn attempt(&self) -> u32 {
        self.inner().attempt
    }

    /// The submission as somebody with this role may see it.
    pub fn snapshot(&self, viewer: Role) -> Submission {
        self.inner().submission.clone().shown_to(viewer)
    }

    /// The same, with the place up to which it holds.
    pub fn begin(&self, viewer: Role) -> (u64, Submission) {
        let inner = self.inner();
        (inner.end(), inner.submission.clone().shown_to(viewer))
    }

    /// Rises with each change.
    pub fn versions(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// The next event behind a place, for somebody with this role.
    pub fn read(&self, after: u64, viewer: Role) -> Next {
        let inner = self.inner();
        let index = inner
            .entries
            .partition_point(|entry| entry.sequence <= after);
        match inner.entries.get(index) {
            Some(entry) => Next::Entry(entry.clone()),
            None if inner.submission.state == State::Finished => Next::Finished(
                inner.end().max(after) + 1,
                Box::new(inner.submission.clone().shown_to(viewer)),
            ),
            None => Next::Wait,
        }
    }

    /// It moved in the queue.
    pub fn queued(&self, position: Option<QueuePosition>, now: Timestamp) {
        let mut inner = self.inner();
        let submission = &mut inner.submission;
        if submission.state != State::Queued || submission.queue_position == position {
            return;
        }
        submission.queue_position = position;
        if let Some(position) = position {
            let sequence = inner.end() + 1;
            // Only the last place is worth knowing.
            inner.entries.clear();
            inner.entries.push(Entry {
                sequence,
                time: now,
                event: Event::Queued(position),
            });
        }
        drop(inner);
        self.changed();
    }

    /// Grading starts with this attempt; what an earlier one found is void.
    pub fn started(&self, attempt: u32, now: Timestamp) {
        let mut inner = self.inner();
        inner.attempt = attempt;
        inner.entries.clear();
        let submission = &mut inner.submission;
        submission.state = State::Running;
        submission.queue_position = None;
        submission.start_time = Some(now);
        submission.results.clear();
        submission.passed_test_count = 0;
        inner.push(Event::Started, now);
        drop(inner);
        self.changed();
    }

    /// A test ended.
    pub fn tested(&self, result: TestResult, now: Timestamp) {
        let mut inner = self.inner();
        let shown = result.shown_at(inner.submission.feedback);
        let results = &mut inner.submission.results;
        let place = results.partition_point(|other| other.number < result.number);
        results.insert(place, result);
        if let Some(shown) = shown {
            inner.push(Event::Tested(Box::new(shown)), now);
        }
        drop(inner);
        self.changed();
    }

    /// The submission as it is to be stored with this grade.
    pub fn graded(&self, grade: Grade, now: Timestamp) -> Submission {
        self.inner().submission.graded(grade, now)
    }

    /// Whether it has ended and its end is stored.
    pub fn is_over(&self) -> bool {
        self.inner().submission.state == State::Finished
    }

    /// Shows the stored end to all watchers.
    pub fn publish(&self, submission: Submission) {
        self.inner().submission = submission;
        self.changed();
    }

    fn changed(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner
            .lock()
            .expect("nobody panics while holding a submission")
    }
}

impl Inner {
    fn end(&self) -> u64 {
        let base = u64::from(self.attempt) << ATTEMPT_SHIFT;
        self.entries.last().map_or(base, |entry| entry.sequence)
    }

    fn push(&mut self, event: Event, time: Timestamp) {
        let sequence = self.end() + 1;
        self.entries.push(Entry {
            sequence,
            time,
            event,
        });
    }
}
