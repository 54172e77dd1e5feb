//! Documents of a course, which authors write.

use std::path::Path;
use std::time::Duration;

use control_plane::problems::course::document::{Mistakes, read_document};
use control_plane::problems::course::folder::read_levels;
use control_plane::problems::course::model::Ceilings;
use control_plane::problems::course::problem::{Settings, parse_call, read_settings};
use control_plane::problems::course::subtasks::TestCounts;
use serde_json::Value;

use super::daemon;
use crate::input;

/// What authors may set.
pub const CEILINGS: Ceilings = Ceilings {
    wall_time: Duration::from_secs(30),
    memory_bytes: 1 << 30,
    source_bytes: 100 * 1024,
};

const COUNTS: TestCounts = TestCounts {
    public: 2,
    hidden: 3,
};

/// The first byte chooses between course.toml and problem.toml. What can't be read has a mistake, each mistake has a
/// line that is there, and what is read without one is within its ranges.
pub fn document(bytes: &[u8]) {
    let (choice, text) = input::choice(bytes);
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let file = Path::new("file.toml");
    let mut mistakes = Mistakes::default();
    let read = if choice % 2 == 0 {
        let read = read_document(file, text, &mut mistakes, read_levels);
        read.is_some_and(|(title, _)| title.is_some())
    } else {
        let settings = read_document(file, text, &mut mistakes, |table| {
            read_settings(table, &CEILINGS, COUNTS)
        });
        let settings = settings.flatten();
        if let Some(settings) = settings.as_ref().filter(|_| mistakes.0.is_empty()) {
            assert!((1..=1000).contains(&settings.points));
            assert!(settings.title.chars().count() <= 100);
            assert!(!settings.title.contains(char::is_control));
            assert!(settings.checker.to_checker().is_ok());
            subtasks_are_whole(settings);
            let limits = settings.limits;
            assert!(
                limits
                    .wall_time
                    .is_none_or(|time| time <= CEILINGS.wall_time)
            );
            let memory = limits.memory_bytes;
            assert!(memory.is_none_or(|bytes| bytes <= CEILINGS.memory_bytes));
        }
        settings.is_some()
    };
    assert!(read || !mistakes.0.is_empty());
    let lines = text.matches('\n').count() + 1;
    for mistake in &mistakes.0 {
        assert!(mistake.line.is_none_or(|line| (1..=lines).contains(&line)));
        assert!(!mistake.text.is_empty());
    }
}

/// Their points are the problem's, each hidden test is in one and no test in two, and what one requires comes before
/// it.
fn subtasks_are_whole(settings: &Settings) {
    let subtasks = &settings.subtasks;
    if subtasks.is_empty() {
        return;
    }
    let points: u32 = subtasks.iter().map(|subtask| subtask.points).sum();
    assert_eq!(points, settings.points);
    let mut tests: Vec<u32> = subtasks.iter().flat_map(|it| it.tests.clone()).collect();
    tests.sort_unstable();
    assert!(tests.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(tests.iter().all(|test| (1..=5).contains(test)));
    assert!((3..=5).all(|hidden| tests.contains(&hidden)));
    for (index, subtask) in subtasks.iter().enumerate() {
        assert!(!subtask.tests.is_empty());
        let before = &subtasks[..index];
        assert!(before.iter().all(|other| other.name != subtask.name));
        let is_before = |name: &String| before.iter().any(|other| other.name == *name);
        assert!(subtask.requires.iter().all(is_before));
    }
}

/// A test's arguments are an array, and sandboxd takes them.
pub fn function_test(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok((arguments, expected)) = parse_call(&text) else {
        return;
    };
    assert!(serde_json::from_str::<Vec<Value>>(&arguments).is_ok());
    assert!(serde_json::from_str::<Value>(&expected).is_ok());
    daemon::work(daemon::call("solve", &arguments)).expect("sandboxd accepts what authors may say");
}
