//! Output beyond the cap: floods by every way out of a sandbox. Counted is what reaches the caller, of each stream,
//! of a returned value and of files; and what the daemon holds for callers who read nothing, as the growth of its
//! memory.

use std::time::Duration;

use anyhow::{Context, Result};
use test_harness::server::RUN_PATIENCE;
use test_harness::{Half, Job, JobLimits, Options, Report, Sandboxd, processes, wait};

use super::Extent;
use crate::crew;
use crate::figures::mebibytes;
use crate::report::Row;

/// Of one stream, and of a returned value.
const CAP: i64 = 1 << 20;
/// Of all files together.
const FILES_CAP: i64 = 4 << 20;
/// What may come beyond.
const BEYOND: i64 = 64 << 10;
const ROUNDS: usize = 20;
/// Callers at one time who read nothing.
const UNREAD: usize = 8;
/// Time in which a flood fills everything that takes it.
const FILLED: Duration = Duration::from_millis(1500);

/// A name, the program, a function to call, and whether its files are wanted.
type Flood = (&'static str, &'static str, bool, bool);

const FLOODS: &[Flood] = &[
    (
        "standard output",
        "while True: print('flood ' * 1000)",
        false,
        false,
    ),
    (
        "standard error",
        "import sys\nwhile True: print('flood ' * 1000, file=sys.stderr)",
        false,
        false,
    ),
    (
        "both",
        "import os\nif os.fork() == 0:\n    while True: os.write(2, b'x' * 65536)\nwhile True: os.write(1, b'x' * 65536)",
        false,
        false,
    ),
    (
        "one line",
        "import os\nwhile True: os.write(1, b'x' * 99999)",
        false,
        false,
    ),
    (
        "one byte at a time",
        "import os\nwhile True: os.write(1, b'x')",
        false,
        false,
    ),
    (
        "grandchildren",
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        if os.fork(): os._exit(0)\n        while True: os.write(1, b'x' * 65536)\ntime.sleep(60)",
        false,
        false,
    ),
    (
        "a long value",
        "def flood():\n    return 'x' * (8 << 20)\n",
        true,
        false,
    ),
    (
        "the channel of values",
        "import os\ndef flood():\n    while True: os.write(4, b'x' * 65536)\n",
        true,
        false,
    ),
    (
        "files",
        "for number in range(12):\n    with open(f'{number}', 'wb') as file: file.write(b'x' * (3 << 20))",
        false,
        true,
    ),
    (
        "small files",
        "for number in range(2000):\n    with open(f'{number}', 'wb') as file: file.write(b'x' * 9999)",
        false,
        true,
    ),
];

/// The row `output`.
pub fn measure(extent: Extent) -> Result<Vec<Row>> {
    let server = Sandboxd::start(Options {
        max_sandboxes: 10,
        ..Options::default()
    })?;
    let runs = FLOODS.len() * extent.choose(ROUNDS, 1);
    let sent = crew::all("output", 4, runs, |index| {
        let flood = &FLOODS[index % FLOODS.len()];
        let report = server.run(job(flood)).with_context(|| flood.0.to_owned())?;
        Ok((flood.0, beyond(&report)))
    });
    let sent = sent.into_iter().collect::<Result<Vec<_>>>()?;
    let kept = kept(&server)?;
    server.stop()?;
    Ok(vec![row(&sent, kept)])
}

fn row(sent: &[(&str, i64)], kept: i64) -> Row {
    let most = sent.iter().map(|(_, bytes)| *bytes).max().unwrap_or(0);
    let worst = sent.iter().filter(|(_, bytes)| *bytes > BEYOND);
    // Both streams of each are full.
    let kept_bound = 2 * (CAP + BEYOND);
    Row {
        name: "output".to_owned(),
        promise: "output beyond the cap, sent and kept",
        bound: "64 KiB".to_owned(),
        figure: format!(
            "sent {} bytes beyond; the daemon holds {:.2} MiB for an unread run, whose two caps are {:.2} MiB",
            most.max(0),
            mebibytes(kept),
            mebibytes(2 * CAP)
        ),
        runs: sent.len() + UNREAD,
        holds: most <= BEYOND && kept <= kept_bound,
        details: worst
            .map(|(name, bytes)| format!("{name}: {bytes} bytes beyond the cap"))
            .collect(),
    }
}

fn job(flood: &Flood) -> Job {
    let (_, source, is_function, has_files) = *flood;
    let mut job = Job::new(source);
    if is_function {
        job = job.function("flood", "[]");
    }
    if has_files {
        job = job.collect();
    }
    job
}

/// Bytes that came beyond a cap; below zero when none was reached.
fn beyond(report: &Report) -> i64 {
    let length = |bytes: &[u8]| i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let files: i64 = report
        .files
        .files
        .iter()
        .map(|file| length(&file.content))
        .sum();
    let streams = [&report.stdout, &report.stderr, &report.result_json];
    streams
        .map(|bytes| length(bytes) - CAP)
        .into_iter()
        .chain([files - FILES_CAP])
        .fold(i64::MIN, i64::max)
}

/// Bytes by which the daemon grows for each of [`UNREAD`] runs that flood both streams while nobody reads.
fn kept(server: &Sandboxd) -> Result<i64> {
    let both = FLOODS
        .iter()
        .find(|(name, ..)| *name == "both")
        .context("a constant")?;
    let daemon = server.half(Half::Daemon)?.pid;
    let resident = || -> Result<i64> {
        let bytes = processes::resident_bytes(daemon).context("the daemon is gone")?;
        Ok(i64::try_from(bytes)?)
    };
    server.wait_until_parked(Duration::from_secs(10))?;
    let before = resident()?;
    let limits = JobLimits {
        wall: Some(wait::patience(FILLED * 3)),
        ..JobLimits::default()
    };
    let mut runs = Vec::new();
    for _ in 0..UNREAD {
        runs.push(server.begin_unread(job(both).limits(limits.clone()))?);
    }
    for run in &mut runs {
        run.wait_for_start(RUN_PATIENCE)?;
    }
    // A peak has no end to wait for.
    let mut most = before;
    let until = std::time::Instant::now() + wait::patience(FILLED);
    while std::time::Instant::now() < until {
        most = most.max(resident()?);
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(runs);
    Ok((most - before) / i64::try_from(UNREAD)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_cap_and_its_allowance_breaks_the_promise() {
        assert!(row(&[("a", BEYOND), ("b", -5)], CAP).holds);
        let broken = row(&[("a", BEYOND + 1), ("b", 0)], CAP);
        assert!(!broken.holds);
        assert_eq!(broken.details, ["a: 65537 bytes beyond the cap"]);
        assert!(!row(&[], 2 * (CAP + BEYOND) + 1).holds);
    }
}
