//! Decimal numbers as text. Decides what is a number, and compares whole numbers of any size
//! without rounding. Knows nothing of tolerance.

/// The value of a token that is a decimal number in full, and finite as a double:
/// `[+-]? (digits [. digits?] | . digits) ([eE] [+-]? digits)?`. That is the grammar which the
/// Kattis problem package format asks of all numbers (2023-07-draft, "General requirements").
///
/// `nan`, `inf`, hexadecimal and numbers with anything behind them are no numbers.
pub fn parse(token: &[u8]) -> Option<f64> {
    if !follows_grammar(token) {
        return None;
    }
    let value: f64 = std::str::from_utf8(token).ok()?.parse().ok()?;
    value.is_finite().then_some(value)
}

fn follows_grammar(token: &[u8]) -> bool {
    let unsigned = strip_sign(token);
    let (whole, rest) = split_digits(unsigned);
    let (fraction, rest) = match rest {
        [b'.', after @ ..] => split_digits(after),
        _ => (&[][..], rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return false;
    }
    match rest {
        [] => true,
        [b'e' | b'E', exponent @ ..] => {
            let digits = strip_sign(exponent);
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

fn strip_sign(text: &[u8]) -> &[u8] {
    match text {
        [b'+' | b'-', rest @ ..] => rest,
        _ => text,
    }
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

/// A number in one form for each value, so that equal numbers are equal text: whole numbers of
/// any size without sign of zero, everything else as the shortest text of its double.
///
/// `text` is a JSON number. None when it is a float too large for a double: Python would have
/// written `Infinity`.
pub fn canonical(text: &str) -> Option<String> {
    if !text.contains(['.', 'e', 'E']) {
        let negative = text.starts_with('-');
        let digits = text.trim_start_matches('-').trim_start_matches('0');
        return Some(match (digits, negative) {
            ("", _) => "0".to_owned(),
            (digits, true) => format!("-{digits}"),
            (digits, false) => digits.to_owned(),
        });
    }
    let value = parse(text.as_bytes())?;
    if value == 0.0 {
        return Some("0".to_owned());
    }
    if value.fract() == 0.0 {
        // Exact: the formatter writes out all digits of a whole double.
        return Some(format!("{value:.0}"));
    }
    Some(format!("{value:e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_decimal_numbers_are_numbers() {
        for (token, value) in [
            ("1", 1.0),
            ("-1", -1.0),
            ("+1.5", 1.5),
            (".5", 0.5),
            ("5.", 5.0),
            ("1e3", 1000.0),
            ("1E-3", 0.001),
            ("007", 7.0),
        ] {
            assert_eq!(parse(token.as_bytes()), Some(value), "{token}");
        }
        for token in [
            "", "-", ".", "e", "e5", "1e", "1e+", "nan", "NaN", "-nan", "inf", "Infinity", "0x10",
            "1_000", "1,5", "1.2.3", "--1", "1e999", "1 ", "\u{661}", "1f",
        ] {
            assert_eq!(parse(token.as_bytes()), None, "{token}");
        }
        assert_eq!(parse(b"1\xff"), None);
    }

    #[test]
    fn one_form_for_each_value() {
        for (left, right) in [
            ("1", "1.0"),
            ("0", "-0"),
            ("0", "-0.0"),
            ("10000000000000000000000", "1e22"),
            ("0.5", "5e-1"),
            ("-3", "-3.0e0"),
        ] {
            assert_eq!(canonical(left), canonical(right), "{left} {right}");
        }
        for (left, right) in [
            ("1", "1.5"),
            ("9007199254740993", "9007199254740992.0"),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567891",
            ),
            ("1", "-1"),
        ] {
            assert_ne!(canonical(left), canonical(right), "{left} {right}");
        }
        assert_eq!(canonical("1e999"), None);
    }
}
