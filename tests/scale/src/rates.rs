//! Requests a second of GetProblem with login, whose problem is in memory, against those of a
//! service that only echoes. Both are processes of their own, called by the same connections'
//! settings, in turn. Of each the CPU time of a call is told too, which counts what the server's
//! process did and not what else the machine does.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use coderunner_client::{Client, Settings};
use coderunner_proto::v1 as pb;
use e2e_tests::Process;
use pb::problem_service_client::ProblemServiceClient;
use pb::snippet_service_client::SnippetServiceClient;
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;

use crate::measure::{Call, last};
use crate::place::{Account, Place, free_port};

/// How the two are compared.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Plan {
    /// Turns of each.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: u32,
    /// Seconds of a turn.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub round_seconds: u32,
    /// Calls at a time.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub callers: u32,
}

/// Calls that share a connection.
const CALLERS_PER_CONNECTION: usize = 8;

/// What a server did in one turn.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    /// Requests a second.
    pub per_s: f64,
    /// CPU time of the server's process for a request, in microseconds.
    pub cpu_us: f64,
}

/// All rounds.
#[derive(Debug, Default)]
pub struct Rates {
    pub echo: Vec<Round>,
    pub get_problem: Vec<Round>,
}

/// Measures both in turn.
pub async fn compare(place: &Place, slug: &str, plan: Plan) -> Result<Rates> {
    let port = free_port()?;
    let folder = tempfile::tempdir()?;
    let own = std::env::current_exe().context("find this program")?;
    let arguments = ["echo".to_owned(), "--port".to_owned(), port.to_string()];
    let mut process = Process::start("echo", &own, arguments, folder.path())?;
    process.wait_until_ready(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok())?;

    let callers = plan.callers as usize;
    let echo = echo(&channels(&format!("http://127.0.0.1:{port}"), callers)?);
    let channels = channels(&place.url(), callers)?;
    let get_problem = get_problem(&place.accounts.ordinary, &channels, slug).await?;
    let turn = Duration::from_secs(plan.round_seconds.into());
    let served = place.process()?;
    let mut rates = Rates::default();
    for (call, server) in [(&echo, &process), (&get_problem, served)] {
        rate(call, server, callers, turn / 2)
            .await
            .context("warm up")?;
    }
    for _ in 0..plan.rounds {
        rates.echo.push(rate(&echo, &process, callers, turn).await?);
        let round = rate(&get_problem, served, callers, turn).await?;
        rates.get_problem.push(round);
    }
    Ok(rates)
}

async fn rate(call: &Call, server: &Process, callers: usize, turn: Duration) -> Result<Round> {
    let before = cpu_time(server)?;
    let measured = last(call, callers, turn).await;
    let used = cpu_time(server)?.saturating_sub(before);
    let failures = &measured.failures;
    ensure!(
        failures.is_empty(),
        "{} calls failed: {}",
        failures.len(),
        failures[0]
    );
    let calls = measured.latencies.len() as f64;
    Ok(Round {
        per_s: calls / measured.elapsed.as_secs_f64(),
        cpu_us: used.as_secs_f64() * 1e6 / calls,
    })
}

/// What all threads of a process that live now have used: the first number of their `schedstat`
/// (Documentation/scheduler/sched-stats.rst of Linux).
fn cpu_time(process: &Process) -> Result<Duration> {
    let mut all = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{}/task", process.id()))? {
        // One that has ended since is not missed: servers keep those that serve.
        let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else {
            continue;
        };
        let nanos = text.split_whitespace().next().context("a time")?;
        all += Duration::from_nanos(nanos.parse()?);
    }
    Ok(all)
}

fn channels(server: &str, callers: usize) -> Result<Vec<Channel>> {
    let connection = |_| -> Result<Channel> { Ok(Client::new(Settings::new(server))?.channel()) };
    let count = callers.div_ceil(CALLERS_PER_CONNECTION);
    (0..count).map(connection).collect()
}

fn echo(channels: &[Channel]) -> Call {
    let stubs: Vec<_> = channels
        .iter()
        .cloned()
        .map(SnippetServiceClient::new)
        .collect();
    Arc::new(move |number| {
        let mut stub = stubs[number % stubs.len()].clone();
        Box::pin(async move {
            let snippet_id = number.to_string();
            let request = pb::GetSnippetRequest {
                snippet_id: snippet_id.clone(),
            };
            let answer = stub.get_snippet(request).await?.into_inner();
            let echoed = answer.snippet.context("an echo")?.id;
            ensure!(echoed == snippet_id, "the echo is another");
            Ok(())
        })
    })
}

async fn get_problem(account: &Account, channels: &[Channel], slug: &str) -> Result<Call> {
    let request = account.client.authorised(()).await?;
    let token: MetadataValue<Ascii> = request
        .metadata()
        .get("authorization")
        .context("the request carries a token")?
        .clone();
    let stubs: Vec<_> = channels
        .iter()
        .cloned()
        .map(ProblemServiceClient::new)
        .collect();
    let slug = slug.to_owned();
    Ok(Arc::new(move |number| {
        let mut stub = stubs[number % stubs.len()].clone();
        let slug = slug.clone();
        let mut request = Request::new(pb::GetProblemRequest { slug: slug.clone() });
        request
            .metadata_mut()
            .insert("authorization", token.clone());
        Box::pin(async move {
            let answer = stub.get_problem(request).await?.into_inner();
            let got = answer.problem.context("a problem")?.slug;
            ensure!(got == slug, "the problem is another");
            Ok(())
        })
    }))
}

/// The middle one of some numbers.
pub fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = numbers.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
