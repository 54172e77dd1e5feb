//! Accounts, problems, submissions and progress, and the dispatch of every run to sandboxd.
//!
//! One folder per system, each with the same rooms: `model` (pure types and rules), `service`
//! (use cases), `store` (SQL only), `api` (gRPC: authenticate, convert, call, convert back).

#![forbid(unsafe_code)]

pub mod auth;
pub mod classes;
pub mod execution;
pub mod explain;
pub mod history;
pub mod judge;
pub mod pki;
pub mod platform;
pub mod problems;
pub mod progress;
pub mod requeue;
pub mod retention;
pub mod runners;
pub mod server;
pub mod service_accounts;
pub mod snippets;
pub mod submissions;
pub mod testcases;
pub mod users;
pub mod web;
