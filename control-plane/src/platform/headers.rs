//! What a call's headers say about the caller. All of it is the client's to choose, and what is wrong in
//! it counts as not being there.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http::{HeaderMap, header};

use super::errors::Reason;

const MAX_TOKEN_BYTES: usize = 4096;
const MAX_USER_AGENT_CHARS: usize = 200;

/// The client behind trusted proxies: the last address in `x-forwarded-for` that is not
/// itself a trusted proxy. What an untrusted peer claims is ignored, and so is whatever stands
/// before an entry that is no address: a proxy wrote that one, and the rest may be the client's.
pub fn client_address(trusted_proxies: &[IpAddr], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let is_trusted = |address: IpAddr| {
        trusted_proxies
            .iter()
            .any(|it| it.to_canonical() == address)
    };
    let peer = peer.to_canonical();
    if !is_trusted(peer) {
        return peer;
    }
    let values = headers.get_all("x-forwarded-for").iter().rev();
    let entries = values.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
    for entry in entries {
        match forwarded(entry.trim()) {
            Some(address) if is_trusted(address) => {}
            Some(address) => return address,
            None => return peer,
        }
    }
    peer
}

/// An address, with a port or without, an IPv6 one in brackets or without.
fn forwarded(entry: &str) -> Option<IpAddr> {
    let inside = entry
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let alone = inside.unwrap_or(entry).parse().ok();
    let address = alone.or_else(|| Some(entry.parse::<SocketAddr>().ok()?.ip()))?;
    Some(address.to_canonical())
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

/// What the client calls itself, cut to 200 characters; empty when it says nothing. A browser says what it is in
/// `user-agent`, where a person knows it again; `x-user-agent` is that of the library in the page.
pub fn user_agent(headers: &HeaderMap) -> String {
    let text = headers
        .get(header::USER_AGENT)
        .or_else(|| headers.get("x-user-agent"));
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
    fn a_browser_is_known_by_its_own_name() {
        let mut headers = HeaderMap::new();
        assert_eq!(user_agent(&headers), "");
        headers.insert("x-user-agent", "connect-es/2.2.0".parse().unwrap());
        assert_eq!(user_agent(&headers), "connect-es/2.2.0");
        headers.insert("user-agent", "Mozilla/5.0 ".repeat(40).parse().unwrap());
        let known = user_agent(&headers);
        assert!(known.starts_with("Mozilla/5.0 ") && known.len() == MAX_USER_AGENT_CHARS);
    }

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
    fn the_client_is_read_from_the_right_and_no_further_than_what_can_be_read() {
        let peer: IpAddr = "10.0.0.1".parse().unwrap();
        // A configuration may have either way to write an IPv4 address.
        let trusted = ["::ffff:10.0.0.1", "10.0.0.2"].map(|address| address.parse().unwrap());
        for (lines, client) in [
            (&["6.6.6.6, 198.51.100.7:4711"][..], "198.51.100.7"),
            (&["[2001:db8::7]:4711"], "2001:db8::7"),
            (&["[2001:db8::7]"], "2001:db8::7"),
            (&["2001:db8::7"], "2001:db8::7"),
            (&["::ffff:198.51.100.7"], "198.51.100.7"),
            (&["198.51.100.7, ::ffff:10.0.0.2"], "198.51.100.7"),
            (&["6.6.6.6", "198.51.100.7"], "198.51.100.7"),
            (&["198.51.100.7", "10.0.0.2"], "198.51.100.7"),
            (&["6.6.6.6, unknown"], "10.0.0.1"),
            (&["6.6.6.6, unknown, 10.0.0.2"], "10.0.0.1"),
            (&["6.6.6.6, 198.51.100.7:99999"], "10.0.0.1"),
            (&["6.6.6.6, "], "10.0.0.1"),
            (&["6.6.6.6", "\u{e4}"], "10.0.0.1"),
            (&["unknown, 198.51.100.7"], "198.51.100.7"),
            (&["10.0.0.2"], "10.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                let value = http::HeaderValue::from_bytes(line.as_bytes()).unwrap();
                headers.append("x-forwarded-for", value);
            }
            let found = client_address(&trusted, peer, &headers);
            assert_eq!(found.to_string(), client, "{lines:?}");
        }
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
