//! The Kattis problem package format, version 2025-09, which was called 2023-07-draft until it was
//! complete (<https://www.kattis.com/problem-package-format/spec/2025-09.html>), for problems of
//! standard input and output. `read` takes a package apart, `write` makes one.
//!
//! What a problem here has and the format has no place for is in files of a folder `.coderunner`
//! (`settings`), which other systems must ignore as any name that begins with a dot. So a problem
//! comes back as it was. What a package has and a problem here has no place for is named in a
//! warning, or refused where the problem would be another one without it.

mod data;
mod metadata;
mod package;
mod programs;
mod read;
mod settings;
mod write;

pub use read::{Imported, read};
pub use write::{Exported, write};

#[cfg(test)]
mod tests;
