//! 100,000 runs in a mix of every kind: how many ended by our own failure, and what is left afterwards.
//!
//! The state at rest after the first runs is the measure: by then everything has been opened and allocated once.
//! At the end there must be the same processes, control groups, mounts and files, at most four descriptors more
//! and at most 32 MiB more of memory in each half of sandboxd. The interpreter that sandboxes are copied from is
//! renewed every 30 seconds of use instead of every ten minutes, so that renewing it counts as well.

use anyhow::{Context, Result};
use test_harness::{Half, HostState, Options, Sandboxd, processes};

use super::Extent;
use crate::crew;
use crate::figures::mebibytes;
use crate::mix;
use crate::report::Row;

const RUNS: usize = 100_000;
const QUICK_RUNS: usize = 1_500;
/// Runs until everything has been opened once.
const FIRST_RUNS: usize = 1_000;
const QUICK_FIRST_RUNS: usize = 300;
/// More than there are cores, fewer than sandboxes.
const AT_ONE_TIME: usize = 8;
const SANDBOXES: u32 = 10;
const MOST_DESCRIPTORS: i64 = 4;
const MOST_BYTES: i64 = 32 << 20;

/// Descriptors and bytes of memory of one half.
type Size = (i64, i64);

/// The rows `internal-errors` and `leftovers`.
pub fn measure(extent: Extent) -> Result<Vec<Row>> {
    let server = Sandboxd::start(Options {
        max_sandboxes: SANDBOXES,
        more_pool: "template_seconds = 30".to_owned(),
        ..Options::default()
    })?;
    let first = extent.choose(FIRST_RUNS, QUICK_FIRST_RUNS);
    let runs = extent.choose(RUNS, QUICK_RUNS);
    let mut wrong = crew::all("first runs", AT_ONE_TIME, first, |number| {
        mix::run(&server, number)
    });
    let before = HostState::look(&server).context("after the first runs")?;
    let at_first = sizes(&server)?;
    wrong.extend(crew::all("runs", AT_ONE_TIME, runs - first, |number| {
        mix::run(&server, first + number)
    }));
    let left = before.expect_nothing_left().err().unwrap_or_default();
    let at_last = sizes(&server)?;
    server.stop()?;
    let gone = before.expect_server_gone().err().unwrap_or_default();

    let wrong: Vec<_> = wrong.into_iter().flatten().collect();
    let left: Vec<String> = left
        .lines()
        .chain(gone.lines())
        .map(str::to_owned)
        .collect();
    Ok(vec![
        internal_errors(runs, &wrong),
        leftovers(runs, left, at_first, at_last),
    ])
}

fn internal_errors(runs: usize, wrong: &[mix::Wrong]) -> Row {
    let ours = wrong.iter().filter(|one| one.is_internal_error).count();
    Row {
        name: "internal-errors".to_owned(),
        promise: "INTERNAL_ERROR, or another outcome than the program's own",
        bound: format!("1 in {RUNS}, none by input"),
        figure: format!(
            "{ours} INTERNAL_ERROR, {} other wrong ends, {AT_ONE_TIME} at a time",
            wrong.len() - ours
        ),
        runs,
        holds: wrong.len() == ours && ours <= runs / RUNS,
        details: wrong.iter().map(|one| one.text.clone()).collect(),
    }
}

fn leftovers(runs: usize, left: Vec<String>, at_first: [Size; 2], at_last: [Size; 2]) -> Row {
    let [launcher, daemon] = [0, 1].map(|half| {
        let (first, last): (Size, Size) = (at_first[half], at_last[half]);
        (last.0 - first.0, last.1 - first.1)
    });
    let shown = |(descriptors, bytes): Size| {
        format!("{descriptors:+} descriptors {:+.1} MiB", mebibytes(bytes))
    };
    let small = |(descriptors, bytes): Size| descriptors <= MOST_DESCRIPTORS && bytes <= MOST_BYTES;
    Row {
        name: "leftovers".to_owned(),
        promise: "left after the runs",
        bound: format!("0; {MOST_DESCRIPTORS} descriptors, 32 MiB"),
        figure: format!(
            "{} things; daemon {}, launcher {}",
            left.len(),
            shown(daemon),
            shown(launcher)
        ),
        runs,
        holds: left.is_empty() && small(daemon) && small(launcher),
        details: left,
    }
}

/// Of launcher and daemon.
fn sizes(server: &Sandboxd) -> Result<[Size; 2]> {
    let size = |half| -> Result<Size> {
        let process = server.half(half)?;
        let bytes = processes::resident_bytes(process.pid);
        let descriptors = processes::descriptors(process.pid);
        Ok((
            i64::try_from(descriptors.context("it is gone")?)?,
            i64::try_from(bytes.context("it is gone")?)?,
        ))
    };
    Ok([size(Half::Launcher)?, size(Half::Daemon)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_or_has_grown_breaks_the_promise() {
        let rest = [(20, 5 << 20), (30, 8 << 20)];
        let row = |left: &[&str], at_last| {
            let left = left.iter().map(|line| (*line).to_owned()).collect();
            leftovers(RUNS, left, rest, at_last).holds
        };
        assert!(row(&[], rest));
        assert!(row(&[], [(24, 37 << 20), (34, 40 << 20)]));
        assert!(!row(&["a mount"], rest));
        assert!(!row(&[], [(25, 5 << 20), (30, 8 << 20)]));
        assert!(!row(&[], [(20, 5 << 20), (30, (40 << 20) + 1)]));
    }

    #[test]
    fn one_of_our_own_failures_is_too_many_for_few_runs() {
        let wrong = |is_internal_error| mix::Wrong {
            is_internal_error,
            text: String::new(),
        };
        assert!(internal_errors(RUNS, &[wrong(true)]).holds);
        assert!(!internal_errors(RUNS, &[wrong(true), wrong(true)]).holds);
        assert!(!internal_errors(RUNS, &[wrong(false)]).holds);
        assert!(!internal_errors(RUNS - 1, &[wrong(true)]).holds);
    }
}
