//! What browsers are told about the app's files: what a page may load, and from where, and that
//! nobody else may embed it. The policy names no other host, because the app needs none.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Scripts and styles are files of ours; nothing in a page is run because it stands there. Pictures
/// that a program drew are `data:` and `blob:`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const ALWAYS: [(&str, &str); 6] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), serial=(), bluetooth=(), \
         display-capture=()",
    ),
];

/// Two years, as browsers' lists of such hosts ask for, and for this host alone.
const TLS_ONLY: &str = "max-age=63072000";

/// Adds the headers. `tls` says that the port itself has TLS; otherwise a proxy in front knows whether
/// to send the last one.
pub fn add(headers: &mut HeaderMap, tls: bool) {
    let last = tls.then_some(("strict-transport-security", TLS_ONLY));
    for (name, value) in ALWAYS.into_iter().chain(last) {
        let name = HeaderName::from_static(name);
        headers.insert(name, HeaderValue::from_static(value));
    }
}
