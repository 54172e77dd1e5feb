//! The refresh token of a browser: a cookie that no script can read, that is sent over TLS (or to
//! this machine) only, from pages of our own site only, and to AuthService only.
//!
//! Whoever sends a cookie chose it. Whatever is not one token, once, in the length that ours have,
//! is as no cookie: a neighbouring host may set a second one of the same name, and nobody must be
//! able to log somebody in to another's account that way.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};

use super::service::REFRESH_TOKEN_CHARS;

/// The prefix makes browsers refuse it from anything but a secure page.
pub const NAME: &str = "__Secure-coderunner-refresh";
/// Where browsers send it: to all calls of AuthService.
const PATH: &str = "/coderunner.v1.AuthService/";
/// More bytes of cookies than that are somebody's mischief.
const MOST_BYTES: usize = 8192;

/// The refresh token among the cookies of a call.
pub fn refresh_token(headers: &HeaderMap) -> Option<&str> {
    // HTTP/2 may send each cookie as a header of its own (RFC 9113, section 8.2.3).
    let values = headers.get_all(header::COOKIE);
    let bytes: usize = values.iter().map(HeaderValue::len).sum();
    if bytes > MOST_BYTES {
        return None;
    }
    let mut found = None;
    for value in values {
        for pair in value.as_bytes().split(|byte| *byte == b';') {
            let pair = pair.trim_ascii();
            let Some(token) = pair.strip_prefix(NAME.as_bytes()) else {
                continue;
            };
            let Some(token) = token.strip_prefix(b"=") else {
                continue;
            };
            if found.replace(token).is_some() {
                return None;
            }
        }
    }
    let token = std::str::from_utf8(found?).ok()?;
    let is_token = token.len() == REFRESH_TOKEN_CHARS
        && token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    is_token.then_some(token)
}

/// `set-cookie` with a refresh token, for as long as it works.
pub fn keeping(token: &str, lifetime: Duration) -> HeaderValue {
    let mut value = HeaderValue::try_from(attributes(token, lifetime.as_secs()))
        .expect("a token is plain ASCII");
    value.set_sensitive(true);
    value
}

/// `set-cookie` that takes the refresh token away.
pub fn clearing() -> HeaderValue {
    HeaderValue::try_from(attributes("", 0)).expect("the attributes are plain ASCII")
}

fn attributes(token: &str, seconds: u64) -> String {
    format!("{NAME}={token}; Path={PATH}; Max-Age={seconds}; HttpOnly; Secure; SameSite=Strict")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_token_is_found_and_whatever_else_is_none() {
        let token = "A-z_9".repeat(8) + "abc";
        let ours = format!("{NAME}={token}");
        let oversized = format!("{ours}; other={}", "x".repeat(MOST_BYTES));
        for (lines, found) in [
            (vec![ours.clone()], true),
            (vec![format!("a=b; {ours};c=d")], true),
            (vec!["a=b".to_owned(), ours.clone()], true),
            (vec![format!("x{ours}")], false),
            (vec![format!("{NAME}x={token}")], false),
            (vec![format!("{ours}; {ours}")], false),
            (vec![ours.clone(), ours.clone()], false),
            (vec![ours.clone(), format!("{NAME}=")], false),
            (vec![format!("{NAME}={token}x")], false),
            (vec![format!("{NAME}=\"{token}\"")], false),
            (vec![ours.replace("A-z", "A/z")], false),
            (vec![ours.replace("A-z", "A\u{e4}")], false),
            (vec![oversized], false),
            (vec![NAME.to_owned()], false),
            (vec![String::new()], false),
            (vec![], false),
        ] {
            let mut headers = HeaderMap::new();
            for line in &lines {
                let value = HeaderValue::from_bytes(line.as_bytes()).unwrap();
                headers.append(header::COOKIE, value);
            }
            let expected = found.then_some(token.as_str());
            assert_eq!(refresh_token(&headers), expected, "{lines:?}");
        }
    }

    #[test]
    fn what_is_set_is_for_browsers_alone() {
        let kept = keeping("abc", Duration::from_secs(60));
        assert_eq!(
            kept,
            "__Secure-coderunner-refresh=abc; Path=/coderunner.v1.AuthService/; Max-Age=60; \
             HttpOnly; Secure; SameSite=Strict"
        );
        assert!(!format!("{kept:?}").contains("abc"));
        assert!(clearing().to_str().unwrap().contains("refresh=; "));
        assert!(clearing().to_str().unwrap().contains("Max-Age=0;"));
    }
}
