//! The machine's disk: a small Debian system, made once and kept, and on top of it what a test brings along.

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
const DISK: &str = "3G";
/// Where the guest finds its end of the conversation with [`crate::machine`].
const AGENT: &str = "opt/guest/agent";

/// Reads commands for bash, one in each line, in base64; answers each with a line of its output in base64 and its
/// exit code.
const AGENT_SCRIPT: &str = r#"#!/bin/bash
exec 3<> /dev/virtio-ports/agent
while IFS= read -r -u 3 line; do
    printf '%s' "$line" | base64 -d > /run/agent.command
    bash /run/agent.command > /run/agent.answer 2>&1 < /dev/null
    code=$?
    echo "$(base64 -w0 /run/agent.answer) $code" >&3
done
"#;

const AGENT_UNIT: &str = "\
[Unit]
Description=Does what the tests ask for
# It ends when nobody is at the other end yet.
StartLimitIntervalSec=0

[Service]
ExecStart=/opt/guest/agent
Restart=always
RestartSec=300ms
# What it started in the background is its own.
Delegate=yes

[Install]
WantedBy=multi-user.target
";

/// The address that QEMU expects its guest at.
const NETWORK: &str = "[Match]\nName=en* eth*\n[Network]\nAddress=10.0.2.15/24\n";

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

/// Makes a disk with `extras` on it, whose system does what [`crate::machine::Machine::call`] asks for. The Debian
/// system is kept in `folder` for the next time. Blocks, a minute or two the first time.
///
/// # Errors
/// The program that failed, and what it wrote.
pub fn make(folder: &Path, extras: &[Extra]) -> Result<Image> {
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
    set_up(&root)?;
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

fn set_up(root: &Path) -> Result<()> {
    let agent = root.join(AGENT);
    fs::create_dir_all(agent.parent().context("the agent has a folder")?)
        .context("making the agent's folder")?;
    fs::write(&agent, AGENT_SCRIPT).context("writing the agent")?;
    run(Command::new("chmod").arg("0755").arg(&agent))?;
    let units = root.join("etc/systemd/system");
    fs::write(units.join("agent.service"), AGENT_UNIT).context("writing the agent's unit")?;
    let wanted = units.join("multi-user.target.wants");
    fs::create_dir_all(&wanted).context("making the target's folder")?;
    symlink("../agent.service", wanted.join("agent.service")).context("enabling the agent")?;
    let networkd = "/lib/systemd/system/systemd-networkd.service";
    symlink(networkd, wanted.join("systemd-networkd.service")).context("enabling the network")?;
    fs::write(root.join("etc/systemd/network/10-qemu.network"), NETWORK)
        .context("setting up the network")?;
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
