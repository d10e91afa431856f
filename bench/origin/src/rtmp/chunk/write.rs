//! Writing messages.
//!
//! Every message begins with a full header (type 0), so that what is written depends on nothing written before, and the
//! same bytes serve every session.

use bytes::{BufMut, BytesMut};

use super::EXTENDED;

/// The chunk size that we announce before anything that is longer than a default chunk.
pub(crate) const CHUNK_SIZE: usize = 4_096;
/// The message stream that `createStream` answers with, in every session.
pub(crate) const PLAY_STREAM: u32 = 1;
/// The message stream of commands that belong to the connection.
pub(crate) const CONNECTION: u32 = 0;

/// A message's type (5.4, 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    SetChunkSize,
    UserControl,
    WindowAcknowledgement,
    PeerBandwidth,
    Audio,
    Video,
    Data,
    Command,
}

impl Kind {
    /// The type's number, and the chunk stream that it travels on.
    fn numbers(self) -> (u8, u8) {
        match self {
            Self::SetChunkSize => (1, 2),
            Self::UserControl => (4, 2),
            Self::WindowAcknowledgement => (5, 2),
            Self::PeerBandwidth => (6, 2),
            Self::Audio => (8, 4),
            Self::Video => (9, 6),
            Self::Data => (18, 5),
            Self::Command => (20, 3),
        }
    }
}

/// A message to be written.
pub(crate) struct Outgoing<'a> {
    pub(crate) kind: Kind,
    /// Milliseconds.
    pub(crate) time: u32,
    /// The message stream.
    pub(crate) stream: u32,
    /// At most 16,777,215 bytes; more is cut off, and the configuration's bounds keep frames far below.
    pub(crate) payload: &'a [u8],
}

/// Appends a message in chunks of [`CHUNK_SIZE`].
pub(crate) fn message(out: &mut BytesMut, message: &Outgoing<'_>) {
    const LONGEST: usize = 0x00FF_FFFF;
    let payload = &message.payload[..message.payload.len().min(LONGEST)];
    let (kind, lane) = message.kind.numbers();
    let extended = message.time >= EXTENDED;
    out.reserve(payload.len() + payload.len() / CHUNK_SIZE * 5 + 16);
    out.put_u8(lane);
    out.put_uint(u64::from(message.time.min(EXTENDED)), 3);
    out.put_uint(payload.len() as u64, 3);
    out.put_u8(kind);
    out.put_u32_le(message.stream);
    if extended {
        out.put_u32(message.time);
    }
    for (index, part) in payload.chunks(CHUNK_SIZE).enumerate() {
        if index > 0 {
            out.put_u8(0xC0 | lane);
            // Not in the text of 5.3.1.3's first editions, but what every implementation does and 1.0 now says.
            if extended {
                out.put_u32(message.time);
            }
        }
        out.put_slice(part);
    }
}
