//! The doctor's short form, at every start: programs that run against limits and try the layers, in sandboxes like
//! every other. A host on which one of them gets through is served by nobody.

use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use coderunner_proto::common::v1::{Limits as LimitsMessage, OutputStream};
use coderunner_proto::sandbox::v1::{ExecuteResponse, execute_response::Event};
use sandboxd_sandbox::layers::{Layer, stands};
use sandboxd_sandbox::{Ceilings, Limits, Profile};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tonic::Status;

use crate::config::Config;
use crate::doctor::probes::{self, Ended, Probe};
use crate::output::EventSender;
use crate::pool::Pool;
use crate::run::{self, End, Handle, Order};

/// Checks that run at one time, if there can be so many sandboxes.
const AT_ONE_TIME: u32 = 4;
/// What the doctor tries at a start: what a kernel or a setting could take away. The rest takes longer.
const SHORT_FORM: [&str; 10] = [
    "programs",
    "wall_time",
    "cpu_time",
    "memory",
    "processes",
    "namespaces",
    "identity",
    "system_calls",
    "network",
    "filesystem",
];
/// Enough to run against, without the time that the usual limit takes.
const MEMORY_BYTES: u64 = 32 << 20;

/// Runs them with a profile. The standard library's interpreter stands for the layers of all.
///
/// # Errors
/// Each check that failed, and what it found.
pub async fn pass(config: &Config, pool: &Pool, profile: Profile) -> Result<()> {
    let all = probes::probes(config);
    let (mut first, further): (Vec<_>, Vec<_>) = all
        .into_iter()
        .filter(|probe| SHORT_FORM.contains(&probe.name))
        .partition(|probe| probe.name == SHORT_FORM[0]);
    let ready = first.pop().context("the first check is missing")?;
    // Where nothing runs, the others have nothing to add.
    check(config.clone(), pool.clone(), Probe { profile, ..ready }).await?;
    if profile != Profile::Python || !stands(Layer::StartChecks) {
        return Ok(());
    }
    let mut failed = Vec::new();
    let mut running = JoinSet::new();
    let most = usize::try_from(config.pool.max_sandboxes.min(AT_ONE_TIME))?;
    let mut waiting = further.into_iter();
    loop {
        while running.len() < most
            && let Some(probe) = waiting.next()
        {
            running.spawn(check(config.clone(), pool.clone(), probe));
        }
        match running.join_next().await {
            Some(ended) => failed.extend(ended?.err()),
            None => break,
        }
    }
    let failed: Vec<_> = failed.iter().map(|error| format!("{error:#}")).collect();
    ensure!(failed.is_empty(), "{}", failed.join("; "));
    Ok(())
}

async fn check(config: Config, pool: Pool, probe: Probe) -> Result<()> {
    let name = probe.name;
    let ended = ended(&config, &pool, &probe).await;
    ended
        .and_then(|ended| (probe.judge)(&ended, &config))
        .map(|_found| ())
        .map_err(|error| anyhow!("check {name}: {error:#}"))
}

async fn ended(config: &Config, pool: &Pool, probe: &Probe) -> Result<Ended> {
    let limits = limits(config.ceilings(), &probe.limits);
    let kernel_limits = config.kernel_limits(&limits);
    let order = Order::script(
        probe.profile,
        probe.source.as_bytes(),
        limits,
        kernel_limits,
    );
    let (sender, receiver) = mpsc::channel(16);
    let events = EventSender::new(sender);
    let reading = tokio::spawn(read(receiver));
    let End { finished, .. } = run::run(pool, order, &Handle::default(), &events).await;
    drop(events);
    let (stdout, stderr) = reading.await.context("reading its output")?;
    if !finished.internal_error.is_empty() {
        bail!("{}", finished.internal_error);
    }
    Ok(Ended {
        stdout,
        stderr,
        finished,
    })
}

/// Everything that a program writes, to standard output and to standard error.
async fn read(mut events: mpsc::Receiver<Result<ExecuteResponse, Status>>) -> (Vec<u8>, Vec<u8>) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    while let Some(Ok(event)) = events.recv().await {
        if let Some(Event::Output(output)) = event.event {
            match output.stream() {
                OutputStream::Stderr => stderr.extend(output.data),
                _ => stdout.extend(output.data),
            }
        }
    }
    (stdout, stderr)
}

/// What a check asks for, within what the operator allows.
fn limits(ceilings: Ceilings, wishes: &LimitsMessage) -> Limits {
    let Ceilings { defaults, most } = ceilings;
    let time = |wish: Option<prost_types::Duration>, default: Duration, most: Duration| {
        let wish = wish.and_then(|wish| wish.try_into().ok());
        wish.unwrap_or(default).min(most)
    };
    Limits {
        wall_time: time(wishes.wall_time_limit, defaults.wall_time, most.wall_time),
        cpu_time: time(wishes.cpu_time_limit, defaults.cpu_time, most.cpu_time),
        memory_bytes: defaults.memory_bytes.min(MEMORY_BYTES),
        processes: match u32::try_from(wishes.process_limit) {
            Ok(0) | Err(_) => defaults.processes,
            Ok(wish) => wish.min(most.processes),
        },
        ..defaults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_of_the_short_form_is_one_of_the_doctors() {
        let all = probes::probes(&Config::default());
        for name in SHORT_FORM {
            assert!(all.iter().any(|probe| probe.name == name), "{name}");
        }
    }

    #[test]
    fn no_check_asks_for_more_than_the_operator_allows() {
        let mut config = Config::default();
        config.limits.processes = 3;
        config.limits.most_processes = 3;
        for probe in probes::probes(&config) {
            let limits = limits(config.ceilings(), &probe.limits);
            let most = config.ceilings().most;
            assert!(limits.wall_time <= most.wall_time && limits.cpu_time <= most.cpu_time);
            assert!(limits.processes <= 3 || probe.limits.process_limit == 0);
        }
    }
}
