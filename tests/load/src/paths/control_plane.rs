//! The public API, as users' programs call it: a run from `CreateRun` and a submission from
//! `CreateSubmission`, each to the final event of its watch.

use super::{Path, SOURCE, check};
use anyhow::{Context, Result, bail, ensure};
use coderunner_client::{
    Client, NewAccount, NewRun, NewSubmission, RunEvent, Settings, SubmissionEvent,
};
use coderunner_proto::{common::v1::Outcome, v1::Verdict};
use futures::{StreamExt, future::BoxFuture};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use uuid::Uuid;

/// As many as the most workers: no account may hold more than a share of all sandboxes, so one
/// alone could not use them all.
const ACCOUNTS: usize = 8;

/// The problem of the course in `tests/load/content`, and its solution.
const PROBLEM: &str = "greeting";
const SOLUTION: &str = include_str!("../../content/problems/greeting/solution.py");
const TESTS: i32 = 10;

/// Users that are logged in and take turns. Cheap to clone; clones share the turns.
#[derive(Clone)]
pub struct Accounts {
    clients: Arc<[Client]>,
    turn: Arc<AtomicUsize>,
}

impl Accounts {
    /// Makes new accounts.
    pub async fn register(server: &str) -> Result<Self> {
        let mut clients = Vec::with_capacity(ACCOUNTS);
        for _ in 0..ACCOUNTS {
            let client = Client::new(Settings::new(server))?;
            let account = NewAccount {
                email: format!("load-{}@example.org", Uuid::new_v4()),
                password: Uuid::new_v4().to_string(),
                display_name: "Load".to_owned(),
                age_group: Default::default(),
            };
            client
                .register(account)
                .await
                .with_context(|| format!("could not make an account on {server}"))?;
            clients.push(client);
        }
        Ok(Self {
            clients: clients.into(),
            turn: Arc::default(),
        })
    }

    fn next(&self) -> &Client {
        &self.clients[self.turn.fetch_add(1, Ordering::Relaxed) % ACCOUNTS]
    }
}

/// A run.
pub struct WholeRun(pub Accounts);

impl Path for WholeRun {
    fn name(&self) -> &'static str {
        "control-plane-run"
    }

    fn run(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async {
            let mut started = self.0.next().run(NewRun::of_source(SOURCE)).await?;
            while let Some(event) = started.events.next().await {
                if let RunEvent::Finished(run) = event? {
                    ensure!(
                        run.outcome() == Outcome::Ok,
                        "{}",
                        run.outcome().as_str_name()
                    );
                    return check(&run.stdout);
                }
            }
            bail!("the stream ended without a result")
        })
    }
}

/// A right solution, graded by 10 tests.
pub struct Grade(pub Accounts);

impl Path for Grade {
    fn name(&self) -> &'static str {
        "grade-10"
    }

    fn one_in(&self) -> u32 {
        4
    }

    fn run(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async {
            let new = NewSubmission {
                problem: PROBLEM.to_owned(),
                source: SOLUTION.to_owned(),
                files: Vec::new(),
            };
            let mut started = self.0.next().submit(new).await?;
            while let Some(event) = started.events.next().await {
                if let SubmissionEvent::Finished(submission) = event? {
                    let verdict = submission.verdict();
                    ensure!(
                        verdict == Verdict::Accepted && submission.passed_test_count == TESTS,
                        "{} with {} of {TESTS} tests passed",
                        verdict.as_str_name(),
                        submission.passed_test_count
                    );
                    return Ok(());
                }
            }
            bail!("the stream ended without a verdict")
        })
    }
}
