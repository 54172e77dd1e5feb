//! The short form: every target with its corpus and with changed copies of it.

#![forbid(unsafe_code)]

use std::time::Duration;

use fuzz_tests::{TARGETS, engine};
use libtest_mimic::{Arguments, Failed, Trial};

/// For each target; all of them take some seconds.
const TIME: Duration = Duration::from_millis(200);

fn main() {
    let arguments = Arguments::from_args();
    let trial = |target: &'static fuzz_tests::Target| {
        Trial::test(target.name, move || {
            engine::briefly(target, TIME).map_err(Failed::from)
        })
    };
    let trials = TARGETS.iter().map(trial).collect();
    libtest_mimic::run(&arguments, trials).exit();
}
