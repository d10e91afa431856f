//! Connections that carry any number of questions, each behind its length (RFC 7766).
//!
//! Questions of one connection are answered in their order, however many are sent ahead. RFC 7766 section 6.2.1.1
//! wants answers out of order where one would wait for another; ours need no waiting, each is made at once, so there
//! is never more than one in the making. What a client sends ahead is bounded by one read buffer, and its answers
//! leave together.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::answerer::Answerer;
use crate::metrics::Transport;
use crate::quota::Seat;

/// How long a question that is under way when all is to stop may take.
const LAST_CALL: Duration = Duration::from_millis(100);
/// How many bytes of questions are read ahead.
const AHEAD: usize = 8 * 1024;
/// From how many bytes on answers are sent before the next question is looked at; one more may come on top.
const MOST_TOGETHER: usize = 32 * 1024;
/// How long to wait after accepting failed, most likely for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts and answers until told to stop; ends when the last connection has.
pub(super) async fn serve(listener: TcpListener, answerer: Arc<Answerer>, stop: CancellationToken) {
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
                let limits = answerer.guard().active().policy.tcp.clone();
                let now = Instant::now().into_std();
                let Some(seat) = answerer.quota().seat(client.ip(), &limits, now) else { continue };
                let (answerer, stop) = (Arc::clone(&answerer), stop.clone());
                connections.spawn(async move {
                    let talk =
                        Talk { client, idle: limits.idle, answerer: &answerer, seat: &seat, stop: &stop };
                    let ended = tokio::select! {
                        biased;
                        () = seat.gone() => Ok(()),
                        ended = talk.run(stream) => ended,
                    };
                    if let Err(error) = ended {
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

/// One connection.
struct Talk<'a> {
    client: SocketAddr,
    idle: Duration,
    answerer: &'a Answerer,
    seat: &'a Seat,
    stop: &'a CancellationToken,
}

impl Talk<'_> {
    /// Answers until the client closes the connection, dawdles, or all is to stop.
    async fn run(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut stream = BufReader::with_capacity(AHEAD, stream);
        let mut answers = Vec::new();
        loop {
            let Some(question) = self.next(&mut stream).await? else { return Ok(()) };
            self.seat.heard(Instant::now().into_std());
            self.answer(&question, &mut answers)?;
            if !answers.is_empty() && (answers.len() >= MOST_TOGETHER || !holds_one(stream.buffer())) {
                timeout(self.idle, stream.write_all(&answers)).await??;
                answers.clear();
            }
        }
    }

    /// Adds an answer behind its length: one write for both, so that they share a segment (RFC 7766 section 8).
    fn answer(&self, question: &[u8], answers: &mut Vec<u8>) -> io::Result<()> {
        if let Some(answer) = self.answerer.reply(question, self.client, Transport::Tcp) {
            let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
            answers.extend_from_slice(&length.to_be_bytes());
            answers.extend_from_slice(&answer);
        }
        Ok(())
    }

    /// The next question; none at a clean end, or when all is to stop and none is under way.
    async fn next(&self, stream: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
        let mut question = pin!(timeout(self.idle, read(stream)));
        tokio::select! {
            biased;
            question = &mut question => question?,
            () = self.stop.cancelled() => timeout(LAST_CALL, question).await.unwrap_or(Ok(Ok(None)))?,
        }
    }
}

/// Whether these bytes begin with a whole question and its length.
fn holds_one(buffer: &[u8]) -> bool {
    let Some((length, rest)) = buffer.split_first_chunk::<2>() else { return false };
    rest.len() >= usize::from(u16::from_be_bytes(*length))
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

#[cfg(test)]
mod tests;
