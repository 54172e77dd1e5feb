//! One sandbox: limits and policy as data, resources as owned values, set-up in kernel order.
//!
//! The parent side ([`slot`], [`cgroup`], [`stage`]) runs in the launcher. Inside are, from the long-lived to
//! the short-lived: the [`zygote`]'s template, one for each [`profile`]; a [`keeper`] and a zygote for each slot; the
//! [`first`] process of each sandbox and its job, a copy of the zygote; and after a job, where its files are
//! wanted, a [`collector`]. Nothing here knows gRPC or runs a thread; nothing but the collector reads what a job
//! wrote.

#![forbid(unsafe_code)]

pub mod cgroup;
pub mod child;
pub mod collection;
pub mod collector;
pub mod delegated;
pub mod first;
pub mod identity;
pub mod keeper;
pub mod layers;
pub mod limits;
pub mod mounts;
pub mod profile;
pub mod restrict;
pub mod slot;
pub mod stage;
pub mod syscalls;
pub mod waiting;
pub mod zygote;

pub use limits::{Ceilings, KernelLimits, Limits};
pub use profile::Profile;
pub use slot::{Builder, ENDS, Ends, Exit, Sandbox, Slot, Usage};
