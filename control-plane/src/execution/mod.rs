//! Runs of programs: accepted, queued, executed by a runner, watched, stored.
//!
//! `service` takes what users ask, `engine` drives everything in the background, `dispatcher`
//! brings tickets of the queue and sandboxes of the runners together, `worker` takes a run from
//! its slot to its stored end, `live` and `log` hold what watchers see.

mod adopt;
pub mod api;
pub mod attempts;
pub mod breaker;
pub mod dispatcher;
pub(crate) mod doubt;
pub mod engine;
pub mod kept;
pub mod live;
pub mod log;
pub mod model;
pub mod notes;
pub mod order;
pub mod program;
pub mod runner_client;
pub mod runners;
pub mod service;
pub mod store;
pub mod watch;
pub mod worker;

#[cfg(test)]
pub mod lab;
#[cfg(test)]
mod lab_course;
#[cfg(test)]
mod tests;
