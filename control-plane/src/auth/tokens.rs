//! Access tokens: JWT (RFC 7519) signed with Ed25519 (RFC 8037), and the published key set
//! (RFC 7517). The key is found by the token's `kid` among ours; the algorithm is never taken
//! from the token.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::platform::errors::{Error, Reason};
use crate::platform::ids::{SessionId, UserId};
use crate::platform::keys::TokenKey;

const ISSUER: &str = "coderunner";
const AUDIENCE: &str = "coderunner";

/// How far the clock of the replica that issued a token may be ahead of ours.
const CLOCK_LEEWAY: Duration = Duration::from_secs(60);

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

/// Issues and verifies access tokens. Cloning shares the keys.
#[derive(Clone)]
pub struct AccessTokens {
    keys: Arc<KeySet>,
    lifetime: Duration,
}

struct KeySet {
    signing_id: String,
    signing: EncodingKey,
    verifying: HashMap<String, DecodingKey>,
    published: String,
}

impl AccessTokens {
    /// Signs with the last key and accepts all. Fails when there is none.
    pub fn new(keys: &[TokenKey], lifetime: Duration) -> Result<Self, Error> {
        let signer = keys
            .last()
            .ok_or_else(|| Error::internal("sign tokens", "no key"))?;
        let failed = |error| Error::internal("encode a signing key", error);
        let der = signer.signing_key.to_pkcs8_der().map_err(failed)?;
        let mut verifying = HashMap::new();
        for key in keys {
            let decoding = DecodingKey::from_ed_components(&public_half(key))
                .map_err(|error| Error::internal("read a signing key", error))?;
            verifying.insert(key.id.clone(), decoding);
        }
        let keys = KeySet {
            signing_id: signer.id.clone(),
            signing: EncodingKey::from_ed_der(der.as_bytes()),
            verifying,
            published: published(keys),
        };
        Ok(Self {
            keys: Arc::new(keys),
            lifetime,
        })
    }

    /// A new access token, and when it expires.
    pub fn issue(&self, bearer: Bearer, now: Timestamp) -> Result<(String, Timestamp), Error> {
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
        header.kid = Some(self.keys.signing_id.clone());
        let token = jsonwebtoken::encode(&header, &claims, &self.keys.signing)
            .map_err(|error| Error::internal("sign a token", error))?;
        Ok((token, expire_time))
    }

    /// Checks signature, key, issuer, audience and time of a token.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Bearer, Error> {
        let claims = self
            .claims(token)
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
        bearer().ok_or(Error::Unauthenticated(Reason::TOKEN_INVALID))
    }

    fn claims(&self, token: &str) -> Option<Claims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let key = self.keys.verifying.get(header.kid.as_deref()?)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // Time is checked by `verify`, with the clock that it was given.
        validation.validate_exp = false;
        jsonwebtoken::decode::<Claims>(token, key, &validation)
            .ok()
            .map(|token| token.claims)
    }

    /// The published key set, as JSON.
    pub fn key_set(&self) -> &str {
        &self.keys.published
    }
}

fn public_half(key: &TokenKey) -> String {
    URL_SAFE_NO_PAD.encode(key.signing_key.verifying_key().as_bytes())
}

fn published(keys: &[TokenKey]) -> String {
    let keys: Vec<_> = keys
        .iter()
        .map(|key| {
            serde_json::json!({
                "kty": "OKP",
                "crv": "Ed25519",
                "use": "sig",
                "alg": "EdDSA",
                "kid": key.id,
                "x": public_half(key),
            })
        })
        .collect();
    serde_json::json!({ "keys": keys }).to_string()
}

#[cfg(test)]
mod tests;
