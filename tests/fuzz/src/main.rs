//! Runs one target: with the inputs that are named, or under libFuzzer when `cargo xtask fuzz` has built it so.
//!
//! `fuzz-reader --list` prints the targets, each with the bytes of its longest input. `fuzz-reader TARGET FILE...` gives it these inputs, and ends with 101
//! and a panic's message at the first that does not pass. `fuzz-reader TARGET` is for `cargo xtask fuzz`.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use fuzz_tests::{TARGETS, engine, find};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    if name == "--list" {
        TARGETS
            .iter()
            .for_each(|target| println!("{} {}", target.name, target.longest));
        return ExitCode::SUCCESS;
    }
    let Some(target) = find(&name) else {
        return refuse(&format!(
            "there is no target {name:?}; --list prints them all"
        ));
    };
    let files: Vec<_> = arguments.collect();
    for file in &files {
        let input = match std::fs::read(file) {
            Ok(input) => input,
            Err(error) => return refuse(&format!("can't read {file}: {error}")),
        };
        (target.check)(&input);
        println!("{name}: {file} passes");
    }
    if !files.is_empty() {
        return ExitCode::SUCCESS;
    }
    if std::env::var_os("BOLERO_LIBFUZZER_ARGS").is_none() {
        return refuse("name an input, or run `cargo xtask fuzz`");
    }
    engine::long(target);
    ExitCode::SUCCESS
}

fn refuse(problem: &str) -> ExitCode {
    eprintln!("fuzz-reader: {problem}");
    ExitCode::from(2)
}
