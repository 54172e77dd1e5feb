//! A whole installation under a steady load of runs and submissions, while its parts are killed, stopped and cut
//! off, over and over. What was accepted is kept in a [`ledger`]; at the end each piece of it must have ended
//! exactly once and rightly.
//!
//! - *Lost*: accepted, and without an end though everything has been running again for a minute; or known to no
//!   one any more.
//! - *Stored twice*: an end that changed after it was first seen; an end that the server's log tells twice; or more
//!   runs, submissions or attempts in the account's figures than were accepted.
//! - *Wrong*: another outcome, output or verdict than the program has. Our own failure (INTERNAL_ERROR) is wrong.
//!
//! Callers behave as careful callers do: whoever got no answer asks again with the same request_id.
//!
//! Each blow is struck on both databases, but for the cut of the database itself: SQLite is a part of control-plane.

mod blow;
mod case;
mod ledger;
mod load;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use e2e_tests::{Quotas, Stack};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::crew;
use crate::report::Row;
pub use blow::Blow;
pub use case::{Case, choose};
use ledger::Ledger;

/// Between the end of one blow and the next, in milliseconds. Long enough that no run of this load is struck three
/// times, after which it rightly ends as our failure.
const CALM: std::ops::Range<u64> = 2_000..4_500;
/// All that was accepted has ended by then, or is lost.
const FINISH_LIMIT: Duration = Duration::from_secs(300);
/// Nothing was accepted for so long: the callers have given up, and say why.
const STANDSTILL: Duration = Duration::from_secs(60);
/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(10);

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What happens, each over an installation and a load of its own.
    pub cases: Vec<Case>,
    /// So many runs and submissions are accepted for each.
    pub accepted: usize,
    /// Decides when it happens.
    pub seed: u64,
}

/// One row for each case. Blocks.
pub fn run(plan: &Plan) -> Vec<Row> {
    let of = |case: &Case| {
        under(*case, plan).unwrap_or_else(|error| Row::unmeasured(case.name(), &error))
    };
    plan.cases.iter().map(of).collect()
}

/// A load, one kind of blow against what it runs on, and what became of it.
fn under(case: Case, plan: &Plan) -> Result<Row> {
    let mut stack = Stack::start_on(Quotas::None, case.engine)?;
    let ledger = Arc::new(Ledger::new(plan.accepted));
    let load = load::start(&stack, &ledger)?;
    let struck = strike(&mut stack, case, plan, &ledger);
    ledger.close();
    let found = struck.and_then(|blows| {
        let findings = e2e_tests::wait_at_most(FINISH_LIMIT, load.finish(&ledger))?;
        let log = ledger::read_log(&stack.control_plane_log())?;
        Ok((blows, findings.with_log(&log)))
    });
    let words = stack.last_words();
    let ended = found.and_then(|found| stack.stop().map(|()| found));
    let (blows, findings) = ended.inspect_err(|_| eprintln!("{words}"))?;
    Ok(findings.row(case, blows, plan.accepted))
}

/// Strikes until enough was accepted, or nothing is any more; says how often.
fn strike(stack: &mut Stack, case: Case, plan: &Plan, ledger: &Ledger) -> Result<usize> {
    let Case { engine, blow } = case;
    let mut chance = StdRng::seed_from_u64(plan.seed ^ (blow as u64) ^ ((engine as u64) << 8));
    let (mut blows, mut told) = (0, Instant::now());
    let (mut accepted, mut moved) = (0, Instant::now());
    while !ledger.is_full() && moved.elapsed() < STANDSTILL {
        std::thread::sleep(Duration::from_millis(chance.random_range(CALM)));
        blow.strike(stack, blows, &mut chance)
            .with_context(|| format!("blow {} of {}", blows + 1, case.name()))?;
        blows += 1;
        if ledger.count() > accepted {
            (accepted, moved) = (ledger.count(), Instant::now());
        }
        if told.elapsed() >= PROGRESS {
            told = Instant::now();
            let (count, wanted) = (ledger.count(), plan.accepted);
            crew::tell(&format!(
                "{}: {count} of {wanted} accepted, {blows} blows",
                case.name()
            ));
        }
    }
    Ok(blows)
}
