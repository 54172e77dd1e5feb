//! Who makes way for whom: programs that compute for long for those that have just begun, and nobody for ever.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use test_harness::{Job, JobLimits, Options, Outcome, Report, Running, Sandboxd, wait};

/// What a server has when nobody says anything else, but no more than programs of half a processor fill the host with.
fn places() -> u32 {
    let processors = std::thread::available_parallelism().expect("it is known");
    u32::try_from(processors.get() * 5).map_or(31, |places| places.min(31))
}

/// Held by each test: they compare times, and would take each other's.
static PROCESSORS: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    // A test that failed says so by itself.
    PROCESSORS.lock().unwrap_or_else(PoisonError::into_inner)
}

const PATIENCE: Duration = Duration::from_secs(20);

fn start(places: u32) -> Sandboxd {
    Sandboxd::start(Options {
        max_sandboxes: places,
        ..Options::default()
    })
    .expect("the server starts")
}

fn long(source: &str) -> Job {
    Job::new(source).limits(JobLimits {
        wall: Some(Duration::from_secs(25)),
        cpu: Some(Duration::from_secs(25)),
        ..JobLimits::default()
    })
}

fn loops(server: &Sandboxd, count: u32) -> Vec<Running> {
    let begin = |_| server.begin(long("while True: pass")).expect("it begins");
    (0..count).map(begin).collect()
}

/// The slots' groups and what the kernel says of their priority.
fn priorities(server: &Sandboxd) -> BTreeMap<PathBuf, String> {
    let mounts = ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup"].map(Path::new);
    let folder = mounts
        .into_iter()
        .map(|mount| mount.join(server.cgroup()))
        .find(|folder| folder.is_dir())
        .expect("the server has a group");
    fs::read_dir(folder)
        .expect("it can be read")
        .filter_map(|entry| {
            let path = entry.expect("it stays").path();
            let idle = fs::read_to_string(path.join("cpu.idle")).ok()?;
            Some((path, idle.trim().to_owned()))
        })
        .collect()
}

fn low(server: &Sandboxd) -> usize {
    priorities(server)
        .values()
        .filter(|idle| *idle == "1")
        .count()
}

fn expect_low(server: &Sandboxd, count: usize) {
    wait::until(PATIENCE, || match low(server) {
        now if now == count => Ok(()),
        now => Err(format!("{now} make way")),
    })
    .unwrap_or_else(|problem| panic!("{problem}, not {count}"));
}

fn small(server: &Sandboxd) -> Report {
    let report = server.run(Job::new("print(sum(range(1000)))"));
    let report = report.expect("it runs");
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    report
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[test]
fn loops_make_way_until_they_end_and_the_next_runs_do_not() {
    let _alone = alone();
    let server = start(places());
    expect_low(&server, 0);
    let running = loops(&server, 3);
    expect_low(&server, 3);
    for run in &running {
        run.cancel().expect("it lives");
    }
    for run in running {
        let report = run.finish(PATIENCE).expect("it ends");
        assert_eq!(report.outcome, Outcome::Cancelled, "{}", report.summary());
    }
    // Where the loops were as well: there are no other places than these.
    server.wait_until_parked(PATIENCE).expect("all are made");
    expect_low(&server, 0);
    assert_eq!(priorities(&server).len(), places() as usize);
    server.stop().expect("it stops");
}

#[test]
fn a_small_program_beside_loops_in_all_other_places_takes_about_as_long_as_alone() {
    let _alone = alone();
    let server = start(places());
    let times = || {
        let time = |_| {
            std::thread::sleep(Duration::from_millis(30));
            small(&server).elapsed
        };
        median((0..15).map(time).collect())
    };
    let alone = times();
    let running = loops(&server, places() - 1);
    expect_low(&server, places() as usize - 1);
    let beside = times();
    drop(running);
    server.stop().expect("it stops");
    assert!(
        beside < alone * 3,
        "alone {alone:?}, beside loops {beside:?}"
    );
}

#[test]
fn a_long_program_gets_its_part_beside_short_ones_without_end() {
    let _alone = alone();
    let server = start(places());
    let over = AtomicBool::new(false);
    let report = std::thread::scope(|scope| {
        for _ in 1..places() {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    // Too short to make way.
                    let report =
                        server.run(long("import time\nwhile time.process_time() < 0.006: pass"));
                    assert_eq!(report.expect("it runs").outcome, Outcome::Ok);
                }
            });
        }
        std::thread::sleep(Duration::from_millis(300));
        let report = server.run(long(
            "import time\nwhile time.process_time() < 0.5: pass\nprint('done')",
        ));
        over.store(true, Ordering::Relaxed);
        report.expect("it runs")
    });
    server.stop().expect("it stops");
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    // Sure of a tenth of a processor on two, it takes five seconds; where it always makes way, twelve and more.
    let taken = report.wall();
    assert!(taken < wait::patience(Duration::from_secs(8)), "{taken:?}");
}

#[test]
fn what_a_run_used_of_a_period_is_not_missing_from_the_next_one() {
    let _alone = alone();
    let server = start(1);
    let busy = || {
        let source = "import time\nwhile time.process_time() < 0.035: pass";
        let report = server.run(long(source)).expect("it runs");
        assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
        report.wall()
    };
    let (mut after_small, mut after_busy) = (Vec::new(), Vec::new());
    for _ in 0..9 {
        // More than a period of the scheduler.
        std::thread::sleep(Duration::from_millis(250));
        small(&server);
        after_small.push(busy());
        after_busy.push(busy());
    }
    server.stop().expect("it stops");
    let (after_small, after_busy) = (median(after_small), median(after_busy));
    assert!(
        after_busy < after_small + Duration::from_millis(15),
        "after a small run {after_small:?}, after a busy one {after_busy:?}"
    );
}
