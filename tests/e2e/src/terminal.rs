//! The command line in a terminal: all three streams are a pseudo-terminal, so it behaves as in
//! front of a person.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use nix::pty::{Winsize, openpty};

use crate::{Cli, PATIENCE, wait_until};

/// A command in a terminal.
pub struct Terminal {
    child: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    seen: String,
}

impl Terminal {
    /// Starts `coderunner ARGUMENTS` in a terminal of 100 by 40 characters.
    pub fn start<A: AsRef<std::ffi::OsStr>>(cli: &Cli, arguments: &[A]) -> Result<Self> {
        let size = Winsize {
            ws_row: 40,
            ws_col: 100,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let ends = openpty(&size, None).context("opening a pseudo-terminal")?;
        let stream = |fd: &OwnedFd| Ok::<_, anyhow::Error>(Stdio::from(fd.try_clone()?));
        let child = cli
            .command(arguments)
            .env("TERM", "xterm")
            .stdin(stream(&ends.slave)?)
            .stdout(stream(&ends.slave)?)
            .stderr(stream(&ends.slave)?)
            .spawn()?;
        let mut screen = File::from(ends.master.try_clone()?);
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Reading fails when the last process of the terminal is gone.
            while let Ok(length @ 1..) = screen.read(&mut buffer) {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        Ok(Terminal {
            child,
            keyboard: ends.master.into(),
            screen: receiver,
            seen: String::new(),
        })
    }

    /// Types; "\n" is Enter and "\x04" is Ctrl-D.
    pub fn write(&mut self, text: &str) -> Result<()> {
        Ok(self.keyboard.write_all(text.as_bytes())?)
    }

    /// Waits until the screen has shown the text.
    pub fn wait_for(&mut self, text: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !self.seen.contains(text) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(data) => self.seen.push_str(&String::from_utf8_lossy(&data)),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    bail!("the screen never showed {text:?}, but {:?}", self.seen)
                }
            }
        }
        Ok(())
    }

    /// Waits for the command's end; its exit code and all that the screen has shown.
    pub fn finish(mut self) -> Result<(Option<i32>, String)> {
        let child = &mut self.child;
        let status = wait_until("the command in the terminal ends", || Ok(child.try_wait()?))?;
        while let Ok(data) = self
            .screen
            .recv_timeout(std::time::Duration::from_millis(200))
        {
            self.seen.push_str(&String::from_utf8_lossy(&data));
        }
        Ok((status.code(), std::mem::take(&mut self.seen)))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
