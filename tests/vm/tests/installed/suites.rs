//! The attack and conformance suites themselves, with all that their headers expect: their test programs run on the
//! machine, and start the installed sandboxd again and again. Times are longer there, nothing else is different.
//!
//! On an emulated processor an attack takes some ten seconds, so usually a part of them runs: see [`VARIABLE`]. What is
//! left out is said.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use test_harness::binaries;
use test_harness::slowness;
use vm_tests::image::Extra;

use crate::host::Host;

/// How much of the suites runs: `none`, `part` (when it is not set) or `all`. A part is every [`ATTACK_STEP`]th attack and every
/// [`PROGRAM_STEP`]th program in the order of their names, which goes through all families.
const VARIABLE: &str = "CODERUNNER_VM_SUITES";
const ATTACK_STEP: usize = 16;
const PROGRAM_STEP: usize = 12;
/// How much slower than a processor the emulator is taken to be.
const SLOWNESS: u32 = 8;
const PATIENCE: Duration = Duration::from_secs(2 * 60 * 60);

/// Where the machine has what of the repository's folder `tests` the suites read.
const SOURCES: &str = "/opt/guest/tests";

/// The test programs, and what they read.
pub fn extras(folder: &Path) -> Result<Vec<Extra>> {
    let mut extras = Vec::new();
    for name in ["attacks", "programs"] {
        let slim = folder.join(name);
        strip(&newest(name)?, &slim)?;
        extras.push(Extra {
            from: slim,
            to: Path::new("/opt/guest/suites").join(name),
        });
    }
    extras.extend(sources()?);
    Ok(extras)
}

/// The programs that are run.
pub fn sources() -> Result<Vec<Extra>> {
    let folders = [
        (security_tests::attack::folder(), "security/attacks"),
        (conformance_tests::folder(), "conformance/programs"),
    ];
    let extra = |(folder, name): (PathBuf, &str)| {
        let from = folder
            .canonicalize()
            .with_context(|| format!("finding {}", folder.display()))?;
        let to = Path::new(SOURCES).join(name);
        Ok(Extra { from, to })
    };
    folders.into_iter().map(extra).collect()
}

/// What the programs of the tests must know of the machine, for `env`.
pub fn variables() -> String {
    format!(
        "{}={SLOWNESS} {}={SOURCES} {}=/usr/bin {}=/run/coderunner/rootfs/tree",
        slowness::VARIABLE,
        binaries::TESTS_VARIABLE,
        binaries::BINARIES_VARIABLE,
        binaries::ROOTFS_VARIABLE
    )
}

/// See [`VARIABLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// The stage is left out.
    Nothing,
    /// Some of each.
    Part,
    /// Every program.
    All,
}

/// What was asked for.
pub fn amount() -> Result<Amount> {
    match std::env::var(VARIABLE).as_deref() {
        Ok("none") => Ok(Amount::Nothing),
        Err(_) | Ok("part") => Ok(Amount::Part),
        Ok("all") => Ok(Amount::All),
        Ok(other) => bail!("{VARIABLE} is {other:?}, not none, part or all"),
    }
}

/// What is left out when the stage is, in words.
pub fn left_out() -> Result<String> {
    let (attacks, programs) = (
        security_tests::attack::load()?.len(),
        conformance_tests::load()?.len(),
    );
    Ok(format!(
        "skipped: the suites of {attacks} attacks and {programs} programs on the machine; \
         {VARIABLE}=part runs some of them, {VARIABLE}=all all"
    ))
}

/// Runs them.
pub fn run(host: &mut Host) -> Result<()> {
    let attacks: Vec<String> = security_tests::attack::load()?.into_keys().collect();
    let programs: Vec<String> = conformance_tests::load()?.into_keys().collect();
    let all_of_them = amount()? == Amount::All;
    for (suite, all, step) in [
        ("attacks", attacks, ATTACK_STEP),
        ("programs", programs, PROGRAM_STEP),
    ] {
        let step = if all_of_them { 1 } else { step };
        let (chosen, skipped): (Vec<_>, Vec<_>) = all
            .iter()
            .enumerate()
            .partition(|(index, _)| index % step == 0);
        println!(
            "    {suite}: {} of {}; {} skipped, which {VARIABLE}=all runs too",
            chosen.len(),
            all.len(),
            skipped.len()
        );
        let skips: String = skipped
            .iter()
            .map(|(_, name)| format!(" --skip '{name}'"))
            .collect();
        let variables = variables();
        let log = host.watch(
            &format!(
                "cd /tmp; env {variables} /opt/guest/suites/{suite} --test-threads 1 --exact{skips}\n"
            ),
            PATIENCE,
        )?;
        let passed = format!("test result: ok. {} passed", chosen.len());
        ensure!(log.contains(&passed), "{suite}: not all ran:\n{log}");
    }
    host.expect_rest()
}

/// The test program that was built last.
fn newest(name: &str) -> Result<PathBuf> {
    let folder = std::env::current_exe().context("finding the test's own path")?;
    let folder = folder.parent().context("a test lies in a folder")?;
    let is_it = |path: &PathBuf| {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        file.strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('-'))
            .is_some_and(|hash| hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    fs::read_dir(folder)
        .with_context(|| format!("reading {}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(is_it)
        .max_by_key(|path| path.metadata().and_then(|facts| facts.modified()).ok())
        .with_context(|| format!("the test program {name} is not built"))
}

/// Without debug information, which is most of it.
pub fn strip(from: &Path, to: &Path) -> Result<()> {
    let status = Command::new("strip")
        .arg("-o")
        .args([to, from])
        .status()
        .context("starting strip")?;
    ensure!(
        status.success(),
        "strip {} ended with {status}",
        from.display()
    );
    Ok(())
}
