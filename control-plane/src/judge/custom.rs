//! Checkers that authors write in Python: what such a program is given, and what its end says.
//! Running it is not decided here.
//!
//! 1. It runs in a sandbox of its own, as any program does. `custom/stage.py` is its main file: it
//!    takes input, expected output and the student's output from standard input, whose first line
//!    has their sizes, so that no output can look like another part. It writes them to files and
//!    runs the author's program.
//! 2. The author's program ends with exit code 42 when the answer is right and 43 when it is
//!    wrong, as output validators of the Kattis problem package format do (2023-07-draft, section
//!    "Output Validators"). What it prints is a message for the student.
//! 3. Any other end is a fault of the checker. Nothing is held against the student then, and the
//!    author is told what happened, but nothing that the checker wrote: it has seen hidden tests.

use std::fmt;

use super::exception;
use crate::execution::model::{Ending, Outcome, Program, SourceFile};

/// What the sandbox runs.
const STAGE: &str = include_str!("custom/stage.py");
/// The name of the author's program in its sandbox.
const FILE: &str = "checker.py";
/// Exit code for a right answer.
const RIGHT: i32 = 42;
/// Exit code for a wrong answer.
const WRONG: i32 = 43;

/// An author's checker.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomChecker {
    source: String,
}

/// It may name the answers; it stays out of logs.
impl fmt::Debug for CustomChecker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CustomChecker(..)")
    }
}

/// What a checker says of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// The answer is right.
    pub accepted: bool,
    /// What it printed: text of the author's program, which has seen the test.
    pub message: Vec<u8>,
}

/// A checker said nothing of an answer. Tells what happened without any text of the checker's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it {0}")]
pub struct CheckerFault(String);

impl CustomChecker {
    /// A checker with this source.
    pub fn new(source: String) -> Self {
        Self { source }
    }

    /// The program that checks an answer when it is given a `question`.
    pub fn program(&self) -> Program {
        let file = SourceFile {
            path: FILE.to_owned(),
            content: self.source.clone().into_bytes(),
        };
        Program {
            source: STAGE.to_owned(),
            files: vec![file],
        }
    }

    /// Standard input for the program: all that it needs to know of one answer.
    pub fn question(input: &[u8], expected: &[u8], actual: &[u8]) -> Vec<u8> {
        let sizes = format!("{} {} {}\n", input.len(), expected.len(), actual.len());
        [sizes.as_bytes(), input, expected, actual].concat()
    }

    /// What the end of the program says of the answer.
    pub fn ruling(ending: &Ending, stdout: Vec<u8>, stderr: &[u8]) -> Result<Ruling, CheckerFault> {
        let ended = matches!(ending.outcome, Outcome::Ok | Outcome::RuntimeError);
        let accepted = match ending.exit_code.filter(|_| ended) {
            Some(RIGHT) => true,
            Some(WRONG) => false,
            _ => return Err(CheckerFault(fault(ending, stderr))),
        };
        Ok(Ruling {
            accepted,
            message: stdout,
        })
    }
}

fn fault(ending: &Ending, stderr: &[u8]) -> String {
    match ending.outcome {
        Outcome::TimeLimit => "took too long".into(),
        Outcome::MemoryLimit => "used too much memory".into(),
        Outcome::OutputLimit => "wrote too much".into(),
        Outcome::ProcessLimit => "started too many processes".into(),
        Outcome::CompileError | Outcome::Cancelled | Outcome::InternalError => {
            "could not be run".into()
        }
        Outcome::Ok | Outcome::RuntimeError => own_fault(ending, stderr),
    }
}

/// It ended by itself, without an answer.
fn own_fault(ending: &Ending, stderr: &[u8]) -> String {
    if let Some(name) = exception::name(stderr) {
        return format!("failed with {name}{}", place(stderr));
    }
    match (ending.exit_code, ending.signal) {
        (Some(code), _) => {
            format!("ended with exit code {code}, which is neither {RIGHT} nor {WRONG}")
        }
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended without an exit code".into(),
    }
}

/// Where in the checker the last traceback leads to, such as " in line 7".
fn place(stderr: &[u8]) -> String {
    let mark = format!("  File \"{FILE}\", line ");
    let lines = stderr.split(|byte| *byte == b'\n');
    let places = lines.filter_map(|line| line.strip_prefix(mark.as_bytes()));
    let mut numbers = places.map(|rest| {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit());
        digits
            .take(9)
            .map(|digit| char::from(*digit))
            .collect::<String>()
    });
    match numbers.next_back() {
        Some(line) if !line.is_empty() => format!(" in line {line}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending(outcome: Outcome, exit_code: Option<i32>, signal: Option<i32>) -> Ending {
        Ending {
            exit_code,
            signal,
            ..Ending::without_program(outcome)
        }
    }

    #[test]
    fn only_its_two_exit_codes_are_answers() {
        use Outcome::{
            Cancelled, CompileError, InternalError, MemoryLimit, Ok, OutputLimit, ProcessLimit,
            RuntimeError, TimeLimit,
        };
        let of = |outcome, exit_code, signal| {
            let ending = ending(outcome, exit_code, signal);
            let ruling = CustomChecker::ruling(&ending, b"said".to_vec(), b"SECRET\n");
            ruling.map(|ruling| (ruling.accepted, ruling.message))
        };
        assert_eq!(
            of(RuntimeError, Some(42), None),
            Result::Ok((true, b"said".to_vec()))
        );
        assert_eq!(
            of(RuntimeError, Some(43), None),
            Result::Ok((false, b"said".to_vec()))
        );
        for (outcome, exit_code, signal, text) in [
            (
                Ok,
                Some(0),
                None,
                "it ended with exit code 0, which is neither 42 nor 43",
            ),
            (
                RuntimeError,
                Some(1),
                None,
                "it ended with exit code 1, which is neither 42 nor 43",
            ),
            (
                RuntimeError,
                Some(44),
                None,
                "it ended with exit code 44, which is neither 42 nor 43",
            ),
            (
                RuntimeError,
                Some(-42),
                None,
                "it ended with exit code -42, which is neither 42 nor 43",
            ),
            (RuntimeError, None, Some(11), "it was ended by signal 11"),
            (RuntimeError, None, None, "it ended without an exit code"),
            // A limit was reached, whatever exit code came with it.
            (TimeLimit, Some(42), None, "it took too long"),
            (MemoryLimit, Some(42), Some(9), "it used too much memory"),
            (OutputLimit, Some(42), None, "it wrote too much"),
            (
                ProcessLimit,
                Some(42),
                None,
                "it started too many processes",
            ),
            (CompileError, Some(42), None, "it could not be run"),
            (Cancelled, Some(42), None, "it could not be run"),
            (InternalError, Some(42), None, "it could not be run"),
        ] {
            let fault = of(outcome, exit_code, signal).unwrap_err();
            assert_eq!(fault.to_string(), text, "{outcome:?}");
        }
    }

    #[test]
    fn an_author_learns_which_error_in_which_line_and_no_text_of_the_tests() {
        for (stderr, text) in [
            (
                "Traceback (most recent call last):\n  File \"/work/main.py\", line 40, in <module>\n    \
                 runpy.run_path(\"checker.py\")\n  File \"checker.py\", line 12, in <module>\n    main()\n  \
                 File \"checker.py\", line 7, in main\n    int(word)\nValueError: invalid literal: 'SECRET'\n",
                "it failed with ValueError in line 7",
            ),
            (
                "Traceback (most recent call last):\n  File \"checker.py\", line 3\n    if SECRET\n             ^\n\
                 SyntaxError: expected ':'\n",
                "it failed with SyntaxError in line 3",
            ),
            (
                "Traceback (most recent call last):\n  File \"checker.py\", line SECRET\nSECRET: SECRET\n",
                "it failed with Exception",
            ),
            (
                "SECRET\n",
                "it ended with exit code 1, which is neither 42 nor 43",
            ),
        ] {
            let ending = ending(Outcome::RuntimeError, Some(1), None);
            let fault = CustomChecker::ruling(&ending, b"SECRET".to_vec(), stderr.as_bytes());
            assert_eq!(fault.unwrap_err().to_string(), text);
        }
    }

    #[test]
    fn a_question_says_where_each_part_ends() {
        assert_eq!(
            CustomChecker::question(b"1 2\n", b"", b"0 0 0\n3"),
            b"4 0 7\n1 2\n0 0 0\n3"
        );
    }

    #[test]
    fn its_source_stays_out_of_logs() {
        let checker = CustomChecker::new("SECRET".into());
        assert!(!format!("{checker:?}").contains("SECRET"));
        assert_eq!(checker.program().files[0].content, b"SECRET");
    }

    proptest::proptest! {
        #[test]
        fn whatever_it_writes_only_its_exit_code_is_an_answer(stdout: Vec<u8>, stderr: Vec<u8>, code: i32) {
            for code in [code, RIGHT, WRONG] {
                let ending = ending(Outcome::RuntimeError, Some(code), None);
                let ruling = CustomChecker::ruling(&ending, stdout.clone(), &stderr);
                let accepted = ruling.ok().map(|ruling| ruling.accepted);
                let answer = match code {
                    RIGHT => Some(true),
                    WRONG => Some(false),
                    _ => None,
                };
                proptest::prop_assert_eq!(accepted, answer);
            }
        }

        #[test]
        fn each_part_of_a_question_can_be_told_from_the_others(input: Vec<u8>, expected: Vec<u8>, actual: Vec<u8>) {
            let question = CustomChecker::question(&input, &expected, &actual);
            let end = question.iter().position(|byte| *byte == b'\n').unwrap();
            let sizes = std::str::from_utf8(&question[..end]).unwrap();
            let sizes: Vec<usize> = sizes.split(' ').map(|size| size.parse().unwrap()).collect();
            let (first, rest) = question[end + 1..].split_at(sizes[0]);
            let (second, third) = rest.split_at(sizes[1]);
            proptest::prop_assert_eq!((first, second, third), (&input[..], &expected[..], &actual[..]));
            proptest::prop_assert_eq!(third.len(), sizes[2]);
        }
    }
}
