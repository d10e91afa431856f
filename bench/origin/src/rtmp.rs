//! An RTMP connection: reads, lets the session answer, and sends frames at their time.

pub(crate) mod amf;
mod answer;
pub(crate) mod chunk;
pub(crate) mod handshake;
pub(crate) mod session;

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, sleep_until, timeout};

pub(crate) use handshake::VERSION;

use crate::clock::whole;
use crate::endpoint::Endpoint;
use crate::fault::Media;
use crate::media::{flv, frame};
use crate::seed::mix;
use crate::wire::Wire;
use chunk::read::{ChunkError, Reader};
use handshake::{HELLO, OtherVersion};
use session::{Session, SessionError, Stage};

/// How long a client may take for its handshake.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);
/// How long a client may say nothing while it does not play.
const IDLE_PATIENCE: Duration = Duration::from_secs(60);
/// How long a refused client may take to close.
const PARTING_PATIENCE: Duration = Duration::from_secs(1);
/// How far a slow client may fall behind, in frames, before frames are left out. Every picture is a key frame.
const MAX_LAG: u64 = 2 * frame::PER_SECOND;
/// Bytes read at once; with the reader's own bounds this is what a client can make us hold.
const READ: usize = 4_096;

/// Why a conversation ended before the client left.
#[derive(Debug, Error)]
pub(crate) enum RtmpError {
    #[error("the connection failed")]
    Io(#[from] io::Error),
    #[error("the handshake failed")]
    Version(#[from] OtherVersion),
    #[error("the client was silent for too long")]
    Idle,
    #[error("bad chunks")]
    Chunk(#[from] ChunkError),
    #[error("a bad message")]
    Session(#[from] SessionError),
}

/// Serves a client until it leaves, is refused, or fails.
pub(crate) async fn converse(endpoint: &Endpoint, mut wire: Wire) -> Result<(), RtmpError> {
    timeout(HANDSHAKE_PATIENCE, shake(endpoint, &mut wire)).await.map_err(|_| RtmpError::Idle)??;
    let mut faults = endpoint.follow();
    let mut talk = Talk::new(endpoint);
    let mut buffer = [0; READ];
    loop {
        let send = talk.next_frame();
        let idle = talk.session.stage() != Stage::Playing;
        tokio::select! {
            biased;
            changed = faults.changed() => match changed {
                Ok(()) => talk.session.follow(&faults.borrow_and_update(), &mut talk.out),
                Err(_) => return Ok(()), // The endpoint is gone.
            },
            read = wire.read(&mut buffer) => match read? {
                0 => return Ok(()),
                count => talk.hear(&buffer[..count])?,
            },
            () = sleep_until(endpoint.stream.clock.at(frame::begin(send.unwrap_or(0)))), if send.is_some() => {
                let [configuration, chunks] = talk.frame(send.unwrap_or(0));
                wire.write_all(&configuration).await?;
                wire.write_all(&chunks).await?;
            }
            () = sleep(IDLE_PATIENCE), if idle => return Err(RtmpError::Idle),
        }
        if !talk.out.is_empty() {
            wire.write_all(&talk.out).await?;
            talk.out.clear();
        }
        if talk.session.stage() == Stage::Closed {
            return part(&mut wire, &mut buffer).await;
        }
    }
}

/// Closes so that the last words arrive: a socket closed with bytes unread resets the connection, and the client may
/// lose what it has not read either.
async fn part(wire: &mut Wire, buffer: &mut [u8]) -> Result<(), RtmpError> {
    wire.shutdown().await?;
    let drained =
        timeout(PARTING_PATIENCE, async { while wire.read(buffer).await.is_ok_and(|count| count > 0) {} });
    drained.await.map_err(|_| RtmpError::Idle)
}

async fn shake(endpoint: &Endpoint, wire: &mut Wire) -> Result<(), RtmpError> {
    let mut hello = [0; HELLO];
    wire.read_exact(&mut hello).await?;
    let time = now(endpoint);
    let answer = handshake::answer(&hello, time, mix(endpoint.stream.config.seed ^ u64::from(time)))?;
    wire.write_all(&answer[..]).await?;
    wire.read_exact(&mut hello[1..]).await?;
    Ok(())
}

/// The stream's time in RTMP's clock.
fn now(endpoint: &Endpoint) -> u32 {
    flv::milliseconds(whole(endpoint.stream.clock.elapsed(), Duration::from_millis(1)))
}

/// A conversation after the handshake, without its socket.
struct Talk<'a> {
    endpoint: &'a Endpoint,
    reader: Reader,
    session: Session<'a>,
    out: BytesMut,
    /// The frame to send next, once playing.
    next: Option<u64>,
    /// Whether the player has what its decoder needs.
    configured: bool,
}

impl<'a> Talk<'a> {
    fn new(endpoint: &'a Endpoint) -> Self {
        let session = Session::new(&endpoint.stream.config);
        Self {
            endpoint,
            reader: Reader::default(),
            session,
            out: BytesMut::new(),
            next: None,
            configured: false,
        }
    }

    /// Takes what the client said. A play begins with the frame that is on now.
    fn hear(&mut self, bytes: &[u8]) -> Result<(), RtmpError> {
        self.reader.feed(bytes);
        while let Some(message) = self.reader.take()? {
            let before = self.session.stage();
            self.session.take(&message, &self.endpoint.setting(), &mut self.out)?;
            match (before, self.session.stage()) {
                (_, Stage::Closed) => break,
                (Stage::Playing, Stage::Playing) => {}
                (_, Stage::Playing) => self.begin(),
                _ => self.next = None,
            }
        }
        Ok(())
    }

    fn begin(&mut self) {
        self.endpoint.counters.requested();
        self.next = Some(self.current());
        self.configured = false;
    }

    /// The frame that is due next, if media flows.
    fn next_frame(&mut self) -> Option<u64> {
        let oldest = self.current().saturating_sub(MAX_LAG);
        let next = self.next.as_mut()?;
        *next = (*next).max(oldest);
        (self.endpoint.setting().media() == Media::Flowing).then_some(*next)
    }

    /// The frame's chunks, before the first one those of the configuration.
    fn frame(&mut self, number: u64) -> [Bytes; 2] {
        self.next = Some(number + 1);
        let chunks = self.endpoint.stream.frame(number);
        if std::mem::replace(&mut self.configured, true) {
            return [Bytes::new(), chunks];
        }
        [flv::configuration(flv::milliseconds(number * 1_000 / frame::PER_SECOND)), chunks]
    }

    fn current(&self) -> u64 {
        whole(self.endpoint.stream.clock.elapsed(), frame::LENGTH)
    }
}
