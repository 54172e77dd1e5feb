//! Takes each layer of the sandbox out, runs all attacks without it, and writes down which are still stopped.
//! `cargo xtask layers` builds what it needs and calls it.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Parser;
use sandboxd_sandbox::layers::{ALL, Layer};
use security_tests::attack;
use security_tests::layers::{Row, document, measure};
use test_harness::binaries;

/// Sets of layers that are taken out together: where the loss of one alone lets nothing through, because another
/// stops the same.
const TOGETHER: [&[&str]; 20] = [
    &["seccomp", "net-namespace"],
    &["seccomp", "net-namespace", "launcher-namespaces"],
    &["seccomp", "ipc-namespace"],
    &["seccomp", "ipc-namespace", "launcher-namespaces"],
    &["seccomp", "namespace-limits"],
    &["seccomp", "capabilities"],
    &["seccomp", "capabilities", "bounding-set", "uid-drop"],
    &["seccomp", "session-keyring"],
    &["seccomp", "exact-wait"],
    &["seccomp", "own-ids"],
    &["seccomp", "not-dumpable", "uid-drop"],
    &["job-filter", "capabilities"],
    &["landlock", "mount-flags"],
    &["landlock", "read-only-root", "uid-drop"],
    &["memory-limit", "scratch-limits"],
    &["pids-limit", "resource-limits"],
    &["cpu-time", "resource-limits"],
    &["cpu-time", "wall-time"],
    &["open-beneath", "collector-filter", "mount-flags"],
    &["pid-namespace", "proc-hiding"],
];

#[derive(Debug, Parser)]
struct Arguments {
    /// Only these sets: names with commas between them, sets apart by blanks. The others keep what was found before.
    #[arg(long, num_args = 1.., value_name = "LAYER[,LAYER]")]
    only: Vec<String>,
    /// Attacks at one time; most of them wait most of the time.
    #[arg(long, default_value_t = 4)]
    threads: usize,
    /// Where the results of each set are kept.
    #[arg(long)]
    results: PathBuf,
    /// The document that is written when there are results for every set.
    #[arg(long)]
    document: PathBuf,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("layers: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// All sets, in the order of the document; the first is the whole sandbox.
fn sets() -> Vec<Vec<String>> {
    let alone = ALL
        .iter()
        // One is about the checks themselves, one only exists with cgroup v2.
        .filter(|(layer, ..)| !matches!(layer, Layer::StartChecks | Layer::RunKill))
        .map(|(_, name, _)| vec![(*name).to_owned()]);
    let together = TOGETHER
        .iter()
        .map(|set| set.iter().map(|name| (*name).to_owned()).collect());
    alone.chain(together).collect()
}

fn run(arguments: &Arguments) -> Result<()> {
    let attacks = attack::load()?;
    fs::create_dir_all(&arguments.results)
        .with_context(|| format!("making {}", arguments.results.display()))?;
    let sets = sets();
    let chosen = choose(&sets, &arguments.only)?;
    for (number, set) in chosen.iter().enumerate() {
        let begin = Instant::now();
        let row = measure(set, &attacks, arguments.threads)?;
        println!(
            "[{}/{}] without {}: {} of {} stopped, {:.0} s{}",
            number + 1,
            chosen.len(),
            set.join(" + "),
            row.attacks - row.through.len(),
            row.attacks,
            begin.elapsed().as_secs_f64(),
            if row.start.is_empty() {
                ""
            } else {
                "; refused at the start"
            },
        );
        let path = result_file(&arguments.results, set);
        let text = serde_json::to_vec_pretty(&row)?;
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    let mut rows = Vec::new();
    for set in &sets {
        match fs::read(result_file(&arguments.results, set)) {
            Ok(text) => rows.push(serde_json::from_slice::<Row>(&text)?),
            Err(_) => {
                println!(
                    "no document yet: without {} was never tried",
                    set.join(" + ")
                );
                return Ok(());
            }
        }
    }
    let meanings: BTreeMap<_, _> = ALL.iter().map(|(_, name, what)| (*name, *what)).collect();
    fs::write(&arguments.document, document(&head()?, &meanings, &rows))
        .with_context(|| format!("writing {}", arguments.document.display()))?;
    println!("wrote {}", arguments.document.display());
    Ok(())
}

fn choose(sets: &[Vec<String>], only: &[String]) -> Result<Vec<Vec<String>>> {
    if only.is_empty() {
        return Ok(sets.to_vec());
    }
    only.iter()
        .map(|wanted| {
            let wanted: Vec<String> = wanted.split(',').map(str::to_owned).collect();
            match sets.contains(&wanted) {
                true => Ok(wanted),
                false => bail!("there is no set {:?}", wanted.join(",")),
            }
        })
        .collect()
}

fn result_file(folder: &Path, set: &[String]) -> PathBuf {
    folder.join(format!("{}.json", set.join("+")))
}

fn head() -> Result<String> {
    let template = binaries::workspace().join("tests/security/layers-head.md");
    let text =
        fs::read_to_string(&template).with_context(|| format!("reading {}", template.display()))?;
    let kernel =
        fs::read_to_string("/proc/sys/kernel/osrelease").context("asking for the kernel")?;
    let series: Vec<_> = kernel.trim().split('.').take(2).collect();
    Ok(text.replace("KERNEL", &series.join(".")))
}
