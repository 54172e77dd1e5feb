//! The front of the public port: takes each request to whom it is for. Calls in gRPC itself go
//! straight to the guard. All else may come from a web page, and passes CORS: gRPC-web, which is
//! translated and goes to the same guard, the keys that verify tokens, and what is nothing. What is
//! read by GET or HEAD is the web app's (`web`), but for those keys.
//!
//! A web page can't get past CORS by asking in gRPC: its browser asks for leave first, with a
//! request that is not gRPC, and hides an answer that does not grant it.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::middleware::from_fn_with_state;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response, Version, header};
use tonic::body::Body;
use tonic::service::Routes;
use tonic_web::GrpcWebLayer;
use tower::{Layer, Service};
use tower_http::cors::CorsLayer;

use super::guard::{Guard, Guarded};
use crate::web::{WebApp, web_app};

/// What stands around the services.
#[derive(Clone)]
pub struct Front {
    pub guard: Arc<Guard>,
    pub cors: CorsLayer,
    /// What is served beside gRPC, to everybody.
    pub open: Router,
    pub web: WebApp,
}

/// The front, with the services behind it.
#[derive(Clone)]
pub struct Doors {
    grpc: Guarded<Routes>,
    web: Router,
}

impl Layer<Routes> for Front {
    type Service = Doors;

    fn layer(&self, services: Routes) -> Doors {
        let Self {
            guard, cors, open, ..
        } = self;
        let grpc = Guarded::new(guard.clone(), services);
        let grpc_web = GrpcWebLayer::new().layer(grpc.clone());
        let app = Arc::new(self.web.clone());
        let web = open
            .clone()
            .fallback_service(grpc_web)
            .layer(cors.clone())
            .layer(from_fn_with_state(app, web_app));
        Doors {
            grpc,
            web: web.with_state(()),
        }
    }
}

impl Service<Request<Body>> for Doors {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Services and routers of this kind are always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if is_grpc(request.version(), request.headers()) {
            return self.grpc.call(request);
        }
        let answer = self.web.call(request);
        answer
            .map(|answer| answer.map(|it| it.map(Body::new)))
            .boxed()
    }
}

/// gRPC over HTTP/2 (its document "gRPC over HTTP2", "Content-Type"), and not gRPC-web.
fn is_grpc(version: Version, headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let rest = kind.and_then(|kind| kind.as_bytes().strip_prefix(b"application/grpc"));
    version == Version::HTTP_2
        && rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_grpc_itself_goes_past_cors() {
        for (kind, expected) in [
            ("application/grpc", true),
            ("application/grpc+proto", true),
            ("application/grpc;charset=utf-8", true),
            ("application/grpc-web", false),
            ("application/grpc-web+proto", false),
            ("application/grpc-web-text", false),
            ("application/json", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
            assert_eq!(is_grpc(Version::HTTP_2, &headers), expected, "{kind}");
            assert!(!is_grpc(Version::HTTP_11, &headers), "{kind}");
        }
        assert!(!is_grpc(Version::HTTP_2, &HeaderMap::new()));
    }
}
