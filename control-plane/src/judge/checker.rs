//! The checkers for text: exact, tokens, numbers within a tolerance, lines in any order. They
//! compare bytes and never fail; bytes that are no UTF-8 are compared as they are.
//!
//! Tokens and tolerance are the default output validator of the Kattis problem package format,
//! versions 2023-07-draft and 2025-09, sections "Default output validator specification" and, for
//! what a number is, "General requirements"
//! (<https://www.kattis.com/problem-package-format/spec/2023-07-draft.html>):
//!
//! - Words are what stands between white space: space, form feed, line feed, carriage return, tab,
//!   vertical tab. All other bytes belong to words, NUL too. White space between words, before
//!   and behind them counts only with `space_change_sensitive`, and then all of it.
//! - Without `case_sensitive`, A to Z equal a to z, and no other letter equals another.
//! - With a tolerance, an expected word that is a number is compared as one, a whole number too,
//!   and a word that is none is wrong in its place. Expected words that are no numbers are
//!   compared as words. With both tolerances, either of them is enough.
//!
//! Where the text leaves something open, problemtools' `default_validator.cc` decides: a number
//! too large for a double is a word. Where that program takes more than the text allows, we don't:
//! hexadecimal and `1e` are no numbers, and a word doesn't end at a NUL. `nan` and `inf` are words
//! for all three. `default_validator_tests.rs` has all of it as a table.

use super::{data, decimal};

/// How an answer is compared with the expected one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Checker {
    /// The same bytes, but for line ends (`\n` or `\r\n`) and white space at the end of the text.
    Exact,
    /// The same words.
    Tokens(Words),
    /// The same words, where numbers may differ within a tolerance.
    Float(Words, Tolerance),
    /// The same lines, each as often, in any order. White space at the end of a line and empty
    /// lines don't count.
    UnorderedLines(Case),
}

/// How words are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// `case_sensitive` of the default validator.
    pub case: Case,
    /// `space_change_sensitive` of the default validator.
    pub space: Space,
}

/// Whether capital and small letters differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// They differ.
    Sensitive,
    /// A to Z are the same as a to z. Other letters differ, as in the default validator.
    Insensitive,
}

/// Whether the white space around words counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// It must be the same, at the ends of the text too.
    Sensitive,
    /// It only sets words apart.
    Insensitive,
}

/// How far two numbers may be apart: by `absolute`, or by `relative` times the expected number. 0
/// beside another is the same as none. Invariant: both are finite and not negative.
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

    /// True when `actual` is near enough. Both must be finite; numbers so far apart that a double
    /// can't say how far are never near.
    pub fn accepts(&self, expected: f64, actual: f64) -> bool {
        let difference = (expected - actual).abs();
        difference.is_finite()
            && (difference <= self.absolute || difference <= self.relative * expected.abs())
    }
}

impl Case {
    /// Compares two words or lines.
    pub fn equal(self, left: &[u8], right: &[u8]) -> bool {
        match self {
            Self::Sensitive => left == right,
            Self::Insensitive => left.eq_ignore_ascii_case(right),
        }
    }

    /// Small letters, when case doesn't matter.
    fn fold(self, text: &[u8]) -> Vec<u8> {
        match self {
            Self::Sensitive => text.to_vec(),
            Self::Insensitive => text.to_ascii_lowercase(),
        }
    }
}

impl Words {
    /// Compares two texts word by word.
    pub(super) fn same(self, expected: &[u8], actual: &[u8]) -> bool {
        same_words(self.space, expected, actual, |left, right| {
            self.case.equal(left, right)
        })
    }
}

impl Checker {
    /// Compares standard output with the expected text.
    pub fn accepts_text(&self, expected: &[u8], actual: &[u8]) -> bool {
        match *self {
            Self::Exact => without_carriage_returns(expected) == without_carriage_returns(actual),
            Self::Tokens(words) => words.same(expected, actual),
            Self::Float(Words { case, space }, tolerance) => {
                same_words(space, expected, actual, |left, right| {
                    float_words(case, tolerance, left, right)
                })
            }
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
fn same_words(
    space: Space,
    expected: &[u8],
    actual: &[u8],
    equal: impl Fn(&[u8], &[u8]) -> bool,
) -> bool {
    match space {
        Space::Insensitive => all_equal(words(expected), words(actual), equal),
        Space::Sensitive => all_equal(runs(expected), runs(actual), |wanted, came| {
            let is_word = !wanted.iter().all(is_space);
            wanted == came || (is_word && equal(wanted, came))
        }),
    }
}

/// Words and the white space between them, in turns.
fn runs(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.chunk_by(|left, right| is_space(left) == is_space(right))
}

fn all_equal<'a>(
    mut expected: impl Iterator<Item = &'a [u8]>,
    mut actual: impl Iterator<Item = &'a [u8]>,
    equal: impl Fn(&[u8], &[u8]) -> bool,
) -> bool {
    expected.all(|wanted| actual.next().is_some_and(|came| equal(wanted, came)))
        && actual.next().is_none()
}

fn float_words(case: Case, tolerance: Tolerance, expected: &[u8], actual: &[u8]) -> bool {
    match decimal::parse(expected) {
        None => case.equal(expected, actual),
        Some(wanted) => decimal::parse(actual).is_some_and(|came| tolerance.accepts(wanted, came)),
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
#[path = "default_validator_tests.rs"]
mod default_validator_tests;
#[cfg(test)]
#[path = "checker_tests.rs"]
mod tests;
