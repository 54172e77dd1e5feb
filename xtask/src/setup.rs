//! What a machine must have, and how it gets it: Debian packages through apt-get (as root),
//! cargo-nextest through cargo, the programs and the root filesystem by building them. What is
//! there already is not touched, so a second call costs next to nothing.

use crate::{command::Step, progress};
use anyhow::{Result, bail};
use std::{
    env,
    path::{Path, PathBuf},
};

/// A program that must be found, and the Debian package that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    pub program: &'static str,
    pub package: &'static str,
    pub why: &'static str,
}

const fn need(program: &'static str, package: &'static str, why: &'static str) -> Need {
    Need {
        program,
        package,
        why,
    }
}

/// To build the programs and the root filesystem.
pub const BUILD: &[Need] = &[
    need(
        "cc",
        "build-essential",
        "links Rust programs and compiles SQLite",
    ),
    need("make", "build-essential", "compiles SQLite"),
    need("dpkg-deb", "dpkg", "unpacks the root filesystem's packages"),
    need(
        "chroot",
        "coreutils",
        "compiles Python's library inside the root filesystem",
    ),
    need(
        "pip3",
        "python3-pip",
        "downloads the root filesystem's wheels",
    ),
];

/// For the tests of control-plane, which run on both of its databases.
pub const POSTGRES: &[Need] = &[need(
    "postgres",
    "postgresql",
    "is the second database of control-plane's tests",
)];

/// To build the web app, to lint the API files and to run the web tests.
pub const NODE: &[Need] = &[
    need(
        "node",
        "nodejs",
        "builds the web app, runs its tests and buf",
    ),
    need("npm", "npm", "installs their packages"),
];

/// For the web app's journeys.
pub const BROWSER: &[Need] = &[need(
    "chromium",
    "chromium",
    "is the browser of the web app's tests",
)];

/// To compare what turtle draws with CPython's own on a display.
pub const PICTURES: &[Need] = &[
    need("Xvfb", "xvfb", "is the display of CPython's own turtle"),
    need("chromium", "chromium", "shows what turtle draws"),
    need("python3", "python3", "runs CPython's own turtle"),
];

/// The same, of what is no program: a file, its package, and why.
pub const PICTURES_FILES: &[(&str, &str, &str)] = &[
    (
        "/usr/share/doc/python3-tk",
        "python3-tk",
        "is what CPython's own turtle draws on",
    ),
    (
        "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
        "fonts-liberation",
        "has the letters of both pictures",
    ),
];

/// To build the fuzz targets.
pub const FUZZ: &[Need] = &[need("c++", "build-essential", "compiles libFuzzer")];

/// To make a machine and boot it.
pub const MACHINE: &[Need] = &[
    need(
        "mmdebstrap",
        "mmdebstrap",
        "makes the machine's Debian system",
    ),
    need("mke2fs", "e2fsprogs", "makes the machine's disk"),
    need("openssl", "openssl", "makes the machine's certificates"),
    need("qemu-system-x86_64", "qemu-system-x86", "is the machine"),
];

/// To make the Debian package.
pub const PACKAGE: &[Need] = &[
    need(
        "mksquashfs",
        "squashfs-tools",
        "packs the root filesystem into an image",
    ),
    need(
        "dpkg-shlibdeps",
        "dpkg-dev",
        "finds the package's dependencies",
    ),
    need("strip", "binutils", "takes debug information out"),
];

/// The release programs that `up` and `bench` use, with their packages. Both build all of them:
/// another choice would be another choice of features, for which cargo builds the libraries anew.
const PROGRAMS: &[(&str, &str)] = &[
    ("sandboxd", "sandboxd"),
    ("control-plane", "control-plane"),
    ("coderunner-cli", "coderunner"),
    ("rootfs-builder", "rootfs-builder"),
    ("load-tests", "coderunner-load"),
];

/// Installs what is missing.
pub fn ensure(needs: &[Need]) -> Result<()> {
    let missing: Vec<_> = needs
        .iter()
        .filter(|need| find(need.program).is_none())
        .collect();
    for need in &missing {
        println!(
            "missing: {} ({}); package {}",
            need.program, need.why, need.package
        );
    }
    install(missing.iter().map(|need| need.package).collect())?;
    match missing.iter().find(|need| find(need.program).is_none()) {
        Some(need) => bail!(
            "installed {}, but there still is no program {}",
            need.package,
            need.program
        ),
        None => Ok(()),
    }
}

/// Installs the packages of what is missing among files and folders.
pub fn ensure_files(files: &[(&str, &'static str, &str)]) -> Result<()> {
    let is_missing = |path: &str| !Path::new(path).exists();
    let missing: Vec<_> = files.iter().filter(|(path, ..)| is_missing(path)).collect();
    for (path, package, why) in &missing {
        println!("missing: {path} ({why}); package {package}");
    }
    install(missing.iter().map(|(_, package, _)| *package).collect())?;
    match missing.iter().find(|(path, ..)| is_missing(path)) {
        Some((path, package, _)) => bail!("installed {package}, but there still is no {path}"),
        None => Ok(()),
    }
}

/// Installs Debian packages, if there are any.
fn install(mut packages: Vec<&str>) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    packages.sort_unstable();
    packages.dedup();
    let list = packages.join(" ");
    if find("apt-get").is_none() {
        bail!(
            "could not install {list}: this machine has no apt-get. Install them by hand; Debian and Ubuntu are supported"
        );
    }
    if !is_root() {
        bail!(
            "could not install {list}: that needs root. Run this command as root, or `sudo apt-get install {list}` first"
        );
    }
    apt_get(&["update"], "read the package lists")?;
    let arguments: Vec<_> = ["install", "-y", "--no-install-recommends"]
        .into_iter()
        .chain(packages)
        .collect();
    apt_get(&arguments, &format!("install {list}"))
}

fn apt_get(arguments: &[&str], purpose: &str) -> Result<()> {
    progress::announce(purpose);
    Step::new("apt-get", purpose)
        .args(["-q", "-o", "DPkg::Lock::Timeout=120"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .advice("check the machine's network and /etc/apt, and run the command by hand")
        .run()
}

/// Refuses early what only root can do.
pub fn require_root(what: &str) -> Result<()> {
    if is_root() {
        return Ok(());
    }
    bail!(
        "{what} needs root: sandboxd makes namespaces, cgroups and mounts. Run it with sudo or as root"
    )
}

pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Builds the release programs and those further ones, and returns the folder that has them.
pub fn build_programs(root: &Path, further: &[(&str, &str)]) -> Result<PathBuf> {
    progress::announce("building the programs (release; the first time takes some minutes)");
    let all = || PROGRAMS.iter().chain(further);
    let packages = all().flat_map(|(package, _)| ["--package", package]);
    let binaries = all().flat_map(|(_, binary)| ["--bin", binary]);
    Step::cargo(root, "build the programs")
        .args(["build", "--release"])
        .args(packages)
        .args(binaries)
        .advice("the compiler's message above says what is wrong")
        .run()?;
    Ok(target_folder(root).join("release"))
}

/// Builds the root filesystem if its recipe changed, with the builder in the folder `programs`.
pub fn build_rootfs(root: &Path, programs: &Path) -> Result<()> {
    require_root("building the root filesystem")?;
    progress::announce("root filesystem");
    Step::new(programs.join("rootfs-builder"), "build the root filesystem")
        .folder(root)
        .args(["build"])
        .arg_path("--out", &rootfs_folder(root))
        .run()
}

/// `cargo xtask rootfs`: the builder, then the root filesystem.
pub fn build_rootfs_alone(root: &Path) -> Result<()> {
    ensure(BUILD)?;
    progress::announce("building rootfs-builder");
    Step::cargo(root, "build rootfs-builder")
        .args(["build", "--package", "rootfs-builder"])
        .run()?;
    build_rootfs(root, &target_folder(root).join("debug"))
}

/// Where cargo puts what it builds.
pub fn target_folder(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

/// Where built root filesystems are.
pub fn rootfs_folder(root: &Path) -> PathBuf {
    target_folder(root).join("rootfs")
}

/// The tree that sandboxes run in.
pub fn rootfs_tree(root: &Path) -> PathBuf {
    rootfs_folder(root).join("rootfs-current/tree")
}

/// How tests are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestRunner {
    Nextest,
    CargoTest,
}

/// Finds cargo-nextest or installs it; says so when it must do without.
pub fn test_runner(root: &Path) -> TestRunner {
    let present = || {
        Step::cargo(root, "ask for nextest")
            .args(["nextest", "--version"])
            .read()
            .is_ok()
    };
    if present() {
        return TestRunner::Nextest;
    }
    let log = target_folder(root).join("test/install-nextest.log");
    let installed = progress::during(
        "installing cargo-nextest (once; takes some minutes)",
        || {
            Step::cargo(root, "install cargo-nextest")
                .args(["install", "cargo-nextest", "--locked"])
                .run_logged(&log)
        },
    );
    if installed.is_ok() && present() {
        return TestRunner::Nextest;
    }
    println!(
        "cargo-nextest could not be installed (see {}); the tests run with plain `cargo test`",
        log.display()
    );
    TestRunner::CargoTest
}

/// The program's path, looked for in PATH and where administrators' and PostgreSQL's programs are.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let postgres = test_postgres::Programs::find().ok();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    folders
        .chain(postgres.map(|programs| programs.folder().to_owned()))
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_not_installed() {
        ensure(&[need("sh", "no-such-package", "")]).unwrap();
    }

    #[test]
    fn files_that_are_there_are_not_installed() {
        ensure_files(&[("/etc/passwd", "no-such-package", "")]).unwrap();
    }

    #[test]
    fn programs_are_found_in_the_path_and_only_there() {
        assert!(find("sh").is_some());
        assert!(find("no-such-program").is_none());
    }
}
