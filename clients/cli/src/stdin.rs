//! Standard input on its way to a running program. A thread of its own reads, because reading a
//! terminal can't be interrupted; a line typed is sent at once, and what a fast pipe brings
//! is sent in as few calls as possible.

use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::time::Duration;

use coderunner_client::{Client, Error};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};

/// Most bytes that one SendInput carries.
const CHUNK_BYTES: usize = 64 << 10;
/// Most bytes that can be there from the start.
const INITIAL_BYTES: usize = 1 << 20;
/// How long a pipe or a file has to come to its end to be sent along with the program.
const INITIAL_WAIT: Duration = Duration::from_millis(50);
/// Pause before input that the server can't take yet is sent again.
const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// Standard input being read.
pub struct Input {
    chunks: mpsc::Receiver<Vec<u8>>,
    /// Read but not yet sent.
    waiting: Vec<u8>,
    ended: bool,
}

impl Input {
    /// Begins to read. What a pipe or a file brings to its end quickly is taken at once; a
    /// terminal is not waited for.
    pub async fn start() -> Self {
        let (sender, chunks) = mpsc::channel(4);
        std::thread::spawn(move || read_all(sender));
        let mut input = Input {
            chunks,
            waiting: Vec::new(),
            ended: false,
        };
        if !io::stdin().is_terminal() {
            input
                .fill(INITIAL_BYTES, Instant::now() + INITIAL_WAIT)
                .await;
        }
        input
    }

    /// Whether all of it has been read, so that nothing can follow.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Takes what has been read.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.waiting)
    }

    /// Sends all that comes to the running program and closes its input at the end. Returns
    /// early when the program reads no more.
    pub async fn send_all(mut self, client: Client, run_id: String) -> Result<(), Error> {
        while !self.ended {
            match self.chunks.recv().await {
                Some(chunk) => self.waiting.extend(chunk),
                None => self.ended = true,
            }
            // Whatever came meanwhile goes with it.
            self.fill(CHUNK_BYTES, Instant::now()).await;
            while !self.waiting.is_empty() {
                let rest = self.waiting.split_off(self.waiting.len().min(CHUNK_BYTES));
                let chunk = std::mem::replace(&mut self.waiting, rest);
                if !deliver(|| client.send_input(&run_id, chunk.clone())).await? {
                    return Ok(());
                }
            }
        }
        deliver(|| client.close_input(&run_id))
            .await
            .map(|_closed| ())
    }

    /// Reads until `limit` bytes wait, nothing came until `deadline`, or the end.
    async fn fill(&mut self, limit: usize, deadline: Instant) {
        // A full chunk more would go over the limit.
        while self.waiting.len() + CHUNK_BYTES <= limit {
            match timeout_at(deadline, self.chunks.recv()).await {
                Ok(Some(chunk)) => self.waiting.extend(chunk),
                Ok(None) => {
                    self.ended = true;
                    return;
                }
                Err(_deadline) => return,
            }
        }
    }
}

/// Repeats a call until the server has room for the input; false when the program's input is
/// closed. A program that has not started yet or is started anew can't take input either; one
/// that ended can't ever, and then the caller drops this future.
async fn deliver<F>(call: impl Fn() -> F) -> Result<bool, Error>
where
    F: Future<Output = Result<(), Error>>,
{
    loop {
        let pause = match call().await {
            Ok(()) => return Ok(true),
            Err(error) if error.reason() == "INPUT_CLOSED" => return Ok(false),
            Err(error) if error.reason() == "RUN_NOT_RUNNING" => RETRY_PAUSE,
            Err(Error::TryLater(refusal)) => refusal.retry_after.unwrap_or(RETRY_PAUSE),
            Err(error) => return Err(error),
        };
        sleep(pause).await;
    }
}

/// Hands on lines of a terminal, and whatever a pipe or file has.
fn read_all(chunks: mpsc::Sender<Vec<u8>>) {
    let stdin = io::stdin();
    let lines = stdin.is_terminal();
    let mut reader = BufReader::with_capacity(CHUNK_BYTES, stdin.lock());
    loop {
        let mut chunk = Vec::new();
        let read = match lines {
            true => (&mut reader)
                .take(CHUNK_BYTES as u64)
                .read_until(b'\n', &mut chunk),
            false => reader.fill_buf().map(|available| {
                chunk.extend_from_slice(available);
                available.len()
            }),
        };
        match read {
            Ok(0) => return,
            Ok(length) if !lines => reader.consume(length),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                eprintln!("coderunner: can't read standard input: {error}");
                return;
            }
        }
        if chunks.blocking_send(chunk).is_err() {
            return;
        }
    }
}
