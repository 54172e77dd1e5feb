//! Reads the subtasks of a problem.toml: which tests earn points together, and how.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use super::document::Table;
use super::values::title;
use crate::judge::{Scoring, Subtask};
use crate::problems::model::parse_scoring;

/// How many tests a problem has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestCounts {
    pub public: u32,
    pub hidden: u32,
}

/// What the subtasks before one have taken.
#[derive(Default)]
struct Taken {
    names: Vec<String>,
    tests: HashSet<u32>,
}

/// Reads all `[[subtask]]` of a problem. Their points must add up to `points`, if that is known,
/// and every hidden test must be in one.
pub fn read_subtasks(
    table: &mut Table,
    points: Option<u64>,
    counts: TestCounts,
    points_at: std::ops::Range<usize>,
) -> Vec<Subtask> {
    let at = table.place("subtask");
    let mut taken = Taken::default();
    let all = table.optional_tables("subtask", |table| read_subtask(table, counts, &mut taken));
    let whole = all.iter().all(Option::is_some);
    let subtasks: Vec<Subtask> = all.into_iter().flatten().collect();
    // One that could not be read leaves a gap that is no mistake of its own.
    if !whole || subtasks.is_empty() {
        return subtasks;
    }
    let sum: u64 = subtasks.iter().map(|one| u64::from(one.points)).sum();
    if let Some(points) = points.filter(|points| *points != sum) {
        let text = format!("points: is {points}, but those of the subtasks add up to {sum}");
        table.mistake_at(&points_at, text);
    }
    let hidden = (1..=counts.hidden).filter(|nth| !taken.tests.contains(&(counts.public + nth)));
    let hidden: Vec<String> = hidden.map(|nth| format!("hidden/{nth:02}")).collect();
    if !hidden.is_empty() {
        let text = format!("subtask: {} in none of them", are(&hidden));
        table.mistake_at(&at, text);
    }
    subtasks
}

/// "a is", "a and b are", "a, b and c are"
fn are(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => format!("{only} is"),
        [some @ .., last] => format!("{} and {last} are", some.join(", ")),
    }
}

fn read_subtask(table: &mut Table, counts: TestCounts, taken: &mut Taken) -> Option<Subtask> {
    let name = table.text("name", |text| {
        let name = title(text)?;
        let is_new = !taken.names.contains(&name);
        is_new
            .then_some(name)
            .ok_or("another subtask has this name".to_owned())
    });
    let points = table.number("points", 0, 1000);
    let scoring = table.optional_text("scoring", parse_scoring);
    let mut named = !table.has("tests");
    let parts = table.texts("tests", |text| {
        named = true;
        take(text, counts, &mut taken.tests)
    });
    let requires = table.optional_texts("requires", |text| {
        let is_before = taken.names.iter().any(|name| name == text);
        is_before
            .then(|| text.to_owned())
            .ok_or_else(|| format!("no subtask before this one is called {text:?}"))
    });
    let mut tests: Vec<u32> = parts.into_iter().flatten().collect();
    tests.sort_unstable();
    if !named {
        table.mistake("tests: must name at least one test");
    }
    taken.names.extend(name.clone());
    Some(Subtask {
        name: name?,
        points: u32::try_from(points?).ok()?,
        scoring: scoring.unwrap_or(Scoring::Minimum),
        tests: Some(tests).filter(|tests| !tests.is_empty())?,
        requires,
    })
}

/// Numbers of the tests that "hidden/02" or "hidden/02-05" names, which no other subtask may have.
fn take(
    text: &str,
    counts: TestCounts,
    taken: &mut HashSet<u32>,
) -> Result<RangeInclusive<u32>, String> {
    let (folder, range) = text.split_once('/').ok_or_else(|| shape(text))?;
    let (before, most) = match folder {
        "public" => (0, counts.public),
        "hidden" => (counts.public, counts.hidden),
        _ => return Err(shape(text)),
    };
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let number = |digits: &str| -> Result<u32, String> {
        let plain = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
        let number = digits.parse().ok().filter(|_| plain);
        number.ok_or_else(|| shape(text))
    };
    let (first, last) = (number(first)?, number(last)?);
    if first == 0 || last < first || most < last {
        return Err(format!("{text:?}: {folder} has the tests 01 to {most:02}"));
    }
    let numbers = before + first..=before + last;
    for number in numbers.clone() {
        if !taken.insert(number) {
            let nth = number - before;
            return Err(format!("{folder}/{nth:02} is in two subtasks"));
        }
    }
    Ok(numbers)
}

fn shape(text: &str) -> String {
    format!("{text:?} must be like \"hidden/01\" or \"hidden/01-05\"")
}
