//! `cargo xtask package`: sandboxd as a Debian package: the program, its units, its settings, its manual pages, and
//! the root file system as one image. cargo-deb makes it, from the list in `sandboxd/daemon/Cargo.toml`.

use crate::{command::Step, progress, setup};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The crate `cargo-deb` as a tool; another version could make another package.
const CARGO_DEB: &str = "3.8.0";

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Version of the package, such as "0.2.0-1"; the workspace's without it.
    #[arg(long)]
    deb_version: Option<String>,
}

/// What is packed: programs of which profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Release,
    /// What the tests built already.
    Dev,
}

impl Profile {
    fn folder(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "debug",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "dev",
        }
    }
}

/// The command: builds everything, makes the package, says where it is.
pub fn run(root: &Path, options: &Options) -> Result<()> {
    setup::ensure(setup::BUILD)?;
    progress::announce("building sandboxd (release; the first time takes some minutes)");
    Step::cargo(root, "build sandboxd")
        .args(["build", "--release", "--package", "sandboxd", "--package"])
        .args(["rootfs-builder"])
        .advice("the compiler's message above says what is wrong")
        .run()?;
    setup::build_rootfs(root, &setup::target_folder(root).join("release"))?;
    let package = make(root, Profile::Release, options.deb_version.as_deref())?;
    println!("package:  {}", package.display());
    println!("size:     {:.1} MiB", mebibytes(&package)?);
    println!("sha256:   {}", checksum(&package)?);
    Ok(())
}

/// Makes the package of programs and a root file system that are there already.
pub fn make(root: &Path, profile: Profile, version: Option<&str>) -> Result<PathBuf> {
    setup::ensure(setup::PACKAGE)?;
    let tool = cargo_deb(root)?;
    let built = setup::target_folder(root).join(profile.folder());
    pack_rootfs(root, &built.join("sandboxd-package"))?;
    let out = setup::target_folder(root).join("package");
    fs::create_dir_all(&out).with_context(|| format!("could not create {}", out.display()))?;
    let mut step = Step::new(tool, "make the package")
        .folder(root)
        .args(["deb", "--no-build", "--package", "sandboxd", "--profile"])
        .args([profile.name(), "--strip", "--compress-type", "xz", "--fast"])
        .args(["--quiet"])
        .arg_path("--output", &out);
    if let Some(version) = version {
        step = step.args(["--deb-version", version]);
    }
    let printed = progress::during("making the package", || step.read())?;
    let path = printed.lines().map(PathBuf::from).find(|path| is_deb(path));
    path.with_context(|| format!("cargo-deb named no package, but said:\n{printed}"))
}

fn is_deb(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "deb") && path.is_file()
}

/// Installs the tool where nobody else's version is touched.
fn cargo_deb(root: &Path) -> Result<PathBuf> {
    let folder = setup::target_folder(root).join("tools");
    let tool = folder.join("bin/cargo-deb");
    let version = || {
        Step::new(&tool, "ask for the version")
            .args(["--version"])
            .read()
    };
    if version().is_ok_and(|said| said.contains(CARGO_DEB)) {
        return Ok(tool);
    }
    let log = setup::target_folder(root).join("tools/install-cargo-deb.log");
    progress::during("installing cargo-deb (once; takes a minute or two)", || {
        Step::cargo(root, "install cargo-deb")
            .args(["install", "cargo-deb", "--locked", "--version", CARGO_DEB])
            .arg_path("--root", &folder)
            .arg_path("--target-dir", &folder.join("build"))
            .run_logged(&log)
    })?;
    Ok(tool)
}

/// The root file system and its manifest as one read-only image, made anew when the tree is another.
fn pack_rootfs(root: &Path, folder: &Path) -> Result<()> {
    let tree = setup::rootfs_tree(root);
    let source = tree.parent().context("a tree lies in a folder")?;
    let source = source
        .canonicalize()
        .with_context(|| format!("could not find the root file system {}", source.display()))?;
    let image = folder.join("rootfs.squashfs");
    let label = folder.join("rootfs.name");
    // The folder's name has the digest of what is in it.
    let name = source.to_string_lossy().into_owned();
    if image.is_file() && fs::read_to_string(&label).is_ok_and(|known| known == name) {
        return Ok(());
    }
    fs::create_dir_all(folder).with_context(|| format!("could not create {}", folder.display()))?;
    progress::during("packing the root file system into an image", || {
        Step::new("mksquashfs", "pack the root file system")
            .args([&source, &image])
            .args(["-noappend", "-no-progress", "-quiet", "-all-root"])
            .args(["-comp", "zstd", "-Xcompression-level", "12"])
            .read()
    })?;
    fs::write(&label, name).with_context(|| format!("could not write {}", label.display()))
}

fn mebibytes(file: &Path) -> Result<f64> {
    let facts = fs::metadata(file).with_context(|| format!("could not read {}", file.display()))?;
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    Ok(facts.len() as f64 / f64::from(1 << 20))
}

fn checksum(file: &Path) -> Result<String> {
    let printed = Step::new("sha256sum", "sum up the package")
        .args([file])
        .read()?;
    match printed.split_whitespace().next() {
        Some(sum) => Ok(sum.to_owned()),
        None => bail!("sha256sum printed no sum of {}", file.display()),
    }
}
