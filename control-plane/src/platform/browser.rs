//! Whether a call comes from a web page that may log in by cookie: one of our own, or of a
//! configured origin, that asks for it with the header `x-coderunner-browser: 1`.
//!
//! No form and no link can send that header, and a page of another origin only after a preflight
//! that `ports::cors` refuses. What the browser itself says of the page, in headers that scripts
//! can't write, is checked beside that, so that neither rests on the other. Programs that are no
//! browsers may claim whatever they like here: all that they gain is their own token in a cookie.

use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};

/// Asks for cookies instead of refresh tokens in messages.
pub const ASKS: HeaderName = HeaderName::from_static("x-coderunner-browser");
/// Same-origin, same-site, cross-site or none (W3C Fetch Metadata).
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a request comes from a page that may have cookies.
pub fn may_have_cookies(uri: &Uri, headers: &HeaderMap, origins: &[String]) -> bool {
    let asks = only(headers, &ASKS).is_some_and(|value| value == "1");
    asks && page_is_trusted(uri, headers, origins)
}

/// Browsers that don't tell the site (before 2023, or over plain HTTP from another machine) tell
/// the origin of every POST.
fn page_is_trusted(uri: &Uri, headers: &HeaderMap, origins: &[String]) -> bool {
    if only(headers, &SITE).is_some_and(|site| site == "same-origin") {
        return true;
    }
    let site_is_silent = !headers.contains_key(&SITE);
    match only(headers, &header::ORIGIN).map(HeaderValue::to_str) {
        Some(Ok(origin)) => {
            let configured = origins.iter().any(|it| it.eq_ignore_ascii_case(origin));
            configured || (site_is_silent && is_ours(origin, uri, headers))
        }
        Some(Err(_)) => false,
        None => site_is_silent && !headers.contains_key(header::ORIGIN),
    }
}

/// Whether an origin is the host that the request was sent to.
fn is_ours(origin: &str, uri: &Uri, headers: &HeaderMap) -> bool {
    let host = only(headers, &header::HOST).and_then(|host| host.to_str().ok());
    let asked = uri.authority().map(|authority| authority.as_str()).or(host);
    let origin = origin.split_once("://").map(|(_, host)| host);
    matches!((origin, asked), (Some(origin), Some(asked)) if origin.eq_ignore_ascii_case(asked))
}

/// The value of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    let value = values.next();
    value.filter(|_| values.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_ours_and_of_configured_origins_may_and_no_others() {
        let origins = ["https://learn.example.org".to_owned()];
        let asks = ("x-coderunner-browser", "1");
        let ours = ("origin", "https://code.example.org");
        let configured = ("origin", "https://learn.example.org");
        let evil = ("origin", "https://evil.example.org");
        for (sent, may) in [
            (&[][..], false),
            (&[asks][..], true),
            (&[asks, asks], false),
            (&[("x-coderunner-browser", "true")], false),
            (&[ours, ("sec-fetch-site", "same-origin")], false),
            (&[asks, ours], true),
            (&[asks, configured], true),
            (&[asks, evil], false),
            (&[asks, ours, evil], false),
            (&[asks, ("origin", "null")], false),
            (&[asks, ("origin", "https://code.example.org.evil")], false),
            (&[asks, ("sec-fetch-site", "same-origin")], true),
            // Behind a proxy that changes the host.
            (&[asks, evil, ("sec-fetch-site", "same-origin")], true),
            (&[asks, ("sec-fetch-site", "cross-site")], false),
            (&[asks, ours, ("sec-fetch-site", "cross-site")], false),
            (&[asks, evil, ("sec-fetch-site", "same-site")], false),
            (&[asks, configured, ("sec-fetch-site", "same-site")], true),
            (
                &[
                    asks,
                    ("sec-fetch-site", "same-origin"),
                    ("sec-fetch-site", "cross-site"),
                ],
                false,
            ),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("host", "code.example.org".parse().unwrap());
            for (name, value) in sent {
                headers.append(*name, value.parse().unwrap());
            }
            let path = Uri::from_static("/coderunner.v1.AuthService/Login");
            assert_eq!(may_have_cookies(&path, &headers, &origins), may, "{sent:?}");
        }
    }

    #[test]
    fn over_http_2_the_host_is_in_the_address() {
        let mut headers = HeaderMap::new();
        headers.insert(ASKS, "1".parse().unwrap());
        headers.insert("origin", "https://code.example.org".parse().unwrap());
        for (uri, may) in [
            ("https://CODE.example.org/x", true),
            ("https://other.example.org/x", false),
            ("/x", false),
        ] {
            let uri = Uri::from_static(uri);
            assert_eq!(may_have_cookies(&uri, &headers, &[]), may, "{uri}");
        }
    }
}
