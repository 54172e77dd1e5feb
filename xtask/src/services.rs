//! sandboxd and control-plane as children: started with their output in a log file, watched
//! until they are ready, and ended with SIGTERM and patience before SIGKILL.
//!
//! Each child has a process group of its own, so that a Ctrl-C on the terminal reaches only
//! xtask, which then ends them in the right order. A pid file lets the next start end what a
//! killed xtask left behind.

use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

const POLL: Duration = Duration::from_millis(20);

/// One running child.
#[derive(Debug)]
pub struct Service {
    name: &'static str,
    child: Child,
    log: PathBuf,
    pid_file: PathBuf,
    stopped: bool,
}

impl Service {
    /// Starts `program serve --config CONFIG`, with its log and pid file in `state`.
    pub fn start(name: &'static str, program: &Path, config: &Path, state: &Path) -> Result<Self> {
        let (log, pid_file) = (
            state.join(format!("{name}.log")),
            state.join(format!("{name}.pid")),
        );
        let output =
            File::create(&log).with_context(|| format!("could not create {}", log.display()))?;
        let errors = output
            .try_clone()
            .with_context(|| format!("could not write {}", log.display()))?;
        let child = Command::new(program)
            .args(["serve", "--config"])
            .arg(config)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .with_context(|| {
                format!(
                    "could not start {name}: {} did not start",
                    program.display()
                )
            })?;
        let service = Self {
            name,
            child,
            log,
            pid_file,
            stopped: false,
        };
        fs::write(&service.pid_file, service.child.id().to_string())
            .with_context(|| format!("could not write {}", service.pid_file.display()))?;
        Ok(service)
    }

    /// Waits until `ready` says yes; fails when the child ends or the time is up. The last
    /// answer of `ready` and the end of the log are part of the failure's message.
    pub fn wait_until_ready(
        &mut self,
        limit: Duration,
        mut ready: impl FnMut() -> Result<()>,
    ) -> Result<()> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                bail!(
                    "could not start {}: it ended with {status}.\n{}",
                    self.name,
                    self.last_words()
                );
            }
            match ready() {
                Ok(()) => return Ok(()),
                Err(reason) if started.elapsed() > limit => bail!(
                    "could not start {}: it was not ready after {} s ({reason:#}).\n{}",
                    self.name,
                    limit.as_secs(),
                    self.last_words(),
                ),
                Err(_) => thread::sleep(POLL),
            }
        }
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child
            .try_wait()
            .with_context(|| format!("could not ask how {} is", self.name))
    }

    /// The end of its log, and where all of it is.
    pub fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = text.lines().rev().take(12).collect();
        let lines: Vec<_> = lines.into_iter().rev().collect();
        format!(
            "The end of its log ({}):\n{}",
            self.log.display(),
            lines.join("\n")
        )
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Asks it to end, waits, and kills it when it doesn't.
    pub fn stop(mut self, patience: Duration) -> Result<()> {
        self.stopped = true;
        let asked = Instant::now();
        signal(self.child.id(), Signal::SIGTERM);
        while self.ended()?.is_none() {
            if asked.elapsed() > patience {
                self.kill();
                bail!(
                    "{} did not end within {} s of SIGTERM and was killed",
                    self.name,
                    patience.as_secs()
                );
            }
            thread::sleep(POLL);
        }
        let _ = fs::remove_file(&self.pid_file);
        Ok(())
    }

    fn kill(&mut self) {
        // Failing means that it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.pid_file);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if !self.stopped && matches!(self.child.try_wait(), Ok(None)) {
            signal(self.child.id(), Signal::SIGTERM);
            let asked = Instant::now();
            while matches!(self.child.try_wait(), Ok(None))
                && asked.elapsed() < Duration::from_secs(3)
            {
                thread::sleep(POLL);
            }
            self.kill();
        }
    }
}

fn signal(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        // Failing means that it is gone already.
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

/// Ends what an earlier xtask that was killed left running in this folder.
pub fn end_earlier(programs: &[(&str, &Path)], state: &Path) -> Result<()> {
    programs
        .iter()
        .try_for_each(|(name, program)| end_left_over(program, &state.join(format!("{name}.pid"))))
}

/// Ends the process that a pid file names, if it still is that program.
fn end_left_over(program: &Path, pid_file: &Path) -> Result<()> {
    let Some(pid) = fs::read_to_string(pid_file)
        .ok()
        .and_then(|text| text.trim().parse::<u32>().ok())
    else {
        return Ok(());
    };
    let is_ours = || is_program(pid, program);
    if is_ours() {
        println!(
            "ending {} of an earlier start (process {pid})",
            program.display()
        );
        for (name, patience) in [(Signal::SIGTERM, 15), (Signal::SIGKILL, 5)] {
            signal(pid, name);
            let asked = Instant::now();
            while is_ours() && asked.elapsed() < Duration::from_secs(patience) {
                thread::sleep(POLL);
            }
        }
        if is_ours() {
            bail!("could not end process {pid} of an earlier start; end it by hand");
        }
    }
    let _ = fs::remove_file(pid_file);
    Ok(())
}

/// Whether the process runs this file, also when it was replaced since.
fn is_program(pid: u32, program: &Path) -> bool {
    let Ok(found) = fs::read_link(format!("/proc/{pid}/exe")) else {
        return false;
    };
    let program = program
        .canonicalize()
        .unwrap_or_else(|_| program.to_owned());
    found.to_string_lossy().trim_end_matches(" (deleted)") == program.to_string_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that ignores `serve --config FILE` and does what the script says.
    fn program(folder: &Path, script: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.join("program");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn start(folder: &Path, script: &str) -> Service {
        Service::start("test", &program(folder, script), Path::new("x"), folder).unwrap()
    }

    #[test]
    fn a_child_that_ends_early_is_reported_with_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let mut service = start(folder.path(), "echo no such database; exit 7");
        let result = service.wait_until_ready(Duration::from_secs(10), || bail!("not yet"));
        let message = format!("{:#}", result.unwrap_err());
        assert!(
            message.contains("exit status: 7") && message.contains("no such database"),
            "{message}"
        );
    }

    #[test]
    fn a_child_that_is_never_ready_is_reported_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let mut service = start(folder.path(), "exec sleep 60");
        let result = service.wait_until_ready(Duration::from_millis(50), || bail!("port closed"));
        let message = format!("{:#}", result.unwrap_err());
        assert!(
            message.contains("port closed") && message.contains("not ready"),
            "{message}"
        );
    }

    #[test]
    fn a_child_is_stopped_gently_and_killed_when_it_must() {
        let folder = tempfile::tempdir().unwrap();
        start(folder.path(), "exec sleep 60")
            .stop(Duration::from_secs(10))
            .unwrap();
        assert!(!folder.path().join("test.pid").exists());
        // Ready when the trap is set, or SIGTERM would come before it.
        let ready = folder.path().join("ready");
        let script = format!(
            "trap '' TERM; touch {}; while :; do sleep 0.05; done",
            ready.display()
        );
        let mut stubborn = start(folder.path(), &script);
        stubborn
            .wait_until_ready(Duration::from_secs(10), || {
                if ready.exists() {
                    Ok(())
                } else {
                    bail!("not yet")
                }
            })
            .unwrap();
        let message = stubborn
            .stop(Duration::from_millis(100))
            .unwrap_err()
            .to_string();
        assert!(message.contains("was killed"), "{message}");
    }

    #[test]
    fn what_a_killed_xtask_left_is_ended_and_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let pid_file = folder.path().join("test.pid");
        let mut other = Command::new("sleep")
            .arg("60")
            .process_group(0)
            .spawn()
            .unwrap();
        fs::write(&pid_file, other.id().to_string()).unwrap();
        end_left_over(Path::new("/bin/true"), &pid_file).unwrap();
        assert!(
            other.try_wait().unwrap().is_none(),
            "a process of another program must live"
        );
        fs::write(&pid_file, other.id().to_string()).unwrap();
        let sleep = fs::read_link(format!("/proc/{}/exe", other.id())).unwrap();
        let reaper = thread::spawn(move || other.wait());
        end_left_over(&sleep, &pid_file).unwrap();
        assert!(!reaper.join().unwrap().unwrap().success());
    }
}
