//! What was measured, as a table, as lines below it, and as JSON.

use crate::{
    measure::{Measured, Plan, REST, Round, Throughput},
    paths::BARE_PYTHON,
};
use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use std::time::Duration;

/// One path. What could not be measured, because all runs failed, is not a number: null in JSON.
#[derive(Debug, Serialize)]
pub struct Row {
    pub name: &'static str,
    /// One run at a time, each after a rest.
    pub median_ms: f64,
    pub p95_ms: f64,
    /// Runs that succeeded, back to back with so many workers.
    pub runs_per_s_1: f64,
    pub runs_per_s_2: f64,
    pub runs_per_s_8: f64,
    /// CPU time of the whole machine, with 8 workers.
    pub cpu_ms_per_run: f64,
    /// Of all runs.
    pub failed: usize,
}

/// One row a path.
pub fn rows(measured: &[Measured]) -> Vec<Row> {
    measured.iter().map(row).collect()
}

fn row(measured: &Measured) -> Row {
    let Measured {
        name,
        latencies,
        throughputs,
        failures,
    } = measured;
    let [by_1, by_2, by_8] = throughputs;
    Row {
        name,
        median_ms: percentile_ms(latencies, 50),
        p95_ms: percentile_ms(latencies, 95),
        runs_per_s_1: runs_per_second(by_1),
        runs_per_s_2: runs_per_second(by_2),
        runs_per_s_8: runs_per_second(by_8),
        cpu_ms_per_run: milliseconds(by_8.cpu) / by_8.made as f64,
        failed: failures.len(),
    }
}

fn runs_per_second(throughput: &Throughput) -> f64 {
    throughput.succeeded as f64 / throughput.elapsed.as_secs_f64()
}

/// Nearest rank: the smallest value that at least so many percent do not exceed.
fn percentile_ms(latencies: &[Duration], percent: usize) -> f64 {
    let mut sorted = latencies.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted
        .get(rank - 1)
        .map_or(f64::NAN, |latency| milliseconds(*latency))
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The table that people read, with what is the row's divided by what is bare Python's.
pub fn table(rows: &[Row]) -> Table {
    let bare = rows.iter().find(|row| row.name == BARE_PYTHON);
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED);
    table.set_header([
        "path",
        "median ms",
        "x bare",
        "p95 ms",
        "x bare",
        "runs/s by 1",
        "by 2",
        "by 8",
        "x bare",
        "CPU ms/run",
        "failed",
    ]);
    for row in rows {
        table.add_row(cells(row, bare));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn cells(row: &Row, bare: Option<&Row>) -> [String; 11] {
    let Row {
        name,
        median_ms,
        p95_ms,
        runs_per_s_1,
        runs_per_s_2,
        runs_per_s_8,
        cpu_ms_per_run,
        failed,
    } = row;
    let ratio = |of: fn(&Row) -> f64| {
        bare.map_or_else(String::new, |bare| format!("{:.2}", of(row) / of(bare)))
    };
    [
        (*name).to_owned(),
        format!("{median_ms:.2}"),
        ratio(|row| row.median_ms),
        format!("{p95_ms:.2}"),
        ratio(|row| row.p95_ms),
        format!("{runs_per_s_1:.1}"),
        format!("{runs_per_s_2:.1}"),
        format!("{runs_per_s_8:.1}"),
        ratio(|row| row.runs_per_s_8),
        format!("{cpu_ms_per_run:.2}"),
        failed.to_string(),
    ]
}

/// What one must know to judge the table.
pub fn circumstances(plan: &Plan) -> String {
    let Plan {
        runs,
        rounds,
        runs_per_round,
    } = plan;
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{cores} cores, kernel {}; {runs} runs one at a time with {} ms of rest before each; \
         {rounds} rounds of {runs_per_round} runs by 1, 2 and 8 workers; grade-10 makes a quarter of the runs",
        kernel.trim(),
        REST.as_millis()
    )
}

/// The echo of typed lines.
pub fn echo_line(latencies: &[Duration]) -> String {
    format!(
        "input-echo: median {:.2} ms, p95 {:.2} ms, {} lines",
        percentile_ms(latencies, 50),
        percentile_ms(latencies, 95),
        latencies.len()
    )
}

/// A round that has no row.
pub fn round_line(name: &str, round: &Round) -> String {
    let Round {
        throughput,
        failures,
    } = round;
    format!(
        "{name}: {} of {} runs succeeded, the last after {:.0} ms, {:.1} runs/s, {} failed",
        throughput.succeeded,
        throughput.made,
        milliseconds(throughput.elapsed),
        runs_per_second(throughput),
        failures.len()
    )
}

/// The rows as a JSON array.
pub fn json(rows: &[Row]) -> Result<String> {
    Ok(serde_json::to_string_pretty(rows)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(values: impl IntoIterator<Item = u64>) -> Vec<Duration> {
        values.into_iter().map(Duration::from_millis).collect()
    }

    /// 10 runs of that latency, and as many a second by 8 workers as one could think.
    fn measured(name: &'static str, latency: u64, elapsed: u64) -> Measured {
        Measured {
            latencies: millis([latency; 10]),
            throughputs: [1, 2, 8].map(|workers| Throughput {
                made: 101,
                succeeded: 100,
                elapsed: Duration::from_millis(elapsed) / workers,
                cpu: Duration::from_millis(1010) * workers,
            }),
            failures: vec!["it did not work".to_owned(); 3],
            ..Measured::empty(name)
        }
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        assert_eq!(percentile_ms(&millis(1..=100), 50), 50.0);
        assert_eq!(percentile_ms(&millis((1..=100).rev()), 95), 95.0);
        assert_eq!(percentile_ms(&millis(1..=200), 95), 190.0);
        assert_eq!(percentile_ms(&millis([7]), 95), 7.0);
        assert_eq!(percentile_ms(&millis([1, 9]), 95), 9.0);
        assert!(percentile_ms(&[], 50).is_nan());
    }

    #[test]
    fn a_row_has_the_figures_of_its_workers() {
        let row = row(&measured("sandboxd-warm", 2, 1000));
        assert_eq!((row.median_ms, row.p95_ms), (2.0, 2.0));
        assert_eq!(
            (row.runs_per_s_1, row.runs_per_s_2, row.runs_per_s_8),
            (100.0, 200.0, 800.0)
        );
        assert_eq!(row.cpu_ms_per_run, 80.0);
        assert_eq!(row.failed, 3);
    }

    #[test]
    fn the_table_compares_with_bare_python() {
        let rows = rows(&[
            measured(BARE_PYTHON, 10, 1000),
            measured("sandboxd-warm", 4, 500),
        ]);
        let bare = rows.first();
        let words = |row| cells(row, bare).join(" ");
        assert_eq!(
            words(&rows[0]),
            "bare-python 10.00 1.00 10.00 1.00 100.0 200.0 800.0 1.00 80.00 3"
        );
        assert_eq!(
            words(&rows[1]),
            "sandboxd-warm 4.00 0.40 4.00 0.40 200.0 400.0 1600.0 2.00 80.00 3"
        );
        assert!(table(&rows).to_string().contains("sandboxd-warm"));
        assert!(table(&rows[1..]).to_string().contains("sandboxd-warm"));
    }

    #[test]
    fn json_is_an_array_of_rows_with_just_these_fields() {
        let rows = rows(&[measured("grade-10", 4, 1000), Measured::empty("bwrap")]);
        let parsed: serde_json::Value = serde_json::from_str(&json(&rows).unwrap()).unwrap();
        let mut keys: Vec<_> = parsed[0].as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(
            keys,
            [
                "cpu_ms_per_run",
                "failed",
                "median_ms",
                "name",
                "p95_ms",
                "runs_per_s_1",
                "runs_per_s_2",
                "runs_per_s_8",
            ]
        );
        assert_eq!(parsed[0]["name"], "grade-10");
        assert_eq!(parsed[0]["failed"], 3);
        assert!(parsed[1]["median_ms"].is_null());
        assert_eq!(parsed.as_array().unwrap().len(), 2);
    }

    #[test]
    fn lines_below_the_table_read_alone() {
        assert_eq!(
            echo_line(&millis([1, 2, 3])),
            "input-echo: median 2.00 ms, p95 3.00 ms, 3 lines"
        );
        let round = Round {
            throughput: Throughput {
                made: 200,
                succeeded: 199,
                elapsed: Duration::from_millis(500),
                cpu: Duration::ZERO,
            },
            failures: vec!["one".to_owned()],
        };
        assert_eq!(
            round_line("burst-200", &round),
            "burst-200: 199 of 200 runs succeeded, the last after 500 ms, 398.0 runs/s, 1 failed"
        );
    }
}
