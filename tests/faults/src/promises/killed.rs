//! sandboxd killed in mid-run: how long any process of a sandbox outlives the half that was killed, and whether
//! the next start leaves nothing of it.
//!
//! That no accepted run is lost or judged twice is control-plane's part; its tests are
//! `cargo test -p e2e-tests --test faults`.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use test_harness::server::RUN_PATIENCE;
use test_harness::{Half, HostState, Job, JobLimits, Options, Outcome, Sandboxd};

use super::{Extent, time_bound};
use crate::crew;
use crate::figures::milliseconds;
use crate::report::Row;

const BOUND: Duration = Duration::from_secs(1);
const TIMES: usize = 20;
/// Waited beyond the bound, to tell how far it is missed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Which halves are killed, in which order.
const VICTIMS: [(&str, &[Half]); 3] = [
    ("daemon", &[Half::Daemon]),
    ("launcher", &[Half::Launcher]),
    ("both", &[Half::Launcher, Half::Daemon]),
];

const PROGRAMS: [&str; 4] = [
    // Has children, files and sockets, and ignores signals.
    "import os, signal, socket, time\nfor number in (1, 2, 15):\n    signal.signal(number, signal.SIG_IGN)\n\
     for _ in range(5):\n    if os.fork() == 0:\n        os.setsid()\n        while True: time.sleep(1)\n\
     with open('/tmp/left', 'w') as file: file.write('x' * 1000000)\n\
     listener = socket.socket(socket.AF_UNIX)\nlistener.bind('\\0left')\nprint('READY', flush=True)\ntime.sleep(60)\n",
    "print('READY', flush=True)\nwhile True: pass\n",
    // Never waits for its children, and they never end.
    "import mmap, os\nprint('READY', flush=True)\nfor _ in range(20):\n    if os.fork() == 0: break\n\
     while True:\n    mmap.mmap(-1, 4 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE).close()\n",
    "import os\nprint('READY', flush=True)\nwhile True:\n    if os.fork() == 0: os._exit(0)\n    os.wait()\n",
];

/// The row `killed`.
pub fn measure(extent: Extent) -> Result<Vec<Row>> {
    let times = extent.choose(TIMES, 2);
    let mut server = Sandboxd::start(Options::default())?;
    let first = HostState::look(&server)?;
    let mut details = Vec::new();
    let (mut worst, mut problems) = (Duration::ZERO, 0);
    for (name, halves) in VICTIMS {
        let mut most = Duration::ZERO;
        for time in 1..=times {
            let death = once(&mut server, halves);
            let death = death.with_context(|| format!("{name} killed, time {time}"))?;
            most = most.max(death);
            if let Err(left) = first.expect_same_rest(&HostState::look(&server)?) {
                problems += 1;
                details.push(format!("{name} killed, left after the next start: {left}"));
            }
        }
        crew::tell(&format!("{name} killed {times} times"));
        details.push(format!(
            "{name} killed: all dead after {:.0} ms at most",
            milliseconds(most)
        ));
        worst = worst.max(most);
    }
    let last = HostState::look(&server)?;
    server.stop()?;
    if let Err(left) = last.expect_server_gone() {
        problems += 1;
        details.push(format!("left by the last server: {left}"));
    }
    let (bound, in_words) = time_bound(BOUND);
    Ok(vec![Row {
        name: "killed",
        promise: "sandboxes of a killed sandboxd dead, and swept at the next start",
        bound: format!("{in_words}, 0 left"),
        figure: format!("{:.0} ms at most, {problems} left", milliseconds(worst)),
        runs: times * VICTIMS.len() * PROGRAMS.len(),
        holds: worst <= bound && problems == 0,
        details,
    }])
}

/// Kills the halves while programs run, and starts the server again; tells how long the last process lived.
fn once(server: &mut Sandboxd, halves: &[Half]) -> Result<Duration> {
    let before = HostState::look(server)?;
    let mut runs = Vec::new();
    for source in PROGRAMS {
        let limits = JobLimits {
            wall: Some(Duration::from_secs(30)),
            cpu: Some(Duration::from_secs(30)),
            ..JobLimits::default()
        };
        runs.push(server.begin(Job::new(source).limits(limits))?);
    }
    let patience = RUN_PATIENCE;
    for run in &mut runs {
        run.wait_for_stdout(b"READY", patience)?;
    }
    let killed = Instant::now();
    let mut answers = halves.iter().map(|half| server.kill(*half));
    answers.next().context("somebody is killed")??;
    // The second may have gone with the first.
    let _ = answers.next();
    before
        .expect_no_process(PATIENCE)
        .map_err(|alive| anyhow!("still alive after {PATIENCE:?}:\n{alive}"))?;
    let death = killed.elapsed();
    server.wait_for_exit(PATIENCE)?;
    for run in runs {
        // A stream that breaks is a run without an answer; it must not look like a verdict.
        if let Ok(report) = run.finish(patience)
            && !matches!(report.outcome, Outcome::InternalError | Outcome::Cancelled)
        {
            bail!("blamed on the program: {}", report.summary());
        }
    }
    server.start_again()?;
    Ok(death)
}
