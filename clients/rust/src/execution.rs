//! Running a program: start it, follow it, type into it, stop it.

use std::collections::VecDeque;

use coderunner_proto::common::v1::{OutputStream, Program, SourceFile};
use coderunner_proto::v1::execution_service_client::ExecutionServiceClient;
use coderunner_proto::v1::watch_run_response::Event;
use coderunner_proto::v1::{
    CancelRunRequest, CloseInputRequest, CreateRunRequest, GetRunFileRequest, GetRunRequest,
    QueuePosition, QueueUpdate, Run, SendInputRequest, WatchRunRequest, WatchRunResponse,
};
use futures::stream::BoxStream;
use tonic::Streaming;
use tonic::transport::Channel;
use uuid::Uuid;

use crate::client::{Login, Repeat};
use crate::watch::{Feed, Read, follow};
use crate::{Client, Error};

/// Answers may hold the whole output of a run, which operators may allow to be large.
const ANSWER_LIMIT_BYTES: usize = 64 << 20;

/// A program to run.
#[derive(Debug, Clone, Default)]
pub struct NewRun {
    /// Python source of the main file.
    pub source: String,
    /// More files for its working directory.
    pub files: Vec<SourceFile>,
    /// Standard input that is there from the start.
    pub stdin: Vec<u8>,
    /// Leave standard input open for [`Client::send_input`].
    pub interactive: bool,
    /// What it finds in its interpreter, "python" or "science"; empty for "python".
    pub profile: String,
    /// Keep the files that it leaves, for [`Client::get_run_file`].
    pub collect_files: bool,
}

impl NewRun {
    /// A program of one file, without input.
    pub fn of_source(source: impl Into<String>) -> Self {
        NewRun {
            source: source.into(),
            ..NewRun::default()
        }
    }
}

/// One of the output streams of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// What turtle draws: lines of JSON, if nobody interferes.
    Drawing,
}

/// What happens to a run.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEvent {
    /// It waits, with this many before it.
    Queued(QueuePosition),
    /// It started. A second time when its runner was lost: output begins anew.
    Started,
    /// It wrote something: any bytes, cut anywhere.
    Output {
        /// Where.
        stream: Stream,
        /// What.
        data: Vec<u8>,
    },
    /// The connection is lost; it is tried again. Once for each loss that lasts.
    Reconnecting,
    /// It ended. Always last.
    Finished(Box<Run>),
}

/// Events of one run, ending with [`RunEvent::Finished`] or one error.
pub type RunEvents = BoxStream<'static, Result<RunEvent, Error>>;

/// A run that was accepted.
pub struct StartedRun {
    /// The run as it was accepted.
    pub run: Run,
    /// What happens to it.
    pub events: RunEvents,
}

impl Client {
    /// Starts a program and follows it.
    pub async fn run(&self, new: NewRun) -> Result<StartedRun, Error> {
        let run = self.create_run(new).await?;
        let events = self.watch_run(&run.id);
        Ok(StartedRun { run, events })
    }

    /// Puts a program into the queue.
    pub async fn create_run(&self, new: NewRun) -> Result<Run, Error> {
        let NewRun {
            source,
            files,
            stdin,
            interactive,
            profile,
            collect_files,
        } = new;
        let request = CreateRunRequest {
            request_id: new_request_id(),
            program: Some(Program { source, files }),
            stdin,
            interactive,
            profile,
            collect_files,
        };
        let answer = self
            .call(
                request,
                Login::Needed,
                Repeat::Safe,
                |channel, request| async move { stub(channel).create_run(request).await },
            )
            .await?;
        answer.run.ok_or(Error::Incomplete("run"))
    }

    /// Follows a run from its beginning, over as many connections as it takes. Dropping the
    /// stream leaves the run alone.
    pub fn watch_run(&self, run_id: &str) -> RunEvents {
        follow(self.clone(), RunFeed::new(run_id))
    }

    /// A run as it stands.
    pub async fn get_run(&self, run_id: &str) -> Result<Run, Error> {
        let request = GetRunRequest {
            run_id: run_id.to_owned(),
        };
        let answer = self
            .call(
                request,
                Login::Needed,
                Repeat::Safe,
                |channel, request| async move { stub(channel).get_run(request).await },
            )
            .await?;
        answer.run.ok_or(Error::Incomplete("run"))
    }

    /// The bytes of a file that a run left; the finished run lists their paths. A path is the program's choice:
    /// check it before you write to a place of that name.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the run has no such file.
    pub async fn get_run_file(&self, run_id: &str, path: &str) -> Result<Vec<u8>, Error> {
        let request = GetRunFileRequest {
            run_id: run_id.to_owned(),
            path: path.to_owned(),
        };
        self.call(
            request,
            Login::Needed,
            Repeat::Safe,
            |channel, request| async move { stub(channel).get_run_file(request).await },
        )
        .await
        .map(|answer| answer.data)
    }

    /// Types into a running program; at most 64 KiB at once.
    ///
    /// # Errors
    /// [`Error::Conflict`] with reason `RUN_NOT_RUNNING` or `INPUT_CLOSED`, [`Error::TryLater`]
    /// with reason `INPUT_FULL` when the program does not read.
    pub async fn send_input(&self, run_id: &str, data: Vec<u8>) -> Result<(), Error> {
        let request = SendInputRequest {
            request_id: new_request_id(),
            run_id: run_id.to_owned(),
            data,
        };
        self.call(
            request,
            Login::Needed,
            Repeat::Safe,
            |channel, request| async move { stub(channel).send_input(request).await },
        )
        .await
        .map(|_sent| ())
    }

    /// Ends the program's input: it reads end-of-file.
    pub async fn close_input(&self, run_id: &str) -> Result<(), Error> {
        let request = CloseInputRequest {
            run_id: run_id.to_owned(),
        };
        self.call(
            request,
            Login::Needed,
            Repeat::Safe,
            |channel, request| async move { stub(channel).close_input(request).await },
        )
        .await
        .map(|_closed| ())
    }

    /// Stops a run; its events end with outcome CANCELLED unless it had ended already.
    pub async fn cancel_run(&self, run_id: &str) -> Result<Run, Error> {
        let request = CancelRunRequest {
            run_id: run_id.to_owned(),
        };
        let answer = self
            .call(
                request,
                Login::Needed,
                Repeat::Safe,
                |channel, request| async move { stub(channel).cancel_run(request).await },
            )
            .await?;
        answer.run.ok_or(Error::Incomplete("run"))
    }
}

fn stub(channel: Channel) -> ExecutionServiceClient<Channel> {
    ExecutionServiceClient::new(channel).max_decoding_message_size(ANSWER_LIMIT_BYTES)
}

/// Names a call, so that repeating it does nothing twice.
pub(crate) fn new_request_id() -> String {
    Uuid::new_v4().to_string()
}

/// Watches one run. Counts the bytes of output that were handed on, because a snapshot and the
/// finished run repeat them.
struct RunFeed {
    run_id: String,
    started: bool,
    stdout_bytes: usize,
    stderr_bytes: usize,
    drawing_bytes: usize,
}

impl Feed for RunFeed {
    type Message = WatchRunResponse;
    type Event = RunEvent;

    fn reconnecting() -> RunEvent {
        RunEvent::Reconnecting
    }

    async fn open(
        &self,
        client: &Client,
        after_sequence: i64,
    ) -> Result<Streaming<WatchRunResponse>, Error> {
        let request = WatchRunRequest {
            run_id: self.run_id.clone(),
            after_sequence,
        };
        client
            .open(request, |channel, request| async move {
                stub(channel).watch_run(request).await
            })
            .await
    }

    fn read(
        &mut self,
        message: WatchRunResponse,
        resumed: bool,
        events: &mut VecDeque<RunEvent>,
    ) -> Option<Read> {
        let WatchRunResponse {
            sequence,
            event_time: _,
            event,
        } = message;
        let mut last = false;
        match event? {
            Event::Snapshot(_) if resumed => return Some(Read::NOTHING_NEW),
            Event::Snapshot(run) => {
                events.extend(run.queue_position.map(RunEvent::Queued));
                if run.start_time.is_some() && !self.started {
                    self.start(events);
                }
                self.catch_up(&run, events);
            }
            Event::QueueUpdate(QueueUpdate { queue_position }) => {
                events.extend(queue_position.map(RunEvent::Queued));
            }
            Event::Started(_) => self.start(events),
            Event::Output(output) => {
                let stream = match output.stream() {
                    OutputStream::Stderr => Stream::Stderr,
                    OutputStream::Drawing => Stream::Drawing,
                    OutputStream::Stdout | OutputStream::Unspecified => Stream::Stdout,
                };
                self.hand_on(stream, &output.data, events);
            }
            Event::Heartbeat(_) => {}
            Event::Finished(run) => {
                self.catch_up(&run, events);
                events.push_back(RunEvent::Finished(Box::new(run)));
                last = true;
            }
        }
        Some(Read { sequence, last })
    }
}

impl RunFeed {
    fn new(run_id: &str) -> Self {
        RunFeed {
            run_id: run_id.to_owned(),
            started: false,
            stdout_bytes: 0,
            stderr_bytes: 0,
            drawing_bytes: 0,
        }
    }

    fn start(&mut self, events: &mut VecDeque<RunEvent>) {
        self.started = true;
        self.stdout_bytes = 0;
        self.stderr_bytes = 0;
        self.drawing_bytes = 0;
        events.push_back(RunEvent::Started);
    }

    /// Hands on what the run has written beyond what was seen.
    fn catch_up(&mut self, run: &Run, events: &mut VecDeque<RunEvent>) {
        let unseen = run.stdout.get(self.stdout_bytes..).unwrap_or_default();
        self.hand_on(Stream::Stdout, unseen, events);
        let unseen = run.stderr.get(self.stderr_bytes..).unwrap_or_default();
        self.hand_on(Stream::Stderr, unseen, events);
        let unseen = run.drawing.get(self.drawing_bytes..).unwrap_or_default();
        self.hand_on(Stream::Drawing, unseen, events);
    }

    fn hand_on(&mut self, stream: Stream, data: &[u8], events: &mut VecDeque<RunEvent>) {
        if data.is_empty() {
            return;
        }
        match stream {
            Stream::Stdout => self.stdout_bytes += data.len(),
            Stream::Stderr => self.stderr_bytes += data.len(),
            Stream::Drawing => self.drawing_bytes += data.len(),
        }
        events.push_back(RunEvent::Output {
            stream,
            data: data.to_vec(),
        });
    }
}
