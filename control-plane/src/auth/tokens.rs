//! Access tokens: JWT (RFC 7519) signed with Ed25519 (RFC 8037), and the published key set
//! (RFC 7517). The key is found by the token's `kid` among ours; the algorithm is never taken
//! from the token.
//!
//! Checking a signature takes about as long as all else that a short call needs. So what was found
//! of a token counts for a minute, by the digest of the whole token: as long as the keys are the
//! same, the one that signed it has not retired, and never beyond the token's own time. Nothing else
//! is kept of it: whether the session lives and what its account may do is asked at each call, as
//! `platform/callers.rs` says. Only tokens that were accepted are kept, so nobody can fill the
//! memory with others.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::platform::errors::{Error, Reason};
use crate::platform::ids::{SessionId, UserId};
use crate::platform::keys::TokenKey;
use crate::platform::rotate::{CLOCK_LEEWAY, Standing, standings};

const ISSUER: &str = "coderunner";
const AUDIENCE: &str = "coderunner";
/// How long what was found of a token counts.
const FRESH: Duration = Duration::from_secs(60);
/// Of how many tokens it is kept.
const MOST: u64 = 100_000;

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    /// The account.
    sub: String,
    /// The session.
    sid: String,
    /// Seconds since 1970.
    iat: i64,
    exp: i64,
    /// We issue none, and heed it where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

/// Whom an access token speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bearer {
    pub user_id: UserId,
    pub session_id: SessionId,
}

/// What was found of a token.
#[derive(Clone)]
struct Verified {
    bearer: Bearer,
    time: Timestamp,
    /// Seconds since 1970.
    expire_second: i64,
    /// The keys of then; holding them keeps their address theirs.
    keys: Arc<[Key]>,
    /// Which of them signed it.
    place: usize,
}

/// Issues and verifies access tokens. Cloning shares the keys.
#[derive(Clone)]
pub struct AccessTokens {
    keys: Arc<RwLock<Arc<[Key]>>>,
    verified: Cache<[u8; 32], Verified>,
    lifetime: Duration,
}

/// A key in the forms that it is used in.
struct Key {
    id: String,
    sign_time: Timestamp,
    signing: EncodingKey,
    verifying: DecodingKey,
    /// The public half, as the key set has it.
    public: String,
}

impl AccessTokens {
    /// Signs with the key whose time it is. Fails when there is none at all.
    pub fn new(keys: &[TokenKey], lifetime: Duration) -> Result<Self, Error> {
        Ok(Self {
            keys: Arc::new(RwLock::new(read(keys)?)),
            verified: Cache::builder()
                .max_capacity(MOST)
                .time_to_live(FRESH)
                .build(),
            lifetime,
        })
    }

    /// Takes other keys from now on. Says whether anything is different.
    pub fn replace(&self, keys: &[TokenKey]) -> Result<bool, Error> {
        let new = read(keys)?;
        let same = |one: &[Key], other: &[Key]| {
            let names = |key: &Key| (key.id.clone(), key.sign_time);
            one.iter().map(names).eq(other.iter().map(names))
        };
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let changed = !same(&keys, &new);
        if changed {
            *keys = new;
        }
        Ok(changed)
    }

    fn keys(&self) -> Arc<[Key]> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&keys)
    }

    fn standings(&self, keys: &[Key], now: Timestamp) -> Vec<Standing> {
        let times: Vec<_> = keys.iter().map(|key| key.sign_time).collect();
        standings(&times, self.lifetime, now)
    }

    /// A new access token, and when it expires.
    pub fn issue(&self, bearer: Bearer, now: Timestamp) -> Result<(String, Timestamp), Error> {
        let keys = self.keys();
        let standings = self.standings(&keys, now);
        let signer = keys
            .iter()
            .zip(standings)
            .find(|(_, standing)| *standing == Standing::Signs)
            .ok_or_else(|| Error::internal("sign a token", "no key"))?
            .0;
        let expire_time = now + self.lifetime;
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: bearer.user_id.to_string(),
            sid: bearer.session_id.to_string(),
            iat: now.as_second(),
            exp: expire_time.as_second(),
            nbf: None,
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(signer.id.clone());
        let token = jsonwebtoken::encode(&header, &claims, &signer.signing)
            .map_err(|error| Error::internal("sign a token", error))?;
        Ok((token, expire_time))
    }

    /// Checks signature, key, issuer, audience and time of a token.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Bearer, Error> {
        let keys = self.keys();
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let known = self.verified.get(&digest);
        if let Some(known) = known.filter(|known| self.counts(known, &keys, now)) {
            return Ok(known.bearer);
        }
        let verified = self.verify_now(keys, token, now)?;
        let bearer = verified.bearer;
        self.verified.insert(digest, verified);
        Ok(bearer)
    }

    /// Whether what was found of a token is what would be found now. The clock may have been set
    /// back, and the key may have retired.
    fn counts(&self, known: &Verified, keys: &Arc<[Key]>, now: Timestamp) -> bool {
        Arc::ptr_eq(&known.keys, keys)
            && now.as_second() < known.expire_second
            && now >= known.time
            && now < known.time + FRESH
            && self.standings(keys, now)[known.place] != Standing::Retired
    }

    fn verify_now(&self, keys: Arc<[Key]>, token: &str, now: Timestamp) -> Result<Verified, Error> {
        let (place, claims) = self
            .claims(&keys, token, now)
            .ok_or(Error::Unauthenticated(Reason::TOKEN_INVALID))?;
        if now.as_second() >= claims.exp {
            return Err(Error::Unauthenticated(Reason::TOKEN_EXPIRED));
        }
        let latest = (now + CLOCK_LEEWAY).as_second();
        if claims.iat > latest || claims.nbf.is_some_and(|nbf| nbf > latest) {
            return Err(Error::Unauthenticated(Reason::TOKEN_NOT_YET_VALID));
        }
        let bearer = || {
            let (user_id, session_id) = (claims.sub.parse().ok()?, claims.sid.parse().ok()?);
            Some(Bearer {
                user_id,
                session_id,
            })
        };
        Ok(Verified {
            bearer: bearer().ok_or(Error::Unauthenticated(Reason::TOKEN_INVALID))?,
            time: now,
            expire_second: claims.exp,
            keys,
            place,
        })
    }

    /// What a token says, and which key signed it.
    fn claims(&self, keys: &[Key], token: &str, now: Timestamp) -> Option<(usize, Claims)> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let kid = header.kid?;
        let place = keys.iter().position(|key| key.id == kid)?;
        if self.standings(keys, now)[place] == Standing::Retired {
            return None;
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // Time is checked by `verify`, with the clock that it was given.
        validation.validate_exp = false;
        jsonwebtoken::decode::<Claims>(token, &keys[place].verifying, &validation)
            .ok()
            .map(|token| (place, token.claims))
    }

    /// The published key set, as JSON: all keys that sign now, have signed living tokens, or will
    /// sign.
    pub fn key_set(&self, now: Timestamp) -> String {
        let keys = self.keys();
        let standings = self.standings(&keys, now);
        let published: Vec<_> = keys
            .iter()
            .zip(standings)
            .filter(|(_, standing)| *standing != Standing::Retired)
            .map(|(key, _)| {
                serde_json::json!({
                    "kty": "OKP",
                    "crv": "Ed25519",
                    "use": "sig",
                    "alg": "EdDSA",
                    "kid": key.id,
                    "x": key.public,
                })
            })
            .collect();
        serde_json::json!({ "keys": published }).to_string()
    }
}

fn read(keys: &[TokenKey]) -> Result<Arc<[Key]>, Error> {
    if keys.is_empty() {
        return Err(Error::internal("sign tokens", "no key"));
    }
    let read = |key: &TokenKey| {
        let TokenKey {
            id,
            signing_key,
            sign_time,
        } = key;
        let der = signing_key
            .to_pkcs8_der()
            .map_err(|error| Error::internal("encode a signing key", error))?;
        let public = URL_SAFE_NO_PAD.encode(signing_key.verifying_key().as_bytes());
        Ok(Key {
            id: id.clone(),
            sign_time: *sign_time,
            signing: EncodingKey::from_ed_der(der.as_bytes()),
            verifying: DecodingKey::from_ed_components(&public)
                .map_err(|error| Error::internal("read a signing key", error))?,
            public,
        })
    };
    keys.iter().map(read).collect()
}

#[cfg(test)]
mod tests;
