//! Reads the plans that auto_explain wrote to a server's log, and finds those that read a whole
//! large table.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;

/// What a plan's line of the log ends with. The plan is below it, each line after a tab.
const MARK: &str = "ms  plan:";

/// A statement and how it is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub statement: String,
    pub plan: Value,
}

/// All plans of a log.
pub fn read(log: &str) -> Result<Vec<Plan>> {
    let mut plans = Vec::new();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        if !line.ends_with(MARK) {
            continue;
        }
        let mut text = String::new();
        while let Some(line) = lines.next_if(|line| line.starts_with('\t')) {
            text.push_str(line);
        }
        let mut logged: Value = serde_json::from_str(&text)
            .with_context(|| format!("read the plan {text:?} of the server's log"))?;
        let statement = logged["Query Text"].as_str().unwrap_or_default();
        plans.push(Plan {
            statement: statement.split_whitespace().collect::<Vec<_>>().join(" "),
            plan: logged["Plan"].take(),
        });
    }
    Ok(plans)
}

/// How often each statement was answered, most often first.
pub fn statements(plans: &[Plan]) -> Vec<(&str, usize)> {
    let mut counts = BTreeMap::<&str, usize>::new();
    for plan in plans {
        *counts.entry(&plan.statement).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

/// One plan of each statement that reads a whole one of these tables.
pub fn scans<'a>(plans: &'a [Plan], large: &[(String, u64)]) -> Vec<&'a Plan> {
    let is_large = |name: &str| large.iter().any(|(table, _)| table == name);
    let mut found = BTreeMap::new();
    for plan in plans.iter().filter(|plan| reads_all(&plan.plan, &is_large)) {
        found.entry(&plan.statement).or_insert(plan);
    }
    found.into_values().collect()
}

fn reads_all(node: &Value, is_large: &impl Fn(&str) -> bool) -> bool {
    let scans = node["Node Type"] == "Seq Scan";
    let table = node["Relation Name"].as_str();
    let mut below = node["Plans"].as_array().into_iter().flatten();
    scans && table.is_some_and(is_large) || below.any(|node| reads_all(node, is_large))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = r#"2030-01-01 00:00:00.000 UTC [1] LOG:  database system is ready
2030-01-01 00:00:00.000 UTC [2] LOG:  duration: 0.020 ms  plan:
	{
	  "Query Text": "SELECT *\n  FROM runs",
	  "Plan": {
	    "Node Type": "Limit",
	    "Plans": [{ "Node Type": "Seq Scan", "Relation Name": "runs" }]
	  }
	}
2030-01-01 00:00:00.000 UTC [2] LOG:  duration: 0.020 ms  plan:
	{
	  "Query Text": "SELECT 1",
	  "Plan": { "Node Type": "Index Scan", "Relation Name": "users" }
	}
2030-01-01 00:00:00.000 UTC [2] LOG:  duration: 0.020 ms  plan:
	{
	  "Query Text": "SELECT 1",
	  "Plan": { "Node Type": "Seq Scan", "Relation Name": "levels" }
	}
"#;

    #[test]
    fn scans_of_large_tables_are_found_in_the_log() {
        let plans = read(LOG).unwrap();
        assert_eq!(plans.len(), 3);
        assert_eq!(
            statements(&plans),
            [("SELECT 1", 2), ("SELECT * FROM runs", 1)]
        );
        let large = |names: &[&str]| -> Vec<_> {
            names.iter().map(|name| ((*name).to_owned(), 1)).collect()
        };
        for (tables, expected) in [
            (large(&["runs", "users"]), vec!["SELECT * FROM runs"]),
            (large(&["levels"]), vec!["SELECT 1"]),
            (large(&["users"]), vec![]),
        ] {
            let found = scans(&plans, &tables);
            let found: Vec<_> = found.iter().map(|plan| plan.statement.as_str()).collect();
            assert_eq!(found, expected, "{tables:?}");
        }
    }

    #[test]
    fn a_plan_that_is_cut_off_is_an_error() {
        assert!(read(&LOG[..LOG.len() - 3]).is_err());
        assert!(read("").unwrap().is_empty());
    }
}
