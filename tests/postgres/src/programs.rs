//! Finds PostgreSQL's programs, and asks a server with `psql`.

use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

/// Where Debian and Ubuntu have them, below a folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";
const NEEDED: [&str; 3] = ["initdb", "postgres", "psql"];

/// The folder of PostgreSQL's programs.
#[derive(Debug, Clone)]
pub struct Programs(PathBuf);

impl Programs {
    /// Finds the newest that are installed.
    pub fn find() -> anyhow::Result<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let in_path = std::env::split_paths(&path)
            .filter_map(|folder| folder.join("initdb").canonicalize().ok())
            .filter_map(|program| program.parent().map(Path::to_owned));
        let mut debian: Vec<_> = std::fs::read_dir(DEBIAN)
            .into_iter()
            .flatten()
            .flatten()
            .collect();
        debian.sort_by_key(|entry| {
            let version = entry.file_name().to_string_lossy().parse::<u32>();
            std::cmp::Reverse(version.unwrap_or(0))
        });
        let debian = debian.into_iter().map(|entry| entry.path().join("bin"));
        debian
            .chain(in_path)
            .find(|folder| NEEDED.iter().all(|name| folder.join(name).exists()))
            .map(Self)
            .with_context(|| {
                format!(
                    "there is no PostgreSQL under {DEBIAN} or in PATH; install the Debian package \
                     postgresql"
                )
            })
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Runs statements one after the other; gives what they answer, a row a line, `|` between
    /// columns.
    pub fn psql(&self, address: &str, statements: &[&str]) -> anyhow::Result<String> {
        let mut command = Command::new(self.path("psql"));
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d"]);
        command.arg(format!("{address}/postgres"));
        for statement in statements {
            command.args(["-c", statement]);
        }
        let output = command.output().context("start psql")?;
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr);
            bail!("psql could not do {statements:?}: {error}");
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs a script for psql, with variables, in the database of a URL; gives what it answers.
    pub fn script(
        &self,
        url: &str,
        text: &str,
        variables: &[(&str, &str)],
    ) -> anyhow::Result<String> {
        let mut command = Command::new(self.path("psql"));
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]);
        for (name, value) in variables {
            command.arg("-v").arg(format!("{name}={value}"));
        }
        let mut script = tempfile::tempfile().context("make a file for the script")?;
        script.write_all(text.as_bytes())?;
        script.rewind()?;
        let output = command
            .args(["-f", "-", "-d", url])
            .stdin(script)
            .output()
            .context("start psql")?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "psql: {error}");
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
