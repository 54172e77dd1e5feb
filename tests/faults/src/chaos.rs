//! Honest and hostile programs together, in a random mix, with callers who cancel, hang up or read nothing, while
//! the daemon, the launcher or both are killed and started again, as systemd would.
//!
//! Chaos goes by rounds. A round is decided by the seed and its number alone ([`plan`]): which programs run, by
//! which callers, and who is killed when. After each round the host is looked at ([`round`]): no process, control
//! group, mount, file or descriptor beyond those at rest, no growth of memory beyond the promise; each run that
//! was answered has an outcome that its header allows, and nothing escaped; a witness that runs a small program
//! over and over in between was never let down. Only timing differs when a seed is used again.

mod plan;
mod round;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::crew;
use plan::Programs;
use round::Host;

/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(10);

/// What is to be done.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Decides what happens.
    pub seed: u64,
    /// A round that has begun by then is brought to its end.
    pub duration: Duration,
    /// The number of the first round.
    pub from_round: u64,
}

/// Makes rounds until the time is over; tells in a line what was done. Blocks.
///
/// # Errors
/// The first round that broke an invariant: which one, by which runs, and the seed.
pub fn run(plan: &Plan) -> Result<String> {
    let Plan {
        seed,
        duration,
        from_round,
    } = *plan;
    let programs = Programs::load()?;
    let mut host = Host::start()?;
    let (began, mut told) = (Instant::now(), Instant::now());
    crew::tell(&format!("chaos with seed {seed}"));
    let mut sum = round::Sum::default();
    let mut number = from_round;
    while began.elapsed() < duration {
        let steps = plan::round(&programs, seed, number);
        let done = host.round(&programs, &steps).with_context(|| {
            format!("chaos broke an invariant in round {number} of seed {seed} (again: --seed {seed} --from-round {number}):\n{steps}")
        })?;
        sum.add(&done);
        number += 1;
        if told.elapsed() >= PROGRESS {
            told = Instant::now();
            let seconds = began.elapsed().as_secs_f64();
            crew::tell(&format!("chaos, seed {seed}, {seconds:.0} s: {sum}"));
        }
    }
    host.stop()?;
    Ok(format!(
        "chaos with seed {seed}: every invariant held in {} rounds of {:.0} s in all: {sum}",
        number - from_round,
        began.elapsed().as_secs_f64()
    ))
}
