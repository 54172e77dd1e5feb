//! Problems and courses as archives, which authors send and get over the API: packages of the
//! Kattis format (`kattis`), and folders as `course` reads them. An archive becomes a problem only
//! through the same checks as everything that an author writes.

pub mod api;
pub mod archive;
pub mod kattis;
pub mod service;
mod yaml;

#[cfg(test)]
mod tests;
