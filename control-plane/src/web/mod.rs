//! The web app's files, on the public port beside the API: what is in the folder `web_root`, and
//! the page `index.html` for every address that is the app's own (`/problems/fizz-buzz`).
//!
//! No call of the API can be hidden by a file: calls are POST, files are GET and HEAD. What may be
//! served is decided in `place`, from the path alone, and from what that names on the disk; what is
//! served, and how it is compressed, by tower-http. Files count for no limit of the API.

pub mod place;
mod security;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::middleware::Next;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use sha2::{Digest, Sha256};
use tower::ServiceExt;
use tower_http::services::{ServeDir, ServeFile};

use place::Place;

/// Whatever has its content's hash in its name never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// May be kept, and must be asked for each time.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
const DONT_KEEP: HeaderValue = HeaderValue::from_static("no-store");

const NO_APP: &str = "This is the server of Code Runner: it speaks gRPC and gRPC-web, and has no \
    web app installed (setting web_root).\n";
const NO_FILE: &str = "There is no such page.\n";

/// The page of the app.
pub const INDEX: &str = "index.html";

/// The web app, or the absence of one.
#[derive(Debug, Clone)]
pub struct WebApp {
    root: Option<PathBuf>,
    tls: bool,
}

impl WebApp {
    /// Serves what is in a folder, if there is one. `tls` says that the port itself has TLS.
    pub fn new(root: Option<PathBuf>, tls: bool) -> Self {
        Self { root, tls }
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let mut response = match (&self.root, request.uri().path()) {
            (Some(root), path) => match place::find(root, path).await {
                Some(Place::Page) => page(root, request).await,
                Some(Place::Asset) => asset(root, request).await,
                Some(Place::File) => file(root, request).await,
                None => text(StatusCode::NOT_FOUND, NO_FILE),
            },
            (None, "/") => text(StatusCode::OK, NO_APP),
            (None, _) => text(StatusCode::NOT_FOUND, NO_FILE),
        };
        security::add(response.headers_mut(), self.tls);
        response
    }
}

/// The app as a layer, for `axum::middleware::from_fn_with_state`: takes what is GET or HEAD, and
/// no call of the API is.
pub async fn web_app(
    State(app): State<Arc<WebApp>>,
    request: Request<Body>,
    next: Next,
) -> Response<Body> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_read && !place::is_the_servers(request.uri().path()) {
        app.answer(request).await
    } else {
        next.run(request).await
    }
}

/// The app's page, for whatever address. Compared by content: a version that is put back is older
/// than what browsers hold, and its assets are others.
async fn page(root: &Path, request: Request<Body>) -> Response<Body> {
    let file = root.join(INDEX);
    let content = match tokio::fs::read(&file).await {
        Ok(content) => content,
        Err(error) => {
            tracing::error!(file = %file.display(), %error, "the web app's page can't be read");
            return text(
                StatusCode::SERVICE_UNAVAILABLE,
                "The web app is being replaced.\n",
            );
        }
    };
    let etag = etag(&content);
    let mut response = if holds(request.headers(), &etag) {
        empty(StatusCode::NOT_MODIFIED)
    } else {
        let served = ServeFile::new(&file)
            .precompressed_br()
            .precompressed_gzip();
        let served = served.oneshot(unconditional(request)).await;
        let mut response = served.expect("errors are answers").map(Body::new);
        response.headers_mut().remove(header::LAST_MODIFIED);
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, etag);
    headers.insert(header::CACHE_CONTROL, ASK_AGAIN);
    response
}

async fn asset(root: &Path, request: Request<Body>) -> Response<Body> {
    let mut response = from_folder(root, request).await;
    let found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let caching = if found { FOR_EVER } else { DONT_KEEP };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, caching);
    response
}

async fn file(root: &Path, request: Request<Body>) -> Response<Body> {
    let mut response = from_folder(root, request).await;
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, ASK_AGAIN);
    response
}

async fn from_folder(root: &Path, request: Request<Body>) -> Response<Body> {
    let folder = ServeDir::new(root)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    let served = folder.oneshot(request).await;
    served.expect("errors are answers").map(Body::new)
}

/// A weak one, because the page may be compressed in several ways.
fn etag(content: &[u8]) -> HeaderValue {
    let digest = hex::encode(&Sha256::digest(content)[..16]);
    HeaderValue::try_from(format!("W/\"{digest}\"")).expect("hexadecimal digits are plain ASCII")
}

/// Whether the browser already holds it (RFC 9110, section 13.1.2).
fn holds(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let etag = etag.to_str().unwrap_or_default();
    let held = headers.get_all(header::IF_NONE_MATCH).iter();
    held.filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|value| value.trim() == "*" || value.trim() == etag)
}

/// The request without conditions on the file's time, and for all of it.
fn unconditional(mut request: Request<Body>) -> Request<Body> {
    for name in [
        header::IF_MODIFIED_SINCE,
        header::IF_UNMODIFIED_SINCE,
        header::RANGE,
    ] {
        request.headers_mut().remove(name);
    }
    *request.uri_mut() = Uri::from_static("/");
    request
}

fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, DONT_KEEP);
    response
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
