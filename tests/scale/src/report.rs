//! What was measured, as tables and as JSON.

use std::time::Duration;

use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use crate::measure::{Measured, percentile_ms};
use crate::plans::Plan;
use crate::rates::{Rates, Round, median};

/// One call. What could not be measured, because all calls failed, is not a number: null in JSON.
#[derive(Debug, Serialize)]
pub struct Row {
    pub name: &'static str,
    pub who: &'static str,
    pub calls: usize,
    pub median_ms: f64,
    pub p95_ms: f64,
    pub most_ms: f64,
    pub failed: usize,
    /// Nothing failed, and the bound was kept.
    pub holds: bool,
}

/// Everything, for JSON.
#[derive(Debug, Serialize)]
pub struct Report {
    pub rows: Vec<Row>,
    /// Statements that read all of a large table.
    pub scans: Vec<String>,
    pub memory_mib: u64,
    pub echo_per_s: f64,
    pub get_problem_per_s: f64,
    pub ratio: f64,
}

/// One row a call.
pub fn row(name: &'static str, who: &'static str, measured: &Measured, bound: Duration) -> Row {
    let Measured {
        latencies,
        failures,
        elapsed: _,
    } = measured;
    let p95_ms = percentile_ms(latencies, 95);
    Row {
        name,
        who,
        calls: latencies.len() + failures.len(),
        median_ms: percentile_ms(latencies, 50),
        p95_ms,
        most_ms: percentile_ms(latencies, 100),
        failed: failures.len(),
        holds: failures.is_empty() && p95_ms < bound.as_secs_f64() * 1e3,
    }
}

/// The table that people read.
pub fn table(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN);
    table.set_header([
        "call",
        "by",
        "calls",
        "median ms",
        "p95 ms",
        "most ms",
        "failed",
        "holds",
    ]);
    for row in rows {
        let Row {
            name,
            who,
            calls,
            median_ms,
            p95_ms,
            most_ms,
            failed,
            holds,
        } = row;
        table.add_row([
            (*name).to_owned(),
            (*who).to_owned(),
            calls.to_string(),
            format!("{median_ms:.2}"),
            format!("{p95_ms:.2}"),
            format!("{most_ms:.2}"),
            failed.to_string(),
            if *holds { "yes" } else { "NO" }.to_owned(),
        ]);
    }
    for column in table.column_iter_mut().skip(2).take(5) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// A statement that reads all of a large table, with how.
pub fn scan(plan: &Plan) -> String {
    let Plan { statement, plan } = plan;
    format!("reads all of a large table: {statement}\n{plan:#}")
}

/// Both rates and their ratio: the middle of all rounds, and the ratio of each round.
pub fn rates(rates: &Rates) -> String {
    let middle = |rounds: &[Round]| {
        let per_s = median(rounds.iter().map(|round| round.per_s));
        let cpu_us = median(rounds.iter().map(|round| round.cpu_us));
        format!("{per_s:>8.0} requests/s, {cpu_us:>5.1} us of CPU each")
    };
    let Rates { echo, get_problem } = rates;
    let ratios = ratios(rates);
    let of_rounds: Vec<_> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
    format!(
        "echo        {}\nget-problem {}, {:.2} of echo (by round: {})",
        middle(echo),
        middle(get_problem),
        median(ratios),
        of_rounds.join(" ")
    )
}

/// Of each round.
pub fn ratios(Rates { echo, get_problem }: &Rates) -> Vec<f64> {
    let pairs = get_problem.iter().zip(echo);
    pairs
        .map(|(get_problem, echo)| get_problem.per_s / echo.per_s)
        .collect()
}

/// Everything as a JSON object.
pub fn json(report: &Report) -> Result<String> {
    Ok(serde_json::to_string_pretty(report)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(millis: u64, failures: usize) -> Measured {
        Measured {
            latencies: vec![Duration::from_millis(millis); 200],
            failures: vec!["it did not work".to_owned(); failures],
            elapsed: Duration::ZERO,
        }
    }

    #[test]
    fn a_row_holds_below_the_bound_without_failures() {
        let bound = Duration::from_millis(50);
        for (measured, holds) in [
            (measured(49, 0), true),
            (measured(50, 0), false),
            (measured(1, 1), false),
            (Measured::default(), false),
        ] {
            let row = row("ListProblems", "ordinary", &measured, bound);
            assert_eq!(row.holds, holds, "{row:?}");
            let told = table(&[row]).to_string();
            assert_eq!(told.contains("yes"), holds, "{told}");
        }
    }

    #[test]
    fn the_ratio_is_that_of_the_middle_round() {
        let rounds = |rates: [f64; 3]| {
            let round = |per_s| Round { per_s, cpu_us: 9.0 };
            rates.map(round).to_vec()
        };
        let measured = Rates {
            echo: rounds([100.0, 200.0, 100.0]),
            get_problem: rounds([50.0, 120.0, 70.0]),
        };
        assert_eq!(median(ratios(&measured)), 0.6);
        let told = rates(&measured);
        assert!(
            told.contains("0.60 of echo (by round: 0.50 0.60 0.70)"),
            "{told}"
        );
    }
}
