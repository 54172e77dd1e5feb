//! Stands in front of every gRPC handler: finds the call in the table, authenticates,
//! authorises, takes from the caller's allowance, attaches the `OpContext`, and writes one log
//! line when the call is answered. Nothing of a request's body is read before that, so a caller
//! who may not make a call learns nothing from how its body would be judged.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use http::request::Parts as Head;
use http::{HeaderMap, HeaderValue, Request, Response};
use tonic::Status;
use tonic::body::Body;
use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};
use tower::Service;
use tracing::Instrument;

use super::authz::{self, Access, Call, Rate};
use super::browser;
use super::context::{Caller, Credential, OpContext};
use super::errors::{Error, Reason};
use super::headers;
use super::ids::CallId;
use super::ratelimit::{RateLimits, Rule};

/// Tells who a bearer token belongs to.
pub trait Authenticate: Send + Sync {
    /// Checks an access token or an API key, and that its session or account still lives.
    /// Looking for keys that are not known costs something of the address's allowance.
    fn authenticate<'a>(
        &'a self,
        token: &'a str,
        address: IpAddr,
    ) -> BoxFuture<'a, Result<Caller, Error>>;
}

/// What the guard needs to know.
pub struct Guard {
    pub authenticator: Arc<dyn Authenticate>,
    pub rate_limits: RateLimits,
    pub trusted_proxies: Vec<IpAddr>,
    /// Origins whose pages may keep cookies, besides our own.
    pub origins: Vec<String>,
}

/// What is served, behind the guard.
#[derive(Clone)]
pub struct Guarded<S> {
    guard: Arc<Guard>,
    inner: S,
}

impl<S> Guarded<S> {
    /// Nobody comes to `inner` but through the guard.
    pub fn new(guard: Arc<Guard>, inner: S) -> Self {
        Self { guard, inner }
    }
}

/// By hand, and not by layers of a router: those would put each request and its answer into a few
/// boxes more.
impl<S> Service<Request<Body>> for Guarded<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Some(call) = authz::find(request.uri().path()) else {
            let missing = answer(Status::unimplemented("There is no such call."));
            return Box::pin(std::future::ready(Ok(missing)));
        };
        // The one that said that it is ready is used, and a copy waits for the next.
        let next = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, next);
        Box::pin(guarded(self.guard.clone(), inner, call, request))
    }
}

async fn guarded<S>(
    guard: Arc<Guard>,
    mut inner: S,
    call: Call,
    request: Request<Body>,
) -> Result<Response<Body>, S::Error>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    let start = Instant::now();
    let call_id = CallId::new();
    let span = tracing::info_span!(
        "call",
        method = call.method,
        request_id = %call_id,
        user_id = tracing::field::Empty,
        api_key_id = tracing::field::Empty,
    );
    let peer = peer_address(&request);
    let around = span.clone();
    let (mut head, body) = request.into_parts();
    async move {
        let mut response = match guard.admit(call, call_id, peer, &head).await {
            Err(error) => answer(error.into()),
            Ok(context) => {
                if let Some(caller) = context.caller {
                    span.record("user_id", tracing::field::display(caller.user_id));
                    if let Credential::ApiKey { id, .. } = caller.credential {
                        span.record("api_key_id", tracing::field::display(id));
                    }
                }
                head.extensions.insert(context);
                inner.call(Request::from_parts(head, body)).await?
            }
        };
        let value = HeaderValue::try_from(call_id.to_string()).expect("an id is plain ASCII");
        response.headers_mut().insert("x-request-id", value);
        report(call, &response, start.elapsed());
        Ok(response)
    }
    .instrument(around)
    .await
}

impl Guard {
    async fn admit(
        &self,
        call: Call,
        call_id: CallId,
        peer: IpAddr,
        head: &Head,
    ) -> Result<OpContext, Error> {
        let headers = &head.headers;
        let address = headers::client_address(&self.trusted_proxies, peer, headers);
        let caller = match self.authenticate(call, headers, address).await {
            Ok(caller) => Ok(caller),
            Err(Error::Unauthenticated(reason)) => Err(reason),
            Err(error @ Error::ResourceExhausted { .. }) => return Err(error),
            // A stored course can be read while the database is away.
            Err(_) if call.access == Access::Public => Err(Reason::UNAVAILABLE),
            Err(error) => return Err(error),
        };
        self.limit(call, caller.ok(), address).await?;
        authz::authorise(call, caller)?;
        Ok(OpContext {
            call_id,
            caller: caller.ok(),
            address,
            user_agent: headers::user_agent(headers),
            browser: browser::may_have_cookies(&head.uri, headers, &self.origins),
            deadline: headers::timeout(headers).map(|timeout| Instant::now() + timeout),
            method: call.method,
        })
    }

    async fn authenticate(
        &self,
        call: Call,
        headers: &HeaderMap,
        address: IpAddr,
    ) -> Result<Caller, Error> {
        // What has no limit must not reach the database, whatever token it brings.
        if call.rate == Rate::Free {
            return Err(Error::Unauthenticated(Reason::NO_TOKEN));
        }
        let token = headers::access_token(headers).map_err(Error::Unauthenticated)?;
        self.authenticator.authenticate(token, address).await
    }

    async fn limit(
        &self,
        call: Call,
        caller: Option<Caller>,
        address: IpAddr,
    ) -> Result<(), Error> {
        let (rule, caller) = match (call.rate, caller) {
            (Rate::Free, _) | (Rate::Runs, Some(_)) => return Ok(()),
            (Rate::Refreshes, _) => return self.limit_address(Rule::Refreshes, address).await,
            (Rate::Content, None) => return self.limit_address(Rule::Content, address).await,
            (Rate::Address, _) | (_, None) => {
                return self.limit_address(Rule::AddressCalls, address).await;
            }
            (Rate::Inputs, Some(caller)) => (Rule::Inputs, caller),
            (Rate::Calls | Rate::Content, Some(caller)) => (Rule::UserCalls, caller),
        };
        let user_id = caller.user_id.to_string();
        let rates = &self.rate_limits;
        rates.check_own(rule, caller.quota(), &user_id).await
    }

    async fn limit_address(&self, rule: Rule, address: IpAddr) -> Result<(), Error> {
        self.rate_limits.check(rule, &network(address)).await
    }
}

/// A home has a whole /64 of IPv6, so that is what is counted as one address.
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

fn peer_address(request: &Request<Body>) -> IpAddr {
    let extensions = request.extensions();
    let plain = extensions.get::<TcpConnectInfo>();
    let tls = extensions
        .get::<TlsConnectInfo<TcpConnectInfo>>()
        .map(TlsConnectInfo::get_ref);
    plain
        .or(tls)
        .and_then(TcpConnectInfo::remote_addr)
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| {
            address.ip().to_canonical()
        })
}

fn answer(status: Status) -> Response<Body> {
    status.into_http()
}

/// An error is in the headers of the answer; without one the call succeeded or streams.
fn report(call: Call, response: &Response<Body>, elapsed: Duration) {
    let code = response
        .headers()
        .get("grpc-status")
        .and_then(|value| value.to_str().ok());
    let code = tonic::Code::from_bytes(code.unwrap_or("0").as_bytes());
    super::metrics::call(call.method, code, elapsed);
    if call.rate == Rate::Free {
        return;
    }
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(code = ?code, milliseconds, "call answered");
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::platform::clock::SystemClock;
    use crate::platform::config::Limits;

    /// Counts whom it was asked for.
    #[derive(Default)]
    struct Counting(AtomicU32);

    impl Authenticate for Counting {
        fn authenticate<'a>(
            &'a self,
            _token: &'a str,
            _address: IpAddr,
        ) -> BoxFuture<'a, Result<Caller, Error>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { Err(Error::Unauthenticated(Reason::KEY_INVALID)) })
        }
    }

    #[tokio::test]
    async fn what_has_no_limit_asks_for_nobody() {
        let counting = Arc::new(Counting::default());
        let guard = Guard {
            authenticator: counting.clone(),
            rate_limits: RateLimits::local(&Limits::default(), Arc::new(SystemClock)),
            trusted_proxies: Vec::new(),
            origins: Vec::new(),
        };
        let request = Request::builder().header("authorization", "Bearer crk_x");
        let (head, ()) = request.body(()).unwrap().into_parts();
        for (number, call) in authz::TABLE.iter().enumerate() {
            let before = counting.0.load(Ordering::Relaxed);
            // An address of its own for each, so that no limit comes first.
            let peer = IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(number).unwrap()));
            let admitted = guard.admit(*call, CallId::new(), peer, &head).await;
            let asked = counting.0.load(Ordering::Relaxed) - before;
            let free = call.rate == Rate::Free;
            assert_eq!(asked, u32::from(!free), "{}", call.method);
            assert!(admitted.is_ok() || !free, "{}: {admitted:?}", call.method);
        }
    }

    #[test]
    fn one_ipv6_network_counts_as_one_address() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2::3"), network("2001:db8:1:2:ffff::4"));
        assert_ne!(network("2001:db8:1:2::3"), network("2001:db8:1:3::3"));
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
