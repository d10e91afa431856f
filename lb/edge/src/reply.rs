//! What is answered, before it is bytes.

use hyper::StatusCode;
use hyper::header::HeaderValue;

/// The answer to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// 302 to this absolute URL.
    Redirect(HeaderValue),
    /// 302 to this absolute URL elsewhere: every interface is full.
    Overflow(HeaderValue),
    /// 302 to the same over TLS.
    Https(HeaderValue),
    /// 200 with a master playlist.
    Master(String),
    /// 200 with a steering manifest.
    Manifest(String),
    /// 200 with the chosen interface, for page authors: the text, and whether it is JSON.
    Pick(String, PickForm),
    /// The origin's playlist can't be had: the status that says so.
    Gateway(StatusCode),
    /// 204 to a CORS preflight, which asked for these headers.
    Preflight(Option<HeaderValue>),
    /// 404: no pool is called that; the host as the client may see it, bounded and escaped.
    NotFound(String),
    /// 405: a method that is not for a redirect.
    Method,
    /// 400.
    BadRequest(Fault),
    /// 414: path and query are longer than [`crate::PATH_BYTES`].
    TooLong,
    /// 503: the pool has no interface at all.
    Unavailable,
    /// 503: the client, or all together, ask too often.
    Limited,
}

/// In which form a page is told the chosen interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PickForm {
    /// Ours.
    Json,
    /// `redirect=<address>`, as Wowza's load balancer says it.
    Wowza,
}

/// What is wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It names no host (RFC 9112 section 3.2).
    #[error("the request names no host")]
    NoHost,
    /// It has more than one Host header (RFC 9112 section 3.2).
    #[error("the request has more than one Host header")]
    SeveralHosts,
    /// Its Host header is no host.
    #[error("the Host header is not a host with or without a port")]
    BadHost,
    /// It asks for a kind of stream that nobody redirects here.
    #[error("type and scheme can be m3u8, mpd or f4m")]
    BadType,
    /// Its target is no path: `*`, or bytes that cannot stand in a header.
    #[error("the request's target is not a path")]
    BadTarget,
}

/// What kind of answer it was: the closed set of the metric's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 302.
    Redirect,
    /// 302 elsewhere.
    Overflow,
    /// 302 to the same over TLS.
    Https,
    /// A master playlist.
    Master,
    /// A steering manifest.
    Manifest,
    /// The chosen interface, told to a page.
    Pick,
    /// No master playlist could be had: 502, 503, 504, or what the origin said.
    Gateway,
    /// 204.
    Preflight,
    /// 404.
    NotFound,
    /// 405.
    Method,
    /// 400.
    BadRequest,
    /// 414 and 431.
    TooLong,
    /// 503: no interface.
    Unavailable,
    /// 503: too many requests.
    Limited,
}

impl Outcome {
    /// All of them, in the order of their declaration.
    pub const ALL: [Self; 14] = [
        Self::Redirect,
        Self::Overflow,
        Self::Https,
        Self::Master,
        Self::Manifest,
        Self::Pick,
        Self::Gateway,
        Self::Preflight,
        Self::NotFound,
        Self::Method,
        Self::BadRequest,
        Self::TooLong,
        Self::Unavailable,
        Self::Limited,
    ];

    /// Its word in metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::Redirect => "redirect",
            Self::Overflow => "overflow",
            Self::Https => "https",
            Self::Master => "master",
            Self::Manifest => "manifest",
            Self::Pick => "pick",
            Self::Gateway => "gateway",
            Self::Preflight => "preflight",
            Self::NotFound => "not_found",
            Self::Method => "method",
            Self::BadRequest => "bad_request",
            Self::TooLong => "too_long",
            Self::Unavailable => "unavailable",
            Self::Limited => "limited",
        }
    }
}

impl Reply {
    /// What kind of answer it is.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Redirect(_) => Outcome::Redirect,
            Self::Overflow(_) => Outcome::Overflow,
            Self::Https(_) => Outcome::Https,
            Self::Master(_) => Outcome::Master,
            Self::Manifest(_) => Outcome::Manifest,
            Self::Pick(..) => Outcome::Pick,
            Self::Gateway(_) => Outcome::Gateway,
            Self::Preflight(_) => Outcome::Preflight,
            Self::NotFound(_) => Outcome::NotFound,
            Self::Method => Outcome::Method,
            Self::BadRequest(_) => Outcome::BadRequest,
            Self::TooLong => Outcome::TooLong,
            Self::Unavailable => Outcome::Unavailable,
            Self::Limited => Outcome::Limited,
        }
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Redirect(_) | Self::Overflow(_) | Self::Https(_) => StatusCode::FOUND,
            Self::Master(_) | Self::Manifest(_) | Self::Pick(..) => StatusCode::OK,
            Self::Gateway(status) => *status,
            Self::Preflight(_) => StatusCode::NO_CONTENT,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::TooLong => StatusCode::URI_TOO_LONG,
            Self::Unavailable | Self::Limited => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
