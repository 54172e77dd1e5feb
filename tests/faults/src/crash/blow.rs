//! What happens to an installation: its programs are killed, stopped, or cut off from each other.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use e2e_tests::Stack;
use nix::sys::signal::Signal;
use rand::Rng;
use rand::rngs::StdRng;

/// A part is away for up to so many milliseconds.
const AWAY: std::ops::Range<u64> = 0..1_000;

/// One kind of blow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// SIGKILL for control-plane, which is started again.
    KillControlPlane,
    /// SIGKILL for the daemon and the launcher of sandboxd, which is started again.
    KillSandboxd,
    /// SIGTERM for control-plane, which must drain and end well, and is started again.
    StopControlPlane,
}

impl Blow {
    /// All of them.
    pub const ALL: [Self; 3] = [
        Self::KillControlPlane,
        Self::KillSandboxd,
        Self::StopControlPlane,
    ];

    /// As it is chosen and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::KillControlPlane => "kill-control-plane",
            Self::KillSandboxd => "kill-sandboxd",
            Self::StopControlPlane => "stop-control-plane",
        }
    }

    /// What it does, in words.
    pub fn what(self) -> &'static str {
        match self {
            Self::KillControlPlane => "SIGKILL control-plane, start it again",
            Self::KillSandboxd => "SIGKILL sandboxd, start it again",
            Self::StopControlPlane => "SIGTERM control-plane, start it again",
        }
    }

    /// Strikes once; everything runs again afterwards.
    pub fn strike(self, stack: &mut Stack, chance: &mut StdRng) -> Result<()> {
        let away = Duration::from_millis(chance.random_range(AWAY));
        match self {
            Self::KillControlPlane => {
                stack.control_plane()?.signal(Signal::SIGKILL)?;
                stack.control_plane()?.wait()?;
                std::thread::sleep(away);
                stack.start_control_plane()
            }
            Self::KillSandboxd => {
                stack.sandboxd()?.signal(Signal::SIGKILL)?;
                stack.sandboxd()?.wait()?;
                std::thread::sleep(away);
                stack.start_sandboxd()
            }
            Self::StopControlPlane => {
                stack.control_plane()?.signal(Signal::SIGTERM)?;
                let status = stack.control_plane()?.wait()?;
                ensure!(status.success(), "control-plane ended with {status}");
                std::thread::sleep(away);
                stack.start_control_plane()
            }
        }
    }
}

impl std::str::FromStr for Blow {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|blow| blow.name() == text);
        let Some(blow) = found else {
            let names: Vec<&str> = Self::ALL.into_iter().map(Self::name).collect();
            bail!("{text:?} is none of {}", names.join(", "));
        };
        Ok(blow)
    }
}

/// The blows of these names, or all.
///
/// # Errors
/// A name that is none.
pub fn choose(names: &[String]) -> Result<Vec<Blow>> {
    if names.is_empty() {
        return Ok(Blow::ALL.to_vec());
    }
    let chosen = names.iter().map(|name| name.parse());
    chosen
        .collect::<Result<_>>()
        .context("choosing what happens")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_blow_is_found_by_its_name() {
        for blow in Blow::ALL {
            assert_eq!(choose(&[blow.name().to_owned()]).unwrap(), [blow]);
            assert!(!blow.what().is_empty());
        }
        let wrong = choose(&["kill-everything".to_owned()]).unwrap_err();
        assert!(format!("{wrong:#}").contains("kill-sandboxd"), "{wrong:#}");
    }
}
