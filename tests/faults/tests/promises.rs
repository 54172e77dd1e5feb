//! Those promises that can be measured in some seconds on any machine, one trial each and one after the other: they would take each
//! other's time. `cargo xtask promises` makes as many runs as the promises speak of.

#![forbid(unsafe_code)]

use fault_tests::promises::{self, Extent};
use fault_tests::report;
use libtest_mimic::{Arguments, Failed, Trial};

/// Rows that the groups conformance and security test in smaller form with every change (escapes, honest, lateness,
/// killed), and those that a busy or virtual machine spoils when few runs decide (lateness, killed, neighbour,
/// attackers-memory).
const LEFT_OUT: [&str; 6] = [
    "escapes",
    "honest",
    "lateness",
    "neighbour",
    "killed",
    "attackers-memory",
];

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let chosen = promises::ALL
        .iter()
        .filter(|one| !one.rows.iter().any(|row| LEFT_OUT.contains(row)));
    let trials = chosen
        .map(|one| {
            Trial::test(one.rows.join("_and_"), move || {
                let rows = promises::measure(&[one], Extent::Quick);
                let shown = report::text(&rows);
                println!("{shown}");
                if rows.iter().all(|row| row.holds) {
                    Ok(())
                } else {
                    Err(Failed::from(shown))
                }
            })
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit();
}
