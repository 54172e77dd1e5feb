//! Runs the tree's own interpreter inside the tree: to precompile the standard library and
//! the runner, and to prove that everything imports. The host needs no Python.

use crate::{Error, Recipe, Result, tree::RUNNER_FOLDER};
use serde::Deserialize;
use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

/// What the check inside the tree prints.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    version: String,
    imported: usize,
    problems: Vec<String>,
}

/// What a successful check found.
#[derive(Debug)]
pub(crate) struct Checked {
    /// Full version: `3.11.2`.
    pub version: String,
    /// How many modules were imported.
    pub imported: usize,
}

/// Writes bytecode for every module. It is marked as never to be compared with its source:
/// the tree is read-only, so the comparison would only cost time at each import.
pub(crate) fn compile(tree: &Path, recipe: &Recipe) -> Result<()> {
    let library = format!("/usr/lib/python{}", recipe.python);
    let runner = format!("/{RUNNER_FOLDER}");
    let arguments = [
        "-m",
        "compileall",
        "-q",
        "-f",
        "--invalidation-mode",
        "unchecked-hash",
        &library,
        &runner,
    ];
    run(tree, recipe, &arguments).map(drop)
}

/// Imports the whole standard library and exercises what needs shared libraries or data.
pub(crate) fn check(tree: &Path, recipe: &Recipe) -> Result<Checked> {
    let wanted = serde_json::json!({
        "absent": recipe.check.absent,
        "imports": recipe.check.imports,
        "zones": recipe.check.zones,
    });
    let output = run(
        tree,
        recipe,
        &["-c", include_str!("check_inside.py"), &wanted.to_string()],
    )?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().last().unwrap_or_default();
    let report: Report = serde_json::from_str(line).map_err(|error| {
        Error::Check(vec![format!(
            "the check printed {line:?} instead of its report: {error}"
        )])
    })?;
    if report.problems.is_empty() {
        Ok(Checked {
            version: report.version,
            imported: report.imported,
        })
    } else {
        Err(Error::Check(report.problems))
    }
}

fn run(tree: &Path, recipe: &Recipe, arguments: &[&str]) -> Result<Output> {
    let interpreter = format!("/usr/bin/python{}", recipe.python);
    let chroot = ["/usr/sbin/chroot", "/usr/bin/chroot"]
        .into_iter()
        .find(|path| Path::new(path).exists());
    let chroot = chroot.ok_or(Error::MissingProgram {
        program: "chroot",
        package: "coreutils",
    })?;
    let output = Command::new(chroot)
        .arg(tree)
        .arg(&interpreter)
        .args(["-I", "-B"])
        .args(arguments)
        .env_clear()
        .env("LANG", "C.UTF-8")
        .env("PYTHONHASHSEED", "0")
        .stdin(Stdio::null())
        .output()
        .map_err(Error::io("start chroot in", tree))?;
    if output.status.success() {
        return Ok(output);
    }
    let words = arguments
        .iter()
        .take(2)
        .copied()
        .filter(|word| !word.contains('\n'))
        .collect::<Vec<_>>()
        .join(" ");
    Err(Error::Program {
        what: format!("{interpreter} {words} inside {}", tree.display()),
        status: output.status.to_string(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned()
            + &String::from_utf8_lossy(&output.stdout),
    })
}
