//! A client of the instance metadata service, version 2.
//!
//! One connection per read of the tree, closed afterwards: the service limits connections, and one that idled for
//! half a minute is closed by then anyway. Everything is bounded: an attempt by [`PATIENCE`], the attempts by
//! [`ATTEMPTS`], a body by [`MAX_BODY`].

use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::MetadataEndpoint;
use crate::discovery::backoff::{Backoff, draw};

/// An attempt that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often a request is tried.
const ATTEMPTS: u32 = 3;
/// The waits between the attempts.
const BETWEEN: Backoff = Backoff { first: Duration::from_millis(100), most: Duration::from_secs(1) };
/// No body of the metadata comes near this.
const MAX_BODY: usize = 64 * 1024;
/// How long a token shall live, in seconds: the longest that the service allows.
const TOKEN_TTL: u64 = 21_600;
/// Header of the token's lifetime, in the request and in the reply.
const TTL_HEADER: &str = "x-aws-ec2-metadata-token-ttl-seconds";
/// Header of the token.
const TOKEN_HEADER: &str = "x-aws-ec2-metadata-token";

/// Why the metadata could not be read.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// It has nothing at this path (404).
    #[error("the instance metadata has no {path}")]
    NotFound {
        /// Below `latest/meta-data/`.
        path: String,
    },
    /// It refuses a fresh token, hands none out, or is switched off (401, 403).
    #[error("the instance metadata refuses {path} with {status}; is it enabled for this instance?")]
    Unauthorized {
        /// Below `latest/meta-data/`, or the token's path.
        path: String,
        /// What it answered.
        status: u16,
    },
    /// It can't be reached, or answers with any other error; too many requests (429) among them.
    #[error("the instance metadata is unavailable for {path}: {what}")]
    Unavailable {
        /// Below `latest/meta-data/`, or the token's path.
        path: String,
        /// What happened.
        what: String,
    },
    /// It did not answer in time.
    #[error("the instance metadata did not answer for {path} within {} s", PATIENCE.as_secs())]
    Timeout {
        /// Below `latest/meta-data/`, or the token's path.
        path: String,
    },
    /// What it answered can't be right.
    #[error("the instance metadata's answer for {path} is malformed")]
    Malformed {
        /// Below `latest/meta-data/`, or the token's path.
        path: String,
    },
}

impl MetadataError {
    /// Whether it may work a moment later.
    fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Timeout { .. })
    }
}

/// Asks the metadata service, with a token that it fetches, keeps and renews.
pub struct MetadataClient {
    endpoint: MetadataEndpoint,
    token: Option<Token>,
    open: Option<Open>,
}

struct Token {
    text: String,
    renew_at: Instant,
}

/// A connection, with the task that moves its bytes; the task ends with it.
struct Open {
    sender: SendRequest<Empty<Bytes>>,
    _driver: JoinSet<()>,
}

/// An answer, read to its end.
struct Answer {
    status: StatusCode,
    ttl: Option<u64>,
    body: Bytes,
}

const TOKEN_PATH: &str = "/latest/api/token";

impl MetadataClient {
    /// A client that has asked nothing yet.
    pub fn new(endpoint: MetadataEndpoint) -> Self {
        Self { endpoint, token: None, open: None }
    }

    /// The text at a path below `latest/meta-data/`.
    pub async fn get(&mut self, path: &str) -> Result<String, MetadataError> {
        let mut failures = 0;
        loop {
            match self.try_get(path).await {
                Err(error) if error.is_passing() && failures + 1 < ATTEMPTS => failures += 1,
                done => return done,
            }
            sleep(BETWEEN.wait(failures, draw())).await;
        }
    }

    /// Closes the connection, keeps the token.
    pub fn rest(&mut self) {
        self.open = None;
    }

    /// A token may be refused before its time, as after a hibernation: then once more with a new one.
    async fn try_get(&mut self, path: &str) -> Result<String, MetadataError> {
        let uri = format!("/latest/meta-data/{path}");
        let mut answer = self.authorized(&uri, path).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            self.token = None;
            answer = self.authorized(&uri, path).await?;
        }
        let body = judge(answer, path)?.body;
        String::from_utf8(body.into()).map_err(|_| MetadataError::Malformed { path: path.to_owned() })
    }

    async fn authorized(&mut self, uri: &str, path: &str) -> Result<Answer, MetadataError> {
        let token = self.token().await?;
        let request = Request::get(uri).header(TOKEN_HEADER, token);
        self.exchange(request, path).await
    }

    async fn token(&mut self) -> Result<String, MetadataError> {
        if let Some(token) = self.token.as_ref().filter(|token| Instant::now() < token.renew_at) {
            return Ok(token.text.clone());
        }
        let asked_at = Instant::now();
        let request = Request::builder().method(Method::PUT).uri(TOKEN_PATH).header(TTL_HEADER, TOKEN_TTL);
        let answer = judge(self.exchange(request, TOKEN_PATH).await?, TOKEN_PATH)?;
        let text = String::from_utf8(answer.body.into())
            .ok()
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic()))
            .ok_or_else(|| MetadataError::Malformed { path: TOKEN_PATH.to_owned() })?;
        let ttl = answer.ttl.unwrap_or(TOKEN_TTL).min(TOKEN_TTL);
        let token = Token { text: text.clone(), renew_at: asked_at + Duration::from_secs(ttl / 10 * 9) };
        self.token = Some(token);
        Ok(text)
    }

    /// One request and its answer. A failure closes the connection.
    async fn exchange(
        &mut self,
        request: hyper::http::request::Builder,
        path: &str,
    ) -> Result<Answer, MetadataError> {
        let request = request
            .header(header::HOST, self.endpoint.address().to_string())
            .body(Empty::new())
            .map_err(|_| MetadataError::Malformed { path: path.to_owned() })?;
        let mut open = self.open.take();
        let exchange = async {
            let mut open = match open.take().filter(|open| !open.sender.is_closed()) {
                Some(open) => open,
                None => connect(self.endpoint, path).await?,
            };
            let answer = send(&mut open.sender, request, path).await?;
            Ok((open, answer))
        };
        let (open, answer) = timeout(PATIENCE, exchange)
            .await
            .unwrap_or_else(|_| Err(MetadataError::Timeout { path: path.to_owned() }))?;
        self.open = Some(open);
        Ok(answer)
    }
}

async fn connect(endpoint: MetadataEndpoint, path: &str) -> Result<Open, MetadataError> {
    let unavailable = |what: String| MetadataError::Unavailable { path: path.to_owned(), what };
    let stream =
        TcpStream::connect(endpoint.address()).await.map_err(|error| unavailable(error.to_string()))?;
    let (sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| unavailable(error.to_string()))?;
    let mut driver = JoinSet::new();
    // How the connection ends, the request that is on it learns too.
    driver.spawn(async move { drop(connection.await) });
    Ok(Open { sender, _driver: driver })
}

async fn send(
    sender: &mut SendRequest<Empty<Bytes>>,
    request: Request<Empty<Bytes>>,
    path: &str,
) -> Result<Answer, MetadataError> {
    let failed = |error: hyper::Error| match error.is_parse() {
        true => MetadataError::Malformed { path: path.to_owned() },
        false => MetadataError::Unavailable { path: path.to_owned(), what: error.to_string() },
    };
    sender.ready().await.map_err(failed)?;
    let response = sender.send_request(request).await.map_err(failed)?;
    let status = response.status();
    let ttl = response.headers().get(TTL_HEADER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let body =
        Limited::new(response.into_body(), MAX_BODY).collect().await.map_err(|error| match error
            .is::<LengthLimitError>(
        ) {
            true => MetadataError::Malformed { path: path.to_owned() },
            false => MetadataError::Unavailable { path: path.to_owned(), what: error.to_string() },
        })?;
    Ok(Answer { status, ttl, body: body.to_bytes() })
}

fn judge(answer: Answer, path: &str) -> Result<Answer, MetadataError> {
    let path = path.to_owned();
    let status = answer.status.as_u16();
    match status {
        200 => Ok(answer),
        404 => Err(MetadataError::NotFound { path }),
        401 | 403 => Err(MetadataError::Unauthorized { path, status }),
        _ => Err(MetadataError::Unavailable { path, what: format!("status {}", answer.status) }),
    }
}
