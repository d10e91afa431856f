//! One HTTP GET on a connection of its own, read up to a bound and then closed.
//!
//! A connection per request, not one that is kept: a look must find out that a listener is gone. The connection's task
//! is driven inside of the caller's future, so nothing outlives a look that is dropped.

use std::error::Error;
use std::future::Future;
use std::pin::pin;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONNECTION, HOST, LOCATION, RANGE, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::time::Instant;
use url::{Position, Url};
use weir_core::{Evidence, Failure, Phase};

use crate::connect::connect;
use crate::place::Place;
use crate::trace::Trace;

/// The most bytes of a status line and headers.
const MAX_HEAD: usize = 32 * 1024;

/// How many redirects within one server are followed.
const MAX_REDIRECTS: usize = 3;

/// What to ask for, and how much of it to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Want<'a> {
    /// On the place that is asked.
    pub(crate) url: &'a Url,
    /// Reading stops after this many bytes of the body.
    pub(crate) limit: usize,
    /// The value of `Range`, if only a part is asked for.
    pub(crate) range: Option<&'static str>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Where the body came from, after redirects.
    pub(crate) url: Url,
    pub(crate) status: u16,
    /// At most as many bytes as wanted.
    pub(crate) body: Vec<u8>,
    /// Whether there was more than that.
    pub(crate) cut: bool,
    location: Option<String>,
}

/// Asks, and follows redirects that stay on the same server.
pub(crate) async fn get(place: &Place, want: Want<'_>, trace: &mut Trace) -> Result<Answer, Failure> {
    let mut url = want.url.clone();
    for _ in 0..=MAX_REDIRECTS {
        let answer = get_once(place, Want { url: &url, ..want }, trace).await?;
        let Some(location) = redirect_of(&answer) else { return Ok(answer) };
        url = resolve(place, &url, location, "redirects")?;
    }
    Err(not_http(format!("redirects more than {MAX_REDIRECTS} times, at last to {url}")))
}

/// Resolves a reference from an answer (RFC 3986 section 5), which must stay on the place.
pub(crate) fn resolve(place: &Place, base: &Url, reference: &str, what: &str) -> Result<Url, Failure> {
    let url = base.join(reference).map_err(|_| not_http(format!("{what} to no URL: {reference}")))?;
    if place.holds(&url) { Ok(url) } else { Err(not_http(format!("{what} elsewhere: {url}"))) }
}

fn redirect_of(answer: &Answer) -> Option<&str> {
    let moved = matches!(answer.status, 301 | 302 | 303 | 307 | 308);
    answer.location.as_deref().filter(|_| moved)
}

/// Asks, and takes whatever comes back as the answer.
pub(crate) async fn get_once(place: &Place, want: Want<'_>, trace: &mut Trace) -> Result<Answer, Failure> {
    let request = request(place, want)?;
    let stream = connect(place, trace).await?;
    trace.enter(Phase::Response);
    let (mut sender, connection) = http1::Builder::new()
        .max_header_size(MAX_HEAD)
        // The size is looked at when a head is complete; this bounds one that never is.
        .max_buf_size(MAX_HEAD)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| trace.lost(&error))?;
    let asked = Instant::now();
    let exchange = async {
        let response = sender.send_request(request).await.map_err(|error| classify(&error, trace))?;
        trace.answered(asked.elapsed());
        read(response, want, trace).await
    };
    beside(connection, exchange).await
}

/// Runs work that needs another future to be polled, which may end first.
async fn beside<T>(driver: impl Future, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    tokio::select! {
        done = &mut work => return done,
        _ = driver => {}
    }
    work.await
}

fn request(place: &Place, want: Want<'_>) -> Result<Request<Empty<Bytes>>, Failure> {
    let mut request = Request::get(&want.url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, place.host_header())
        .header(USER_AGENT, crate::USER_AGENT)
        .header(ACCEPT, "*/*")
        .header(CONNECTION, "close");
    if let Some(range) = want.range {
        request = request.header(RANGE, range);
    }
    request.body(Empty::new()).map_err(|error| not_http(format!("cannot ask for {}: {error}", want.url)))
}

async fn read(response: Response<Incoming>, want: Want<'_>, trace: &Trace) -> Result<Answer, Failure> {
    let (head, mut incoming) = response.into_parts();
    let mut body = Vec::new();
    let mut cut = false;
    while !cut && let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| classify(&error, trace))?;
        let Ok(data) = frame.into_data() else { continue };
        let room = want.limit - body.len();
        cut = data.len() > room;
        body.extend_from_slice(&data[..data.len().min(room)]);
        // A segment is cut on purpose: what has arrived is enough, and the next frame need not be waited for.
        cut |= want.range.is_some() && body.len() == want.limit;
    }
    let location =
        head.headers.get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    Ok(Answer { url: want.url.clone(), status: head.status.as_u16(), body, cut, location })
}

fn classify(error: &hyper::Error, trace: &Trace) -> Failure {
    let text = chain(error);
    if error.is_parse() || was_greeted(error) { not_http(text) } else { trace.lost(&text) }
}

/// Whether bytes came before the request was sent, as from a mail or SSH server. Hyper has no question for that: it
/// cancels the request for a reason that is neither the kernel's nor an end of the connection.
fn was_greeted(error: &hyper::Error) -> bool {
    let reason = error.source().and_then(|source| source.downcast_ref::<hyper::Error>());
    error.is_canceled()
        && reason.is_some_and(|reason| {
            reason.source().is_none() && !reason.is_incomplete_message() && !reason.is_closed()
        })
}

/// An error with its causes: hyper keeps the kernel's words in the last one.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// What is not HTTP as a player needs it.
pub(crate) fn not_http(evidence: impl AsRef<str>) -> Failure {
    Failure::Protocol { protocol: "HTTP", evidence: Evidence::new(evidence) }
}
