//! Runs the tree's own interpreter inside the tree: to precompile the standard library, the wheels and
//! the runner, to list the fonts, and to prove that everything imports. The host needs no Python for it.

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
    // The wheels' folder is below it.
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

/// What a check printed last.
fn report(output: &Output) -> Result<Report> {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().last().unwrap_or_default();
    serde_json::from_str(line).map_err(|error| {
        Error::Check(vec![format!(
            "the check printed {line:?} instead of its report: {error}"
        )])
    })
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
    let report = report(&output)?;
    let wheels = check_wheels(tree, recipe)?;
    let problems = [report.problems, wheels.problems].concat();
    if problems.is_empty() {
        Ok(Checked {
            version: report.version,
            imported: report.imported + wheels.imported,
        })
    } else {
        Err(Error::Check(problems))
    }
}

/// Imports what the recipe names of the wheels, and draws, tabulates and computes with them.
fn check_wheels(tree: &Path, recipe: &Recipe) -> Result<Report> {
    let wanted = serde_json::json!({
        "folder": format!("/{}", recipe.wheels.folder),
        "imports": recipe.wheels.imports,
    });
    let script = include_str!("check_wheels_inside.py");
    report(&run(tree, recipe, &["-c", script, &wanted.to_string()])?)
}

/// matplotlib's list of its fonts, as it would make it at its first import: its file name and content.
pub(crate) fn list_fonts(tree: &Path, recipe: &Recipe) -> Result<(String, Vec<u8>)> {
    let folder = format!("/{}", recipe.wheels.folder);
    let script = include_str!("list_fonts_inside.py");
    let output = run(tree, recipe, &["-c", script, &folder])?;
    let unreadable = || Error::Check(vec!["the list of fonts has no file name".into()]);
    let end = output
        .stdout
        .iter()
        .position(|byte| *byte == b'\n')
        .ok_or_else(unreadable)?;
    let name = String::from_utf8_lossy(&output.stdout[..end]).into_owned();
    if crate::recipe::is_plain_relative(&name) && !name.contains('/') {
        Ok((name, output.stdout[end + 1..].to_vec()))
    } else {
        Err(unreadable())
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
