//! Short programs of every kind, each with what must become of it: honest ones, failing ones, ones that reach a
//! limit, and callers who cancel or hang up. Which one comes is decided by a number alone, so that a mix can be
//! made again.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use test_harness::server::RUN_PATIENCE;
use test_harness::{Job, JobLimits, Outcome, Report, Sandboxd};

/// Below the server's defaults, so that reaching it takes no time.
const WALL: Duration = Duration::from_millis(100);
const CPU: Duration = Duration::from_millis(50);
const MEMORY: i64 = 32 << 20;
const OUTPUT: i64 = 4096;
const PROCESSES: i32 = 5;

/// What the caller does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    /// Waits for the end.
    Patient,
    /// Cancels when the program has started.
    Cancels,
    /// Breaks the connection when the program has started.
    HangsUp,
    /// Breaks the connection at once.
    HangsUpAtOnce,
}

/// One kind of run.
struct Kind {
    /// Its part of the mix, in thousandths.
    weight: u32,
    source: &'static str,
    stdin: &'static str,
    limits: JobLimits,
    caller: Caller,
    outcomes: &'static [Outcome],
    /// The whole standard output, where that is certain.
    stdout: Option<&'static str>,
}

const fn kind(weight: u32, source: &'static str, outcomes: &'static [Outcome]) -> Kind {
    Kind {
        weight,
        source,
        stdin: "",
        limits: JobLimits {
            wall: None,
            cpu: None,
            memory_bytes: None,
            output_bytes: None,
            processes: None,
            input_wait: None,
            drawing_bytes: None,
        },
        caller: Caller::Patient,
        outcomes,
        stdout: None,
    }
}

/// A program that works.
const fn works(weight: u32, source: &'static str, stdout: &'static str) -> Kind {
    Kind {
        stdout: Some(stdout),
        ..kind(weight, source, &[Outcome::Ok])
    }
}

const NO_LIMITS: JobLimits = JobLimits {
    wall: None,
    cpu: None,
    memory_bytes: None,
    output_bytes: None,
    processes: None,
    input_wait: None,
    drawing_bytes: None,
};
const SHORT: JobLimits = JobLimits {
    wall: Some(WALL),
    ..NO_LIMITS
};
const FAILS: &[Outcome] = &[Outcome::RuntimeError];
const SLEEP: &str = "import time\ntime.sleep(30)\n";

static KINDS: &[Kind] = &[
    works(250, "print('hello')", "hello\n"),
    Kind {
        stdin: "Ada\nGrace\n",
        ..works(
            200,
            "for _ in range(2): print(input()[::-1])",
            "adA\necarG\n",
        )
    },
    works(
        150,
        "print(sum(n * n for n in range(2000)))",
        "2664667000\n",
    ),
    works(
        100,
        "import collections, json, re\nprint(json.dumps(collections.Counter(re.findall('a|b', 'abba'))))",
        "{\"a\": 2, \"b\": 2}\n",
    ),
    works(
        100,
        "with open('a', 'w') as file: file.write('x' * 9999)\nprint(len(open('a').read()))",
        "9999\n",
    ),
    kind(30, "print(undefined)", FAILS),
    kind(20, "print('so far')\nraise SystemExit(3)", FAILS),
    kind(20, "print('oops'", &[Outcome::CompileError]),
    kind(20, "import os\nos.kill(os.getpid(), 9)", FAILS),
    kind(10, "import os\nos.abort()", FAILS),
    Kind {
        limits: JobLimits {
            memory_bytes: Some(MEMORY),
            ..NO_LIMITS
        },
        ..kind(
            20,
            "import os\nif os.fork() == 0:\n    b'x' * (64 << 20)\nos.wait()",
            &[Outcome::MemoryLimit],
        )
    },
    Kind {
        limits: JobLimits {
            output_bytes: Some(OUTPUT),
            ..NO_LIMITS
        },
        ..kind(20, "while True: print('x' * 99)", &[Outcome::OutputLimit])
    },
    Kind {
        limits: JobLimits {
            processes: Some(PROCESSES),
            ..NO_LIMITS
        },
        ..kind(
            10,
            "import os, time\nwhile True:\n    if os.fork() == 0: time.sleep(30)",
            &[Outcome::ProcessLimit],
        )
    },
    Kind {
        limits: SHORT,
        ..kind(10, SLEEP, &[Outcome::TimeLimit])
    },
    Kind {
        limits: JobLimits {
            cpu: Some(CPU),
            ..NO_LIMITS
        },
        ..kind(10, "while True: pass", &[Outcome::TimeLimit])
    },
    Kind {
        caller: Caller::Cancels,
        ..kind(10, SLEEP, &[Outcome::Cancelled])
    },
    Kind {
        caller: Caller::HangsUp,
        ..kind(10, SLEEP, &[])
    },
    Kind {
        caller: Caller::HangsUpAtOnce,
        ..kind(10, SLEEP, &[])
    },
];

/// Makes the run of this number and says what is wrong with it: our own failure, or another outcome or output than
/// it must have. Blocks.
pub fn run(server: &Sandboxd, number: usize) -> Option<Wrong> {
    let kind = choose(number);
    let wrong = |text: String| Wrong {
        is_internal_error: text.contains(Outcome::InternalError.as_str_name()),
        text: format!(
            "run {number}, {:?} by a caller who is {:?}: {text}",
            kind.source, kind.caller
        ),
    };
    match made(server, kind) {
        Ok(Some(report)) => judge(kind, &report).map(wrong),
        Ok(None) => None,
        Err(error) => Some(wrong(format!("{error:#}"))),
    }
}

/// What is wrong with a run.
#[derive(Debug)]
pub struct Wrong {
    /// It ended by our own failure.
    pub is_internal_error: bool,
    /// All of it.
    pub text: String,
}

fn choose(number: usize) -> &'static Kind {
    let total: u32 = KINDS.iter().map(|kind| kind.weight).sum();
    let mut at = StdRng::seed_from_u64(number as u64).random_range(0..total);
    KINDS
        .iter()
        .find(|kind| {
            let is_here = at < kind.weight;
            at = at.saturating_sub(kind.weight);
            is_here
        })
        .unwrap_or(&KINDS[0])
}

/// How it ended, where the caller was there to see it.
fn made(server: &Sandboxd, kind: &Kind) -> anyhow::Result<Option<Report>> {
    let job = Job::new(kind.source)
        .stdin(kind.stdin)
        .limits(kind.limits.clone());
    let patience = RUN_PATIENCE;
    let mut running = server.begin(job)?;
    match kind.caller {
        Caller::Patient => {}
        Caller::Cancels => {
            running.wait_for_start(patience)?;
            running.cancel()?;
        }
        Caller::HangsUp => {
            running.wait_for_start(patience)?;
            return Ok(None);
        }
        Caller::HangsUpAtOnce => return Ok(None),
    }
    running.finish(patience).map(Some)
}

fn judge(kind: &Kind, report: &Report) -> Option<String> {
    let has_outcome = kind.outcomes.contains(&report.outcome);
    let has_output = kind
        .stdout
        .is_none_or(|expected| expected.as_bytes() == report.stdout);
    (!has_outcome || !has_output).then(|| report.summary())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_always_gives_the_same_kind_and_all_kinds_come() {
        for number in 0..50 {
            assert!(std::ptr::eq(choose(number), choose(number)));
        }
        for kind in KINDS {
            assert!(
                (0..2_000).any(|number| std::ptr::eq(choose(number), kind)),
                "{:?} never comes",
                kind.source
            );
        }
    }
}
