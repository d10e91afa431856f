//! HTTP/2 (RFC 9113) on one connection that has agreed on it by ALPN.
//!
//! Facts of the world: a client of HTTP/2 may open many requests at once, and may take each back before it is
//! answered. That was the flood of CVE-2023-44487 ("rapid reset"): each request cost the server its work, and the
//! client two short frames.
//!
//! What holds here: so many streams at once ([`STREAMS`]); a request that was taken back before we saw it is never
//! answered, and after [`RESETS`] of those that nobody has fetched yet, or as many that the client made us reset
//! (CVE-2025-8671), the h2 crate ends the connection with ENHANCE_YOUR_CALM; its queues of answers to PING and
//! SETTINGS have one place each; headers are bounded as they are decoded, and so is the number of CONTINUATION
//! frames (CVE-2024-27983). A request that we did see costs what any other does, and no more.
//!
//! Time is bounded by requests, not by bytes: PING and WINDOW_UPDATE are no sign of a viewer. The first request is due
//! as that of HTTP/1, and each further one within the idle time, in which also the answers have to be taken. Then the
//! client is told so (GOAWAY), has a moment to finish, and is cut off.
//!
//! Streams run within the connection's own task: they end with it, and nothing is woken for them but itself.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::http2;
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::Door;
use crate::admission::Pass;
use crate::client::Client;
use crate::edge::{After, Edge};
use crate::limits::Limits;
use crate::paced::Pace;
use crate::responding::Responding;

/// Requests of one connection that may be in the air; browsers take 100 (RFC 9113 section 6.5.2 asks for no fewer).
const STREAMS: u32 = 100;
/// Requests that were taken back, or that we had to end, before the connection ends.
const RESETS: usize = 20;
/// What a client may send of a body that nobody will read, per request; 65,535 bytes per connection is the least there is
/// (section 6.9.2).
const BODY_BYTES: u32 = 16 * 1024;
const CONNECTION_BYTES: u32 = 65_535;
/// What is kept of answers that the client does not take, per request.
const SEND_BYTES: usize = 64 * 1024;

/// Answers the requests of one connection.
struct Caller {
    edge: Arc<Edge>,
    client: Client,
    pass: Pass,
    pace: Arc<Pace>,
}

type Stream = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The streams of one connection, in the order in which they can go on.
#[derive(Default)]
struct Streams {
    new: Arc<Mutex<Vec<Stream>>>,
    running: FuturesUnordered<Stream>,
}

/// Where hyper puts new streams. Streams hold it, hence weakly.
#[derive(Clone)]
struct Entrance(Weak<Mutex<Vec<Stream>>>);

type Connection<S> = http2::Connection<TokioIo<S>, Caller, Entrance>;

/// Serves a connection until it ends: by either side, for being too slow, or by the listener's stop.
pub(super) async fn speak<S: AsyncRead + AsyncWrite + Unpin>(door: &Door, stream: S, client: Client) {
    let pace = Arc::new(Pace::new(door.limits.head_time, door.limits.idle_time));
    let mut streams = Streams::default();
    let pass = door.edge.admit(client.address);
    let caller = Caller { edge: Arc::clone(&door.edge), client, pass, pace: Arc::clone(&pace) };
    let http = builder(&door.limits, streams.entrance());
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), caller));
    let ended = match until_told(door, connection.as_mut(), &mut streams, &pace).await {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            // By the listener's stop, requests that are in flight finish; an overdue client has had its time.
            let limits = &door.limits;
            let moment = if door.stop.is_ordered() { limits.head_time } else { limits.linger_time };
            let Ok(ended) = timeout(moment, poll_fn(|cx| poll(connection.as_mut(), &mut streams, cx))).await
            else {
                tracing::debug!(client = %client.address, "too slow, cut off");
                return;
            };
            ended
        }
    };
    if let Err(error) = ended {
        door.edge.failed(&error);
        tracing::debug!(client = %client.address, error = %error, "connection ended by a fault");
    }
}

fn builder(limits: &Limits, entrance: Entrance) -> http2::Builder<Entrance> {
    let mut http = http2::Builder::new(entrance);
    http.max_concurrent_streams(STREAMS)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(RESETS)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .initial_stream_window_size(BODY_BYTES)
        .initial_connection_window_size(CONNECTION_BYTES)
        .max_send_buf_size(SEND_BYTES);
    http
}

/// Lets the connection run to its end; nothing, when it is to end: the listener stops, or the client is overdue.
async fn until_told<S: AsyncRead + AsyncWrite + Unpin>(
    door: &Door,
    mut connection: Pin<&mut Connection<S>>,
    streams: &mut Streams,
    pace: &Pace,
) -> Option<hyper::Result<()>> {
    let mut alarm = pin!(pace.alarm());
    let mut ordered = pin!(door.stop.ordered());
    let mut registered: Option<Waker> = None;
    poll_fn(|cx| {
        if let Poll::Ready(ended) = poll(connection.as_mut(), streams, cx) {
            return Poll::Ready(Some(ended));
        }
        // A task has one waker as a rule, so this is done once and not at every request.
        if !registered.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            registered = Some(cx.waker().clone());
            let _ = ordered.as_mut().poll(cx);
        }
        if door.stop.is_ordered() {
            return Poll::Ready(None);
        }
        pace.poll_overdue(alarm.as_mut(), cx).map(|()| None)
    })
    .await
}

/// The connection, and then its streams, as long as one of them makes work for the other.
fn poll<S: AsyncRead + AsyncWrite + Unpin>(
    mut connection: Pin<&mut Connection<S>>,
    streams: &mut Streams,
    cx: &mut Context<'_>,
) -> Poll<hyper::Result<()>> {
    loop {
        let polled = connection.as_mut().poll(cx);
        if polled.is_ready() || !streams.go_on(cx) {
            return polled;
        }
    }
}

impl Streams {
    fn entrance(&self) -> Entrance {
        Entrance(Arc::downgrade(&self.new))
    }

    /// Lets all go on that can; whether any ended, and has so left an answer to send.
    fn go_on(&mut self, cx: &mut Context<'_>) -> bool {
        // A stream may put another one in while it runs, so the lock is not held meanwhile.
        self.running.extend(self.new.lock().unwrap_or_else(PoisonError::into_inner).drain(..));
        let mut any = false;
        while let Poll::Ready(Some(())) = self.running.poll_next_unpin(cx) {
            any = true;
        }
        any
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Entrance {
    fn execute(&self, stream: F) {
        // Without the connection there is nobody to answer.
        if let Some(new) = self.0.upgrade() {
            new.lock().unwrap_or_else(PoisonError::into_inner).push(Box::pin(stream));
        }
    }
}

impl Service<Request<Incoming>> for Caller {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Responding;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.pace.asked();
        // A body is not read, and costs its own stream only; a stop is told by GOAWAY, not by a header (section 8.2.2).
        if !self.pass.permits() {
            return self.edge.turn_away(After::Keep);
        }
        self.edge.respond(&request, self.client, After::Keep)
    }
}
