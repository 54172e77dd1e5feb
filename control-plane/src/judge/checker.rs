//! The checkers for text: exact, tokens, numbers within a tolerance, lines in any order. They
//! compare bytes and never fail; bytes that are no UTF-8 are compared as they are.
//!
//! Tokens and tolerance follow the default validator of the Kattis problem package format, but
//! only decimal numbers count as numbers.

use super::{data, decimal};

/// How an answer is compared with the expected one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Checker {
    /// The same bytes, but for line ends (`\n` or `\r\n`) and white space at the end of the text.
    Exact,
    /// The same words, whatever the white space between.
    Tokens(Case),
    /// The same words, where numbers may differ within a tolerance.
    Float(Case, Tolerance),
    /// The same lines, each as often, in any order. White space at the end of a line and empty
    /// lines don't count.
    UnorderedLines(Case),
}

/// Whether capital and small letters differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// They differ.
    Sensitive,
    /// They are the same.
    Insensitive,
}

/// How far two numbers may be apart: by `absolute`, or by `relative` times the expected number.
/// Invariant: both are finite and not negative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    absolute: f64,
    relative: f64,
}

/// A tolerance was negative or not finite.
#[derive(Debug, thiserror::Error)]
#[error("a tolerance must be a finite number of at least 0")]
pub struct InvalidTolerance;

impl Tolerance {
    /// Checks both numbers.
    pub fn new(absolute: f64, relative: f64) -> Result<Self, InvalidTolerance> {
        let fits = |value: f64| value.is_finite() && value >= 0.0;
        if fits(absolute) && fits(relative) {
            Ok(Self { absolute, relative })
        } else {
            Err(InvalidTolerance)
        }
    }

    /// True when `actual` is near enough. Both must be finite.
    pub fn accepts(&self, expected: f64, actual: f64) -> bool {
        let difference = (expected - actual).abs();
        difference <= self.absolute || difference <= self.relative * expected.abs()
    }
}

impl Case {
    /// Compares two words or lines.
    pub fn equal(self, left: &[u8], right: &[u8]) -> bool {
        left == right || (self == Self::Insensitive && self.fold(left) == self.fold(right))
    }

    /// Small letters, when case doesn't matter. Bytes that are no UTF-8 keep their other bytes, so
    /// that two different ones never become the same.
    fn fold(self, text: &[u8]) -> Vec<u8> {
        match (self, std::str::from_utf8(text)) {
            (Self::Sensitive, _) => text.to_vec(),
            (Self::Insensitive, Ok(text)) => text.to_lowercase().into_bytes(),
            (Self::Insensitive, Err(_)) => text.to_ascii_lowercase(),
        }
    }
}

impl Checker {
    /// Compares standard output with the expected text.
    pub fn accepts_text(&self, expected: &[u8], actual: &[u8]) -> bool {
        match *self {
            Self::Exact => without_carriage_returns(expected) == without_carriage_returns(actual),
            Self::Tokens(case) => {
                same_words(expected, actual, |left, right| case.equal(left, right))
            }
            Self::Float(case, tolerance) => same_words(expected, actual, |left, right| {
                float_words(case, tolerance, left, right)
            }),
            Self::UnorderedLines(case) => {
                sorted_lines(case, expected) == sorted_lines(case, actual)
            }
        }
    }

    /// Compares a function's return value with the expected one, both as JSON. The settings of
    /// the checker apply to the parts: tolerance to numbers, words and case to text; the
    /// unordered checker ignores the order of the outermost list.
    pub fn accepts_data(&self, expected: &[u8], actual: &[u8]) -> bool {
        data::accepts(self, expected, actual)
    }
}

fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn trim_end(text: &[u8]) -> &[u8] {
    let end = text
        .iter()
        .rposition(|byte| !is_space(byte))
        .map_or(0, |last| last + 1);
    &text[..end]
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(is_space).filter(|word| !word.is_empty())
}

fn without_carriage_returns(text: &[u8]) -> Vec<u8> {
    let text = trim_end(text);
    let mut normal = Vec::with_capacity(text.len());
    for (index, &byte) in text.iter().enumerate() {
        if byte != b'\r' || text.get(index + 1) != Some(&b'\n') {
            normal.push(byte);
        }
    }
    normal
}

/// Compares two texts word by word.
pub(super) fn same_words(
    expected: &[u8],
    actual: &[u8],
    equal: impl Fn(&[u8], &[u8]) -> bool,
) -> bool {
    let mut actual = words(actual);
    words(expected).all(|wanted| actual.next().is_some_and(|came| equal(wanted, came)))
        && actual.next().is_none()
}

fn float_words(case: Case, tolerance: Tolerance, expected: &[u8], actual: &[u8]) -> bool {
    match decimal::parse(expected) {
        None => case.equal(expected, actual),
        Some(wanted) => {
            expected == actual
                || decimal::parse(actual).is_some_and(|came| tolerance.accepts(wanted, came))
        }
    }
}

fn sorted_lines(case: Case, text: &[u8]) -> Vec<Vec<u8>> {
    let mut lines: Vec<_> = text
        .split(|byte| *byte == b'\n')
        .map(trim_end)
        .filter(|line| !line.is_empty())
        .map(|line| case.fold(line))
        .collect();
    lines.sort_unstable();
    lines
}

#[cfg(test)]
#[path = "checker_tests.rs"]
mod tests;
