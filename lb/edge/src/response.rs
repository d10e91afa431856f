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
use crate::reply::Reply;

static ANY: HeaderValue = HeaderValue::from_static("*");
static NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
static EXPOSED: HeaderValue = HeaderValue::from_static("Location");
static PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
static METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");
/// Seconds that a browser may keep what a preflight said: a day, of which browsers use two hours at most.
static PREFLIGHT_KEPT: HeaderValue = HeaderValue::from_static("86400");
/// Seconds until a client may try again where there was no interface; discovery takes about that long.
static LATER: HeaderValue = HeaderValue::from_static("5");

impl Reply {
    /// The response to send. For `HEAD`, hyper leaves the body out and keeps its length.
    pub(crate) fn into_response(self) -> Response<Full<Bytes>> {
        let status = self.status();
        let body = self.body();
        // The largest set has five; one allocation holds them.
        let mut headers = HeaderMap::with_capacity(6);
        headers.insert(CACHE_CONTROL, NO_STORE.clone());
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY.clone());
        if status != StatusCode::NO_CONTENT {
            headers.insert(CONTENT_TYPE, PLAIN.clone());
        }
        match self {
            Self::Redirect(location) => {
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
            Self::NotFound(_) | Self::BadRequest(_) | Self::TooLong => {}
        }
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }

    fn body(&self) -> Bytes {
        match self {
            Self::Redirect(_) => Bytes::from_static(b"The stream is at the address in Location.\n"),
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
