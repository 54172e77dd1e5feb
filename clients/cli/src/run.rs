//! `run`: a program on the server as if it ran here. Its output goes to the same streams, byte by
//! byte; standard input goes to it; Ctrl-C stops it.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use coderunner_client::{Client, NewRun, RunEvent, Stream};
use coderunner_proto::common::v1::{Outcome, SourceFile};
use coderunner_proto::v1::{QueuePosition, Run};
use futures::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};

use crate::args;
use crate::collect::Target;
use crate::explanation::{self, Language};
use crate::failure::{End, Failure};
use crate::interrupt::Interrupts;
use crate::stdin::Input;
use crate::text::{compile_error, print_json, usage};

/// Runs a program and shows what it does while it does it.
pub async fn run(client: &Client, program: args::Run, json: bool) -> Result<End, Failure> {
    let args::Run {
        file,
        more_files,
        profile,
        collect,
        quiet,
    } = program;
    let source = read_source(&file)?;
    let files = read_files(&more_files)?;
    let target = collect.as_deref().map(Target::prepare).transpose()?;
    let interrupts =
        Interrupts::handle(client.clone()).context("can't handle interrupts (Ctrl-C)")?;

    let mut input = Input::start().await;
    let new = NewRun {
        source,
        files,
        stdin: input.take(),
        interactive: !input.has_ended(),
        profile,
        collect_files: target.is_some(),
    };
    let interactive = new.interactive;
    let mut started = client.run(new).await?;
    interrupts.run_is(&started.run.id);

    let waiting = Waiting::show("starting");
    let mut output = Output {
        hidden: json,
        ends_in_line: true,
    };
    let mut running = false;
    let mut input = Some(input).filter(|_| interactive);
    while let Some(event) = started.events.next().await {
        match event? {
            RunEvent::Queued(position) => waiting.queued(&position),
            RunEvent::Started => {
                waiting.done();
                if std::mem::replace(&mut running, true) {
                    eprintln!("coderunner: the runner was lost; the program starts anew");
                }
                if let Some(input) = input.take() {
                    send_input(client, &started.run.id, input);
                }
            }
            RunEvent::Reconnecting => waiting.connection_lost(),
            RunEvent::Output { stream, data } => {
                waiting.done();
                if output.write(stream, &data).is_err() {
                    // The reader of our output is gone, as with `| head -1`.
                    client.cancel_run(&started.run.id).await?;
                    return Ok(End::Cancelled);
                }
            }
            RunEvent::Finished(run) => {
                waiting.done();
                if !quiet {
                    output.end_line();
                    eprintln!("{}", summary(&run, Language::of_user()));
                }
                if json {
                    print_json(run.as_ref())?;
                }
                if let Some(target) = &target {
                    target.fetch(client, &run, quiet).await?;
                }
                return Ok(end_of(run.outcome()));
            }
        }
    }
    Err(Failure::Local(anyhow::anyhow!(
        "the server never said how the program ended"
    )))
}

fn send_input(client: &Client, run_id: &str, input: Input) {
    let sending = input.send_all(client.clone(), run_id.to_owned());
    tokio::spawn(async move {
        if let Err(error) = sending.await {
            eprintln!(
                "coderunner: input is not sent any more: {}",
                Failure::from(error)
            );
        }
    });
}

/// Reads a program's main file.
pub fn read_source(path: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::unreadable(path, &error))?;
    String::from_utf8(bytes).map_err(|_| {
        Failure::Input(format!(
            "{} is not UTF-8 text; is it a Python program?",
            path.display()
        ))
    })
}

/// Reads the files beside it; each keeps its name without the folder.
pub fn read_files(paths: &[PathBuf]) -> Result<Vec<SourceFile>, Failure> {
    let read = |path: &PathBuf| {
        let content = std::fs::read(path).map_err(|error| Failure::unreadable(path, &error))?;
        match path.file_name().and_then(|name| name.to_str()) {
            Some(name) => Ok(SourceFile {
                path: name.to_owned(),
                content,
            }),
            None => Err(Failure::Input(format!(
                "{} has no usable name",
                path.display()
            ))),
        }
    };
    paths.iter().map(read).collect()
}

/// Where the program's output goes.
struct Output {
    /// With --json standard output has the result and nothing else.
    hidden: bool,
    ends_in_line: bool,
}

impl Output {
    fn write(&mut self, stream: Stream, data: &[u8]) -> io::Result<()> {
        // A terminal has no place for drawings.
        if self.hidden || stream == Stream::Drawing {
            return Ok(());
        }
        self.ends_in_line = data.ends_with(b"\n");
        let mut to: Box<dyn Write> = match stream {
            Stream::Stdout | Stream::Drawing => Box::new(io::stdout().lock()),
            Stream::Stderr => Box::new(io::stderr().lock()),
        };
        to.write_all(data)?;
        to.flush()
    }

    /// On a terminal the summary gets a line of its own.
    fn end_line(&mut self) {
        if !self.ends_in_line && io::stdout().is_terminal() && io::stderr().is_terminal() {
            eprintln!();
        }
    }
}

/// A spinner on standard error until the program starts; nothing when that is no terminal.
pub struct Waiting(ProgressBar);

impl Waiting {
    /// Shows it.
    pub fn show(message: &'static str) -> Self {
        let bar = match io::stderr().is_terminal() {
            true => ProgressBar::new_spinner(),
            false => ProgressBar::hidden(),
        };
        let style = ProgressStyle::with_template("{spinner} {msg}");
        bar.set_style(style.expect("the template is right"));
        bar.set_message(message);
        bar.enable_steady_tick(Duration::from_millis(100));
        Waiting(bar)
    }

    /// Says where the run stands in the queue.
    pub fn queued(&self, position: &QueuePosition) {
        let place = format!("waiting, number {} in the queue", position.position);
        let wait = position
            .estimated_wait_duration
            .map_or(0, |wait| wait.seconds);
        self.0.set_message(match wait {
            ..1 => place,
            seconds => format!("{place}, about {seconds} s"),
        });
    }

    /// Says how far the grading is.
    pub fn progress(&self, message: String) {
        self.0.set_message(message);
    }

    /// Says that the connection is lost, in a pipe too.
    pub fn connection_lost(&self) {
        self.0
            .suspend(|| eprintln!("coderunner: the connection is lost; trying again"));
    }

    /// Removes it.
    pub fn done(&self) {
        self.0.finish_and_clear();
    }
}

fn summary(run: &Run, language: Language) -> String {
    let mut text = String::new();
    if let Some(error) = &run.compile_error
        && run.stderr.is_empty()
    {
        text.push_str(&compile_error(error));
        text.push('\n');
    }
    let explained = run.explanation.as_ref();
    let explained = explained.map(|it| explanation::text(it, language));
    if let Some(explained) = explained.filter(|explained| !explained.is_empty()) {
        text.push_str(&explained);
        text.push('\n');
    }
    text.push_str("coderunner: ");
    text.push_str(&how_it_ended(run));
    if let Some(used) = &run.usage {
        text.push_str(&format!("; {}", usage(used)));
        for (cut, name) in [
            (used.stdout_truncated, "standard output"),
            (used.stderr_truncated, "standard error"),
            (used.drawing_truncated, "the drawing"),
        ] {
            if cut {
                text.push_str(&format!("\ncoderunner: {name} was cut at the limit"));
            }
        }
    }
    text
}

fn how_it_ended(run: &Run) -> String {
    match (run.outcome(), run.exit_code, run.signal) {
        (Outcome::Ok, ..) => "OK".to_owned(),
        (Outcome::RuntimeError, Some(code), _) => format!("RUNTIME_ERROR, exit code {code}"),
        (Outcome::RuntimeError, None, Some(signal)) => {
            format!("RUNTIME_ERROR, ended by signal {signal}")
        }
        (Outcome::RuntimeError, None, None) => "RUNTIME_ERROR".to_owned(),
        (Outcome::TimeLimit, ..) => "TIME_LIMIT, it ran longer than allowed".to_owned(),
        (Outcome::MemoryLimit, ..) => "MEMORY_LIMIT, it used more memory than allowed".to_owned(),
        (Outcome::OutputLimit, ..) => "OUTPUT_LIMIT, it wrote more than allowed".to_owned(),
        (Outcome::ProcessLimit, ..) => {
            "PROCESS_LIMIT, it started more processes than allowed".to_owned()
        }
        (Outcome::CompileError, ..) => "COMPILE_ERROR, nothing of it was run".to_owned(),
        (Outcome::Cancelled, ..) => "CANCELLED".to_owned(),
        (Outcome::InternalError, ..) => {
            "INTERNAL_ERROR, which is our fault and not your program's; please try again".to_owned()
        }
        (Outcome::Unspecified, ..) => "the server did not say how it ended".to_owned(),
    }
}

fn end_of(outcome: Outcome) -> End {
    match outcome {
        Outcome::Ok => End::Good,
        Outcome::Cancelled => End::Cancelled,
        Outcome::InternalError | Outcome::Unspecified => End::Internal,
        Outcome::RuntimeError
        | Outcome::TimeLimit
        | Outcome::MemoryLimit
        | Outcome::OutputLimit
        | Outcome::ProcessLimit
        | Outcome::CompileError => End::ProgramFailed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use coderunner_proto::v1::{ErrorExplanation, ExplanationText};

    #[test]
    fn the_explanation_stands_above_the_last_line() {
        let text = |language_tag: &str, explanation: &str| ExplanationText {
            language_tag: language_tag.to_owned(),
            explanation: explanation.to_owned(),
            hint: String::new(),
        };
        let failed = |texts| Run {
            outcome: Outcome::TimeLimit.into(),
            explanation: Some(ErrorExplanation {
                texts,
                ..ErrorExplanation::default()
            }),
            ..Run::default()
        };
        let end = "coderunner: TIME_LIMIT, it ran longer than allowed";
        let run = failed(vec![
            text("en", "Time is up."),
            text("de", "Die Zeit ist um."),
        ]);
        assert_eq!(
            summary(&run, Language::English),
            format!("Time is up.\n{end}")
        );
        assert_eq!(
            summary(&run, Language::German),
            format!("Die Zeit ist um.\n{end}")
        );
        assert_eq!(summary(&failed(Vec::new()), Language::German), end);
    }
}
