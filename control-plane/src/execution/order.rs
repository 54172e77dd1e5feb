//! What the control-plane asks of a runner, and what can come of it. Pure types; `runner_client`
//! turns them into messages and back.

use std::time::Duration;

use super::kept::{Collected, Collection};
use super::model::{Ending, Limits, OutputStream, Profile, ProfileView, Program};

/// One program to run in one sandbox.
#[derive(Debug, Clone)]
pub struct Order {
    /// Names it on the runner; another attempt has another name.
    pub name: String,
    /// The program.
    pub program: Program,
    /// What it finds in its interpreter.
    pub profile: Profile,
    /// Its limits.
    pub limits: Limits,
    /// Standard input that is there from the start.
    pub stdin: Vec<u8>,
    /// Leaves standard input open.
    pub interactive: bool,
    /// A function to call after the program's top level has run.
    pub call: Option<FunctionCall>,
    /// Files that are to come back.
    pub collect: Option<Collection>,
    /// What it draws is to come.
    pub drawing: bool,
    /// Names the call of the API that caused it, in both programs' logs and traces.
    pub call_id: String,
}

/// A call of one function of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionCall {
    /// The function.
    pub name: String,
    /// A JSON array: the positional arguments.
    pub arguments: String,
}

/// One program to run for some inputs, each in a sandbox of its own.
#[derive(Debug)]
pub struct BatchOrder<'a> {
    /// Names it on the runner; another attempt has another name.
    pub name: String,
    /// The program.
    pub program: &'a Program,
    /// What it finds in its interpreter.
    pub profile: Profile,
    /// Limits of each case.
    pub limits: Limits,
    /// The inputs.
    pub cases: Vec<Case<'a>>,
    /// Names the call of the API that caused it, in both programs' logs and traces.
    pub call_id: String,
}

/// One input of a batch.
#[derive(Debug, Clone, Copy)]
pub enum Case<'a> {
    /// All of standard input.
    Stdin(&'a [u8]),
    /// A function to call, and its arguments as a JSON array.
    Call(&'a str, &'a str),
}

/// Something that happened in a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum BatchHappening {
    /// The program of this case did something.
    Case(usize, Happening),
    /// It ended, and ran that many cases, from the first on.
    Finished {
        /// Cases that were run.
        run_count: usize,
        /// Python can't compile the program; the first case says why.
        compile_error: bool,
    },
}

/// Something that a program did.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// It started.
    Started,
    /// It wrote something.
    Output(OutputStream, Vec<u8>),
    /// It ended.
    Finished(Box<Ended>),
}

/// How it ended, and what became of the function call.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// How it ended.
    pub ending: Ending,
    /// What became of the function call.
    pub function: FunctionResult,
    /// Files that came back, if they were asked for.
    pub files: Option<Collected>,
}

/// What became of a function call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FunctionResult {
    /// None was to be called.
    NotCalled,
    /// It returned this JSON: hostile bytes.
    Returned(Vec<u8>),
    /// The program ended before it returned.
    NoResult,
    /// The program defines no function of that name.
    NotDefined,
    /// The value is not plain data.
    NotData,
}

/// Why an order has no ending.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The runner has no free sandbox for now.
    #[error("the runner has no free sandbox")]
    Refused {
        /// When to ask again.
        retry_after: Duration,
    },
    /// The runner can't be reached or is draining; the program was not started.
    #[error("the runner can't be reached: {0}")]
    Unreachable(String),
    /// The runner went away, or broke its word.
    #[error("the runner was lost: {0}")]
    Lost(String),
    /// The runner says that the order is wrong: our fault.
    #[error("the runner rejected the order: {0}")]
    Rejected(String),
    /// Cancelled before it was in a sandbox.
    #[error("cancelled before it started")]
    Cancelled,
}

/// Why input was not taken.
#[derive(Debug, thiserror::Error)]
pub enum InputFailure {
    /// The program has ended.
    #[error("the program has ended")]
    NotRunning,
    /// Standard input is closed.
    #[error("input is closed")]
    Closed,
    /// The program isn't reading.
    #[error("the program isn't reading")]
    Full {
        /// When to try again.
        retry_after: Duration,
    },
    /// The runner did not answer.
    #[error("the runner was lost: {0}")]
    Lost(String),
}

/// How a runner says that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunnerStatus {
    /// Version of sandboxd.
    pub version: String,
    /// Version of Python inside.
    pub python_version: String,
    /// Programs that may live at one time.
    pub capacity: usize,
    /// It takes no new work.
    pub draining: bool,
    /// The profiles that it has.
    pub profiles: Vec<ProfileView>,
}

impl RunnerStatus {
    /// Whether it can run programs of a profile.
    pub fn has(&self, profile: Profile) -> bool {
        profile == Profile::default() || self.profiles.iter().any(|view| view.profile == profile)
    }
}
