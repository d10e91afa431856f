//! The HTTP side: one answer per request, by path and fault.

mod body;
mod playlist;
mod range;
mod route;

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::http::response::Builder;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};

use crate::endpoint::Endpoint;
use crate::fault::{Fault, Setting};
use crate::stream::Segment;
use crate::wire::Wire;
use body::Body;
use range::Slice;
use route::Route;

/// What a request's head may weigh; more is answered with 431.
const MAX_HEAD: usize = 16 << 10;
/// How long a client may take for a head, which is also how long a connection may idle. Twice the longest playlist
/// reload of ordinary streams.
const HEAD_PATIENCE: Duration = Duration::from_secs(60);

const PLAYLIST: &str = "application/vnd.apple.mpegurl";
const SEGMENT: &str = "video/MP2T";
const HTML: &str = "text/html";

/// What a Wowza answers on `/ServerVersion`.
const VERSION: &str = "<html><head><title>Wowza Streaming Engine 4 Perpetual 4.8.21+6 build20230124131232</title></head>\
    <body>Wowza Streaming Engine 4 Perpetual 4.8.21+6 build20230124131232</body></html>";
/// An error page, as a proxy in front of a dead origin would make it.
const PAGE: &str = "<html><head><title>Oops</title></head><body>This is not a playlist.</body></html>\n";

/// Serves a connection until the client leaves.
pub(crate) async fn converse(endpoint: &Endpoint, wire: Wire) -> Result<(), hyper::Error> {
    let service = service_fn(|request: Request<Incoming>| async move {
        endpoint.counters.requested();
        Ok::<_, Infallible>(answer(endpoint, &request))
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(wire), service)
        .await
}

/// The answer to a request. The fault is looked at once, so that an answer is of one piece.
pub(crate) fn answer<B>(endpoint: &Endpoint, request: &Request<B>) -> Response<Body> {
    let setting = endpoint.setting();
    if let Some(Fault::Status(code)) = setting.fault {
        return page(status(code));
    }
    match *request.method() {
        Method::GET | Method::HEAD => {}
        Method::OPTIONS => return preflight(),
        _ => return page(StatusCode::METHOD_NOT_ALLOWED),
    }
    let route = Route::of(request.uri().path(), &endpoint.stream.config);
    let query = request.uri().query();
    match (route, setting.fault) {
        (None, _)
        | (Some(Route::Media { .. }), Some(Fault::MasterOnly))
        | (Some(Route::Segment { .. }), Some(Fault::MissingSegments)) => page(StatusCode::NOT_FOUND),
        (Some(Route::Version), _) => whole(HTML, VERSION.into()),
        (Some(Route::Master | Route::Media { .. }), Some(Fault::Garbage)) => whole(PLAYLIST, PAGE.into()),
        (Some(Route::Master), _) => whole(PLAYLIST, playlist::master(&endpoint.stream, query).into()),
        (Some(Route::Media { session }), _) => {
            let listing = endpoint.listing(&setting);
            let segment = endpoint.stream.config.target_duration;
            whole(PLAYLIST, playlist::media(&listing, segment, session, query).into())
        }
        (Some(Route::Segment { number }), _) => segment(endpoint, request, &setting, number),
    }
}

fn segment<B>(endpoint: &Endpoint, request: &Request<B>, setting: &Setting, number: u64) -> Response<Body> {
    if !endpoint.listing(setting).has(number) {
        return page(StatusCode::NOT_FOUND);
    }
    let Segment { head, filler } = endpoint.stream.segment(number);
    let body = Body::of(head, filler);
    let size = body.len();
    let asked = request.headers().get(header::RANGE).and_then(|value| value.to_str().ok());
    let builder = builder(StatusCode::OK, SEGMENT).header(header::ACCEPT_RANGES, "bytes");
    match range::slice(asked, size) {
        Slice::Whole => finish(builder, body),
        Slice::Part { first, last } => finish(
            builder
                .status(StatusCode::PARTIAL_CONTENT)
                .header(header::CONTENT_RANGE, format!("bytes {first}-{last}/{size}")),
            body.part(first, last),
        ),
        Slice::Outside => finish(
            builder
                .status(StatusCode::RANGE_NOT_SATISFIABLE)
                .header(header::CONTENT_RANGE, format!("bytes */{size}")),
            Body::default(),
        ),
    }
}

fn status(code: u16) -> StatusCode {
    match StatusCode::from_u16(code) {
        Ok(status) if (200..600).contains(&code) => status,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn page(status: StatusCode) -> Response<Body> {
    let text = format!("<html><head><title>{status}</title></head><body>{status}</body></html>\n");
    // 204 and 304 have no body (RFC 9110, 6.4.1).
    let bodiless = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let text = if bodiless { Bytes::new() } else { text.into() };
    finish(builder(status, HTML), Body::of(text, Bytes::new()))
}

fn whole(kind: &'static str, text: Bytes) -> Response<Body> {
    finish(builder(StatusCode::OK, kind), Body::of(text, Bytes::new()))
}

fn preflight() -> Response<Body> {
    let builder = builder(StatusCode::OK, HTML).header(header::ACCESS_CONTROL_MAX_AGE, "600");
    finish(builder, Body::default())
}

/// What every answer says. CORS allows everything, as Wowza does when told to: players live on other hosts' pages.
fn builder(status: StatusCode, kind: &'static str) -> Builder {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, HeaderValue::from_static(kind))
        .header(header::SERVER, "WowzaStreamingEngine/4.8.21+6")
        .header(header::CACHE_CONTROL, "no-cache")
        .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .header(header::ACCESS_CONTROL_ALLOW_METHODS, "OPTIONS, GET, HEAD")
        .header(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Content-Type, User-Agent, If-Modified-Since, Cache-Control, Range",
        )
        .header(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "Date, Server, Content-Type, Content-Length, Content-Range",
        )
}

fn finish(builder: Builder, body: Body) -> Response<Body> {
    builder.body(body).expect("every header above is printable ASCII")
}
