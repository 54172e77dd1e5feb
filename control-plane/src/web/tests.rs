//! What is served from a folder, with which headers, and attempts to get at other files.

use std::os::unix::fs::symlink;

use http_body_util::BodyExt;

use super::*;

const SECRET: &str = "the secret of another folder";

/// A folder of an app, and beside it a secret.
struct Ground {
    folder: tempfile::TempDir,
    app: WebApp,
}

fn ground() -> Ground {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("app");
    let write = |name: &str, content: &str| {
        let file = root.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
    };
    write("index.html", "<!doctype html><title>Code Runner</title>");
    write("index.html.br", "page-as-brotli");
    write("assets/app-1a2b.js", "console.log(1);");
    write("assets/app-1a2b.js.br", "script-as-brotli");
    write("assets/app-1a2b.js.gz", "script-as-gzip");
    write("icon.svg", "<svg/>");
    write(".env", SECRET);
    write(".git/config", SECRET);
    std::fs::write(folder.path().join("secret.txt"), SECRET).unwrap();
    std::fs::create_dir(folder.path().join("outside")).unwrap();
    std::fs::write(folder.path().join("outside/secret.txt"), SECRET).unwrap();
    symlink("../secret.txt", root.join("link.txt")).unwrap();
    symlink("../../secret.txt", root.join("assets/link.js")).unwrap();
    symlink("../outside", root.join("out")).unwrap();
    write("linked.css", "a{}");
    symlink("../secret.txt", root.join("linked.css.br")).unwrap();
    let app = WebApp::new(Some(root), false);
    Ground { folder, app }
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }
}

async fn ask(app: &WebApp, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = app.answer(request.body(Body::empty()).unwrap()).await;
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

async fn get(app: &WebApp, path: &str) -> Answer {
    ask(app, Method::GET, path, &[]).await
}

#[tokio::test]
async fn every_address_of_the_app_is_its_page() {
    let Ground { folder: _kept, app } = ground();
    for path in [
        "/",
        "/index.html",
        "/learn",
        "/problems/fizz-buzz",
        "/class/7/",
        "/?a=b",
    ] {
        let answer = get(&app, path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(
            answer.body.contains("<title>Code Runner"),
            "{path}: {}",
            answer.body
        );
        assert_eq!(answer.header("cache-control"), "no-cache", "{path}");
        assert_eq!(answer.header("content-type"), "text/html", "{path}");
    }
}

#[tokio::test]
async fn assets_are_for_ever_and_missing_ones_are_missing() {
    let Ground { folder: _kept, app } = ground();
    let script = get(&app, "/assets/app-1a2b.js").await;
    assert_eq!(
        (script.status, script.body.as_str()),
        (200, "console.log(1);")
    );
    assert_eq!(
        script.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    assert_eq!(script.header("content-type"), "text/javascript");
    let icon = get(&app, "/icon.svg").await;
    assert_eq!(
        (icon.status, icon.header("cache-control")),
        (200, "no-cache")
    );
    assert_eq!(icon.header("content-type"), "image/svg+xml");
    for path in [
        "/assets/old-9f9f.js",
        "/assets/none",
        "/assets",
        "/favicon.ico",
        "/x/y.png",
    ] {
        let answer = get(&app, path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(!answer.body.contains("<title>"), "{path}");
    }
}

#[tokio::test]
async fn what_is_there_compressed_is_sent_compressed_to_whom_reads_it() {
    let Ground { folder: _kept, app } = ground();
    for (path, accepted, encoding, body) in [
        ("/assets/app-1a2b.js", "gzip, br", "br", "script-as-brotli"),
        ("/assets/app-1a2b.js", "gzip", "gzip", "script-as-gzip"),
        ("/assets/app-1a2b.js", "identity", "", "console.log(1);"),
        ("/learn", "br", "br", "page-as-brotli"),
        ("/icon.svg", "gzip, br", "", "<svg/>"),
    ] {
        let answer = ask(&app, Method::GET, path, &[("accept-encoding", accepted)]).await;
        let found = (answer.header("content-encoding"), answer.body.as_str());
        assert_eq!(found, (encoding, body), "{path} {accepted}");
    }
}

#[tokio::test]
async fn a_page_is_asked_for_by_its_content() {
    let Ground { folder, app } = ground();
    let first = get(&app, "/").await;
    let etag = first.header("etag").to_owned();
    let held = [("if-none-match", etag.as_str())];
    let same = ask(&app, Method::GET, "/learn", &held).await;
    assert_eq!((same.status, same.body.as_str()), (304, ""));
    assert_eq!(
        (same.header("etag"), same.header("cache-control")),
        (etag.as_str(), "no-cache")
    );
    // An older version that is put back is older than what the browser holds, and sent all the same.
    let file = folder.path().join("app/index.html");
    std::fs::write(&file, "<!doctype html><title>Before</title>").unwrap();
    let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(86_400);
    let opened = std::fs::File::options().write(true).open(&file).unwrap();
    opened.set_modified(long_ago).unwrap();
    let since = ("if-modified-since", "Tue, 01 Jan 2030 00:00:00 GMT");
    let before = ask(&app, Method::GET, "/", &[held[0], since]).await;
    assert_eq!(before.status, 200);
    assert!(before.body.contains("Before"), "{}", before.body);
}

#[tokio::test]
async fn nothing_outside_of_the_folder_and_nothing_hidden_is_served() {
    let Ground { folder: _kept, app } = ground();
    for path in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/%2E%2E%2fsecret.txt",
        "/..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/..%5csecret.txt",
        "/%252e%252e/secret.txt",
        "//secret.txt",
        "/assets//app-1a2b.js",
        "/./icon.svg",
        "/icon.svg%00",
        "/%00/icon.svg",
        "/icon%00.svg",
        "/icon.svg%0d%0ax-evil:1",
        "/%ff%fe.js",
        "/.env",
        "/.git/config",
        "/%2egit/config",
        "/link.txt",
        "/assets/link.js",
        "/out/secret.txt",
        "/linked.css",
        "/index.html.br",
        "/assets/app-1a2b.js.gz",
        "/assets/app-1a2b.js/",
        "/etc/passwd.txt",
        "/coderunner.v1.AuthService/Login",
        "/grpc.health.v1.Health/Check",
    ] {
        let answer = ask(&app, Method::GET, path, &[("accept-encoding", "br, gzip")]).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.body.contains(SECRET), "{path}");
        assert!(answer.headers.get("x-evil").is_none(), "{path}");
    }
    let long = format!("/{}", "a/".repeat(600));
    assert_eq!(get(&app, &long).await.status, 404);
}

#[tokio::test]
async fn everything_has_the_security_headers() {
    let Ground { folder: _kept, app } = ground();
    let with_tls = WebApp {
        tls: true,
        ..app.clone()
    };
    let without_app = WebApp::new(None, false);
    for (app, path) in [
        (&app, "/"),
        (&app, "/assets/app-1a2b.js"),
        (&app, "/assets/none.js"),
        (&app, "/.env"),
        (&with_tls, "/"),
        (&without_app, "/"),
        (&without_app, "/learn"),
    ] {
        let answer = get(app, path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; "),
            "{path}"
        );
        assert!(
            !policy.contains("unsafe") && !policy.contains('*'),
            "{policy}"
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        assert!(
            answer.header("permissions-policy").contains("camera=()"),
            "{path}"
        );
        let strict = answer.header("strict-transport-security");
        assert_eq!(strict.is_empty(), !app.tls, "{path}");
    }
}

#[tokio::test]
async fn a_head_is_the_answer_without_its_body() {
    let Ground { folder: _kept, app } = ground();
    for path in ["/", "/assets/app-1a2b.js"] {
        let answer = ask(&app, Method::HEAD, path, &[]).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{path}");
        assert_ne!(answer.header("content-length"), "0", "{path}");
    }
}

#[tokio::test]
async fn the_folder_may_be_a_link_that_an_operator_turns() {
    let Ground { folder, app: _ } = ground();
    let other = folder.path().join("other");
    std::fs::create_dir_all(other.join("assets")).unwrap();
    std::fs::write(other.join("index.html"), "<title>Next</title>").unwrap();
    std::fs::write(other.join("assets/next.js"), "next").unwrap();
    let turn = |to: &str| {
        let new = folder.path().join("new");
        symlink(to, &new).unwrap();
        std::fs::rename(new, folder.path().join("current")).unwrap();
    };
    turn("app");
    let app = WebApp::new(Some(folder.path().join("current")), false);
    assert_eq!(get(&app, "/assets/next.js").await.status, 404);
    turn("other");
    assert_eq!(get(&app, "/assets/next.js").await.body, "next");
    assert!(get(&app, "/").await.body.contains("Next"));
}

#[tokio::test]
async fn without_an_app_the_server_says_what_it_is() {
    let app = WebApp::new(None, false);
    let answer = get(&app, "/").await;
    assert_eq!((answer.status, answer.body.lines().count()), (200, 1));
    assert!(answer.body.contains("gRPC"), "{}", answer.body);
    assert_eq!(get(&app, "/learn").await.status, 404);
}
