//! One sandbox: limits and policy as data, resources as owned values, set-up in kernel order.
//!
//! The parent side ([`spawn`]) runs in the launcher: it makes the control group, the pipes and the
//! process with all its namespaces. The child side ([`init`], then [`job`]) builds the inside and
//! ends in Python. Nothing here knows gRPC, runs a thread or reads what a job wrote.

#![forbid(unsafe_code)]

pub mod cgroup;
pub mod child;
pub mod identity;
pub mod init;
pub mod job;
pub mod limits;
pub mod mounts;
pub mod restrict;
pub mod spawn;
pub mod stage;
pub mod syscalls;

pub use limits::{Ceilings, KernelLimits, Limits};
pub use spawn::{Ends, Exit, Sandbox, Spawner, Usage};
