//! What happens to an installation: its programs are killed, stopped, or cut off from each other.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use e2e_tests::{Engine, Stack, Traffic};
use nix::sys::signal::Signal;
use rand::Rng;
use rand::rngs::StdRng;

/// A part is away for up to so many milliseconds.
const AWAY: std::ops::Range<u64> = 0..1_000;
/// So long the network to a database is silent: some of it passes for slowness, some of it does not.
const SILENT: std::ops::Range<u64> = 500..9_000;

/// One kind of blow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// SIGKILL for control-plane, which is started again.
    KillControlPlane,
    /// SIGKILL for the daemon and the launcher of sandboxd, which is started again.
    KillSandboxd,
    /// SIGTERM for control-plane, which must drain and end well, and is started again.
    StopControlPlane,
    /// By turns: PostgreSQL ends as in a crash and is started again; its connections are closed and there are none
    /// for a while; the network to it falls silent for a while.
    CutDatabase,
}

impl Blow {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::KillControlPlane,
        Self::KillSandboxd,
        Self::StopControlPlane,
        Self::CutDatabase,
    ];

    /// As it is chosen and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::KillControlPlane => "kill-control-plane",
            Self::KillSandboxd => "kill-sandboxd",
            Self::StopControlPlane => "stop-control-plane",
            Self::CutDatabase => "cut-database",
        }
    }

    /// What it does, in words.
    pub fn what(self) -> &'static str {
        match self {
            Self::KillControlPlane => "SIGKILL control-plane, start it again",
            Self::KillSandboxd => "SIGKILL sandboxd, start it again",
            Self::StopControlPlane => "SIGTERM control-plane, start it again",
            Self::CutDatabase => "crash, cut off or silence PostgreSQL, bring it back",
        }
    }

    /// Whether it can happen to an installation on this database.
    pub fn is_possible_on(self, engine: Engine) -> bool {
        match self {
            Self::KillControlPlane | Self::KillSandboxd | Self::StopControlPlane => true,
            Self::CutDatabase => engine == Engine::Postgres,
        }
    }

    /// Strikes once, after so many earlier ones; everything runs again afterwards.
    pub fn strike(self, stack: &mut Stack, earlier: usize, chance: &mut StdRng) -> Result<()> {
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
            Self::CutDatabase => {
                match earlier % 3 {
                    0 => crash_database(stack, away)?,
                    1 => cut_database(stack, away)?,
                    _ => {
                        let silent = Duration::from_millis(chance.random_range(SILENT));
                        silence_database(stack, silent)?;
                    }
                }
                stack.wait_until_ready()
            }
        }
    }
}

fn crash_database(stack: &Stack, away: Duration) -> Result<()> {
    let database = stack.database()?;
    database.stop()?;
    std::thread::sleep(away);
    database.start_again()
}

fn cut_database(stack: &Stack, away: Duration) -> Result<()> {
    let database = stack.database()?;
    let closed = database.set_traffic(Traffic::Refused);
    std::thread::sleep(away);
    database.set_traffic(Traffic::Passes);
    ensure!(closed > 0, "there was no connection to the database to cut");
    Ok(())
}

fn silence_database(stack: &Stack, silent: Duration) -> Result<()> {
    let database = stack.database()?;
    database.set_traffic(Traffic::Held);
    std::thread::sleep(silent);
    database.set_traffic(Traffic::Passes);
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_blow_is_found_by_its_name() {
        for blow in Blow::ALL {
            assert_eq!(blow.name().parse::<Blow>().unwrap(), blow);
            assert!(!blow.what().is_empty());
        }
        let wrong = "kill-everything".parse::<Blow>().unwrap_err();
        assert!(wrong.to_string().contains("kill-sandboxd"), "{wrong}");
    }
}
