//! The attack suite: programs below `attacks/` that try to leave the sandbox, and what is needed to
//! judge them. `attacks/README.md` says how a program is written.
//!
//! [`attack`] loads the programs with their headers, [`traps`] puts things on the host that no
//! sandbox may reach, [`judge`] compares a run with what the header expects, [`trial`] does all of it
//! for one attack against a server of its own.

#![forbid(unsafe_code)]

pub mod attack;
pub mod judge;
pub mod layers;
pub mod traps;
pub mod trial;
