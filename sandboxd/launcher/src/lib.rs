//! The privileged half of sandboxd. One thread, no network, no code of students, no secrets: it answers
//! a closed list of requests ([`wire`]) from the daemon, checks each as if the daemon were hostile, makes
//! and ends sandboxes. When the daemon goes, every sandbox goes, and then the launcher.

#![forbid(unsafe_code)]

pub mod launcher;
pub mod slots;
pub mod templates;
pub mod wire;

pub use launcher::{Ended, Launcher, LauncherConfig, StartError, Stopped};
