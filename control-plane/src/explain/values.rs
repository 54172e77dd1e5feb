//! Values that don't fit: no numbers, places and keys that don't exist, divisions by zero, files that aren't there.

use super::capture::capture;
use super::messages::Context;
use super::source::{assignment, has_word};
use super::{Finding, Kind};

/// A value of the right type that doesn't fit.
pub fn value_error(context: &Context<'_>) -> Option<Finding> {
    let message = context.message;
    if let Some([_, value]) = capture(message, "invalid literal for int() with base {}: {}") {
        return Some(no_number("int", text_of(value)?));
    }
    if let Some([value]) = capture(message, "could not convert string to float: {}") {
        return Some(no_number("float", text_of(value)?));
    }
    if let Some([count]) = capture(message, "too many values to unpack (expected {})") {
        if in_loop(context.code()) {
            return Some(Finding::new(Kind::LoopVariables).with("count", count));
        }
        return Some(Finding::new(Kind::TooManyToUnpack).with("count", count));
    }
    if let Some([count, given]) =
        capture(message, "not enough values to unpack (expected {}, got {})")
    {
        if in_loop(context.code()) {
            return Some(Finding::new(Kind::LoopVariables).with("count", count));
        }
        return Some(
            Finding::new(Kind::TooFewToUnpack)
                .with("count", count)
                .with("given", given),
        );
    }
    if let Some([function]) = capture(message, "{}() arg is an empty sequence") {
        return Some(Finding::new(Kind::EmptySequence).with("name", function));
    }
    let ends = [
        "x not in list",
        "x not in tuple",
        "is not in list",
        "substring not found",
    ];
    let kind = match message {
        "math domain error" => Kind::MathDomain,
        "range() arg 3 must not be zero" => Kind::RangeStep,
        "I/O operation on closed file." => Kind::ClosedFile,
        _ if ends.iter().any(|end| message.ends_with(end)) => Kind::NotInThere,
        _ if message.starts_with("empty range for randrange()") => Kind::EmptyRange,
        _ if message.starts_with("Unknown format code ")
            || message == "Invalid format specifier" =>
        {
            Kind::Format
        }
        _ => return None,
    };
    Some(Finding::new(kind))
}

/// Whether values are split into the variables of a `for`, and not into those on the left of `=`.
fn in_loop(code: &str) -> bool {
    let several = assignment(code).is_some_and(|(left, _)| left.contains(','));
    has_word(code, "for") && !several
}

/// What is between the quotes of a text that Python shows.
fn text_of(shown: &str) -> Option<&str> {
    let quote = shown.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    shown.strip_prefix(quote)?.strip_suffix(quote)
}

fn no_number(function: &str, text: &str) -> Finding {
    let plain = text.trim();
    let named = |kind| Finding::new(kind).with("name", function);
    let is_number = |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite);
    if plain.is_empty() {
        return named(Kind::EmptyNumber);
    }
    let parts: Vec<&str> = plain.split_whitespace().collect();
    if parts.len() > 1 && parts.iter().all(|part| is_number(part)) {
        return named(Kind::SeveralNumbers).with("value", text);
    }
    if function == "int" && is_number(plain) && plain.contains('.') {
        return Finding::new(Kind::DecimalNumber).with("value", text);
    }
    // With three digits behind it, the comma may stand for nothing: 1,000 is one thousand, or one.
    let decimals = plain.split_once(',').map_or(0, |(_, behind)| behind.len());
    let is_decimal = decimals > 0 && decimals != 3 && is_number(&plain.replacen(',', ".", 1));
    if function == "float" && is_decimal {
        return Finding::new(Kind::DecimalComma).with("value", text);
    }
    named(Kind::NotANumber).with("value", text)
}

/// A place that doesn't exist.
pub fn index_error(context: &Context<'_>) -> Option<Finding> {
    let kind = match context.message {
        "list index out of range" | "string index out of range" | "tuple index out of range" => {
            Kind::IndexOutOfRange
        }
        "list assignment index out of range" => Kind::IndexAssignment,
        "pop from empty list" => Kind::PopEmpty,
        "Cannot choose from an empty sequence" => Kind::ChoiceEmpty,
        _ => return None,
    };
    Some(Finding::new(kind))
}

/// A key that isn't there.
pub fn key_error(context: &Context<'_>) -> Option<Finding> {
    let key = context.message;
    // Of a set or an empty dictionary the message is a sentence.
    let indexed =
        context.code().contains('[') && !key.is_empty() && !key.contains(" from an empty ");
    indexed.then(|| Finding::new(Kind::KeyMissing).with("value", key))
}

/// A division by zero.
pub fn zero_division_error(context: &Context<'_>) -> Option<Finding> {
    let code: String = context.code().chars().filter(|c| *c != ' ').collect();
    // Only the one division of the line can be meant.
    let one = code.matches('/').count() == 1 && !code.contains('%');
    let of_length = one && code.contains("/len(");
    of_length.then(|| Finding::new(Kind::EmptyAverage))
}

/// A result beyond what its type can hold.
pub fn overflow_error(context: &Context<'_>) -> Option<Finding> {
    let infinite = context.message.starts_with("cannot convert float infinity");
    infinite.then(|| Finding::new(Kind::Infinite))
}

/// A file that isn't there.
pub fn file_not_found_error(context: &Context<'_>) -> Option<Finding> {
    let [path] = capture(context.message, "[Errno 2] No such file or directory: {}")?;
    Some(Finding::new(Kind::FileMissing).with("value", text_of(path)?))
}

/// What the system refused.
pub fn os_error(context: &Context<'_>) -> Option<Finding> {
    let kind = match context.message.split(']').next()? {
        "[Errno 30" | "[Errno 13" | "[Errno 1" => Kind::FileNotAllowed,
        "[Errno 101" | "[Errno 97" | "[Errno -3" | "[Errno -2" => Kind::NoNetwork,
        _ => return None,
    };
    Some(Finding::new(kind))
}
