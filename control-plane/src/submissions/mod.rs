//! Submissions: programs graded against the tests of a problem.
//!
//! `service` takes what users ask, `grader` takes a submission from its first slot to its stored
//! verdict, `live` holds what watchers see, `rejudge` grades again what has ended. Queue, runners and sandboxes are those of
//! `execution`; the comparing is done by `judge`.

mod adopt;
pub mod api;
pub mod grader;
pub mod live;
pub mod model;
pub mod plan;
pub mod rejudge;
pub mod service;
pub mod store;
pub mod testing;
pub mod watch;

#[cfg(test)]
mod tests;
