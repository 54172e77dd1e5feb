//! A program's output: read as it comes, passed on with back-pressure, cut at the limit.

use std::io;

use coderunner_proto::common::v1::OutputStream;
use coderunner_proto::sandbox::v1::{ExecuteResponse, Output, execute_response::Event};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::sync::mpsc;
use tokio::time::{self, Duration, Instant};

/// Largest piece that is passed on at once.
pub const PIECE: usize = 64 * 1024;
/// Pieces smaller than this cost more by their number than by their bytes.
const SMALL: usize = 4 * 1024;
/// Time in which one small piece is passed on, if there are many; what comes meanwhile goes with the next.
const GATHER: Duration = Duration::from_millis(5);
/// Small pieces that are passed on as they come before any is made to wait.
const PROMPT: u32 = 64;

/// Where events of a run go. Waiting for room in it is what slows a program down that writes faster than
/// its reader reads. Cheap to clone.
#[derive(Debug, Clone)]
pub struct EventSender {
    sender: mpsc::Sender<Result<ExecuteResponse, tonic::Status>>,
    case_index: i32,
}

/// Whoever asked for the run is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NobodyListens;

impl EventSender {
    /// For the events of a single run, or those of a batch as a whole.
    pub fn new(sender: mpsc::Sender<Result<ExecuteResponse, tonic::Status>>) -> Self {
        Self {
            sender,
            case_index: 0,
        }
    }

    /// For the events of one case of a batch: they name it.
    pub fn of_case(&self, index: usize) -> Self {
        Self {
            sender: self.sender.clone(),
            case_index: i32::try_from(index).unwrap_or(i32::MAX),
        }
    }

    /// Sends an event; waits for room.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn send(&self, event: Event) -> Result<(), NobodyListens> {
        let event = ExecuteResponse {
            event: Some(event),
            case_index: self.case_index,
        };
        self.sender.send(Ok(event)).await.map_err(|_| NobodyListens)
    }

    /// Returns when nobody listens any more.
    pub async fn closed(&self) {
        self.sender.closed().await;
    }
}

/// What came out of one stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drained {
    /// Bytes passed on.
    pub bytes: u64,
    /// There were more.
    pub truncated: bool,
}

/// Reads one stream to its end or to the limit and passes it on. Returns when there is nothing more to
/// pass on; over the limit it does not read on, so the program blocks until it is killed.
pub async fn drain(
    mut pipe: pipe::Receiver,
    stream: OutputStream,
    limit: u64,
    events: EventSender,
) -> Drained {
    let mut drained = Drained::default();
    // Most programs write to one stream only; the others cost no memory.
    if pipe.readable().await.is_err() {
        return drained;
    }
    let mut buffer = vec![0; PIECE];
    let mut pace = Pace::default();
    loop {
        let length = match pipe.read(&mut buffer).await {
            Ok(0) | Err(_) => return drained,
            Ok(length) => length,
        };
        let left = limit - drained.bytes;
        let kept = usize::try_from(left).map_or(length, |left| left.min(length));
        if kept > 0 {
            let output = Output {
                stream: stream.into(),
                data: buffer[..kept].to_vec(),
            };
            if events.send(Event::Output(output)).await.is_err() {
                // Nobody listens; the run is being cancelled.
                return drained;
            }
            drained.bytes += kept as u64;
        }
        if kept < length {
            drained.truncated = true;
            return drained;
        }
        if length < SMALL && pace.is_ahead(Instant::now()) {
            pipe = match unwatched(pipe).await {
                Ok(pipe) => pipe,
                Err(_) => return drained,
            };
        }
    }
}

/// Lets a pipe gather for a while. Nobody is woken meanwhile: while it is watched, each single write costs us as much
/// as it costs the program.
async fn unwatched(pipe: pipe::Receiver) -> io::Result<pipe::Receiver> {
    let pipe = pipe.into_nonblocking_fd()?;
    time::sleep(GATHER).await;
    pipe::Receiver::from_owned_fd(pipe)
}

/// How far a stream's small pieces are ahead of one in each [`GATHER`].
#[derive(Debug, Default)]
struct Pace {
    ahead: Duration,
    last: Option<Instant>,
}

impl Pace {
    /// Counts a piece. Whether the next one has to wait.
    fn is_ahead(&mut self, now: Instant) -> bool {
        let since = self.last.map_or(Duration::ZERO, |last| now - last);
        self.last = Some(now);
        self.ahead = self.ahead.saturating_sub(since) + GATHER;
        self.ahead > GATHER * PROMPT
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    async fn drained(written: usize, limit: u64) -> (Drained, usize) {
        let (mut writer, reader) = pipe::pipe().expect("a pipe");
        let (sender, mut receiver) = mpsc::channel(64);
        tokio::spawn(async move {
            // Blocks for good when the reader stops at its limit; the runtime ends it.
            let _ = writer.write_all(&vec![b'x'; written]).await;
        });
        let events = EventSender::new(sender).of_case(7);
        let result = drain(reader, OutputStream::Stdout, limit, events).await;
        let mut passed = 0;
        while let Some(Ok(ExecuteResponse {
            event: Some(Event::Output(output)),
            case_index: 7,
        })) = receiver.recv().await
        {
            passed += output.data.len();
        }
        (result, passed)
    }

    #[test]
    fn small_pieces_wait_only_when_there_are_many() {
        let (mut pace, mut now) = (Pace::default(), Instant::now());
        assert!(
            (0..PROMPT).all(|_| !pace.is_ahead(now)),
            "a burst goes at once"
        );
        assert!(pace.is_ahead(now));
        now += GATHER * PROMPT * 2;
        assert!((0..PROMPT).all(|_| !pace.is_ahead(now)), "a pause makes up");
        assert!(pace.is_ahead(now));
        let mut slow = Pace::default();
        for _ in 0..PROMPT * 10 {
            now += GATHER;
            assert!(!slow.is_ahead(now), "as many as are passed on anyway");
        }
    }

    #[tokio::test]
    async fn single_bytes_without_end_are_gathered_and_none_is_lost() {
        const BYTES: u64 = 3000;
        let (mut writer, reader) = pipe::pipe().expect("a pipe");
        let (sender, mut receiver) = mpsc::channel(64);
        tokio::spawn(async move {
            for _ in 0..BYTES {
                writer.write_all(b"x").await.expect("it is read");
                // One of them at a time, as long as the reader keeps up.
                tokio::task::yield_now().await;
            }
        });
        let events = EventSender::new(sender);
        let reading = tokio::spawn(drain(reader, OutputStream::Stdout, BYTES, events));
        let (mut messages, mut bytes) = (0, 0);
        while let Some(Ok(ExecuteResponse {
            event: Some(Event::Output(output)),
            ..
        })) = receiver.recv().await
        {
            messages += 1;
            bytes += output.data.len() as u64;
        }
        assert_eq!(reading.await.expect("it ends").bytes, BYTES);
        assert_eq!(bytes, BYTES);
        assert!(messages < BYTES / 4, "{messages} messages");
    }

    #[tokio::test]
    async fn exactly_the_limit_is_not_too_much() {
        assert_eq!(
            drained(1000, 1000).await,
            (
                Drained {
                    bytes: 1000,
                    truncated: false
                },
                1000
            )
        );
    }

    #[tokio::test]
    async fn one_byte_more_is() {
        assert_eq!(
            drained(1001, 1000).await,
            (
                Drained {
                    bytes: 1000,
                    truncated: true
                },
                1000
            )
        );
        assert_eq!(
            drained(1, 0).await,
            (
                Drained {
                    bytes: 0,
                    truncated: true
                },
                0
            )
        );
        assert_eq!(
            drained(500_000, 100_000).await,
            (
                Drained {
                    bytes: 100_000,
                    truncated: true
                },
                100_000
            )
        );
    }
}
