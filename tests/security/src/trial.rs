//! One attack against a server of its own, from start to the search for what it left.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};
use test_harness::server::RUN_PATIENCE;
use test_harness::slowness::scaled;
use test_harness::{HostState, Job, JobLimits, Options, Outcome, Report, Sandboxd};

use crate::attack::{self, Attack, Expectation, Meeting, Program};
use crate::judge::judge;
use crate::traps::Traps;

/// The first program of a live pair must be ready by then.
const READY_PATIENCE: Duration = Duration::from_secs(20);
/// A program that tries many ways has more time than a student's.
const BLOCKED_TIME: Duration = Duration::from_secs(20);

/// What a trial came to, when all was well.
#[derive(Debug, Clone)]
pub struct Stopped {
    /// How the program whose aim counts ended.
    pub outcome: Outcome,
    /// What it says itself.
    pub says: String,
    /// Time that its run took, as the client saw it.
    pub elapsed: Duration,
}

/// Starts a server, attacks it, and looks at what is left.
///
/// # Errors
/// Everything that is wrong, one thing a line: the attack succeeded, ended in an unexpected way, took
/// too long, hurt the server, or left something on the host.
pub fn run(attack: &Attack) -> Result<Stopped> {
    run_without(attack, &[])
}

/// The same against a sandbox out of which layers are taken.
///
/// # Errors
/// As for [`run`].
pub fn run_without(attack: &Attack, layers: &[String]) -> Result<Stopped> {
    let server = Sandboxd::start(Options {
        without_layers: layers.to_vec(),
        ..Options::default()
    })?;
    let traps = Traps::set()?;
    // The first run may open what stays open.
    expect_healthy(&server).context("before the attack")?;
    let before = HostState::look(&server)?;
    let (mut wrong, report) = match attack {
        Attack::Single(program) => alone(&server, &traps, program)?,
        Attack::Pair(first, Meeting::After, second) => {
            one_after_the_other(&server, &traps, first, second)?
        }
        Attack::Pair(first, Meeting::Live, second) => at_one_time(&server, &traps, first, second)?,
    };
    wrong.extend(traps.touched());
    if let Err(left) = before.expect_nothing_left() {
        wrong.push(format!("left on the host:\n{left}"));
    }
    if let Err(error) = expect_healthy(&server) {
        wrong.push(format!("after the attack: {error:#}"));
    }
    if let Err(error) = server.stop() {
        wrong.push(format!("{error:#}"));
    }
    if let Err(left) = before.expect_server_gone() {
        wrong.push(format!("left by the stopped server:\n{left}"));
    }
    if !wrong.is_empty() {
        bail!("{}\n{}", wrong.join("\n"), report.summary());
    }
    Ok(Stopped {
        outcome: report.outcome,
        says: last_word(&report),
        elapsed: report.elapsed,
    })
}

fn alone(server: &Sandboxd, traps: &Traps, program: &Program) -> Result<(Vec<String>, Report)> {
    let report = server.run(job(program, traps.facts(server)?)?)?;
    Ok((judge(program, &report), report))
}

fn one_after_the_other(
    server: &Sandboxd,
    traps: &Traps,
    first: &Program,
    second: &Program,
) -> Result<(Vec<String>, Report)> {
    let (mut wrong, earlier) = alone(server, traps, first)?;
    let mut facts = traps.facts(server)?;
    facts.insert(
        "first_stdout".to_owned(),
        Value::String(earlier.stdout_text()),
    );
    let report = server.run(job(second, facts)?)?;
    wrong.extend(judge(second, &report));
    Ok((wrong, report))
}

fn at_one_time(
    server: &Sandboxd,
    traps: &Traps,
    first: &Program,
    second: &Program,
) -> Result<(Vec<String>, Report)> {
    let mut facts = traps.facts(server)?;
    facts.insert(
        "secret".to_owned(),
        Value::String(traps.secret().to_owned()),
    );
    let mut neighbour = server.begin(job(first, facts)?)?;
    neighbour
        .wait_for_stdout(b"READY", READY_PATIENCE)
        .context("the first program")?;
    let mut facts = traps.facts(server)?;
    let digits: String = traps
        .secret()
        .bytes()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    facts.insert("secret_hex".to_owned(), Value::String(digits));
    let report = server.run(job(second, facts)?)?;
    let mut wrong = judge(second, &report);
    // It may have reached a limit of its own by now.
    let _ = neighbour.cancel();
    let earlier = neighbour
        .finish(RUN_PATIENCE)
        .context("the first program")?;
    wrong.extend(
        judge(first, &earlier)
            .into_iter()
            .map(|problem| format!("the first program: {problem}")),
    );
    Ok((wrong, report))
}

/// The job that runs a program which knows these facts.
///
/// # Errors
/// When its kit can't be read.
pub fn job(program: &Program, facts: Map<String, Value>) -> Result<Job> {
    let mut stdin = serde_json::to_vec(&Value::Object(facts)).context("writing the facts")?;
    stdin.push(b'\n');
    stdin.resize(stdin.len() + program.stdin_bytes, b'x');
    let mut job = Job::new(program.source.clone())
        .stdin(stdin)
        .file("kit.py", attack::kit()?);
    if let Some(call) = &program.call {
        job = job.function(call.name.clone(), call.arguments.clone());
    }
    if program.files.is_some() {
        job = job.collect();
    }
    let generous = JobLimits {
        wall: Some(scaled(BLOCKED_TIME)),
        cpu: Some(scaled(BLOCKED_TIME)),
        ..JobLimits::default()
    };
    Ok(match (&program.limits, &program.expect) {
        (Some(limits), _) => job.limits(limits.clone()),
        (None, Expectation::Blocked) => job.limits(generous),
        (None, Expectation::Outcome(_)) => job,
    })
}

/// An honest program must still work.
fn expect_healthy(server: &Sandboxd) -> Result<()> {
    let report = server.run(Job::new("print(input())").stdin("honest\n"))?;
    if report.outcome != Outcome::Ok || report.stdout != b"honest\n" {
        bail!("an honest program failed: {}", report.summary());
    }
    Ok(())
}

/// What the program says of its end, for the table.
fn last_word(report: &Report) -> String {
    let stdout = report.stdout_text();
    let lines = || stdout.lines().rev();
    let said = lines()
        .find(|line| line.starts_with("BLOCKED"))
        .or_else(|| lines().next())
        .unwrap_or_default();
    said.chars()
        .filter(|character| !character.is_control())
        .take(60)
        .collect()
}
