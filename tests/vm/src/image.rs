//! The machine's disk: a small Debian system, made once and kept, and on top of it the programs under test.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Release of the guest.
const SUITE: &str = "bookworm";
/// What the guest consists of, beside Debian's required packages.
const PACKAGES: &str = "systemd,systemd-sysv,udev,linux-image-cloud-amd64,initramfs-tools,procps";
/// Size of the disk; the file is sparse.
const DISK: &str = "2G";
/// Where the guest finds its script.
const SCRIPT: &str = "opt/guest/run";

/// Runs the script when the machine is up and lets it write to the serial line.
const UNIT: &str = "\
[Unit]
Description=Tests of Code Runner
After=multi-user.target

[Service]
Type=oneshot
ExecStart=/opt/guest/run
ExecStopPost=/bin/systemctl poweroff --force
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
Delegate=yes

[Install]
WantedBy=multi-user.target
";

/// A bootable disk.
#[derive(Debug)]
pub struct Image {
    /// ext4, without a partition table.
    pub disk: PathBuf,
    /// The guest's kernel.
    pub kernel: PathBuf,
    /// Its initial RAM disk.
    pub initrd: PathBuf,
}

/// A file or folder for the guest: from here, to there.
#[derive(Debug)]
pub struct Extra {
    /// On this machine.
    pub from: PathBuf,
    /// On the guest's, absolute.
    pub to: PathBuf,
}

/// Makes a disk with `extras` on it that runs `script` (for bash) when it is up and then switches off.
/// The Debian system is kept in `folder` for the next time. Blocks, a minute or two the first time.
///
/// # Errors
/// The program that failed, and what it wrote.
pub fn make(folder: &Path, extras: &[Extra], script: &str) -> Result<Image> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let base = base(folder)?;
    let root = folder.join("root");
    remove(&root)?;
    fs::create_dir(&root).context("making the guest's root")?;
    run(Command::new("tar")
        .arg("-C")
        .arg(&root)
        .arg("-xf")
        .arg(&base))?;
    for Extra { from, to } in extras {
        let target = root.join(
            to.strip_prefix("/")
                .context("a path in the guest is absolute")?,
        );
        let parent = target
            .parent()
            .context("a path in the guest has a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
        run(Command::new("cp")
            .arg("-a")
            .arg("-T")
            .arg(from)
            .arg(&target))?;
    }
    write_script(&root, script)?;
    let image = Image {
        disk: folder.join("disk.img"),
        kernel: newest(&root.join("boot"), "vmlinuz-", &folder.join("vmlinuz"))?,
        initrd: newest(&root.join("boot"), "initrd.img-", &folder.join("initrd"))?,
    };
    remove(&image.disk)?;
    run(Command::new("mke2fs")
        .args(["-q", "-t", "ext4", "-d"])
        .arg(&root)
        .arg(&image.disk)
        .arg(DISK))?;
    remove(&root)?;
    Ok(image)
}

/// The Debian system as a tar file, named after what it consists of.
fn base(folder: &Path) -> Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    (SUITE, PACKAGES).hash(&mut hasher);
    let base = folder.join(format!("debian-{:016x}.tar", hasher.finish()));
    if base.exists() {
        return Ok(base);
    }
    eprintln!("making the guest's Debian system; this takes a minute or two");
    let unfinished = folder.join("unfinished.tar");
    remove(&unfinished)?;
    run(Command::new("mmdebstrap")
        .arg("--variant=minbase")
        .arg(format!("--include={PACKAGES}"))
        .arg("--customize-hook=rm -rf $1/usr/share/doc $1/usr/share/locale $1/usr/share/man")
        .arg(SUITE)
        .arg(&unfinished))?;
    fs::rename(&unfinished, &base).context("keeping the guest's Debian system")?;
    Ok(base)
}

fn write_script(root: &Path, script: &str) -> Result<()> {
    let path = root.join(SCRIPT);
    fs::create_dir_all(path.parent().context("the script has a folder")?)
        .context("making the script's folder")?;
    fs::write(&path, format!("#!/bin/bash\n{script}")).context("writing the script")?;
    run(Command::new("chmod").arg("0755").arg(&path))?;
    let units = root.join("etc/systemd/system");
    fs::write(units.join("guest.service"), UNIT).context("writing the unit")?;
    let wanted = units.join("multi-user.target.wants");
    fs::create_dir_all(&wanted).context("making the target's folder")?;
    symlink("../guest.service", wanted.join("guest.service")).context("enabling the unit")?;
    // Nobody logs in on the serial line.
    symlink("/dev/null", units.join("serial-getty@ttyS0.service")).context("masking the login")?;
    fs::write(root.join("etc/fstab"), "/dev/vda / ext4 rw 0 1\n").context("writing fstab")?;
    fs::write(root.join("etc/hostname"), "guest\n").context("naming the guest")
}

fn newest(folder: &Path, prefix: &str, target: &Path) -> Result<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .with_context(|| format!("reading {}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(prefix))
        })
        .collect();
    found.sort();
    let source = found
        .pop()
        .with_context(|| format!("no {prefix}* in {}", folder.display()))?;
    fs::copy(&source, target).with_context(|| format!("copying {}", source.display()))?;
    Ok(target.to_owned())
}

fn remove(path: &Path) -> Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => return Ok(()),
    };
    removed.with_context(|| format!("removing {}", path.display()))
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| {
        format!("starting {program}; `cargo xtask test --only vm` installs what is missing")
    })?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = text.lines().collect();
        bail!(
            "{program} failed ({}): {}",
            output.status,
            lines[lines.len().saturating_sub(8)..].join("\n")
        );
    }
    Ok(())
}
