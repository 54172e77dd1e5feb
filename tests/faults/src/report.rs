//! The table of promises, and the same as JSON.

use std::time::{Duration, Instant};

use anyhow::Result;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::figures::milliseconds;

/// Longer lists of what went wrong tell nothing new.
const MOST_PROBLEMS: usize = 20;

/// One promise and what was found.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Its short name, as `--only` takes it.
    pub name: &'static str,
    /// What is promised.
    pub promise: &'static str,
    /// The figure that is promised.
    pub bound: String,
    /// The figure that was found.
    pub figure: String,
    /// Runs that were made for it.
    pub runs: usize,
    /// Whether it is kept.
    pub holds: bool,
    /// What went wrong, or which cases there were: one thing each.
    pub details: Vec<String>,
}

impl Row {
    /// A row that could not be measured does not hold.
    pub fn unmeasured(name: &'static str, reason: &anyhow::Error) -> Self {
        Self {
            name,
            promise: "",
            bound: String::new(),
            figure: format!("could not be measured: {reason:#}"),
            runs: 0,
            holds: false,
            details: Vec::new(),
        }
    }
}

/// The table that people read, with the details of each row below it.
pub fn text(rows: &[Row]) -> String {
    let mut table = Table::new();
    table
        .load_preset(presets::ASCII_MARKDOWN)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["row", "promise", "bound", "figure", "runs", "holds"]);
    let mut below = String::new();
    for row in rows {
        let Row {
            name,
            promise,
            bound,
            figure,
            runs,
            holds,
            details,
        } = row;
        let holds = if *holds { "yes" } else { "NO" };
        table.add_row([
            *name,
            *promise,
            bound.as_str(),
            figure.as_str(),
            &runs.to_string(),
            holds,
        ]);
        for detail in details.iter().take(MOST_PROBLEMS) {
            below += &format!("{name}: {detail}\n");
        }
        if details.len() > MOST_PROBLEMS {
            below += &format!("{name}: and {} more\n", details.len() - MOST_PROBLEMS);
        }
    }
    format!("{table}\n{}\n{below}", circumstances())
}

/// What one must know to judge the figures.
pub fn circumstances() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let slowness = test_harness::wait::slowness();
    let built = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };
    format!(
        "{cores} cores, kernel {}, {built} build, times multiplied by {slowness}; {STEPS} steps of a loop take {:.0} ms",
        kernel.trim(),
        milliseconds(yardstick())
    )
}

const STEPS: u32 = 20_000_000;

/// How long a loop takes that does the same everywhere: two machines are compared by it.
fn yardstick() -> Duration {
    let begun = Instant::now();
    let mut number = 1_u64;
    for step in 0..STEPS {
        number = std::hint::black_box(
            number
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(u64::from(step)),
        );
    }
    std::hint::black_box(number);
    begun.elapsed()
}

/// The rows as a JSON array.
///
/// # Errors
/// Never with the rows that there are.
pub fn json(rows: &[Row]) -> Result<String> {
    Ok(serde_json::to_string_pretty(rows)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_promise_shows_with_its_details() {
        let row = Row {
            name: "output",
            promise: "p",
            bound: "64 KiB".to_owned(),
            figure: "65 KiB".to_owned(),
            runs: 7,
            holds: false,
            details: vec!["one".to_owned(); 25],
        };
        let shown = text(&[row, Row::unmeasured("killed", &anyhow::anyhow!("no root"))]);
        for part in [
            "| output",
            "| 65 KiB",
            "| NO",
            "output: one",
            "and 5 more",
            "no root",
        ] {
            assert!(shown.contains(part), "{part} is not in\n{shown}");
        }
        let parsed: serde_json::Value =
            serde_json::from_str(&json(&[]).expect("writable")).expect("JSON");
        assert_eq!(parsed, serde_json::json!([]));
    }
}
