//! A control-plane on this machine has the guest as its runner, over mTLS.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use coderunner_client::{Client, NewRun, NewSubmission, RunEvent, SubmissionEvent};
use coderunner_proto::common::v1::Outcome;
use coderunner_proto::v1::{Run, Verdict};
use e2e_tests::{Remote, Stack, course_folder};
use futures::StreamExt;
use tokio::runtime::Runtime;

use crate::host::{Host, PATIENCE, run_here};
use crate::manual;

/// Students who run programs while the host is upgraded.
const STUDENTS: u32 = 3;
/// Longest that one run may take from its request to its result: the restart, and what waits by then.
const RUN_PATIENCE: Duration = Duration::from_secs(180);

/// Makes certificates, lets control-plane in, and has a right and a wrong program graded.
pub fn over_mtls(host: &mut Host) -> Result<()> {
    let folder = host.fresh_folder("certificates")?;
    let section = "Let a control-plane in";
    let made = manual::block(section, 0)?.replace("runner-1.example.org", "localhost");
    run_here(&made, &folder)?;
    for name in ["host.crt", "host.key", "ca.crt"] {
        let content = fs::read(folder.join(name)).with_context(|| format!("reading {name}"))?;
        host.write(&format!("/etc/coderunner/{name}"), &content)?;
    }
    host.must(&manual::block(section, 1)?)?;
    host.expect_rest()?;

    let stack = Stack::start_beside(remote(host, &folder))?;
    let runtime = Runtime::new()?;
    runtime.block_on(async {
        let student = stack.student().await?;
        let problem = course_folder().join("problems/fizz-buzz");
        let verdict = grade(&student, &problem.join("solution.py")).await?;
        ensure!(verdict == Verdict::Accepted, "{verdict:?}");
        let verdict = grade(&student, &problem.join("starter.py")).await?;
        ensure!(verdict == Verdict::WrongAnswer, "{verdict:?}");
        anyhow::Ok(())
    })?;
    stack.stop()?;

    // The same door, without a certificate of the authority's, and with the host's own.
    for identity in ["", "-cert host.crt -key host.key"] {
        let said = run_here(
            &format!(
                "printf 'GET / HTTP/2\\r\\n\\r\\n' | timeout 20 openssl s_client -quiet -alpn h2 -CAfile ca.crt \
                 {identity} -connect localhost:{} 2>&1 | grep -q -i 'alert'",
                host.port
            ),
            &folder,
        );
        said.with_context(|| format!("let in with {identity:?}"))?;
    }
    host.expect_rest()
}

/// Upgrades while students run programs.
pub fn upgrade(host: &mut Host) -> Result<()> {
    let folder = host.fresh_folder("upgrade")?;
    for name in ["ca.crt", "control-plane.crt", "control-plane.key"] {
        fs::copy(
            folder.with_file_name("certificates").join(name),
            folder.join(name),
        )
        .with_context(|| format!("copying {name}"))?;
    }
    let facts = "dpkg-query -W -f '${Version} ' sandboxd; launcher";
    let before = host.must(facts)?;
    let stack = Stack::start_beside(remote(host, &folder))?;
    let runtime = Runtime::new()?;
    let over = Arc::new(AtomicBool::new(false));
    let mut students = Vec::new();
    for number in 0..STUDENTS {
        let student = runtime.block_on(stack.student())?;
        students.push(runtime.spawn(work(student, number, Arc::clone(&over))));
    }
    host.must(
        "for _ in $(seq 300); do [ $(programs | wc -l) -gt 0 ] && exit 0; sleep 0.1; done; exit 1",
    )
    .context("programs run")?;
    let started = Instant::now();
    let said = host.must_within(
        &format!("cd /root/next\n{}", manual::block("Upgrade", 0)?),
        2 * PATIENCE,
    )?;
    ensure!(said.ends_with("\nactive"), "{said}");
    println!("    upgraded in {:.0} s", started.elapsed().as_secs_f64());
    // Some more on the new one.
    std::thread::sleep(Duration::from_secs(10));
    over.store(true, Ordering::Relaxed);
    let (mut runs, mut longest) = (0, Duration::ZERO);
    for student in students {
        let (count, wait) = runtime.block_on(student)??;
        ensure!(count > 1, "a student ran {count} programs");
        runs += count;
        longest = longest.max(wait);
    }
    let drained = host.must("journalctl -u sandboxd -o cat | grep '\"draining\"' | tail -1")?;
    ensure!(
        !drained.contains("\"running\":0"),
        "nothing ran when it was stopped: {drained}"
    );
    println!("    {runs} runs, all with their results; the longest took {longest:.1?}");
    stack.stop()?;
    let after = host.must(facts)?;
    for (before, after) in before.split(' ').zip(after.split(' ')) {
        ensure!(before != after, "still {before}");
    }
    // Settings stay.
    host.expect_rest()
}

fn remote(host: &Host, folder: &Path) -> Remote {
    Remote {
        url: format!("https://localhost:{}", host.port),
        ca: folder.join("ca.crt"),
        certificate: folder.join("control-plane.crt"),
        key: folder.join("control-plane.key"),
    }
}

/// Runs one program after the other until it is over; how many, and the longest time from request to result.
async fn work(student: Client, number: u32, over: Arc<AtomicBool>) -> Result<(u32, Duration)> {
    let (mut count, mut longest) = (0, Duration::ZERO);
    while !over.load(Ordering::Relaxed) {
        count += 1;
        let started = Instant::now();
        let source = format!("import time\ntime.sleep(2)\nprint({number} * 1000 + {count})");
        let (output, run) = follow(&student, &source).await?;
        ensure!(
            output == format!("{}\n", number * 1000 + count) && run.outcome() == Outcome::Ok,
            "run {count} of student {number}: {output:?} {run:#?}"
        );
        longest = longest.max(started.elapsed());
    }
    Ok((count, longest))
}

/// Runs a program to its end; what it wrote in its last attempt, and how it ended.
async fn follow(student: &Client, source: &str) -> Result<(String, Run)> {
    let ended = async {
        let mut started = student.run(NewRun::of_source(source)).await?;
        let mut output = String::new();
        while let Some(event) = started.events.next().await {
            match event? {
                RunEvent::Started => output.clear(),
                RunEvent::Output { data, .. } => output += &String::from_utf8_lossy(&data),
                RunEvent::Finished(run) => return Ok((output, *run)),
                RunEvent::Queued(_) | RunEvent::Reconnecting => {}
            }
        }
        bail!("the stream ended without the finished run")
    };
    tokio::time::timeout(RUN_PATIENCE, ended)
        .await
        .context("no result in time")?
}

async fn grade(student: &Client, program: &Path) -> Result<Verdict> {
    let source =
        fs::read_to_string(program).with_context(|| format!("reading {}", program.display()))?;
    let new = NewSubmission {
        problem: "fizz-buzz".to_owned(),
        source,
        ..NewSubmission::default()
    };
    let graded = async {
        let mut started = student.submit(new).await?;
        while let Some(event) = started.events.next().await {
            if let SubmissionEvent::Finished(submission) = event? {
                return Ok(submission.verdict());
            }
        }
        bail!("the stream ended without a verdict")
    };
    tokio::time::timeout(RUN_PATIENCE, graded)
        .await
        .context("no verdict in time")?
}
