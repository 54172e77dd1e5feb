//! Makes the minimal, read-only Python root filesystem that every sandbox runs in, and
//! checks that a tree on disk still is the one that was made.
//!
//! The input is a folder with four things: `recipe.toml` (which files of which packages and wheels),
//! `packages.lock` and `wheels.lock` (exact versions and hashes) and `runner/` (our code that starts a
//! student's program). The output is `rootfs-<recipe hash>/{tree,manifest.json}` and a link
//! `rootfs-current` to it. A build is repeatable: same input, same manifest digest.
//!
//! ```text
//! recipe + lock -> fetch (hash checked) -> unpack what `keep` names -> runner -> bytecode -> list of fonts
//!               -> run checks inside the tree -> audit -> manifest -> rename into place
//! ```
//!
//! What it does not do: resolve dependencies (the recipe lists every package, and the checks
//! inside the tree prove the list complete), run maintainer scripts, or use anything of the
//! host but `dpkg-deb`, apt's downloader, pip's and `chroot`.

#![forbid(unsafe_code)]

mod audit;
mod build;
mod digest;
mod error;
mod fetch;
mod lock;
mod manifest;
mod pins;
mod progress;
mod python;
mod recipe;
mod tree;
mod verify;
mod wheels;

pub use build::{Built, Inputs, build, current_tree};
pub use error::{Error, Result};
pub use lock::{Lock, LockedPackage};
pub use manifest::{Entry, Kind, Manifest, PackageRecord};
pub use pins::update_pins;
pub use progress::{Progress, Silent};
pub use recipe::Recipe;
pub use verify::{Difference, verify};
pub use wheels::{LockedWheel, WheelLock};
