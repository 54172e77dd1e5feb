//! Typed client of the Code Runner API: what a program needs to act for a student, on top of the
//! generated stubs. It connects, keeps the session alive, repeats calls that may be repeated, goes
//! on with a broken watch where it stopped, and turns refusals into [`Error`].
//!
//! It covers what students do. Services and calls of teachers, authors and operators go through
//! the generated stubs with [`Client::channel`] and [`Client::authorised`].
//!
//! ```no_run
//! # async fn example() -> Result<(), coderunner_client::Error> {
//! use coderunner_client::{Client, NewRun, RunEvent, Settings};
//! use futures::StreamExt;
//!
//! let client = Client::new(Settings::new("http://127.0.0.1:8080"))?;
//! client.login("mira@example.org", "correct horse").await?;
//! let mut started = client.run(NewRun::of_source("print('hello')")).await?;
//! while let Some(event) = started.events.next().await {
//!     if let RunEvent::Finished(run) = event? {
//!         println!("outcome {}", run.outcome);
//!     }
//! }
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod account;
mod client;
mod connect;
mod course;
mod error;
mod execution;
mod submission;
mod tokens;
mod watch;

pub use account::NewAccount;
pub use client::Client;
pub use connect::Settings;
pub use course::ProblemFilter;
pub use error::{Error, FieldProblem, Refusal};
pub use execution::{NewRun, RunEvent, RunEvents, StartedRun, Stream};
pub use submission::{NewSubmission, StartedSubmission, SubmissionEvent, SubmissionEvents};
pub use tokens::{MemoryTokens, TokenStore};
