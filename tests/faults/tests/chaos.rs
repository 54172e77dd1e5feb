//! A minute of chaos, each time another one; the seed is printed.

#![forbid(unsafe_code)]

use std::time::Duration;

use fault_tests::chaos::{self, Plan};

#[test]
fn every_invariant_holds_in_a_minute_of_chaos() {
    let plan = Plan {
        seed: test_harness::server::random_number(),
        duration: Duration::from_secs(50),
        from_round: 0,
    };
    match chaos::run(&plan) {
        Ok(told) => println!("{told}"),
        Err(broken) => panic!("{broken:#}"),
    }
}
