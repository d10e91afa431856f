//! A reply becomes an HTTP response.
//!
//! Every response may be read by a page of any origin, and none is kept: players of all pages are welcome, and a
//! cached answer of today is a wrong one tomorrow. After a hop to another host browsers send `Origin: null`, so only
//! `*` will do (Fetch standard, "HTTP-redirect fetch").

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderMap,
    HeaderValue, LOCATION, RETRY_AFTER,
};
use hyper::{Response, StatusCode};

use crate::limits::PATH_BYTES;
use crate::reply::{PickForm, Reply};

static ANY: HeaderValue = HeaderValue::from_static("*");
static NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
static EXPOSED: HeaderValue = HeaderValue::from_static("Location");
static PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// RFC 8216 section 4.
static PLAYLIST: HeaderValue = HeaderValue::from_static("application/vnd.apple.mpegurl");
static JSON: HeaderValue = HeaderValue::from_static("application/json");
static METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");
/// Seconds that a browser may keep what a preflight said: a day, of which browsers use two hours at most.
static PREFLIGHT_KEPT: HeaderValue = HeaderValue::from_static("86400");
/// Seconds until a client may try again where there was no interface; discovery takes about that long.
static LATER: HeaderValue = HeaderValue::from_static("5");
/// Seconds until a client may try again where too much was asked for at once.
static SOON: HeaderValue = HeaderValue::from_static("1");

impl Reply {
    /// The body of a redirect, for people.
    pub(crate) const SEE_LOCATION: &[u8] = b"The stream is at the address in Location.\n";

    /// The response to send. For `HEAD`, hyper leaves the body out and keeps its length.
    pub(crate) fn into_response(mut self) -> Response<Full<Bytes>> {
        let status = self.status();
        let body = self.body();
        // The largest set has five; one allocation holds them.
        let mut headers = HeaderMap::with_capacity(6);
        headers.insert(CACHE_CONTROL, NO_STORE.clone());
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY.clone());
        if let Some(kind) = self.kind() {
            headers.insert(CONTENT_TYPE, kind.clone());
        }
        match self {
            Self::Redirect(location) | Self::Overflow(location) | Self::Https(location) => {
                headers.insert(LOCATION, location);
                headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED.clone());
            }
            Self::Preflight(asked) => {
                headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS.clone());
                headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.unwrap_or_else(|| ANY.clone()));
                headers.insert(ACCESS_CONTROL_MAX_AGE, PREFLIGHT_KEPT.clone());
            }
            Self::Method => {
                headers.insert(ALLOW, METHODS.clone());
            }
            Self::Unavailable => {
                headers.insert(RETRY_AFTER, LATER.clone());
            }
            Self::Limited | Self::Gateway(StatusCode::SERVICE_UNAVAILABLE) => {
                headers.insert(RETRY_AFTER, SOON.clone());
            }
            Self::Master(_)
            | Self::Manifest(_)
            | Self::Pick(..)
            | Self::Gateway(_)
            | Self::NotFound(_)
            | Self::BadRequest(_)
            | Self::TooLong => {}
        }
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }

    /// The type of its body; nothing without one.
    fn kind(&self) -> Option<&'static HeaderValue> {
        match self {
            Self::Preflight(_) => None,
            Self::Master(_) => Some(&PLAYLIST),
            Self::Manifest(_) | Self::Pick(_, PickForm::Json) => Some(&JSON),
            _ => Some(&PLAIN),
        }
    }

    fn body(&mut self) -> Bytes {
        match self {
            Self::Master(text) | Self::Manifest(text) | Self::Pick(text, _) => {
                Bytes::from(std::mem::take(text))
            }
            Self::Limited => Bytes::from_static(b"Too many requests. Try again soon.\n"),
            Self::Gateway(status) => Bytes::from_static(why(*status).as_bytes()),
            Self::Overflow(_) => {
                Bytes::from_static(b"Every interface is full; the stream is at the address in Location.\n")
            }
            Self::Redirect(_) => Bytes::from_static(Self::SEE_LOCATION),
            Self::Https(_) => Bytes::from_static(b"This is answered over TLS, at the address in Location.\n"),
            Self::Preflight(_) => Bytes::new(),
            Self::NotFound(host) => {
                Bytes::from(format!("No stream is served under the host name \"{host}\".\n"))
            }
            Self::Method => Bytes::from_static(b"Only GET, HEAD and OPTIONS are answered here.\n"),
            Self::BadRequest(fault) => Bytes::from(format!("Bad request: {fault}.\n")),
            Self::TooLong => Bytes::from(format!("Path and query have more than {PATH_BYTES} bytes.\n")),
            Self::Unavailable => {
                Bytes::from_static(b"The stream has no interface at this moment. Try again soon.\n")
            }
        }
    }
}

/// Why there is no playlist, for the viewer; what the operator needs to know is in the log.
fn why(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_GATEWAY => "The origin's answer is no playlist that can be passed on.\n",
        StatusCode::GATEWAY_TIMEOUT => "The origin did not send the playlist in time.\n",
        StatusCode::SERVICE_UNAVAILABLE => "The playlist can't be fetched at this moment. Try again soon.\n",
        _ => "The origin does not give this playlist.\n",
    }
}
