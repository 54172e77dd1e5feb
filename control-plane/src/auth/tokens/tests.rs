//! Tries to get past the verification of access tokens.

use ed25519_dalek::SigningKey;
use jiff::SignedDuration;
use jsonwebtoken::get_current_timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::platform::seal::random_bytes;

fn now() -> Timestamp {
    Timestamp::from_second(i64::try_from(get_current_timestamp()).unwrap()).unwrap()
}

fn key() -> TokenKey {
    key_from(Timestamp::UNIX_EPOCH)
}

fn key_from(sign_time: Timestamp) -> TokenKey {
    TokenKey::new(SigningKey::from_bytes(&random_bytes()), sign_time)
}

fn tokens(keys: &[TokenKey]) -> AccessTokens {
    AccessTokens::new(keys, Duration::from_secs(900)).unwrap()
}

fn bearer() -> Bearer {
    Bearer {
        user_id: UserId::new(),
        session_id: SessionId::new(),
    }
}

fn claims(bearer: Bearer) -> serde_json::Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": bearer.user_id.to_string(),
        "sid": bearer.session_id.to_string(),
        "iat": now().as_second(), "exp": now().as_second() + 900,
    })
}

fn part(value: &serde_json::Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn signed(key: &TokenKey, kid: &str, claims: &serde_json::Value) -> String {
    let der = key.signing_key.to_pkcs8_der().unwrap();
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(kid.into());
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_ed_der(der.as_bytes())).unwrap()
}

fn refused(tokens: &AccessTokens, token: &str) {
    let error = tokens
        .verify(token, now())
        .expect_err("a forged token was accepted");
    assert_eq!(error.reason(), Reason::TOKEN_INVALID, "{token}");
}

#[test]
fn a_token_speaks_for_its_bearer_until_it_expires() {
    let tokens = tokens(&[key()]);
    let bearer = bearer();
    let (token, expire_time) = tokens.issue(bearer, now()).unwrap();
    assert_eq!(tokens.verify(&token, now()).unwrap(), bearer);
    let error = tokens.verify(&token, expire_time).unwrap_err();
    assert_eq!(error.reason(), Reason::TOKEN_EXPIRED);
}

#[test]
fn a_token_that_was_accepted_is_not_accepted_for_ever() {
    let (old, new) = (key(), key());
    let tokens = tokens(std::slice::from_ref(&old));
    let bearer = bearer();
    let mut soon = claims(bearer);
    soon["exp"] = json!(now().as_second() + 30);
    let soon = signed(&old, &old.id, &soon);
    let (token, _) = tokens.issue(bearer, now()).unwrap();
    for token in [&soon, &token] {
        assert_eq!(tokens.verify(token, now()).unwrap(), bearer);
        assert_eq!(tokens.verify(token, now()).unwrap(), bearer, "once more");
        // Another token of the same bearer, with a signature of another.
        let (text, signature) = token.rsplit_once('.').unwrap();
        let other: String = signature.chars().rev().collect();
        refused(&tokens, &format!("{text}.{other}"));
    }
    let later = now() + Duration::from_secs(30);
    let error = tokens.verify(&soon, later).unwrap_err();
    assert_eq!(error.reason(), Reason::TOKEN_EXPIRED);
    assert!(tokens.replace(&[new]).unwrap());
    refused(&tokens, &token);
}

#[test]
fn what_was_found_of_a_token_counts_for_a_minute() {
    let tokens = tokens(&[key()]);
    let (token, _) = tokens.issue(bearer(), now()).unwrap();
    let found = |after: i64| {
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let known = tokens.verified.get(&digest);
        let now = now() + SignedDuration::from_secs(after);
        known.is_some_and(|known| tokens.counts(&known, &tokens.keys(), now))
    };
    assert!(!found(0));
    tokens.verify(&token, now()).unwrap();
    assert!(found(30));
    assert!(!found(61));
    assert!(!found(-60), "the clock was set back");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    // Whatever happens to keys and clock between two calls: a token that ends before its key
    // retires, or is signed to end long after, or has ended.
    #[test]
    fn what_is_remembered_of_a_token_is_what_would_be_found_anew(
        end in 1..3600i64,
        steps in proptest::collection::vec((0..3usize, -120..1200i64), 1..20),
    ) {
        let begin = now();
        let (old, new) = (key(), key_from(begin + Duration::from_secs(60)));
        let copy = |key: &TokenKey| TokenKey::new(key.signing_key.clone(), key.sign_time);
        let sets = [vec![copy(&old)], vec![copy(&old), copy(&new)], vec![new]];
        let mut claims = claims(bearer());
        claims["exp"] = json!(begin.as_second() + end);
        let token = signed(&old, &old.id, &claims);
        let remembering = tokens(&sets[0]);
        for (set, after) in steps {
            let time = begin + SignedDuration::from_secs(after);
            remembering.replace(&sets[set]).unwrap();
            let anew = tokens(&sets[set]).verify(&token, time);
            let remembered = remembering.verify(&token, time);
            prop_assert_eq!(
                remembered.map_err(|error| error.reason()),
                anew.map_err(|error| error.reason()),
                "keys {}, {} s later", set, after
            );
        }
    }
}

#[test]
fn unsigned_tokens_are_refused() {
    let key = key();
    let tokens = tokens(std::slice::from_ref(&key));
    let body = part(&claims(bearer()));
    for algorithm in ["none", "None", "NONE", "", "HS256", "RS256"] {
        let header = part(&json!({ "alg": algorithm, "typ": "JWT", "kid": key.id }));
        for signature in ["", "AAAA"] {
            refused(&tokens, &format!("{header}.{body}.{signature}"));
        }
    }
}

#[test]
fn the_public_key_is_no_hmac_secret() {
    let key = key();
    let tokens = tokens(std::slice::from_ref(&key));
    let secret = EncodingKey::from_secret(key.signing_key.verifying_key().as_bytes());
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some(key.id.clone());
    refused(
        &tokens,
        &jsonwebtoken::encode(&header, &claims(bearer()), &secret).unwrap(),
    );
}

#[test]
fn other_keys_are_refused_whatever_kid_they_claim() {
    let (ours, theirs) = (key(), key());
    let tokens = tokens(std::slice::from_ref(&ours));
    let claims = claims(bearer());
    refused(&tokens, &signed(&theirs, &ours.id, &claims));
    refused(&tokens, &signed(&theirs, &theirs.id, &claims));
    refused(&tokens, &signed(&ours, &theirs.id, &claims));
    refused(&tokens, &signed(&ours, "../keys/master.key", &claims));
    assert!(
        tokens
            .verify(&signed(&ours, &ours.id, &claims), now())
            .is_ok()
    );
}

#[test]
fn a_token_without_kid_is_refused() {
    let key = key();
    let der = key.signing_key.to_pkcs8_der().unwrap();
    let signing = EncodingKey::from_ed_der(der.as_bytes());
    let header = Header::new(Algorithm::EdDSA);
    let token = jsonwebtoken::encode(&header, &claims(bearer()), &signing).unwrap();
    refused(&tokens(&[key]), &token);
}

#[test]
fn changed_and_cut_tokens_are_refused() {
    let tokens = tokens(&[key()]);
    let (token, _) = tokens.issue(bearer(), now()).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let other = part(&claims(bearer()));
    refused(&tokens, &format!("{}.{}.{}", parts[0], other, parts[2]));
    refused(&tokens, &format!("{}.{}.", parts[0], parts[1]));
    refused(&tokens, &format!("{}.{}", parts[0], parts[1]));
    refused(&tokens, "");
    refused(&tokens, "..");
    refused(&tokens, &"a".repeat(4000));
}

#[test]
fn other_issuers_audiences_and_missing_claims_are_refused() {
    let key = key();
    let tokens = tokens(std::slice::from_ref(&key));
    for (claim, value) in [
        ("iss", json!("somebody")),
        ("aud", json!("another service")),
        ("sub", json!("not an id")),
        ("sid", json!("")),
        ("exp", json!("never")),
        ("exp", json!(null)),
        ("sub", json!(null)),
    ] {
        let mut claims = claims(bearer());
        claims[claim] = value.clone();
        refused(&tokens, &signed(&key, &key.id, &claims));
        claims.as_object_mut().unwrap().remove(claim);
        refused(&tokens, &signed(&key, &key.id, &claims));
    }
}

#[test]
fn a_new_key_is_published_then_signs_and_the_old_one_retires_with_its_last_token() {
    let minutes = |count: u64| Duration::from_secs(60 * count);
    let begin = now();
    let (old, new) = (key(), key_from(begin + minutes(10)));
    let (old_id, new_id) = (old.id.clone(), new.id.clone());
    let tokens = tokens(std::slice::from_ref(&old));
    assert!(!tokens.replace(std::slice::from_ref(&old)).unwrap());
    assert!(tokens.replace(&[old, new]).unwrap());
    let signer = |time| {
        let token = tokens.issue(bearer(), time).unwrap().0;
        jsonwebtoken::decode_header(&token).unwrap().kid.unwrap()
    };
    let published = |time| {
        let set: serde_json::Value = serde_json::from_str(&tokens.key_set(time)).unwrap();
        let keys = set["keys"].as_array().unwrap().clone();
        keys.iter()
            .map(|key| key["kid"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let both = [old_id.clone(), new_id.clone()];
    assert_eq!((signer(begin), published(begin)), (old_id, both.to_vec()));
    let last = begin + minutes(10) - Duration::from_secs(1);
    let last_token = tokens.issue(bearer(), last).unwrap().0;
    let change = begin + minutes(10);
    assert_eq!(
        (signer(change), published(change)),
        (new_id.clone(), both.to_vec())
    );
    assert!(tokens.verify(&last_token, begin + minutes(24)).is_ok());
    let expired = tokens.verify(&last_token, begin + minutes(25)).unwrap_err();
    assert_eq!(expired.reason(), Reason::TOKEN_EXPIRED);
    let retired = begin + minutes(26);
    assert_eq!(published(retired), [new_id]);
    let gone = tokens.verify(&last_token, retired).unwrap_err();
    assert_eq!(gone.reason(), Reason::TOKEN_INVALID);
}

#[test]
fn the_published_keys_verify_tokens_and_hold_no_private_half() {
    let key = key();
    let private = URL_SAFE_NO_PAD.encode(key.signing_key.as_bytes());
    let tokens = tokens(&[key]);
    assert!(!tokens.key_set(now()).contains(&private) && !tokens.key_set(now()).contains("\"d\""));
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&tokens.key_set(now())).unwrap();
    let (token, _) = tokens.issue(bearer(), now()).unwrap();
    let kid = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
    let key = DecodingKey::from_jwk(set.find(&kid).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&[AUDIENCE]);
    assert!(jsonwebtoken::decode::<Claims>(&token, &key, &validation).is_ok());
}
