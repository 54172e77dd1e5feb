//! Usage figures against loads that the test knows: CPU time, wall-clock time and memory are right
//! within ten per cent.

#![forbid(unsafe_code)]

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use test_harness::{Job, JobLimits, Options, Outcome, Report, Sandboxd, binaries};

const TOLERANCE: f64 = 0.10;

fn run(server: &Sandboxd, source: &str) -> Report {
    let generous = Some(Duration::from_secs(25));
    let limits = JobLimits {
        wall: generous,
        cpu: generous,
        ..JobLimits::default()
    };
    let report = server
        .run(Job::new(source).limits(limits))
        .expect("sandboxd answers");
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    report
}

fn assert_close(what: &str, counted: f64, known: f64) {
    let error = (counted - known).abs() / known;
    println!(
        "{what}: counted {counted:.4}, known {known:.4}, off by {:.1} %",
        error * 100.0
    );
    assert!(
        error <= TOLERANCE,
        "{what}: counted {counted}, but it was {known}"
    );
}

#[test]
fn cpu_time_is_what_the_program_measured_itself() {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let report = run(
        &server,
        "import time\nwhile time.process_time() < 1.5: pass\nprint(time.process_time())\n",
    );
    let measured: f64 = report
        .stdout_text()
        .trim()
        .parse()
        .expect("a number of seconds");
    assert_close(
        "CPU time of one process",
        report.cpu().as_secs_f64(),
        measured,
    );
    server.stop().expect("it stops");
}

#[test]
fn cpu_time_counts_children_and_threads() {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let report = run(
        &server,
        r"
import os, threading, time
def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end: pass
for _ in range(3):
    if os.fork() == 0:
        burn(0.4)
        os._exit(0)
threads = [threading.Thread(target=burn, args=(0.2,)) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
for _ in range(3): os.wait()
times = os.times()
print(times.user + times.system + times.children_user + times.children_system)
",
    );
    // os.times() counts in hundredths, five of them here.
    let measured: f64 = report
        .stdout_text()
        .trim()
        .parse()
        .expect("a number of seconds");
    assert!(measured > 1.5, "the load was not made: {measured}");
    assert_close("CPU time of five", report.cpu().as_secs_f64(), measured);
    server.stop().expect("it stops");
}

#[test]
fn a_sleeper_uses_wall_clock_time_and_no_cpu() {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let report = run(&server, "import time\ntime.sleep(1)\n");
    assert_close(
        "wall-clock time of a second's sleep",
        report.wall().as_secs_f64(),
        1.0,
    );
    assert!(
        report.cpu() < Duration::from_millis(200),
        "{:?} of CPU for sleeping",
        report.cpu()
    );
    server.stop().expect("it stops");
}

#[test]
fn a_busy_program_under_half_a_core_takes_twice_as_long() {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let report = run(
        &server,
        "import time\nwhile time.process_time() < 1: pass\n",
    );
    let share = report.cpu().as_secs_f64() / report.wall().as_secs_f64();
    println!("share of a core: {share:.3}");
    // Never above the quota; below it only as far as a busy machine makes it.
    assert!(share <= 0.5 * (1.0 + TOLERANCE), "it got {share} of a core");
    server.stop().expect("it stops");
}

#[test]
fn peak_memory_grows_by_what_a_program_takes() {
    const TAKEN: usize = 64 << 20;
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let nothing = "block = b''\n";
    let some =
        "block = bytearray(64 << 20)\nfor place in range(0, len(block), 4096): block[place] = 1\n";
    // The first run may read files into memory that the kernel counts for it.
    run(&server, nothing);
    let baseline = run(&server, nothing).usage.peak_memory_bytes;
    let with_block = run(&server, some).usage.peak_memory_bytes;
    println!("baseline {baseline}, with the block {with_block}");
    assert_close(
        "memory of 64 MiB",
        (with_block - baseline) as f64,
        TAKEN as f64,
    );
    assert!(
        (1 << 20..32 << 20).contains(&baseline),
        "an empty program takes {baseline} bytes"
    );
    server.stop().expect("it stops");
}

#[test]
fn peak_memory_is_a_peak_and_counts_children() {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let baseline = run(&server, "block = b''\n").usage.peak_memory_bytes;
    let report = run(
        &server,
        "import os\nif os.fork() == 0:\n    block = b'x' * (50 << 20)\n    os._exit(0)\nos.wait()\n",
    );
    assert_close(
        "memory of a child",
        (report.usage.peak_memory_bytes - baseline) as f64,
        f64::from(50 << 20),
    );
    server.stop().expect("it stops");
}

/// Takes the root file system's files out of the host's cache, but for those in use.
fn forget_files(folder: &Path) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("an entry").path();
        let kind = fs::symlink_metadata(&path).expect("it is there");
        if kind.is_dir() {
            forget_files(&path);
        } else if kind.is_file() {
            let file = File::open(&path).expect("it can be read");
            posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)
                .expect("the kernel takes the advice");
        }
    }
}

#[test]
fn files_that_a_run_read_are_not_counted_for_the_next_one() {
    const MUCH: i64 = 100 << 20;
    let options = Options {
        max_sandboxes: 1,
        ..Options::default()
    };
    let server = Sandboxd::start(options).expect("sandboxd starts");
    let before = run(&server, "print()").usage.peak_memory_bytes;
    forget_files(&binaries::rootfs().expect("it was built").join("usr"));
    let reader = run(
        &server,
        "import os\n\
         for folder, _, names in os.walk('/usr'):\n\
         \x20   for name in names:\n\
         \x20       path = os.path.join(folder, name)\n\
         \x20       if os.path.isfile(path):\n\
         \x20           open(path, 'rb').read()\n",
    );
    let (read, after) = (
        reader.usage.peak_memory_bytes,
        run(&server, "print()").usage.peak_memory_bytes,
    );
    println!("peak before {before}, of the reader {read}, after {after} bytes");
    assert!(read > MUCH, "{read}");
    assert!(after < before + (8 << 20), "{before} {after}");
    server.stop().expect("it stops");
}

/// The kernel remembers each name that is not there, and counts it for the group of whoever asked.
#[test]
fn names_that_a_run_looked_for_are_not_counted_for_the_next_one() {
    const MUCH: i64 = 32 << 20;
    let options = Options {
        max_sandboxes: 1,
        ..Options::default()
    };
    let server = Sandboxd::start(options).expect("sandboxd starts");
    let before = run(&server, "print()").usage.peak_memory_bytes;
    let searcher = run(
        &server,
        "import os\n\
         for number in range(100_000):\n\
         \x20   os.path.exists('/usr/lib/' + 'x' * 200 + str(number))\n",
    );
    let (searched, after) = (
        searcher.usage.peak_memory_bytes,
        run(&server, "print()").usage.peak_memory_bytes,
    );
    println!("peak before {before}, of the searcher {searched}, after {after} bytes");
    assert!(searched > MUCH, "{searched}");
    assert!(after < before + (8 << 20), "{before} {after}");
    // The least that a run can ask for is there at once.
    let little = JobLimits {
        memory_bytes: Some(16 << 20),
        ..JobLimits::default()
    };
    let report = server
        .run(Job::new("print()").limits(little))
        .expect("sandboxd answers");
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    server.stop().expect("it stops");
}

/// Killed processes that need memory to die, in a group that has none left, and little CPU time.
#[test]
fn many_processes_without_memory_die_soon() {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let hog = "import os, time\n\
        for _ in range(30):\n\
        \x20   if os.fork() == 0:\n\
        \x20       block = b'x' * (12 << 20)\n\
        \x20       time.sleep(30)\n\
        time.sleep(30)\n";
    for _ in 0..10 {
        let report = server.run(Job::new(hog)).expect("sandboxd answers");
        println!("{}", report.summary());
        assert_eq!(report.outcome, Outcome::MemoryLimit);
        assert!(
            report.wall() < Duration::from_secs(2),
            "{:?}",
            report.wall()
        );
        assert!(report.usage.peak_memory_bytes <= 128 << 20);
    }
    server.stop().expect("it stops");
}
