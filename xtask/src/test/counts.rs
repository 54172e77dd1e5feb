//! Reads how many tests ran from what the runners print: nextest's summary, libtest's and
//! libtest-mimic's result lines, and the last lines of node's test runner.

use super::Outcome;
use std::process::ExitStatus;

/// Counts of a cargo run, by either runner.
pub fn from_cargo(group: &'static str, lines: &[String], status: ExitStatus) -> Outcome {
    let mut outcome = Outcome::named(group);
    // Of a test that fails, nextest shows libtest's own lines too: it is not to be counted twice.
    let by_nextest = lines.iter().any(|line| summary(line).is_some());
    for line in lines {
        let line = line.trim();
        if let Some(counts) = summary(line) {
            add_nextest(&mut outcome, counts);
        } else if let Some((_, counts)) = line
            .split_once("test result: ")
            .and_then(|(_, rest)| rest.split_once(". "))
            .filter(|_| !by_nextest)
        {
            add_libtest(&mut outcome, counts);
        }
        if let Some(name) = ignored_test(line) {
            outcome.skipped_names.push(name);
        }
    }
    finish(outcome, status)
}

/// Counts of `node --test`: lines such as `# pass 5` or `ℹ pass 5`.
pub fn from_node(group: &'static str, lines: &[String], status: ExitStatus) -> Outcome {
    let mut outcome = Outcome::named(group);
    for line in lines {
        let mut words = line.split_whitespace();
        let (mark, word, count) = (
            words.next(),
            words.next(),
            words.next().and_then(|word| word.parse().ok()),
        );
        let (Some("#" | "ℹ"), Some(word), Some(count), None) = (mark, word, count, words.next())
        else {
            continue;
        };
        match word {
            "pass" => outcome.passed = count,
            "fail" | "cancelled" => outcome.failed += count,
            "skipped" | "todo" => outcome.skipped += count,
            _ => {}
        }
    }
    finish(outcome, status)
}

/// The counts in nextest's last line.
fn summary(line: &str) -> Option<&str> {
    let rest = line.trim().strip_prefix("Summary [")?;
    Some(rest.rsplit_once("run:").map_or("", |(_, counts)| counts))
}

/// `28 passed (1 slow), 1 failed, 1 timed out, 2 skipped`.
fn add_nextest(outcome: &mut Outcome, counts: &str) {
    for part in counts.split(',') {
        let part = part.split('(').next().unwrap_or_default().trim();
        let Some((count, what)) = part.split_once(' ') else {
            continue;
        };
        let Ok(count) = count.parse::<usize>() else {
            continue;
        };
        match what {
            "passed" => outcome.passed += count,
            "skipped" => outcome.skipped += count,
            _ => outcome.failed += count,
        }
    }
}

/// `28 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.11s`.
fn add_libtest(outcome: &mut Outcome, counts: &str) {
    for part in counts.split(';') {
        let Some((count, what)) = part.trim().split_once(' ') else {
            continue;
        };
        let Ok(count) = count.parse::<usize>() else {
            continue;
        };
        match what {
            "passed" => outcome.passed += count,
            "failed" => outcome.failed += count,
            "ignored" => outcome.skipped += count,
            _ => {}
        }
    }
}

/// `test name ... ignored, reason` (libtest) or `SKIP [ ] crate name` (nextest).
fn ignored_test(line: &str) -> Option<String> {
    if let Some(rest) = line.strip_prefix("test ") {
        let (name, end) = rest.split_once(" ... ignored")?;
        let reason = end.trim_start_matches([',', ' ']);
        return Some(if reason.is_empty() {
            name.to_owned()
        } else {
            format!("{name} ({reason})")
        });
    }
    let rest = line.strip_prefix("SKIP [")?;
    Some(rest.split_once(']')?.1.trim().to_owned())
}

/// A runner that failed without a failed test (a crash, a build that broke) is a failure too.
fn finish(mut outcome: Outcome, status: ExitStatus) -> Outcome {
    if !status.success() && outcome.failed == 0 {
        outcome.broken = Some(format!("the runner ended with {status}"));
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    fn exit(code: i32) -> ExitStatus {
        ExitStatus::from_raw(code << 8)
    }

    fn counts(outcome: &Outcome) -> (usize, usize, usize) {
        (outcome.passed, outcome.failed, outcome.skipped)
    }

    #[test]
    fn runners_summaries_are_read() {
        for (text, expected) in [
            (
                "     Summary [   1.234s] 28 tests run: 28 passed, 0 skipped",
                (28, 0, 0),
            ),
            (
                "     Summary [  31.002s] 9 tests run: 6 passed (1 slow), 2 failed, 1 timed out, 3 skipped",
                (6, 3, 3),
            ),
            (
                "     Summary [   0.5s] 3/9 tests run: 2 passed, 1 failed, 0 skipped",
                (2, 1, 0),
            ),
            (
                "     Summary [   0.5s] 1 test run: 1 passed, 0 skipped",
                (1, 0, 0),
            ),
            (
                "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.11s",
                (5, 0, 1),
            ),
            (
                "test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n\
                 test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
                (6, 2, 0),
            ),
            (
                "test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 9 filtered out\n\
                 Summary [   0.5s] 2 tests run: 1 passed, 1 failed, 0 skipped",
                (1, 1, 0),
            ),
            ("error: could not compile", (0, 0, 0)),
        ] {
            assert_eq!(
                counts(&from_cargo("unit", &lines(text), exit(0))),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn both_reporters_of_node_are_read() {
        for mark in ["#", "ℹ"] {
            let text = format!(
                "{mark} tests 6\n{mark} pass 4\n{mark} fail 1\n{mark} cancelled 0\n{mark} skipped 1\n{mark} todo 0"
            );
            assert_eq!(counts(&from_node("web", &lines(&text), exit(1))), (4, 1, 1));
        }
    }

    #[test]
    fn ignored_tests_are_named_with_their_reason() {
        let text = "test a::slow ... ignored, needs a second host\ntest b ... ignored\n        SKIP [         ] krate c::d";
        let outcome = from_cargo("unit", &lines(text), exit(0));
        assert_eq!(
            outcome.skipped_names,
            ["a::slow (needs a second host)", "b", "krate c::d"]
        );
    }

    #[test]
    fn a_runner_that_breaks_without_a_failed_test_is_a_failure() {
        assert!(
            from_cargo("unit", &lines("error: could not compile"), exit(101))
                .broken
                .is_some()
        );
        let failed =
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        assert!(
            from_cargo("unit", &lines(failed), exit(101))
                .broken
                .is_none()
        );
    }
}
