//! What tests of the real sandbox share: a private sandboxd ([`Sandboxd`]), programs that run in
//! it ([`Job`], [`Running`], [`Report`]), the headers of program files ([`Header`]), and the search
//! for whatever a run left on the host ([`HostState`]).
//!
//! Nothing here is a second way to run a program: a job goes through sandboxd's own API, as
//! control-plane's do. Each [`Sandboxd`] has a folder, a socket, a control group and a range of user
//! ids of its own, so any number of them can live at one time. Tests must run as root.

#![forbid(unsafe_code)]

pub mod batch;
pub mod binaries;
pub mod files;
pub mod header;
pub mod host;
pub mod job;
pub mod processes;
pub mod running;
pub mod server;
pub mod slowness;
pub mod wait;

pub use batch::{Batch, BatchReport, RunningBatch};
pub use coderunner_proto::common::v1::{LeftOutReason, Outcome};
pub use coderunner_proto::sandbox::v1::{BatchEnd, FileCollection, FunctionStatus};
pub use files::{LeftFile, LeftFiles};
pub use header::Header;
pub use host::HostState;
pub use job::{Job, JobLimits};
pub use running::{Report, Running};
pub use server::{Half, Options, Sandboxd};
