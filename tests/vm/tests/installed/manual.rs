//! The blocks of docs/OPERATIONS.md, so that what it tells is what is tested.

use std::fs;

use anyhow::{Context, Result};
use test_harness::binaries;

/// The `number`th block for the shell, from 0, of the section with this heading.
pub fn block(heading: &str, number: usize) -> Result<String> {
    let path = binaries::workspace().join("docs/OPERATIONS.md");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let section = text
        .split("\n## ")
        .find_map(|section| section.strip_prefix(heading)?.strip_prefix('\n'))
        .with_context(|| format!("docs/OPERATIONS.md has no section {heading:?}"))?;
    let block = section
        .split("\n```sh\n")
        .skip(1)
        .nth(number)
        .and_then(|block| block.split_once("\n```"));
    let (block, _) = block
        .with_context(|| format!("section {heading:?} has no block {number} for the shell"))?;
    // The first step that fails is the last, as for somebody who reads what it prints.
    Ok(format!("set -e\n{block}\n"))
}
