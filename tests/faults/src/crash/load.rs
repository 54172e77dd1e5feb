//! Callers who each ask for one run or submission after the other, and wait for its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use coderunner_client::{Client, Error};
use coderunner_proto::common::v1::{Outcome, Program, RunState};
use coderunner_proto::v1::execution_service_client::ExecutionServiceClient;
use coderunner_proto::v1::submission_service_client::SubmissionServiceClient;
use coderunner_proto::v1::user_service_client::UserServiceClient;
use coderunner_proto::v1::{
    CreateRunRequest, CreateSubmissionRequest, GetStatsRequest, GetStatsResponse, Run, Submission,
    Verdict,
};
use e2e_tests::{Stack, new_account};
use prost_types::Timestamp;
use tokio::task::JoinSet;
use tonic::Status;
use uuid::Uuid;

use super::ledger::{End, Entry, Findings, Ledger};

/// Accounts that ask side by side.
const CALLERS: usize = 6;
/// A call that has no answer by then is made again.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Between two calls of one caller.
const PAUSE: Duration = Duration::from_millis(50);
/// What has no end by then, though everything runs, has none.
const END_LIMIT: Duration = Duration::from_secs(60);
/// The problem that is solved, rightly and wrongly.
const PROBLEM: &str = "hello-name";

/// The callers of a load.
pub struct Load {
    callers: JoinSet<Result<Account>>,
}

/// One caller, and how much of it was accepted.
struct Account {
    client: Client,
    number: usize,
    runs: usize,
    submissions: usize,
    solved: usize,
}

/// Starts the callers; they ask until the ledger is closed.
///
/// # Errors
/// When an account can't be made.
pub fn start(stack: &Stack, ledger: &Arc<Ledger>) -> Result<Load> {
    let clients = (0..CALLERS).map(|_| stack.client());
    let clients: Vec<Client> = clients.collect::<Result<_>>()?;
    e2e_tests::wait(async {
        let mut callers = JoinSet::new();
        for (number, client) in clients.into_iter().enumerate() {
            client.register(new_account()).await?;
            let account = Account {
                client,
                number,
                runs: 0,
                submissions: 0,
                solved: 0,
            };
            callers.spawn(account.ask(Arc::clone(ledger)));
        }
        Ok(Load { callers })
    })
}

impl Load {
    /// Waits for the callers, and compares what they saw with what is stored now.
    ///
    /// # Errors
    /// A caller that was refused what it may do.
    pub async fn finish(mut self, ledger: &Ledger) -> Result<Findings> {
        let mut accounts = Vec::new();
        while let Some(account) = self.callers.join_next().await {
            accounts.push(account.context("a caller panicked")??);
        }
        let mut findings = ledger.findings();
        for account in accounts {
            let stats = account.stats().await?;
            let Account {
                runs,
                submissions,
                solved,
                ..
            } = account;
            findings.compare("runs of an account", runs, stats.run_count);
            findings.compare(
                "submissions of an account",
                submissions,
                stats.submission_count,
            );
            findings.compare(
                "accepted submissions of an account",
                solved,
                stats.accepted_submission_count,
            );
        }
        Ok(findings)
    }
}

impl Account {
    /// Asks for one after the other, and waits for the end of each.
    async fn ask(mut self, ledger: Arc<Ledger>) -> Result<Self> {
        let mut entries = Vec::new();
        for round in 0.. {
            if ledger.is_closed() || ledger.is_full() {
                break;
            }
            // One of three is a submission.
            let entry = if round % 3 == 2 {
                self.submit(round, &ledger).await?
            } else {
                self.run(round, &ledger).await?
            };
            entries.push(entry);
            tokio::time::sleep(PAUSE).await;
        }
        while !ledger.is_closed() {
            tokio::time::sleep(PAUSE).await;
        }
        for mut entry in entries {
            entry.last = self.see(&entry.id, entry.is_run).await?;
            ledger.enter(entry);
        }
        Ok(self)
    }

    /// Runs a program whose output nobody else's has.
    async fn run(&mut self, round: usize, ledger: &Ledger) -> Result<Entry> {
        let number = self.number * 100_000 + round;
        let code = if round % 5 == 4 { 3 } else { 0 };
        let source = format!(
            "import time\nn = int(input())\nprint(n)\ntime.sleep({})\nprint(n * n)\nraise SystemExit({code})\n",
            (number % 4) as f64 * 0.1
        );
        let request = CreateRunRequest {
            request_id: Uuid::new_v4().to_string(),
            program: Some(program(source)),
            stdin: format!("{number}\n").into_bytes(),
            ..CreateRunRequest::default()
        };
        let run = self
            .until_accepted(ledger, request, |client, request| async move {
                let answer = ExecutionServiceClient::new(client.channel())
                    .create_run(request)
                    .await?;
                Ok(answer.into_inner().run)
            })
            .await?;
        self.runs += 1;
        let word = match code {
            0 => Outcome::Ok,
            _ => Outcome::RuntimeError,
        };
        let output = format!("{number}\n{}\n", number * number);
        self.entry(run.id, true, End::right(word.as_str_name(), &output))
            .await
    }

    /// Submits a solution, every second time a wrong one.
    async fn submit(&mut self, round: usize, ledger: &Ledger) -> Result<Entry> {
        let is_right = round.is_multiple_of(2);
        let answer = if is_right {
            "'Hello, ' + name + '!'"
        } else {
            "'Hi'"
        };
        let source =
            format!("import time\nname = input()\ntime.sleep(0.1)\nprint({answer})\n# {round}\n");
        let request = CreateSubmissionRequest {
            request_id: Uuid::new_v4().to_string(),
            problem: PROBLEM.to_owned(),
            program: Some(program(source)),
        };
        let submission = self
            .until_accepted(ledger, request, |client, request| async move {
                let answer = SubmissionServiceClient::new(client.channel())
                    .create_submission(request)
                    .await?;
                Ok(answer.into_inner().submission)
            })
            .await?;
        self.submissions += 1;
        self.solved += usize::from(is_right);
        let verdict = match is_right {
            true => Verdict::Accepted,
            false => Verdict::WrongAnswer,
        };
        let output = format!("{TESTS} tests, {verdict:?}");
        self.entry(
            submission.id,
            false,
            End::right(verdict.as_str_name(), &output),
        )
        .await
    }

    /// Asks again with the same request until it is accepted.
    async fn until_accepted<Q: Clone, A, F>(
        &self,
        ledger: &Ledger,
        request: Q,
        send: impl Fn(Client, tonic::Request<Q>) -> F,
    ) -> Result<A>
    where
        F: Future<Output = Result<Option<A>, Status>>,
    {
        let began = Instant::now();
        for repeats in 0.. {
            if began.elapsed() > END_LIMIT {
                bail!("nothing is accepted any more, after {repeats} calls");
            }
            let message = match self.client.authorised(request.clone()).await {
                Ok(message) => message,
                Err(error) => {
                    passing(error)?;
                    continue;
                }
            };
            let answer = send(self.client.clone(), message);
            match tokio::time::timeout(ANSWER_LIMIT, answer).await {
                Ok(Ok(answer)) => {
                    ledger.accept(repeats);
                    return answer.context("an answer without what was made");
                }
                Ok(Err(status)) => passing_status(&status)?,
                Err(_) => {}
            }
            tokio::time::sleep(PAUSE).await;
        }
        unreachable!("the count of calls has no end")
    }

    /// Waits for the first end that is seen.
    async fn entry(&self, id: String, is_run: bool, right: End) -> Result<Entry> {
        let first = self.see(&id, is_run).await?;
        Ok(Entry {
            id,
            is_run,
            first,
            last: None,
            right,
        })
    }

    /// Looks until it has ended; none when it does not end, or is known to nobody.
    async fn see(&self, id: &str, is_run: bool) -> Result<Option<End>> {
        let began = Instant::now();
        while began.elapsed() < END_LIMIT {
            let seen = match is_run {
                true => self.client.get_run(id).await.map(run_end),
                false => self.client.get_submission(id).await.map(submission_end),
            };
            match seen {
                Ok(Some(end)) => return Ok(Some(end)),
                Ok(None) => {}
                Err(Error::NotFound(_)) => return Ok(None),
                Err(error) => passing(error)?,
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(None)
    }

    async fn stats(&self) -> Result<GetStatsResponse> {
        let request = self.client.authorised(GetStatsRequest {}).await?;
        let answer = UserServiceClient::new(self.client.channel())
            .get_stats(request)
            .await?;
        Ok(answer.into_inner())
    }
}

/// Tests of [`PROBLEM`].
const TESTS: usize = 6;

fn program(source: String) -> Program {
    Program {
        source,
        files: Vec::new(),
    }
}

fn run_end(run: Run) -> Option<End> {
    (run.state() == RunState::Finished).then(|| End {
        word: run.outcome().as_str_name().to_owned(),
        output: String::from_utf8_lossy(&run.stdout).into_owned(),
        time: micros(run.finish_time),
    })
}

fn submission_end(submission: Submission) -> Option<End> {
    let results = &submission.test_results;
    (submission.state() == RunState::Finished).then(|| End {
        word: submission.verdict().as_str_name().to_owned(),
        output: format!("{} tests, {:?}", results.len(), submission.verdict()),
        time: micros(submission.finish_time),
    })
}

/// Databases keep times to the microsecond.
fn micros(time: Option<Timestamp>) -> i128 {
    time.map_or(0, |time| {
        i128::from(time.seconds) * 1_000_000 + i128::from(time.nanos / 1000)
    })
}

/// Nothing for what passes when the installation is whole again, else the error.
fn passing(error: Error) -> Result<()> {
    match error {
        Error::Unreachable { .. } | Error::Timeout { .. } | Error::TryLater(_) => Ok(()),
        error => Err(error).context("refused what must be allowed"),
    }
}

fn passing_status(status: &Status) -> Result<()> {
    use tonic::Code::{Cancelled, DeadlineExceeded, ResourceExhausted, Unavailable, Unknown};
    match status.code() {
        Unavailable | DeadlineExceeded | ResourceExhausted => Ok(()),
        // A connection that broke in the middle of an answer.
        Cancelled | Unknown => Ok(()),
        _ => bail!("refused what must be allowed: {status}"),
    }
}
