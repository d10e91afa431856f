//! Connections that carry any number of questions, each behind its length (RFC 7766).
//!
//! Questions of one connection are answered in their order, however many are sent ahead: an answer needs no
//! waiting, so none can hold up another.

mod quota;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::answerer::Answerer;
use crate::metrics::Transport;
use quota::Quota;

/// How long a connection may take from one answer to the end of its next question, and to take an answer.
const IDLE: Duration = Duration::from_secs(10);
/// How long a question that is under way when all is to stop may take.
const LAST_CALL: Duration = Duration::from_millis(100);
/// How many connections a listener has open; one more is closed at once.
const MAX_CONNECTIONS: usize = 256;
/// How many of those may be of one address, so that no client can keep all others out.
const MAX_PER_CLIENT: usize = 64;
/// How long to wait after accepting failed, most likely for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts and answers until told to stop; ends when the last connection has.
pub(super) async fn serve(listener: TcpListener, answerer: Arc<Answerer>, stop: CancellationToken) {
    let quota = Quota::new(MAX_CONNECTIONS, MAX_PER_CLIENT);
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, client)) => {
                // Without a seat the stream is dropped, which closes it.
                let Some(seat) = quota.seat(client.ip()) else { continue };
                let (answerer, stop) = (Arc::clone(&answerer), stop.clone());
                connections.spawn(async move {
                    let _seat = seat;
                    if let Err(error) = converse(stream, client, &answerer, &stop).await {
                        tracing::debug!(%error, %client, "a DNS connection ended");
                    }
                });
            }
            Err(error) => {
                tracing::debug!(%error, socket = ?listener.local_addr().ok(), "accepting DNS connections failed");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Answers one connection until its client closes it, dawdles, or all is to stop.
async fn converse(
    stream: TcpStream,
    client: SocketAddr,
    answerer: &Answerer,
    stop: &CancellationToken,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    loop {
        let Some(question) = next(&mut stream, stop).await? else { return Ok(()) };
        if let Some(response) = answerer.respond(&question, client, Transport::Tcp).await {
            let length = u16::try_from(response.len()).map_err(io::Error::other)?.to_be_bytes();
            // One write, so that length and message share a segment (RFC 7766 section 8).
            timeout(IDLE, stream.write_all(&[&length, response.as_slice()].concat())).await??;
        }
    }
}

/// The next question; none at a clean end, or when all is to stop and none is under way.
async fn next(stream: &mut BufReader<TcpStream>, stop: &CancellationToken) -> io::Result<Option<Vec<u8>>> {
    let mut question = pin!(timeout(IDLE, read(stream)));
    tokio::select! {
        biased;
        question = &mut question => question?,
        () = stop.cancelled() => timeout(LAST_CALL, question).await.unwrap_or(Ok(Ok(None)))?,
    }
}

/// Reads one message; none at a clean end.
async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let length = match stream.read_u16().await {
        Ok(length) => length,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut message = vec![0; usize::from(length)];
    stream.read_exact(&mut message).await?;
    Ok(Some(message))
}
