//! `cargo xtask fuzz`: builds the targets of `tests/fuzz` with a counter in every branch and lets libFuzzer look for
//! inputs that reach new ones, and for one that breaks what a target promises.
//!
//! Everything of a search is below `target/fuzz`: `seeds` are copies of the repository's corpus, `found` is what
//! reached new branches and is where the next search begins, `findings` is what broke a target, `log` is all that
//! libFuzzer said. Only `--keep` writes into the repository.

mod keep;
mod search;

use crate::{command::Step, progress, setup};
use anyhow::{Context, Result, bail};
use search::Search;
use std::{
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    thread,
};

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Only these targets. Without it, all of them.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    target: Vec<String>,
    /// How long each target is searched, in seconds.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Targets that are searched at one time. Without it, one for each processor.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Add what reaches code that no input of the corpus reaches to tests/fuzz/corpus.
    #[arg(long)]
    keep: bool,
}

/// A target, as the reader lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    name: String,
    /// Longest input, in bytes.
    longest: usize,
}

/// Where everything is.
#[derive(Debug)]
struct Place {
    /// The program that was built.
    reader: PathBuf,
    /// Where it runs; all else of a search is below.
    folder: PathBuf,
    /// The repository's corpus.
    corpus: PathBuf,
}

/// Instruments what cargo builds for the target machine: branches, their addresses, and comparisons. What bolero
/// calls by these names is its libFuzzer.
const RUSTFLAGS: &str = "--cfg fuzzing --cfg fuzzing_libfuzzer -Cdebuginfo=1 -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";

/// The whole command. Returns whether nothing was found.
pub fn run(root: &Path, options: &Options) -> Result<bool> {
    setup::ensure(setup::BUILD)?;
    setup::ensure(setup::FUZZ)?;
    let place = Place {
        reader: build(root)?,
        folder: std::path::absolute(setup::target_folder(root).join("fuzz"))
            .context("the target folder is no folder's name")?,
        corpus: root.join("tests/fuzz/corpus"),
    };
    let targets = choose(list(&place.reader)?, &options.target)?;
    for target in &targets {
        prepare(&place, target)?;
    }
    let jobs = options
        .jobs
        .or_else(|| thread::available_parallelism().ok())
        .map_or(1, NonZeroUsize::get);
    let searches = progress::during(
        &format!(
            "searching {} targets, {} s each, {jobs} at one time",
            targets.len(),
            options.seconds
        ),
        || search::all(&place, &targets, options.seconds, jobs),
    )?;
    println!("\n{}\n", search::table(&searches));
    if options.keep {
        for target in &targets {
            keep::run(&place, target)?;
        }
    }
    Ok(tell_findings(&searches))
}

/// Builds the reader. RUSTFLAGS apply to what is built for a named target and not to build scripts, which have no
/// libFuzzer to be linked with.
fn build(root: &Path) -> Result<PathBuf> {
    progress::announce("building the targets for libFuzzer (the first time takes some minutes)");
    let version = Step::new("rustc", "ask the compiler for its machine").args(["-vV"]);
    let version = version.read()?;
    let machine = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("`rustc -vV` names no host")?;
    let folder = setup::target_folder(root).join("fuzz");
    Step::cargo(root, "build the targets for libFuzzer")
        .args(["build", "--profile", "fuzz", "--package", "fuzz-tests"])
        .args(["--bin", "fuzz-reader", "--target", machine])
        .arg_path("--target-dir", &folder)
        .env("RUSTFLAGS", RUSTFLAGS)
        .advice("the compiler's message above says what is wrong")
        .run()?;
    std::path::absolute(folder.join(machine).join("fuzz/fuzz-reader"))
        .context("the target folder is no folder's name")
}

fn list(reader: &Path) -> Result<Vec<Target>> {
    let listed = Step::new(reader, "list the targets")
        .args(["--list"])
        .read()?;
    let target = |line: &str| {
        let (name, longest) = line.split_once(' ')?;
        Some(Target {
            name: name.to_owned(),
            longest: longest.parse().ok()?,
        })
    };
    let targets: Option<Vec<_>> = listed.lines().map(target).collect();
    targets.with_context(|| format!("{} --list is no list of targets", reader.display()))
}

/// The targets that were named, or all.
fn choose(all: Vec<Target>, names: &[String]) -> Result<Vec<Target>> {
    let is_there = |name: &String| all.iter().any(|target| target.name == *name);
    if let Some(name) = names.iter().find(|name| !is_there(name)) {
        let all: Vec<_> = all.iter().map(|target| target.name.as_str()).collect();
        bail!("there is no target {name:?}; they are {}", all.join(", "));
    }
    let chosen = |target: &Target| names.is_empty() || names.contains(&target.name);
    Ok(all.into_iter().filter(chosen).collect())
}

/// Makes a target's folders, with fresh copies of its seeds.
fn prepare(place: &Place, target: &Target) -> Result<()> {
    let folder = |kind: &str| place.folder.join(kind).join(&target.name);
    let seeds = folder("seeds");
    if seeds.exists() {
        fs::remove_dir_all(&seeds)
            .with_context(|| format!("could not remove {}", seeds.display()))?;
    }
    for made in [&seeds, &folder("found"), &folder("findings")] {
        fs::create_dir_all(made).with_context(|| format!("could not make {}", made.display()))?;
    }
    for file in files(&place.corpus.join(&target.name))? {
        let copy = seeds.join(file.file_name().unwrap_or_default());
        fs::copy(&file, &copy).with_context(|| format!("could not write {}", copy.display()))?;
    }
    Ok(())
}

/// The files of a folder, sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = || format!("could not list {}", folder.display());
    let entries = fs::read_dir(folder).with_context(unreadable)?;
    let paths: std::io::Result<Vec<_>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.with_context(unreadable)?;
    paths.retain(|path| path.is_file());
    paths.sort();
    Ok(paths)
}

/// Says what was found and how to see it again. Returns whether nothing was.
fn tell_findings(searches: &[Search]) -> bool {
    let mut all_well = true;
    for search in searches {
        let Some(finding) = &search.finding else {
            continue;
        };
        all_well = false;
        println!(
            "FOUND: {} {}\n    again: cargo run -p fuzz-tests --bin fuzz-reader -- {0} {}",
            search.target,
            finding.what,
            finding.input.display()
        );
    }
    if all_well {
        println!("nothing was found");
    }
    all_well
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_chosen_by_name_and_a_wrong_name_lists_the_right_ones() {
        let all = ["a", "b", "c"].map(|name| Target {
            name: name.to_owned(),
            longest: 1,
        });
        let choose = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            choose(all.to_vec(), &names)
        };
        assert_eq!(choose(&[]).unwrap(), all);
        assert_eq!(choose(&["c"]).unwrap(), [all[2].clone()]);
        let message = choose(&["a", "x"]).unwrap_err().to_string();
        assert!(
            message.contains("\"x\"") && message.contains("a, b, c"),
            "{message}"
        );
    }
}
