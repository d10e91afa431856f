//! Which request gets which answer.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_SECURITY_POLICY, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Method, Request, Response, StatusCode};
use tokio::sync::Semaphore;

use super::reply::{self, Body};
use super::{Access, Admin, challenge, directive, events, view};
use crate::readiness::Ready;

/// The largest request body.
const LARGEST_BODY: usize = 16 * 1024;
/// The status page; one file, so that it works without the internet.
const PAGE: &str = include_str!("page.html");

/// Answers a request.
pub(super) async fn answer(
    admin: Arc<Admin>,
    readers: Arc<Semaphore>,
    request: Request<Incoming>,
) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    let interface = path.strip_prefix("/api/v1/interfaces/").and_then(|rest| rest.strip_suffix("/directive"));
    match (path.as_str(), interface) {
        (_, Some(interface)) if request.method() == Method::PUT => change(&admin, interface, request).await,
        (_, Some(_)) => not_allowed("PUT"),
        ("/api/v1/acme-challenge", _) if matches!(*request.method(), Method::PUT | Method::DELETE) => {
            let method = request.method().clone();
            match permitted(&admin, request).await {
                Ok(body) => challenge::change(&admin, &method, &body),
                Err(response) => response,
            }
        }
        ("/api/v1/acme-challenge", _) => not_allowed("PUT, DELETE"),
        ("/" | "/metrics" | "/healthz" | "/readyz" | "/api/v1/state" | "/api/v1/events", _) if !reading => {
            not_allowed("GET, HEAD")
        }
        ("/", _) => page(),
        ("/metrics", _) => metrics(&admin),
        ("/healthz", _) => reply::text(StatusCode::OK, "alive"),
        ("/readyz", _) => ready(&admin),
        ("/api/v1/state", _) => state(&admin),
        ("/api/v1/events", _) => events::start(&admin, &readers),
        _ => reply::fault(StatusCode::NOT_FOUND, "nothing here; see / and /api/v1/state"),
    }
}

fn not_allowed(methods: &'static str) -> Response<Body> {
    let mut response = reply::fault(StatusCode::METHOD_NOT_ALLOWED, format!("use {methods}"));
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    response
}

fn page() -> Response<Body> {
    let mut response = reply::whole(StatusCode::OK, "text/html; charset=utf-8", PAGE);
    let own = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'";
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(own));
    response
}

fn metrics(admin: &Admin) -> Response<Body> {
    match admin.metrics.text(&admin.reader.load(), Instant::now()) {
        Ok(text) => reply::whole(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text),
        Err(error) => reply::text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

fn ready(admin: &Admin) -> Response<Body> {
    let ready = admin.readiness.check(&admin.reader.load(), Instant::now());
    let status = if ready == Ready::Yes { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    reply::text(status, ready.sentence())
}

fn state(admin: &Admin) -> Response<Body> {
    let snapshot = admin.reader.load();
    reply::json(StatusCode::OK, &view::state(&admin.node, &snapshot, Instant::now()))
}

async fn change(admin: &Admin, interface: &str, request: Request<Incoming>) -> Response<Body> {
    match permitted(admin, request).await {
        Ok(body) => directive::put(admin, interface, &body).await,
        Err(response) => response,
    }
}

/// The body of a request that may change something.
async fn permitted(admin: &Admin, request: Request<Incoming>) -> Result<Bytes, Response<Body>> {
    let access = Access::of(&admin.config.borrow());
    if !access.allows(request.headers()) {
        let mut response = reply::fault(StatusCode::UNAUTHORIZED, access.advice());
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return Err(response);
    }
    body(request).await
}

async fn body(request: Request<Incoming>) -> Result<Bytes, Response<Body>> {
    match Limited::new(request.into_body(), LARGEST_BODY).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let message = format!("a body of at most {LARGEST_BODY} bytes");
            Err(reply::fault(StatusCode::PAYLOAD_TOO_LARGE, message))
        }
        Err(error) => Err(reply::fault(StatusCode::BAD_REQUEST, error.to_string())),
    }
}
