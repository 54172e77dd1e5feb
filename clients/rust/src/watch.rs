//! Following a run or a submission to its end, whatever happens to the connection.
//!
//! The protocol, which runs and submissions share: a stream opens with a snapshot, goes on with
//! events of rising `sequence`, sends a heartbeat when nothing happened for 10 seconds, and ends
//! with the finished thing. When it breaks, or is silent for three heartbeats, a new one is opened
//! with the last sequence seen, and the server sends what was missed. The stream of events that
//! comes out is free of snapshots, heartbeats and repeats, and ends with the finished thing or
//! with one error.

use std::collections::VecDeque;
use std::time::Duration;

use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use tokio::time::{Instant, sleep, timeout};
use tonic::{Code, Status, Streaming};

use crate::error::is_broken_connection;
use crate::{Client, Error};

/// Three heartbeats and a little.
const SILENCE_LIMIT: Duration = Duration::from_secs(35);
/// Pauses between two tries to open the stream again; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const SECOND_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What runs and submissions do differently.
pub(crate) trait Feed: Send + 'static {
    /// A message of the watch call.
    type Message: Send + 'static;
    /// What the user of this crate sees.
    type Event: Send + 'static;

    /// Tells that the connection is lost.
    fn reconnecting() -> Self::Event;

    /// Opens the watch call after the event of that sequence.
    fn open(
        &self,
        client: &Client,
        after_sequence: i64,
    ) -> impl Future<Output = Result<Streaming<Self::Message>, Error>> + Send;

    /// Appends the events that the message stands for; None for a message without content.
    /// `resumed` says that the stream was opened after an event, not at the beginning.
    fn read(
        &mut self,
        message: Self::Message,
        resumed: bool,
        events: &mut VecDeque<Self::Event>,
    ) -> Option<Read>;
}

/// What following needs to know of a message that was read.
pub(crate) struct Read {
    pub(crate) sequence: i64,
    pub(crate) last: bool,
}

impl Read {
    /// A resumed stream's snapshot: it may tell of more than was sent so far, and the events that
    /// were missed come after it, so the place to resume from does not move.
    pub(crate) const NOTHING_NEW: Read = Read {
        sequence: 0,
        last: false,
    };
}

struct Follower<F: Feed> {
    client: Client,
    feed: F,
    stream: Option<Streaming<F::Message>>,
    resumed: bool,
    sequence: i64,
    events: VecDeque<F::Event>,
    ended: bool,
    pause: Duration,
    broken_since: Option<Instant>,
}

/// The events of a feed, to its end.
pub(crate) fn follow<F: Feed>(
    client: Client,
    feed: F,
) -> BoxStream<'static, Result<F::Event, Error>> {
    let follower = Follower {
        client,
        feed,
        stream: None,
        resumed: false,
        sequence: 0,
        events: VecDeque::new(),
        ended: false,
        pause: FIRST_PAUSE,
        broken_since: None,
    };
    stream::unfold(follower, |mut follower| {
        async move { follower.next().await.map(|event| (event, follower)) }.boxed()
    })
    .boxed()
}

impl<F: Feed> Follower<F> {
    async fn next(&mut self) -> Option<Result<F::Event, Error>> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(Ok(event));
            }
            if self.ended {
                return None;
            }
            if let Err(error) = self.advance().await {
                self.stream = None;
                let worth_trying =
                    matches!(error, Error::Unreachable { .. } | Error::Timeout { .. });
                if worth_trying && self.wait_before_resuming().await {
                    continue;
                }
                self.ended = true;
                return Some(Err(error));
            }
        }
    }

    /// Reads one message, from a new stream if there is none.
    async fn advance(&mut self) -> Result<(), Error> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => {
                self.resumed = self.sequence > 0;
                self.stream
                    .insert(self.feed.open(&self.client, self.sequence).await?)
            }
        };
        let message = match timeout(SILENCE_LIMIT, stream.message()).await {
            Ok(Ok(Some(message))) => message,
            Ok(Ok(None)) => return Err(self.broken("the stream ended early")),
            Ok(Err(status)) => return Err(self.judge(status)),
            Err(_elapsed) => return Err(self.broken("the stream fell silent")),
        };
        self.broken_since = None;
        self.pause = FIRST_PAUSE;
        if let Some(read) = self.feed.read(message, self.resumed, &mut self.events) {
            self.sequence = self.sequence.max(read.sequence);
            self.ended = read.last;
        }
        Ok(())
    }

    /// Waits a little longer each time; false when it has been broken for too long.
    async fn wait_before_resuming(&mut self) -> bool {
        let since = *self.broken_since.get_or_insert_with(Instant::now);
        if since.elapsed() + self.pause > self.client.settings().resume_limit {
            return false;
        }
        sleep(self.pause).await;
        // The first try may well succeed, and then there was nothing worth telling.
        if self.pause == SECOND_PAUSE {
            self.events.push_back(F::reconnecting());
        }
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }

    /// HTTP/2 has several ways to say that a stream was cut short, and tonic tells some of them
    /// as bare INTERNAL, UNKNOWN or CANCELLED. The server's own errors have details.
    fn judge(&self, status: Status) -> Error {
        let cut = matches!(
            status.code(),
            Code::Internal | Code::Unknown | Code::Cancelled
        ) && status.details().is_empty();
        match cut && !is_broken_connection(&status) {
            true => self.broken(status.message()),
            false => self.client.error(status),
        }
    }

    fn broken(&self, how: &str) -> Error {
        self.client.error(Status::unavailable(how))
    }
}
