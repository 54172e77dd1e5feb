//! What can go wrong. Each message says what was attempted and on what; where the reader can
//! do something about it, the message ends with that.

use std::path::{Path, PathBuf};

/// Shorthand for this crate's results.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A build, a renewal of pins or a verification that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read, written, moved or removed.
    #[error("could not {action} {path}")]
    Io {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },

    /// `recipe.toml`, `packages.lock` or `manifest.json` does not say something we understand.
    #[error("{path} is not valid: {problem}")]
    Invalid { path: PathBuf, problem: String },

    /// The recipe names a package that the lock does not pin, or the other way round.
    #[error(
        "{lock} does not match the recipe: {problem}; renew it with `cargo run -p rootfs-builder -- update-pins`"
    )]
    LockMismatch { lock: PathBuf, problem: String },

    /// A package's bytes are not the ones that the lock pins. Never retried elsewhere silently.
    #[error(
        "{file} has sha256 {found}, but the lock pins {expected}: refusing to use it. If the mirror is at fault, try again \
         or choose another with --mirror; a different file under the same version must not be accepted"
    )]
    WrongHash {
        file: String,
        expected: String,
        found: String,
    },

    /// Neither the mirror nor the snapshot archive gave the pinned file.
    #[error(
        "could not download {package} {version}.\n{attempts}\nIf the mirror has moved on to a newer version, renew the pins with \
         `cargo run -p rootfs-builder -- update-pins` and commit rootfs/packages.lock; if this machine has no network, copy the file \
         to {cache}"
    )]
    Download {
        package: String,
        version: String,
        attempts: String,
        cache: PathBuf,
    },

    /// A program of the host that the builder needs is missing.
    #[error("the program {program} was not found; install it with `apt-get install {package}`")]
    MissingProgram {
        program: &'static str,
        package: &'static str,
    },

    /// A program was started and failed.
    #[error("{what} failed ({status}): {stderr}")]
    Program {
        what: String,
        status: String,
        stderr: String,
    },

    /// The builder must create files owned by root and enter the tree.
    #[error(
        "building the root filesystem needs root (files owned by root, chroot); run it with sudo"
    )]
    NotRoot,

    /// The host's processor is not the one that the recipe is for.
    #[error(
        "the recipe is for {recipe}, but this machine is {machine}; there is no recipe for it yet"
    )]
    Architecture { recipe: String, machine: String },

    /// A `keep` pattern matched no file: the package changed its layout.
    #[error(
        "package {package}: the recipe keeps {pattern}, but no file of {version} matches it; correct rootfs/recipe.toml"
    )]
    UnusedPattern {
        package: String,
        version: String,
        pattern: String,
    },

    /// The finished tree has something that it must not have.
    #[error("the tree is not acceptable:\n{}", .0.join("\n"))]
    Audit(Vec<String>),

    /// The interpreter inside the tree could not do what programs need.
    #[error("the Python inside the tree is not complete:\n{}", .0.join("\n"))]
    Check(Vec<String>),
}

impl Error {
    pub(crate) fn io(
        action: &'static str,
        path: impl AsRef<Path>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
