//! A program's output: read as it comes, passed on with back-pressure, cut at the limit.

use coderunner_proto::common::v1::OutputStream;
use coderunner_proto::sandbox::v1::{ExecuteResponse, Output, execute_response::Event};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc;

/// Largest piece that is passed on at once.
pub const PIECE: usize = 64 * 1024;

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
    mut pipe: impl AsyncRead + Unpin,
    stream: OutputStream,
    limit: u64,
    events: EventSender,
) -> Drained {
    let mut drained = Drained::default();
    let mut buffer = vec![0; PIECE];
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;
    use tokio::net::unix::pipe;

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
