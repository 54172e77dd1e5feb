//! Judging: compares what a program answered with what was expected, and turns outcomes into
//! verdicts. Everything here is pure and works on plain bytes and JSON outside the sandbox.
//!
//! Whatever comes from a program is hostile: no input makes these functions fail, and only text
//! that follows the grammar of a decimal number ever counts as a number, so that `nan`, `inf` and
//! garbage never match one.

pub mod checker;
pub mod custom;
mod data;
pub mod decimal;
pub mod exception;
mod shown;
pub mod subtasks;
pub mod verdict;

pub use checker::{Case, Checker, InvalidTolerance, Space, Tolerance, Words};
pub use custom::{CheckerFault, CustomChecker, Ruling};
pub use subtasks::{Scoring, Subtask, SubtaskResult, score};
pub use verdict::{
    Answer, Feedback, Observed, TestCase, TestResult, TestUsage, Verdict, judge_ruled_test,
    judge_settled_test, judge_test,
};
