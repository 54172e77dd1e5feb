//! A program's standard input: bytes queued in order, written as the program reads, bounded.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::AsyncWriteExt;
use tokio::net::unix::pipe;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Bytes that may wait unread.
pub const MAX_WAITING: usize = 1024 * 1024;

/// Why bytes were not queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputError {
    /// Standard input is closed, by request or by the program.
    Closed,
    /// The program is not reading.
    Full,
}

type Piece = (Vec<u8>, Option<OwnedSemaphorePermit>);

/// Where others queue bytes. Cheap to clone; closing one closes all.
#[derive(Debug, Clone)]
pub struct Input {
    queue: Arc<Mutex<Option<mpsc::UnboundedSender<Piece>>>>,
    room: Arc<Semaphore>,
}

impl Input {
    /// Starts writing into `pipe`: first `initial`, then what is queued. Closed after `initial` unless
    /// `interactive`.
    pub fn start(pipe: pipe::Sender, initial: Vec<u8>, interactive: bool) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        if !initial.is_empty() {
            // The receiver is in scope.
            let _ = sender.send((initial, None));
        }
        tokio::spawn(write_all(pipe, receiver));
        let queue = Arc::new(Mutex::new(interactive.then_some(sender)));
        Self {
            queue,
            room: Arc::new(Semaphore::new(MAX_WAITING)),
        }
    }

    /// An input that was never open.
    pub fn closed() -> Self {
        Self {
            queue: Arc::default(),
            room: Arc::new(Semaphore::new(0)),
        }
    }

    /// Queues bytes.
    ///
    /// # Errors
    /// When input is closed or full.
    pub fn write(&self, data: Vec<u8>) -> Result<(), InputError> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = queue.as_ref().ok_or(InputError::Closed)?;
        let size = u32::try_from(data.len()).map_err(|_| InputError::Full)?;
        let permit = Arc::clone(&self.room)
            .try_acquire_many_owned(size)
            .map_err(|_| InputError::Full)?;
        sender
            .send((data, Some(permit)))
            .map_err(|_| InputError::Closed)
    }

    /// Whether more may come.
    pub fn is_open(&self) -> bool {
        self.queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    /// Lets the program read end-of-file after what is queued.
    pub fn close(&self) {
        self.queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}

async fn write_all(mut pipe: pipe::Sender, mut queue: mpsc::UnboundedReceiver<Piece>) {
    while let Some((data, _permit)) = queue.recv().await {
        if pipe.write_all(&data).await.is_err() {
            // The program closed its input or ended; the rest has no reader.
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn bytes_arrive_in_order_and_then_the_end() {
        let (sender, mut receiver) = pipe::pipe().expect("a pipe");
        let input = Input::start(sender, b"one ".to_vec(), true);
        input.write(b"two".to_vec()).expect("open");
        assert!(input.is_open());
        input.close();
        assert!(!input.is_open() && !Input::closed().is_open());
        assert_eq!(input.write(b"three".to_vec()), Err(InputError::Closed));
        let mut all = Vec::new();
        receiver.read_to_end(&mut all).await.expect("readable");
        assert_eq!(all, b"one two");
    }

    #[tokio::test]
    async fn what_nobody_reads_is_bounded() {
        let (sender, _receiver) = pipe::pipe().expect("a pipe");
        let input = Input::start(sender, Vec::new(), true);
        let mut accepted = 0;
        while input.write(vec![0; 64 * 1024]).is_ok() {
            accepted += 64 * 1024;
            assert!(accepted <= MAX_WAITING);
        }
        assert_eq!(input.write(vec![0; 64 * 1024]), Err(InputError::Full));
    }
}
