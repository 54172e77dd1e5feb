//! The command line as a user calls it: with a configuration folder of its own, to its end or
//! while it runs.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

use crate::process::clean;
use crate::{PATIENCE, wait_until};

/// One user's command line.
pub struct Cli {
    program: PathBuf,
    server: String,
    folder: TempDir,
}

/// A command that has ended.
#[derive(Debug)]
pub struct Done {
    /// How it was called.
    pub what: String,
    /// Its exit code; None when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error, as text.
    pub stderr: String,
}

/// A command that runs.
pub struct Running {
    what: String,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Receiver<(Instant, Vec<u8>)>,
    stderr: Receiver<(Instant, Vec<u8>)>,
    seen: Vec<u8>,
    errors: Vec<u8>,
}

impl Cli {
    pub(crate) fn new(program: &Path, server: String) -> Result<Self> {
        Ok(Cli {
            program: program.to_owned(),
            server,
            folder: tempfile::tempdir()?,
        })
    }

    /// Folder of this user: sessions in `config`, and room for programs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a program into the user's folder.
    pub fn program(&self, name: &str, source: impl AsRef<[u8]>) -> Result<PathBuf> {
        let path = self.folder().join(name);
        std::fs::write(&path, source)?;
        Ok(path)
    }

    /// The command with its arguments, for tests that want to wire it up themselves.
    pub fn command<A: AsRef<std::ffi::OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = clean(&self.program);
        command
            .args(arguments)
            .env("CODERUNNER_SERVER", &self.server)
            .env("CODERUNNER_CONFIG_DIR", self.folder().join("config"))
            .current_dir(self.folder());
        command
    }

    /// Runs a command to its end with this standard input.
    pub fn call<A: AsRef<std::ffi::OsStr>>(
        &self,
        arguments: &[A],
        stdin: impl AsRef<[u8]>,
    ) -> Result<Done> {
        let mut running = self.start(arguments)?;
        // A command that ends without reading its input is no failure.
        let _ = running.write(stdin.as_ref());
        running.close_input();
        running.finish()
    }

    /// Starts a command with pipes.
    pub fn start<A: AsRef<std::ffi::OsStr>>(&self, arguments: &[A]) -> Result<Running> {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}; is it built?", self.program.display()))?;
        let words: Vec<_> = arguments
            .iter()
            .map(|word| word.as_ref().to_string_lossy())
            .collect();
        Ok(Running {
            what: format!("coderunner {}", words.join(" ")),
            stdin: child.stdin.take(),
            stdout: drain(child.stdout.take().context("standard output is a pipe")?),
            stderr: drain(child.stderr.take().context("standard error is a pipe")?),
            child,
            seen: Vec::new(),
            errors: Vec::new(),
        })
    }
}

impl Running {
    /// Writes to its standard input.
    pub fn write(&mut self, data: &[u8]) -> Result<()> {
        let stdin = self.stdin.as_mut().context("its input is closed")?;
        stdin.write_all(data)?;
        Ok(stdin.flush()?)
    }

    /// Closes its standard input.
    pub fn close_input(&mut self) {
        self.stdin = None;
    }

    /// Waits until its standard output has the text; says when that was.
    pub fn wait_for(&mut self, text: &str) -> Result<Instant> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let received = self.stdout.recv_timeout(left);
            if let Ok((_, data)) = &received {
                self.seen.extend(data);
            }
            if contains(&self.seen, text.as_bytes()) {
                return Ok(received.map_or_else(|_| Instant::now(), |(when, _)| when));
            }
            if received.is_err() {
                let seen = String::from_utf8_lossy(&self.seen).into_owned();
                let _ = self.child.kill();
                let errors = gather(&self.stderr);
                let errors = String::from_utf8_lossy(&errors).into_owned();
                bail!(
                    "{}: printed {seen:?}, never {text:?}; and said {errors:?}",
                    self.what
                );
            }
        }
    }

    /// Waits until its standard error has the text.
    pub fn wait_for_error(&mut self, text: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !contains(&self.errors, text.as_bytes()) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.stderr.recv_timeout(left) {
                Ok((_, data)) => self.errors.extend(data),
                Err(_) => bail!("{}: never said {text:?}", self.what),
            }
        }
        Ok(())
    }

    /// Sends it a signal, as Ctrl-C does with SIGINT.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal)
            .with_context(|| format!("sending {signal} to {}", self.what))
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Result<Done> {
        let status: ExitStatus = {
            let child = &mut self.child;
            wait_until(&format!("{} ends", self.what), || Ok(child.try_wait()?))?
        };
        self.seen.extend(gather(&self.stdout));
        self.errors.extend(gather(&self.stderr));
        Ok(Done {
            what: self.what.clone(),
            code: status.code(),
            stdout: std::mem::take(&mut self.seen),
            stderr: String::from_utf8_lossy(&self.errors).into_owned(),
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Done {
    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard output as the one JSON value that it must be.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.stdout).with_context(|| format!("not JSON: {self:?}"))
    }

    /// Fails unless it ended with this exit code.
    pub fn expect_code(self, code: i32) -> Result<Self> {
        match self.code == Some(code) {
            true => Ok(self),
            false => bail!("expected exit code {code}: {self:#?}\n{}", self.text()),
        }
    }
}

/// Reads to the end on a thread, so that a full pipe never stops the command.
fn drain(mut from: impl Read + Send + 'static) -> Receiver<(Instant, Vec<u8>)> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 65536];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if sender
                .send((Instant::now(), buffer[..length].to_vec()))
                .is_err()
            {
                return;
            }
        }
    });
    receiver
}

/// What is still to come, up to the end.
fn gather(from: &Receiver<(Instant, Vec<u8>)>) -> Vec<u8> {
    let mut all = Vec::new();
    while let Ok((_, data)) = from.recv_timeout(Duration::from_secs(5)) {
        all.extend(data);
    }
    all
}

fn contains(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len().max(1)).any(|window| window == part)
}
