//! What was measured, as a table and as JSON.

use crate::measure::Sample;
use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use std::time::Duration;

/// One path at one level.
#[derive(Debug, Serialize)]
pub struct Row {
    pub path: &'static str,
    /// Runs at one time.
    pub concurrency: usize,
    pub runs: usize,
    pub failures: usize,
    pub median_ms: f64,
    pub p95_ms: f64,
    pub runs_per_second: f64,
    /// Median divided by that of bare Python at the same level.
    pub ratio_to_python: f64,
}

/// One row a sample.
pub fn rows(samples: &[Sample]) -> Vec<Row> {
    samples.iter().map(|sample| row(sample, samples)).collect()
}

fn row(sample: &Sample, samples: &[Sample]) -> Row {
    let bare = samples
        .iter()
        .find(|other| other.path == "python" && other.level == sample.level);
    let median_ms = percentile_ms(&sample.latencies, 50);
    Row {
        path: sample.path,
        concurrency: sample.level.0,
        runs: sample.latencies.len(),
        failures: sample.failures.len(),
        median_ms,
        p95_ms: percentile_ms(&sample.latencies, 95),
        runs_per_second: sample.latencies.len() as f64 / sample.elapsed.as_secs_f64(),
        ratio_to_python: bare.map_or(f64::NAN, |bare| {
            median_ms / percentile_ms(&bare.latencies, 50)
        }),
    }
}

/// Nearest rank: the smallest value that at least so many percent do not exceed.
fn percentile_ms(latencies: &[Duration], percent: usize) -> f64 {
    let mut sorted = latencies.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted
        .get(rank - 1)
        .map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3)
}

/// The table that people read.
pub fn table(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED);
    table.set_header([
        "path",
        "at once",
        "runs",
        "failed",
        "median ms",
        "p95 ms",
        "runs/s",
        "x python",
    ]);
    for row in rows {
        let Row {
            path,
            concurrency,
            runs,
            failures,
            median_ms,
            p95_ms,
            runs_per_second,
            ratio_to_python,
        } = row;
        table.add_row([
            (*path).to_owned(),
            concurrency.to_string(),
            runs.to_string(),
            failures.to_string(),
            format!("{median_ms:.1}"),
            format!("{p95_ms:.1}"),
            format!("{runs_per_second:.1}"),
            format!("{ratio_to_python:.2}"),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// The rows with what one must know to judge them.
pub fn json(rows: &[Row], rounds: u32, runs_per_round: u32) -> Result<String> {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let document = serde_json::json!({
        "cores": cores,
        "kernel": kernel.trim(),
        "rounds": rounds,
        "runs_per_round": runs_per_round,
        "rows": rows,
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Level;

    fn millis(values: impl IntoIterator<Item = u64>) -> Vec<Duration> {
        values.into_iter().map(Duration::from_millis).collect()
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        assert_eq!(percentile_ms(&millis(1..=100), 50), 50.0);
        assert_eq!(percentile_ms(&millis((1..=100).rev()), 95), 95.0);
        assert_eq!(percentile_ms(&millis([7]), 95), 7.0);
        assert_eq!(percentile_ms(&millis([1, 9]), 95), 9.0);
        assert!(percentile_ms(&[], 50).is_nan());
    }

    #[test]
    fn a_row_compares_with_bare_python_at_the_same_level() {
        let sample = |path, level, latency| Sample {
            latencies: millis([latency; 10]),
            elapsed: Duration::from_secs(2),
            ..Sample::empty(path, Level(level))
        };
        let rows = rows(&[
            sample("python", 1, 10),
            sample("python", 2, 20),
            sample("full", 2, 30),
        ]);
        assert_eq!(
            (rows[2].ratio_to_python, rows[2].runs_per_second),
            (1.5, 5.0)
        );
        assert!(table(&rows).to_string().contains("full"));
    }
}
