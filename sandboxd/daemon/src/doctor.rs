//! `sandboxd doctor`: whether this host can be trusted with programs. Looks at the host, and then starts a sandboxd
//! of its own, beside one that serves, with the same settings; every limit is run against and every layer is
//! tried from inside. What fails is told with what to do about it.

mod host;
mod live;
pub mod probes;
mod rootfs;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::config::{self, Config};

/// See [`run`].
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 nothing failed (there may be warnings); 1 a check failed; 2 bad usage or settings"
)]
pub struct DoctorArguments {
    /// Configuration file (TOML) of the sandboxd that is to serve, or serves already
    #[arg(long, default_value = config::PATH)]
    config: PathBuf,
    /// Print one JSON object instead of lines: {"ok": bool, "checks": [{"name", "state", "found",
    /// "advice"}]}, with "ok", "warning" or "failed" as state
    #[arg(long)]
    json: bool,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    /// Programs stay inside, but the operator should know.
    Warning,
    Failed,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Check {
    name: &'static str,
    state: State,
    /// What is there, in words.
    found: String,
    /// What to do; empty where all is well.
    advice: String,
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Ok,
            found: found.into(),
            advice: String::new(),
        }
    }

    fn warning(name: &'static str, found: impl Into<String>, advice: &str) -> Self {
        Self {
            state: State::Warning,
            advice: advice.to_owned(),
            ..Self::ok(name, found)
        }
    }

    fn failed(name: &'static str, found: impl Into<String>, advice: &str) -> Self {
        Self {
            state: State::Failed,
            ..Self::warning(name, found, advice)
        }
    }
}

/// Where checks go as they end.
struct Report {
    json: bool,
    checks: Vec<Check>,
}

impl Report {
    fn add(&mut self, check: Check) {
        if !self.json {
            println!("{}", line(&check));
        }
        self.checks.push(check);
    }

    fn count(&self, state: State) -> usize {
        let checks = self.checks.iter();
        checks.filter(|check| check.state == state).count()
    }
}

fn line(check: &Check) -> String {
    let Check {
        name,
        state,
        found,
        advice,
    } = check;
    let state = match state {
        State::Ok => "ok",
        State::Warning => "warning",
        State::Failed => "FAILED",
    };
    let line = format!("{state:<8} {name:<18} {found}");
    if advice.is_empty() {
        line
    } else {
        format!("{line}\n{:<27} {advice}", "")
    }
}

/// Runs the command. The configuration was read already; `text` is the file's content.
pub fn run(arguments: &DoctorArguments, config: &Config, text: &str) -> ExitCode {
    let mut report = Report {
        json: arguments.json,
        checks: Vec::new(),
    };
    host::look(config, &mut report);
    rootfs::look(&config.rootfs.path, &mut report);
    if report.count(State::Failed) == 0 {
        live::try_all(config, text, &mut report);
    } else {
        report.add(Check::warning(
            "programs",
            "not tried, because of what failed above",
            "mend that first, and call the doctor again",
        ));
    }
    let (failed, warnings) = (report.count(State::Failed), report.count(State::Warning));
    if report.json {
        let whole = serde_json::json!({"ok": failed == 0, "checks": report.checks});
        println!("{whole}");
    } else {
        let checks = report.checks.len();
        println!("checks: {checks}, failed: {failed}, warnings: {warnings}");
    }
    ExitCode::from(u8::from(failed > 0))
}

impl DoctorArguments {
    /// The configuration file.
    pub fn config(&self) -> &Path {
        &self.config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_to_do_where_something_is_to_be_done() {
        assert_eq!(
            line(&Check::ok("kernel", "6.1")),
            "ok       kernel             6.1"
        );
        let text = line(&Check::failed("kernel", "4.9", "update it"));
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [
                "FAILED   kernel             4.9",
                "                            update it"
            ]
        );
    }
}
