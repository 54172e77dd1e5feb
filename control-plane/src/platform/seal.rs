//! Encryption at rest: AES-256-GCM, a data key for each problem, wrapped by the master key.
//!
//! Every sealed text is bound to its place by associated data (problem, test, field), so that
//! somebody who can write the database, but has no key, can't swap the tests of two problems,
//! make a hidden test public, or put an old text of another field here. A sealed text is a
//! random 12-byte nonce, then the ciphertext with its 16-byte tag.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use hmac::{Hmac, Mac};
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::Sha256;
use zeroize::Zeroizing;

const NONCE_BYTES: usize = 12;

/// Length of all keys.
pub const KEY_BYTES: usize = 32;

/// A text that was not sealed with this key for this place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed text is damaged, or of another key or place")]
pub struct CannotOpen;

/// The key that wraps all data keys. Kept in a file that only the service may read.
pub struct MasterKey {
    cipher: Aes256Gcm,
    digest_key: Zeroizing<[u8; KEY_BYTES]>,
}

/// The key of one problem.
pub struct DataKey {
    cipher: Aes256Gcm,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("MasterKey(..)")
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("DataKey(..)")
    }
}

/// Bytes that nobody can guess.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng
        .try_fill_bytes(&mut bytes)
        .expect("the kernel always has random bytes");
    bytes
}

impl MasterKey {
    /// Takes the bytes of the key file.
    pub fn new(bytes: &[u8; KEY_BYTES]) -> Self {
        let mut mac = hmac(bytes);
        mac.update(b"coderunner content fingerprint key");
        let digest_key = Zeroizing::new(mac.finalize().into_bytes().into());
        Self {
            cipher: Aes256Gcm::new(bytes.into()),
            digest_key,
        }
    }

    /// Wraps the key of a problem.
    pub fn wrap(&self, key: &DataKey, problem: &str) -> Vec<u8> {
        seal(&self.cipher, key.bytes.as_slice(), &wrap_place(problem))
    }

    /// Unwraps the key of a problem.
    pub fn unwrap(&self, wrapped: &[u8], problem: &str) -> Result<DataKey, CannotOpen> {
        let bytes = Zeroizing::new(open(&self.cipher, wrapped, &wrap_place(problem))?);
        let bytes: [u8; KEY_BYTES] = bytes.as_slice().try_into().map_err(|_| CannotOpen)?;
        Ok(DataKey::from_bytes(bytes))
    }

    /// A digest that tells whether content changed, and that nobody without the key can use to
    /// try out what the content might be.
    pub fn fingerprint(&self, content: &[u8]) -> String {
        let mut mac = hmac(&self.digest_key);
        mac.update(content);
        hex::encode(&mac.finalize().into_bytes()[..16])
    }
}

impl DataKey {
    /// A new key.
    pub fn generate() -> Self {
        Self::from_bytes(random_bytes())
    }

    fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self {
            cipher: Aes256Gcm::new(&bytes.into()),
            bytes: Zeroizing::new(bytes),
        }
    }

    /// Seals a text for one place.
    pub fn seal(&self, text: &str, place: &str) -> Vec<u8> {
        seal(&self.cipher, text.as_bytes(), place)
    }

    /// Opens a text that was sealed for this place.
    pub fn open(&self, sealed: &[u8], place: &str) -> Result<String, CannotOpen> {
        let bytes = open(&self.cipher, sealed, place)?;
        String::from_utf8(bytes).map_err(|_| CannotOpen)
    }
}

fn wrap_place(problem: &str) -> String {
    format!("key of problem {problem}")
}

fn hmac(key: &[u8; KEY_BYTES]) -> Hmac<Sha256> {
    <Hmac<Sha256> as Mac>::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn seal(cipher: &Aes256Gcm, text: &[u8], place: &str) -> Vec<u8> {
    let nonce: [u8; NONCE_BYTES] = random_bytes();
    let payload = Payload {
        msg: text,
        aad: place.as_bytes(),
    };
    let sealed = cipher
        .encrypt(Nonce::from_slice(&nonce), payload)
        .expect("texts are far below the 64 GiB that GCM can seal");
    [nonce.as_slice(), &sealed].concat()
}

fn open(cipher: &Aes256Gcm, sealed: &[u8], place: &str) -> Result<Vec<u8>, CannotOpen> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES).ok_or(CannotOpen)?;
    let payload = Payload {
        msg: sealed,
        aad: place.as_bytes(),
    };
    cipher
        .decrypt(Nonce::from_slice(nonce), payload)
        .map_err(|_| CannotOpen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_opens_only_with_its_key_at_its_place() {
        let key = DataKey::generate();
        let sealed = key.seal("42", "problem a, test 1, hidden, expected");
        assert_eq!(
            key.open(&sealed, "problem a, test 1, hidden, expected")
                .unwrap(),
            "42"
        );
        for place in [
            "problem b, test 1, hidden, expected",
            "problem a, test 2, hidden, expected",
            "problem a, test 1, public, expected",
            "problem a, test 1, hidden, input",
            "",
        ] {
            assert_eq!(key.open(&sealed, place), Err(CannotOpen), "{place}");
        }
        let place = "problem a, test 1, hidden, expected";
        assert_eq!(DataKey::generate().open(&sealed, place), Err(CannotOpen));
    }

    #[test]
    fn a_key_unwraps_only_for_its_problem_under_its_master() {
        let master = MasterKey::new(&[1; 32]);
        let wrapped = master.wrap(&DataKey::generate(), "a");
        assert!(master.unwrap(&wrapped, "a").is_ok());
        assert!(master.unwrap(&wrapped, "b").is_err());
        assert!(MasterKey::new(&[2; 32]).unwrap(&wrapped, "a").is_err());
    }

    #[test]
    fn equal_texts_are_sealed_differently() {
        let key = DataKey::generate();
        assert_ne!(key.seal("42", "here"), key.seal("42", "here"));
    }

    #[test]
    fn fingerprints_need_the_key() {
        let (one, two) = (MasterKey::new(&[1; 32]), MasterKey::new(&[2; 32]));
        assert_eq!(one.fingerprint(b"x"), one.fingerprint(b"x"));
        assert_ne!(one.fingerprint(b"x"), one.fingerprint(b"y"));
        assert_ne!(one.fingerprint(b"x"), two.fingerprint(b"x"));
    }

    proptest! {
        #[test]
        fn any_changed_bit_is_noticed(text: String, at: prop::sample::Index, bit in 0..8u32) {
            let key = DataKey::generate();
            let mut sealed = key.seal(&text, "here");
            prop_assert_eq!(key.open(&sealed, "here").unwrap(), text);
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert_eq!(key.open(&sealed, "here"), Err(CannotOpen));
        }

        #[test]
        fn any_bytes_are_refused_without_a_panic(bytes: Vec<u8>) {
            prop_assert!(DataKey::generate().open(&bytes, "here").is_err());
        }
    }
}
