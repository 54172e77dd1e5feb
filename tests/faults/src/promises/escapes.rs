//! Escapes in the attack suite: every program of `tests/security/attacks`, five passes, each attack against a
//! sandboxd of its own with traps on the host, judged as the suite judges it.

use anyhow::Result;
use security_tests::{attack, trial};

use super::Extent;
use crate::crew;
use crate::report::Row;

const PASSES: usize = 5;
/// Attacks that pass in the other tests' time; here only that the row works.
const QUICK: usize = 4;

/// The row `escapes`. Whatever is not as the attack's header wants counts, not only a way out.
pub fn measure(extent: Extent) -> Result<Vec<Row>> {
    let attacks: Vec<_> = attack::load()?.into_iter().collect();
    let one_pass = extent.choose(attacks.len(), QUICK);
    let passes = extent.choose(PASSES, 1);
    let runs = one_pass * passes;
    let problems = crew::all("escapes", 1, runs, |index| {
        let (name, attack) = &attacks[index % one_pass];
        let failed = trial::run(attack).err();
        failed.map(|error| format!("pass {}, {name}: {error:#}", index / one_pass + 1))
    });
    let problems: Vec<String> = problems.into_iter().flatten().collect();
    let escaped = problems
        .iter()
        .filter(|text| text.contains("ESCAPED"))
        .count();
    Ok(vec![Row {
        name: "escapes".to_owned(),
        promise: "escapes in the attack suite",
        bound: "0".to_owned(),
        figure: format!(
            "{escaped} escapes, {} other failures, {passes} passes of {one_pass} attacks",
            problems.len() - escaped
        ),
        runs,
        holds: problems.is_empty(),
        details: problems,
    }])
}
