//! A run that was begun, and how it ended.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use coderunner_proto::common::v1::{CompileError, Outcome, OutputStream, Usage};
use coderunner_proto::sandbox::v1::execute_response::Event;
use coderunner_proto::sandbox::v1::{
    CancelRequest, CloseInputRequest, ExecuteResponse, File, Finished, FunctionStatus,
    WriteInputRequest,
};
use tokio::sync::oneshot;

use crate::files::{self, LeftFiles};
use crate::server::Connection;
use crate::slowness::scaled;

/// One message with the moment of its arrival, or the reason why there is none.
pub(crate) type Arrival = (Instant, Result<ExecuteResponse, tonic::Status>);

/// A run whose events arrive. Dropping it ends the stream, which cancels the run.
#[derive(Debug)]
pub struct Running {
    pub(crate) connection: Connection,
    pub(crate) run_id: String,
    pub(crate) began: Instant,
    pub(crate) arrivals: Receiver<Arrival>,
    pub(crate) listener: tokio::task::JoinHandle<()>,
    /// Dropped when the listener may read on; only for a run that was begun unread.
    pub(crate) hold: Option<oneshot::Sender<()>>,
    pub(crate) started: Option<Instant>,
    /// Standard output that has arrived.
    pub stdout: Vec<u8>,
    /// Standard error that has arrived.
    pub stderr: Vec<u8>,
    /// What was drawn and has arrived.
    pub drawing: Vec<u8>,
    /// Pieces of files that have arrived.
    pub(crate) files: Vec<File>,
    pub(crate) end: Option<(Instant, Finished)>,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Report {
    /// One word for it.
    pub outcome: Outcome,
    /// Exit code of the main process, unless a signal ended it.
    pub exit_code: Option<i32>,
    /// Signal that ended the main process.
    pub signal: Option<i32>,
    /// What it used.
    pub usage: Usage,
    /// With a compile error, what and where.
    pub compile_error: Option<CompileError>,
    /// What became of the function call.
    pub function_status: FunctionStatus,
    /// The returned value as JSON.
    pub result_json: Vec<u8>,
    /// Our own failure, for operators.
    pub internal_error: String,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// What it drew, if that was asked for.
    pub drawing: Vec<u8>,
    /// Files that it left, if they were asked for.
    pub files: LeftFiles,
    /// Time from the request to the last event, as the client saw it.
    pub elapsed: Duration,
    /// Time from the event that says that the program starts to the last one, as the client saw it.
    pub ran: Duration,
}

impl Report {
    /// Standard output as text, with marks in place of invalid bytes.
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error likewise.
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Wall-clock time that the server counted.
    pub fn wall(&self) -> Duration {
        duration(self.usage.wall_duration.as_ref())
    }

    /// Time in which it waited for input, and which did not count.
    pub fn input_wait(&self) -> Duration {
        duration(self.usage.input_wait_duration.as_ref())
    }

    /// CPU time that the server counted.
    pub fn cpu(&self) -> Duration {
        duration(self.usage.cpu_duration.as_ref())
    }

    /// The end of a run in a few lines, for messages of failed tests.
    pub fn summary(&self) -> String {
        let Self {
            outcome,
            exit_code,
            signal,
            elapsed,
            internal_error,
            ..
        } = self;
        format!(
            "{} exit_code={exit_code:?} signal={signal:?} function={} result={:?} wall={:?} cpu={:?} memory={} MiB \
             elapsed={elapsed:?} internal_error={internal_error:?} compile_error={:?}\n--- stdout\n{}\n--- stderr\n{}",
            outcome.as_str_name(),
            self.function_status.as_str_name(),
            shorten(&String::from_utf8_lossy(&self.result_json)),
            self.wall(),
            self.cpu(),
            self.usage.peak_memory_bytes >> 20,
            self.compile_error,
            shorten(&self.stdout_text()),
            shorten(&self.stderr_text()),
        )
    }
}

impl Running {
    pub(crate) fn new(
        connection: Connection,
        run_id: String,
        began: Instant,
        arrivals: Receiver<Arrival>,
        listener: tokio::task::JoinHandle<()>,
    ) -> Self {
        Self {
            connection,
            run_id,
            began,
            arrivals,
            listener,
            hold: None,
            started: None,
            stdout: Vec::new(),
            stderr: Vec::new(),
            drawing: Vec::new(),
            files: Vec::new(),
            end: None,
        }
    }

    /// Takes in events until standard output holds `needle`; tells when that was.
    ///
    /// # Errors
    /// When the run ends or `patience` is over before.
    pub fn wait_for_stdout(&mut self, needle: &[u8], patience: Duration) -> Result<Instant> {
        self.wait_for(|run| &run.stdout, needle, patience)
    }

    /// Waits until what was drawn has these bytes; says when they came.
    ///
    /// # Errors
    /// When the run ends or `patience` is over before.
    pub fn wait_for_drawing(&mut self, needle: &[u8], patience: Duration) -> Result<Instant> {
        self.wait_for(|run| &run.drawing, needle, patience)
    }

    fn wait_for(
        &mut self,
        of: impl Fn(&Self) -> &Vec<u8>,
        needle: &[u8],
        patience: Duration,
    ) -> Result<Instant> {
        let deadline = Instant::now() + scaled(patience);
        let mut moment = self.began;
        while !contains(of(self), needle) {
            if self.end.is_some() {
                bail!(
                    "the run ended before it printed {:?}",
                    String::from_utf8_lossy(needle)
                );
            }
            moment = self.take_in(deadline).with_context(|| {
                let seen = shorten(&String::from_utf8_lossy(of(self)));
                format!(
                    "waiting for {:?}; so far there is {seen:?}",
                    String::from_utf8_lossy(needle)
                )
            })?;
        }
        Ok(moment)
    }

    /// Takes in events until the program was started; tells when that was.
    ///
    /// # Errors
    /// When the stream breaks or `patience` is over before.
    pub fn wait_for_start(&mut self, patience: Duration) -> Result<Instant> {
        let deadline = Instant::now() + scaled(patience);
        loop {
            if let Some(started) = self.started {
                return Ok(started);
            }
            self.take_in(deadline)?;
        }
    }

    /// Takes in events until the end is among them; tells when that was. It still has to be finished.
    ///
    /// # Errors
    /// When the stream breaks or `patience` is over before.
    pub fn wait_for_end(&mut self, patience: Duration) -> Result<Instant> {
        let deadline = Instant::now() + scaled(patience);
        loop {
            if let Some((ended, _)) = &self.end {
                return Ok(*ended);
            }
            self.take_in(deadline)?;
        }
    }

    /// Whether nothing more will come: it ended, was refused or broke.
    pub fn is_over(&self) -> bool {
        self.end.is_some() || self.listener.is_finished()
    }

    /// Reads what a run that was begun unread has sent, from now on.
    pub fn read_on(&mut self) {
        self.hold = None;
    }

    /// Appends to the program's standard input.
    ///
    /// # Errors
    /// What the server answered.
    pub fn write_input(&self, data: &[u8]) -> Result<()> {
        let request = WriteInputRequest {
            run_id: self.run_id.clone(),
            data: data.to_vec(),
        };
        let mut client = self.connection.client();
        self.connection
            .block_on(client.write_input(request))
            .context("writing input")?;
        Ok(())
    }

    /// Ends the program's standard input.
    ///
    /// # Errors
    /// What the server answered.
    pub fn close_input(&self) -> Result<()> {
        let request = CloseInputRequest {
            run_id: self.run_id.clone(),
        };
        let mut client = self.connection.client();
        self.connection
            .block_on(client.close_input(request))
            .context("closing input")?;
        Ok(())
    }

    /// Kills the run; its end still has to be awaited.
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
    /// When the stream breaks or `patience` is over before.
    pub fn finish(mut self, patience: Duration) -> Result<Report> {
        let deadline = Instant::now() + scaled(patience);
        while self.end.is_none() {
            self.take_in(deadline)?;
        }
        let (moment, finished) = self.end.take().expect("the loop ends with it");
        let began = self.began;
        let ran = moment - self.started.unwrap_or(began);
        self.connection.block_on(async {
            // The stream must end after its last event.
            let listener = &mut self.listener;
            tokio::time::timeout(scaled(Duration::from_secs(5)), listener).await
        })??;
        let (stdout, stderr) = (
            std::mem::take(&mut self.stdout),
            std::mem::take(&mut self.stderr),
        );
        let files = std::mem::take(&mut self.files);
        let report = report(finished, stdout, stderr, files, moment - began)?;
        let drawing = std::mem::take(&mut self.drawing);
        Ok(Report {
            ran,
            drawing,
            ..report
        })
    }

    fn take_in(&mut self, deadline: Instant) -> Result<Instant> {
        let left = deadline.saturating_duration_since(Instant::now());
        let (moment, response) = match self.arrivals.recv_timeout(left) {
            Ok(arrival) => arrival,
            Err(RecvTimeoutError::Timeout) => {
                bail!("nothing came in time from run {}", self.run_id)
            }
            Err(RecvTimeoutError::Disconnected) => {
                bail!("the stream of run {} ended early", self.run_id)
            }
        };
        let response =
            response.with_context(|| format!("run {} was refused or broke", self.run_id))?;
        match response.event.context("a message without an event")? {
            Event::Started(_) => self.started = Some(moment),
            Event::BatchFinished(_) => bail!("the end of a batch"),
            Event::Output(output) => match OutputStream::try_from(output.stream) {
                Ok(OutputStream::Stdout) => self.stdout.extend(output.data),
                Ok(OutputStream::Stderr) => self.stderr.extend(output.data),
                Ok(OutputStream::Drawing) => self.drawing.extend(output.data),
                other => bail!("output on {other:?}"),
            },
            Event::File(piece) => self.files.push(piece),
            Event::Finished(finished) => self.end = Some((moment, finished)),
        }
        Ok(moment)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

pub(crate) fn report(
    finished: Finished,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    files: Vec<File>,
    elapsed: Duration,
) -> Result<Report> {
    let Finished {
        outcome,
        exit_code,
        signal,
        usage,
        compile_error,
        function_status,
        result_json,
        internal_error,
        collected_files,
    } = finished;
    Ok(Report {
        files: files::assemble(files, collected_files)?,
        outcome: Outcome::try_from(outcome).map_err(|_| anyhow!("unknown outcome {outcome}"))?,
        exit_code,
        signal,
        usage: usage.context("a run without usage")?,
        compile_error,
        function_status: FunctionStatus::try_from(function_status)
            .map_err(|_| anyhow!("unknown function status {function_status}"))?,
        result_json,
        internal_error,
        stdout,
        stderr,
        drawing: Vec::new(),
        elapsed,
        ran: elapsed,
    })
}

fn duration(wire: Option<&prost_types::Duration>) -> Duration {
    wire.and_then(|time| Duration::try_from(*time).ok())
        .unwrap_or_default()
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn shorten(text: &str) -> String {
    const MOST: usize = 3000;
    match text.char_indices().nth(MOST) {
        Some((place, _)) => format!("{}... ({} bytes)", &text[..place], text.len()),
        None => text.to_owned(),
    }
}
