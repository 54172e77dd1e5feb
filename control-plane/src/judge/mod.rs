//! Judging: compares what a program answered with what was expected, and turns outcomes into
//! verdicts. Everything here is pure and works on plain bytes and JSON outside the sandbox.
//!
//! Whatever comes from a program is hostile: no input makes these functions fail, and only text
//! that follows the grammar of a decimal number ever counts as a number, so that `nan`, `inf` and
//! garbage never match one.

pub mod checker;
mod data;
pub mod decimal;
pub mod exception;
pub mod verdict;

pub use checker::{Case, Checker, InvalidTolerance, Tolerance};
pub use verdict::{
    Answer, Feedback, Observed, TestCase, TestResult, TestUsage, Verdict, judge_test,
};
