//! Packages from the Python index, as wheels: what Debian does not have in one version for all, or only
//! with a compiler beside it. `wheels.lock` pins them, `fetch` gets them, `unpack` takes out of each what the
//! recipe keeps. No code of a wheel runs before it is unpacked inside the tree.

mod fetch;
mod lock;
mod pins;
mod unpack;

pub(crate) use fetch::fetch_all;
pub use lock::{LockedWheel, WheelLock};
pub(crate) use pins::update_pins;
pub(crate) use unpack::unpack;

use crate::{Error, Recipe, Result};
use std::{
    path::Path,
    process::{Command, Stdio},
};

/// Asks pip to download wheels for the tree's Python into `folder`. It uses the index, the proxy and the
/// certificates that this machine is configured for, and never runs or builds a package.
fn pip_download(recipe: &Recipe, folder: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("pip3");
    command.args([
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ]);
    command.args([
        "--no-cache-dir",
        "--only-binary=:all:",
        "--implementation",
        "cp",
    ]);
    command.args(["--python-version", &recipe.python]);
    for platform in &recipe.wheels.platforms {
        command.args(["--platform", platform]);
    }
    let output = command
        .arg("--dest")
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|_| Error::MissingProgram {
            program: "pip3",
            package: "python3-pip",
        })?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Program {
        what: "pip3 download".into(),
        status: output.status.to_string(),
        stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

/// Name, normalised, and version of the package in a wheel of this file name (PEP 427, PEP 503).
fn parse_file_name(file: &str) -> Option<(String, String)> {
    let parts: Vec<_> = file.strip_suffix(".whl")?.split('-').collect();
    let plain = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'+' | b'!')
            })
    };
    match parts[..] {
        // A build number may stand before the three tags.
        [name, version, _, _, _] | [name, version, _, _, _, _]
            if parts.iter().all(|part| plain(part)) =>
        {
            let name = name.to_ascii_lowercase().replace(['_', '.'], "-");
            Some((name, version.to_owned()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_tell_name_and_version() {
        for (file, expected) in [
            (
                "python_dateutil-4.0.0-py3-none-any.whl",
                Some(("python-dateutil", "4.0.0")),
            ),
            (
                "Pillow-13.0.0-1-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
                Some(("pillow", "13.0.0")),
            ),
            ("numpy-2.4.6.tar.gz", None),
            ("../numpy-2.4.6-py3-none-any.whl", None),
            ("numpy-py3-none-any.whl", None),
        ] {
            let expected = expected.map(|(name, version)| (name.to_owned(), version.to_owned()));
            assert_eq!(parse_file_name(file), expected, "{file}");
        }
    }
}
