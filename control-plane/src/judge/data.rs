//! Compares return values on their JSON data, never by the student's `==`.
//!
//! Equality is Python's for plain data, but a bool is no number: `1 == 1.0`, whole numbers of any
//! size are compared exactly, `True != 1`. `NaN` and `Infinity` are not JSON and equal nothing.
//! Nesting is bounded by the parser (128 levels); anything deeper is a wrong answer.

use serde_json::{Number, Value};

use super::checker::{Case, Checker, Tolerance, Words};
use super::decimal;

/// The library hands a number on as an object with this key, and so takes such an object for a number.
const NUMBER_KEY: &str = "$serde_json::private::Number";

/// True when both are JSON and `checker` accepts `actual`.
pub fn accepts(checker: &Checker, expected: &[u8], actual: &[u8]) -> bool {
    let (Some(expected), Some(actual)) = (parse(expected), parse(actual)) else {
        return false;
    };
    match (checker, &expected, &actual) {
        (Checker::UnorderedLines(case), Value::Array(expected), Value::Array(actual)) => {
            same_elements(*case, expected, actual)
        }
        _ => same(checker, &expected, &actual),
    }
}

/// The same data as it is shown: written as expected values are, so that only what differs looks different. None for
/// what can't be compared.
pub fn shown(json: &[u8]) -> Option<String> {
    Some(parse(json)?.to_string())
}

/// None for what is not JSON, and for a text that the library would misread.
fn parse(json: &[u8]) -> Option<Value> {
    let value = serde_json::from_slice(json).ok()?;
    (!has_number_key(json)).then_some(value)
}

/// Whether a string of a JSON text is [`NUMBER_KEY`].
fn has_number_key(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(start) = rest.iter().position(|byte| *byte == b'"') {
        let (string, after) = rest[start..].split_at(string_length(&rest[start..]));
        let is_key = string
            .strip_prefix(b"\"")
            .and_then(|text| text.strip_suffix(b"\""))
            .is_some_and(|text| text == NUMBER_KEY.as_bytes())
            || string.contains(&b'\\')
                && serde_json::from_slice::<String>(string).is_ok_and(|text| text == NUMBER_KEY);
        if is_key {
            return true;
        }
        rest = after;
    }
    false
}

/// Length of the string that a text begins with, its quotes included.
fn string_length(text: &[u8]) -> usize {
    let mut escaped = false;
    let end = text.iter().skip(1).position(|byte| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    });
    end.map_or(text.len(), |end| end + 2)
}

fn same(checker: &Checker, expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(expected), Value::Bool(actual)) => expected == actual,
        (Value::Number(expected), Value::Number(actual)) => same_number(checker, expected, actual),
        (Value::String(expected), Value::String(actual)) => same_text(checker, expected, actual),
        (Value::Array(expected), Value::Array(actual)) => {
            expected.len() == actual.len()
                && expected
                    .iter()
                    .zip(actual)
                    .all(|(expected, actual)| same(checker, expected, actual))
        }
        (Value::Object(expected), Value::Object(actual)) => {
            expected.len() == actual.len()
                && expected.iter().all(|(key, value)| {
                    actual
                        .get(key)
                        .is_some_and(|actual| same(checker, value, actual))
                })
        }
        _ => false,
    }
}

fn same_number(checker: &Checker, expected: &Number, actual: &Number) -> bool {
    let (expected, actual) = (expected.to_string(), actual.to_string());
    let equal = decimal::canonical(&expected).is_some_and(|expected| {
        decimal::canonical(&actual).is_some_and(|actual| expected == actual)
    });
    equal || matches!(checker, Checker::Float(_, tolerance) if near(*tolerance, &expected, &actual))
}

fn near(tolerance: Tolerance, expected: &str, actual: &str) -> bool {
    match (
        decimal::parse(expected.as_bytes()),
        decimal::parse(actual.as_bytes()),
    ) {
        (Some(expected), Some(actual)) => tolerance.accepts(expected, actual),
        _ => false,
    }
}

fn same_text(checker: &Checker, expected: &str, actual: &str) -> bool {
    let (expected, actual) = (expected.as_bytes(), actual.as_bytes());
    match checker {
        Checker::Exact => expected == actual,
        Checker::Tokens(words) => words.same(expected, actual),
        Checker::Float(Words { case, .. }, _) | Checker::UnorderedLines(case) => {
            case.equal(expected, actual)
        }
    }
}

/// The same elements, each as often. Compares sorted canonical texts: with up to a megabyte of
/// elements, comparing each with each would take minutes.
fn same_elements(case: Case, expected: &[Value], actual: &[Value]) -> bool {
    let sorted = |list: &[Value]| -> Option<Vec<String>> {
        let mut texts = Vec::with_capacity(list.len());
        for value in list {
            let mut text = String::new();
            write_canonical(case, value, &mut text)?;
            texts.push(text);
        }
        texts.sort_unstable();
        Some(texts)
    };
    expected.len() == actual.len()
        && sorted(expected)
            .is_some_and(|expected| sorted(actual).is_some_and(|actual| expected == actual))
}

/// Writes a value so that equal values are equal text. None for a number that equals nothing.
fn write_canonical(case: Case, value: &Value, text: &mut String) -> Option<()> {
    match value {
        Value::Number(number) => text.push_str(&decimal::canonical(&number.to_string())?),
        Value::String(string) if case == Case::Insensitive => {
            text.push_str(&Value::String(string.to_ascii_lowercase()).to_string());
        }
        Value::Array(list) => {
            text.push('[');
            for element in list {
                write_canonical(case, element, text)?;
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(map) => {
            text.push('{');
            // The map is sorted by key.
            for (key, element) in map {
                text.push_str(&Value::String(key.clone()).to_string());
                text.push(':');
                write_canonical(case, element, text)?;
                text.push(',');
            }
            text.push('}');
        }
        Value::Null | Value::Bool(_) | Value::String(_) => text.push_str(&value.to_string()),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::checker::Space;
    use super::*;

    const fn words(case: Case) -> Words {
        let space = Space::Insensitive;
        Words { case, space }
    }

    fn check(checker: Checker, table: &[(&str, &str, bool)]) {
        for (expected, actual, equal) in table {
            assert_eq!(
                accepts(&checker, expected.as_bytes(), actual.as_bytes()),
                *equal,
                "{checker:?}: {expected} {actual}"
            );
        }
    }

    #[test]
    fn data_is_shown_as_expected_values_are() {
        for (json, text) in [
            (&b"\"K\\u00e4se\""[..], Some("\"K\u{e4}se\"")),
            (
                b"[1, 2.50,  {\"b\": null, \"a\": \"\\u0000\"}]",
                Some("[1,2.50,{\"a\":\"\\u0000\",\"b\":null}]"),
            ),
            (
                b"123456789012345678901234567890",
                Some("123456789012345678901234567890"),
            ),
            (b"NaN", None),
            (b"\"\\ud800\"", None),
            (b"{\"$serde_json::private::Number\": \"1\"}", None),
        ] {
            assert_eq!(shown(json).as_deref(), text);
        }
    }

    #[test]
    fn equality_is_pythons_with_bools_apart() {
        check(
            Checker::Exact,
            &[
                ("1", "1.0", true),
                ("true", "1", false),
                ("1", "true", false),
                ("0", "false", false),
                ("null", "0", false),
                ("\"1\"", "1", false),
                ("[1, [2.0, \"x\"]]", "[1.0,[2,\"x\"]]", true),
                ("[1, 2]", "[2, 1]", false),
                ("[1]", "[1, 2]", false),
                ("{\"a\": 1, \"b\": 2}", "{\"b\": 2, \"a\": 1}", true),
                ("{\"a\": 1}", "{\"a\": 1, \"b\": 2}", false),
                (
                    "123456789012345678901234567890",
                    "123456789012345678901234567891",
                    false,
                ),
                (
                    "123456789012345678901234567890",
                    "123456789012345678901234567890",
                    true,
                ),
                ("0.3", "0.30000000000000004", false),
                ("\"\\u00e9\"", "\"\u{e9}\"", true),
                ("\"a\"", "\"A\"", false),
            ],
        );
    }

    #[test]
    fn what_is_not_json_equals_nothing() {
        check(
            Checker::Exact,
            &[
                ("NaN", "NaN", false),
                ("1", "NaN", false),
                ("1", "Infinity", false),
                ("1", "", false),
                ("1", "1 2", false),
                ("1", "01", false),
                ("1e999", "1e999", false),
            ],
        );
        assert!(!accepts(&Checker::Exact, b"1", b"\xff\x00"));
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(!accepts(&Checker::Exact, b"[]", deep.as_bytes()));
        let exponent = "1e".to_owned() + &"9".repeat(1000);
        assert!(!accepts(&Checker::Exact, b"1", exponent.as_bytes()));
    }

    #[test]
    fn an_object_is_no_number_whatever_its_key() {
        let object = r#"{"$serde_json::private::Number":"1"}"#;
        let escaped = r#"{"\u0024serde_json::private::Number":"1"}"#;
        check(
            Checker::Exact,
            &[
                ("1", object, false),
                ("1", escaped, false),
                ("[1]", &format!("[{object}]"), false),
                (
                    "{\"a\\\"b\": 1}",
                    &format!("{{\"a\\\"b\": {escaped}}}"),
                    false,
                ),
                ("[\"\\\\\", \"$\"]", "[\"\\\\\", \"\\u0024\"]", true),
            ],
        );
    }

    #[test]
    fn settings_apply_to_the_parts() {
        let tolerance = Tolerance::new(1e-6, 0.0).unwrap();
        check(
            Checker::Float(words(Case::Sensitive), tolerance),
            &[
                ("[0.3, \"a\"]", "[0.30000000000000004, \"a\"]", true),
                ("0.3", "0.4", false),
                ("1", "true", false),
                ("1", "\"1\"", false),
            ],
        );
        check(
            Checker::Tokens(words(Case::Insensitive)),
            &[("\"a  B\"", "\"A b \"", true), ("\"ab\"", "\"a b\"", false)],
        );
        check(
            Checker::UnorderedLines(Case::Sensitive),
            &[
                ("[1, 2.0, [3, 4]]", "[[3, 4.0], 2, 1]", true),
                ("[[3, 4]]", "[[4, 3]]", false),
                ("[1, 1, 2]", "[1, 2, 2]", false),
                ("[true]", "[1]", false),
                ("[\"1\"]", "[1]", false),
                ("{\"a\": [1, 2]}", "{\"a\": [1, 2]}", true),
            ],
        );
    }

    #[test]
    fn a_megabyte_of_elements_is_compared_quickly() {
        let list = format!(
            "[{}]",
            (0..150_000)
                .map(|n| n.to_string())
                .collect::<Vec<_>>()
                .join(",")
        );
        let back = format!(
            "[{}]",
            (0..150_000)
                .rev()
                .map(|n| n.to_string())
                .collect::<Vec<_>>()
                .join(",")
        );
        assert!(accepts(
            &Checker::UnorderedLines(Case::Sensitive),
            list.as_bytes(),
            back.as_bytes()
        ));
    }
}
