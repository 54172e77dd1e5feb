//! The machine itself: booted once, read until it switches off.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::image::Image;

/// A running QEMU, killed when dropped.
struct Qemu(Child);

impl Drop for Qemu {
    fn drop(&mut self) {
        // Ended already is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Boots `image` and gives every line that it printed on its serial line, once it has switched off.
/// `see` sees each line as it comes. Blocks.
///
/// # Errors
/// When it does not switch off in time; the error holds its last lines.
pub fn run(image: &Image, patience: Duration, mut see: impl FnMut(&str)) -> Result<Vec<String>> {
    let mut qemu = start(image)?;
    let serial = qemu.0.stdout.take().context("QEMU's serial line")?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(serial).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let deadline = Instant::now() + patience;
    let mut lines = Vec::new();
    loop {
        match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                see(&line);
                lines.push(line);
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(lines),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let tail = lines[lines.len().saturating_sub(30)..].join("\n");
                bail!("the machine did not switch off in {patience:?}; its last lines:\n{tail}");
            }
        }
    }
}

fn start(image: &Image) -> Result<Qemu> {
    Command::new("qemu-system-x86_64")
        .args([
            "-machine",
            "q35,accel=tcg",
            "-cpu",
            "max",
            "-smp",
            "2",
            "-m",
            "2048",
        ])
        .args([
            "-nic",
            "none",
            "-no-reboot",
            "-display",
            "none",
            "-serial",
            "stdio",
            "-monitor",
            "none",
        ])
        .arg("-kernel")
        .arg(&image.kernel)
        .arg("-initrd")
        .arg(&image.initrd)
        .args([
            "-append",
            "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=no",
        ])
        .arg("-drive")
        .arg(format!(
            "file={},format=raw,if=virtio,cache=unsafe",
            image.disk.display()
        ))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map(Qemu)
        .context("starting qemu-system-x86_64; `cargo xtask test --only vm` installs it")
}
