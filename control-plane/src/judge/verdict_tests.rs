//! Verdicts, and that hidden tests stay hidden.

use proptest::prelude::*;

use super::super::shown::SHOWN_BYTES;
use super::*;

const TRACEBACK: &[u8] =
    b"Traceback (most recent call last):\n  File \"main.py\", line 1\nValueError: SECRET\n";
const LINE: &str = "while True: print('SECRET')";

fn program() -> Program {
    Program {
        source: LINE.into(),
        files: Vec::new(),
    }
}

fn ended(outcome: Outcome) -> Ending {
    Ending {
        exit_code: Some(1),
        usage: Some(Usage {
            stdout_bytes: 7,
            ..Usage::default()
        }),
        ..Ending::without_program(outcome)
    }
}

fn test_case(hidden: bool) -> TestCase<'static> {
    TestCase {
        number: 1,
        hidden,
        input: b"SECRET in",
        expected: b"SECRET out",
    }
}

fn judge(hidden: bool, outcome: Outcome, answer: Answer<'_>) -> TestResult {
    judge_with(hidden, &ended(outcome), answer, TRACEBACK)
}

fn judge_with(hidden: bool, ending: &Ending, answer: Answer<'_>, stderr: &[u8]) -> TestResult {
    let program = &program();
    let observed = Observed {
        program,
        ending,
        answer,
        stderr,
    };
    judge_test(&Checker::Exact, test_case(hidden), observed)
}

#[test]
fn the_outcome_decides_before_the_answer() {
    let right = Answer::Text(b"SECRET out\n");
    for (outcome, answer, verdict) in [
        (Outcome::Ok, right, Verdict::Accepted),
        (Outcome::Ok, Answer::Text(b"other"), Verdict::WrongAnswer),
        (Outcome::RuntimeError, right, Verdict::RuntimeError),
        (Outcome::TimeLimit, right, Verdict::TimeLimit),
        (Outcome::MemoryLimit, right, Verdict::MemoryLimit),
        (Outcome::OutputLimit, right, Verdict::OutputLimit),
        (Outcome::ProcessLimit, right, Verdict::ProcessLimit),
        (Outcome::CompileError, right, Verdict::CompileError),
        (Outcome::Cancelled, right, Verdict::Cancelled),
        (Outcome::InternalError, right, Verdict::InternalError),
        (Outcome::Ok, Answer::NoResult("f"), Verdict::WrongAnswer),
        (Outcome::Ok, Answer::NotDefined("f"), Verdict::WrongAnswer),
        (
            Outcome::RuntimeError,
            Answer::NotDefined("f"),
            Verdict::WrongAnswer,
        ),
        (Outcome::Ok, Answer::NotData("f"), Verdict::WrongAnswer),
        (
            Outcome::RuntimeError,
            Answer::NoResult("f"),
            Verdict::RuntimeError,
        ),
        (
            Outcome::TimeLimit,
            Answer::NotDefined("f"),
            Verdict::TimeLimit,
        ),
        (
            Outcome::Ok,
            Answer::Returned(b"SECRET out"),
            Verdict::WrongAnswer,
        ),
    ] {
        assert_eq!(
            judge(false, outcome, answer).verdict,
            verdict,
            "{outcome:?} {answer:?}"
        );
    }
}

#[test]
fn public_tests_say_what_was_wrong() {
    let wrong = judge(false, Outcome::Ok, Answer::Text(b"other"));
    assert_eq!(
        (
            wrong.input.as_str(),
            wrong.expected.as_str(),
            wrong.actual.as_str()
        ),
        ("SECRET in", "SECRET out", "other")
    );
    assert!(
        judge(false, Outcome::RuntimeError, Answer::Text(b""))
            .message
            .contains("ValueError: SECRET")
    );
    assert_eq!(
        judge(false, Outcome::Ok, Answer::NotDefined("add")).message,
        "Your program defines no function `add`."
    );
    assert!(
        judge(false, Outcome::Ok, Answer::NoResult("add"))
            .message
            .contains("before `add` returned")
    );
    let message = judge(false, Outcome::Ok, Answer::NotData("add")).message;
    for part in [
        "`add`",
        "plain data",
        "1 MiB",
        "keys are text",
        "`dict(...)`",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn what_a_function_returned_is_shown_as_what_was_expected() {
    for (expected, returned, actual) in [
        ("\"Käse\"", "\"K\\u00e4se\"", "\"Käse\""),
        ("[1,\"ß\"]", "[1, \"\\u00df\"]", "[1,\"ß\"]"),
        ("1", "NaN", "NaN"),
        ("1", "[\"\\u00e4\"", "[\"\\u00e4\""),
    ] {
        let test = TestCase {
            expected: expected.as_bytes(),
            ..test_case(false)
        };
        let observed = Observed {
            program: &program(),
            ending: &ended(Outcome::Ok),
            answer: Answer::Returned(returned.as_bytes()),
            stderr: b"",
        };
        let result = judge_test(&Checker::Exact, test, observed);
        assert_eq!(result.actual, actual);
        let accepted = result.verdict == Verdict::Accepted;
        assert_eq!(accepted, result.actual == result.expected);
    }
}

#[test]
fn hidden_tests_name_the_exception_and_nothing_more() {
    let result = judge(true, Outcome::RuntimeError, Answer::Text(b"SECRET"));
    assert_eq!(result.message, "ValueError");
    assert_eq!(
        judge(true, Outcome::TimeLimit, Answer::Text(b"SECRET")).message,
        ""
    );
    assert_eq!(
        judge(true, Outcome::Ok, Answer::NotDefined("SECRET")).message,
        ""
    );
}

#[test]
fn time_and_memory_of_hidden_tests_are_told_in_coarse_steps() {
    const MIB: u64 = 1024 * 1024;
    let used = |wall_ms, cpu_ms, peak_memory_bytes| TestUsage {
        wall: Duration::from_millis(wall_ms),
        cpu: Duration::from_millis(cpu_ms),
        peak_memory_bytes,
    };
    for (exact, told) in [
        (used(0, 0, 0), used(0, 0, 0)),
        (used(1, 1, 1), used(100, 100, 16 * MIB)),
        (used(100, 99, 16 * MIB), used(100, 100, 16 * MIB)),
        (used(101, 100, 16 * MIB + 1), used(200, 100, 32 * MIB)),
        (used(1999, 1234, 60 * MIB), used(2000, 1300, 64 * MIB)),
    ] {
        for (hidden, told) in [(false, exact), (true, told)] {
            let result = judge_with(hidden, &ended_having(exact), Answer::Text(b""), b"");
            assert_eq!(result.usage, Some(told), "{exact:?} {hidden}");
        }
    }
}

fn ended_having(used: TestUsage) -> Ending {
    Ending {
        usage: Some(Usage {
            wall: used.wall,
            cpu: used.cpu,
            peak_memory_bytes: used.peak_memory_bytes,
            ..Usage::default()
        }),
        ..ended(Outcome::Ok)
    }
}

#[test]
fn the_worst_test_decides() {
    use Verdict::{Accepted, CompileError, InternalError, RuntimeError, Skipped, WrongAnswer};
    for (tests, verdict) in [
        (vec![Accepted, Accepted], Some(Accepted)),
        (vec![Accepted, WrongAnswer], Some(WrongAnswer)),
        (
            vec![RuntimeError, WrongAnswer, Accepted],
            Some(RuntimeError),
        ),
        (vec![CompileError, Skipped], Some(CompileError)),
        (vec![WrongAnswer, InternalError], Some(InternalError)),
        (vec![], None),
    ] {
        assert_eq!(Verdict::of_submission(tests.clone()), verdict, "{tests:?}");
    }
}

#[test]
fn names_are_read_back_and_the_order_is_from_best_to_worst() {
    for verdict in Verdict::ALL {
        assert_eq!(verdict.name().parse::<Verdict>().unwrap(), verdict);
    }
    assert!(Verdict::ALL.is_sorted());
}

#[test]
fn a_failed_test_is_explained_and_a_hidden_one_by_its_exception_alone() {
    let right = Answer::Text(b"SECRET out");
    let public = judge(false, Outcome::RuntimeError, right)
        .explanation
        .unwrap();
    assert_eq!(public.kind.key(), "value_error.other");
    assert_eq!(public.place.unwrap().source_line, LINE);
    let hidden = judge(true, Outcome::RuntimeError, right)
        .explanation
        .unwrap();
    assert_eq!(hidden.kind.key(), "value_error.other");
    assert_eq!(
        (hidden.exception.as_str(), hidden.place),
        ("ValueError", None)
    );
    for (outcome, answer) in [
        (Outcome::Ok, right),
        (Outcome::Ok, Answer::Text(b"other")),
        (Outcome::RuntimeError, Answer::NotDefined("f")),
        (Outcome::CompileError, right),
        (Outcome::InternalError, right),
    ] {
        for hidden in [false, true] {
            assert_eq!(
                judge(hidden, outcome, answer).explanation,
                None,
                "{outcome:?}"
            );
        }
    }
    assert!(
        judge(false, Outcome::TimeLimit, right)
            .explanation
            .is_some()
    );
}

#[test]
fn feedback_takes_away() {
    let full = judge(false, Outcome::RuntimeError, Answer::Text(b"out"));
    assert_eq!(full.shown_at(Feedback::Full), Some(full.clone()));
    let bare = full.shown_at(Feedback::VerdictPerTest).unwrap();
    assert_eq!(bare.verdict, Verdict::RuntimeError);
    assert!(!format!("{bare:?}").contains("SECRET"));
    assert!(bare.usage.is_none() && bare.explanation.is_none());
    assert_eq!(full.shown_at(Feedback::VerdictOnly), None);
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Ok),
        Just(Outcome::RuntimeError),
        Just(Outcome::TimeLimit),
        Just(Outcome::MemoryLimit),
        Just(Outcome::OutputLimit),
        Just(Outcome::CompileError),
    ]
}

proptest! {
    #[test]
    fn nothing_of_a_hidden_test_is_told(outcome in any_outcome(), actual: Vec<u8>, kind in 0..4) {
        let mut stderr = TRACEBACK.to_vec();
        stderr.extend(&actual);
        let answer = match kind {
            0 => Answer::Text(&actual),
            1 => Answer::Returned(&actual),
            2 => Answer::NoResult("SECRET"),
            _ => Answer::NotDefined("SECRET"),
        };
        let result = judge_with(true, &ended(outcome), answer, &stderr);
        prop_assert!(!serde_json::to_string(&result).unwrap().contains("SECRET"));
        prop_assert!(result.input.is_empty() && result.expected.is_empty() && result.actual.is_empty());
        let explained = result.explanation;
        prop_assert!(explained.is_none_or(|it| it.place.is_none() && it.names.is_empty()));
    }

    #[test]
    fn a_hidden_test_within_the_usual_limits_tells_of_few_times_and_sizes(
        wall in 0..15_000_000_000u64,
        cpu in 0..15_000_000_000u64,
        peak_memory_bytes in 0..=256 * 1024 * 1024u64,
    ) {
        let exact = TestUsage {
            wall: Duration::from_nanos(wall),
            cpu: Duration::from_nanos(cpu),
            peak_memory_bytes,
        };
        let told = judge_with(true, &ended_having(exact), Answer::Text(b""), b"").usage.unwrap();
        prop_assert!(told.wall >= exact.wall && told.cpu >= exact.cpu);
        prop_assert!(told.wall.as_nanos().is_multiple_of(100_000_000));
        prop_assert!(told.cpu.as_nanos().is_multiple_of(100_000_000));
        prop_assert!(told.peak_memory_bytes >= peak_memory_bytes);
        prop_assert_eq!(told.peak_memory_bytes % (16 << 20), 0);
    }

    #[test]
    fn shown_texts_are_bounded(bytes in prop::collection::vec(any::<u8>(), 0..20_000)) {
        prop_assert!(beginning(&bytes).len() <= SHOWN_BYTES);
        prop_assert!(end(&bytes).len() <= SHOWN_BYTES);
    }

    #[test]
    fn text_is_cut_between_characters(text in "[a\u{e9}\u{20ac}\u{1f600}]{2000,3000}") {
        prop_assert!(text.starts_with(&beginning(text.as_bytes())));
        prop_assert!(text.ends_with(&end(text.as_bytes())));
    }
}
