//! One connection, from its handshake to its last byte. What is here is HTTP/1.

mod http2;

use std::cell::Cell;
use std::convert::Infallible;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::admission::Pass;
use crate::client::Client;
use crate::edge::{After, Edge};
use crate::limits::Limits;
use crate::paced::{Pace, Paced};
use crate::quick::Quick;
use crate::responding::Responding;
use crate::stop::Stop;
use crate::tls::{HTTP_2, Tls};

/// The most that is read and thrown away from a client whose request was not read to its end.
const LINGER_BYTES: u64 = 256 * 1024;

/// What a client is told for whom there is no room.
const NO_ROOM: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
Content-Type: text/plain; charset=utf-8\r\n\
Content-Length: 38\r\n\
Cache-Control: no-store\r\n\
Access-Control-Allow-Origin: *\r\n\
Retry-After: 1\r\n\
Connection: close\r\n\
\r\n\
Too many connections. Try again soon.\n";

/// What all connections of one listener share.
pub(crate) struct Door {
    pub(crate) edge: Arc<Edge>,
    pub(crate) limits: Limits,
    pub(crate) stop: Arc<Stop>,
    tls: Option<Tls>,
    http: http1::Builder,
}

/// Answers the requests of one connection.
struct Caller {
    edge: Arc<Edge>,
    client: Client,
    pass: Pass,
    stop: Arc<Stop>,
    /// Whether a request announced a body, of which nothing was read.
    body_left: Cell<bool>,
}

impl Door {
    pub(crate) fn new(edge: Arc<Edge>, limits: Limits, tls: Option<Tls>) -> Self {
        let mut http = http1::Builder::new();
        http.header_read_timeout(None) // `Paced` does it.
            .max_headers(limits.headers)
            .max_header_size(limits.head_bytes)
            .max_buf_size(limits.head_bytes.max(8 * 1024)) // hyper takes no less.
            .half_close(true) // Who has said all may still be waiting for a playlist.
            .writev(false); // A head and a line of text are cheaper copied together than gathered by the kernel.
        Self { edge, limits, stop: Arc::default(), tls, http }
    }

    /// Tells a client that there is no room for it, if that can be told in plain text, and ends the connection.
    pub(crate) async fn turn_away(self: Arc<Self>, mut stream: TcpStream) {
        if self.tls.is_some() {
            return;
        }
        let told = async {
            stream.write_all(NO_ROOM).await?;
            linger(&mut stream).await
        };
        let _ = timeout(self.limits.linger_time, told).await;
    }

    /// Serves a connection until it ends: by either side, for being too slow, or by the listener's stop.
    pub(crate) async fn serve(self: Arc<Self>, stream: TcpStream, peer: IpAddr) {
        let _open = self.edge.meters().opened();
        let client = Client { address: peer, secure: self.tls.is_some() };
        match &self.tls {
            None => self.speak(stream, client).await,
            // Boxed, so that a plain connection's task does not carry room for TLS.
            Some(tls) => {
                let secured = Box::pin(async {
                    let acceptor = TlsAcceptor::from(tls.config());
                    match self.shake_hands(&acceptor, stream).await {
                        Some(stream) if is_http_2(&stream) => http2::speak(&self, stream, client).await,
                        Some(stream) => self.speak(stream, client).await,
                        None => {}
                    }
                });
                secured.await;
            }
        }
    }

    async fn shake_hands(&self, acceptor: &TlsAcceptor, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        let handshake = timeout(self.limits.handshake_time, acceptor.accept(stream));
        tokio::select! {
            done = handshake => done.ok()?.ok(),
            () = self.stop.ordered() => None,
        }
    }

    async fn speak<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S, client: Client) {
        let pace = Pace::new(self.limits.head_time, self.limits.idle_time);
        let pass = self.edge.admit(client.address);
        let quick = Quick { edge: &self.edge, client, pass: pass.clone() };
        let caller = Caller {
            edge: Arc::clone(&self.edge),
            client,
            pass,
            stop: Arc::clone(&self.stop),
            body_left: Cell::new(false),
        };
        let paced = TokioIo::new(Paced::new(stream, &pace, &self.stop, quick));
        let mut connection = self.http.serve_connection(paced, caller);
        let Some(ended) = self.drive(&mut connection, &pace).await else {
            tracing::debug!(client = %client.address, "too slow, cut off");
            return;
        };
        if let Err(error) = &ended {
            self.edge.failed(error);
            tracing::debug!(client = %client.address, error = %error, "connection ended by a fault");
        }
        let unread = ended.is_err_and(|error| error.is_parse());
        let parts = connection.into_parts();
        let paced = parts.io.into_inner();
        let unread = unread || paced.has_left() || parts.service.body_left.get();
        let mut stream = paced.into_inner();
        if unread {
            // Nobody waits for this: late clients are cut off, whatever they were about to send.
            let _ = timeout(self.limits.linger_time, linger(&mut stream)).await;
        } else if client.secure {
            // TLS says good-bye, so that the client knows that nothing was cut off (RFC 8446 section 6.1).
            let _ = timeout(self.limits.linger_time, stream.shutdown()).await;
        }
    }

    /// Lets the connection run to its end; nothing, when the client is overdue.
    async fn drive<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        connection: &mut http1::Connection<TokioIo<Paced<'_, S>>, Caller>,
        pace: &Pace,
    ) -> Option<hyper::Result<()>> {
        let mut alarm = pin!(pace.alarm());
        let mut ordered = pin!(self.stop.ordered());
        let mut registered: Option<Waker> = None;
        poll_fn(|cx| {
            if let Poll::Ready(ended) = connection.poll_without_shutdown(cx) {
                return Poll::Ready(Some(ended));
            }
            // A task has one waker as a rule, so this is done once and not at every request. A connection that is
            // woken by the order reads once more, and finds the end: see `Paced`.
            if !registered.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                registered = Some(cx.waker().clone());
                if ordered.as_mut().poll(cx).is_ready() {
                    cx.waker().wake_by_ref();
                }
            }
            pace.poll_overdue(alarm.as_mut(), cx).map(|()| None)
        })
        .await
    }
}

/// Whether client and listener have agreed on HTTP/2.
fn is_http_2(stream: &TlsStream<TcpStream>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(HTTP_2)
}

/// Ends our side, and reads on for a while. A socket that is closed with bytes unread is reset, and a reset may
/// overtake the answer (RFC 9112 section 9.6).
async fn linger<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> std::io::Result<()> {
    stream.shutdown().await?;
    let mut scrap = [0; 2048];
    let mut rest = stream.take(LINGER_BYTES);
    while rest.read(&mut scrap).await? > 0 {}
    Ok(())
}

impl Service<Request<Incoming>> for Caller {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Responding;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let body_left = !request.body().is_end_stream();
        self.body_left.set(body_left);
        let after = if body_left || self.stop.is_ordered() { After::Close } else { After::Keep };
        if !self.pass.permits() {
            return self.edge.turn_away(after);
        }
        self.edge.respond(&request, self.client, after)
    }
}
