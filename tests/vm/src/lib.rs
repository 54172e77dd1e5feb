//! A Debian 12 machine under QEMU, with systemd and the unified cgroup hierarchy, in which tests of the
//! sandbox run as they run here. It emulates the processor, so it is slow, and needs no hardware
//! virtualisation.
//!
//! [`image`] makes its disk, [`machine`] boots it once and reads what it prints.

#![forbid(unsafe_code)]

pub mod image;
pub mod machine;
