//! `--keep`: of what a search found, the inputs that reach code which no input of the repository's corpus reaches,
//! as few of them as will do.

use super::{Place, Target, files};
use crate::command::Step;
use anyhow::{Context, Result};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Most inputs of a target in the repository.
const MOST_INPUTS: usize = 40;
/// Longest input that is kept, in bytes.
const LONGEST: u64 = 4096;

/// Copies them into the corpus, and says how many.
pub(super) fn run(place: &Place, target: &Target) -> Result<()> {
    let folder = |kind: &str| place.folder.join(kind).join(&target.name);
    let seeds = files(&folder("seeds"))?;
    let mut found = files(&folder("found"))?;
    found.retain(|path| fs::metadata(path).is_ok_and(|data| data.len() <= LONGEST));
    let room = MOST_INPUTS.saturating_sub(seeds.len());
    let inputs: Vec<_> = seeds.iter().chain(&found).cloned().collect();
    let reached = reached(place, target, &inputs)?;
    let (chosen, left) = choose(&reached, seeds.len(), room);
    let corpus = place.corpus.join(&target.name);
    for index in &chosen {
        let from = &inputs[*index];
        let to = corpus.join(from.file_name().unwrap_or_default());
        fs::copy(from, &to).with_context(|| format!("could not write {}", to.display()))?;
    }
    let left = match left {
        0 => String::new(),
        left => format!("; {left} branches more would take more than {MOST_INPUTS} inputs"),
    };
    println!("    {}: kept {} inputs{left}", target.name, chosen.len());
    Ok(())
}

/// The branches that each input reaches, however often. libFuzzer writes them into the file that it merges corpora by.
fn reached(place: &Place, target: &Target, inputs: &[PathBuf]) -> Result<Vec<BTreeSet<u64>>> {
    let file = format!("{}.merge", target.name);
    let path = place.folder.join(&file);
    fs::write(&path, control(inputs))
        .with_context(|| format!("could not write {}", path.display()))?;
    Step::new(
        &place.reader,
        format!("measure the inputs of {}", target.name),
    )
    .args([&target.name])
    .folder(&place.folder)
    .env(
        "BOLERO_LIBFUZZER_ARGS",
        format!("-merge_control_file={file} -merge_inner=2 -use_counters=0"),
    )
    .read()?;
    let text =
        fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
    let _ = fs::remove_file(&path);
    Ok(read_reached(&text, inputs.len()))
}

/// How many inputs, how many of them are the first corpus, and their paths.
fn control(inputs: &[PathBuf]) -> String {
    let path = |path: &PathBuf| Path::display(path).to_string();
    let mut lines = vec![inputs.len().to_string(), inputs.len().to_string()];
    lines.extend(inputs.iter().map(path));
    lines.join("\n") + "\n"
}

/// Reads lines of `FT`, the number of the input, and those of the branches.
fn read_reached(text: &str, count: usize) -> Vec<BTreeSet<u64>> {
    let mut reached = vec![BTreeSet::new(); count];
    for line in text.lines() {
        let mut words = line.split_whitespace();
        if words.next() != Some("FT") {
            continue;
        }
        let mut numbers = words.map_while(|word| word.parse::<u64>().ok());
        let index = numbers.next().and_then(|index| usize::try_from(index).ok());
        if let Some(reached) = index.and_then(|index| reached.get_mut(index)) {
            reached.extend(numbers);
        }
    }
    reached
}

/// Of the inputs behind the first `seeds`, at most `room` that together reach the most: each time the one that adds
/// the most, of equals the first. Returns their numbers, and how many branches none of them reaches.
fn choose(reached: &[BTreeSet<u64>], seeds: usize, room: usize) -> (Vec<usize>, usize) {
    let (seeds, found) = reached.split_at(seeds);
    let mut missing: BTreeSet<u64> = found.iter().flatten().copied().collect();
    for branch in seeds.iter().flatten() {
        missing.remove(branch);
    }
    let mut chosen = Vec::new();
    while chosen.len() < room && !missing.is_empty() {
        let gain = |reached: &BTreeSet<u64>| reached.intersection(&missing).count();
        let gains = found.iter().map(gain).enumerate();
        let Some((best, _)) = gains.max_by_key(|(index, gain)| (*gain, usize::MAX - index)) else {
            break;
        };
        for branch in &found[best] {
            missing.remove(branch);
        }
        chosen.push(seeds.len() + best);
    }
    (chosen, missing.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_adds_nothing_is_not_kept() {
        let text = "STARTED 0 3\nCOV 0 7 8\nFT 0 1 2\nFT 1 1 3\nFT 2 3 4 5\nFT 3 4\nFT 9 6\n";
        let reached = read_reached(text, 4);
        assert_eq!(reached[2], BTreeSet::from([3, 4, 5]));
        assert_eq!(choose(&reached, 1, 9), (vec![2], 0));
        assert_eq!(choose(&reached, 2, 9), (vec![2], 0));
        assert_eq!(choose(&reached, 3, 9), (vec![], 0));
        assert_eq!(choose(&reached, 1, 0), (vec![], 3));
    }
}
