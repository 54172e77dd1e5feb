//! Every promise, one module each. A module makes runs against a sandboxd of its own and gives its rows.

mod endurance;
mod escapes;
mod honest;
mod killed;
mod lateness;
mod memory;
mod neighbour;
mod output;

use std::time::Duration;

use anyhow::{Result, bail};
use test_harness::wait;

use crate::crew;
use crate::report::Row;

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// As many runs as the promise speaks of.
    Full,
    /// Some seconds for each row, for the tests of every change. The bounds are the same.
    Quick,
}

impl Extent {
    fn choose<T>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}

/// Rows that are measured together.
pub struct Measurement {
    /// Names of the rows.
    pub rows: &'static [&'static str],
    /// Makes the runs. Blocks.
    pub measure: fn(Extent) -> Result<Vec<Row>>,
}

/// All of them, in the order of the table.
pub const ALL: &[Measurement] = &[
    Measurement {
        rows: &["escapes"],
        measure: escapes::measure,
    },
    Measurement {
        rows: &["honest"],
        measure: honest::measure,
    },
    Measurement {
        rows: &["internal-errors", "leftovers"],
        measure: endurance::measure,
    },
    Measurement {
        rows: &["lateness"],
        measure: lateness::measure,
    },
    Measurement {
        rows: &["output"],
        measure: output::measure,
    },
    Measurement {
        rows: &["neighbour"],
        measure: neighbour::measure,
    },
    Measurement {
        rows: &["killed"],
        measure: killed::measure,
    },
    Measurement {
        rows: &["attackers-memory"],
        measure: memory::measure,
    },
];

/// Those with a row of these names, or all.
///
/// # Errors
/// When there is no such row; the error lists those that there are.
pub fn choose(names: &[String]) -> Result<Vec<&'static Measurement>> {
    let known = || ALL.iter().flat_map(|one| one.rows);
    if let Some(unknown) = names
        .iter()
        .find(|name| !known().any(|row| row == &name.trim()))
    {
        let all: Vec<&str> = known().copied().collect();
        bail!(
            "there is no row {unknown:?}; the rows are {}",
            all.join(", ")
        );
    }
    let chosen = |one: &&Measurement| {
        names.is_empty() || names.iter().any(|name| one.rows.contains(&name.trim()))
    };
    Ok(ALL.iter().filter(chosen).collect())
}

/// A bound of time for this machine, and in words. Of an emulated processor no more is asked than of one that is so
/// many times faster; ratios and counts stay as they are.
fn time_bound(elsewhere: Duration) -> (Duration, String) {
    let here = wait::patience(elsewhere);
    let text = if here == elsewhere {
        format!("{} ms", here.as_millis())
    } else {
        let factor = wait::slowness();
        format!(
            "{} ms ({} ms times {factor})",
            here.as_millis(),
            elsewhere.as_millis()
        )
    };
    (here, text)
}

/// Measures them one after the other. A row that can't be measured does not hold.
pub fn measure(chosen: &[&Measurement], extent: Extent) -> Vec<Row> {
    let mut rows = Vec::new();
    for one in chosen {
        crew::tell(&format!("measuring {}", one.rows.join(" and ")));
        match (one.measure)(extent) {
            Ok(measured) => rows.extend(measured),
            Err(error) => rows.extend(one.rows.iter().map(|name| Row::unmeasured(name, &error))),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_chosen_by_name_and_a_wrong_name_lists_the_right_ones() {
        let names =
            |list: &[&str]| -> Vec<String> { list.iter().map(|name| (*name).to_owned()).collect() };
        assert_eq!(choose(&[]).expect("all").len(), ALL.len());
        let chosen = choose(&names(&["leftovers", "killed"])).expect("known");
        let rows: Vec<_> = chosen.iter().flat_map(|one| one.rows).collect();
        assert_eq!(rows, [&"internal-errors", &"leftovers", &"killed"]);
        let Err(error) = choose(&names(&["kiled"])) else {
            panic!("there is no such row");
        };
        assert!(error.to_string().contains("neighbour"), "{error}");
    }
}
