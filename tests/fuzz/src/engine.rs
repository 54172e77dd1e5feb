//! How a target is run: with one input, for a moment under the test harness, or for long under libFuzzer.

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bolero::produce;

use crate::change::{self, Change};
use crate::{Target, corpus};

/// Most changes of one input.
const CHANGES: usize = 6;

/// Gives a target each input of its corpus, and then changed copies of them for `time`.
///
/// # Errors
/// The input that did not pass, and what to do with it.
pub fn briefly(target: &Target, time: Duration) -> Result<(), String> {
    let seeds = corpus::seeds(target.name)
        .map_err(|error| format!("the corpus of {} can't be read: {error}", target.name))?;
    for (path, input) in &seeds {
        let checked = panic::catch_unwind(AssertUnwindSafe(|| (target.check)(input)));
        checked.map_err(|_| advice(target, path))?;
    }
    let seeds: Vec<_> = seeds.into_iter().map(|(_, input)| input).collect();
    let failed = failed_input(target);
    let searched = panic::catch_unwind(AssertUnwindSafe(|| search(target, &seeds, time, &failed)));
    searched.map_err(|_| advice(target, &failed))
}

fn search(target: &Target, seeds: &[Vec<u8>], time: Duration, failed: &Path) {
    let changes = produce::<Vec<Change>>().with().len(0..=CHANGES);
    bolero::check!(name = target.name)
        .with_test_time(time)
        .with_generator((produce::<u16>(), changes))
        .for_each(|(seed, changes): &(u16, Vec<Change>)| {
            let mut input = change::apply(seeds, *seed, changes);
            input.truncate(target.longest);
            let checked = panic::catch_unwind(AssertUnwindSafe(|| (target.check)(&input)));
            if let Err(problem) = checked {
                // Bolero goes on to make it smaller: the last one that fails is what stays.
                let _ = fs::write(failed, &input);
                panic::resume_unwind(problem);
            }
        });
}

/// Runs a target under the engine that bolero was built with. Under libFuzzer the arguments are in
/// `BOLERO_LIBFUZZER_ARGS`, and this never returns.
pub fn long(target: &Target) {
    bolero::check!(name = target.name)
        .with_max_len(target.longest)
        .for_each(|input: &[u8]| (target.check)(input));
}

fn failed_input(target: &Target) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/fuzz/failed");
    // Where it can't be written, bolero's message still shows the input.
    let _ = fs::create_dir_all(&folder);
    folder.join(format!("{}.input", target.name))
}

fn advice(target: &Target, input: &Path) -> String {
    let name = target.name;
    format!(
        "{name} does not hold for {input}; again: cargo run -p fuzz-tests --bin fuzz-reader -- {name} {input}",
        input = input.display()
    )
}
