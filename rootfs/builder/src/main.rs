//! `rootfs-builder`: the command line of this crate.
//!
//! `build` makes the tree or finds it unchanged, `verify` compares a tree with its manifest,
//! `update-pins` renews `packages.lock` and `wheels.lock`. Exit code 0 when done, 1 when it failed or when
//! `verify` found a difference, 2 for wrong usage.

#![forbid(unsafe_code)]

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use rootfs_builder::{Inputs, Manifest, Progress, build, update_pins, verify};
use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

#[derive(Parser)]
#[command(
    version,
    about = "Builds and verifies the read-only Python root filesystem of the sandbox"
)]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Build the tree if the recipe changed since the last build.
    Build {
        /// Folder with recipe.toml, packages.lock, wheels.lock and runner/.
        #[arg(long, default_value = "rootfs")]
        recipe: PathBuf,
        /// Folder for the result and the caches of packages and wheels.
        #[arg(long, default_value = "target/rootfs")]
        out: PathBuf,
        /// Use another mirror: ARCHIVE=URL, as in debian=http://mirror.example/debian.
        #[arg(long, value_parser = parse_mirror)]
        mirror: Vec<(String, String)>,
    },
    /// Compare a built tree with its manifest.
    Verify {
        /// Folder with tree/ and manifest.json.
        #[arg(default_value = "target/rootfs/rootfs-current")]
        folder: PathBuf,
    },
    /// Renew packages.lock with the newest versions of the recipe's suites, and wheels.lock with the newest
    /// wheels that fit together.
    UpdatePins {
        /// Folder with recipe.toml and the locks.
        #[arg(long, default_value = "rootfs")]
        recipe: PathBuf,
    },
}

fn parse_mirror(text: &str) -> Result<(String, String), String> {
    let (name, url) = text.split_once('=').ok_or("expected ARCHIVE=URL")?;
    Ok((name.to_owned(), url.to_owned()))
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Action::Build {
            recipe,
            out,
            mirror,
        } => run_build(recipe, out, mirror),
        Action::Verify { folder } => run_verify(&folder),
        Action::UpdatePins { recipe } => run_update_pins(&recipe),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rootfs-builder: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_build(
    recipe_folder: PathBuf,
    output_folder: PathBuf,
    mirrors: Vec<(String, String)>,
) -> Result<()> {
    let started = Instant::now();
    let shown = Shown::new();
    let built = build(
        &Inputs {
            recipe_folder,
            output_folder,
            mirrors,
        },
        &shown,
    );
    shown.finish();
    let built = built.context("the root filesystem was not built")?;
    let state = if built.cached { "unchanged" } else { "built" };
    println!(
        "{state}: {} (Python {}, {} packages, {} wheels, {} entries, {:.1} MB, digest {}, {:.1} s)",
        built.folder.display(),
        built.manifest.python_version,
        built.manifest.packages.len(),
        built.manifest.wheels.len(),
        built.manifest.entries.len(),
        built.manifest.total_bytes() as f64 / 1e6,
        &built.manifest.digest[..16],
        started.elapsed().as_secs_f64(),
    );
    Ok(())
}

fn run_verify(folder: &Path) -> Result<()> {
    let manifest = Manifest::read(&folder.join("manifest.json")).with_context(|| {
        format!(
            "no tree to verify in {}; make one with `rootfs-builder build`",
            folder.display()
        )
    })?;
    let differences = verify(&folder.join("tree"), &manifest)?;
    for difference in &differences {
        println!("{difference}");
    }
    if !differences.is_empty() {
        bail!(
            "{} differs from its manifest in {} places; remove it and build again",
            folder.display(),
            differences.len()
        );
    }
    println!(
        "{}: {} entries as built, digest {}",
        folder.display(),
        manifest.entries.len(),
        manifest.digest
    );
    Ok(())
}

fn run_update_pins(recipe: &Path) -> Result<()> {
    let shown = Shown::new();
    let changes = update_pins(recipe, &shown);
    shown.finish();
    let changes = changes.context("the pins were not renewed")?;
    for change in &changes {
        println!("{change}");
    }
    println!("{} pins changed in {}", changes.len(), recipe.display());
    Ok(())
}

/// A spinner with the current step on a terminal, one line per step elsewhere.
struct Shown {
    bar: Option<ProgressBar>,
}

impl Shown {
    fn new() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self { bar: None };
        }
        let bar = ProgressBar::new_spinner();
        bar.set_style(
            ProgressStyle::with_template("{spinner} [{elapsed}] {prefix}: {msg}")
                .expect("a constant template"),
        );
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar: Some(bar) }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Shown {
    fn step(&self, what: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_prefix(what.to_owned());
                bar.set_message("");
            }
            None => eprintln!("rootfs: {what}"),
        }
    }

    fn item(&self, done: usize, total: usize, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{done}/{total} {what}"));
        }
    }
}
