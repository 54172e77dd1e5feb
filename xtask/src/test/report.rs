//! The table at the end, and the verdict over all groups.

use comfy_table::{CellAlignment, Table, presets};

/// What became of one group.
#[derive(Debug, Default)]
pub struct Outcome {
    pub group: &'static str,
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
    /// Skipped tests with their reasons, where the runner told.
    pub skipped_names: Vec<String>,
    /// Why the group could not run, or broke off.
    pub broken: Option<String>,
    pub seconds: f64,
}

impl Outcome {
    pub fn named(group: &'static str) -> Self {
        Self {
            group,
            ..Self::default()
        }
    }

    /// A group that could not run.
    pub fn broken(group: &'static str, why: String) -> Self {
        println!("group {group} could not run: {why}");
        Self {
            broken: Some(why),
            ..Self::named(group)
        }
    }

    /// Counts one check, and says how it went.
    pub fn check(&mut self, name: &str, passed: bool) {
        match passed {
            true => self.passed += 1,
            false => self.failed += 1,
        }
        println!("    {}: {name}", if passed { "ok" } else { "FAILED" });
    }

    /// Adds what else ran in the same group.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.skipped_names.extend(other.skipped_names);
        self.broken = self.broken.take().or(other.broken);
    }

    fn ran(&self) -> usize {
        self.passed + self.failed
    }

    /// Why the group counts as failed although no test failed.
    fn trouble(&self) -> Option<String> {
        match &self.broken {
            Some(why) => Some(why.lines().next().unwrap_or_default().to_owned()),
            None if self.ran() == 0 => Some("no test ran".into()),
            None => None,
        }
    }
}

/// Prints the table and the line of counts. Returns whether all is well.
///
/// A group that broke counts as one failure, so that the counts can't look better than the
/// exit code.
pub fn print(outcomes: &[Outcome]) -> bool {
    println!("\n{}\n", table(outcomes));
    for outcome in outcomes {
        for name in &outcome.skipped_names {
            println!("skipped in {}: {name}", outcome.group);
        }
        if let Some(why) = outcome.trouble() {
            println!("group {} failed: {why}", outcome.group);
        }
    }
    let (passed, failed, skipped) = totals(outcomes);
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    failed == 0
}

fn totals(outcomes: &[Outcome]) -> (usize, usize, usize) {
    outcomes
        .iter()
        .fold((0, 0, 0), |(passed, failed, skipped), outcome| {
            let broken = usize::from(outcome.trouble().is_some());
            (
                passed + outcome.passed,
                failed + outcome.failed + broken,
                skipped + outcome.skipped,
            )
        })
}

fn table(outcomes: &[Outcome]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED);
    table.set_header([
        "group", "run", "passed", "failed", "skipped", "seconds", "note",
    ]);
    for outcome in outcomes {
        let note = match outcome.trouble() {
            Some(_) => "could not run to its end; see below".to_owned(),
            None if outcome.skipped > 0 => "marked to be ignored; listed below".to_owned(),
            None => String::new(),
        };
        let counts = [
            outcome.ran(),
            outcome.passed,
            outcome.failed,
            outcome.skipped,
        ]
        .map(|count| count.to_string());
        let mut row = vec![outcome.group.to_owned()];
        row.extend(counts);
        row.extend([format!("{:.1}", outcome.seconds), note]);
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1).take(5) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(passed: usize, failed: usize) -> Outcome {
        Outcome {
            passed,
            failed,
            ..Outcome::named("unit")
        }
    }

    #[test]
    fn a_group_without_tests_or_that_broke_fails_the_whole() {
        assert!(print(&[outcome(3, 0)]));
        assert!(!print(&[outcome(3, 1)]));
        assert!(!print(&[outcome(3, 0), outcome(0, 0)]));
        let broken = Outcome {
            broken: Some("it broke".into()),
            ..outcome(3, 0)
        };
        assert_eq!(totals(&[broken]), (3, 1, 0));
    }

    #[test]
    fn the_table_names_each_group_and_what_is_wrong_with_it() {
        let text = table(&[outcome(3, 0), Outcome::named("web")]).to_string();
        assert!(
            text.contains("unit") && text.contains("web") && text.contains("see below"),
            "{text}"
        );
    }
}
