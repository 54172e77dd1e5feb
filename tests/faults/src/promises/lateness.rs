//! The end of a run after its limit: programs that resist in different ways, as many at one time as fill the
//! cores, each in a sandboxd of its own with one sandbox.
//!
//! The clock is the caller's: from the arrival of the event that says that the program starts to the arrival of
//! the last event. A caller who does not read gets no last event, so there the death of the last process counts.
//! At that moment no process may live in the sandbox's pid namespace, which is held open since before the run,
//! so that its number names nothing else.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use test_harness::processes::PidNamespace;
use test_harness::server::RUN_PATIENCE;
use test_harness::{Job, JobLimits, Options, Outcome, Sandboxd, processes, wait};

use super::{Extent, time_bound};
use crate::crew;
use crate::figures::{milliseconds, percentile};
use crate::report::Row;

const BOUND: Duration = Duration::from_millis(250);
const RUNS: usize = 528;
const QUICK_RUNS: usize = 48;
/// Half a core each.
const AT_ONE_TIME: usize = 4;
/// Of a few runs the worst is the p99, so the machine is kept half as busy.
const QUICK_AT_ONE_TIME: usize = 2;
const LIMIT: Duration = Duration::from_millis(500);
/// Until the next sandbox waits, and for a program whose limit of CPU time counts.
const SEEN: Duration = Duration::from_secs(5);

/// How a program goes on beyond its limit.
struct Kind {
    name: &'static str,
    source: &'static str,
    /// The caller reads what it prints.
    read: bool,
    /// It reaches its limit of CPU time, which is so much; the wall clock's is far away.
    cpu: Option<Duration>,
}

const fn kind(name: &'static str, source: &'static str) -> Kind {
    Kind {
        name,
        source,
        read: true,
        cpu: None,
    }
}

const KINDS: &[Kind] = &[
    kind("busy loop", "while True: pass"),
    kind("sleep", "import time\ntime.sleep(60)"),
    kind("waits for input", "input()"),
    Kind {
        read: false,
        ..kind(
            "flood that nobody reads",
            "import os\nif os.fork() == 0:\n    while True: os.write(2, b'x' * 65536)\n\
             while True: os.write(1, b'x' * 65536)",
        )
    },
    kind(
        "fork churn",
        "import os\nwhile True:\n    if os.fork() == 0: os._exit(0)\n    os.wait()",
    ),
    kind(
        "children that fork and end",
        "import os\nfor _ in range(20):\n    if os.fork() == 0:\n        while True:\n            try:\n                if os.fork(): os._exit(0)\n            except OSError: pass\nwhile True: pass",
    ),
    kind(
        "ignores signals",
        "import signal, time\nfor number in range(1, 65):\n    try: signal.signal(number, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True: time.sleep(1)",
    ),
    kind(
        "stopped children",
        "import os, signal, time\nfor _ in range(20):\n    if os.fork() == 0:\n        os.setsid()\n        while True: os.kill(os.getpid(), signal.SIGSTOP)\ntime.sleep(60)",
    ),
    kind(
        "processes that map and unmap",
        "import mmap, os\nfor _ in range(20):\n    if os.fork() == 0: break\nwhile True:\n    block = mmap.mmap(-1, 4 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)\n    block.close()",
    ),
    kind(
        "reads files without memory left",
        "import os\nblock = bytearray(100 << 20)\nwhile True:\n    for folder, _, names in os.walk('/usr/lib'):\n        for name in names:\n            path = os.path.join(folder, name)\n            if os.path.isfile(path): open(path, 'rb').read()",
    ),
    kind(
        "threads",
        "import threading\ndef work():\n    while True: pass\nfor _ in range(40): threading.Thread(target=work).start()",
    ),
    Kind {
        cpu: Some(Duration::from_millis(200)),
        ..kind(
            "CPU time",
            "import os\nos.fork()\nos.fork()\nwhile True: pass",
        )
    },
];

/// One run.
struct Ended {
    kind: &'static str,
    lateness: Duration,
    problem: Option<String>,
}

/// The row `lateness`.
pub fn measure(extent: Extent) -> Result<Vec<Row>> {
    let at_one_time = extent.choose(AT_ONE_TIME, QUICK_AT_ONE_TIME);
    let servers: Vec<_> = (0..at_one_time)
        .map(|_| {
            Sandboxd::start(Options {
                max_sandboxes: 1,
                ..Options::default()
            })
        })
        .collect::<Result<_>>()?;
    let runs = extent.choose(RUNS, QUICK_RUNS);
    let free: std::sync::Mutex<Vec<&Sandboxd>> = std::sync::Mutex::new(servers.iter().collect());
    let ended = crew::all("lateness", at_one_time, runs, |index| {
        let kind = &KINDS[index % KINDS.len()];
        let server = free.lock().expect("no worker panics").pop();
        let server = server.expect("there is one for each worker");
        let ended = one(server, kind).with_context(|| format!("run {index}, {}", kind.name));
        free.lock().expect("no worker panics").push(server);
        ended
    });
    let ended = ended.into_iter().collect::<Result<Vec<_>>>()?;
    for server in servers {
        server.stop()?;
    }
    Ok(vec![row(&ended, at_one_time)])
}

fn row(ended: &[Ended], at_one_time: usize) -> Row {
    let (bound, in_words) = time_bound(BOUND);
    let late: Vec<Duration> = ended.iter().map(|one| one.lateness).collect();
    let problems: Vec<String> = ended
        .iter()
        .filter_map(|one| {
            one.problem
                .as_ref()
                .map(|text| format!("{}: {text}", one.kind))
        })
        .collect();
    let [p50, p99, most] = [50, 99, 100].map(|percent| percentile(&late, percent));
    let by_kind = KINDS.iter().map(|kind| {
        let of_kind = ended.iter().filter(|one| one.kind == kind.name);
        let late: Vec<Duration> = of_kind.map(|one| one.lateness).collect();
        format!(
            "{}: p50 {:.0} ms, most {:.0} ms of {}",
            kind.name,
            milliseconds(percentile(&late, 50)),
            milliseconds(percentile(&late, 100)),
            late.len()
        )
    });
    Row {
        name: "lateness",
        promise: "end of a run after its limit, and processes that outlive the answer",
        bound: format!("{in_words} at p99, 0 processes"),
        figure: format!(
            "p50 {:.0} ms, p99 {:.0} ms, most {:.0} ms, {at_one_time} at a time; {} answers too early",
            milliseconds(p50),
            milliseconds(p99),
            milliseconds(most),
            problems.len()
        ),
        runs: ended.len(),
        holds: p99 <= bound && problems.is_empty(),
        details: problems.iter().cloned().chain(by_kind).collect(),
    }
}

fn one(server: &Sandboxd, kind: &Kind) -> Result<Ended> {
    server.wait_until_parked(SEEN)?;
    let sandbox = sandbox(server)?;
    let limit = wait::patience(LIMIT);
    let (wall, cpu) = match kind.cpu {
        Some(cpu) => (wait::patience(SEEN), Some(wait::patience(cpu))),
        None => (limit, None),
    };
    let job = Job::new(kind.source).interactive().limits(JobLimits {
        wall: Some(wall),
        cpu,
        ..JobLimits::default()
    });
    let patience = RUN_PATIENCE;
    let mut run = if kind.read {
        server.begin(job)?
    } else {
        server.begin_unread(job)?
    };
    let started = run.wait_for_start(patience)?;
    if !kind.read {
        let dead = wait::until(patience, || match living(server, &sandbox) {
            Ok(living) if living.is_empty() => Ok(Instant::now()),
            Ok(living) => Err(living),
            Err(error) => Err(format!("{error:#}")),
        });
        let Ok(dead) = dead else {
            bail!("its processes do not die: {dead:?}");
        };
        run.read_on();
        // What nobody read may have been thrown away with the end; the run is over either way.
        let _ = run.finish(patience);
        return Ok(Ended {
            kind: kind.name,
            lateness: (dead - started).saturating_sub(limit),
            problem: None,
        });
    }
    let ended = run.wait_for_end(patience)?;
    let living = living(server, &sandbox)?;
    let report = run.finish(patience)?;
    // The children that only fork may be told so: their limit of processes came first.
    if !matches!(
        report.outcome,
        Outcome::TimeLimit | Outcome::ProcessLimit | Outcome::MemoryLimit
    ) {
        bail!("it did not reach its time limit: {}", report.summary());
    }
    let lateness = match kind.cpu {
        Some(cpu) => report.cpu().saturating_sub(wait::patience(cpu)),
        None => (ended - started).saturating_sub(limit),
    };
    Ok(Ended {
        kind: kind.name,
        lateness,
        problem: (!living.is_empty()).then(|| format!("alive after the answer: {living}")),
    })
}

/// The pid namespace of the one sandbox, which waits for a program.
fn sandbox(server: &Sandboxd) -> Result<PidNamespace> {
    let job = server.sandbox_users().start + 1;
    let jobs = processes::of_users(&processes::all()?, &(job..job + 1));
    let [process] = &jobs[..] else {
        bail!("not one waiting sandbox: {jobs:?}");
    };
    PidNamespace::of(process.pid).context("the waiting sandbox is gone")
}

/// Processes of the run that live, one a line.
fn living(server: &Sandboxd, sandbox: &PidNamespace) -> Result<String> {
    let all = processes::of_users(&processes::all()?, &server.sandbox_users());
    let living = sandbox.living(&all);
    let lines: Vec<String> = living.iter().map(ToString::to_string).collect();
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_a_hundred_may_be_late_and_no_process_may_live() {
        let ended = |lateness, problem: Option<&str>| Ended {
            kind: "sleep",
            lateness: Duration::from_millis(lateness),
            problem: problem.map(str::to_owned),
        };
        let mut runs: Vec<Ended> = (0..99).map(|_| ended(250, None)).collect();
        runs.push(ended(9000, None));
        assert!(row(&runs, 1).holds);
        runs.push(ended(9000, None));
        assert!(!row(&runs, 1).holds);
        assert!(!row(&[ended(1, Some("it lives"))], 1).holds);
    }
}
