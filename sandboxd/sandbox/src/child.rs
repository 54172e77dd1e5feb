//! What the processes inside have in common: how they name a step that failed, and how they report: one
//! message of at most [`MAX_REPORT`] bytes on a pipe or socket that the job never holds.
//!
//! | first byte | rest | meaning |
//! |---|---|---|
//! | `x` | exit code, 4 bytes | the main process exited |
//! | `s` | signal, 4 bytes | a signal ended it |
//! | `e` | errno, 4 bytes, length of a text, 1 byte, the text | a step of the set-up failed |
//!
//! Numbers are little-endian. Only the first message counts: a job that fails before it is ready reports that
//! itself, and then its exit is reported by the zygote as well. No message at all means that the sandbox was
//! killed as a whole.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use crate::layers::{Layer, stands};

/// Longest message; shorter than PIPE_BUF, so it is written in one piece.
pub const MAX_REPORT: usize = 256;

/// Longest name of a step in a report.
const LONGEST_STEP: usize = 200;

/// A step of the set-up failed.
#[derive(Debug)]
pub struct StepError {
    /// What was attempted.
    pub step: &'static str,
    /// Why it failed.
    pub source: io::Error,
}

/// Adds the name of the step to an error.
pub trait Step<T> {
    /// Names what was attempted.
    fn step(self, step: &'static str) -> Result<T, StepError>;
}

impl<T, E: Into<io::Error>> Step<T> for Result<T, E> {
    fn step(self, step: &'static str) -> Result<T, StepError> {
        self.map_err(|error| StepError {
            step,
            source: error.into(),
        })
    }
}

/// What the child side reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// The main process exited with this code.
    Exited(i32),
    /// This signal ended the main process.
    Signaled(i32),
    /// The set-up failed; the program never ran.
    Failed(String),
}

impl Report {
    /// Reads a message; `None` for an empty or unknown one.
    pub fn parse(message: &[u8]) -> Option<Self> {
        let (kind, rest) = message.split_first()?;
        let (number, text) = rest.split_first_chunk::<4>()?;
        let number = i32::from_le_bytes(*number);
        match kind {
            b'x' => Some(Self::Exited(number)),
            b's' => Some(Self::Signaled(number)),
            b'e' => {
                let (length, text) = text.split_first()?;
                let step = String::from_utf8_lossy(text.get(..usize::from(*length))?);
                Some(Self::Failed(format!(
                    "{step}: {}",
                    io::Error::from_raw_os_error(number)
                )))
            }
            _ => None,
        }
    }
}

fn encode(number: i32, text: &str) -> Vec<u8> {
    let text = &text.as_bytes()[..text.len().min(LONGEST_STEP)];
    let mut message = vec![b'e'];
    message.extend(number.to_le_bytes());
    message.push(u8::try_from(text.len()).expect("bounded"));
    message.extend(text);
    message
}

/// Reports that the set-up failed.
pub fn report_failed(pipe: BorrowedFd<'_>, error: &StepError) {
    let number = error.source.raw_os_error().unwrap_or(0);
    let text = match number {
        0 => format!("{} ({})", error.step, error.source),
        _ => error.step.to_owned(),
    };
    let _ = nix::unistd::write(pipe, &encode(number, &text));
}

/// Closes everything that was copied from the parent but what is needed here: among the rest are pipes
/// of other sandboxes.
///
/// # Errors
/// As close_range(2).
pub fn keep_only(kept: &[&OwnedFd]) -> Result<(), StepError> {
    if !stands(Layer::CloseDescriptors) {
        return Ok(());
    }
    let highest = kept
        .iter()
        .map(|descriptor| descriptor.as_raw_fd())
        .max()
        .unwrap_or(-1);
    for number in 0..highest {
        if !kept
            .iter()
            .any(|descriptor| descriptor.as_raw_fd() == number)
        {
            // Most are not open; EBADF is what we want to hear.
            let _ = nix::unistd::close(number);
        }
    }
    sandboxd_sys::descriptors::close_from(highest + 1).step("closing the parent's descriptors")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(kind: u8, number: i32) -> Vec<u8> {
        [&[kind][..], &number.to_le_bytes()].concat()
    }

    #[test]
    fn reports_are_read() {
        assert_eq!(Report::parse(&ended(b'x', 3)), Some(Report::Exited(3)));
        assert_eq!(Report::parse(&ended(b's', 9)), Some(Report::Signaled(9)));
        let failed = Report::parse(&encode(1, "mounting /proc"));
        assert!(
            matches!(failed, Some(Report::Failed(text)) if text.starts_with("mounting /proc: "))
        );
    }

    #[test]
    fn only_the_first_message_counts() {
        let both = [encode(13, "a step"), ended(b'x', 1)].concat();
        assert!(matches!(Report::parse(&both), Some(Report::Failed(text)) if !text.contains('x')));
    }

    #[test]
    fn garbage_is_no_report() {
        for message in [
            &b""[..],
            b"x",
            b"x\0\0",
            b"q\0\0\0\0",
            b"\0\0\0\0\0\0",
            b"e\0\0\0\0",
            b"e\0\0\0\0\x09abc",
        ] {
            assert_eq!(Report::parse(message), None, "{message:?}");
        }
    }
}
