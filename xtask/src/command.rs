//! Programs that xtask runs. Each carries what it is for and what to do when it fails, so
//! that no failure is just an exit code.

use anyhow::{Context, Result, bail};
use std::{
    ffi::OsStr,
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Command, ExitStatus, Stdio},
    sync::{Mutex, PoisonError},
    thread,
};

/// One program with its purpose.
#[derive(Debug)]
pub struct Step {
    command: Command,
    purpose: String,
    advice: String,
}

/// What a program left when its output was shown and kept.
#[derive(Debug)]
pub struct Shown {
    pub status: ExitStatus,
    /// Standard output and standard error, by line, as they came.
    pub lines: Vec<String>,
}

impl Step {
    /// `purpose` completes "could not …".
    pub fn new(program: impl AsRef<OsStr>, purpose: impl Into<String>) -> Self {
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        Self {
            command,
            purpose: purpose.into(),
            advice: String::new(),
        }
    }

    /// `cargo`, in the workspace's root.
    pub fn cargo(root: &Path, purpose: impl Into<String>) -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut step = Self::new(cargo, purpose).folder(root);
        // Set for us by the cargo that runs xtask. Build scripts, such as that of ring, look at them, and would find
        // that something had changed when a build was begun without xtask before.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                step.command.env_remove(&name);
            }
        }
        step
    }

    pub fn args<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(mut self, arguments: I) -> Self {
        self.command.args(arguments);
        self
    }

    /// An option whose value is a path.
    pub fn arg_path(mut self, option: &str, path: &Path) -> Self {
        self.command.arg(option).arg(path);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// What the reader can do when this step fails.
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }

    /// Runs with the output going where ours goes.
    pub fn run(mut self) -> Result<()> {
        let status = self.command.status().with_context(|| self.not_started())?;
        if status.success() {
            Ok(())
        } else {
            bail!(self.failed(status, ""))
        }
    }

    /// Runs and returns standard output; standard error is part of the failure's message.
    pub fn read(mut self) -> Result<String> {
        let output = self.command.output().with_context(|| self.not_started())?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned()
                + &String::from_utf8_lossy(&output.stdout);
            bail!(self.failed(output.status, &said));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs, keeps the output in a log file, and shows it only through the failure's message.
    pub fn run_logged(mut self, log: &Path) -> Result<()> {
        let file = create(log)?;
        let errors = file
            .try_clone()
            .with_context(|| format!("could not write {}", log.display()))?;
        let status = self
            .command
            .stdout(file)
            .stderr(errors)
            .status()
            .with_context(|| self.not_started())?;
        if status.success() {
            return Ok(());
        }
        let said = std::fs::read_to_string(log).unwrap_or_default();
        let last: Vec<_> = said.lines().rev().take(15).collect();
        let last = last.into_iter().rev().collect::<Vec<_>>().join("\n");
        bail!(
            "{}\nall of it is in {}",
            self.failed(status, &last),
            log.display()
        )
    }

    /// Runs, shows each line as it comes, and keeps all lines here and in a log file. A failing
    /// exit is not an error of this call.
    pub fn show(mut self, log: &Path) -> Result<Shown> {
        let file = create(log)?;
        let mut child = self
            .command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| self.not_started())?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let kept = Mutex::new((Vec::new(), file));
        thread::scope(|scope| {
            scope.spawn(|| show_lines(stdout, &kept));
            scope.spawn(|| show_lines(stderr, &kept));
        });
        let status = child
            .wait()
            .with_context(|| format!("could not wait for: {}", self.purpose))?;
        let (lines, _) = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Shown { status, lines })
    }

    fn line(&self) -> String {
        let words = std::iter::once(self.command.get_program()).chain(self.command.get_args());
        words
            .map(|word| word.to_string_lossy().into_owned())
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn not_started(&self) -> String {
        format!(
            "could not {}: `{}` did not start{}",
            self.purpose,
            self.line(),
            self.what_to_do()
        )
    }

    fn failed(&self, status: ExitStatus, said: &str) -> String {
        let said = if said.trim().is_empty() {
            String::new()
        } else {
            format!(", saying:\n{}", said.trim_end())
        };
        format!(
            "could not {}: `{}` ended with {status}{said}{}",
            self.purpose,
            self.line(),
            self.what_to_do()
        )
    }

    fn what_to_do(&self) -> String {
        if self.advice.is_empty() {
            String::new()
        } else {
            format!("\n{}", self.advice)
        }
    }
}

fn create(log: &Path) -> Result<File> {
    if let Some(folder) = log.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("could not create {}", folder.display()))?;
    }
    File::create(log).with_context(|| format!("could not create {}", log.display()))
}

fn show_lines(stream: Option<impl Read>, kept: &Mutex<(Vec<String>, File)>) {
    let Some(stream) = stream else { return };
    for bytes in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&bytes)
            .trim_end_matches('\r')
            .to_owned();
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        println!("{line}");
        // The log is a convenience; the lines are kept in memory too.
        let _ = writeln!(kept.1, "{line}");
        kept.0.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_purpose_command_output_and_advice() {
        let step = Step::new("sh", "count the sheep")
            .args(["-c", "echo none left >&2; exit 3"])
            .advice("buy sheep");
        let message = format!("{:#}", step.read().unwrap_err());
        for expected in [
            "could not count the sheep",
            "`sh -c",
            "exit status: 3",
            "none left",
            "buy sheep",
        ] {
            assert!(
                message.contains(expected),
                "{message} should mention {expected}"
            );
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let message = format!(
            "{:#}",
            Step::new("no-such-program", "try").read().unwrap_err()
        );
        assert!(
            message.contains("`no-such-program` did not start"),
            "{message}"
        );
    }

    #[test]
    fn shown_output_is_kept_from_both_streams_with_the_exit_status() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("logs/x.log");
        let shown = Step::new("sh", "x")
            .args(["-c", "echo one; echo two >&2; exit 4"])
            .show(&log)
            .unwrap();
        let mut lines = shown.lines;
        lines.sort();
        assert_eq!(lines, ["one", "two"]);
        assert_eq!(shown.status.code(), Some(4));
        assert_eq!(std::fs::read_to_string(log).unwrap().lines().count(), 2);
    }
}
