//! Reading messages from whatever pieces the network delivers. No I/O: bytes are fed in, messages taken out.
//!
//! What a peer can make us hold is at most `MAX_LANES` messages of `MAX_MESSAGE` bytes and one unfinished chunk.

use std::collections::HashMap;
use std::sync::LazyLock;

use bytes::{Buf, Bytes, BytesMut};
use thiserror::Error;

use super::{EXTENDED, FIRST_CHUNK_SIZE};

/// The longest message taken. Players send commands of some hundred bytes; nobody publishes here.
pub(crate) const MAX_MESSAGE: usize = 64 << 10;
/// Chunk streams that one peer may use. Players use two or three.
pub(crate) const MAX_LANES: usize = 16;

const SET_CHUNK_SIZE: u8 = 1;
const ABORT: u8 = 2;

/// A whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// Type number (5.4, 7.1).
    pub(crate) kind: u8,
    /// Milliseconds.
    pub(crate) time: u32,
    /// The message stream.
    pub(crate) stream: u32,
    /// What it says.
    pub(crate) payload: Bytes,
}

/// Why a peer's bytes cannot be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum ChunkError {
    #[error("a message of {0} bytes is over the limit of {MAX_MESSAGE}")]
    TooLong(usize),
    #[error("more than {MAX_LANES} chunk streams")]
    TooManyLanes,
    #[error("chunk stream {0} continues a message that never began")]
    NothingToContinue(u32),
    #[error("a chunk size of {0}")]
    BadChunkSize(u32),
    #[error("a control message of {0} bytes, 4 expected")]
    BadControl(usize),
}

/// Puts messages together.
#[derive(Debug)]
pub(crate) struct Reader {
    buffer: BytesMut,
    lanes: HashMap<u32, Lane>,
    chunk_size: usize,
}

/// What a chunk stream remembers for its next, shorter header.
#[derive(Clone, Debug, Default)]
struct Lane {
    time: u32,
    delta: u32,
    length: usize,
    kind: u8,
    stream: u32,
    extended: bool,
    partial: BytesMut,
}

/// A chunk's header, and how long it is.
struct Header {
    size: usize,
    id: u32,
    /// The lane as it will be once the chunk is here.
    time: u32,
    delta: u32,
    length: usize,
    kind: u8,
    stream: u32,
    extended: bool,
    /// Whether it goes on with the message that the lane holds.
    continues: bool,
}

impl Default for Reader {
    fn default() -> Self {
        Self { buffer: BytesMut::new(), lanes: HashMap::new(), chunk_size: FIRST_CHUNK_SIZE }
    }
}

impl Reader {
    /// Takes bytes. Call [`Reader::take`] until it gives `None` before feeding more: that bounds the buffer.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message, if it is here. Chunk size and abort are followed on the way and not given out.
    pub(crate) fn take(&mut self) -> Result<Option<Message>, ChunkError> {
        while let Some(header) = self.header()? {
            let held = self.lanes.get(&header.id).map_or(0, |lane| lane.partial.len());
            let before = if header.continues { held } else { 0 };
            let part = (header.length - before).min(self.chunk_size);
            if self.buffer.len() < header.size + part {
                return Ok(None);
            }
            self.buffer.advance(header.size);
            let part = self.buffer.split_to(part);
            if let Some(message) = self.put(&header, &part)?
                && !self.controlled(&message)?
            {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    /// Bytes of an unfinished chunk.
    #[cfg(test)]
    pub(crate) fn buffered(&self) -> usize {
        self.buffer.len()
    }

    /// Adds a chunk to its lane, and gives the message if that completes it.
    fn put(&mut self, header: &Header, part: &[u8]) -> Result<Option<Message>, ChunkError> {
        if !self.lanes.contains_key(&header.id) && self.lanes.len() == MAX_LANES {
            return Err(ChunkError::TooManyLanes);
        }
        let lane = self.lanes.entry(header.id).or_default();
        if !header.continues {
            lane.partial.clear();
        }
        lane.time = header.time;
        lane.delta = header.delta;
        lane.length = header.length;
        lane.kind = header.kind;
        lane.stream = header.stream;
        lane.extended = header.extended;
        lane.partial.extend_from_slice(part);
        if lane.partial.len() < lane.length {
            return Ok(None);
        }
        let payload = std::mem::take(&mut lane.partial).freeze();
        Ok(Some(Message { kind: lane.kind, time: lane.time, stream: lane.stream, payload }))
    }

    /// Follows the messages that change the reading itself (5.4.1, 5.4.2).
    fn controlled(&mut self, message: &Message) -> Result<bool, ChunkError> {
        if !matches!(message.kind, SET_CHUNK_SIZE | ABORT) {
            return Ok(false);
        }
        let value = match *message.payload {
            [a, b, c, d] => u32::from_be_bytes([a, b, c, d]),
            _ => return Err(ChunkError::BadControl(message.payload.len())),
        };
        if message.kind == ABORT {
            if let Some(lane) = self.lanes.get_mut(&value) {
                lane.partial.clear();
            }
        } else {
            // The highest bit must be zero. A chunk never needs to be longer than the longest message.
            self.chunk_size = match usize::try_from(value) {
                Ok(size) if size > 0 && value >> 31 == 0 => size.min(MAX_MESSAGE),
                _ => return Err(ChunkError::BadChunkSize(value)),
            };
        }
        Ok(true)
    }

    /// Reads a header without taking it, or `None` while it is not all here.
    fn header(&self) -> Result<Option<Header>, ChunkError> {
        let mut bytes = &self.buffer[..];
        let Some((form, id)) = basic(&mut bytes) else { return Ok(None) };
        let lane = self.lanes.get(&id);
        let Some(last) = lane.or((form == 0).then_some(&EMPTY_LANE)) else {
            return Err(ChunkError::NothingToContinue(id));
        };
        let continues = form == 3 && !last.partial.is_empty();
        let mut header = Header {
            size: 0,
            id,
            time: last.time,
            delta: last.delta,
            length: last.length,
            kind: last.kind,
            stream: last.stream,
            extended: last.extended,
            continues,
        };
        match header.read(form, &mut bytes) {
            None => return Ok(None),
            Some(()) => header.size = self.buffer.len() - bytes.len(),
        }
        match header.length {
            0..=MAX_MESSAGE => Ok(Some(header)),
            length => Err(ChunkError::TooLong(length)),
        }
    }
}

/// What a chunk stream remembers before its first chunk.
static EMPTY_LANE: LazyLock<Lane> = LazyLock::new(Lane::default);

/// The basic header: form and chunk stream (5.3.1.1).
fn basic(bytes: &mut &[u8]) -> Option<(u8, u32)> {
    let first = bytes.try_get_u8().ok()?;
    let id = match first & 0x3F {
        0 => u32::from(bytes.try_get_u8().ok()?) + 64,
        1 => u32::from(bytes.try_get_u16_le().ok()?) + 64,
        id => u32::from(id),
    };
    Some((first >> 6, id))
}

impl Header {
    /// The message header (5.3.1.2) and the extended time (5.3.1.3).
    fn read(&mut self, form: u8, bytes: &mut &[u8]) -> Option<()> {
        let mut field = 0;
        if form < 3 {
            field = u24(bytes)?;
            self.extended = field == EXTENDED;
        }
        if form < 2 {
            self.length = usize::try_from(u24(bytes)?).ok()?;
            self.kind = bytes.try_get_u8().ok()?;
        }
        if form == 0 {
            self.stream = bytes.try_get_u32_le().ok()?;
        }
        if self.extended {
            field = bytes.try_get_u32().ok()?;
        }
        match form {
            0 => (self.time, self.delta) = (field, 0),
            1 | 2 => (self.time, self.delta) = (self.time.wrapping_add(field), field),
            _ if !self.continues => self.time = self.time.wrapping_add(self.delta),
            _ => {}
        }
        Some(())
    }
}

fn u24(bytes: &mut &[u8]) -> Option<u32> {
    let (head, rest) = bytes.split_first_chunk::<3>()?;
    *bytes = rest;
    Some(u32::from_be_bytes([0, head[0], head[1], head[2]]))
}

#[cfg(test)]
mod tests;
