//! `admin runners`.

use coderunner_client::Client;
use coderunner_proto::v1::runner_service_client::RunnerServiceClient;
use coderunner_proto::v1::{
    DrainRunnerRequest, ListRunnersRequest, ListRunnersResponse, ResumeRunnerRequest, Runner,
    RunnerHealth,
};

use super::args::Runners;
use super::ask;
use crate::failure::{End, Failure};
use crate::text::{plain, print_json, print_table, say, table};

/// Does what was said about runner hosts.
pub async fn runners(client: &Client, command: Runners, json: bool) -> Result<End, Failure> {
    match command {
        Runners::List => list(client, json).await?,
        Runners::Drain { runner } => {
            let request = DrainRunnerRequest { runner_id: runner };
            let answer = ask!(client, RunnerServiceClient.drain_runner(request));
            told(&answer.runner.unwrap_or_default(), json)?;
        }
        Runners::Resume { runner } => {
            let request = ResumeRunnerRequest { runner_id: runner };
            let answer = ask!(client, RunnerServiceClient.resume_runner(request));
            told(&answer.runner.unwrap_or_default(), json)?;
        }
    }
    Ok(End::Good)
}

fn told(runner: &Runner, json: bool) -> Result<(), Failure> {
    match json {
        true => print_json(runner)?,
        false => say!(
            "{} is {}; it runs {} now.",
            plain(&runner.id),
            health_word(runner.health()),
            runner.running_count
        ),
    }
    Ok(())
}

async fn list(client: &Client, json: bool) -> Result<(), Failure> {
    let mut runners = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListRunnersRequest {
            page_size: 100,
            page_token,
        };
        let page = ask!(client, RunnerServiceClient.list_runners(request));
        runners.extend(page.runners);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if json {
        print_json(&ListRunnersResponse {
            runners,
            next_page_token: String::new(),
        })?;
        return Ok(());
    }
    let mut rows = table(["RUNNER", "HEALTH", "RUNNING", "CAPACITY", "VERSION"]);
    for runner in &runners {
        rows.add_row([
            plain(&runner.id),
            health_word(runner.health()).to_owned(),
            runner.running_count.to_string(),
            runner.capacity.to_string(),
            plain(&runner.version),
        ]);
    }
    print_table(&rows);
    Ok(())
}

fn health_word(health: RunnerHealth) -> &'static str {
    match health {
        RunnerHealth::Healthy => "healthy",
        RunnerHealth::Unhealthy => "unhealthy",
        RunnerHealth::Draining => "draining",
        RunnerHealth::Unspecified => "in a state that this version does not know",
    }
}
