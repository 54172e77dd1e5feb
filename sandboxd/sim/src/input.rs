//! The standard input of a simulated program: bytes that wait to be read, and whether more can
//! come.

use std::sync::Mutex;

use tokio::sync::Notify;

/// The most that waits unread, as in sandboxd.
const MAX_WAITING: usize = 1024 * 1024;

/// Standard input.
#[derive(Debug)]
pub struct Input {
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Debug)]
struct Inner {
    waiting: Vec<u8>,
    open: bool,
}

/// Why bytes were not taken.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Input was closed.
    Closed,
    /// Too much waits unread.
    Full,
}

impl Input {
    /// Input that begins with `waiting`.
    pub fn new(waiting: Vec<u8>, open: bool) -> Self {
        Self {
            inner: Mutex::new(Inner { waiting, open }),
            changed: Notify::new(),
        }
    }

    /// Appends bytes.
    pub fn write(&self, data: &[u8]) -> Result<(), Refusal> {
        let mut inner = self.inner.lock().expect("nobody panics while holding it");
        if !inner.open {
            return Err(Refusal::Closed);
        }
        if inner.waiting.len() + data.len() > MAX_WAITING {
            return Err(Refusal::Full);
        }
        inner.waiting.extend(data);
        self.changed.notify_one();
        Ok(())
    }

    /// Nothing can be appended from now on.
    pub fn close(&self) {
        self.inner
            .lock()
            .expect("nobody panics while holding it")
            .open = false;
        self.changed.notify_one();
    }

    /// The next line without its end; None at the end of the input. Waits for it.
    pub async fn line(&self) -> Option<Vec<u8>> {
        loop {
            if let Some(line) = self.take() {
                return line;
            }
            self.changed.notified().await;
        }
    }

    fn take(&self) -> Option<Option<Vec<u8>>> {
        let mut inner = self.inner.lock().expect("nobody panics while holding it");
        if let Some(end) = inner.waiting.iter().position(|byte| *byte == b'\n') {
            let mut line: Vec<u8> = inner.waiting.drain(..=end).collect();
            line.pop();
            return Some(Some(line));
        }
        match (inner.open, inner.waiting.is_empty()) {
            (true, _) => None,
            (false, true) => Some(None),
            (false, false) => Some(Some(std::mem::take(&mut inner.waiting))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_come_in_order_and_then_the_end() {
        let input = Input::new(b"a\nb".to_vec(), true);
        assert_eq!(input.line().await, Some(b"a".to_vec()));
        input.write(b"c\n").unwrap();
        assert_eq!(input.line().await, Some(b"bc".to_vec()));
        input.write(b"rest").unwrap();
        input.close();
        assert_eq!(input.line().await, Some(b"rest".to_vec()));
        assert_eq!(input.line().await, None);
        assert_eq!(input.write(b"x"), Err(Refusal::Closed));
    }

    #[test]
    fn only_so_much_waits() {
        let input = Input::new(Vec::new(), true);
        assert_eq!(input.write(&vec![0; MAX_WAITING]), Ok(()));
        assert_eq!(input.write(b"x"), Err(Refusal::Full));
    }
}
