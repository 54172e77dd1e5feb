//! Limits, signals, hidden tests: what no recorded traceback tells.

use super::*;
use crate::judge::exception::BUILT_IN;

const ENDLESS: &str = "n = 1\nwhile n > 0:\n    print(n)\n";
const READS: &str = "name = input()\nprint(name)\n";
const SLEEPS: &str = "import time\ntime.sleep(60)\n";
const PLAIN: &str = "for n in range(10 ** 12):\n    print(n)\n";

fn of_limit(source: &str, outcome: Outcome, usage: Option<Usage>) -> Explanation {
    let program = program(source);
    let ending = Ending {
        usage,
        ..ending(outcome, None)
    };
    let found = explain(&program, &ending, b"").unwrap();
    check(&found, &program);
    found
}

#[test]
fn a_module_for_windows_is_one_that_is_not_here() {
    let program = program("import tkinter\nwindow = tkinter.Tk()\n");
    let stderr = "Traceback (most recent call last):\n  File \"main.py\", line 1, in <module>\n    import tkinter\n  \
                  File \"/usr/lib/python3.11/tkinter/__init__.py\", line 19, in _refuse_others\n    \
                  raise ModuleNotFoundError(\nModuleNotFoundError: tkinter opens windows, and there is no \
                  screen here. For pictures, use turtle.\n";
    let ending = ending(Outcome::RuntimeError, Some(1));
    let found = explain(&program, &ending, stderr.as_bytes()).unwrap();
    check(&found, &program);
    assert_eq!(found.kind, Kind::ModuleNotHere);
    assert_eq!(found.names["name"], "tkinter");
    assert_eq!(found.place.map(|place| place.line), Some(1));
}

#[test]
fn limits_are_explained_by_the_program_and_what_it_used() {
    let (busy, some, idle) = (usage(5.0, 2.5), usage(5.0, 0.5), usage(5.0, 0.05));
    for (outcome, source, usage, kind, line) in [
        (
            Outcome::TimeLimit,
            ENDLESS,
            Some(busy),
            Kind::TimeEndlessLoop,
            2,
        ),
        (
            Outcome::TimeLimit,
            ENDLESS,
            Some(some),
            Kind::TimeEndlessLoop,
            2,
        ),
        (Outcome::TimeLimit, ENDLESS, Some(idle), Kind::TimeOther, 0),
        (Outcome::TimeLimit, ENDLESS, None, Kind::TimeOther, 0),
        (Outcome::TimeLimit, READS, Some(idle), Kind::TimeInput, 0),
        (Outcome::TimeLimit, READS, Some(some), Kind::TimeOther, 0),
        (Outcome::TimeLimit, READS, Some(busy), Kind::TimeBusy, 0),
        (Outcome::TimeLimit, SLEEPS, Some(idle), Kind::TimeSleep, 0),
        (Outcome::TimeLimit, PLAIN, Some(some), Kind::TimeBusy, 0),
        (Outcome::TimeLimit, PLAIN, Some(idle), Kind::TimeOther, 0),
        (
            Outcome::TimeLimit,
            PLAIN,
            Some(Usage::default()),
            Kind::TimeOther,
            0,
        ),
        (
            Outcome::OutputLimit,
            ENDLESS,
            None,
            Kind::OutputEndlessLoop,
            2,
        ),
        (Outcome::OutputLimit, PLAIN, Some(busy), Kind::Output, 0),
        (Outcome::MemoryLimit, ENDLESS, Some(busy), Kind::Memory, 0),
        (Outcome::ProcessLimit, PLAIN, None, Kind::Processes, 0),
    ] {
        let found = of_limit(source, outcome, usage);
        let line_found = found.place.map_or(0, |place| place.line);
        assert_eq!(
            (found.kind, line_found),
            (kind, line),
            "{outcome:?} of {source:?}"
        );
    }
}

#[test]
fn signals_and_exits_are_explained() {
    let killed = |signal, stderr: &[u8]| {
        let ending = Ending {
            signal: Some(signal),
            ..ending(Outcome::RuntimeError, None)
        };
        explain(&program(PLAIN), &ending, stderr).unwrap()
    };
    assert_eq!(killed(11, b"").kind, Kind::Crash);
    assert_eq!(killed(15, b"").kind, Kind::Signal);
    let interrupted = b"Traceback (most recent call last):\n  File \"main.py\", line 2, in <module>\nKeyboardInterrupt\n";
    let found = killed(2, interrupted);
    assert_eq!(
        (found.kind, found.place.map(|place| place.line)),
        (Kind::Interrupted, Some(2))
    );
    assert_eq!(killed(9, interrupted).kind, Kind::Signal);
    let exited = |source: &str, code| {
        let ending = ending(Outcome::RuntimeError, Some(code));
        explain(&program(source), &ending, b"").unwrap().kind
    };
    assert_eq!(exited("import sys\nsys.exit(3)\n", 3), Kind::ExitCode);
    assert_eq!(exited(PLAIN, 3), Kind::Other);
}

#[test]
fn what_did_not_fail_is_not_explained() {
    for outcome in [Outcome::Ok, Outcome::Cancelled, Outcome::InternalError] {
        assert_eq!(
            explain(&program(ENDLESS), &ending(outcome, None), b"x"),
            None
        );
        assert_eq!(explain_hidden(outcome, "ValueError"), None);
    }
}

#[test]
fn hidden_tests_tell_no_more_than_outcome_and_exception() {
    let outcomes = [
        Outcome::RuntimeError,
        Outcome::TimeLimit,
        Outcome::MemoryLimit,
        Outcome::OutputLimit,
        Outcome::ProcessLimit,
    ];
    for outcome in outcomes {
        for exception in BUILT_IN.iter().chain(&["", "Own"]) {
            let Some(found) = explain_hidden(outcome, exception) else {
                continue;
            };
            check(&found, &program(""));
            assert!(found.place.is_none() && found.names.is_empty(), "{found:?}");
        }
    }
    let found = explain_hidden(Outcome::RuntimeError, "IndexError").unwrap();
    assert_eq!(
        (found.kind, found.exception.as_str()),
        (Kind::IndexOther, "IndexError")
    );
    assert_eq!(explain_hidden(Outcome::RuntimeError, ""), None);
    assert_eq!(
        explain_hidden(Outcome::TimeLimit, "").unwrap().kind,
        Kind::TimeOther
    );
}
