//! A player's side of RTMP, as a machine that is fed bytes and gives bytes to send. No I/O here.
//!
//! ```text
//! Handshake ── S0 S1 S2 ──► Connecting ── _result ──► Creating ── _result(id) ──► Playing
//!   C0 C1                     C2, connect              createStream                play
//! ```

use thiserror::Error;

use super::Stream;
use super::amf::{self, Value, Write};
use super::chunk::{self, Message, Reader, kind};

/// C1, C2, S1 and S2 (specification section 5.2).
const PACKET: usize = 1536;

/// S0, S1 and S2.
const SERVER_HELLO: usize = 1 + 2 * PACKET;

const VERSION: u8 = 3;

/// User control events (section 7.1.7).
const SET_BUFFER_LENGTH: u16 = 3;
const PING_REQUEST: u16 = 6;
const PING_RESPONSE: u16 = 7;

/// The chunk streams that players use for control and commands.
const CONTROL: u8 = 2;
const COMMANDS: u8 = 3;

/// Why a session failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum RtmpError {
    #[error("the server speaks version {0}")]
    Version(u8),
    #[error("a chunk that cannot be")]
    Chunk,
    #[error("a command that is too long")]
    Long,
    #[error("the server refused: {0}")]
    Refused(String),
    #[error("the server closed the connection")]
    Closed,
}

#[derive(Debug)]
enum Stage {
    Handshake(Vec<u8>),
    Connecting,
    Creating,
    Playing,
}

/// A session with one server.
#[derive(Debug)]
pub(super) struct Session {
    stream: Stream,
    stage: Stage,
    reader: Reader,
    received: Window,
}

/// What the server wants to be acknowledged (section 5.4.3).
#[derive(Debug, Default)]
struct Window {
    /// Counts as the protocol does, around 2^32.
    bytes: u32,
    acknowledged: u32,
    size: Option<u32>,
}

impl Session {
    pub(super) fn new(stream: Stream) -> Self {
        let stage = Stage::Handshake(Vec::with_capacity(SERVER_HELLO));
        Self { stream, stage, reader: Reader::default(), received: Window::default() }
    }

    /// The first bytes to send: C0 and C1. Zeros are as good as random bytes; nobody checks that they are random.
    #[allow(clippy::unused_self, reason = "a session begins with it")]
    pub(super) fn hello(&self) -> Vec<u8> {
        let mut hello = vec![0; 1 + PACKET];
        hello[0] = VERSION;
        hello
    }

    /// Takes the next bytes, appends what is to be sent to `out`, and gives the bytes of media that are complete.
    pub(super) fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<u64, RtmpError> {
        let bytes = match &mut self.stage {
            Stage::Handshake(seen) => {
                let (hello, rest) = bytes.split_at(bytes.len().min(SERVER_HELLO - seen.len()));
                seen.extend_from_slice(hello);
                if seen[0] != VERSION {
                    return Err(RtmpError::Version(seen[0]));
                }
                if seen.len() < SERVER_HELLO {
                    return Ok(0);
                }
                out.extend_from_slice(&seen[1..=PACKET]);
                self.stage = Stage::Connecting;
                connect(out, &self.stream);
                rest
            }
            _ => bytes,
        };
        let Self { stream, stage, reader, received } = self;
        let mut media = 0;
        reader.feed(bytes, |message| match message.kind {
            kind::AUDIO | kind::VIDEO => {
                media += u64::from(message.length);
                Ok(())
            }
            kind::COMMAND => command(stream, stage, message.payload, out),
            _ => {
                received.control(&message, out);
                Ok(())
            }
        })?;
        received.count(bytes.len(), out);
        Ok(media)
    }
}

impl Window {
    fn control(&mut self, message: &Message<'_>, out: &mut Vec<u8>) {
        let Some(word) = chunk::word(message.payload) else { return };
        match (message.kind, message.payload) {
            (kind::WINDOW_SIZE, _) => self.size = Some(word.max(1)),
            (kind::PEER_BANDWIDTH, _) => {
                chunk::write(out, CONTROL, 0, (kind::WINDOW_SIZE, &word.to_be_bytes()));
            }
            (kind::USER_CONTROL, [high, low, time @ ..])
                if u16::from_be_bytes([*high, *low]) == PING_REQUEST && time.len() == 4 =>
            {
                let pong = [&PING_RESPONSE.to_be_bytes(), time].concat();
                chunk::write(out, CONTROL, 0, (kind::USER_CONTROL, &pong));
            }
            _ => {}
        }
    }

    fn count(&mut self, bytes: usize, out: &mut Vec<u8>) {
        self.bytes = self.bytes.wrapping_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        // Half a window, as players do: a whole one may stop the server for a round trip.
        let due = |size: u32| self.bytes.wrapping_sub(self.acknowledged) >= size.div_ceil(2);
        if self.size.is_some_and(due) {
            self.acknowledged = self.bytes;
            chunk::write(out, CONTROL, 0, (kind::ACKNOWLEDGEMENT, &self.bytes.to_be_bytes()));
        }
    }
}

/// A command from the server: the answer that the stage waits for, or bad news.
fn command(stream: &Stream, stage: &mut Stage, payload: &[u8], out: &mut Vec<u8>) -> Result<(), RtmpError> {
    let values = amf::read(payload);
    let Some(Value::Text(name)) = values.first() else { return Ok(()) };
    let info = values.iter().find(|value| value.text_of("level").is_some());
    let is_error = info.is_some_and(|info| info.text_of("level") == Some(b"error"));
    if *name == b"_error" || is_error {
        let code = info.and_then(|info| info.text_of("code")).unwrap_or(name);
        return Err(RtmpError::Refused(String::from_utf8_lossy(code).into_owned()));
    }
    match (&stage, *name, values.get(3)) {
        (Stage::Connecting, b"_result", _) => {
            *stage = Stage::Creating;
            let create = Vec::new().string("createStream").number(2.0).null();
            chunk::write(out, COMMANDS, 0, (kind::COMMAND, &create));
        }
        (Stage::Creating, b"_result", Some(Value::Number(id))) => {
            *stage = Stage::Playing;
            play(out, stream, stream_id(*id));
        }
        _ => {}
    }
    Ok(())
}

fn connect(out: &mut Vec<u8>, stream: &Stream) {
    let properties = [("app", stream.app.as_str()), ("flashVer", "LNX 9,0,124,2"), ("tcUrl", &stream.tc_url)];
    let connect = Vec::new().string("connect").number(1.0).object(&properties);
    chunk::write(out, COMMANDS, 0, (kind::COMMAND, &connect));
}

fn play(out: &mut Vec<u8>, stream: &Stream, id: u32) {
    // -2000: live if there is one, which is also what a missing argument means (section 7.2.2.1).
    let play = Vec::new().string("play").number(3.0).null().string(&stream.name).number(-2000.0);
    chunk::write(out, COMMANDS, id, (kind::COMMAND, &play));
    let buffer_millis = 3000_u32;
    let length =
        [&SET_BUFFER_LENGTH.to_be_bytes()[..], &id.to_be_bytes(), &buffer_millis.to_be_bytes()].concat();
    chunk::write(out, CONTROL, 0, (kind::USER_CONTROL, &length));
}

/// Servers number streams from 1; what is no small whole number is taken for the first.
fn stream_id(number: f64) -> u32 {
    (1..=u16::MAX).find(|id| f64::from(*id) == number).map_or(1, u32::from)
}

#[cfg(test)]
mod tests;
