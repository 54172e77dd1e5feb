//! What waits for programs is cheap: interpreters are copied from huge pages, and ten sandboxes that wait take
//! little memory beyond one interpreter.

#![forbid(unsafe_code)]

use std::fs;
use std::time::Duration;

use test_harness::processes::{self, Process};
use test_harness::{Half, Options, Sandboxd};

const PATIENCE: Duration = Duration::from_secs(60);
/// In KiB, as the kernel counts.
const MEBIBYTE: u64 = 1024;

/// sandboxd with `parked` sandboxes that wait, and the interpreters below its launcher.
fn parked(count: u32) -> (Sandboxd, Vec<Process>) {
    let options = Options {
        max_sandboxes: count,
        ..Options::default()
    };
    let server = Sandboxd::start(options).expect("sandboxd starts");
    server
        .wait_until_parked(PATIENCE)
        .expect("sandboxes wait for programs");
    let launcher = server.half(Half::Launcher).expect("there is a launcher");
    let all = processes::all().expect("/proc can be read");
    let interpreters = processes::tree(&all, launcher.pid)
        .into_iter()
        .filter(|process| process.name.starts_with("python"))
        .collect();
    (server, interpreters)
}

/// Sum of one figure of the process's memory, in KiB; of what is mapped at `place` if that is given.
fn kibibytes(process: &Process, figure: &str, place: Option<&str>) -> u64 {
    let table = fs::read_to_string(format!("/proc/{}/smaps", process.pid)).expect("it lives");
    let mut counts = place.is_none();
    let mut sum = 0;
    for line in table.lines() {
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        if let Some(name) = first.strip_suffix(':') {
            if counts && name == figure {
                sum += rest
                    .trim()
                    .trim_end_matches(" kB")
                    .parse::<u64>()
                    .expect("a number");
            }
        } else if let Some(place) = place {
            counts = first.starts_with(place);
        }
    }
    sum
}

#[test]
fn interpreters_share_their_code_in_huge_pages() {
    let (server, interpreters) = parked(2);
    let setting = fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled")
        .expect("the kernel has huge pages");
    // Template, and for each of two slots a zygote and a job.
    assert_eq!(interpreters.len(), 5, "{interpreters:?}");
    for process in &interpreters {
        let huge = kibibytes(process, "AnonHugePages", Some("00400000-"));
        println!("{process}: {huge} KiB of code in huge pages; the host says {setting}");
        let expected = if setting.contains("[never]") {
            0
        } else {
            4 * MEBIBYTE
        };
        assert_eq!(huge, expected, "{process}");
    }
    server.stop().expect("it stops");
}

#[test]
fn ten_waiting_sandboxes_take_less_than_60_mebibytes() {
    let (server, interpreters) = parked(10);
    assert_eq!(interpreters.len(), 21, "{interpreters:?}");
    let launcher = server.half(Half::Launcher).expect("there is a launcher");
    let all = processes::all().expect("/proc can be read");
    let sum: u64 = processes::tree(&all, launcher.pid)
        .iter()
        .filter(|process| process.uid != launcher.uid)
        .map(|process| kibibytes(process, "Pss", None))
        .sum();
    println!("ten sandboxes that wait, with all that belongs to them: {sum} KiB");
    assert!(sum < 60 * MEBIBYTE, "{sum} KiB");
    server.stop().expect("it stops");
}
