//! A batch: one program, some inputs, and what became of each.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use coderunner_proto::common::v1::OutputStream;
use coderunner_proto::sandbox::v1::execute_response::Event;
use coderunner_proto::sandbox::v1::{
    BatchEnd, BatchFinished, CancelRequest, Case, ExecuteRequest, Finished,
};
use tokio::task::JoinHandle;

use crate::job::{Job, call};
use crate::running::{Arrival, Report, report};
use crate::server::Connection;

/// What a test asks for.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    job: Job,
    cases: Vec<Case>,
    max_parallel: i32,
    stop_on_first_failure: bool,
}

/// One case, as far as it is known.
#[derive(Debug, Clone, Default)]
pub struct CaseSeen {
    /// When it started.
    pub started: Option<Instant>,
    /// Standard output so far.
    pub stdout: Vec<u8>,
    /// Standard error so far.
    pub stderr: Vec<u8>,
    /// When it ended, and how.
    pub finished: Option<(Instant, Finished)>,
}

/// A batch whose events arrive. Dropping it ends the stream, which cancels it.
#[derive(Debug)]
pub struct RunningBatch {
    connection: Connection,
    run_id: String,
    arrivals: Receiver<Arrival>,
    listener: JoinHandle<()>,
    /// By index.
    pub cases: Vec<CaseSeen>,
    end: Option<BatchFinished>,
}

/// How a batch ended.
#[derive(Debug)]
pub struct BatchReport {
    /// Why.
    pub end: BatchEnd,
    /// The cases that were run, by index; the others are behind them.
    pub reports: Vec<Report>,
    /// When each started and ended.
    pub times: Vec<(Instant, Instant)>,
    /// Cases that never began.
    pub skipped: usize,
}

impl Batch {
    /// Of a job, whose own input and function call are those of no case.
    pub fn new(job: Job) -> Self {
        Self {
            job,
            ..Self::default()
        }
    }

    /// With one more case that reads this.
    #[must_use]
    pub fn case(mut self, stdin: impl Into<Vec<u8>>) -> Self {
        self.cases.push(Case {
            stdin: stdin.into(),
            function_call: None,
        });
        self
    }

    /// With one more case that calls a function.
    #[must_use]
    pub fn call(mut self, name: &str, arguments: &str) -> Self {
        self.cases.push(Case {
            stdin: Vec::new(),
            function_call: Some(call((name.to_owned(), arguments.to_owned()))),
        });
        self
    }

    /// With at most that many at one time.
    #[must_use]
    pub fn max_parallel(mut self, most: i32) -> Self {
        self.max_parallel = most;
        self
    }

    /// Ends with the first case that fails.
    #[must_use]
    pub fn stop_on_first_failure(mut self) -> Self {
        self.stop_on_first_failure = true;
        self
    }

    pub(crate) fn into_request(self, run_id: String) -> ExecuteRequest {
        let Self {
            job,
            cases,
            max_parallel,
            stop_on_first_failure,
        } = self;
        ExecuteRequest {
            cases,
            max_parallel,
            stop_on_first_failure,
            ..job.into_request(run_id)
        }
    }
}

impl RunningBatch {
    pub(crate) fn new(
        connection: Connection,
        run_id: String,
        arrivals: Receiver<Arrival>,
        listener: JoinHandle<()>,
    ) -> Self {
        Self {
            connection,
            run_id,
            arrivals,
            listener,
            cases: Vec::new(),
            end: None,
        }
    }

    /// Takes in events until the cases are as wanted.
    ///
    /// # Errors
    /// When the batch ends or `patience` is over before.
    pub fn wait_until(
        &mut self,
        patience: Duration,
        wanted: impl Fn(&[CaseSeen]) -> bool,
    ) -> Result<()> {
        let deadline = Instant::now() + patience;
        while !wanted(&self.cases) {
            ensure!(self.end.is_none(), "it ended before: {:?}", self.cases);
            self.take_in(deadline)?;
        }
        Ok(())
    }

    /// Kills it; its end still has to be awaited.
    ///
    /// # Errors
    /// What the server answered.
    pub fn cancel(&self) -> Result<()> {
        let request = CancelRequest {
            run_id: self.run_id.clone(),
        };
        let mut client = self.connection.client();
        self.connection
            .block_on(client.cancel(request))
            .context("cancelling")?;
        Ok(())
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// When the stream breaks, holds what it must not, or `patience` is over before.
    pub fn finish(mut self, patience: Duration) -> Result<BatchReport> {
        let deadline = Instant::now() + patience;
        while self.end.is_none() {
            self.take_in(deadline)?;
        }
        self.connection.block_on(async {
            // The stream must end after its last event.
            tokio::time::timeout(Duration::from_secs(5), &mut self.listener).await
        })??;
        let finished = self.end.take().context("the loop ends with it")?;
        let run = usize::try_from(finished.run_count)?;
        let (mut reports, mut times) = (Vec::new(), Vec::new());
        for (index, case) in std::mem::take(&mut self.cases).into_iter().enumerate() {
            ensure!(index < run, "case {index} was said to be skipped: {case:?}");
            let (ended, finished) = case
                .finished
                .with_context(|| format!("case {index} has no end"))?;
            let began = case.started.unwrap_or(ended);
            times.push((began, ended));
            let (stdout, stderr) = (case.stdout, case.stderr);
            reports.push(report(finished, stdout, stderr, Vec::new(), ended - began)?);
        }
        ensure!(
            reports.len() == run,
            "{run} were run, {} told",
            reports.len()
        );
        Ok(BatchReport {
            end: finished.end(),
            reports,
            times,
            skipped: usize::try_from(finished.skipped_count)?,
        })
    }

    fn take_in(&mut self, deadline: Instant) -> Result<()> {
        let left = deadline.saturating_duration_since(Instant::now());
        let (moment, response) = match self.arrivals.recv_timeout(left) {
            Ok(arrival) => arrival,
            Err(RecvTimeoutError::Timeout) => bail!("nothing came in time: {:?}", self.cases),
            Err(RecvTimeoutError::Disconnected) => bail!("the stream ended early"),
        };
        let response = response.context("the batch was refused or broke")?;
        ensure!(self.end.is_none(), "something came after the end");
        let event = response.event.context("a message without an event")?;
        if let Event::BatchFinished(finished) = event {
            self.end = Some(finished);
            return Ok(());
        }
        let index = usize::try_from(response.case_index)?;
        if index >= self.cases.len() {
            self.cases.resize(index + 1, CaseSeen::default());
        }
        let case = &mut self.cases[index];
        ensure!(
            case.finished.is_none(),
            "case {index} goes on after its end"
        );
        match event {
            Event::Started(_) => {
                ensure!(case.started.is_none(), "case {index} starts twice");
                case.started = Some(moment);
            }
            Event::Output(output) => match OutputStream::try_from(output.stream) {
                Ok(OutputStream::Stdout) => case.stdout.extend(output.data),
                Ok(OutputStream::Stderr) => case.stderr.extend(output.data),
                other => bail!("output on {other:?}"),
            },
            Event::Finished(finished) => case.finished = Some((moment, finished)),
            Event::File(_) => bail!("case {index} sends a file, and nobody asked for any"),
            Event::BatchFinished(_) => {}
        }
        Ok(())
    }
}

impl Drop for RunningBatch {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl BatchReport {
    /// All standard outputs as text.
    pub fn outputs(&self) -> Vec<String> {
        self.reports.iter().map(Report::stdout_text).collect()
    }

    /// The most cases that ran at one time, by what the client saw.
    pub fn most_at_once(&self) -> usize {
        let running_at = |moment: Instant| {
            let at = |(began, ended): &&(Instant, Instant)| *began <= moment && moment < *ended;
            self.times.iter().filter(at).count()
        };
        self.times
            .iter()
            .map(|(began, _)| running_at(*began))
            .max()
            .unwrap_or(0)
    }
}
