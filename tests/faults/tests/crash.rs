//! A short load against each kind of blow, on each database, one after the other: each puts work on all processors. The command
//! `cargo xtask crash` makes as much of it as one likes.

#![forbid(unsafe_code)]

use fault_tests::crash::{self, Case, Plan};
use fault_tests::report;
use libtest_mimic::{Arguments, Failed, Trial};

/// Runs and submissions for each blow.
const ACCEPTED: usize = 60;

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let trials = Case::all()
        .into_iter()
        .map(|case| {
            let Case { engine, blow } = case;
            let name = format!("nothing_is_lost_by_{}_on_{}", blow.name(), engine.name());
            Trial::test(name, move || {
                let rows = crash::run(&Plan {
                    cases: vec![case],
                    accepted: ACCEPTED,
                    seed: test_harness::server::random_number(),
                });
                let shown = report::text(&rows);
                println!("{shown}");
                match rows.iter().all(|row| row.holds) {
                    true => Ok(()),
                    false => Err(Failed::from(shown)),
                }
            })
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit();
}
