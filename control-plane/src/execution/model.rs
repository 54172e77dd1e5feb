//! What a program is, how it ends, and where a run stands. Pure types and rules; the words are
//! those of the API.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::kept::RunFiles;
use crate::explain::Explanation;
use crate::platform::ids::{RunId, UserId};

/// What is to be run. Checked by `limits::check_program`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Python source of the main file.
    pub source: String,
    /// More files for the working directory.
    pub files: Vec<SourceFile>,
}

/// A file of the program's working directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Relative path.
    pub path: String,
    /// Its bytes.
    #[serde(with = "base64_text")]
    pub content: Vec<u8>,
}

/// Bytes in JSON, as base64.
mod base64_text {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD
            .decode(String::deserialize(deserializer)?)
            .map_err(D::Error::custom)
    }
}

/// What a program finds in its interpreter. Which runner has which profile, and what is in it, the runners
/// say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// The standard library. Every runner has it.
    #[default]
    Python,
    /// numpy, pandas and matplotlib besides.
    Science,
}

impl Profile {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Python, Self::Science];

    /// The word in the API, in files and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Science => "science",
        }
    }
}

impl std::str::FromStr for Profile {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.word() == text)
            .ok_or(UnknownWord)
    }
}

/// A profile as a runner describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileView {
    /// Which one.
    pub profile: Profile,
    /// Version of Python.
    pub python_version: String,
    /// What it has besides the standard library: names and versions.
    pub modules: Vec<(String, String)>,
}

/// Limits of one program. None leaves it to the runner's default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time.
    pub wall_time: Option<Duration>,
    /// CPU time.
    pub cpu_time: Option<Duration>,
    /// Memory of all processes.
    pub memory_bytes: Option<u64>,
    /// Bytes on each output stream.
    pub output_bytes: Option<u64>,
    /// Processes and threads at one time.
    pub processes: Option<u32>,
    /// Time in which an interactive program may wait for input without that its wall-clock time passes.
    pub input_wait: Option<Duration>,
    /// Bytes of what it draws.
    pub drawing_bytes: Option<u64>,
}

/// How one program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Outcome {
    Ok,
    RuntimeError,
    TimeLimit,
    MemoryLimit,
    OutputLimit,
    ProcessLimit,
    CompileError,
    Cancelled,
    InternalError,
}

/// A stored word that is none of those known.
#[derive(Debug, thiserror::Error)]
#[error("an unknown word")]
pub struct UnknownWord;

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Ok,
        Self::RuntimeError,
        Self::TimeLimit,
        Self::MemoryLimit,
        Self::OutputLimit,
        Self::ProcessLimit,
        Self::CompileError,
        Self::Cancelled,
        Self::InternalError,
    ];

    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::RuntimeError => "runtime_error",
            Self::TimeLimit => "time_limit",
            Self::MemoryLimit => "memory_limit",
            Self::OutputLimit => "output_limit",
            Self::ProcessLimit => "process_limit",
            Self::CompileError => "compile_error",
            Self::Cancelled => "cancelled",
            Self::InternalError => "internal_error",
        }
    }
}

impl std::str::FromStr for Outcome {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.word() == text)
            .ok_or(UnknownWord)
    }
}

/// What a program used, as the runner's kernel counted it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Wall-clock time.
    pub wall: Duration,
    /// CPU time of all processes.
    pub cpu: Duration,
    /// The most memory at one time.
    pub peak_memory_bytes: u64,
    /// Bytes kept of standard output.
    pub stdout_bytes: u64,
    /// Bytes kept of standard error.
    pub stderr_bytes: u64,
    /// Standard output was cut.
    pub stdout_truncated: bool,
    /// Standard error was cut.
    pub stderr_truncated: bool,
    /// Bytes kept of what it drew.
    #[serde(default)]
    pub drawing_bytes: u64,
    /// The drawing was cut.
    #[serde(default)]
    pub drawing_truncated: bool,
    /// Time in which it waited for input, and which is not in `wall`.
    #[serde(default)]
    pub input_wait: Duration,
}

/// Why Python could not compile a program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompileError {
    /// File that the error is in.
    pub file: String,
    /// Line, from 1; 0 when unknown.
    pub line: u32,
    /// Column in characters, from 1; 0 when unknown.
    pub column: u32,
    /// Python's message.
    pub message: String,
    /// The line of source.
    pub source_line: String,
    /// The class of the error.
    pub kind: String,
}

/// How a program ended, in full, without its output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// One word for it.
    pub outcome: Outcome,
    /// Exit code, when it exited.
    pub exit_code: Option<i32>,
    /// Signal, when one ended it.
    pub signal: Option<i32>,
    /// What it used; None when it never ran.
    pub usage: Option<Usage>,
    /// Set with `Outcome::CompileError`.
    pub compile_error: Option<CompileError>,
}

impl Ending {
    /// An ending without a program that ran.
    pub fn without_program(outcome: Outcome) -> Self {
        Self {
            outcome,
            exit_code: None,
            signal: None,
            usage: None,
            compile_error: None,
        }
    }
}

/// Where a program put bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// What it drew.
    Drawing,
}

/// Where a run or a submission stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Accepted and stored, waiting.
    Queued,
    /// In a sandbox, or on its way into another one after its runner was lost.
    Running,
    /// Ended; nothing changes any more.
    Finished,
}

/// What can happen to a run or a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// A worker took it.
    Claimed,
    /// The runner went away, or the control-plane was restarted, before the end was known.
    Lost,
    /// Its end is known.
    Ended,
    /// Its owner stopped it before it was in a sandbox.
    Cancelled,
}

/// A move that the state machine doesn't have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{event:?} can't happen to something {state:?}")]
pub struct IllegalMove {
    /// Where it stood.
    pub state: State,
    /// What was to happen.
    pub event: Event,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Queued, Self::Running, Self::Finished];

    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Finished => "finished",
        }
    }

    /// The only place that says which moves are legal. States never go back: a lost run is
    /// waiting for another sandbox, but its watchers have seen it running.
    pub fn after(self, event: Event) -> Result<Self, IllegalMove> {
        use Event::{Cancelled, Claimed, Ended, Lost};
        use State::{Finished, Queued, Running};
        match (self, event) {
            (Queued | Running, Claimed) => Ok(Running),
            (Queued, Lost) => Ok(Queued),
            (Running, Lost) => Ok(Running),
            (Running, Ended) => Ok(Finished),
            (Queued | Running, Cancelled) => Ok(Finished),
            (state, event) => Err(IllegalMove { state, event }),
        }
    }
}

impl std::str::FromStr for State {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|state| state.word() == text)
            .ok_or(UnknownWord)
    }
}

/// How often a run may lose its runner before it ends with INTERNAL_ERROR.
pub const MAX_LOSSES: u32 = 3;

/// Where something stands in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueuePosition {
    /// 1 is next.
    pub position: u32,
    /// How long it will probably wait.
    pub estimated_wait: Duration,
}

/// One run of a program, as its owner sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Names the run.
    pub id: RunId,
    /// Whose it is.
    pub user: UserId,
    /// Where it stands.
    pub state: State,
    /// How it ended, when it is finished.
    pub ending: Option<Ending>,
    /// Standard output so far.
    pub stdout: Vec<u8>,
    /// Standard error so far.
    pub stderr: Vec<u8>,
    /// What it drew so far.
    pub drawing: Vec<u8>,
    /// Where it stands in the queue, while it is queued.
    pub queue_position: Option<QueuePosition>,
    /// When it was accepted.
    pub create_time: Timestamp,
    /// When it started.
    pub start_time: Option<Timestamp>,
    /// When it ended.
    pub finish_time: Option<Timestamp>,
    /// Files that it left, when it is finished and they were asked for.
    pub files: Option<RunFiles>,
    /// Why it failed, when it did.
    pub explanation: Option<Explanation>,
}

impl Run {
    /// Lets go of all that it wrote, where that is kept elsewhere.
    pub fn forget_output(&mut self) {
        self.stdout.clear();
        self.stderr.clear();
        self.drawing.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_moves() {
        use Event::{Cancelled, Claimed, Ended, Lost};
        use State::{Finished, Queued, Running};
        for (state, event, next) in [
            (Queued, Claimed, Some(Running)),
            (Queued, Lost, Some(Queued)),
            (Queued, Ended, None),
            (Queued, Cancelled, Some(Finished)),
            (Running, Claimed, Some(Running)),
            (Running, Lost, Some(Running)),
            (Running, Ended, Some(Finished)),
            (Running, Cancelled, Some(Finished)),
            (Finished, Claimed, None),
            (Finished, Lost, None),
            (Finished, Ended, None),
            (Finished, Cancelled, None),
        ] {
            assert_eq!(state.after(event).ok(), next, "{state:?} {event:?}");
        }
    }

    #[test]
    fn words_are_read_back() {
        for outcome in Outcome::ALL {
            assert_eq!(outcome.word().parse::<Outcome>().unwrap(), outcome);
        }
        for state in State::ALL {
            assert_eq!(state.word().parse::<State>().unwrap(), state);
        }
        assert!("OK".parse::<Outcome>().is_err());
    }
}
