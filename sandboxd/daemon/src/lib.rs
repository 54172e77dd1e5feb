//! The parts of sandboxd's unprivileged half, and of its commands. A library only so that `tests/fuzz` can reach
//! what reads hostile bytes; nothing else of the workspace depends on it.

#![forbid(unsafe_code)]

pub mod batch;
pub mod compiling;
pub mod config;
pub mod daemon;
pub mod doctor;
pub mod exec;
pub mod fairness;
pub mod files;
pub mod host;
pub mod input;
pub mod job;
pub mod launcher_client;
pub mod listen;
pub mod media_type;
pub mod notify;
pub mod outcome;
pub mod output;
pub mod patience;
pub mod pool;
pub mod request;
pub mod run;
pub mod serve;
pub mod service;
pub mod start_checks;
