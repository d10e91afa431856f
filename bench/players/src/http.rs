//! One viewer's HTTP/1.1 connection: one GET at a time, kept alive between them.

mod response;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use url::{Position, Url};

pub(crate) use response::HttpError;
use response::{Head, Response};

use crate::dial::{Line, addresses, dial};
use crate::error::PlayError;
use crate::scratch;
use crate::stats::Meter;
use crate::viewer::View;

/// How long one exchange may take, from the request to the last byte; a player has long stalled by then.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(20);

/// The longest playlist that is read: 16 hours of six-second segments with lines of 50 bytes.
const MAX_PLAYLIST: usize = 512 * 1024;

/// How many redirects in a row are followed.
const MAX_REDIRECTS: usize = 5;

/// A document and the URL that it finally came from, which its relative URLs refer to (RFC 3986 section 5.1.3).
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) url: Url,
    pub(crate) text: Vec<u8>,
}

/// A viewer's browser: the connection that it has, if any.
#[derive(Debug, Default)]
pub(crate) struct Browser {
    connection: Option<Connection>,
}

#[derive(Debug)]
struct Connection {
    line: Line,
    /// The `Host` header, and what tells whether a URL can use this connection.
    authority: Box<str>,
}

/// What becomes of a body.
#[derive(Debug)]
enum Body<'a> {
    Keep(&'a mut Vec<u8>),
    CountAsMedia,
}

impl Browser {
    /// Fetches a playlist, following redirects. `edges`, if there are any, are asked instead of the URL's host.
    pub(crate) async fn document(
        &mut self,
        view: &mut View<'_>,
        url: &Url,
        edges: &[SocketAddr],
    ) -> Result<Document, PlayError> {
        let mut url = url.clone();
        let mut edges = edges;
        for _ in 0..=MAX_REDIRECTS {
            let mut text = Vec::new();
            let head = self.get(view, &url, edges, Body::Keep(&mut text)).await?;
            match redirect(&head, &url)? {
                Some(next) => url = next,
                None => return Ok(Document { url, text }),
            }
            edges = &[];
        }
        Err(PlayError::Redirects(MAX_REDIRECTS))
    }

    /// Fetches a segment and throws it away.
    pub(crate) async fn segment(&mut self, view: &mut View<'_>, url: &Url) -> Result<(), PlayError> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let head = self.get(view, &url, &[], Body::CountAsMedia).await?;
            match redirect(&head, &url)? {
                Some(next) => url = next,
                None => return Ok(()),
            }
        }
        Err(PlayError::Redirects(MAX_REDIRECTS))
    }

    /// One exchange. A kept connection that the server has closed meanwhile is opened once more.
    async fn get(
        &mut self,
        view: &mut View<'_>,
        url: &Url,
        edges: &[SocketAddr],
        mut body: Body<'_>,
    ) -> Result<Head, PlayError> {
        let authority = &url[Position::BeforeHost..Position::AfterPort];
        let kept = self.connection.take().filter(|kept| edges.is_empty() && *kept.authority == *authority);
        if let Some(mut connection) = kept {
            view.meter = connection.line.meter.clone();
            match within(connection.exchange(url, &mut body)).await {
                Ok(head) => return Ok(self.keep(connection, head)),
                Err(Broken::Stale) => {}
                Err(Broken::Fault(error)) => return Err(error),
            }
        }
        let found = if edges.is_empty() { addresses(view, url).await? } else { edges.to_vec() };
        let line = dial(view, &found).await?;
        let mut connection = Connection { line, authority: authority.into() };
        match within(connection.exchange(url, &mut body)).await {
            Ok(head) => Ok(self.keep(connection, head)),
            Err(Broken::Stale) => Err(HttpError::Cut.into()),
            Err(Broken::Fault(error)) => Err(error),
        }
    }

    fn keep(&mut self, connection: Connection, head: Head) -> Head {
        self.connection = head.keep_alive.then_some(connection);
        head
    }
}

/// How an exchange fails.
#[derive(Debug)]
enum Broken {
    /// Nothing came back: after a pause, the server's keep-alive time had run out.
    Stale,
    Fault(PlayError),
}

async fn within(exchange: impl Future<Output = Result<Head, Broken>>) -> Result<Head, Broken> {
    timeout(EXCHANGE_TIMEOUT, exchange).await.unwrap_or(Err(Broken::Fault(PlayError::Slow)))
}

impl Connection {
    async fn exchange(&mut self, url: &Url, body: &mut Body<'_>) -> Result<Head, Broken> {
        let request = request(url, &self.authority);
        self.line.stream.write_all(request.as_bytes()).await.map_err(|_| Broken::Stale)?;
        drop(request);
        let mut response = Response::default();
        let mut heard = false;
        while !response.is_complete() {
            let meter = &self.line.meter;
            let read = scratch::receive(&self.line.stream, |bytes| {
                take(&mut response, bytes, body, meter).map(|()| !bytes.is_empty())
            });
            match read.await {
                Ok(Ok(more)) => heard |= more,
                Ok(Err(_)) | Err(_) if !heard && !response.has_begun() => return Err(Broken::Stale),
                Ok(Err(error)) => return Err(Broken::Fault(error)),
                Err(error) => return Err(Broken::Fault(error.into())),
            }
        }
        response.into_head().ok_or(Broken::Fault(HttpError::Cut.into()))
    }
}

/// Feeds what was read to the response, and counts it.
fn take(response: &mut Response, bytes: &[u8], body: &mut Body<'_>, meter: &Meter) -> Result<(), PlayError> {
    if bytes.is_empty() {
        return Ok(response.closed()?);
    }
    meter.received(bytes.len());
    let mut media = 0;
    let mut full = false;
    response.feed(bytes, |part| match body {
        Body::CountAsMedia => media += part.len(),
        Body::Keep(text) if text.len() + part.len() > MAX_PLAYLIST => full = true,
        Body::Keep(text) => text.extend_from_slice(part),
    })?;
    // The body of a redirect or of an error is no media.
    if media > 0 && response.status() == Some(200) {
        meter.media(u64::try_from(media).unwrap_or(u64::MAX));
    }
    if full { Err(PlayError::Playlist) } else { Ok(()) }
}

fn request(url: &Url, authority: &str) -> String {
    let path = &url[Position::BeforePath..Position::AfterQuery];
    format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: weir-players\r\nAccept: */*\r\n\r\n")
}

/// Where a 3xx leads; `None` for a 200.
fn redirect(head: &Head, from: &Url) -> Result<Option<Url>, PlayError> {
    match (head.status, &head.location) {
        (200, _) => Ok(None),
        (301 | 302 | 303 | 307 | 308, Some(location)) => {
            let url = from.join(location).map_err(|_| PlayError::Url(location.clone()))?;
            if url.scheme() == "http" { Ok(Some(url)) } else { Err(PlayError::Url(location.clone())) }
        }
        (status, _) => Err(PlayError::Status(status)),
    }
}
