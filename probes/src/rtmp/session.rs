//! The talk with an RTMP server: the only file of the probe that reads and writes.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use weir_core::{Evidence, Failure};

use super::chunk::{self, ChunkReader, Message};
use super::command::Command;
use super::handshake;
use crate::trace::Trace;

/// The bytes of one read.
const READ: usize = 16 * 1024;

/// What the player is said to buffer, in milliseconds (7.1.7): servers want to know it before `play`.
const BUFFER_MILLIS: u32 = 1000;

/// Events of a user control message (7.1.7).
const SET_BUFFER_LENGTH: u16 = 3;
const PING_REQUEST: u16 = 6;
const PING_RESPONSE: u16 = 7;

/// A connection after its handshake.
pub(crate) struct Session {
    stream: TcpStream,
    reader: ChunkReader,
    buffer: Vec<u8>,
    /// Bytes read since the last acknowledgement, and in all (the count wraps on the wire too).
    unacknowledged: u32,
    received: u32,
    /// After how many bytes the server waits for an acknowledgement.
    window: u32,
}

impl Session {
    /// Shakes hands.
    pub(crate) async fn open(mut stream: TcpStream, trace: &Trace) -> Result<Self, Failure> {
        let lost = |error: std::io::Error| trace.lost(&error);
        let hello = handshake::hello();
        stream.write_all(&handshake::opening(&hello)).await.map_err(lost)?;
        let version = stream.read_u8().await.map_err(lost)?;
        handshake::check_version(version).map_err(|error| not_rtmp(error.to_string()))?;
        let mut block = [0; handshake::BLOCK];
        stream.read_exact(&mut block).await.map_err(lost)?;
        stream.write_all(&handshake::reply(&block)).await.map_err(lost)?;
        stream.read_exact(&mut block).await.map_err(lost)?;
        if !handshake::is_echo(&hello, &block) {
            tracing::debug!("the RTMP server does not echo, as one that answers with digests");
        }
        Ok(Self {
            stream,
            reader: ChunkReader::new(),
            buffer: vec![0; READ],
            unacknowledged: 0,
            received: 0,
            window: u32::MAX,
        })
    }

    /// Sends a command on the connection's own message stream.
    pub(crate) async fn call(&mut self, body: &[u8], trace: &Trace) -> Result<(), Failure> {
        self.send(chunk::COMMAND, 0, body.to_vec(), trace).await
    }

    /// Asks a stream to play.
    pub(crate) async fn play(&mut self, stream: u32, body: &[u8], trace: &Trace) -> Result<(), Failure> {
        let length =
            [&SET_BUFFER_LENGTH.to_be_bytes()[..], &stream.to_be_bytes(), &BUFFER_MILLIS.to_be_bytes()];
        self.send(chunk::USER_CONTROL, 0, length.concat(), trace).await?;
        self.send(chunk::COMMAND, stream, body.to_vec(), trace).await
    }

    /// The next message; what the connection itself asks for has been answered.
    pub(crate) async fn message(&mut self, trace: &Trace) -> Result<Message, Failure> {
        loop {
            let next = self.reader.message().map_err(|error| not_rtmp(error.to_string()))?;
            if let Some(message) = next {
                self.serve(&message, trace).await?;
                return Ok(message);
            }
            self.read(trace).await?;
        }
    }

    /// The next message, if it is a command.
    pub(crate) async fn command(&mut self, trace: &Trace) -> Result<Option<Command>, Failure> {
        parse_command(&self.message(trace).await?)
    }

    async fn read(&mut self, trace: &Trace) -> Result<(), Failure> {
        let count = self.stream.read(&mut self.buffer).await.map_err(|error| trace.lost(&error))?;
        if count == 0 {
            return Err(trace.lost("closed by the server"));
        }
        self.reader.feed(&self.buffer[..count]);
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.received = self.received.wrapping_add(count);
        self.unacknowledged = self.unacknowledged.saturating_add(count);
        if self.unacknowledged >= self.window {
            self.unacknowledged = 0;
            let received = self.received.to_be_bytes().to_vec();
            self.send(chunk::ACKNOWLEDGEMENT, 0, received, trace).await?;
        }
        Ok(())
    }

    /// Answers a ping, and learns the window.
    async fn serve(&mut self, message: &Message, trace: &Trace) -> Result<(), Failure> {
        match message.kind {
            chunk::WINDOW_SIZE => {
                // A window of nothing would mean an acknowledgement per byte.
                self.window = chunk::be32(&message.body).map_or(self.window, |window| window.max(1024));
                Ok(())
            }
            chunk::USER_CONTROL if message.body.starts_with(&PING_REQUEST.to_be_bytes()) => {
                let stamp = message.body.get(2..6).unwrap_or(&[0; 4]);
                let pong = [&PING_RESPONSE.to_be_bytes()[..], stamp].concat();
                self.send(chunk::USER_CONTROL, 0, pong, trace).await
            }
            _ => Ok(()),
        }
    }

    async fn send(&mut self, kind: u8, stream: u32, body: Vec<u8>, trace: &Trace) -> Result<(), Failure> {
        let bytes = chunk::write(&Message { kind, stream, body });
        self.stream.write_all(&bytes).await.map_err(|error| trace.lost(&error))
    }
}

/// The command in a message, if it is one.
pub(crate) fn parse_command(message: &Message) -> Result<Option<Command>, Failure> {
    let body = match (message.kind, message.body.as_slice()) {
        (chunk::COMMAND, body) => body,
        // AMF3 commands are AMF0 behind a format byte, as servers send them.
        (chunk::COMMAND_AMF3, [0, body @ ..]) => body,
        _ => return Ok(None),
    };
    Command::parse(body).map_err(|error| not_rtmp(error.to_string()))
}

/// What is not RTMP.
pub(crate) fn not_rtmp(evidence: impl AsRef<str>) -> Failure {
    Failure::Protocol { protocol: "RTMP", evidence: Evidence::new(evidence) }
}
