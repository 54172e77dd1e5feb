//! Sessions on disk: one file per server, readable by the user alone, replaced as a whole so that
//! a reader never sees half of one. A lock file beside it keeps two programs from exchanging the
//! same refresh token, which would end the session.

use std::any::Any;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use coderunner_client::TokenStore;
use coderunner_proto::v1::Tokens;
use etcetera::BaseStrategy;
use prost_reflect::{DynamicMessage, ReflectMessage};

const FOLDER_VARIABLE: &str = "CODERUNNER_CONFIG_DIR";

/// The session with one server, in a file.
pub struct FileTokens {
    folder: PathBuf,
    name: String,
}

impl FileTokens {
    /// The session with `server`; the folder is made when there is something to keep.
    pub fn open(server: &str) -> Result<Self> {
        let folder = match std::env::var_os(FOLDER_VARIABLE).filter(|value| !value.is_empty()) {
            Some(folder) => PathBuf::from(folder),
            None => etcetera::choose_base_strategy()
                .with_context(|| format!("can't find your home folder; set {FOLDER_VARIABLE}"))?
                .config_dir()
                .join("coderunner"),
        };
        Ok(FileTokens {
            folder,
            name: format!("session-{}", file_name_of(server)),
        })
    }

    fn file(&self) -> PathBuf {
        self.folder.join(format!("{}.json", self.name))
    }

    fn make_folder(&self) -> io::Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
    }
}

impl TokenStore for FileTokens {
    fn load(&self) -> io::Result<Option<Tokens>> {
        match fs::read(self.file()) {
            Ok(json) => decode(&json)
                .map(Some)
                .map_err(|error| named(&self.file(), error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(named(&self.file(), error)),
        }
    }

    fn save(&self, tokens: Option<&Tokens>) -> io::Result<()> {
        let Some(tokens) = tokens else {
            return match fs::remove_file(self.file()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(named(&self.file(), error))
                }
                _ => Ok(()),
            };
        };
        let write = || {
            self.make_folder()?;
            // Made with mode 0600, and the name moves to it only when it is whole.
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            serde_json::to_writer(&mut file, &tokens.transcode_to_dynamic())?;
            file.write_all(b"\n")?;
            file.persist(self.file()).map_err(|failed| failed.error)?;
            Ok(())
        };
        write().map_err(|error| named(&self.file(), error))
    }

    fn lock(&self) -> io::Result<Box<dyn Any + Send>> {
        let path = self.folder.join(format!("{}.lock", self.name));
        let lock = || {
            self.make_folder()?;
            let file = File::create(&path)?;
            file.lock()?;
            Ok(file)
        };
        let file = lock().map_err(|error| named(&path, error))?;
        Ok(Box::new(file))
    }
}

fn decode(json: &[u8]) -> io::Result<Tokens> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let message = DynamicMessage::deserialize(Tokens::default().descriptor(), &mut reader)?;
    message.transcode_to().map_err(io::Error::other)
}

fn named(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// The server's address with all that is unusual in file names percent-encoded: different servers
/// get different files, and no address leads out of the folder.
fn file_name_of(server: &str) -> String {
    let mut name = String::new();
    for byte in server.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' => name.push(byte.into()),
            _ => name.push_str(&format!("%{byte:02X}")),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn store(folder: &Path) -> FileTokens {
        FileTokens {
            folder: folder.join("made/when/needed"),
            name: "session-x".to_owned(),
        }
    }

    #[test]
    fn tokens_come_back_and_only_the_user_can_read_them() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let tokens = Tokens {
            access_token: "access".to_owned(),
            access_token_expire_time: Some(prost_types::Timestamp {
                seconds: 1_700_000_000,
                nanos: 5,
            }),
            refresh_token: "refresh".to_owned(),
            refresh_token_expire_time: None,
        };
        assert_eq!(store.load().unwrap(), None);

        store.save(Some(&tokens)).unwrap();

        assert_eq!(store.load().unwrap(), Some(tokens));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&store.file()), 0o600);
        assert_eq!(mode(&store.folder), 0o700);

        store.save(None).unwrap();
        store.save(None).unwrap();
        assert_eq!(store.load().unwrap(), None);
    }

    #[test]
    fn a_damaged_file_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        store.make_folder().unwrap();
        fs::write(store.file(), "{").unwrap();

        let error = store.load().unwrap_err().to_string();

        assert!(error.contains("session-x.json"), "{error}");
    }

    #[test]
    fn the_lock_is_held_until_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let held = store.lock().unwrap();
        let path = store.folder.join("session-x.lock");
        assert!(File::open(&path).unwrap().try_lock().is_err());
        drop(held);
        assert!(File::open(&path).unwrap().try_lock().is_ok());
    }

    #[test]
    fn addresses_make_safe_file_names() {
        assert_eq!(file_name_of("http://a:80"), "http%3A%2F%2Fa%3A80");
        assert!(!file_name_of("http://../../x").contains('/'));
    }
}
