//! A course as a folder of text files, which authors copy and change: read and checked in full
//! (`folder`, `problem`), then stored in one transaction (`service`); and written from what is stored
//! (`stored`, `write`). What the folder holds is
//! described in the README of the sample course.

mod checker;
pub mod document;
pub mod folder;
pub mod model;
pub mod problem;
pub mod service;
pub mod store;
pub mod stored;
pub mod subtasks;
#[cfg(test)]
mod tests;
pub mod tree;
pub mod values;
pub mod write;
