//! A Debian 12 machine under QEMU, with systemd and the unified cgroup hierarchy, in which sandboxd is installed as
//! an operator installs it. It emulates the processor, so it is slow, and needs no hardware virtualisation.
//!
//! [`image`] makes its disk, [`machine`] boots it and has commands run in it.

#![forbid(unsafe_code)]

pub mod image;
pub mod machine;
