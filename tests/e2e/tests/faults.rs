//! What becomes of accepted work when a program is ended, killed or cut off: it ends in exactly
//! one stored result, and whoever watches sees all of it.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use coderunner_client::{Client, NewRun, NewSubmission, RunEvent, Settings, SubmissionEvent};
use coderunner_proto::common::v1::{Outcome, RunState};
use coderunner_proto::v1::{Run, Submission, Verdict};
use e2e_tests::{Proxy, Quotas, Stack, new_account, run_alone, wait, wait_until};
use futures::StreamExt;
use nix::sys::signal::Signal;

fn main() {
    run_alone(vec![
        (
            "a_watch_over_a_broken_network_shows_all",
            a_watch_over_a_broken_network_shows_all,
        ),
        (
            "sigterm_lets_a_running_program_end",
            sigterm_lets_a_running_program_end,
        ),
        ("sigterm_keeps_what_is_queued", sigterm_keeps_what_is_queued),
        (
            "a_run_survives_the_death_of_sandboxd",
            a_run_survives_the_death_of_sandboxd,
        ),
        (
            "a_submission_survives_the_death_of_sandboxd",
            a_submission_survives_the_death_of_sandboxd,
        ),
        (
            "what_was_judged_stays_judged_when_sandboxd_dies",
            what_was_judged_stays_judged_when_sandboxd_dies,
        ),
        (
            "a_run_survives_the_death_of_control_plane",
            a_run_survives_the_death_of_control_plane,
        ),
        (
            "a_second_ctrl_c_leaves_though_the_server_hangs",
            a_second_ctrl_c_leaves_though_the_server_hangs,
        ),
    ])
}

/// Says that it is on, works for that many seconds, says goodbye.
fn program_of(seconds: f32) -> String {
    format!("import time\nprint('on')\ntime.sleep({seconds})\nprint('bye')\n")
}

/// Follows a run: calls `at_first_output` once, and returns all output and the finished run.
async fn follow(
    client: &Client,
    new: NewRun,
    mut at_first_output: impl FnMut() -> Result<()>,
) -> Result<(String, Run)> {
    let mut started = client.run(new).await?;
    let mut output = String::new();
    let mut seen = false;
    while let Some(event) = started.events.next().await {
        match event? {
            RunEvent::Started => output.clear(),
            RunEvent::Output { data, .. } => {
                output.push_str(std::str::from_utf8(&data)?);
                if !std::mem::replace(&mut seen, true) {
                    at_first_output()?;
                }
            }
            RunEvent::Finished(run) => return Ok((output, *run)),
            RunEvent::Queued(_) | RunEvent::Reconnecting => {}
        }
    }
    bail!("the stream ended without the finished run")
}

/// The stored result does not change any more.
async fn is_stored_once(client: &Client, run: &Run) -> Result<()> {
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let stored = to_the_microsecond(client.get_run(&run.id).await?);
        let run = to_the_microsecond(run.clone());
        ensure!(stored == run, "stored {stored:#?}, sent {run:#?}");
    }
    Ok(())
}

/// Databases keep times to the microsecond.
fn to_the_microsecond(mut run: Run) -> Run {
    let times = [
        &mut run.create_time,
        &mut run.start_time,
        &mut run.finish_time,
    ];
    for time in times.into_iter().flatten() {
        time.nanos -= time.nanos % 1000;
    }
    run
}

fn a_watch_over_a_broken_network_shows_all() -> Result<()> {
    let stack = Stack::start(Quotas::None)?;
    let proxy = Proxy::start(stack.address())?;
    wait(async {
        let client = Client::new(Settings::new(proxy.url()))?;
        client.register(new_account()).await?;
        let source =
            "import time\nfor n in range(40):\n    print(n, flush=True)\n    time.sleep(0.05)\n";
        let mut started = client.run(NewRun::of_source(source)).await?;
        let (mut output, mut cuts) = (String::new(), 0);
        while let Some(event) = started.events.next().await {
            match event? {
                RunEvent::Output { data, .. } => {
                    output.push_str(std::str::from_utf8(&data)?);
                    if output.len() > 20 * (cuts + 1) {
                        ensure!(proxy.cut() > 0, "there was a connection to cut");
                        cuts += 1;
                    }
                }
                RunEvent::Finished(run) => ensure!(run.outcome() == Outcome::Ok, "{run:?}"),
                RunEvent::Queued(_) | RunEvent::Started | RunEvent::Reconnecting => {}
            }
        }
        let expected: String = (0..40).map(|n| format!("{n}\n")).collect();
        ensure!(output == expected, "after {cuts} cuts: {output:?}");
        ensure!(cuts >= 3, "only {cuts} cuts");
        Ok(())
    })?;
    stack.stop()
}

fn sigterm_lets_a_running_program_end() -> Result<()> {
    let mut stack = Stack::start(Quotas::None)?;
    let client = stack.client()?;
    let (output, run) = wait(async {
        client.register(new_account()).await?;
        let end = || stack.control_plane()?.signal(Signal::SIGTERM);
        follow(&client, NewRun::of_source(program_of(2.0)), end).await
    })?;
    ensure!(
        output == "on\nbye\n" && run.outcome() == Outcome::Ok,
        "{output:?} {run:#?}"
    );
    let status = stack.control_plane()?.wait()?;
    ensure!(
        status.success(),
        "control-plane ended with {status}: {}",
        stack.last_words()
    );

    stack.start_control_plane()?;
    wait(is_stored_once(&client, &run))?;
    stack.stop()
}

fn sigterm_keeps_what_is_queued() -> Result<()> {
    let mut stack = Stack::start(Quotas::None)?;
    let client = stack.client()?;
    let runs = wait(async {
        client.register(new_account()).await?;
        let mut runs = Vec::new();
        for _ in 0..12 {
            runs.push(
                client
                    .create_run(NewRun::of_source(program_of(1.5)))
                    .await?
                    .id,
            );
        }
        Ok(runs)
    })?;
    stack.control_plane()?.signal(Signal::SIGTERM)?;
    let status = stack.control_plane()?.wait()?;
    ensure!(
        status.success(),
        "control-plane ended with {status}: {}",
        stack.last_words()
    );

    stack.start_control_plane()?;
    wait(async {
        for id in &runs {
            let mut events = client.watch_run(id);
            let mut finished = None;
            while let Some(event) = events.next().await {
                if let RunEvent::Finished(run) = event? {
                    finished = Some(run);
                }
            }
            let run = finished.context("a finished run")?;
            ensure!(
                run.outcome() == Outcome::Ok && run.stdout == b"on\nbye\n",
                "{run:#?}"
            );
        }
        Ok(())
    })?;
    stack.stop()
}

fn a_run_survives_the_death_of_sandboxd() -> Result<()> {
    let mut stack = Stack::start(Quotas::None)?;
    let client = stack.client()?;
    let (output, run) = wait(async {
        client.register(new_account()).await?;
        let kill_and_restart = || {
            stack.sandboxd()?.signal(Signal::SIGKILL)?;
            stack.sandboxd()?.wait()?;
            stack.start_sandboxd()
        };
        follow(
            &client,
            NewRun::of_source(program_of(1.0)),
            kill_and_restart,
        )
        .await
    })?;
    ensure!(run.state() == RunState::Finished, "{run:#?}");
    ensure!(
        run.outcome() == Outcome::Ok,
        "the run is repeated on a lost runner: {run:#?}"
    );
    ensure!(
        output == "on\nbye\n" && run.stdout == b"on\nbye\n",
        "{output:?} {run:#?}"
    );
    wait(is_stored_once(&client, &run))?;
    nothing_is_left(&stack)?;
    stack.stop()
}

fn a_submission_survives_the_death_of_sandboxd() -> Result<()> {
    let mut stack = Stack::start(Quotas::None)?;
    let client = stack.client()?;
    let source = "import time\nname = input()\ntime.sleep(1)\nprint('Hello, ' + name + '!')\n";
    let new = NewSubmission {
        problem: "hello-name".into(),
        source: source.into(),
        files: vec![],
    };
    let submission: Submission = wait(async {
        client.register(new_account()).await?;
        let mut started = client.submit(new).await?;
        let mut killed = false;
        while let Some(event) = started.events.next().await {
            match event? {
                SubmissionEvent::Test(_) | SubmissionEvent::Started if !killed => {
                    killed = true;
                    stack.sandboxd()?.signal(Signal::SIGKILL)?;
                    stack.sandboxd()?.wait()?;
                    stack.start_sandboxd()?;
                }
                SubmissionEvent::Finished(submission) => return Ok(*submission),
                _ => {}
            }
        }
        bail!("the stream ended without the finished submission")
    })?;
    ensure!(submission.verdict() == Verdict::Accepted, "{submission:#?}");
    let numbers: HashMap<i32, usize> =
        submission
            .test_results
            .iter()
            .fold(HashMap::new(), |mut counts, result| {
                *counts.entry(result.number).or_default() += 1;
                counts
            });
    ensure!(
        numbers.len() == 6 && numbers.values().all(|count| *count == 1),
        "{submission:#?}"
    );
    wait(async {
        let progress = client.progress().await?;
        ensure!(
            progress.len() == 1 && progress[0].attempt_count == 1,
            "judged once: {progress:?}"
        );
        Ok(())
    })?;
    nothing_is_left(&stack)?;
    stack.stop()
}

/// All tests are in one call; sandboxd is killed when the first of them has been judged.
fn what_was_judged_stays_judged_when_sandboxd_dies() -> Result<()> {
    let mut stack = Stack::start(Quotas::None)?;
    let client = stack.client()?;
    // The first is done while the others sleep.
    let source = "import time\nname = input()\ntime.sleep(0 if name == 'Mira' else 1)\n\
                  print('Hello, ' + name + '!')\n";
    let new = NewSubmission {
        problem: "hello-name".into(),
        source: source.into(),
        files: vec![],
    };
    let (told, submission) = wait(async {
        client.register(new_account()).await?;
        let mut started = client.submit(new).await?;
        let mut told = Vec::new();
        while let Some(event) = started.events.next().await {
            match event? {
                SubmissionEvent::Test(result) => {
                    told.push(result.number);
                    if told.len() == 1 {
                        stack.sandboxd()?.signal(Signal::SIGKILL)?;
                        stack.sandboxd()?.wait()?;
                        stack.start_sandboxd()?;
                    }
                }
                SubmissionEvent::Finished(submission) => return Ok((told, *submission)),
                _ => {}
            }
        }
        bail!("the stream ended without the finished submission")
    })?;
    ensure!(submission.verdict() == Verdict::Accepted, "{submission:#?}");
    let mut once = told.clone();
    once.sort_unstable();
    once.dedup();
    ensure!(
        once.len() == told.len() && told.len() == submission.test_results.len(),
        "each test was told once: {told:?} {submission:#?}"
    );
    wait(async {
        let progress = client.progress().await?;
        ensure!(
            progress.len() == 1 && progress[0].attempt_count == 1,
            "judged once: {progress:?}"
        );
        Ok(())
    })?;
    nothing_is_left(&stack)?;
    stack.stop()
}

fn a_run_survives_the_death_of_control_plane() -> Result<()> {
    let mut stack = Stack::start(Quotas::None)?;
    let client = stack.client()?;
    let (_, run) = wait(async {
        client.register(new_account()).await?;
        let kill_and_restart = || {
            stack.control_plane()?.signal(Signal::SIGKILL)?;
            stack.control_plane()?.wait()?;
            stack.start_control_plane()
        };
        follow(
            &client,
            NewRun::of_source(program_of(2.0)),
            kill_and_restart,
        )
        .await
    })?;
    ensure!(
        run.outcome() == Outcome::Ok && run.stdout == b"on\nbye\n",
        "{run:#?}"
    );
    wait(is_stored_once(&client, &run))?;
    nothing_is_left(&stack)?;
    stack.stop()
}

fn a_second_ctrl_c_leaves_though_the_server_hangs() -> Result<()> {
    let mut stack = Stack::start(Quotas::None)?;
    let cli = stack.cli()?;
    let program = cli.program("a.py", "print('on')\nwhile True:\n    pass\n")?;
    let mut run = cli.start(&["run".as_ref(), program.as_os_str()])?;
    run.wait_for("on\n")?;
    stack.control_plane()?.signal(Signal::SIGSTOP)?;
    run.signal(Signal::SIGINT)?;
    run.wait_for_error("once more to leave at once")?;
    run.signal(Signal::SIGINT)?;
    run.finish()?.expect_code(130)?;
    stack.control_plane()?.signal(Signal::SIGCONT)?;
    stack.stop()
}

/// Every sandbox of before is gone: what is left in the slots waits for a program. A job that waits reads from
/// its socket, descriptor 3; keeper, zygote and first process are root inside.
fn nothing_is_left(stack: &Stack) -> Result<()> {
    wait_until("all sandboxes are gone", || {
        Ok(stack.programs()?.is_empty().then_some(()))
    })
}
