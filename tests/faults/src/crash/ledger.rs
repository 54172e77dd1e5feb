//! What was accepted, what was seen to come of it, and what is wrong with that.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context, Result};

use super::Blow;
use crate::report::Row;

/// The line of control-plane's log that tells of a stored end.
const STORED: &str = "\"run finished\"";

/// Counts what is accepted, over all callers.
#[derive(Debug)]
pub struct Ledger {
    wanted: usize,
    accepted: AtomicUsize,
    repeats: AtomicUsize,
    closed: AtomicBool,
    entries: Mutex<Vec<Entry>>,
}

/// One accepted run or submission.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// Whether it is a run; else a submission.
    pub is_run: bool,
    /// How it ended when that was first seen; none when it has not ended.
    pub first: Option<End>,
    /// How it has ended in the end; none when nobody knows it.
    pub last: Option<End>,
    /// How it must end.
    pub right: End,
}

/// How a run or a submission ended.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// Outcome or verdict.
    pub word: String,
    /// What it printed; of a submission its results by test.
    pub output: String,
    /// When, in nanoseconds; not compared with what is right.
    pub time: i128,
}

impl End {
    /// What must come, at whatever time.
    pub fn right(word: &str, output: &str) -> Self {
        Self {
            word: word.to_owned(),
            output: output.to_owned(),
            time: 0,
        }
    }

    fn is_as(&self, right: &Self) -> bool {
        self.word == right.word && self.output == right.output
    }
}

impl Ledger {
    /// For so many runs and submissions.
    pub fn new(wanted: usize) -> Self {
        Self {
            wanted,
            accepted: AtomicUsize::new(0),
            repeats: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            entries: Mutex::default(),
        }
    }

    /// One more was accepted, after so many calls without an answer.
    pub fn accept(&self, repeats: usize) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        self.repeats.fetch_add(repeats, Ordering::Relaxed);
    }

    /// Keeps what came of one.
    pub fn enter(&self, entry: Entry) {
        self.entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(entry);
    }

    /// How many were accepted.
    pub fn count(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Whether these are as many as were wanted.
    pub fn is_full(&self) -> bool {
        self.count() >= self.wanted
    }

    /// Nothing more is to be asked for.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Whether nothing more is to be asked for.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// What is wrong with all that was accepted.
    pub fn findings(&self) -> Findings {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let mut findings = Findings {
            runs: entries.iter().filter(|entry| entry.is_run).count(),
            submissions: entries.iter().filter(|entry| !entry.is_run).count(),
            repeats: self.repeats.load(Ordering::Relaxed),
            ..Findings::default()
        };
        for entry in entries.iter() {
            findings.judge(entry);
        }
        findings
    }
}

/// What was found, as texts.
#[derive(Debug, Default)]
pub struct Findings {
    /// Runs that were accepted.
    pub runs: usize,
    /// Submissions that were accepted.
    pub submissions: usize,
    repeats: usize,
    lost: Vec<String>,
    twice: Vec<String>,
    wrong: Vec<String>,
}

impl Findings {
    fn judge(&mut self, entry: &Entry) {
        let Entry {
            id,
            is_run,
            first,
            last,
            right,
        } = entry;
        let what = if *is_run { "run" } else { "submission" };
        let (Some(first), Some(last)) = (first, last) else {
            return self.lost.push(format!("{what} {id}: {first:?}, {last:?}"));
        };
        if first != last {
            self.twice
                .push(format!("{what} {id}: first {first:?}, then {last:?}"));
        }
        if !last.is_as(right) {
            self.wrong
                .push(format!("{what} {id}: {last:?}, must be {right:?}"));
        }
    }

    /// Adds what an account's figures say: as many as were accepted, no more and no fewer.
    pub fn compare(&mut self, what: &str, accepted: usize, stored: i64) {
        let stored = usize::try_from(stored).unwrap_or(0);
        let found = format!("{what}: {accepted} accepted, {stored} stored");
        match stored.cmp(&accepted) {
            std::cmp::Ordering::Less => self.lost.push(found),
            std::cmp::Ordering::Greater => self.twice.push(found),
            std::cmp::Ordering::Equal => {}
        }
    }

    /// Adds what a log tells: no end is stored twice.
    pub fn with_log(mut self, log: &str) -> Self {
        for (id, count) in stored_ends(log) {
            if count > 1 {
                self.twice
                    .push(format!("run {id}: its end was stored {count} times"));
            }
        }
        self
    }

    /// The row of the table.
    pub fn row(self, blow: Blow, blows: usize, wanted: usize) -> Row {
        let Self {
            runs,
            submissions,
            repeats,
            lost,
            twice,
            wrong,
        } = self;
        let enough = runs + submissions >= wanted;
        let figure = format!(
            "{} lost, {} stored twice, {} wrong; {blows} blows, {repeats} calls repeated",
            lost.len(),
            twice.len(),
            wrong.len()
        );
        let clean = lost.is_empty() && twice.is_empty() && wrong.is_empty();
        let named = |name: &'static str, texts: Vec<String>| {
            texts.into_iter().map(move |text| format!("{name}: {text}"))
        };
        Row {
            name: blow.name(),
            promise: blow.what(),
            bound: format!("0, 0, 0 of {wanted}"),
            figure,
            runs: runs + submissions,
            holds: clean && enough && blows > 0,
            details: named("lost", lost)
                .chain(named("stored twice", twice))
                .chain(named("wrong", wrong))
                .collect(),
        }
    }
}

/// How often a log tells that a run's end was stored, by run.
fn stored_ends(log: &str) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for line in log.lines().filter(|line| line.contains(STORED)) {
        let Ok(line) = serde_json::from_str::<serde_json::Value>(line) else {
            continue;
        };
        let id = line.pointer("/run_id").or(line.pointer("/fields/run_id"));
        if let Some(id) = id.and_then(|id| id.as_str()) {
            *counts.entry(id.to_owned()).or_insert(0) += 1;
        }
    }
    counts
}

/// Reads a log.
///
/// # Errors
/// When it can't be read, or tells of no end at all: then it is not what this module thinks it is.
pub fn read_log(file: &Path) -> Result<String> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("reading the log {}", file.display()))?;
    anyhow::ensure!(
        !stored_ends(&text).is_empty(),
        "the log {} tells of no end of a run",
        file.display()
    );
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: usize = 1;

    fn end(word: &str, time: i128) -> Option<End> {
        let word = word.to_owned();
        let output = "4\n16\n".to_owned();
        Some(End { word, output, time })
    }

    /// What the row says of one run that was seen to end so, and so at the end of all.
    fn row_of(first: Option<End>, last: Option<End>) -> Row {
        let ledger = Ledger::new(WANTED);
        ledger.accept(0);
        ledger.enter(Entry {
            id: "r".to_owned(),
            is_run: true,
            first,
            last,
            right: End::right("OK", "4\n16\n"),
        });
        ledger.findings().row(Blow::KillSandboxd, 1, WANTED)
    }

    #[test]
    fn each_way_of_going_wrong_is_counted() {
        for (first, last, figure) in [
            (
                end("OK", 1),
                end("OK", 1),
                "0 lost, 0 stored twice, 0 wrong",
            ),
            (None, None, "1 lost, 0 stored twice, 0 wrong"),
            (end("OK", 1), None, "1 lost, 0 stored twice, 0 wrong"),
            (
                end("OK", 1),
                end("OK", 2),
                "0 lost, 1 stored twice, 0 wrong",
            ),
            (
                end("BAD", 1),
                end("BAD", 1),
                "0 lost, 0 stored twice, 1 wrong",
            ),
            (
                end("OK", 1),
                end("BAD", 2),
                "0 lost, 1 stored twice, 1 wrong",
            ),
        ] {
            let row = row_of(first, last);
            assert!(row.figure.starts_with(figure), "{row:?}, not {figure}");
            assert_eq!(
                row.holds,
                figure.starts_with("0 lost, 0 stored twice, 0 wrong")
            );
        }
    }

    #[test]
    fn figures_of_accounts_and_lines_of_the_log_count_too() {
        let line = |id| format!("{{\"message\":\"run finished\",\"run_id\":\"{id}\"}}\n");
        let log = [line("a"), line("b"), line("a")].concat();
        let mut findings = Findings::default().with_log(&log);
        findings.compare("runs", 3, 3);
        findings.compare("runs", 3, 2);
        findings.compare("runs", 3, 5);
        assert_eq!((findings.lost.len(), findings.twice.len()), (1, 2));
        assert!(findings.twice[0].contains("run a"), "{findings:?}");
        let row = findings.row(Blow::KillSandboxd, 1, 0);
        assert!(!row.holds, "{row:?}");
    }

    #[test]
    fn a_load_without_a_blow_or_too_small_shows_nothing() {
        for (blows, wanted, holds) in [(1, 0, true), (0, 0, false), (1, 1, false)] {
            let row = Findings::default().row(Blow::KillSandboxd, blows, wanted);
            assert_eq!(row.holds, holds, "{blows} blows, {wanted} wanted");
        }
    }
}
