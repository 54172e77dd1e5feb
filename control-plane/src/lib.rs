//! Accounts, problems, submissions and progress, and the dispatch of every run to sandboxd.
//!
//! One folder per system, each with the same rooms: `model` (pure types and rules), `service`
//! (use cases), `store` (SQL only), `api` (gRPC: authenticate, convert, call, convert back).

#![forbid(unsafe_code)]

pub mod platform;
