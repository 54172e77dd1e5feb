//! Where the programs under test and the root filesystem are.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Names a folder with the built programs, instead of the one that the test itself was built into.
pub const BINARIES_VARIABLE: &str = "CODERUNNER_TEST_BINARIES";
/// Names the tree of the root filesystem, instead of the one in the target folder.
pub const ROOTFS_VARIABLE: &str = "CODERUNNER_TEST_ROOTFS";
/// Names a copy of the repository's folder `tests`, for a machine that has no repository.
pub const TESTS_VARIABLE: &str = "CODERUNNER_TEST_SOURCES";

/// Names the sandboxd out of which layers can be taken, instead of the one in the target folder.
pub const LAYERS_VARIABLE: &str = "CODERUNNER_TEST_LAYERS";

/// Path of the sandboxd out of which layers can be taken.
///
/// # Errors
/// When it was not built.
pub fn sandboxd_with_removable_layers() -> Result<PathBuf> {
    let path = match env::var_os(LAYERS_VARIABLE) {
        Some(path) => PathBuf::from(path),
        None => workspace().join("target/layers/sandboxd"),
    };
    if !path.is_file() {
        bail!(
            "could not find {}: `cargo xtask test` and `cargo xtask layers` make it, or name it in {LAYERS_VARIABLE}",
            path.display()
        );
    }
    Ok(path)
}

/// Path of the program `name`.
///
/// # Errors
/// When it was not built.
pub fn program(name: &str) -> Result<PathBuf> {
    let folder = match env::var_os(BINARIES_VARIABLE) {
        Some(folder) => PathBuf::from(folder),
        None => profile_folder()?,
    };
    let path = folder.join(name);
    if !path.is_file() {
        bail!(
            "could not find {}: build it with `cargo build -p {name}`, or name its folder in {BINARIES_VARIABLE}",
            path.display()
        );
    }
    Ok(path)
}

/// Path of the root filesystem's tree.
///
/// # Errors
/// When it was not made.
pub fn rootfs() -> Result<PathBuf> {
    let path = match env::var_os(ROOTFS_VARIABLE) {
        Some(path) => PathBuf::from(path),
        None => workspace().join("target/rootfs/rootfs-current/tree"),
    };
    if !path.join("usr/bin/python3").exists() {
        bail!(
            "could not find a root filesystem at {}: make it with `cargo xtask rootfs`, or name it in {ROOTFS_VARIABLE}",
            path.display()
        );
    }
    path.canonicalize()
        .with_context(|| format!("following {}", path.display()))
}

/// The repository's folder of tests, where their programs lie.
pub fn tests() -> PathBuf {
    env::var_os(TESTS_VARIABLE).map_or_else(|| workspace().join("tests"), PathBuf::from)
}

/// The repository's folder.
pub fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The folder of the build profile: tests lie in its `deps`, programs beside that. A program that is itself no
/// test looks beside itself.
fn profile_folder() -> Result<PathBuf> {
    let test = env::current_exe().context("finding the test program's own path")?;
    let deps = test
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == "deps"));
    deps.unwrap_or(&test)
        .parent()
        .map(Path::to_owned)
        .with_context(|| format!("{} does not lie in a folder", test.display()))
}
