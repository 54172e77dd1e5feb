//! Explains to a beginner why a program failed: a kind of error, the line of the program's own code, and a text
//! in each language. Pure: it works on what is known when a run has ended, and runs nothing.
//!
//! Standard error is the program's to write, so it is read as hostile bytes: its last part only, nothing out of it
//! but names and numbers, each bounded and cleaned. The line of code comes from the source that was sent, never
//! from standard error. What is not recognised for certain gets a general kind; a program that forges a traceback
//! can at most mislead whoever wrote it.
//!
//! An `Explanation` holds facts: kind, place and names. The texts are made of them when they are read
//! (`Explanation::text`), so that better words reach old results too.

pub mod api;
mod capture;
mod clean;
mod ends;
mod kind;
mod known;
mod loops;
mod messages;
mod names;
mod nothing;
mod source;
mod syntax;
mod text;
mod traceback;
mod types;
mod values;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use kind::Kind;
pub use text::{Language, MOST_TEXT_CHARS, Text};

use crate::execution::model::{CompileError, Ending, Outcome, Program};
use source::Sources;

/// Most characters of a line of code that is shown.
pub const MOST_LINE_CHARS: usize = 300;
/// Most characters of a name or value out of a program that goes into a text.
pub const MOST_NAME_CHARS: usize = 40;

/// What a failed program is told: facts, of which texts are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// What went wrong.
    pub kind: Kind,
    /// The exception's class, without its module; empty when no exception ended the program.
    pub exception: String,
    /// Where in the program; None when that is not known.
    pub place: Option<Place>,
    /// What the texts speak of, by placeholder.
    pub names: Names,
}

/// What texts speak of, by placeholder. Cleaned and bounded.
pub type Names = BTreeMap<String, String>;

/// A line of the program's own code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file, by the name that it was sent under; `main.py` is the main file.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// Column in characters, from 1; 0 when unknown.
    pub column: u32,
    /// The line as it was sent.
    pub source_line: String,
}

/// A kind, and the names for its texts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    kind: Kind,
    names: Names,
    /// A line of the main file that is meant, where the traceback gives none.
    main_line: Option<u32>,
}

impl Finding {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            names: Names::new(),
            main_line: None,
        }
    }

    /// With one more name, cleaned.
    fn with(mut self, placeholder: &str, name: &str) -> Self {
        self.names.insert(placeholder.to_owned(), clean::name(name));
        self
    }

    fn with_number(self, placeholder: &str, number: u32) -> Self {
        self.with(placeholder, &number.to_string())
    }
}

/// Explains how a program failed. None when it didn't: it ended well, was cancelled, or failed by our fault.
pub fn explain(program: &Program, ending: &Ending, stderr: &[u8]) -> Option<Explanation> {
    let sources = Sources::of(program);
    match ending.outcome {
        Outcome::Ok | Outcome::Cancelled | Outcome::InternalError => None,
        Outcome::CompileError => Some(match &ending.compile_error {
            Some(error) => syntax::explain(&sources, error),
            None => bare(Kind::SyntaxOther),
        }),
        Outcome::RuntimeError => Some(ends::explain_error(&sources, ending, stderr)),
        Outcome::TimeLimit
        | Outcome::MemoryLimit
        | Outcome::OutputLimit
        | Outcome::ProcessLimit => ends::explain_limit(&sources, ending),
    }
}

/// Explains why Python could not compile a program.
pub fn explain_compile_error(program: &Program, error: &CompileError) -> Explanation {
    syntax::explain(&Sources::of(program), error)
}

/// Explains how a program failed in a hidden test, from nothing but the outcome and the name of one of
/// Python's own exceptions: no line, no code, no value. None also for an exception of another name, of which
/// there is nothing to say.
pub fn explain_hidden(outcome: Outcome, exception: &str) -> Option<Explanation> {
    let kind = match outcome {
        Outcome::Ok | Outcome::Cancelled | Outcome::InternalError | Outcome::CompileError => None,
        Outcome::RuntimeError => {
            Some(messages::general(exception)).filter(|kind| *kind != Kind::Other)
        }
        Outcome::TimeLimit => Some(Kind::TimeOther),
        Outcome::MemoryLimit => Some(Kind::Memory),
        Outcome::OutputLimit => Some(Kind::Output),
        Outcome::ProcessLimit => Some(Kind::Processes),
    }?;
    Some(Explanation {
        exception: clean::name(exception),
        ..bare(kind)
    })
}

fn bare(kind: Kind) -> Explanation {
    Explanation {
        kind,
        exception: String::new(),
        place: None,
        names: Names::new(),
    }
}

#[cfg(test)]
mod tests;
