//! Answers of the admin listener.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;

/// The body of an answer: whole, or a stream of events.
pub(super) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// An answer with a whole body.
pub(super) fn whole(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    with_body(status, kind, Full::new(body.into()).boxed_unsync())
}

/// An answer with any body.
pub(super) fn with_body(status: StatusCode, kind: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A sentence.
pub(super) fn text(status: StatusCode, sentence: impl Into<String>) -> Response<Body> {
    let mut sentence = sentence.into();
    sentence.push('\n');
    whole(status, "text/plain; charset=utf-8", sentence)
}

/// A value as JSON.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    match serde_json::to_vec(value) {
        Ok(body) => whole(status, "application/json", body),
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

/// What is wrong with a request, as JSON.
pub(super) fn fault(status: StatusCode, message: impl Into<String>) -> Response<Body> {
    json(status, &Fault { error: message.into() })
}

#[derive(Serialize)]
struct Fault {
    error: String,
}
