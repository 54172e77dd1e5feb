//! What a call's headers say about the caller. All of it is the client's to choose, and what is wrong in
//! it counts as not being there.

use std::net::IpAddr;
use std::time::Duration;

use http::{HeaderMap, header};

use super::errors::Reason;

const MAX_TOKEN_BYTES: usize = 4096;
const MAX_USER_AGENT_CHARS: usize = 200;

/// The client behind trusted proxies: the last address in `x-forwarded-for` that is not
/// itself a trusted proxy. What an untrusted peer claims is ignored.
pub fn client_address(trusted_proxies: &[IpAddr], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    if !trusted_proxies.contains(&peer) {
        return peer;
    }
    headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|part| part.trim().parse().ok())
        .rfind(|address| !trusted_proxies.contains(address))
        .unwrap_or(peer)
}

/// The access token.
///
/// # Errors
/// NO_TOKEN without an `authorization` header, or with more than one; TOKEN_INVALID when it has no bearer
/// token of at most 4096 bytes.
pub fn access_token(headers: &HeaderMap) -> Result<&str, Reason> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Reason::NO_TOKEN);
    };
    let token = value.to_str().ok().and_then(bearer);
    token.ok_or(Reason::TOKEN_INVALID)
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let fits = scheme.eq_ignore_ascii_case("bearer") && token.len() <= MAX_TOKEN_BYTES;
    fits.then_some(token.trim())
}

/// What the client calls itself, cut to 200 characters; empty when it says nothing.
pub fn user_agent(headers: &HeaderMap) -> String {
    let text = headers
        .get("x-user-agent")
        .or_else(|| headers.get(header::USER_AGENT));
    let text = text
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    text.chars().take(MAX_USER_AGENT_CHARS).collect()
}

/// `grpc-timeout`: at most eight digits and a unit (gRPC over HTTP/2, "Timeout").
pub fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_may_name_the_client() {
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-forwarded-for",
            "6.6.6.6, 198.51.100.7, 10.0.0.2".parse().unwrap(),
        );
        let peer: IpAddr = "10.0.0.1".parse().unwrap();
        let trusted = ["10.0.0.1", "10.0.0.2"].map(|address| address.parse().unwrap());
        assert_eq!(
            client_address(&trusted, peer, &headers).to_string(),
            "198.51.100.7"
        );
        assert_eq!(client_address(&[], peer, &headers), peer);
        assert_eq!(client_address(&trusted, peer, &HeaderMap::new()), peer);
    }

    #[test]
    fn timeouts_follow_the_grpc_protocol() {
        let parse = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", text.parse().unwrap());
            timeout(&headers)
        };
        assert_eq!(parse("5S"), Some(Duration::from_secs(5)));
        assert_eq!(parse("250m"), Some(Duration::from_millis(250)));
        for wrong in ["", "S", "5", "123456789S", "5x", "-5S"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn there_is_one_access_token_or_none() {
        let mut headers = HeaderMap::new();
        assert_eq!(access_token(&headers), Err(Reason::NO_TOKEN));
        headers.append("authorization", "Basic abc".parse().unwrap());
        assert_eq!(access_token(&headers), Err(Reason::TOKEN_INVALID));
        headers.insert("authorization", "Bearer abc".parse().unwrap());
        assert_eq!(access_token(&headers), Ok("abc"));
        headers.append("authorization", "Bearer abc".parse().unwrap());
        assert_eq!(access_token(&headers), Err(Reason::NO_TOKEN));
    }

    #[test]
    fn bearer_tokens_are_found_and_bounded() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer abc"), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("abc"), None);
        assert_eq!(bearer(&format!("Bearer {}", "a".repeat(5000))), None);
    }
}
