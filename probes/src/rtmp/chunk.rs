//! RTMP's chunk stream (specification 5.3): messages cut into chunks, several streams of them interleaved.
//!
//! Timestamps are stepped over, not kept: a probe asks whether media comes, not when it is due. The hazard is their
//! extended form, which type 3 chunks repeat on most servers and not on all; since it is always the same four bytes,
//! comparing tells which.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

/// The largest message: enough for a key frame.
pub(crate) const MAX_MESSAGE: usize = 2 * 1024 * 1024;

/// The most chunk streams; servers use some five.
const MAX_STREAMS: usize = 64;

/// The most bytes of unfinished messages on all chunk streams.
const MAX_PENDING: usize = 2 * MAX_MESSAGE;

/// Until a peer says otherwise.
const DEFAULT_CHUNK: usize = 128;

/// The timestamp that says that four bytes follow.
const EXTENDED: u32 = 0x00ff_ffff;

/// Types of messages (5.4, 7.1).
pub(crate) const SET_CHUNK_SIZE: u8 = 1;
pub(crate) const ABORT: u8 = 2;
pub(crate) const ACKNOWLEDGEMENT: u8 = 3;
pub(crate) const USER_CONTROL: u8 = 4;
pub(crate) const WINDOW_SIZE: u8 = 5;
pub(crate) const COMMAND_AMF3: u8 = 17;
pub(crate) const COMMAND: u8 = 20;

/// A whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) kind: u8,
    /// The message stream: 0 for the connection, or what `createStream` gave.
    pub(crate) stream: u32,
    pub(crate) body: Vec<u8>,
}

/// Why bytes are not a chunk stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChunkError {
    #[error("a chunk continues chunk stream {0}, which has not begun")]
    NotBegun(u32),
    #[error("a message of {0} bytes")]
    TooLarge(usize),
    #[error("more than {MAX_STREAMS} chunk streams")]
    TooManyStreams,
    #[error("more than {MAX_PENDING} bytes of unfinished messages")]
    TooMuchPending,
    #[error("a chunk size of {0}")]
    ChunkSize(u32),
}

/// Puts messages together from bytes as they come. After an error it is of no use.
#[derive(Debug)]
pub(crate) struct ChunkReader {
    /// What has not been read; at most what was fed last, and a header.
    unread: Vec<u8>,
    chunk_size: usize,
    streams: BTreeMap<u32, Stream>,
    /// The chunk whose payload is being read.
    current: Option<Current>,
    pending: usize,
}

#[derive(Clone, Copy, Debug)]
struct Current {
    id: u32,
    left: usize,
}

#[derive(Clone, Debug, Default)]
struct Stream {
    header: Header,
    body: Vec<u8>,
}

/// What later chunks of the same stream leave out.
#[derive(Clone, Copy, Debug, Default)]
struct Header {
    length: usize,
    kind: u8,
    stream: u32,
    extended: Option<[u8; 4]>,
}

impl ChunkReader {
    /// A reader at the start of a connection, after the handshake.
    pub(crate) fn new() -> Self {
        Self {
            unread: Vec::new(),
            chunk_size: DEFAULT_CHUNK,
            streams: BTreeMap::new(),
            current: None,
            pending: 0,
        }
    }

    /// Adds bytes that came.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
    }

    /// The next whole message, if there is one in what came. Chunk sizes and aborts have been obeyed.
    pub(crate) fn message(&mut self) -> Result<Option<Message>, ChunkError> {
        loop {
            let current = match self.current {
                Some(current) => current,
                None => match self.begin_chunk()? {
                    Some(current) => current,
                    None => return Ok(None),
                },
            };
            let Some(message) = self.payload(current)? else {
                if self.current.is_some() {
                    return Ok(None);
                }
                continue;
            };
            self.obey(&message)?;
            return Ok(Some(message));
        }
    }

    /// Reads a chunk's header, all of it or nothing.
    fn begin_chunk(&mut self) -> Result<Option<Current>, ChunkError> {
        let mut bytes = Bytes(&self.unread);
        let Some((format, id)) = bytes.basic_header() else { return Ok(None) };
        let known = self.streams.get(&id);
        let Some(header) = bytes.header(format, id, known)? else { return Ok(None) };
        if header.length > MAX_MESSAGE {
            return Err(ChunkError::TooLarge(header.length));
        }
        if known.is_none() && self.streams.len() >= MAX_STREAMS {
            return Err(ChunkError::TooManyStreams);
        }
        let used = self.unread.len() - bytes.0.len();
        self.unread.drain(..used);
        let stream = self.streams.entry(id).or_default();
        stream.header = header;
        if format != 3 {
            // A new message before the last one was whole: that one will never be.
            self.pending -= stream.body.len();
            stream.body.clear();
        }
        let left = (header.length - stream.body.len()).min(self.chunk_size);
        self.current = Some(Current { id, left });
        Ok(self.current)
    }

    /// Moves what there is of a chunk's payload into its message; returns that when it is whole.
    fn payload(&mut self, current: Current) -> Result<Option<Message>, ChunkError> {
        let stream = self.streams.entry(current.id).or_default();
        let count = current.left.min(self.unread.len());
        stream.body.extend(self.unread.drain(..count));
        self.pending += count;
        if self.pending > MAX_PENDING {
            return Err(ChunkError::TooMuchPending);
        }
        if count < current.left {
            self.current = Some(Current { left: current.left - count, ..current });
            return Ok(None);
        }
        self.current = None;
        if stream.body.len() < stream.header.length {
            return Ok(None);
        }
        let body = std::mem::take(&mut stream.body);
        self.pending -= body.len();
        Ok(Some(Message { kind: stream.header.kind, stream: stream.header.stream, body }))
    }

    fn obey(&mut self, message: &Message) -> Result<(), ChunkError> {
        let Some(value) = be32(&message.body) else { return Ok(()) };
        match message.kind {
            SET_CHUNK_SIZE => {
                self.chunk_size = usize::try_from(value)
                    .ok()
                    .filter(|size| (1..=MAX_CHUNK).contains(size))
                    .ok_or(ChunkError::ChunkSize(value))?;
            }
            ABORT => {
                if let Some(stream) = self.streams.get_mut(&value) {
                    self.pending -= stream.body.len();
                    stream.body.clear();
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// The largest chunk size (5.4.1): its highest bit must be zero.
const MAX_CHUNK: usize = 0x7fff_ffff;

/// A message as a player writes it: on chunk stream 3, whole, in chunks of the default size.
pub(crate) fn write(message: &Message) -> Vec<u8> {
    let length = u32::try_from(message.body.len()).unwrap_or(EXTENDED).min(EXTENDED).to_be_bytes();
    let mut out = vec![3, 0, 0, 0, length[1], length[2], length[3], message.kind];
    out.extend_from_slice(&message.stream.to_le_bytes());
    for (index, chunk) in message.body.chunks(DEFAULT_CHUNK).enumerate() {
        if index > 0 {
            out.push(0xc3);
        }
        out.extend_from_slice(chunk);
    }
    out
}

/// The number in the first four bytes.
pub(crate) fn be32(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

/// A view of bytes that are not all there yet: each step is `None` then.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn be24(&mut self) -> Option<u32> {
        self.array::<3>().map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }

    /// The format, and the chunk stream in one to three bytes (5.3.1.1).
    fn basic_header(&mut self) -> Option<(u8, u32)> {
        let [first] = self.array()?;
        let id = match first & 0x3f {
            0 => 64 + u32::from(self.array::<1>()?[0]),
            1 => 64 + u32::from(u16::from_le_bytes(self.array()?)),
            id => u32::from(id),
        };
        Some((first >> 6, id))
    }

    /// The message header (5.3.1.2), completed by what the stream's last one said.
    fn header(&mut self, format: u8, id: u32, known: Option<&Stream>) -> Result<Option<Header>, ChunkError> {
        match (format, known) {
            (3, Some(known)) => Ok(self.repeated(known.header)),
            // Some servers begin a stream with type 1, which says all but the message stream.
            (0 | 1, _) | (2, Some(_)) => {
                Ok(self.fresh(format, known.map(|known| known.header).unwrap_or_default()))
            }
            _ => Err(ChunkError::NotBegun(id)),
        }
    }

    fn fresh(&mut self, format: u8, mut header: Header) -> Option<Header> {
        let time = self.be24()?;
        if format <= 1 {
            header.length = usize::try_from(self.be24()?).ok()?;
            [header.kind] = self.array()?;
        }
        if format == 0 {
            header.stream = u32::from_le_bytes(self.array()?);
        }
        header.extended = if time == EXTENDED { Some(self.array()?) } else { None };
        Some(header)
    }

    fn repeated(&mut self, header: Header) -> Option<Header> {
        if let Some(extended) = header.extended {
            let mut ahead = Bytes(self.0);
            if ahead.array()? == extended {
                self.0 = ahead.0;
            }
        }
        Some(header)
    }
}
