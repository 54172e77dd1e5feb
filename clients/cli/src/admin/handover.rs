//! Commands that need the installation's files are done by `control-plane`, which is looked for
//! beside this program and then in PATH. Its output and exit code are this program's.

use std::ffi::{OsStr, OsString};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::Context;

use crate::account::ask_twice;
use crate::failure::{End, Failure};

const PROGRAM: &str = "control-plane";

/// Calls a command of `control-plane` with these arguments.
pub fn hand_over(command: &str, arguments: &[OsString]) -> Result<End, Failure> {
    let program = find()?;
    let status = Command::new(&program)
        .arg(command)
        .args(arguments)
        .status()
        .with_context(|| format!("start {}", program.display()))?;
    Ok(end_of(status))
}

/// Makes an admin.
pub fn first_admin(email: &str, config: &Path, password_stdin: bool) -> Result<End, Failure> {
    let program = find()?;
    let mut command = Command::new(&program);
    command
        .args(["user", "create", "--role", "admin", "--password-stdin"])
        .arg("--config")
        .arg(config)
        .arg("--email")
        .arg(email);
    let context = || format!("start {}", program.display());
    if password_stdin || !std::io::stdin().is_terminal() {
        return Ok(end_of(command.status().with_context(context)?));
    }
    let password = ask_twice()?;
    let mut child = command
        .stdin(Stdio::piped())
        .spawn()
        .with_context(context)?;
    if let Some(mut stdin) = child.stdin.take() {
        // When nobody reads it, the exit code tells why.
        let _ = writeln!(stdin, "{password}");
    }
    Ok(end_of(child.wait().with_context(context)?))
}

fn end_of(status: ExitStatus) -> End {
    match status.code() {
        Some(0) => End::Good,
        Some(2) => End::BadInput,
        _ => End::ProgramFailed,
    }
}

fn find() -> Result<PathBuf, Failure> {
    let own = std::env::current_exe().ok();
    let path = std::env::var_os("PATH").unwrap_or_default();
    find_in(own.as_deref().and_then(Path::parent), &path).ok_or_else(|| {
        Failure::Input(format!(
            "the program {PROGRAM} is neither beside this one nor in PATH; this command works on \
             the installation's own files, so call it on the machine where {PROGRAM} is installed"
        ))
    })
}

fn find_in(beside: Option<&Path>, path: &OsStr) -> Option<PathBuf> {
    let folders = beside.map(Path::to_owned).into_iter();
    folders
        .chain(std::env::split_paths(path))
        .map(|folder| folder.join(PROGRAM))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_beside_is_preferred_to_the_one_in_the_path() {
        let [beside, first, second] = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let path = std::env::join_paths([first.path(), second.path()]).unwrap();
        let put = |folder: &tempfile::TempDir| {
            std::fs::write(folder.path().join(PROGRAM), "").unwrap();
            Some(folder.path().join(PROGRAM))
        };
        let found = || find_in(Some(beside.path()), &path);
        assert_eq!(found(), None);
        assert_eq!(put(&second), found());
        assert_eq!(put(&first), found());
        assert_eq!(put(&beside), found());
        assert_eq!(find_in(None, OsStr::new("")), None);
    }
}
