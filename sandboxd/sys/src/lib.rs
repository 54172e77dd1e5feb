//! System calls that sandboxd needs and that no safe wrapper covers, one function each. The only
//! crate of the workspace with unsafe code: every block says what must hold and why it does.
//! Descriptors come in borrowed and go out owned. Nothing here decides anything.

#![deny(unsafe_op_in_unsafe_fn)]

pub mod clone;
pub mod descriptors;
pub mod process;
pub mod socket;

pub use clone::{Cloned, SingleThreaded};

/// The library of `inside/lib.rs`, for the processes that sandboxes are copied from.
pub const INSIDE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/inside.so"));

/// Turns a raw return value into a result, reading `errno` for -1.
fn check(result: libc::c_long) -> std::io::Result<libc::c_long> {
    if result == -1 {
        Err(std::io::Error::last_os_error())
    } else {
        Ok(result)
    }
}
