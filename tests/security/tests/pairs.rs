//! Pairs of runs in one slot: the first leaves a mark in every place that a program can reach, the second
//! looks for it. SECURITY.md's promise is that it finds nothing, ever.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use test_harness::{HostState, Job, LeftFiles, Options, Outcome, Sandboxd};

const FIRST: &str = include_str!("../pairs/first.py");
const SECOND: &str = include_str!("../pairs/second.py");
/// With one slot, each run follows the one before in the same slot.
const PAIRS: usize = 1000;

#[test]
fn nothing_of_a_run_is_found_by_the_next_in_its_slot() {
    let options = Options {
        max_sandboxes: 1,
        ..Options::default()
    };
    let server = Sandboxd::start(options).expect("sandboxd starts");
    let before = HostState::look(&server).expect("/proc is there");
    let mut found = BTreeMap::<String, usize>::new();
    for pair in 0..PAIRS {
        // What a collector holds for a while must not be held too long.
        let job = |source| match pair % 2 {
            0 => Job::new(source),
            _ => Job::new(source).collect(),
        };
        let first = server.run(job(FIRST)).expect("sandboxd answers");
        assert_eq!(first.outcome, Outcome::Ok, "{}", first.summary());
        let marks: usize = first.stdout_text().trim().parse().expect("a number");
        assert!(marks >= 25, "it left {marks} marks only");
        assert!(pair % 2 == 0 || !first.files.files.is_empty());
        let second = server.run(job(SECOND)).expect("sandboxd answers");
        assert_eq!(second.files, LeftFiles::default());
        assert_eq!(second.outcome, Outcome::Ok, "{}", second.summary());
        if second.stdout_text() != "FOUND nothing\n" {
            *found.entry(second.stdout_text()).or_default() += 1;
        }
    }
    assert!(found.is_empty(), "of {PAIRS} pairs: {found:#?}");
    println!("{PAIRS} pairs, nothing found");
    before
        .expect_nothing_left()
        .unwrap_or_else(|left| panic!("left on the host:\n{left}"));
    server.stop().expect("it stops");
}

const SCIENCE_FIRST: &str = include_str!("../pairs/science_first.py");
const SCIENCE_SECOND: &str = include_str!("../pairs/science_second.py");
const SCIENCE_PAIRS: usize = 100;

/// What the libraries remember between calls: generators, error handling, options, figures, caches.
#[test]
fn nothing_of_a_runs_libraries_is_found_by_the_next_in_its_slot() {
    let options = Options {
        max_sandboxes: 1,
        parked: Some(0),
        more_config: "[profiles.science]\nat_start = true\n".to_owned(),
        ..Options::default()
    };
    let server = Sandboxd::start(options).expect("sandboxd starts");
    let before = HostState::look(&server).expect("/proc is there");
    let mut numbers = BTreeMap::<String, usize>::new();
    for _ in 0..SCIENCE_PAIRS {
        let first = server.run(Job::new(SCIENCE_FIRST).profile("science"));
        let first = first.expect("sandboxd answers");
        assert_eq!(first.outcome, Outcome::Ok, "{}", first.summary());
        let marks: usize = first.stdout_text().trim().parse().expect("a number");
        assert!(marks >= 12, "it left {marks} marks only");
        let second = server.run(Job::new(SCIENCE_SECOND).profile("science"));
        let second = second.expect("sandboxd answers");
        assert_eq!(second.outcome, Outcome::Ok, "{}", second.summary());
        let said = second.stdout_text();
        let (found, number) = said.trim().split_once('\n').expect("two lines");
        assert_eq!(found, "FOUND nothing", "{}", second.summary());
        *numbers.entry(number.to_owned()).or_default() += 1;
    }
    assert_eq!(numbers.len(), SCIENCE_PAIRS, "random numbers came twice");
    before
        .expect_nothing_left()
        .unwrap_or_else(|left| panic!("left on the host:\n{left}"));
    server.stop().expect("it stops");
}

#[test]
fn the_search_in_the_libraries_finds_what_a_run_left_to_itself() {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let both = format!("{SCIENCE_FIRST}\n{SCIENCE_SECOND}");
    let report = server.run(Job::new(both).profile("science"));
    let said = report.expect("sandboxd answers").stdout_text();
    for place in [
        "generator",
        "error handling",
        "print options",
        "options of pandas",
        "parameters",
        "figures",
        "colour maps",
        "styles",
        "modules",
        "memory",
    ] {
        assert!(said.contains(place), "{place} is missing in {said}");
    }
    server.stop().expect("it stops");
}

/// The second program must be able to find something, or its silence means nothing.
#[test]
fn the_search_finds_what_a_run_left_to_itself() {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let both = format!("{FIRST}\nsys.stdout = sys.__stdout__\n{SECOND}").replace(
        "print(\"FOUND\"",
        "sys.__stdout__.write(\"FOUND \" + \", \".join(found) + \"\\n\"); os._exit(0); print(\"FOUND\"",
    );
    let report = server.run(Job::new(both)).expect("sandboxd answers");
    let said = report.stdout_text();
    for place in [
        "builtins",
        "modules",
        "path",
        "environment",
        "umask",
        "nice",
        "random state",
        "signal handler",
        "signal mask",
        "timer",
        "rlimit",
        "recursion limit",
        "process name",
        "files in /tmp",
        "files in /work",
        "files in /dev/shm",
        "socket",
        "processes",
        "descriptors",
        "memory",
    ] {
        assert!(
            said.contains(place),
            "{place} is missing in {said}\n{}",
            report.summary()
        );
    }
    server.stop().expect("it stops");
}
