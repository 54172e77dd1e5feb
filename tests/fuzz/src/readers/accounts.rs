//! What clients send about themselves: headers, tokens, names, ids, places in a list.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Component, Path};
use std::sync::LazyLock;
use std::time::Duration;

use control_plane::auth::cookie;
use control_plane::auth::tokens::{AccessTokens, Bearer};
use control_plane::platform::browser;
use control_plane::platform::errors::Reason;
use control_plane::platform::headers;
use control_plane::platform::ids::{SessionId, UserId};
use control_plane::platform::keys::TokenKey;
use control_plane::platform::pagination::Page;
use control_plane::problems::model::Slug;
use control_plane::users::model::{DisplayName, Email};
use control_plane::web::place;
use ed25519_dalek::SigningKey;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use jiff::Timestamp;

/// A moment within the life of [`TOKEN`].
static NOW: LazyLock<Timestamp> =
    LazyLock::new(|| Timestamp::from_second(1_700_000_000).expect("in range"));

static TOKENS: LazyLock<AccessTokens> = LazyLock::new(|| {
    let key = TokenKey::new(SigningKey::from_bytes(&[7; 32]), Timestamp::UNIX_EPOCH);
    AccessTokens::new(&[key], Duration::from_secs(900)).expect("a key")
});

/// The only token that was ever issued; `access_token/issued` in the corpus.
static TOKEN: LazyLock<String> = LazyLock::new(|| {
    let id = "01900000-0000-7000-8000-000000000001";
    let bearer = Bearer {
        user_id: id.parse::<UserId>().expect("an id"),
        session_id: id.parse::<SessionId>().expect("an id"),
    };
    TOKENS.issue(bearer, *NOW).expect("a token").0
});

/// No text is accepted but the token that was issued.
pub fn access_token(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match TOKENS.verify(text, *NOW) {
        Ok(_) => assert_eq!(text, *TOKEN),
        Err(error) => assert_eq!(error.reason(), Reason::TOKEN_INVALID),
    }
    if text == *TOKEN {
        assert!(TOKENS.verify(text, *NOW).is_ok());
    }
}

/// Lines of `name: value`. What they say is bounded, and a peer that is no proxy speaks for itself only.
pub fn call_headers(bytes: &[u8]) {
    let mut map = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n').take(100) {
        let colon = line.iter().position(|byte| *byte == b':');
        let (name, value) = line.split_at(colon.unwrap_or(line.len()));
        let value = value.strip_prefix(b": ").unwrap_or_default();
        let name = HeaderName::from_bytes(name);
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) {
            map.append(name, value);
        }
    }
    let [peer, proxy] = [1, 2].map(|last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)));
    assert_eq!(headers::client_address(&[proxy], peer, &map), peer);
    let behind = headers::client_address(&[proxy], proxy, &map);
    let said = map.get_all("x-forwarded-for").iter();
    let said = said.filter_map(|value| value.to_str().ok());
    let mut addresses = said.flat_map(|value| value.split(','));
    let is_said = addresses.any(|entry| forwarded(entry.trim()) == Some(behind));
    assert!(is_said || behind == proxy);
    assert!(headers::user_agent(&map).chars().count() <= 200);
    let longest = Duration::from_secs(99_999_999 * 3600);
    assert!(headers::timeout(&map).is_none_or(|timeout| timeout <= longest));
    if let Ok(token) = headers::access_token(&map) {
        assert!(token.len() <= 4096);
        assert_eq!(map.get_all("authorization").iter().count(), 1);
    }
    web_page_headers(&map);
}

/// A cookie counts only when it is there once, and a page only when nothing says that it is foreign.
fn web_page_headers(map: &HeaderMap) {
    if let Some(token) = cookie::refresh_token(map) {
        assert_eq!(token.len(), 43);
        let values = map.get_all("cookie").iter();
        let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let whole = values.collect::<Vec<_>>().join(";");
        let name = format!("{}=", cookie::NAME);
        let named = whole
            .split(';')
            .filter(|pair| pair.trim().starts_with(&name));
        assert_eq!(named.count(), 1, "{whole}");
    }
    let uri = Uri::from_static("/coderunner.v1.AuthService/Login");
    if browser::may_have_cookies(&uri, map, &[]) {
        assert_eq!(map.get_all("x-coderunner-browser").iter().count(), 1);
        let mut sites = map.get_all("sec-fetch-site").iter();
        assert!(sites.all(|site| site == "same-origin"));
    }
}

/// The names of a path of the web app never lead out of its folder.
pub fn web_path(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    for name in place::names(text).map_or_else(Vec::new, |found| found.names) {
        let mut parts = Path::new(&name).components();
        assert!(matches!(parts.next(), Some(Component::Normal(part)) if part == name.as_str()));
        assert!(parts.next().is_none() && !name.starts_with('.') && !name.contains('\0'));
    }
}

/// What an entry of `x-forwarded-for` may look like: an address, in brackets, or with a port.
fn forwarded(entry: &str) -> Option<IpAddr> {
    let alone = entry.trim_start_matches('[').trim_end_matches(']');
    let alone = alone.parse::<IpAddr>().ok();
    let with_port = || entry.parse::<SocketAddr>().ok().map(|it| it.ip());
    alone.or_else(with_port).map(|it| it.to_canonical())
}

/// A checked field is within its length, shows what it is, and checking it again changes nothing: one account has one
/// address.
pub fn account_fields(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(email) = Email::parse(&text) {
        let again = Email::parse(email.as_str()).expect("it was checked");
        assert_eq!(again, email);
        let length = email.as_str().chars().count();
        assert!(length <= 254 && email.as_str().matches('@').count() == 1);
    }
    if let Ok(name) = DisplayName::parse(&text) {
        assert_eq!(DisplayName::parse(name.as_str()).expect("checked"), name);
        assert!((1..=50).contains(&name.as_str().chars().count()));
        super::cli::check_text(name.as_str(), &[]);
    }
    if let Ok(slug) = Slug::parse(&text) {
        assert_eq!(slug.as_str(), text);
        assert!(!text.contains(['.', '/']) && text.len() <= 40);
    }
}

/// An id has one text.
pub fn ids(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(id) = text.parse::<UserId>() {
        assert_eq!(id.to_string(), text);
    }
}

/// Four bytes of page size, then a token. A token is for one list, and a page is never larger than it may be.
pub fn page_token(bytes: &[u8]) {
    let Some((size, token)) = bytes.split_first_chunk() else {
        return;
    };
    let (size, token) = (i32::from_le_bytes(*size), String::from_utf8_lossy(token));
    let page = match Page::<String>::parse(size, &token, "one list") {
        Ok(page) => page,
        Err(error) => {
            assert!(size < 0 || error.reason() == Reason::PAGE_TOKEN_INVALID);
            return;
        }
    };
    assert!((1..=100).contains(&page.size));
    if !token.is_empty() {
        assert!(Page::<String>::parse(size, &token, "another list").is_err());
    }
    let Some(after) = &page.after else { return };
    let rows = vec![after.clone(); page.size as usize + 1];
    let (rows, next) = page.finish(rows, Clone::clone);
    assert_eq!(rows.len(), page.size as usize);
    if let Ok(again) = Page::<String>::parse(size, &next, "one list") {
        assert_eq!(again.after.as_ref(), Some(after));
    } else {
        // A key that nobody has: it is longer in base64 than it came.
        assert!(next.len() > 512);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corpus_has_the_token_that_was_issued() {
        let path = crate::corpus::folder().join("access_token/issued");
        let seed = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(seed, *TOKEN);
    }
}
