//! Tables and properties of the checkers.

use proptest::prelude::*;

use super::*;

const WORDS: Checker = Checker::Tokens(Case::Sensitive);

fn float(absolute: f64, relative: f64) -> Checker {
    Checker::Float(
        Case::Insensitive,
        Tolerance::new(absolute, relative).unwrap(),
    )
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
    let any_case = Checker::Tokens(Case::Insensitive);
    assert!(any_case.accepts_text("Über YES".as_bytes(), "über yes".as_bytes()));
    assert!(any_case.accepts_text(b"A\xff", b"a\xff"));
    assert!(!any_case.accepts_text(b"a\xff", b"a\xfe"));
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
    (case, 0..4, 0.0..1e3f64).prop_map(|(case, kind, tolerance)| match kind {
        0 => Checker::Exact,
        1 => Checker::Tokens(case),
        2 => Checker::Float(case, Tolerance::new(tolerance, tolerance).unwrap()),
        _ => Checker::UnorderedLines(case),
    })
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
    fn carriage_returns_before_line_ends_never_matter(checker in any_checker(), text in "[a-c0-9 \n]{0,40}") {
        prop_assert!(checker.accepts_text(text.as_bytes(), text.replace('\n', "\r\n").as_bytes()));
    }

    #[test]
    fn what_is_no_number_never_matches_one(number: f64, garbage in "[a-zA-Z_+.-]{1,8}") {
        prop_assume!(number.is_finite());
        prop_assert!(!float(1e9, 1e9).accepts_text(number.to_string().as_bytes(), garbage.as_bytes()));
        prop_assert!(!float(1e9, 1e9).accepts_data(number.to_string().as_bytes(), garbage.as_bytes()));
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
