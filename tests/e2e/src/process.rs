//! A program under test that runs beside the tests, with its output in a file.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::wait_until;

/// A child that is killed when it is dropped.
pub struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program; what it prints is added to `folder/NAME.log`. It gets none of our
    /// environment but PATH, so that no setting of the machine changes what is tested.
    pub fn start<A: AsRef<OsStr>>(
        name: &'static str,
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
        folder: &Path,
    ) -> Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let output = File::options().create(true).append(true).open(&log)?;
        let child = clean(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("starting {}; is it built?", program.display()))?;
        Ok(Process { name, child, log })
    }

    /// Its process id.
    pub fn id(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill(self.id(), signal).with_context(|| format!("sending {signal} to {}", self.name))
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        wait_until(&format!("{} ends", self.name), || {
            Ok(self.child.try_wait()?)
        })
    }

    /// Asks it to end, and expects that it does so with code 0.
    pub fn stop(mut self) -> Result<()> {
        self.signal(Signal::SIGTERM)?;
        let status = self.wait()?;
        if !status.success() {
            bail!("{} ended with {status}:\n{}", self.name, self.last_words());
        }
        Ok(())
    }

    /// Waits until it is ready; fails at once when it ends instead.
    pub fn wait_until_ready(&mut self, mut ready: impl FnMut() -> bool) -> Result<()> {
        let name = self.name;
        let ready = wait_until(&format!("{name} is ready"), || {
            match self.child.try_wait()? {
                Some(status) => bail!("{name} ended with {status}"),
                None => Ok(ready().then_some(())),
            }
        });
        ready.with_context(|| self.last_words())
    }

    /// The end of what it printed.
    pub fn last_words(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let end = lines[lines.len().saturating_sub(40)..].join("\n");
        format!("--- the end of {}:\n{end}", self.log.display())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            // It may still clean up what it made on the host; then it has to go.
            let _ = self.signal(Signal::SIGTERM);
            for _ in 0..300 {
                match self.child.try_wait() {
                    Ok(None) => std::thread::sleep(Duration::from_millis(10)),
                    _ => return,
                }
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// A command without the environment that the tests run in.
pub fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}
