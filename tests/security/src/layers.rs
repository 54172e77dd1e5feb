//! What becomes of the attacks when layers of the sandbox are taken out: one [`Row`] for each set of layers, and
//! the document that all rows make.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use test_harness::{Options, Sandboxd, binaries};

use crate::attack::Attack;
use crate::trial;

/// Families in which nothing may rest on one layer alone, where the kernel offers a second.
pub const STRICT: [&str; 3] = ["escape", "filesystem", "between-runs"];

/// What became of all attacks without some layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Names of the layers that were taken out.
    pub without: Vec<String>,
    /// What sandboxd's own checks at its start found; empty when it would have served.
    pub start: String,
    /// How many attacks there were.
    pub attacks: usize,
    /// Those that did not end as they must, and the first thing that was wrong.
    pub through: BTreeMap<String, String>,
}

/// Makes a row: a start with the start's checks, then every attack without them, `threads` at a time.
///
/// # Errors
/// When the server can't be started for another reason than its checks.
pub fn measure(
    without: &[String],
    attacks: &BTreeMap<String, Attack>,
    threads: usize,
) -> Result<Row> {
    let start = start(without)?;
    let unchecked: Vec<String> = without
        .iter()
        .cloned()
        .chain(["start-checks".to_owned()])
        .collect();
    let waiting = Mutex::new(attacks.iter());
    let through = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().expect("nobody panics with it").next();
                    let Some((name, attack)) = next else { break };
                    if let Err(error) = trial::run_without(attack, &unchecked) {
                        let wrong = first_line(&format!("{error:#}"));
                        let mut through = through.lock().expect("nobody panics with it");
                        through.insert(name.clone(), wrong);
                    }
                }
            });
        }
    });
    Ok(Row {
        without: without.to_vec(),
        start,
        attacks: attacks.len(),
        through: through.into_inner().context("collecting the results")?,
    })
}

/// What the checks at a start say.
fn start(without: &[String]) -> Result<String> {
    let options = Options {
        without_layers: without.to_vec(),
        ..Options::default()
    };
    let error = match Sandboxd::start(options) {
        Ok(server) => return server.stop().map(|()| String::new()),
        Err(error) => format!("{error:#}"),
    };
    let found = error
        .lines()
        .find_map(|line| line.split_once("does not hold on this host: "))
        .map(|(_, found)| found.to_owned());
    found.with_context(|| format!("without {}: {error}", without.join(" and ")))
}

/// Without the places of this repository and its programs, which say nothing.
fn first_line(text: &str) -> String {
    let workspace = binaries::workspace().canonicalize().unwrap_or_default();
    let program = binaries::sandboxd_with_removable_layers().unwrap_or_default();
    let text = text
        .replace(&*program.to_string_lossy(), "PROGRAMS/sandboxd")
        .replace(&*workspace.to_string_lossy(), "REPOSITORY");
    let line = text.lines().next().unwrap_or_default();
    line.chars()
        .filter(|character| !character.is_control())
        .take(160)
        .collect()
}

/// The names of a row's layers, for a table.
fn names(row: &Row) -> String {
    row.without.join(" + ")
}

/// How an attack that did not end as it must ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It reached an aim, or found the layer missing.
    Through,
    /// Something else refused it, for a reason of its own.
    Otherwise,
    /// It reached no aim, but its run ended in another way, took longer or left something.
    Differently,
}

impl Kind {
    fn of(wrong: &str) -> Self {
        if wrong.contains("ESCAPED") {
            Self::Through
        } else if wrong.contains("BROKEN") {
            Self::Otherwise
        } else {
            Self::Differently
        }
    }
}

fn count(row: &Row, kind: Kind) -> usize {
    let all = row.through.values();
    all.filter(|wrong| Kind::of(wrong) == kind).count()
}

/// The table and what was not stopped as always, as Markdown. `meanings` says what each layer is; `head`
/// stands above.
pub fn document(head: &str, meanings: &BTreeMap<&str, &str>, rows: &[Row]) -> String {
    let mut text = format!(
        "{head}\n| without | what it is | sandboxd at its start | stopped as always | stopped by something else | ended \
         differently | got through | of these escape, filesystem, between-runs |\n|---|---|---|---|---|---|---|---|\n"
    );
    for row in rows {
        let what = match &row.without[..] {
            [one] => meanings.get(one.as_str()).copied().unwrap_or_default(),
            _ => "",
        };
        let start = match row.start.split_once(':') {
            None => "serves",
            Some((check, _)) => &format!("refuses ({})", check.replace("check ", "")),
        };
        let strict = row.through.iter().filter(|(name, wrong)| {
            Kind::of(wrong) == Kind::Through
                && STRICT
                    .iter()
                    .any(|family| name.split('/').next() == Some(family))
        });
        let _ = writeln!(
            text,
            "| {} | {what} | {start} | {} of {} | {} | {} | {} | {} |",
            names(row),
            row.attacks - row.through.len(),
            row.attacks,
            count(row, Kind::Otherwise),
            count(row, Kind::Differently),
            count(row, Kind::Through),
            strict.count(),
        );
    }
    text.push_str("\n## What was not stopped as always\n");
    for row in rows.iter().filter(|row| !row.through.is_empty()) {
        let _ = writeln!(text, "\nWithout {}:\n", names(row));
        for (name, wrong) in &row.through {
            let _ = writeln!(text, "- `{name}`: {}", wrong.replace('<', "\\<"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_counts_what_was_not_stopped() {
        let row = |without: &[&str], start: &str, through: &[&str]| Row {
            without: without.iter().map(|name| (*name).to_owned()).collect(),
            start: start.to_owned(),
            attacks: 10,
            through: through
                .iter()
                .map(|name| ((*name).to_owned(), "ESCAPED a|b".to_owned()))
                .collect(),
        };
        let rows = [
            row(&["a"], "", &[]),
            row(&["a", "b"], "check memory: more", &["escape/x", "output/y"]),
        ];
        let text = document("# Head\n", &BTreeMap::from([("a", "the first")]), &rows);
        assert!(
            text.contains("| a | the first | serves | 10 of 10 | 0 | 0 | 0 | 0 |"),
            "{text}"
        );
        assert!(
            text.contains("| a + b |  | refuses (memory) | 8 of 10 | 0 | 0 | 2 | 1 |"),
            "{text}"
        );
        assert!(text.contains("- `escape/x`: ESCAPED a|b"), "{text}");
    }
}
