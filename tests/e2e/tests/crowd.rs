//! One user floods while a class presses Run: the class is served almost as if nobody flooded.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use coderunner_client::{Client, NewRun, RunEvent};
use coderunner_proto::common::v1::Outcome;
use coderunner_proto::v1::Run;
use e2e_tests::{Quotas, Stack, run_alone, wait, wait_at_most};
use futures::StreamExt;
use futures::future::try_join_all;
use prost_types::Timestamp;

/// Who presses Run once each, all at one moment.
const STUDENTS: usize = 30;
/// What one user has queued when they do.
const FLOOD: usize = 200;
/// How much longer the class may wait beside the flood.
const BOUND: f64 = 2.0;
/// Times that the class presses Run, without and with the flood in turn.
const ROUNDS: usize = 3;
/// Medians of less are not told apart from the scheduling of the machine.
const FLOOR: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(180);

/// What each student runs: something that takes a moment.
const EXERCISE: &str = "import time\nfor n in range(3):\n    print(n)\n    time.sleep(0.05)\n";
/// What the flood is made of: programs that compute for longer than an exercise takes.
const HEAVY: &str =
    "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end:\n    pass\n";

fn main() {
    run_alone(vec![(
        "a_class_is_served_evenly_while_one_user_floods",
        a_class_is_served_evenly_while_one_user_floods,
    )])
}

fn a_class_is_served_evenly_while_one_user_floods() -> Result<()> {
    let stack = Stack::start(Quotas::None)?;
    let (class, flooder) = wait(async {
        let class = try_join_all((0..STUDENTS).map(|_| stack.student())).await?;
        Ok((class, stack.student().await?))
    })?;
    let (mut alone, mut flooded) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.extend(wait_at_most(PATIENCE, press_run(&class))?);
        flooded.extend(wait_at_most(PATIENCE, beside_a_flood(&class, &flooder))?);
    }
    let (alone, flooded) = (Waits::of(alone), Waits::of(flooded));
    println!("{STUDENTS} students alone: {alone}\nbeside {FLOOD} runs of one user: {flooded}");
    let ratio = flooded.median.as_secs_f64() / alone.median.max(FLOOR).as_secs_f64();
    println!("the median wait is {ratio:.2} times as long, at most {BOUND} is allowed");
    ensure!(ratio <= BOUND, "the class waited {ratio:.2} times as long");
    stack.stop()
}

/// How long each student's program waited for a sandbox.
async fn press_run(class: &[Client]) -> Result<Vec<Duration>> {
    try_join_all(class.iter().map(wait_of_a_run)).await
}

/// The same, while one user has far more queued than anybody; the flood is seen through to its end.
async fn beside_a_flood(class: &[Client], flooder: &Client) -> Result<Vec<Duration>> {
    let queued = (0..FLOOD).map(|_| flooder.create_run(NewRun::of_source(HEAVY)));
    let queued = try_join_all(queued).await?;
    let waits = press_run(class).await?;
    let mut left = 0;
    for run in &queued {
        // A cancelled run that had ended stays as it ended.
        let run = flooder.cancel_run(&run.id).await?;
        left += usize::from(run.outcome() == Outcome::Unspecified);
    }
    ensure!(left > 0, "the flood was over before the class was served");
    let began = Instant::now();
    for run in &queued {
        let mut events = flooder.watch_run(&run.id);
        while events.next().await.transpose()?.is_some() {}
        ensure!(began.elapsed() < PATIENCE, "the flood does not end");
    }
    Ok(waits)
}

async fn wait_of_a_run(client: &Client) -> Result<Duration> {
    let mut started = client.run(NewRun::of_source(EXERCISE)).await?;
    while let Some(event) = started.events.next().await {
        if let RunEvent::Finished(run) = event? {
            ensure!(run.outcome() == Outcome::Ok, "{run:?}");
            return queued_for(&run);
        }
    }
    anyhow::bail!("the stream ended without the finished run")
}

/// From acceptance to its sandbox, as the server keeps it.
fn queued_for(run: &Run) -> Result<Duration> {
    let nanos = |time: &Option<Timestamp>| -> Result<i128> {
        let time = time.as_ref().context("a finished run has all times")?;
        Ok(i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos))
    };
    let wait = nanos(&run.start_time)? - nanos(&run.create_time)?;
    Ok(Duration::from_nanos(u64::try_from(wait)?))
}

/// Waits of all rounds.
struct Waits {
    median: Duration,
    p95: Duration,
    longest: Duration,
}

impl Waits {
    fn of(mut waits: Vec<Duration>) -> Self {
        waits.sort_unstable();
        let at = |percent: usize| waits[(waits.len() - 1) * percent / 100];
        Self {
            median: at(50),
            p95: at(95),
            longest: at(100),
        }
    }
}

impl std::fmt::Display for Waits {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            median,
            p95,
            longest,
        } = self;
        write!(
            formatter,
            "median {} ms, p95 {} ms, longest {} ms",
            median.as_millis(),
            p95.as_millis(),
            longest.as_millis()
        )
    }
}
