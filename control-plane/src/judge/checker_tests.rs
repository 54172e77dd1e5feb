//! Tables and properties of the checkers.

use proptest::prelude::*;

use super::*;

const WORDS: Checker = Checker::Tokens(words_with(Case::Sensitive));

const fn words_with(case: Case) -> Words {
    let space = Space::Insensitive;
    Words { case, space }
}

fn float(absolute: f64, relative: f64) -> Checker {
    let tolerance = Tolerance::new(absolute, relative).unwrap();
    Checker::Float(words_with(Case::Insensitive), tolerance)
}

#[test]
fn exact_forgives_line_ends_and_the_end_of_the_text() {
    for (expected, actual, same) in [
        ("a\nb\n", "a\r\nb", true),
        ("a\n", "a\n\n \t\n", true),
        ("", "\n", true),
        ("a\n", " a\n", false),
        ("a b\n", "a  b\n", false),
        ("a\nb", "a \nb", false),
        ("a\nb", "a\rb", false),
        ("A", "a", false),
        ("", "x", false),
    ] {
        assert_eq!(
            Checker::Exact.accepts_text(expected.as_bytes(), actual.as_bytes()),
            same,
            "{expected:?} {actual:?}"
        );
    }
}

#[test]
fn words_forgive_layout_only() {
    for (expected, actual, same) in [
        ("a b\nc", "a\tb c\n\n", true),
        ("1 2", "1 2 3", false),
        ("1 2 3", "1 2", false),
        ("", "  \n", true),
        ("a", "A", false),
        ("ab", "a b", false),
    ] {
        assert_eq!(
            WORDS.accepts_text(expected.as_bytes(), actual.as_bytes()),
            same,
            "{expected:?} {actual:?}"
        );
    }
}

#[test]
fn tolerance_is_absolute_or_relative() {
    for (checker, expected, actual, same) in [
        (float(1e-6, 0.0), "1.0", "1.0000001", true),
        (float(1e-6, 0.0), "1.0", "1.00001", false),
        (float(0.0, 1e-6), "1000000", "1000001", true),
        (float(0.0, 1e-6), "1", "1.00001", false),
        (float(0.0, 0.0), "1.50", "1.5", true),
        (float(1e-6, 1e-6), "x = 2.5", "X = 2.50", true),
        (float(1.0, 1.0), "1", "nan", false),
        (float(1.0, 1.0), "1", "inf", false),
        (float(1.0, 1.0), "1", "1x", false),
        (float(1e300, 1e300), "1e308", "1e999", false),
        (float(1.0, 1.0), "nan", "1", false),
        (float(1.0, 1.0), "nan", "NaN", true),
        (float(1.0, 1.0), "1 2", "1", false),
    ] {
        assert_eq!(
            checker.accepts_text(expected.as_bytes(), actual.as_bytes()),
            same,
            "{expected:?} {actual:?}"
        );
    }
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(Tolerance::new(bad, 0.0).is_err() && Tolerance::new(0.0, bad).is_err());
    }
}

#[test]
fn unordered_lines_count_each_line() {
    let lines = Checker::UnorderedLines(Case::Sensitive);
    for (expected, actual, same) in [
        ("a\nb\n", "b\r\na", true),
        ("a\na\nb", "a\nb\nb", false),
        ("a b", "b a", false),
        ("a\n\nb", "b \na", true),
        (" a", "a", false),
    ] {
        assert_eq!(
            lines.accepts_text(expected.as_bytes(), actual.as_bytes()),
            same,
            "{expected:?} {actual:?}"
        );
    }
}

fn any_checker() -> impl Strategy<Value = Checker> {
    let case = prop_oneof![Just(Case::Sensitive), Just(Case::Insensitive)];
    let space = prop_oneof![Just(Space::Sensitive), Just(Space::Insensitive)];
    let words = (case, space).prop_map(|(case, space)| Words { case, space });
    (words, 0..4, 0.0..1e3f64).prop_map(|(words, kind, tolerance)| match kind {
        0 => Checker::Exact,
        1 => Checker::Tokens(words),
        2 => Checker::Float(words, Tolerance::new(tolerance, tolerance).unwrap()),
        _ => Checker::UnorderedLines(words.case),
    })
}

fn counts_space(checker: &Checker) -> bool {
    matches!(checker, Checker::Tokens(words) | Checker::Float(words, _) if words.space == Space::Sensitive)
}

/// A text with an `x` for each word.
fn layout(text: &str) -> String {
    let words = |byte: char| !byte.is_ascii_whitespace();
    let mut layout = text.replace(words, "x");
    while layout.contains("xx") {
        layout = layout.replace("xx", "x");
    }
    layout
}

/// Words that look like numbers, most of them almost.
fn near_numbers() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(
            prop::sample::select(&b"0123456789+-.eExXpPnaifNAIF_,\0\xff"[..]),
            1..12
        ),
        "[+-]?(nan|inf|infinity|NaN|Inf|INF)[(0-9)]{0,3}".prop_map(String::into_bytes),
        "[+-]?0[xXbBoO][0-9a-fA-F]{1,6}(p[0-9])?".prop_map(String::into_bytes),
        "[+-]?[0-9]{0,3}[.,]?[0-9]{0,3}([eE][+-]?[0-9]{0,4})?".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 1..12),
    ]
}

/// The format's grammar of a number, written down a second time, as a table of states.
fn is_decimal(word: &[u8]) -> bool {
    // Start, sign, whole, point without and with a digit before it, fraction, e, its sign, its digits.
    let state = word.iter().try_fold(0, |state, byte| match (state, byte) {
        (0, b'+' | b'-') => Some(1),
        (0..=2, b'0'..=b'9') => Some(2),
        (0 | 1, b'.') => Some(3),
        (2, b'.') => Some(4),
        (3..=5, b'0'..=b'9') => Some(5),
        (2 | 4 | 5, b'e' | b'E') => Some(6),
        (6, b'+' | b'-') => Some(7),
        (6..=8, b'0'..=b'9') => Some(8),
        _ => None,
    });
    matches!(state, Some(2 | 4 | 5 | 8))
}

proptest! {
    #[test]
    fn any_bytes_are_compared_without_a_crash(checker in any_checker(), left: Vec<u8>, right: Vec<u8>) {
        checker.accepts_text(&left, &right);
        checker.accepts_data(&left, &right);
    }

    #[test]
    fn every_text_is_accepted_for_itself(checker in any_checker(), text: Vec<u8>) {
        prop_assert!(checker.accepts_text(&text, &text));
    }

    #[test]
    fn carriage_returns_before_line_ends_matter_only_where_white_space_does(checker in any_checker(), text in "[a-c0-9 \n]{0,40}") {
        prop_assume!(!counts_space(&checker));
        prop_assert!(checker.accepts_text(text.as_bytes(), text.replace('\n', "\r\n").as_bytes()));
    }

    #[test]
    fn what_is_no_number_never_matches_one(number: f64, garbage in "[a-zA-Z_+.-]{1,8}") {
        prop_assume!(number.is_finite());
        prop_assert!(!float(1e9, 1e9).accepts_text(number.to_string().as_bytes(), garbage.as_bytes()));
        prop_assert!(!float(1e9, 1e9).accepts_data(number.to_string().as_bytes(), garbage.as_bytes()));
    }

    #[test]
    fn nothing_but_a_decimal_number_is_near_a_number(number in -1e6..1e6f64, word in near_numbers()) {
        let generous = float(f64::MAX, f64::MAX);
        prop_assume!(!word.iter().any(is_space));
        let near = generous.accepts_text(number.to_string().as_bytes(), &word);
        prop_assert!(!near || is_decimal(&word), "{:?}", String::from_utf8_lossy(&word));
        // And each that a double can hold is.
        let value: Option<f64> = std::str::from_utf8(&word).ok().and_then(|word| word.parse().ok());
        let fits = is_decimal(&word) && value.is_some_and(f64::is_finite);
        prop_assert_eq!(near, fits);
    }

    #[test]
    fn a_function_that_returns_no_number_is_never_near_one(number in -1e6..1e6f64, word in near_numbers(), checker in any_checker()) {
        let number = number.to_string();
        let is_number = serde_json::from_slice::<serde_json::Number>(&word).is_ok();
        let generous = float(f64::MAX, f64::MAX);
        for checker in [checker, generous] {
            let near = checker.accepts_data(number.as_bytes(), &word);
            prop_assert!(!near || is_number, "{:?}", String::from_utf8_lossy(&word));
        }
    }

    #[test]
    fn what_is_no_number_is_only_near_itself(expected in near_numbers(), actual in near_numbers()) {
        prop_assume!(decimal::parse(&expected).is_none());
        prop_assume!(!expected.iter().chain(&actual).any(is_space));
        let same = expected.eq_ignore_ascii_case(&actual);
        prop_assert_eq!(float(f64::MAX, f64::MAX).accepts_text(&expected, &actual), same);
    }

    #[test]
    fn white_space_that_counts_is_compared_to_the_byte(checker in any_checker(), left in "[ab1 \n\t]{0,12}", right in "[ab1 \n\t]{0,12}") {
        prop_assume!(counts_space(&checker));
        let accepted = checker.accepts_text(left.as_bytes(), right.as_bytes());
        prop_assert!(!accepted || layout(&left) == layout(&right));
    }

    #[test]
    fn the_layout_of_words_never_matters(list in prop::collection::vec("[!-~]{1,5}", 0..10)) {
        prop_assert!(WORDS.accepts_text(list.join(" ").as_bytes(), list.join(" \n\t").as_bytes()));
    }

    #[test]
    fn a_changed_word_is_noticed(list in prop::collection::vec("[a-z]{1,5}", 1..10), at: prop::sample::Index) {
        let mut other = list.clone();
        let at = at.index(other.len());
        other[at].push('!');
        prop_assert!(!WORDS.accepts_text(list.join(" ").as_bytes(), other.join(" ").as_bytes()));
    }
}
