//! From the end of a program to the verdict of a test, from the tests to the verdict of a
//! submission, and what of it a student is told.
//!
//! What a hidden test gives away is decided here and nowhere else: verdict, the name of the
//! exception, roughly time and memory, with what can be explained from these. Everything else of it
//! is dropped before anything is stored. A program chooses all four, so each is a way to tell of its
//! input; exact figures would tell a whole word of it at once.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::checker::Checker;
use super::custom::Ruling;
use super::data;
use super::exception;
use super::shown::{beginning, end};
use crate::execution::model::{Ending, Outcome, Program, Usage};
use crate::explain::{Explanation, explain, explain_hidden};

/// What became of a submission or of one of its tests, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Verdict {
    Accepted,
    /// Not run. Never the verdict of a submission.
    Skipped,
    WrongAnswer,
    RuntimeError,
    TimeLimit,
    MemoryLimit,
    OutputLimit,
    ProcessLimit,
    CompileError,
    Cancelled,
    InternalError,
}

/// A text that names no verdict.
#[derive(Debug, thiserror::Error)]
#[error("an unknown verdict")]
pub struct UnknownVerdict;

impl std::str::FromStr for Verdict {
    type Err = UnknownVerdict;

    fn from_str(text: &str) -> Result<Self, UnknownVerdict> {
        Self::ALL
            .into_iter()
            .find(|verdict| verdict.name() == text)
            .ok_or(UnknownVerdict)
    }
}

impl Verdict {
    /// All of them, from best to worst.
    pub const ALL: [Self; 11] = [
        Self::Accepted,
        Self::Skipped,
        Self::WrongAnswer,
        Self::RuntimeError,
        Self::TimeLimit,
        Self::MemoryLimit,
        Self::OutputLimit,
        Self::ProcessLimit,
        Self::CompileError,
        Self::Cancelled,
        Self::InternalError,
    ];

    /// Its name in the API, without prefix.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "ACCEPTED",
            Self::Skipped => "SKIPPED",
            Self::WrongAnswer => "WRONG_ANSWER",
            Self::RuntimeError => "RUNTIME_ERROR",
            Self::TimeLimit => "TIME_LIMIT",
            Self::MemoryLimit => "MEMORY_LIMIT",
            Self::OutputLimit => "OUTPUT_LIMIT",
            Self::ProcessLimit => "PROCESS_LIMIT",
            Self::CompileError => "COMPILE_ERROR",
            Self::Cancelled => "CANCELLED",
            Self::InternalError => "INTERNAL_ERROR",
        }
    }

    /// The verdict of a submission: the worst of its tests. None without a test.
    pub fn of_submission(tests: impl IntoIterator<Item = Verdict>) -> Option<Verdict> {
        tests.into_iter().max()
    }

    /// True when the program was judged, rightly or wrongly; else nothing may be held against it.
    pub fn is_judged(self) -> bool {
        !matches!(self, Self::Skipped | Self::Cancelled | Self::InternalError)
    }
}

impl From<Outcome> for Option<Verdict> {
    /// None for a program that ended well: its answer decides.
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Ok => None,
            Outcome::RuntimeError => Some(Verdict::RuntimeError),
            Outcome::TimeLimit => Some(Verdict::TimeLimit),
            Outcome::MemoryLimit => Some(Verdict::MemoryLimit),
            Outcome::OutputLimit => Some(Verdict::OutputLimit),
            Outcome::ProcessLimit => Some(Verdict::ProcessLimit),
            Outcome::CompileError => Some(Verdict::CompileError),
            Outcome::Cancelled => Some(Verdict::Cancelled),
            Outcome::InternalError => Some(Verdict::InternalError),
        }
    }
}

/// Times of hidden tests are told in steps of this, rounded up.
const TIME_STEP: Duration = Duration::from_millis(100);
/// Memory of hidden tests is told in steps of this, rounded up.
const MEMORY_STEP: u64 = 16 * 1024 * 1024;

/// What students are told of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feedback {
    /// Verdict of each test; public tests with input, expected and actual output.
    Full,
    /// Verdict of each test and nothing else.
    VerdictPerTest,
    /// One verdict for all.
    VerdictOnly,
}

/// One test, as the judge needs it.
#[derive(Debug, Clone, Copy)]
pub struct TestCase<'a> {
    /// From 1.
    pub number: u32,
    /// Nothing but the verdict is shown.
    pub hidden: bool,
    /// Standard input, or a JSON array of arguments.
    pub input: &'a [u8],
    /// Standard output, or the return value as JSON.
    pub expected: &'a [u8],
}

/// What a program answered.
#[derive(Debug, Clone, Copy)]
pub enum Answer<'a> {
    /// The answer is standard output.
    Text(&'a [u8]),
    /// The function returned this JSON.
    Returned(&'a [u8]),
    /// The program ended before the function of this name returned.
    NoResult(&'a str),
    /// The program defines no function of this name.
    NotDefined(&'a str),
    /// The function of this name returned something that isn't plain data.
    NotData(&'a str),
}

impl<'a> Answer<'a> {
    /// What a checker is to look at, if there is anything.
    pub fn given(self) -> &'a [u8] {
        match self {
            Self::Text(actual) | Self::Returned(actual) => actual,
            Self::NoResult(_) | Self::NotDefined(_) | Self::NotData(_) => &[],
        }
    }
}

/// What a program used in a test, as far as it is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestUsage {
    /// Wall-clock time.
    pub wall: Duration,
    /// CPU time.
    pub cpu: Duration,
    /// The most memory at one time.
    pub peak_memory_bytes: u64,
}

impl TestUsage {
    /// As much as is told of a hidden test: whether it came near the limits.
    fn roughly(self) -> Self {
        let Self {
            wall,
            cpu,
            peak_memory_bytes,
        } = self;
        Self {
            wall: rounded_up(wall),
            cpu: rounded_up(cpu),
            peak_memory_bytes: peak_memory_bytes
                .div_ceil(MEMORY_STEP)
                .saturating_mul(MEMORY_STEP),
        }
    }
}

fn rounded_up(time: Duration) -> Duration {
    let steps = time.as_nanos().div_ceil(TIME_STEP.as_nanos());
    TIME_STEP.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))
}

/// The result of one test, already reduced to what may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    /// From 1.
    pub number: u32,
    /// Of its input, what was expected and what came nothing is shown.
    pub hidden: bool,
    /// What became of it.
    pub verdict: Verdict,
    /// Public tests: what the program was given.
    pub input: String,
    /// Public tests: what was expected.
    pub expected: String,
    /// Public tests: what came.
    pub actual: String,
    /// Public tests: what the author's checker said, the end of standard error, or what was wrong
    /// with the function. Hidden tests: the name of the exception.
    pub message: String,
    /// What the program used, roughly for hidden tests; None when it didn't run.
    pub usage: Option<TestUsage>,
    /// Why the program failed. Hidden tests: from the verdict and the exception's name alone.
    #[serde(default)]
    pub explanation: Option<Explanation>,
}

impl TestResult {
    /// A test that was not run.
    pub fn skipped(number: u32, hidden: bool) -> Self {
        Self::bare(number, hidden, Verdict::Skipped)
    }

    fn bare(number: u32, hidden: bool, verdict: Verdict) -> Self {
        let none = String::new;
        Self {
            number,
            hidden,
            verdict,
            input: none(),
            expected: none(),
            actual: none(),
            message: none(),
            usage: None,
            explanation: None,
        }
    }

    /// What is left of a result at a level of feedback; None when nothing is.
    pub fn shown_at(&self, feedback: Feedback) -> Option<Self> {
        match feedback {
            Feedback::Full => Some(self.clone()),
            Feedback::VerdictPerTest => Some(Self::bare(self.number, self.hidden, self.verdict)),
            Feedback::VerdictOnly => None,
        }
    }
}

/// What came of a program in a test.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// The program.
    pub program: &'a Program,
    /// How it ended.
    pub ending: &'a Ending,
    /// What it answered.
    pub answer: Answer<'a>,
    /// What it wrote to standard error.
    pub stderr: &'a [u8],
}

/// Judges one test.
pub fn judge_test(checker: &Checker, test: TestCase<'_>, observed: Observed<'_>) -> TestResult {
    judge_settled_test(test, observed).unwrap_or_else(|| {
        let verdict = compared(checker, test.expected, observed.answer);
        told(test, verdict, observed)
    })
}

/// Judges one test whose answer no checker needs to look at; none when one must.
pub fn judge_settled_test(test: TestCase<'_>, observed: Observed<'_>) -> Option<TestResult> {
    let verdict = settled(observed.ending, observed.answer)?;
    Some(told(test, verdict, observed))
}

/// Judges one test whose answer the author's own checker has seen. `judge_settled_test` comes
/// first: a program that failed is not made right by its answer.
pub fn judge_ruled_test(ruling: &Ruling, test: TestCase<'_>, observed: Observed<'_>) -> TestResult {
    let mut result = told(test, right_or_wrong(ruling.accepted), observed);
    if !test.hidden && !ruling.message.is_empty() {
        result.message = beginning(&ruling.message);
    }
    result
}

/// What of a test with this verdict may be told.
fn told(test: TestCase<'_>, verdict: Verdict, observed: Observed<'_>) -> TestResult {
    let Observed {
        program,
        ending,
        answer,
        stderr,
    } = observed;
    let mut result = TestResult::bare(test.number, test.hidden, verdict);
    result.usage = ending.usage.map(reduce_usage);
    // What can't be compiled fails as a whole, and is explained with the submission.
    let failed = verdict != Verdict::CompileError && Some(verdict) == ending.outcome.into();
    if test.hidden {
        result.usage = result.usage.map(TestUsage::roughly);
        if verdict == Verdict::RuntimeError {
            result.message = exception::name(stderr).unwrap_or_default().to_owned();
        }
        if failed {
            result.explanation = explain_hidden(ending.outcome, &result.message);
        }
        return result;
    }
    result.input = beginning(test.input);
    result.expected = beginning(test.expected);
    result.actual = shown(answer);
    if failed {
        result.explanation = explain(program, ending, stderr);
    }
    if verdict != Verdict::Accepted && verdict != Verdict::InternalError {
        result.message = message(verdict, answer, stderr);
    }
    result
}

/// What a program answered, as the student sees it beside what was expected.
fn shown(answer: Answer<'_>) -> String {
    match answer {
        Answer::Returned(json) => match data::shown(json) {
            Some(text) => beginning(text.as_bytes()),
            None => beginning(json),
        },
        other => beginning(other.given()),
    }
}

/// The verdict where it doesn't depend on what the program answered; none when the answer must be
/// looked at.
fn settled(ending: &Ending, answer: Answer<'_>) -> Option<Verdict> {
    // A program without the function has no error of its own: it answers nothing.
    if matches!(answer, Answer::NotDefined(_))
        && matches!(ending.outcome, Outcome::Ok | Outcome::RuntimeError)
    {
        return Some(Verdict::WrongAnswer);
    }
    let by_outcome: Option<Verdict> = ending.outcome.into();
    by_outcome.or(match answer {
        Answer::Text(_) | Answer::Returned(_) => None,
        Answer::NoResult(_) | Answer::NotDefined(_) | Answer::NotData(_) => {
            Some(Verdict::WrongAnswer)
        }
    })
}

fn compared(checker: &Checker, expected: &[u8], answer: Answer<'_>) -> Verdict {
    right_or_wrong(match answer {
        Answer::Text(actual) => checker.accepts_text(expected, actual),
        Answer::Returned(actual) => checker.accepts_data(expected, actual),
        Answer::NoResult(_) | Answer::NotDefined(_) | Answer::NotData(_) => false,
    })
}

fn right_or_wrong(right: bool) -> Verdict {
    if right {
        Verdict::Accepted
    } else {
        Verdict::WrongAnswer
    }
}

fn message(verdict: Verdict, answer: Answer<'_>, stderr: &[u8]) -> String {
    match (verdict, answer) {
        (Verdict::WrongAnswer, Answer::NoResult(name)) => {
            format!("Your program ended before `{name}` returned a value.")
        }
        (Verdict::WrongAnswer, Answer::NotDefined(name)) => {
            format!("Your program defines no function `{name}`.")
        }
        (Verdict::WrongAnswer, Answer::NotData(name)) => format!(
            "`{name}` must return plain data, of at most 1 MiB: numbers, text, True, False, None, \
             lists, tuples, and dictionaries whose keys are text. `dict(...)`, `list(...)`, `int(...)` \
             or `float(...)` make plain data of something alike, such as a Counter, a set or a number \
             of a library."
        ),
        _ => end(stderr),
    }
}

fn reduce_usage(usage: Usage) -> TestUsage {
    TestUsage {
        wall: usage.wall,
        cpu: usage.cpu,
        peak_memory_bytes: usage.peak_memory_bytes,
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
