//! Fuzzing of what reads hostile bytes: one [`Target`] for each reader, with what must hold whatever comes.
//!
//! A target runs in two ways. `cargo test -p fuzz-tests` gives it every file of `corpus/NAME/` and, for a moment,
//! changed copies of them; that is part of `cargo xtask test`. `cargo xtask fuzz` builds the same target with
//! counters in every branch and lets libFuzzer look for inputs that reach new ones, for as long as it is told.
//!
//! Both engines are bolero's: it runs one closure under the test harness and under libFuzzer, on stable Rust, and
//! its unsafe code is its own, so that this crate forbids it like every other.

#![forbid(unsafe_code)]

pub mod change;
pub mod corpus;
pub mod engine;
mod input;
mod readers;

pub use readers::TARGETS;

/// One reader.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, and that of its folder in the corpus.
    pub name: &'static str,
    /// Panics when something does not hold for this input.
    pub check: fn(&[u8]),
    /// Longest input that is tried, in bytes.
    pub longest: usize,
}

/// The target of this name.
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_target_has_a_name_of_its_own_and_a_corpus() {
        let names: HashSet<_> = TARGETS.iter().map(|target| target.name).collect();
        assert_eq!(names.len(), TARGETS.len());
        for name in &names {
            let seeds = corpus::seeds(name).expect("a folder of the corpus");
            assert!(!seeds.is_empty(), "{name} has no corpus");
        }
        let folders = std::fs::read_dir(corpus::folder()).expect("the corpus");
        for folder in folders {
            let name = folder.expect("an entry").file_name();
            let name = name.to_string_lossy().into_owned();
            assert!(names.contains(name.as_str()), "{name} is no target");
        }
    }
}
