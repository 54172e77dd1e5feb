//! Honest programs with a wrong outcome: the programs of `tests/conformance/programs` in rounds, each judged by
//! all of its header: outcome, output, exit code, and how long it may take.

use anyhow::Result;
use test_harness::{Options, Sandboxd};

use super::Extent;
use crate::crew;
use crate::report::Row;

/// Half a core each fills a machine of two cores; more would make programs late that an honest host finishes in
/// time.
const AT_ONE_TIME: usize = 4;
const RUNS: usize = 10_000;
/// One of each program.
const QUICK_ROUNDS: usize = 1;

/// The row `honest`.
pub fn measure(extent: Extent) -> Result<Vec<Row>> {
    let programs: Vec<_> = conformance_tests::load()?.into_iter().collect();
    let runs = extent.choose(RUNS, programs.len() * QUICK_ROUNDS);
    // Both templates are there from the start: their first run would wait for them.
    let server = Sandboxd::start(Options {
        max_sandboxes: 10,
        more_config: "[profiles.science]\nparked = 2\nat_start = true\n".to_owned(),
        ..Options::default()
    })?;
    let wrong = crew::all("honest", AT_ONE_TIME, runs, |index| {
        let (name, program) = &programs[index % programs.len()];
        let problems = match server.run(program.job()) {
            Ok(report) => {
                let mut wrong = program.judge(&report);
                if !wrong.is_empty() {
                    wrong.push(report.summary());
                }
                wrong
            }
            Err(error) => vec![format!("{error:#}")],
        };
        (!problems.is_empty()).then(|| format!("run {index}, {name}: {}", problems.join("; ")))
    });
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    server.stop()?;
    Ok(vec![Row {
        name: "honest".to_owned(),
        promise: "honest programs with a wrong outcome",
        bound: format!("0 in {RUNS}"),
        figure: format!(
            "{} wrong, {} programs, {AT_ONE_TIME} at a time",
            wrong.len(),
            programs.len()
        ),
        runs,
        holds: wrong.is_empty(),
        details: wrong,
    }])
}
