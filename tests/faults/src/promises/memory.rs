//! Memory of the host that an attacker takes beyond the limit of its run.
//!
//! Measured from outside, over the whole system: memory that is in use and no page cache, which is MemTotal less
//! MemFree, Buffers, and Cached but for Shmem, all from /proc/meminfo. So all of the kernel's own memory counts,
//! charged to the run or not and reclaimable or not: slabs, page tables, stacks, per-CPU areas, pipes, sockets,
//! and memory that a dead run still occupies. It is read every 2 ms from the start of the attack until a quarter of a
//! second after its end; the peak, less what was in use right before, less the run's limit, is what it took
//! beyond. Other programs of the host are noise in that, so each attack is made several times and the median of
//! its peaks counts.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use security_tests::attack::{self, Attack, Program};
use security_tests::traps::Traps;
use security_tests::trial;
use test_harness::server::RUN_PATIENCE;
use test_harness::{Options, Sandboxd};

use super::Extent;
use crate::crew;
use crate::figures::{mebibytes, percentile};
use crate::report::Row;

const BOUND: i64 = 64 << 20;
/// The server's default.
const LIMIT: i64 = 128 << 20;
const REPEATS: usize = 5;
const QUICK_REPEATS: usize = 3;
const INTERVAL: Duration = Duration::from_millis(2);
/// How long memory of a dead run may take to show.
const AFTER: Duration = Duration::from_millis(250);

/// Attacks that take memory of some kind; besides them, all whose name begins with `resources/memory_`.
const OTHERS: &[&str] = &[
    "collection/memory_full_of_files",
    "collection/many_files",
    "filesystem/deep_folders",
    "grading/enormous_result",
    "lifecycle/forks_while_it_is_killed",
    "output/both_streams",
    "output/one_endless_line",
    "output/pipe_games",
    "processes/fork_bomb",
    "processes/thread_bomb",
    "processes/zombie_flood",
    "resources/big_file",
    "resources/descriptors",
    "resources/disk_of_one_folder",
    "resources/inodes",
    "resources/negative_entries",
    "resources/recursion",
    "resources/timers_and_signals",
    "syscalls/ipc_objects",
    "syscalls/memory_tricks",
];
/// Attacks of the quick form.
const QUICK: [&str; 2] = ["resources/memory_tmpfs", "resources/memory_page_tables"];

/// The row `attackers-memory`.
pub fn measure(extent: Extent) -> Result<Vec<Row>> {
    let mut attacks = attack::load()?;
    attacks.retain(|name, _| {
        let taken = name.starts_with("resources/memory_") || OTHERS.contains(&name.as_str());
        taken && (extent == Extent::Full || QUICK.contains(&name.as_str()))
    });
    let server = Sandboxd::start(Options::default())?;
    let traps = Traps::set()?;
    let repeats = extent.choose(REPEATS, QUICK_REPEATS);
    let mut found = Vec::new();
    for (name, attack) in &attacks {
        let Attack::Single(program) = attack else {
            continue;
        };
        let peaks = (0..repeats).map(|_| peak(&server, &traps, program));
        let peaks = peaks.collect::<Result<Vec<_>>>();
        let peaks = peaks.with_context(|| name.clone())?;
        crew::tell(&format!(
            "{name}: {:.0} MiB",
            mebibytes(percentile(&peaks, 50))
        ));
        found.push((name.as_str(), peaks));
    }
    server.stop()?;
    Ok(vec![row(&found)])
}

/// Of each attack: bytes beyond its limit at the peak of each repeat, below zero when it took less.
fn row(found: &[(&str, Vec<i64>)]) -> Row {
    let mut medians: Vec<(&str, i64)> = found
        .iter()
        .map(|(name, peaks)| (*name, percentile(peaks, 50)))
        .collect();
    medians.sort_by_key(|(_, median)| std::cmp::Reverse(*median));
    let (worst, most) = medians.first().copied().unwrap_or_default();
    Row {
        name: "attackers-memory".to_owned(),
        promise: "memory of the host that an attacker takes beyond its limit",
        bound: format!("{:.0} MiB", mebibytes(BOUND)),
        figure: format!(
            "{:.0} MiB by {worst}, the worst of {} attacks",
            mebibytes(most.max(0)),
            found.len()
        ),
        runs: found.iter().map(|(_, peaks)| peaks.len()).sum(),
        holds: most <= BOUND,
        details: medians
            .iter()
            .map(|(name, median)| format!("{name}: {:+.0} MiB", mebibytes(*median)))
            .collect(),
    }
}

/// One run of the attack: the most that was in use, less what was in use before, less its limit.
fn peak(server: &Sandboxd, traps: &Traps, program: &Program) -> Result<i64> {
    server.wait_until_parked(Duration::from_secs(10))?;
    let limit = program
        .limits
        .as_ref()
        .and_then(|limits| limits.memory_bytes);
    let job = trial::job(program, traps.facts(server)?)?;
    let before = in_use()?;
    let ended = AtomicBool::new(false);
    let most = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(&ended));
        let run = server.begin(job).and_then(|run| run.finish(RUN_PATIENCE));
        ended.store(true, Ordering::Relaxed);
        let most = watcher.join().expect("the watcher does not panic");
        run.and(most)
    })?;
    Ok(most - before - limit.unwrap_or(LIMIT))
}

/// The most that is in use until a while after the run.
fn watch(ended: &AtomicBool) -> Result<i64> {
    let mut most = 0;
    let mut last = None;
    loop {
        most = most.max(in_use()?);
        if ended.load(Ordering::Relaxed) {
            let end = *last.get_or_insert_with(|| Instant::now() + AFTER);
            if Instant::now() >= end {
                return Ok(most);
            }
        }
        std::thread::sleep(INTERVAL);
    }
}

/// Bytes of the host's memory that are neither free nor page cache.
fn in_use() -> Result<i64> {
    let table = fs::read_to_string("/proc/meminfo").context("reading /proc/meminfo")?;
    parse(&table)
}

fn parse(table: &str) -> Result<i64> {
    let field = |name: &str| -> Result<i64> {
        let line = table
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
        let kibibytes: i64 = number.with_context(|| format!("/proc/meminfo has no {name}"))?;
        Ok(kibibytes << 10)
    };
    let cache = field("Buffers")? + field("Cached")? - field("Shmem")?;
    Ok(field("MemTotal")? - field("MemFree")? - cache)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_cache_is_not_in_use_and_shared_memory_is() {
        let table =
            "MemTotal:  1000 kB\nMemFree:  500 kB\nBuffers: 20 kB\nCached: 200 kB\nShmem: 50 kB\n";
        assert_eq!(parse(table).expect("complete"), 330 << 10);
        assert!(parse("MemTotal: 1000 kB\n").is_err());
        assert!(in_use().expect("this host has one") > 0);
    }

    #[test]
    fn the_median_of_the_worst_attack_decides() {
        let noise = vec![0, 0, 500 << 20];
        assert!(row(&[("a", noise.clone()), ("b", vec![BOUND; 3])]).holds);
        let broken = row(&[("a", noise), ("b", vec![BOUND + 1; 3])]);
        assert!(
            !broken.holds && broken.figure.contains("by b"),
            "{broken:?}"
        );
    }
}
