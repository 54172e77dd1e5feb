//! What happens in a round: decided by the seed and the number of the round, and by nothing else.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use anyhow::Result;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use security_tests::attack::{self, Attack};
use test_harness::Half;

/// Programs at one time, besides the witness.
const WORKERS: usize = 6;
/// Of one worker in one round.
const STEPS: std::ops::RangeInclusive<usize> = 3..=8;
/// Of a hundred programs.
const HOSTILE: u32 = 45;
/// Of a hundred rounds.
const KILLED: u32 = 30;

/// Everything that may be run, by name.
pub struct Programs {
    pub honest: BTreeMap<String, conformance_tests::Program>,
    pub hostile: BTreeMap<String, attack::Program>,
}

impl Programs {
    /// All programs of the suites. Both halves of a pair are programs like others here.
    pub fn load() -> Result<Self> {
        let mut hostile = BTreeMap::new();
        for (name, attack) in attack::load()? {
            match attack {
                Attack::Single(program) => {
                    hostile.insert(name, *program);
                }
                // The second needs to know what the first said.
                Attack::Pair(first, ..) => {
                    hostile.insert(format!("{name}.first"), *first);
                }
            }
        }
        Ok(Self {
            honest: conformance_tests::load()?,
            hostile,
        })
    }
}

/// A program by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    Honest(String),
    Hostile(String),
}

/// What its caller does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Waits for the end.
    Patient,
    /// Cancels so long after the request.
    Cancels(Duration),
    /// Breaks the connection so long after the request.
    HangsUp(Duration),
    /// Reads nothing for so long after the start.
    ReadsLate(Duration),
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub program: Choice,
    pub caller: Caller,
}

/// A round: the steps of each worker, one after the other, and who is killed when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    pub workers: Vec<Vec<Step>>,
    pub kill: Option<(Duration, Vec<Half>)>,
}

impl fmt::Display for Round {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, steps) in self.workers.iter().enumerate() {
            let steps: Vec<String> = steps
                .iter()
                .map(|step| match (&step.program, step.caller) {
                    (Choice::Honest(name) | Choice::Hostile(name), Caller::Patient) => name.clone(),
                    (Choice::Honest(name) | Choice::Hostile(name), caller) => {
                        format!("{name} ({caller:?})")
                    }
                })
                .collect();
            writeln!(formatter, "worker {number}: {}", steps.join(", "))?;
        }
        match &self.kill {
            Some((moment, halves)) => writeln!(formatter, "killed after {moment:?}: {halves:?}"),
            None => writeln!(formatter, "nobody is killed"),
        }
    }
}

/// The round of this number.
pub fn round(programs: &Programs, seed: u64, number: u64) -> Round {
    let mut random = StdRng::seed_from_u64(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let workers = (0..WORKERS)
        .map(|_| {
            let steps = random.random_range(STEPS);
            (0..steps).map(|_| step(programs, &mut random)).collect()
        })
        .collect();
    let kill = (random.random_range(0..100) < KILLED).then(|| {
        let halves: &[&[Half]] = &[
            &[Half::Daemon],
            &[Half::Launcher],
            &[Half::Launcher, Half::Daemon],
        ];
        let halves = halves.choose(&mut random).copied().unwrap_or_default();
        (milliseconds(&mut random, 100..3000), halves.to_vec())
    });
    Round { workers, kill }
}

fn step(programs: &Programs, random: &mut StdRng) -> Step {
    let program = if random.random_range(0..100) < HOSTILE {
        Choice::Hostile(name(&programs.hostile, random))
    } else {
        Choice::Honest(name(&programs.honest, random))
    };
    let caller = match random.random_range(0..100) {
        0..10 => Caller::Cancels(milliseconds(random, 0..400)),
        10..20 => Caller::HangsUp(milliseconds(random, 0..400)),
        20..28 => Caller::ReadsLate(milliseconds(random, 0..1500)),
        _ => Caller::Patient,
    };
    Step { program, caller }
}

fn name<T>(programs: &BTreeMap<String, T>, random: &mut StdRng) -> String {
    let index = random.random_range(0..programs.len());
    programs.keys().nth(index).cloned().unwrap_or_default()
}

fn milliseconds(random: &mut StdRng, range: std::ops::Range<u64>) -> Duration {
    Duration::from_millis(random.random_range(range))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_is_decided_by_seed_and_number() {
        let programs = Programs::load().expect("all headers are right");
        let first = round(&programs, 7, 3);
        assert_eq!(first, round(&programs, 7, 3));
        assert_ne!(first, round(&programs, 7, 4));
        assert_ne!(first, round(&programs, 8, 3));
    }

    #[test]
    fn everything_happens_in_some_round() {
        let programs = Programs::load().expect("all headers are right");
        let rounds: Vec<Round> = (0..60).map(|number| round(&programs, 1, number)).collect();
        let steps: Vec<&Step> = rounds
            .iter()
            .flat_map(|round| &round.workers)
            .flatten()
            .collect();
        let some = |wanted: fn(&Step) -> bool| steps.iter().any(|step| wanted(step));
        assert!(some(|step| matches!(step.program, Choice::Honest(_))));
        assert!(some(|step| matches!(step.program, Choice::Hostile(_))));
        assert!(some(|step| matches!(step.caller, Caller::Cancels(_))));
        assert!(some(|step| matches!(step.caller, Caller::HangsUp(_))));
        assert!(some(|step| matches!(step.caller, Caller::ReadsLate(_))));
        let mut kills: Vec<usize> = rounds
            .iter()
            .map(|round| round.kill.as_ref().map_or(0, |(_, halves)| halves.len()))
            .collect();
        kills.sort_unstable();
        kills.dedup();
        assert_eq!(kills, [0, 1, 2]);
    }
}
