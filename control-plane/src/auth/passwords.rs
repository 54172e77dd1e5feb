//! Password hashes: argon2id with 19 MiB, two passes, one lane (OWASP Password Storage Cheat
//! Sheet). Hashing takes tens of milliseconds of one core, so it runs outside the async threads,
//! and only a few at once; the rest wait.

use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use super::model::Password;
use crate::platform::errors::Error;
use crate::platform::seal::random_bytes;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const AT_ONCE: usize = 4;

/// Hashes and checks passwords. Cloning shares the places.
#[derive(Clone)]
pub struct Passwords {
    places: Arc<Semaphore>,
    /// The hash of a password that nobody has, for accounts that don't exist.
    nobody: Arc<str>,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Passwords")
    }
}

impl Passwords {
    /// Blocks for one hash.
    pub fn new() -> Result<Self, Error> {
        let nobody = hash_now(&random_bytes::<32>())?;
        Ok(Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
            nobody: nobody.into(),
        })
    }

    /// The hash of a new password, as a PHC string.
    pub async fn hash(&self, password: Arc<Password>) -> Result<String, Error> {
        self.work(move || hash_now(password.as_bytes())).await?
    }

    /// Whether a password fits an account's hash. Takes as long when there is no account.
    pub async fn verify(
        &self,
        password: Arc<Password>,
        hash: Option<String>,
    ) -> Result<bool, Error> {
        let exists = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.to_string());
        let fits = self
            .work(move || verify_now(password.as_bytes(), &hash))
            .await??;
        Ok(fits && exists)
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        // The place goes with the work, which nothing stops when its call is cancelled.
        let work = move || {
            let _place = place;
            work()
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| Error::internal("hash a password", error))
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are valid");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &[u8]) -> Result<String, Error> {
    let failed =
        |error: argon2::password_hash::Error| Error::internal("hash a password", error.to_string());
    let salt = SaltString::encode_b64(&random_bytes::<16>()).map_err(failed)?;
    let hash = argon2().hash_password(password, &salt).map_err(failed)?;
    Ok(hash.to_string())
}

fn verify_now(password: &[u8], hash: &str) -> Result<bool, Error> {
    let hash = PasswordHash::new(hash)
        .map_err(|error| Error::internal("read a password hash", error.to_string()))?;
    Ok(argon2().verify_password(password, &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Arc<Password> {
        Arc::new(Password::attempt(text.into()))
    }

    #[tokio::test]
    async fn only_the_right_password_fits() {
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash(password("correct horse")).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let verify = async |text, hash| passwords.verify(password(text), hash).await.unwrap();
        assert!(verify("correct horse", Some(hash.clone())).await);
        assert!(!verify("correct horse ", Some(hash.clone())).await);
        assert!(!verify("", Some(hash)).await);
        assert!(!verify("correct horse", None).await);
    }

    #[tokio::test]
    async fn work_keeps_its_place_when_its_call_is_cancelled() {
        let passwords = Passwords::new().unwrap();
        let (begin, begun) = tokio::sync::oneshot::channel();
        let (end, wait) = std::sync::mpsc::channel::<()>();
        let call = tokio::spawn({
            let passwords = passwords.clone();
            async move {
                let work = move || {
                    begin.send(()).unwrap();
                    wait.recv()
                };
                passwords.work(work).await
            }
        });
        begun.await.unwrap();
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        assert_eq!(passwords.places.available_permits(), AT_ONCE - 1);
        drop(end);
        let all = passwords.places.acquire_many(AT_ONCE as u32);
        let all = tokio::time::timeout(std::time::Duration::from_secs(20), all);
        drop(all.await.expect("the place is given back").unwrap());
    }

    #[tokio::test]
    async fn equal_passwords_have_different_hashes() {
        let passwords = Passwords::new().unwrap();
        let one = passwords.hash(password("correct horse")).await.unwrap();
        let two = passwords.hash(password("correct horse")).await.unwrap();
        assert_ne!(one, two);
    }
}
