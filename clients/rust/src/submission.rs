//! Submitting a program for grading, and following it to its verdict.

use std::collections::{HashSet, VecDeque};

use coderunner_proto::common::v1::{Program, SourceFile};
use coderunner_proto::v1::submission_service_client::SubmissionServiceClient;
use coderunner_proto::v1::watch_submission_response::Event;
use coderunner_proto::v1::{
    CreateSubmissionRequest, GetSubmissionRequest, QueuePosition, QueueUpdate, Submission,
    TestResult, WatchSubmissionRequest, WatchSubmissionResponse,
};
use futures::stream::BoxStream;
use tonic::Streaming;

use crate::client::{Login, Repeat};
use crate::execution::new_request_id;
use crate::watch::{Feed, Read, follow};
use crate::{Client, Error};

/// A program to grade.
#[derive(Debug, Clone, Default)]
pub struct NewSubmission {
    /// The problem's slug.
    pub problem: String,
    /// Python source of the main file.
    pub source: String,
    /// More files for its working directory.
    pub files: Vec<SourceFile>,
}

/// What happens to a submission.
#[derive(Debug, Clone, PartialEq)]
pub enum SubmissionEvent {
    /// It waits, with this many before it.
    Queued(QueuePosition),
    /// Grading started.
    Started,
    /// A test ended. Tests run side by side: numbers come in any order, each once.
    Test(Box<TestResult>),
    /// The connection is lost; it is tried again. Once for each loss that lasts.
    Reconnecting,
    /// It has its verdict. Always last.
    Finished(Box<Submission>),
}

/// Events of one submission, ending with [`SubmissionEvent::Finished`] or one error.
pub type SubmissionEvents = BoxStream<'static, Result<SubmissionEvent, Error>>;

/// A submission that was accepted for grading.
pub struct StartedSubmission {
    /// The submission as it was accepted.
    pub submission: Submission,
    /// What happens to it.
    pub events: SubmissionEvents,
}

impl Client {
    /// Submits a program and follows the grading.
    pub async fn submit(&self, new: NewSubmission) -> Result<StartedSubmission, Error> {
        let submission = self.create_submission(new).await?;
        let events = self.watch_submission(&submission.id);
        Ok(StartedSubmission { submission, events })
    }

    /// Puts a program into the queue for grading.
    pub async fn create_submission(&self, new: NewSubmission) -> Result<Submission, Error> {
        let NewSubmission {
            problem,
            source,
            files,
        } = new;
        let request = CreateSubmissionRequest {
            request_id: new_request_id(),
            problem,
            program: Some(Program { source, files }),
        };
        let answer = self
            .call(
                request,
                Login::Needed,
                Repeat::Safe,
                |channel, request| async move {
                    SubmissionServiceClient::new(channel)
                        .create_submission(request)
                        .await
                },
            )
            .await?;
        answer.submission.ok_or(Error::Incomplete("submission"))
    }

    /// Follows a submission from its beginning, over as many connections as it takes.
    pub fn watch_submission(&self, submission_id: &str) -> SubmissionEvents {
        let feed = SubmissionFeed {
            submission_id: submission_id.to_owned(),
            started: false,
            seen_tests: HashSet::new(),
        };
        follow(self.clone(), feed)
    }

    /// A submission as it stands, with its source.
    pub async fn get_submission(&self, submission_id: &str) -> Result<Submission, Error> {
        let request = GetSubmissionRequest {
            submission_id: submission_id.to_owned(),
        };
        let answer = self
            .call(
                request,
                Login::Needed,
                Repeat::Safe,
                |channel, request| async move {
                    SubmissionServiceClient::new(channel)
                        .get_submission(request)
                        .await
                },
            )
            .await?;
        answer.submission.ok_or(Error::Incomplete("submission"))
    }
}

/// Watches one submission. Remembers which tests were handed on, because a snapshot repeats them.
struct SubmissionFeed {
    submission_id: String,
    started: bool,
    seen_tests: HashSet<i32>,
}

impl Feed for SubmissionFeed {
    type Message = WatchSubmissionResponse;
    type Event = SubmissionEvent;

    fn reconnecting() -> SubmissionEvent {
        SubmissionEvent::Reconnecting
    }

    async fn open(
        &self,
        client: &Client,
        after_sequence: i64,
    ) -> Result<Streaming<WatchSubmissionResponse>, Error> {
        let request = WatchSubmissionRequest {
            submission_id: self.submission_id.clone(),
            after_sequence,
        };
        client
            .open(request, |channel, request| async move {
                SubmissionServiceClient::new(channel)
                    .watch_submission(request)
                    .await
            })
            .await
    }

    fn read(
        &mut self,
        message: WatchSubmissionResponse,
        resumed: bool,
        events: &mut VecDeque<SubmissionEvent>,
    ) -> Option<Read> {
        let WatchSubmissionResponse {
            sequence,
            event_time: _,
            event,
        } = message;
        let mut last = false;
        match event? {
            Event::Snapshot(_) if resumed => return Some(Read::NOTHING_NEW),
            Event::Snapshot(submission) => {
                events.extend(submission.queue_position.map(SubmissionEvent::Queued));
                if submission.start_time.is_some() {
                    self.start(events);
                }
                for result in submission.test_results {
                    self.hand_on(result, events);
                }
            }
            Event::QueueUpdate(QueueUpdate { queue_position }) => {
                events.extend(queue_position.map(SubmissionEvent::Queued));
            }
            Event::Started(_) => self.start(events),
            Event::TestResult(result) => self.hand_on(result, events),
            Event::Heartbeat(_) => {}
            Event::Finished(submission) => {
                events.push_back(SubmissionEvent::Finished(Box::new(submission)));
                last = true;
            }
        }
        Some(Read { sequence, last })
    }
}

impl SubmissionFeed {
    fn start(&mut self, events: &mut VecDeque<SubmissionEvent>) {
        if !std::mem::replace(&mut self.started, true) {
            events.push_back(SubmissionEvent::Started);
        }
    }

    fn hand_on(&mut self, result: TestResult, events: &mut VecDeque<SubmissionEvent>) {
        if self.seen_tests.insert(result.number) {
            events.push_back(SubmissionEvent::Test(Box::new(result)));
        }
    }
}
