//! Refresh tokens of browsers: in a cookie and nowhere else, used for pages of ours alone, and
//! attempts to get at one or to use one from elsewhere.

use coderunner_proto::v1 as pb;
use control_plane::auth::cookie;
use prost::Message;
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Status};

use crate::support::{
    PASSWORD, Running, UNLIMITED, credentials, http, listening, refused, registration, start, with,
};

const ASKS: (&str, &str) = ("x-coderunner-browser", "1");
const OURS: &str = "https://learn.example.org";
const EVIL: &str = "https://evil.example.org";

/// A request with headers.
fn sent<T>(message: T, headers: &[(&'static str, &str)]) -> Request<T> {
    let mut request = Request::new(message);
    for (name, value) in headers {
        request.metadata_mut().append(*name, value.parse().unwrap());
    }
    request
}

/// What an answer sets as the cookie: its token and its attributes.
fn set(metadata: &MetadataMap) -> Option<(String, String)> {
    let mut values = metadata.get_all("set-cookie").iter();
    let value = values.next()?.to_str().unwrap();
    assert!(values.next().is_none(), "more than one cookie");
    let (token, attributes) = value.split_once("; ").unwrap();
    let token = token.strip_prefix(&format!("{}=", cookie::NAME)).unwrap();
    Some((token.to_owned(), attributes.to_owned()))
}

fn kept(token: &str) -> String {
    format!("{}={token}", cookie::NAME)
}

impl Running {
    /// Registers as a page of ours does, and gives the cookie's token and the access token.
    async fn page(&self, name: &str) -> (String, String) {
        let request = sent(registration(name), &[ASKS]);
        let answer = self.auth().register(request).await.unwrap();
        let (token, _) = set(answer.metadata()).unwrap();
        let tokens = answer.into_inner().tokens.unwrap();
        (token, tokens.access_token)
    }

    /// Refreshes with an empty message; the next token of the cookie.
    async fn refresh(&self, headers: &[(&'static str, &str)]) -> Result<String, Status> {
        let request = sent(pb::RefreshRequest::default(), headers);
        let answer = self.auth().refresh(request).await?;
        let (token, _) = set(answer.metadata()).expect("a browser gets the next cookie");
        assert_eq!(answer.into_inner().tokens.unwrap().refresh_token, "");
        Ok(token)
    }
}

#[tokio::test]
async fn a_page_gets_its_refresh_token_as_a_cookie_and_nowhere_else() {
    let running = start(UNLIMITED).await;
    let request = sent(registration("ada"), &[ASKS]);
    let registered = running.auth().register(request).await.unwrap();
    let request = sent(credentials("ada", PASSWORD), &[ASKS]);
    let logged_in = running.auth().login(request).await.unwrap();
    let answers = [
        (set(registered.metadata()), registered.into_inner().tokens),
        (set(logged_in.metadata()), logged_in.into_inner().tokens),
    ];
    for (cookie, tokens) in answers {
        let (token, attributes) = cookie.unwrap();
        assert_eq!(
            attributes,
            "Path=/coderunner.v1.AuthService/; Max-Age=604800; HttpOnly; Secure; SameSite=Strict"
        );
        let tokens = tokens.unwrap();
        assert_eq!((tokens.refresh_token.as_str(), token.len()), ("", 43));
        let next = running.refresh(&[ASKS, ("cookie", &kept(&token))]).await;
        assert_ne!(next.unwrap(), token);
    }
}

#[tokio::test]
async fn a_client_that_is_no_browser_gets_no_cookie_and_none_is_used_for_it() {
    let running = start(UNLIMITED).await;
    let login = running.auth().register(registration("ada")).await.unwrap();
    assert!(set(login.metadata()).is_none());
    let (token, _) = running.page("bob").await;
    let cookie = ("cookie", kept(&token));
    let request = sent(pb::RefreshRequest::default(), &[(cookie.0, &cookie.1)]);
    let refusal = running.auth().refresh(request).await.unwrap_err();
    assert!(set(refusal.metadata()).is_none());
    refused::<()>(Err(refusal), Code::Unauthenticated, "REFRESH_TOKEN_INVALID");
    // A page that still has a token of before gets it exchanged for a cookie.
    let refresh_token = login.into_inner().tokens.unwrap().refresh_token;
    let request = sent(pb::RefreshRequest { refresh_token }, &[ASKS]);
    let answer = running.auth().refresh(request).await.unwrap();
    assert!(set(answer.metadata()).is_some());
    assert_eq!(answer.into_inner().tokens.unwrap().refresh_token, "");
    // And nothing of this has spent the cookie's token.
    let sent = [ASKS, ("cookie", cookie.1.as_str())];
    running.refresh(&sent).await.unwrap();
}

#[tokio::test]
async fn pages_of_other_origins_can_neither_get_nor_use_a_cookie() {
    let running = start(UNLIMITED).await;
    let (token, _) = running.page("ada").await;
    let cookie = ("cookie", kept(&token));
    let cookie = (cookie.0, cookie.1.as_str());
    for headers in [
        &[cookie, ASKS, ("origin", EVIL)][..],
        &[cookie, ASKS, ("sec-fetch-site", "cross-site")],
        &[cookie, ASKS, ("sec-fetch-site", "same-site")],
        &[cookie, ("origin", OURS)],
        &[cookie, ("sec-fetch-site", "same-origin")],
    ] {
        let refusal = running.refresh(headers).await;
        refused(refusal, Code::Unauthenticated, "REFRESH_TOKEN_INVALID");
    }
    let request = sent(credentials("ada", PASSWORD), &[ASKS, ("origin", EVIL)]);
    let answer = running.auth().login(request).await.unwrap();
    assert!(set(answer.metadata()).is_none());
    let next = running.refresh(&[cookie, ASKS, ("origin", OURS)]).await;
    next.expect("none of the attempts has spent the token");
}

#[tokio::test]
async fn a_preflight_allows_the_header_and_cookies_to_configured_origins_only() {
    let running = start("").await;
    let preflight = |origin: &str| {
        format!(
            "OPTIONS /coderunner.v1.AuthService/Refresh HTTP/1.1\r\norigin: {origin}\r\n\
             access-control-request-method: POST\r\n\
             access-control-request-headers: content-type,x-coderunner-browser,x-grpc-web"
        )
    };
    let ours = http(running.address, &preflight(OURS), b"").await;
    assert!(
        ours.contains("access-control-allow-credentials: true"),
        "{ours}"
    );
    let allowed = ours
        .lines()
        .find(|line| line.starts_with("access-control-allow-headers"));
    assert!(allowed.unwrap().contains("x-coderunner-browser"), "{ours}");
    for origin in [EVIL, "null", "https://learn.example.org.evil.example"] {
        let theirs = http(running.address, &preflight(origin), b"").await;
        assert!(!theirs.contains("allow-credentials"), "{theirs}");
        assert!(!theirs.contains("allow-origin"), "{theirs}");
    }
}

#[tokio::test]
async fn an_old_cookie_ends_the_session_and_is_taken_away() {
    let running = start(UNLIMITED).await;
    let (old, access_token) = running.page("ada").await;
    let new = running
        .refresh(&[ASKS, ("cookie", &kept(&old))])
        .await
        .unwrap();
    let refusal = running
        .refresh(&[ASKS, ("cookie", &kept(&old))])
        .await
        .unwrap_err();
    let (token, attributes) = set(refusal.metadata()).unwrap();
    assert_eq!(token, "");
    assert!(attributes.contains("Max-Age=0;"), "{attributes}");
    refused::<()>(Err(refusal), Code::Unauthenticated, "REFRESH_TOKEN_REUSED");
    let refusal = running.refresh(&[ASKS, ("cookie", &kept(&new))]).await;
    refused(refusal, Code::Unauthenticated, "REFRESH_TOKEN_INVALID");
    let me = running
        .auth()
        .get_me(with(&access_token, pb::GetMeRequest {}))
        .await;
    refused(me, Code::Unauthenticated, "SESSION_ENDED");
}

#[tokio::test]
async fn logging_out_ends_the_session_and_takes_the_cookie_away() {
    let running = start(UNLIMITED).await;
    let (token, access_token) = running.page("ada").await;
    let mut request = with(&access_token, pb::LogoutRequest {});
    request
        .metadata_mut()
        .insert(ASKS.0, ASKS.1.parse().unwrap());
    let answer = running.auth().logout(request).await.unwrap();
    let (cleared, attributes) = set(answer.metadata()).unwrap();
    assert_eq!(cleared, "");
    assert!(
        attributes.starts_with("Path=/coderunner.v1.AuthService/; Max-Age=0;"),
        "{attributes}"
    );
    let refusal = running.refresh(&[ASKS, ("cookie", &kept(&token))]).await;
    refused(refusal, Code::Unauthenticated, "REFRESH_TOKEN_INVALID");
}

#[tokio::test]
async fn hostile_cookies_are_as_none() {
    let running = start(UNLIMITED).await;
    let (token, _) = running.page("ada").await;
    let (other, _) = running.page("mallory").await;
    let ours = kept(&token);
    let long = format!("{ours}; padding={}", "x".repeat(9000));
    let twice = format!("{ours}; {}", kept(&other));
    let garbage = kept(&"%00\"<script>".repeat(4));
    for cookies in [
        &[twice.as_str()][..],
        &[ours.as_str(), &kept(&other)],
        &[long.as_str()],
        &[garbage.as_str()],
        &[""],
        &[],
    ] {
        let mut headers = vec![ASKS];
        headers.extend(cookies.iter().map(|cookie| ("cookie", *cookie)));
        let refusal = running.refresh(&headers).await;
        refused(refusal, Code::Unauthenticated, "REFRESH_TOKEN_INVALID");
    }
    // HTTP/2 may send each cookie by itself.
    let next = running
        .refresh(&[ASKS, ("cookie", "a=b"), ("cookie", &ours)])
        .await;
    next.expect("nothing of this has spent the token");
}

#[tokio::test]
async fn a_cookie_is_no_login_for_any_other_call() {
    let running = start(UNLIMITED).await;
    let (token, _) = running.page("ada").await;
    let cookie = kept(&token);
    let headers = [ASKS, ("cookie", cookie.as_str())];
    let me = running
        .auth()
        .get_me(sent(pb::GetMeRequest {}, &headers))
        .await;
    refused(me, Code::Unauthenticated, "NO_TOKEN");
    let out = running
        .auth()
        .logout(sent(pb::LogoutRequest {}, &headers))
        .await;
    refused(out, Code::Unauthenticated, "NO_TOKEN");
    let mut users = pb::user_service_client::UserServiceClient::new(running.channel.clone());
    let profile = users
        .get_profile(sent(pb::GetProfileRequest::default(), &headers))
        .await;
    refused(profile, Code::Unauthenticated, "NO_TOKEN");
    running.refresh(&headers).await.unwrap();
}

#[tokio::test]
async fn an_outage_takes_no_cookie_away() {
    let running = start(UNLIMITED).await;
    let (token, _) = running.page("ada").await;
    running.platform.db.close().await;
    let refusal = running
        .refresh(&[ASKS, ("cookie", &kept(&token))])
        .await
        .unwrap_err();
    assert_ne!(refusal.code(), Code::Unauthenticated, "{refusal:?}");
    assert!(set(refusal.metadata()).is_none());
}

#[tokio::test]
async fn over_grpc_web_the_cookie_is_in_the_head_alone_and_in_no_log_line() {
    let logs = listening();
    let running = start(UNLIMITED).await;
    let head = |call: &str, cookie: &str| {
        format!(
            "POST /coderunner.v1.AuthService/{call} HTTP/1.1\r\norigin: http://test\r\n\
             content-type: application/grpc-web+proto\r\nx-grpc-web: 1\r\n\
             x-coderunner-browser: 1\r\ncookie: {cookie}"
        )
    };
    let framed = |message: Vec<u8>| {
        let mut body = vec![0];
        body.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
        body.extend(message);
        body
    };
    let body = framed(registration("ada").encode_to_vec());
    let answer = http(running.address, &head("Register", ""), &body).await;
    let (headers, message) = answer.split_once("\r\n\r\n").unwrap();
    let (_, token) = headers.split_once("__secure-coderunner-refresh=").unwrap();
    let (token, _) = token.split_once(';').unwrap();
    assert_eq!(token.len(), 43);
    assert!(message.contains("ada@example.org"), "{message}");
    assert!(!message.contains(token), "{message}");

    let spoiled = kept(&"q".repeat(43));
    let refusal = http(running.address, &head("Refresh", &spoiled), &framed(vec![])).await;
    assert!(refusal.contains("grpc-status: 16"), "{refusal}");
    let cleared =
        "set-cookie: __secure-coderunner-refresh=; path=/coderunner.v1.authservice/; max-age=0;";
    assert!(refusal.contains(cleared), "{refusal}");

    let (token, _) = running.page("bob").await;
    running
        .refresh(&[ASKS, ("cookie", &kept(&token))])
        .await
        .unwrap();
    let logged = logs.text();
    assert!(
        logged.contains("AuthService/Refresh"),
        "nothing was logged: {logged}"
    );
    for secret in [token.as_str(), &"q".repeat(43)] {
        assert!(!logged.contains(secret), "{secret} is in {logged}");
    }
}
