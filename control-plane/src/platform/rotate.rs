//! Rotation of the keys that sign access tokens, without logging anyone out.
//!
//! 1. `rotate` adds a key whose name says that it signs from a later time on. Running servers take
//!    it up within seconds and publish it, so that every replica and every other service that
//!    reads the key set knows it before it signs.
//! 2. From that time on it signs. The key before it is still accepted, and published, until the
//!    last token that it may have signed has expired; then it is retired.
//! 3. `prune` deletes the files of retired keys.
//!
//! Refresh tokens are signed by no key, so whatever happens here costs a client at most one refresh.

use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use jiff::Timestamp;

use super::config::Mode;
use super::keys::{self, new_signing_key, signing_file, write_secret};

/// How far the clocks of replicas may differ.
pub const CLOCK_LEEWAY: Duration = Duration::from_secs(60);

/// Where a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Published, and signs from its time on.
    Waits,
    /// Signs.
    Signs,
    /// Signs no more, and is accepted until then.
    Accepted(Timestamp),
    /// Of no use any more.
    Retired,
}

/// Where each key stands, of keys that sign from these times on, in order. When the time of none
/// has come, the first signs, so that a clock that is behind stops nobody.
pub fn standings(times: &[Timestamp], lifetime: Duration, now: Timestamp) -> Vec<Standing> {
    let come = times.iter().filter(|time| **time <= now).count();
    let signer = come.saturating_sub(1);
    let standing = |index: usize| match times.get(index + 1) {
        _ if index > signer => Standing::Waits,
        _ if index == signer => Standing::Signs,
        // The end of the last token, signed by the replica whose clock is furthest behind.
        Some(next) => match *next + lifetime + CLOCK_LEEWAY {
            end if end > now => Standing::Accepted(end),
            _ => Standing::Retired,
        },
        None => Standing::Signs,
    };
    (0..times.len()).map(standing).collect()
}

/// A key's file with where it stands.
#[derive(Debug)]
pub struct Listed {
    pub id: String,
    pub file: PathBuf,
    pub sign_time: Timestamp,
    pub standing: Standing,
}

/// All keys of a folder, in the order in which they sign.
pub fn list(
    folder: &Path,
    mode: Mode,
    lifetime: Duration,
    now: Timestamp,
) -> anyhow::Result<Vec<Listed>> {
    let keys = keys::load_signing(folder, mode)
        .map_err(|problems| anyhow::anyhow!("{}", problems.join("; ")))?;
    let mut files = keys::signing_files(folder)?;
    files.sort_by_key(|file| keys::sign_time(file));
    let times: Vec<_> = keys.iter().map(|key| key.sign_time).collect();
    let standings = standings(&times, lifetime, now);
    let listed = keys.into_iter().zip(files).zip(standings);
    Ok(listed
        .map(|((key, file), standing)| Listed {
            id: key.id,
            file,
            sign_time: key.sign_time,
            standing,
        })
        .collect())
}

/// Adds a key that signs after a delay. Refuses while another one waits.
pub fn rotate(folder: &Path, delay: Duration, now: Timestamp) -> anyhow::Result<PathBuf> {
    let files = keys::signing_files(folder)?;
    if let Some(waiting) = files.iter().find(|file| keys::sign_time(file) > now) {
        bail!(
            "{} waits already; it signs from {} on",
            waiting.display(),
            keys::sign_time(waiting)
        );
    }
    let file = signing_file(folder, now + delay);
    if file.exists() {
        bail!("{} is there already; try again in a second", file.display());
    }
    // Under its name the file is complete, because running servers look for new ones.
    let unfinished = folder.join(".new-signing-key");
    // What a broken attempt left behind.
    let _ = std::fs::remove_file(&unfinished);
    write_secret(&unfinished, &new_signing_key()?)?;
    give_to_owner(folder, &unfinished)?;
    std::fs::rename(&unfinished, &file)
        .with_context(|| format!("name the key {}", file.display()))?;
    Ok(file)
}

/// Root may rotate what another user serves with.
fn give_to_owner(folder: &Path, file: &Path) -> anyhow::Result<()> {
    let context = || format!("give {} to the owner of its folder", file.display());
    let owner = std::fs::metadata(folder).with_context(context)?;
    let ours = std::fs::metadata(file).with_context(context)?;
    if (owner.uid(), owner.gid()) != (ours.uid(), ours.gid()) {
        chown(file, Some(owner.uid()), Some(owner.gid())).with_context(context)?;
    }
    Ok(())
}

/// Deletes the files of retired keys. Says which.
pub fn prune(listed: &[Listed]) -> anyhow::Result<Vec<PathBuf>> {
    let mut deleted = Vec::new();
    for key in listed
        .iter()
        .filter(|key| key.standing == Standing::Retired)
    {
        std::fs::remove_file(&key.file)
            .with_context(|| format!("delete the key {}", key.file.display()))?;
        deleted.push(key.file.clone());
    }
    Ok(deleted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const LIFETIME: Duration = Duration::from_secs(900);

    fn at(text: &str) -> Timestamp {
        format!("2030-01-01T{text}Z").parse().unwrap()
    }

    #[test]
    fn a_key_waits_signs_is_accepted_and_retires() {
        use Standing::{Accepted, Retired, Signs, Waits};
        let times = [Timestamp::UNIX_EPOCH, at("12:00:00")];
        let end = at("12:16:00");
        for (now, expected) in [
            (at("11:59:59"), [Signs, Waits]),
            (at("12:00:00"), [Accepted(end), Signs]),
            (at("12:15:59"), [Accepted(end), Signs]),
            (at("12:16:00"), [Retired, Signs]),
        ] {
            assert_eq!(standings(&times, LIFETIME, now), expected, "{now}");
        }
        assert_eq!(standings(&times[1..], LIFETIME, at("11:00:00")), [Signs]);
    }

    proptest! {
        #[test]
        fn one_key_signs_and_none_retires_while_its_tokens_live(
            mut seconds in prop::collection::vec(0i64..100_000, 1..8),
            now in 0i64..120_000,
        ) {
            seconds.sort_unstable();
            let time = |second| Timestamp::from_second(second).unwrap();
            let times: Vec<_> = seconds.iter().copied().map(time).collect();
            let now_standing = standings(&times, LIFETIME, time(now));
            let signers = now_standing.iter().filter(|it| **it == Standing::Signs);
            prop_assert_eq!(signers.count(), 1);
            // Whoever signed at any moment of the last lifetime is accepted now.
            for earlier in (now - 900).max(0)..=now {
                let then = standings(&times, LIFETIME, time(earlier));
                let signer = then.iter().position(|it| *it == Standing::Signs).unwrap();
                prop_assert_ne!(now_standing[signer], Standing::Retired);
            }
        }
    }

    #[test]
    fn rotating_adds_a_key_that_waits_and_pruning_takes_old_ones_away() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        keys::create(folder).unwrap();
        let now = at("12:00:00");
        let file = rotate(folder, HOUR, now).unwrap();
        assert!(file.ends_with("signing-20300101T130000Z.pem"));
        assert!(rotate(folder, HOUR, now).is_err(), "one waits already");
        let standings = |now| {
            let listed = list(folder, Mode::Production, LIFETIME, now).unwrap();
            listed.iter().map(|key| key.standing).collect::<Vec<_>>()
        };
        assert_eq!(standings(now), [Standing::Signs, Standing::Waits]);
        let later = now + 2 * HOUR;
        assert_eq!(standings(later), [Standing::Retired, Standing::Signs]);
        let listed = list(folder, Mode::Production, LIFETIME, later).unwrap();
        assert_eq!(prune(&listed).unwrap(), [folder.join("signing-1.pem")]);
        assert_eq!(standings(later), [Standing::Signs]);
    }
}
