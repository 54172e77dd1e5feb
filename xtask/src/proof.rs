//! Proof that an installation does its job, through its public API and by the same program
//! that users have: log in, run a program, submit a reference solution.

use crate::{command::Step, settings::Installation};
use anyhow::{Context, Result, bail, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;
use std::{
    fs,
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const EMAIL: &str = "demo@example.org";
const PROBLEM: &str = "fizz-buzz";
const HELLO: &str = "import sys\nprint('hello from Python', sys.version.split()[0])\n";

/// `coderunner` with a session of its own, against one installation.
#[derive(Debug)]
pub struct Demo {
    program: PathBuf,
    server: String,
    folder: PathBuf,
    password: String,
}

/// What was proved.
#[derive(Debug)]
pub struct Proof {
    pub output: String,
    pub program_time: String,
    pub run_latency: Duration,
    pub verdict: String,
    pub tests: String,
    pub submission_latency: Duration,
}

impl Demo {
    /// Makes the demo user, or logs it in when it is there from an earlier start.
    pub fn log_in(programs: &Path, installation: &Installation) -> Result<Self> {
        let folder = installation.state.join("demo");
        fs::create_dir_all(&folder)
            .with_context(|| format!("could not create {}", folder.display()))?;
        let password = password(&folder.join("password"))?;
        let demo = Self {
            program: programs.join("coderunner"),
            server: installation.url(),
            folder,
            password,
        };
        if demo
            .with_password(&["login", EMAIL, "--password-stdin"])
            .is_err()
        {
            demo.with_password(&["register", EMAIL, "--name", "Demo", "--password-stdin"])?;
        }
        Ok(demo)
    }

    pub fn email(&self) -> &'static str {
        EMAIL
    }

    pub fn password(&self) -> &str {
        &self.password
    }

    /// Runs a program and submits a solution; fails unless both end as they must.
    pub fn prove(&self, content: &Path) -> Result<Proof> {
        let file = self.folder.join("hello.py");
        fs::write(&file, HELLO).with_context(|| format!("could not write {}", file.display()))?;
        let (run, run_latency) = self.timed("run a program", &["--json", "run", &text(&file)])?;
        let output = field(&run, "stdout").and_then(|encoded| decode_base64(&encoded))?;
        ensure!(
            field(&run, "outcome")? == "OUTCOME_OK" && output.starts_with("hello from Python 3"),
            "the program was run, but its result is not what it must be: {run}"
        );
        let solution = content.join("problems").join(PROBLEM).join("solution.py");
        let arguments = ["--json", "submit", PROBLEM, &text(&solution)];
        let (submission, submission_latency) = self.timed("submit a solution", &arguments)?;
        let verdict = field(&submission, "verdict")?;
        ensure!(
            verdict == "VERDICT_ACCEPTED",
            "the reference solution of {PROBLEM} was graded {verdict}, not ACCEPTED: {submission}"
        );
        Ok(Proof {
            output: output.trim_end().to_owned(),
            program_time: run["usage"]["wallDuration"]
                .as_str()
                .unwrap_or("unknown")
                .to_owned(),
            run_latency,
            verdict: verdict.trim_start_matches("VERDICT_").to_owned(),
            tests: format!(
                "{} of {} tests",
                submission["passedTestCount"], submission["testCount"]
            ),
            submission_latency,
        })
    }

    fn timed(&self, purpose: &str, arguments: &[&str]) -> Result<(Value, Duration)> {
        let started = Instant::now();
        let printed = Step::new(&self.program, purpose)
            .args(arguments)
            .env("CODERUNNER_SERVER", &self.server)
            .env("CODERUNNER_CONFIG_DIR", &self.folder)
            .read()?;
        let latency = started.elapsed();
        let message = serde_json::from_str(printed.trim());
        Ok((
            message
                .with_context(|| format!("coderunner printed {printed:?}, which is not JSON"))?,
            latency,
        ))
    }

    fn with_password(&self, arguments: &[&str]) -> Result<()> {
        let words = arguments.join(" ");
        let mut child = Command::new(&self.program)
            .args(arguments)
            .env("CODERUNNER_SERVER", &self.server)
            .env("CODERUNNER_CONFIG_DIR", &self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("could not start {}", self.program.display()))?;
        if let Some(mut input) = child.stdin.take() {
            // A program that ended early says why on standard error.
            let _ = writeln!(input, "{}", self.password);
        }
        let output = child
            .wait_with_output()
            .context("could not wait for coderunner")?;
        if output.status.success() {
            return Ok(());
        }
        bail!(
            "`coderunner {words}` ended with {}, saying: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )
    }
}

/// The password of the first start, or a new random one.
fn password(file: &Path) -> Result<String> {
    if let Ok(password) = fs::read_to_string(file) {
        return Ok(password);
    }
    let mut random = [0_u8; 9];
    fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut random))
        .context("could not read /dev/urandom")?;
    let password: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut options = fs::OpenOptions::new();
    let created = options.write(true).create_new(true).mode(0o600).open(file);
    created
        .and_then(|mut created| created.write_all(password.as_bytes()))
        .with_context(|| format!("could not write {}", file.display()))?;
    Ok(password)
}

fn field(message: &Value, name: &str) -> Result<String> {
    let text = message[name].as_str().map(str::to_owned);
    text.with_context(|| format!("the answer has no {name}: {message}"))
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// proto3 JSON writes bytes in base64.
fn decode_base64(text: &str) -> Result<String> {
    let bytes = BASE64_STANDARD
        .decode(text)
        .with_context(|| format!("{text:?} is not base64"))?;
    String::from_utf8(bytes).context("the output is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_made_once_and_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        let first = password(&file).unwrap();
        assert!(first.len() >= 16);
        assert_eq!(password(&file).unwrap(), first);
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}
