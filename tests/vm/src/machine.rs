//! The machine itself: booted, asked, and switched off as by a cut of its power.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::image::Image;

/// From power on until the guest answers; natively some seconds.
const BOOT_PATIENCE: Duration = Duration::from_secs(180);

/// A running QEMU, killed when dropped.
struct Qemu(Child);

impl Drop for Qemu {
    fn drop(&mut self) {
        // Ended already is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// See the module. Dropping it is a cut of its power: what its kernel has not written to its disk is lost.
pub struct Machine {
    qemu: Qemu,
    agent: BufReader<UnixStream>,
    console: PathBuf,
}

/// What a command came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its exit code.
    pub code: i32,
    /// What it wrote, on both streams.
    pub text: String,
}

/// A port of this machine's loopback interface, and the guest's port that it leads to.
#[derive(Debug, Clone, Copy)]
pub struct Forward {
    /// Here.
    pub host: u16,
    /// There.
    pub guest: u16,
}

impl Machine {
    /// Boots `image`, whose disk keeps what the guest writes, and waits until it answers. `folder` is for the
    /// machine's files; its console is kept there. Blocks.
    ///
    /// # Errors
    /// When QEMU can't be started or the guest does not answer.
    pub fn boot(image: &Image, folder: &Path, forward: Forward) -> Result<Self> {
        let socket = folder.join("agent.sock");
        // Left by a machine before.
        let _ = fs::remove_file(&socket);
        let console = folder.join("console.log");
        let qemu = start(image, &socket, &console, forward)?;
        let deadline = Instant::now() + Duration::from_secs(10);
        let agent = loop {
            match UnixStream::connect(&socket) {
                Ok(agent) => break agent,
                Err(error) if Instant::now() > deadline => {
                    return Err(error).context("reaching QEMU; does it start by hand?");
                }
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        };
        let mut machine = Self {
            qemu,
            agent: BufReader::new(agent),
            console,
        };
        machine
            .call("true", BOOT_PATIENCE)
            .context("waiting for the guest to boot")?;
        Ok(machine)
    }

    /// Runs a script with bash, as root, and waits for its end. What stays behind in the background must have its
    /// output elsewhere.
    ///
    /// # Errors
    /// When the machine gives no answer in time; the error holds the end of its console.
    pub fn call(&mut self, script: &str, patience: Duration) -> Result<Answer> {
        let stream = self.agent.get_mut();
        stream
            .set_read_timeout(Some(patience))
            .context("setting a time limit")?;
        writeln!(stream, "{}", STANDARD.encode(script)).context("asking the guest")?;
        let mut line = String::new();
        match self.agent.read_line(&mut line) {
            Ok(length) if length > 0 => {}
            Ok(_) => bail!("the machine is off; {}", self.last_words()),
            Err(error) => bail!(
                "no answer in {patience:?} ({error}) to:\n{script}\n{}",
                self.last_words()
            ),
        }
        let (text, code) = line.trim_end().rsplit_once(' ').context("an answer")?;
        let text = STANDARD.decode(text).context("an answer in base64")?;
        Ok(Answer {
            code: code.parse().context("an exit code")?,
            text: String::from_utf8_lossy(&text).trim_end().to_owned(),
        })
    }

    /// As [`Machine::call`], for a script that must end well; gives what it wrote.
    ///
    /// # Errors
    /// Also when it does not.
    pub fn must(&mut self, script: &str, patience: Duration) -> Result<String> {
        let Answer { code, text } = self.call(script, patience)?;
        ensure!(code == 0, "exit code {code} of:\n{script}\n{text}");
        Ok(text)
    }

    /// Cuts the power.
    pub fn cut_power(self) {
        drop(self.qemu);
    }

    fn last_words(&self) -> String {
        let text = fs::read(&self.console).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(30)..].join("\n");
        format!("the end of its console:\n{tail}")
    }
}

fn start(image: &Image, agent: &Path, console: &Path, forward: Forward) -> Result<Qemu> {
    let Forward { host, guest } = forward;
    File::create(console).with_context(|| format!("making {}", console.display()))?;
    Command::new("qemu-system-x86_64")
        // One thread for each processor of the guest.
        .args(["-machine", "q35", "-accel", "tcg,thread=multi"])
        .args(["-cpu", "max", "-smp", "2", "-m", "2048"])
        .args(["-no-reboot", "-display", "none", "-monitor", "none"])
        .arg("-serial")
        .arg(format!("file:{}", console.display()))
        // The guest reaches nothing; only the one port leads to it.
        .arg("-nic")
        .arg(format!(
            "user,model=virtio-net-pci,restrict=on,hostfwd=tcp:127.0.0.1:{host}-:{guest}"
        ))
        .args(["-device", "virtio-serial", "-chardev"])
        .arg(format!(
            "socket,id=agent,path={},server=on,wait=off",
            agent.display()
        ))
        .args(["-device", "virtserialport,chardev=agent,name=agent"])
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
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit())
        .spawn()
        .map(Qemu)
        .context("starting qemu-system-x86_64; `cargo xtask test --only vm` installs it")
}
