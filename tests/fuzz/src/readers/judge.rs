//! Answers of programs, judged against what an author expects.

use control_plane::execution::model::{Ending, Outcome, Program};
use control_plane::judge::{
    Answer, Case, Checker, Observed, Space, TestCase, TestResult, Tolerance, Verdict, Words,
    decimal as number, exception, judge_test,
};
use serde_json::Value;

use crate::input;

/// Longest text that is shown of a public test.
const SHOWN_BYTES: usize = 4096;

fn tolerance(choice: u8) -> Tolerance {
    let [absolute, relative] = [[0.0, 0.0], [1e-6, 1e-6], [0.5, 0.0]][usize::from(choice) % 3];
    Tolerance::new(absolute, relative).expect("finite and not negative")
}

fn checker(choice: u8) -> Checker {
    let case = if choice >= 128 {
        Case::Insensitive
    } else {
        Case::Sensitive
    };
    let space = if choice / 8 % 2 == 1 {
        Space::Sensitive
    } else {
        Space::Insensitive
    };
    let words = Words { case, space };
    match choice % 8 {
        0 | 1 => Checker::Exact,
        2 | 3 => Checker::Tokens(words),
        4 => Checker::UnorderedLines(case),
        other => Checker::Float(words, tolerance(other - 5)),
    }
}

fn counts_space(checker: &Checker) -> bool {
    match checker {
        Checker::Tokens(words) | Checker::Float(words, _) => words.space == Space::Sensitive,
        Checker::Exact | Checker::UnorderedLines(_) => false,
    }
}

/// Every text is accepted for itself, most checkers don't care which text is which, and words are words. Unless white
/// space counts, it changes nothing at the end, and no checker is stricter than the exact one.
pub fn text(bytes: &[u8]) {
    let (choice, texts) = input::choice(bytes);
    let (expected, actual) = input::two(texts);
    let checker = checker(choice);
    for text in [expected, actual] {
        assert!(checker.accepts_text(text, text), "{checker:?}: itself");
    }
    let accepted = checker.accepts_text(expected, actual);
    let with_space = [actual, b" \n"].concat();
    if counts_space(&checker) {
        assert!(!accepted || !checker.accepts_text(expected, &with_space));
    } else {
        assert_eq!(checker.accepts_text(expected, &with_space), accepted);
    }
    if !matches!(checker, Checker::Float(_, tolerance) if tolerance != self::tolerance(0)) {
        assert_eq!(checker.accepts_text(actual, expected), accepted);
    }
    if Checker::Exact.accepts_text(expected, actual) && !counts_space(&checker) {
        assert!(accepted, "{checker:?} is stricter than exact");
    }
    let words = |text: &[u8]| -> Vec<Vec<u8>> {
        let words = text.split(|byte| b" \t\n\r\x0b\x0c".contains(byte));
        words
            .filter(|word| !word.is_empty())
            .map(<[u8]>::to_vec)
            .collect()
    };
    let strict = Checker::Tokens(Words {
        case: Case::Sensitive,
        space: Space::Insensitive,
    });
    let same = strict.accepts_text(expected, actual);
    assert_eq!(same, words(expected) == words(actual));
}

/// Only JSON is accepted, never a value of another kind, and what equals anything equals itself, however it is
/// written.
pub fn data(bytes: &[u8]) {
    let (choice, texts) = input::choice(bytes);
    let (expected, actual) = input::two(texts);
    let checker = checker(choice);
    if !checker.accepts_data(expected, actual) {
        assert!(!Checker::Exact.accepts_data(expected, actual));
        return;
    }
    assert_eq!(kind(expected), kind(actual));
    for text in [expected, actual] {
        let value: Value = serde_json::from_slice(text).expect("only JSON is accepted");
        let anew = serde_json::to_vec(&value).expect("plain data");
        assert!(checker.accepts_data(text, &anew) && checker.accepts_data(&anew, text));
    }
    if checker == Checker::Exact {
        assert!(checker.accepts_data(actual, expected));
    }
}

/// What a JSON text begins with, which tells the kind of its value.
fn kind(text: &[u8]) -> u8 {
    let first = text.iter().find(|byte| !b" \t\n\r".contains(byte));
    match first {
        Some(b'-' | b'0'..=b'9') => b'0',
        Some(b't' | b'f') => b't',
        other => *other.expect("JSON is not empty"),
    }
}

/// A number is finite, and its one form is that of the same number.
pub fn decimal(bytes: &[u8]) {
    let value = number::parse(bytes);
    if let Some(value) = value {
        assert!(value.is_finite());
        let plain = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
        assert!(bytes.iter().all(plain));
    }
    let Ok(json) = serde_json::from_slice::<serde_json::Number>(bytes) else {
        return;
    };
    let text = json.to_string();
    let value = number::parse(text.as_bytes());
    let Some(form) = number::canonical(&text) else {
        assert_eq!(value, None, "a number without a form is too large");
        return;
    };
    assert_eq!(number::canonical(&form).as_ref(), Some(&form));
    assert_eq!(number::parse(form.as_bytes()), value);
}

/// Only the name of an exception of Python's own is told, and what is before the traceback does not matter.
pub fn exception_name(bytes: &[u8]) {
    let name = exception::name(bytes);
    if let Some(name) = name {
        assert!(name.len() <= 30 && name.bytes().all(|byte| byte.is_ascii_alphabetic()));
        let shown = bytes
            .windows(name.len())
            .any(|part| part == name.as_bytes());
        assert!(shown || name == "Exception");
    }
    let longer = [b"noise\n", bytes].concat();
    assert_eq!(exception::name(&longer), name);
}

/// Of a hidden test nothing is shown but the name of an exception; of a public one no text is long.
pub fn shown_result(bytes: &[u8]) {
    let Some(([choice, outcome], texts)) = bytes.split_first_chunk() else {
        return;
    };
    let (expected, actual, stderr) = input::three(texts);
    let outcomes = [
        Outcome::Ok,
        Outcome::RuntimeError,
        Outcome::TimeLimit,
        Outcome::OutputLimit,
        Outcome::CompileError,
        Outcome::InternalError,
    ];
    let ending = Ending {
        outcome: outcomes[usize::from(*outcome) % outcomes.len()],
        exit_code: None,
        signal: None,
        usage: None,
        compile_error: None,
    };
    let answer = match outcome / 16 % 5 {
        0 => Answer::Text(actual),
        1 => Answer::Returned(actual),
        2 => Answer::NoResult("solve"),
        3 => Answer::NotDefined("solve"),
        _ => Answer::NotData("solve"),
    };
    let hidden = *outcome >= 128;
    let test = |input| TestCase {
        number: 1,
        hidden,
        input,
        expected,
    };
    let checker = checker(*choice);
    let program = Program {
        source: String::from_utf8_lossy(stderr).into_owned(),
        files: Vec::new(),
    };
    let observed = Observed {
        program: &program,
        ending: &ending,
        answer,
        stderr,
    };
    let judge = |input| -> TestResult { judge_test(&checker, test(input), observed) };
    let result = judge(actual);
    if result.verdict == Verdict::Accepted {
        assert_eq!(ending.outcome, Outcome::Ok);
    }
    let shown = [&result.input, &result.expected, &result.actual];
    if hidden {
        assert!(shown.iter().all(|text| text.is_empty()));
        let name = exception::name(stderr).unwrap_or_default();
        assert!(result.message.is_empty() || result.message == name);
        let explained = result.explanation.as_ref();
        assert!(explained.is_none_or(|it| it.place.is_none() && it.names.is_empty()));
        assert_eq!(judge(b"other"), result);
    } else {
        assert!(shown.iter().all(|text| text.len() <= SHOWN_BYTES));
        assert!(result.message.len() <= SHOWN_BYTES);
    }
}
