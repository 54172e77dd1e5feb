//! The root filesystem's Python without sandboxd: started bare, and inside of bubblewrap.

use super::{BARE_PYTHON, Path, SOURCE, check};
use anyhow::{Context, Result, ensure};
use futures::future::BoxFuture;
use std::{env, path::PathBuf, process::Stdio};
use tokio::process::Command;

/// `python3.11 -c` of the root filesystem, without any isolation: what cannot be beaten without
/// an interpreter that is started already. It is started through the tree's own dynamic linker,
/// so that the host's libraries and its Python, if any, play no part.
pub struct BarePython {
    linker: PathBuf,
    libraries: PathBuf,
    python: PathBuf,
    home: PathBuf,
}

impl BarePython {
    pub fn new(rootfs: &std::path::Path) -> Result<Self> {
        let libraries = rootfs.join("usr/lib/x86_64-linux-gnu");
        let linker = libraries.join("ld-linux-x86-64.so.2");
        ensure!(
            linker.exists(),
            "{} is no root filesystem: it has no dynamic linker",
            rootfs.display()
        );
        Ok(Self {
            linker,
            libraries,
            python: rootfs.join("usr/bin/python3.11"),
            home: rootfs.join("usr"),
        })
    }
}

impl Path for BarePython {
    fn name(&self) -> &'static str {
        BARE_PYTHON
    }

    fn run(&self) -> BoxFuture<'_, Result<()>> {
        let mut command = Command::new(&self.linker);
        command
            .arg("--library-path")
            .arg(&self.libraries)
            .arg(&self.python)
            .env_clear()
            .env("PYTHONHOME", &self.home);
        Box::pin(python(command))
    }
}

/// The same Python in new namespaces with the tree as its read-only root. It is the least that
/// bubblewrap can be asked for: no limits, no system-call filter, no `/proc` and `/dev`.
pub struct Bwrap {
    program: PathBuf,
    rootfs: PathBuf,
}

impl Bwrap {
    /// None when the program is not installed.
    pub fn find(rootfs: &std::path::Path) -> Option<Self> {
        let path = env::var_os("PATH")?;
        let program = env::split_paths(&path)
            .map(|folder| folder.join("bwrap"))
            .find(|file| file.is_file())?;
        Some(Self {
            program,
            rootfs: rootfs.to_owned(),
        })
    }
}

impl Path for Bwrap {
    fn name(&self) -> &'static str {
        "bwrap"
    }

    fn run(&self) -> BoxFuture<'_, Result<()>> {
        let mut command = Command::new(&self.program);
        command
            .args(["--unshare-all", "--die-with-parent", "--ro-bind"])
            .arg(&self.rootfs)
            .args(["/", "/usr/bin/python3.11"])
            .env_clear()
            .env("PYTHONHOME", "/usr");
        Box::pin(python(command))
    }
}

/// Completes a command that ends with the interpreter, and runs it.
async fn python(mut command: Command) -> Result<()> {
    let output = command
        .args(["-c", SOURCE])
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .await
        .context("python did not start")?;
    ensure!(
        output.status.success(),
        "python ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    check(&output.stdout)
}
