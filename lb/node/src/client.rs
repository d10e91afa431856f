//! Asks a running weir by its admin API.

use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;

use crate::cli::Remote;

/// The whole exchange must be done within this time.
const WITHIN: Duration = Duration::from_secs(5);
/// The largest answer that is read: the state of a thousand pools has a few megabytes.
const LARGEST: usize = 64 << 20;

/// Asks, and returns the JSON that comes back.
pub(crate) fn ask(
    remote: &Remote,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> anyhow::Result<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let address = remote.admin;
    runtime
        .block_on(async { tokio::time::timeout(WITHIN, exchange(remote, method, path, body)).await })
        .with_context(|| format!("no answer from {address} within {} s", WITHIN.as_secs()))?
}

async fn exchange(
    remote: &Remote,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> anyhow::Result<Value> {
    let address = remote.admin;
    let stream = tokio::net::TcpStream::connect(address).await.with_context(|| {
        format!("cannot reach weir's admin listener at {address}; is weir running, and is --admin right?")
    })?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let request = request(remote, method, path, body)?;
    let answering = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LARGEST).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!("{error}"))?.to_bytes();
        drop(sender);
        anyhow::Ok((status, body))
    };
    let (answer, _) = tokio::join!(answering, connection);
    let (status, body) = answer?;
    let value: Value = serde_json::from_slice(&body)
        .with_context(|| format!("{address} answered {status}, and it is not weir's admin API"))?;
    if !status.is_success() {
        bail!("{}", value["error"].as_str().unwrap_or("refused without a reason"));
    }
    Ok(value)
}

fn request(
    remote: &Remote,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> anyhow::Result<Request<Full<Bytes>>> {
    let mut request = Request::builder().method(method).uri(path).header(HOST, remote.admin.to_string());
    if let Some(file) = &remote.token_file {
        let token = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the token in {}", file.display()))?;
        request = request.header(AUTHORIZATION, format!("Bearer {}", token.trim()));
    }
    let body = body.map(Value::to_string).unwrap_or_default();
    Ok(request.header(CONTENT_TYPE, "application/json").body(Full::new(body.into()))?)
}
