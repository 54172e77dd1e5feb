//! Forged, spoiled and reused tokens, sent to a running server as an attacker would send them.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use coderunner_proto::v1 as pb;
use control_plane::platform::config::Mode;
use control_plane::platform::keys::{self, TokenKey};
use control_plane::platform::seal::random_bytes;
use ed25519_dalek::pkcs8::EncodePublicKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::{Signer, SigningKey};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tonic::{Code, Status};

use crate::support::{Running, UNLIMITED, refused, start, with};

/// What the server's clock says at the start of each test.
const NOW: i64 = 1_893_456_000;

/// A live session, and the key that signs for this installation.
struct Installation {
    running: Running,
    genuine: String,
    tokens: pb::Tokens,
    key: TokenKey,
}

impl Installation {
    async fn start() -> Self {
        let running = start(UNLIMITED).await;
        let tokens = running.student("ada").await.tokens.unwrap();
        let keys = keys::load(&running.platform.config.keys_dir, Mode::Production).unwrap();
        Self {
            genuine: tokens.access_token.clone(),
            key: keys.token_keys.into_iter().next().unwrap(),
            tokens,
            running,
        }
    }

    /// What the session's real token says.
    fn claims(&self) -> Value {
        let part = self.genuine.split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    fn claims_with(&self, claim: &str, value: Value) -> Value {
        let mut claims = self.claims();
        claims[claim] = value;
        claims
    }

    fn header(&self) -> Value {
        json!({ "typ": "JWT", "alg": "EdDSA", "kid": self.key.id })
    }

    fn header_with(&self, field: &str, value: Value) -> Value {
        let mut header = self.header();
        header[field] = value;
        header
    }

    /// A token of our own key with some header.
    fn ours(&self, header: &Value) -> String {
        signed(&self.key.signing_key, header, &self.claims())
    }

    /// A token of our own key with some claim.
    fn claiming(&self, claim: &str, value: Value) -> String {
        let claims = self.claims_with(claim, value);
        signed(&self.key.signing_key, &self.header(), &claims)
    }

    async fn me(&self, token: &str) -> Result<(), Status> {
        let request = with(token, pb::GetMeRequest {});
        self.running.auth().get_me(request).await.map(drop)
    }

    /// Sends each token and checks why it is refused, then that the real one still works.
    async fn all_refused(&self, reason: &str, forged: Vec<(&str, String)>) {
        for (name, token) in forged {
            let answer = self.me(&token).await;
            let status = answer.as_ref().err().map(Status::code);
            assert_eq!(status, Some(Code::Unauthenticated), "{name}: {token}");
            refused(answer, Code::Unauthenticated, reason);
        }
        self.me(&self.genuine).await.expect("the real token works");
    }
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn signed(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let body = format!("{}.{}", part(header), part(claims));
    let signature = key.sign(body.as_bytes());
    format!("{body}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

fn stranger() -> SigningKey {
    SigningKey::from_bytes(&random_bytes())
}

#[tokio::test]
async fn the_forger_of_these_tests_can_forge() {
    let here = Installation::start().await;
    // With the right key and claims it is accepted; so what follows is refused for its own reason.
    here.me(&here.ours(&here.header())).await.unwrap();
}

#[tokio::test]
async fn unsigned_and_wrongly_signed_tokens_are_refused() {
    let here = Installation::start().await;
    let body = part(&here.claims());
    let unsigned = |algorithm: &str, signature: &str| {
        let header = part(&here.header_with("alg", algorithm.into()));
        format!("{header}.{body}.{signature}")
    };
    let (_, signature) = here.genuine.rsplit_once('.').unwrap();
    let header = here.header();
    let jwk = json!({
        "kty": "OKP", "crv": "Ed25519",
        "x": URL_SAFE_NO_PAD.encode(stranger().verifying_key().as_bytes()),
    });
    let forged = vec![
        ("alg none", unsigned("none", "")),
        ("alg None", unsigned("None", "")),
        ("alg nOnE with a signature", unsigned("nOnE", signature)),
        ("no alg", unsigned("", signature)),
        ("alg null", {
            let header = part(&here.header_with("alg", Value::Null));
            format!("{header}.{body}.{signature}")
        }),
        ("alg that we don't use", unsigned("RS256", signature)),
        ("another key", signed(&stranger(), &header, &here.claims())),
        (
            "another key in the header",
            signed(&stranger(), &here.header_with("jwk", jwk), &here.claims()),
        ),
        ("somebody else's claims under our signature", {
            let other =
                part(&here.claims_with("sub", json!("0197f000-0000-7000-8000-000000000000")));
            format!("{}.{other}.{signature}", part(&header))
        }),
    ];
    here.all_refused("TOKEN_INVALID", forged).await;
}

#[tokio::test]
async fn the_public_key_is_no_secret() {
    let here = Installation::start().await;
    let public = here.key.signing_key.verifying_key();
    let pem = public.to_public_key_pem(LineEnding::LF).unwrap();
    let published = keys::load(&here.running.platform.config.keys_dir, Mode::Production).unwrap();
    let x = URL_SAFE_NO_PAD.encode(
        published.token_keys[0]
            .signing_key
            .verifying_key()
            .as_bytes(),
    );
    let mut forged = Vec::new();
    for (name, secret) in [
        ("its bytes", public.as_bytes().to_vec()),
        ("its text in the key set", x.into_bytes()),
        ("its PEM", pem.clone().into_bytes()),
        (
            "its PEM without the last line end",
            pem.trim_end().as_bytes().to_vec(),
        ),
        ("nothing", Vec::new()),
    ] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let mut header = Header::new(algorithm);
            header.kid = Some(here.key.id.clone());
            let secret = EncodingKey::from_secret(&secret);
            let token = jsonwebtoken::encode(&header, &here.claims(), &secret).unwrap();
            forged.push((name, token));
        }
    }
    here.all_refused("TOKEN_INVALID", forged).await;
}

#[tokio::test]
async fn a_kid_names_one_of_our_keys_or_nothing() {
    let here = Installation::start().await;
    let id = here.key.id.clone();
    let kids = [
        json!(null),
        json!(""),
        json!(0),
        json!([id]),
        json!({ "kid": id }),
        json!("unknown"),
        json!(format!("{id} ")),
        json!(format!("{id}\u{0}")),
        json!(id.to_uppercase() + "A"),
        json!("signing-1.pem"),
        json!("../keys/signing-1.pem"),
        json!("/dev/null"),
        json!("file:///dev/null"),
        json!("' OR '1'='1"),
        json!("x' UNION SELECT 'AA"),
        json!("$(id)"),
        json!("a".repeat(1500)),
    ];
    let mut forged: Vec<_> = kids
        .into_iter()
        .map(|kid| ("a kid", here.ours(&here.header_with("kid", kid))))
        .collect();
    let mut without = here.header();
    without.as_object_mut().unwrap().remove("kid");
    forged.push(("no kid", here.ours(&without)));
    here.all_refused("TOKEN_INVALID", forged).await;
}

#[tokio::test]
async fn keys_that_a_token_brings_or_points_to_are_not_looked_at() {
    let here = Installation::start().await;
    let trap = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let url = format!("http://{}/keys.json", trap.local_addr().unwrap());
    let theirs = stranger();
    let jwk = json!({
        "kty": "OKP", "crv": "Ed25519", "kid": "theirs",
        "x": URL_SAFE_NO_PAD.encode(theirs.verifying_key().as_bytes()),
    });
    let mut forged = Vec::new();
    for kid in [here.key.id.as_str(), "theirs"] {
        for (field, value) in [
            ("jwk", jwk.clone()),
            ("jku", json!(url)),
            ("x5u", json!(url)),
            ("x5c", json!(["AAAA"])),
        ] {
            let mut header = here.header_with(field, value);
            header["kid"] = json!(kid);
            forged.push((field, signed(&theirs, &header, &here.claims())));
        }
    }
    here.all_refused("TOKEN_INVALID", forged).await;
    let visit = trap.accept().map(drop).unwrap_err();
    assert_eq!(
        visit.kind(),
        std::io::ErrorKind::WouldBlock,
        "an address in a token was asked"
    );
}

#[tokio::test]
async fn claims_of_another_place_or_of_nobody_are_refused() {
    let here = Installation::start().await;
    let claims = [
        ("iss", json!("somebody")),
        ("iss", json!("")),
        ("iss", json!(null)),
        ("iss", json!("coderunner ")),
        ("aud", json!("another service")),
        ("aud", json!(["another service"])),
        ("aud", json!(null)),
        ("sub", json!("root")),
        ("sub", json!("' OR '1'='1")),
        ("sub", json!(null)),
        ("sid", json!("")),
        ("sid", json!(7)),
        ("exp", json!("never")),
        ("exp", json!(null)),
        ("exp", json!(1e300)),
        ("exp", json!(-1)),
        ("iat", json!("today")),
        ("nbf", json!("today")),
    ];
    let mut forged = Vec::new();
    for (claim, value) in claims {
        forged.push((claim, here.claiming(claim, value)));
    }
    for claim in ["iss", "aud", "sub", "sid", "exp", "iat"] {
        let mut claims = here.claims();
        claims.as_object_mut().unwrap().remove(claim);
        forged.push((
            claim,
            signed(&here.key.signing_key, &here.header(), &claims),
        ));
    }
    here.all_refused("TOKEN_INVALID", forged).await;
    // Our signature on a session that another account has, or that nobody has.
    let eve = here.running.student("eve").await.user.unwrap();
    let forged = vec![
        ("another account", here.claiming("sub", json!(eve.id))),
        (
            "no session",
            here.claiming("sid", json!("0197f000-0000-7000-8000-000000000000")),
        ),
    ];
    here.all_refused("SESSION_ENDED", forged).await;
}

#[tokio::test]
async fn tokens_work_in_their_time_only() {
    let here = Installation::start().await;
    let expired = vec![
        ("a second ago", here.claiming("exp", json!(NOW - 1))),
        ("now", here.claiming("exp", json!(NOW))),
        ("in 1970", here.claiming("exp", json!(0))),
    ];
    here.all_refused("TOKEN_EXPIRED", expired).await;
    let early = vec![
        ("nbf in 61 s", here.claiming("nbf", json!(NOW + 61))),
        (
            "nbf at the end of time",
            here.claiming("nbf", json!(i64::MAX)),
        ),
        ("iat in 61 s", here.claiming("iat", json!(NOW + 61))),
        (
            "iat at the end of time",
            here.claiming("iat", json!(i64::MAX)),
        ),
    ];
    here.all_refused("TOKEN_NOT_YET_VALID", early).await;
    // Replicas' clocks may differ by a minute.
    for (claim, time) in [("nbf", NOW + 60), ("iat", NOW + 60), ("exp", NOW + 1)] {
        here.me(&here.claiming(claim, json!(time))).await.unwrap();
    }
    here.running.clock.advance(Duration::from_secs(900));
    let mine = here.me(&here.genuine).await;
    refused(mine, Code::Unauthenticated, "TOKEN_EXPIRED");
}

#[tokio::test]
async fn spoiled_tokens_are_refused() {
    let here = Installation::start().await;
    let genuine = here.genuine.clone();
    let (body, signature) = genuine.rsplit_once('.').unwrap();
    let (header, claims) = body.split_once('.').unwrap();
    // The last character of a signature carries four bits that mean nothing.
    let twin = {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let place = alphabet.find(signature.chars().last().unwrap()).unwrap();
        let other = alphabet.as_bytes()[place ^ 1] as char;
        format!("{body}.{}{other}", &signature[..signature.len() - 1])
    };
    let padded = URL_SAFE.encode(URL_SAFE_NO_PAD.decode(signature).unwrap());
    let mut forged = vec![
        ("padded with =", format!("{body}.{padded}")),
        ("padded twice", format!("{genuine}==")),
        ("same signature, other text", twin),
        ("two tokens", format!("{genuine}.{genuine}")),
        ("a part too many", format!("{genuine}.AAAA")),
        ("a part too few", body.to_owned()),
        ("no signature", format!("{body}.")),
        ("no header", format!(".{claims}.{signature}")),
        ("no claims", format!("{header}..{signature}")),
        ("dots", "..".into()),
        ("a space within", format!("{header}. {claims}.{signature}")),
        ("standard base64", format!("{body}.{}", "+/".repeat(43))),
        (
            "as JSON",
            json!({ "protected": header, "payload": claims, "signature": signature }).to_string(),
        ),
        ("four thousand letters", "a".repeat(4000)),
        (
            "longer than is read",
            format!("{genuine}{}", "A".repeat(4096)),
        ),
        ("as long as a header may be", "a".repeat(12_000)),
    ];
    for length in (1..genuine.len()).step_by(17) {
        forged.push(("cut", genuine[..length].to_owned()));
    }
    forged.push(("cut by one", genuine[..genuine.len() - 1].to_owned()));
    here.all_refused("TOKEN_INVALID", forged).await;
}

#[tokio::test]
async fn a_refresh_token_is_no_access_token_and_the_other_way_round() {
    let here = Installation::start().await;
    let swapped = vec![("refresh token", here.tokens.refresh_token.clone())];
    here.all_refused("TOKEN_INVALID", swapped).await;
    let answer = refresh(&here.running, &here.genuine).await;
    refused(answer, Code::Unauthenticated, "REFRESH_TOKEN_INVALID");
}

async fn refresh(running: &Running, token: &str) -> Result<pb::Tokens, Status> {
    let request = pb::RefreshRequest {
        refresh_token: token.into(),
    };
    let answer = running.auth().refresh(request).await?;
    Ok(answer.into_inner().tokens.unwrap())
}

#[tokio::test]
async fn whichever_spent_refresh_token_comes_again_the_whole_family_ends() {
    let running = start(UNLIMITED).await;
    for reused in 0..3 {
        let name = format!("ada{reused}");
        let mut family = vec![running.student(&name).await.tokens.unwrap()];
        for _ in 0..3 {
            let newest = &family.last().unwrap().refresh_token;
            family.push(refresh(&running, newest).await.unwrap());
        }
        let stolen = refresh(&running, &family[reused].refresh_token).await;
        refused(stolen, Code::Unauthenticated, "REFRESH_TOKEN_REUSED");
        for tokens in &family {
            let access = running
                .auth()
                .get_me(with(&tokens.access_token, pb::GetMeRequest {}))
                .await;
            refused(access, Code::Unauthenticated, "SESSION_ENDED");
            let again = refresh(&running, &tokens.refresh_token).await;
            assert_eq!(again.unwrap_err().code(), Code::Unauthenticated);
        }
    }
}
