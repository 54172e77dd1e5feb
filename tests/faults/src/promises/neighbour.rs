//! A neighbour's run during attacks: how long an ordinary program takes while one attack after the other runs over
//! and over on a server with the usual pool, first in one other sandbox, then in all others at one time, against
//! its time alone on that server. The bound must hold for both.
//!
//! One attacker begins the next run as soon as the last one ends. Of those in all other sandboxes each begins five
//! runs a second, which is thirty times what the control-plane lets a user begin: without any pause even the
//! smallest honest program in each of them takes all that the host has, and that is load, which quotas bound.
//!
//! The time is the caller's, from the request to the last event. Medians are compared: of the runs during one attack
//! with those of the runs alone, which are made before, between and after the attacks, so that a machine that
//! gets slower meanwhile does so for both. Where few runs say that the bound is near, five times as many are made, and
//! only they count. Attacks run with their own limits and know what the attack suite's do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use security_tests::attack::{self, Attack, Program};
use security_tests::traps::Traps;
use security_tests::trial;
use test_harness::{Job, Options, Outcome, Sandboxd, wait};

use super::Extent;
use crate::crew;
use crate::figures::{milliseconds, percentile};
use crate::report::Row;

const BOUND: f64 = 3.0;
/// Of the neighbour, during one attack by so many attackers.
const RUNS: usize = 9;
/// During an attack that seems to come near the bound.
const MANY_RUNS: usize = 45;
/// Above this part of the bound it seems so.
const NEAR: f64 = 0.7;
/// Between two of its runs: nobody presses Run without a pause.
const PAUSE: Duration = Duration::from_millis(50);
/// Between the starts of two runs of one of many attackers.
const PACE: Duration = Duration::from_millis(200);
/// After the start of an attack, until it is in full swing.
const SWING: Duration = Duration::from_millis(500);
/// The worst attacks, which are listed.
const SHOWN: usize = 8;
/// Attacks between two measurements of the neighbour alone.
const BETWEEN: usize = 10;

/// What a learner runs: reads, computes for some milliseconds, prints.
const ORDINARY: &str = "words = input().split()\ncounts = {}\nfor turn in range(300):\n    for word in words:\n        \
     counts[word] = counts.get(word, 0) + len(word)\nfor word in sorted(counts): print(word, counts[word])\n";
const INPUT: &str =
    "the quick brown fox jumps over the lazy dog while the cat sleeps on the warm mat\n";

/// The attacks of the quick form: those that take most of each kind of thing.
const QUICK: [&str; 4] = [
    "processes/fork_bomb",
    "resources/native_loop",
    "resources/memory_of_many",
    "output/stdout_flood",
];

/// The row `neighbour`.
pub fn measure(extent: Extent) -> Result<Vec<Row>> {
    let cores = u32::try_from(std::thread::available_parallelism()?.get())?;
    let sandboxes = (cores * 5).min(31);
    let server = Sandboxd::start(Options {
        max_sandboxes: sandboxes,
        ..Options::default()
    })?;
    let traps = Traps::set()?;
    let mut attacks = attack::load()?;
    if extent == Extent::Quick {
        attacks.retain(|name, _| QUICK.contains(&name.as_str()));
    }
    let all_others = sandboxes as usize - 1;
    let mut alone = Vec::new();
    let (mut by_one, mut by_all) = (Vec::new(), Vec::new());
    for (index, (name, attack)) in attacks.iter().enumerate() {
        if index % BETWEEN == 0 {
            alone.extend(neighbour(&server, RUNS)?);
            crew::tell(&format!("neighbour: {index} of {} attacks", attacks.len()));
        }
        let during = |attackers| -> Result<(&str, Duration, usize)> {
            let median = |runs| -> Result<Duration> {
                let times = attacked(&server, &traps, attack, attackers, runs);
                let times = times.with_context(|| format!("during {name} by {attackers}"))?;
                Ok(percentile(&times, 50))
            };
            let near = percentile(&alone, 50).mul_f64(BOUND * NEAR);
            let first = median(RUNS)?;
            Ok(if first > near {
                (name.as_str(), median(MANY_RUNS)?, MANY_RUNS)
            } else {
                (name.as_str(), first, RUNS)
            })
        };
        by_one.push(during(1)?);
        by_all.push(during(all_others)?);
    }
    alone.extend(neighbour(&server, RUNS)?);
    server.stop()?;
    Ok(vec![row(
        percentile(&alone, 50),
        [(1, by_one), (all_others, by_all)],
    )])
}

/// Names of attacks, the neighbour's median during each, and of how many runs.
type During<'a> = Vec<(&'a str, Duration, usize)>;

fn row(alone: Duration, during: [(usize, During<'_>); 2]) -> Row {
    let ratio = |median: Duration| median.as_secs_f64() / alone.as_secs_f64();
    let mut figures = vec![format!("alone {:.1} ms", milliseconds(alone))];
    let (mut details, mut runs, mut holds) = (Vec::new(), 0, false);
    for (attackers, mut during) in during {
        during.sort_by_key(|(_, median, _)| std::cmp::Reverse(*median));
        let (worst, longest, _) = during.first().copied().unwrap_or_default();
        let above = |one: &&(&str, Duration, usize)| ratio(one.1) > BOUND;
        let above = during.iter().filter(above).count();
        figures.push(format!(
            "{:.2} times that with {worst} in {attackers} other sandboxes, {above} of {} attacks above the bound",
            ratio(longest),
            during.len()
        ));
        details.extend(during.iter().take(SHOWN).map(|(name, median, _)| {
            let (ratio, time) = (ratio(*median), milliseconds(*median));
            format!("{name} in {attackers}: {ratio:.2}, {time:.1} ms")
        }));
        runs += during.iter().map(|(_, _, runs)| runs).sum::<usize>();
        if attackers == 1 {
            holds = above == 0;
        }
    }
    Row {
        name: "neighbour".to_owned(),
        promise: "a neighbour's run during any attack, against its time alone",
        bound: format!("{BOUND}"),
        figure: figures.join("; "),
        runs,
        holds,
        details,
    }
}

/// Times of so many runs of the neighbour.
fn neighbour(server: &Sandboxd, runs: usize) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for _ in 0..runs {
        std::thread::sleep(PAUSE);
        let report = server.run(Job::new(ORDINARY).stdin(INPUT))?;
        if report.outcome != Outcome::Ok || !report.stdout.starts_with(b"brown 1500\n") {
            bail!("the neighbour's run went wrong: {}", report.summary());
        }
        times.push(report.elapsed);
    }
    Ok(times)
}

/// The neighbour's times while so many attackers run the attack over and over.
fn attacked(
    server: &Sandboxd,
    traps: &Traps,
    attack: &Attack,
    attackers: usize,
    runs: usize,
) -> Result<Vec<Duration>> {
    let jobs = jobs(server, traps, attack)?;
    let over = AtomicBool::new(false);
    let attack = |number: usize| {
        let (mut next, mut begun) = (number, Instant::now());
        while !over.load(Ordering::Relaxed) {
            let job = jobs[next % jobs.len()].clone();
            next += 1;
            if attackers > 1 {
                std::thread::sleep(PACE.saturating_sub(begun.elapsed()));
            }
            begun = Instant::now();
            let Ok(mut run) = server.begin(job) else {
                continue;
            };
            // How it ends is nobody's business here. When the attack is over, its caller hangs up.
            while !over.load(Ordering::Relaxed) && !run.is_over() {
                let _ = run.wait_for_end(Duration::from_millis(50));
            }
        }
    };
    let times = std::thread::scope(|scope| {
        for number in 0..attackers {
            let attack = &attack;
            scope.spawn(move || attack(number));
        }
        std::thread::sleep(wait::patience(SWING));
        let times = neighbour(server, runs);
        over.store(true, Ordering::Relaxed);
        times
    })?;
    server.wait_until_parked(Duration::from_secs(20))?;
    Ok(times)
}

/// The attack's program, or both of a pair.
fn jobs(server: &Sandboxd, traps: &Traps, attack: &Attack) -> Result<Vec<Job>> {
    let job = |program: &Program| trial::job(program, traps.facts(server)?);
    match attack {
        Attack::Single(program) => Ok(vec![job(program)?]),
        Attack::Pair(first, _, second) => Ok(vec![job(first)?, job(second)?]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_attack_is_named_and_that_of_one_attacker_decides() {
        let time = Duration::from_millis;
        let many = vec![("a", time(12), 9), ("b", time(31), 45)];
        let kept = row(time(10), [(1, vec![("a", time(30), 9)]), (9, many)]);
        let told = "3.10 times that with b in 9 other sandboxes, 1 of 2 attacks above";
        assert!(kept.holds && kept.figure.contains(told), "{kept:?}");
        assert_eq!(kept.runs, 63);
        let late = vec![("a", time(5), 9), ("b", time(31), 9)];
        let broken = row(time(10), [(1, late), (9, vec![("a", time(5), 9)])]);
        assert!(!broken.holds, "{broken:?}");
        assert!(!row(time(10), [(2, Vec::new()), (9, Vec::new())]).holds);
    }
}
