//! One fetch: the playlist from the first interface, or from the second if the first cannot.
//!
//! A connection per fetch: there is one a second per master, and a connection that is kept would have to be watched for
//! the moment when its interface dies. The connection is driven inside of the fetch's own future, so nothing outlives it.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, HOST, HeaderValue, LOCATION, USER_AGENT,
};
use hyper::http::uri::PathAndQuery;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::fault::{Excerpt, FetchFault};
use super::limits::FetchLimits;
use super::own::own;
use crate::playlist::{self, Playlist, PlaylistFault};

/// By this name the numbers of the origin can leave our fetches out.
pub(super) const USER_AGENT_NAME: &str = concat!("weir/", env!("CARGO_PKG_VERSION"));

/// After so many bytes a media playlist has said that it is one. It may list the segments of a day, which nobody reads here.
const KIND_BYTES: usize = 4 * 1024;

/// What to fetch, and where. It owns all, as it outlives the viewer who asked.
#[derive(Debug)]
pub(super) struct Errand {
    path: PathAndQuery,
    host: HeaderValue,
    from: Vec<SocketAddr>,
    limits: FetchLimits,
}

/// A playlist, and how long its text was.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) playlist: Playlist,
    pub(super) bytes: usize,
}

impl Errand {
    pub(super) fn new(
        path: &str,
        host: &str,
        from: &[SocketAddr],
        limits: FetchLimits,
    ) -> Result<Self, FetchFault> {
        let bad = |text: &str| FetchFault::BadRequest(Excerpt::new(text.as_bytes()));
        let parsed = PathAndQuery::try_from(path).map_err(|_| bad(path))?;
        // An absolute form would name a host of the viewer's choice, and a fragment would be left out.
        if !path.starts_with('/') || parsed.as_str() != path {
            return Err(bad(path));
        }
        let host = HeaderValue::try_from(host).map_err(|_| bad(host))?;
        let from = from.iter().take(limits.interfaces).copied().collect();
        Ok(Self { path: parsed, host, from, limits })
    }

    /// Asks one interface after the other until one gives an answer that the others would give, too.
    pub(super) async fn run(&self) -> Result<Fetched, FetchFault> {
        let mut last = FetchFault::NoInterface;
        for &interface in &self.from {
            match self.ask(interface).await {
                Err(fault) if fault.is_of_interface() => {
                    tracing::debug!(%interface, path = %self.path, error = %fault, "master_not_fetched");
                    last = fault;
                }
                settled => return settled,
            }
        }
        Err(last)
    }

    async fn ask(&self, interface: SocketAddr) -> Result<Fetched, FetchFault> {
        let time = self.limits.time;
        timeout(time, self.exchange(interface)).await.unwrap_or(Err(FetchFault::TimedOut { interface, time }))
    }

    async fn exchange(&self, interface: SocketAddr) -> Result<Fetched, FetchFault> {
        let stream = connect(interface).await?;
        self.talk(interface, stream).await
    }

    /// One request, and its answer.
    async fn talk(&self, interface: SocketAddr, stream: TcpStream) -> Result<Fetched, FetchFault> {
        let request = self.request()?;
        let (mut sender, connection) = http1::Builder::new()
            // A head must fit the buffer.
            .max_buf_size(self.limits.head_bytes.max(8 * 1024))
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.classify(interface, error))?;
        let mut connection = pin!(connection);
        let mut work = pin!(async {
            let response =
                sender.send_request(request).await.map_err(|error| self.classify(interface, error))?;
            let body = self.body(interface, response).await?;
            let playlist = self
                .read(interface, &body)
                .map_err(|source| FetchFault::NoPlaylist { interface, source: Arc::new(source) })?;
            Ok(Fetched { playlist, bytes: body.len() })
        });
        // The connection may end first, with the answer's last bytes still on their way to the work.
        tokio::select! {
            biased;
            done = &mut work => return done,
            _ = &mut connection => {}
        }
        work.await
    }

    fn request(&self) -> Result<Request<Empty<Bytes>>, FetchFault> {
        Request::get(Uri::from(self.path.clone()))
            .header(HOST, self.host.clone())
            .header(USER_AGENT, USER_AGENT_NAME)
            .header(ACCEPT, "*/*")
            .header(ACCEPT_ENCODING, "identity")
            .header(CONNECTION, "close")
            .body(Empty::new())
            .map_err(|_| FetchFault::BadRequest(Excerpt::new(self.path.as_str().as_bytes())))
    }

    fn read(&self, interface: SocketAddr, body: &[u8]) -> Result<Playlist, PlaylistFault> {
        let own = own(interface, self.host.to_str().unwrap_or_default());
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        playlist::read(body, &own)
    }

    /// The body of a response that is a playlist as far as its head tells; of a media playlist, its begin is enough.
    async fn body(&self, interface: SocketAddr, response: Response<Incoming>) -> Result<Vec<u8>, FetchFault> {
        let (head, mut incoming) = response.into_parts();
        if head.status != StatusCode::OK {
            let location = head.headers.get(LOCATION).map(HeaderValue::as_bytes);
            return Err(FetchFault::of_status(interface, head.status, location));
        }
        let plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
        if !head.headers.get_all(CONTENT_ENCODING).iter().all(plain) {
            return Err(FetchFault::Encoded { interface });
        }
        let limit = self.limits.body_bytes;
        let too_long = FetchFault::LongBody { interface, bytes: limit };
        let is_announced_too_long = incoming.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX);
        let mut is_known = false;
        let mut body = Vec::new();
        while let Some(frame) = incoming.frame().await {
            let frame = frame.map_err(|error| self.classify(interface, error))?;
            let Ok(data) = frame.into_data() else { continue };
            if data.len() > limit - body.len() {
                return Err(too_long);
            }
            body.extend_from_slice(&data);
            if !is_known && body.len() >= KIND_BYTES {
                is_known = true;
                let lines = body.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
                if matches!(self.read(interface, &body[..lines]), Ok(Playlist::Media)) {
                    body.truncate(lines);
                    return Ok(body);
                }
                if is_announced_too_long {
                    return Err(too_long);
                }
            }
        }
        Ok(body)
    }

    fn classify(&self, interface: SocketAddr, error: hyper::Error) -> FetchFault {
        if error.is_parse_too_large() {
            return FetchFault::LongHead { interface, bytes: self.limits.head_bytes };
        }
        let is_foreign = error.is_parse() || was_greeted(&error);
        let source = Arc::new(error);
        if is_foreign {
            FetchFault::NotHttp { interface, source }
        } else {
            FetchFault::Lost { interface, source }
        }
    }
}

async fn connect(interface: SocketAddr) -> Result<TcpStream, FetchFault> {
    let fault = |source: io::Error| FetchFault::Connect { interface, source: Arc::new(source) };
    let stream = TcpStream::connect(interface).await.map_err(fault)?;
    // A connection to an own address may meet itself where nobody listens (RFC 9293 section 3.5).
    if stream.local_addr().is_ok_and(|local| local == interface) {
        return Err(fault(io::ErrorKind::ConnectionRefused.into()));
    }
    stream.set_nodelay(true).map_err(fault)?;
    Ok(stream)
}

/// Whether bytes came before the request was sent, as from a mail or SSH server. Hyper has no question for that: it
/// cancels the request for a reason that is neither the kernel's nor an end of the connection.
fn was_greeted(error: &hyper::Error) -> bool {
    use std::error::Error as _;

    let reason = error.source().and_then(|source| source.downcast_ref::<hyper::Error>());
    error.is_canceled()
        && reason.is_some_and(|reason| {
            reason.source().is_none() && !reason.is_incomplete_message() && !reason.is_closed()
        })
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn who_speaks_before_being_asked_does_not_speak_http() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let stream = connect(address).await.expect("it listens");
        let (mut server, _) = listener.accept().await.expect("a connection");
        server.write_all(b"220 mail.stream.test ESMTP\r\n").await.expect("it is open");
        stream.readable().await.expect("a greeting");
        let errand = Errand::new("/a", "live.test", &[address], FetchLimits::DEFAULT).expect("a path");
        let fault = errand.talk(address, stream).await.expect_err("mail");
        assert!(matches!(fault, FetchFault::NotHttp { .. }), "{fault:?}");
    }
}
