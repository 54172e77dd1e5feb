//! The secrets of an installation, as files of one folder:
//!
//! - `master.key`: 32 random bytes in hex; wraps the keys that test cases are sealed with.
//! - `signing-*.pem`: Ed25519 keys (PKCS 8) that sign access tokens. The name says from when a
//!   key signs (`signing-20300101T120000Z.pem`; any other name means from the beginning), and the
//!   last one whose time has come does. `rotate.rs` adds keys and takes old ones away.
//!
//! `create` makes what is missing and never touches what is there. `load` checks everything and
//! lists every problem at once.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::config::Mode;
use super::seal::{KEY_BYTES, MasterKey, random_bytes};

const MASTER_FILE: &str = "master.key";
const NAME_FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// One key for access tokens.
pub struct TokenKey {
    /// Names the key in tokens and in the published key set: a digest of its public half.
    pub id: String,
    pub signing_key: SigningKey,
    /// It is published before, and signs from then on.
    pub sign_time: Timestamp,
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "TokenKey({})", self.id)
    }
}

impl TokenKey {
    /// Names a key that signs from a time on.
    pub fn new(signing_key: SigningKey, sign_time: Timestamp) -> Self {
        let digest = Sha256::digest(signing_key.verifying_key().as_bytes());
        Self {
            id: hex::encode(&digest[..8]),
            signing_key,
            sign_time,
        }
    }
}

/// All secrets of an installation.
#[derive(Debug)]
pub struct Keys {
    pub master: MasterKey,
    /// In the order in which they sign; never empty.
    pub token_keys: Vec<TokenKey>,
}

/// Makes the folder and whatever key is missing in it. Says which files it made.
pub fn create(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("make the folder {}", folder.display()))?;
    let mut made = Vec::new();
    let master = folder.join(MASTER_FILE);
    if !master.exists() {
        let text = Zeroizing::new(hex::encode(random_bytes::<KEY_BYTES>()));
        write_secret(&master, &text)?;
        made.push(master);
    }
    if signing_files(folder)?.is_empty() {
        let file = folder.join("signing-1.pem");
        write_secret(&file, &new_signing_key()?)?;
        made.push(file);
    }
    Ok(made)
}

/// A new key for tokens, as PEM.
pub fn new_signing_key() -> anyhow::Result<Zeroizing<String>> {
    SigningKey::from_bytes(&random_bytes())
        .to_pkcs8_pem(LineEnding::LF)
        .context("encode a signing key")
}

/// Writes a new file for the owner only; fails when it is there.
pub fn write_secret(file: &Path, text: &str) -> anyhow::Result<()> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .with_context(|| format!("write the key {}", file.display()))
}

/// Reads all keys; the error lists everything that is wrong with them.
pub fn load(folder: &Path, mode: Mode) -> Result<Keys, Vec<String>> {
    let mut problems = Vec::new();
    let master_file = folder.join(MASTER_FILE);
    let master = read_secret(&master_file, mode)
        .and_then(|text| parse_master(&text))
        .map_err(|error| problems.push(format!("{}: {error}", master_file.display())))
        .ok();
    let token_keys = match load_signing(folder, mode) {
        Ok(keys) => keys,
        Err(more) => {
            problems.extend(more);
            Vec::new()
        }
    };
    match master {
        Some(master) if problems.is_empty() => Ok(Keys { master, token_keys }),
        _ => Err(problems),
    }
}

/// Reads the keys for tokens; the error lists everything that is wrong with them.
pub fn load_signing(folder: &Path, mode: Mode) -> Result<Vec<TokenKey>, Vec<String>> {
    let mut problems = Vec::new();
    let files = signing_files(folder).unwrap_or_default();
    if files.is_empty() {
        problems.push(format!(
            "{}: holds no signing-*.pem; `control-plane init` makes one",
            folder.display()
        ));
    }
    let mut keys = Vec::new();
    for file in files {
        match read_secret(&file, mode).and_then(|text| parse_signing(&text)) {
            Ok(key) => keys.push(TokenKey::new(key, sign_time(&file))),
            Err(error) => problems.push(format!("{}: {error}", file.display())),
        }
    }
    if problems.is_empty() {
        // By time, and by name where the time is the same.
        keys.sort_by_key(|key| key.sign_time);
        Ok(keys)
    } else {
        Err(problems)
    }
}

/// From when the key of a file signs.
pub fn sign_time(file: &Path) -> Timestamp {
    let name = file.file_stem().and_then(|name| name.to_str());
    let text = name.and_then(|name| name.strip_prefix("signing-"));
    let time = text.and_then(|text| jiff::civil::DateTime::strptime(NAME_FORMAT, text).ok());
    time.and_then(|time| time.to_zoned(TimeZone::UTC).ok())
        .map_or(Timestamp::UNIX_EPOCH, |time| time.timestamp())
}

/// The file of a key that signs from a time on.
pub fn signing_file(folder: &Path, sign_time: Timestamp) -> PathBuf {
    folder.join(format!("signing-{}.pem", sign_time.strftime(NAME_FORMAT)))
}

/// All files of keys for tokens, by name.
pub fn signing_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)
        .with_context(|| format!("list the folder {}", folder.display()))?
    {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if name.starts_with("signing-") && name.ends_with(".pem") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read_secret(file: &Path, mode: Mode) -> Result<Zeroizing<String>, String> {
    let metadata = std::fs::metadata(file).map_err(|error| error.to_string())?;
    let readable_by_others = metadata.permissions().mode() & 0o077 != 0;
    if mode == Mode::Production && readable_by_others {
        return Err("can be read by others; its mode must be 0600".into());
    }
    std::fs::read_to_string(file)
        .map(Zeroizing::new)
        .map_err(|error| error.to_string())
}

fn parse_master(text: &str) -> Result<MasterKey, String> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    hex::decode_to_slice(text.trim(), bytes.as_mut_slice())
        .map_err(|_| format!("must be {KEY_BYTES} bytes in hex"))?;
    if is_weak(&bytes) {
        return Err("is not random; delete it and let `control-plane init` make a new one".into());
    }
    Ok(MasterKey::new(&bytes))
}

fn parse_signing(text: &str) -> Result<SigningKey, String> {
    let key = SigningKey::from_pkcs8_pem(text)
        .map_err(|_| "must be an Ed25519 private key in PKCS 8 PEM".to_owned())?;
    if is_weak(key.as_bytes()) {
        return Err("is not random".into());
    }
    Ok(key)
}

/// Whether a key was typed rather than drawn. Of 32 random bytes at least 16 are different, but
/// for one case in 10^18.
fn is_weak(bytes: &[u8; KEY_BYTES]) -> bool {
    let different: std::collections::HashSet<u8> = bytes.iter().copied().collect();
    let counting = bytes
        .windows(2)
        .all(|pair| pair[1] == pair[0].wrapping_add(1));
    different.len() < 16 || counting
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_once_and_only_for_the_owner() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        assert_eq!(create(&keys).unwrap().len(), 2);
        let before = std::fs::read(keys.join(MASTER_FILE)).unwrap();
        assert!(create(&keys).unwrap().is_empty());
        assert_eq!(std::fs::read(keys.join(MASTER_FILE)).unwrap(), before);
        for file in ["master.key", "signing-1.pem"] {
            let mode = std::fs::metadata(keys.join(file))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
        assert_eq!(load(&keys, Mode::Production).unwrap().token_keys.len(), 1);
    }

    #[test]
    fn missing_open_and_weak_keys_are_all_listed() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(folder.path(), Mode::Production).unwrap_err().len(), 2);

        std::fs::write(folder.path().join(MASTER_FILE), "00".repeat(32)).unwrap();
        std::fs::write(folder.path().join("signing-1.pem"), "secret").unwrap();
        let problems = load(folder.path(), Mode::Production)
            .unwrap_err()
            .join("\n");
        assert_eq!(problems.matches("0600").count(), 2, "{problems}");
        let problems = load(folder.path(), Mode::Development)
            .unwrap_err()
            .join("\n");
        assert!(
            problems.contains("not random") && problems.contains("PKCS 8"),
            "{problems}"
        );
    }

    #[test]
    fn a_name_says_from_when_a_key_signs() {
        for (name, time) in [
            ("signing-1.pem", "1970-01-01T00:00:00Z"),
            ("signing-20300101T120000Z.pem", "2030-01-01T12:00:00Z"),
            ("signing-20301301T120000Z.pem", "1970-01-01T00:00:00Z"),
        ] {
            let time: Timestamp = time.parse().unwrap();
            assert_eq!(sign_time(Path::new(name)), time, "{name}");
        }
        let time = "2031-02-03T04:05:06Z".parse().unwrap();
        assert_eq!(sign_time(&signing_file(Path::new("keys"), time)), time);
    }

    #[test]
    fn drawn_keys_are_not_called_weak() {
        for _ in 0..1000 {
            assert!(!is_weak(&random_bytes()));
        }
        assert!(is_weak(&std::array::from_fn(|index| index as u8)));
    }
}
