//! The chunk stream (RTMP specification 1.0, section 5.3): messages in, without their media, and commands out.

use super::session::RtmpError;

/// The most chunk streams that a server may use; common ones use five.
const MAX_STREAMS: usize = 16;

/// The longest command or control message that is kept.
const MAX_KEPT: usize = 4 * 1024;

/// What both sides start with (section 5.4.1).
const FIRST_CHUNK_SIZE: usize = 128;

/// The longest header: basic 3, message 11, extended timestamp 4.
const MAX_HEADER: usize = 18;

/// Message types (sections 5.4 and 7.1).
pub(super) mod kind {
    pub(in super::super) const SET_CHUNK_SIZE: u8 = 1;
    pub(in super::super) const ABORT: u8 = 2;
    pub(in super::super) const ACKNOWLEDGEMENT: u8 = 3;
    pub(in super::super) const USER_CONTROL: u8 = 4;
    pub(in super::super) const WINDOW_SIZE: u8 = 5;
    pub(in super::super) const PEER_BANDWIDTH: u8 = 6;
    pub(in super::super) const AUDIO: u8 = 8;
    pub(in super::super) const VIDEO: u8 = 9;
    pub(in super::super) const COMMAND: u8 = 20;
}

/// A whole message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    pub(super) kind: u8,
    pub(super) length: u32,
    /// Empty for media and for data, which are counted and thrown away.
    pub(super) payload: &'a [u8],
}

/// Reads chunks from whatever pieces the socket gives.
#[derive(Debug)]
pub(super) struct Reader {
    header: [u8; MAX_HEADER],
    filled: usize,
    chunk_size: usize,
    streams: Vec<Stream>,
    /// The stream whose chunk is being read, and how much of the chunk is left.
    chunk: Option<(usize, usize)>,
}

#[derive(Debug, Default)]
struct Stream {
    id: u32,
    kind: u8,
    length: u32,
    /// Of the message that is being read.
    left: usize,
    extended: bool,
    kept: Vec<u8>,
}

impl Default for Reader {
    fn default() -> Self {
        let header = [0; MAX_HEADER];
        Self { header, filled: 0, chunk_size: FIRST_CHUNK_SIZE, streams: Vec::new(), chunk: None }
    }
}

impl Reader {
    /// Takes the next bytes and shows each whole message to `sink`.
    pub(super) fn feed(
        &mut self,
        mut bytes: &[u8],
        mut sink: impl FnMut(Message<'_>) -> Result<(), RtmpError>,
    ) -> Result<(), RtmpError> {
        while !bytes.is_empty() {
            bytes = match self.chunk {
                Some((index, left)) => {
                    let (part, rest) = bytes.split_at(left.min(bytes.len()));
                    self.chunk = Some((index, left - part.len())).filter(|(_, left)| *left > 0);
                    self.streams[index].take(part)?;
                    self.finish(index, &mut sink)?;
                    rest
                }
                None => {
                    self.header[self.filled] = bytes[0];
                    self.filled += 1;
                    if self.filled == self.needed() {
                        let index = self.begin()?;
                        self.finish(index, &mut sink)?;
                    }
                    &bytes[1..]
                }
            };
        }
        Ok(())
    }

    /// How long the header is, as far as its bytes up to now tell; never more than `MAX_HEADER`.
    fn needed(&self) -> usize {
        let basic = match self.header[0] & 0x3F {
            0 => 2,
            1 => 3,
            _ => 1,
        };
        if self.filled < basic {
            return basic;
        }
        let message = basic + self.message_header();
        let extended = match self.message_header() {
            0 => self.find().is_some_and(|index| self.streams[index].extended),
            _ => self.filled >= basic + 3 && self.header[basic..basic + 3] == [0xFF; 3],
        };
        if extended { message + 4 } else { message }
    }

    fn message_header(&self) -> usize {
        [11, 7, 3, 0][usize::from(self.header[0] >> 6)]
    }

    fn id(&self) -> (u32, usize) {
        match self.header[0] & 0x3F {
            0 => (64 + u32::from(self.header[1]), 2),
            1 => (64 + u32::from(self.header[1]) + 256 * u32::from(self.header[2]), 3),
            id => (id.into(), 1),
        }
    }

    fn find(&self) -> Option<usize> {
        let (id, _) = self.id();
        self.streams.iter().position(|stream| stream.id == id)
    }

    /// The header is whole: begins a chunk, and a message where one begins.
    fn begin(&mut self) -> Result<usize, RtmpError> {
        let (id, basic) = self.id();
        let size = self.message_header();
        let index = match self.find() {
            Some(index) => index,
            None if size == 11 && self.streams.len() < MAX_STREAMS => {
                self.streams.push(Stream { id, ..Stream::default() });
                self.streams.len() - 1
            }
            None => return Err(RtmpError::Chunk),
        };
        let field = &self.header[basic..basic + size];
        let stream = &mut self.streams[index];
        if size >= 3 {
            stream.extended = field[..3] == [0xFF; 3];
        }
        if size >= 7 {
            stream.length = u32::from_be_bytes([0, field[3], field[4], field[5]]);
            stream.kind = field[6];
        }
        if size > 0 || stream.left == 0 {
            stream.begin()?;
        }
        let left = stream.left.min(self.chunk_size);
        self.chunk = Some((index, left)).filter(|_| left > 0);
        self.filled = 0;
        Ok(index)
    }

    /// Shows a message whose last byte has come; chunk sizes and aborts are for the reader itself.
    fn finish(
        &mut self,
        index: usize,
        sink: &mut impl FnMut(Message<'_>) -> Result<(), RtmpError>,
    ) -> Result<(), RtmpError> {
        let Stream { kind, length, left: 0, .. } = self.streams[index] else { return Ok(()) };
        let payload = std::mem::take(&mut self.streams[index].kept);
        match (kind, word(&payload)) {
            (kind::SET_CHUNK_SIZE, Some(size @ 1..=0x7FFF_FFFF)) => {
                self.chunk_size = usize::try_from(size).map_err(|_| RtmpError::Chunk)?;
                Ok(())
            }
            (kind::SET_CHUNK_SIZE, _) => Err(RtmpError::Chunk),
            (kind::ABORT, Some(id)) => {
                let aborted = self.streams.iter_mut().filter(|stream| stream.id == id);
                aborted.for_each(|stream| {
                    stream.left = 0;
                    stream.kept.clear();
                });
                Ok(())
            }
            _ => sink(Message { kind, length, payload: &payload }),
        }
    }
}

impl Stream {
    fn is_kept(&self) -> bool {
        matches!(self.kind, kind::SET_CHUNK_SIZE..=kind::PEER_BANDWIDTH | kind::COMMAND)
    }

    fn begin(&mut self) -> Result<(), RtmpError> {
        self.left = usize::try_from(self.length).map_err(|_| RtmpError::Chunk)?;
        self.kept.clear();
        if self.is_kept() && self.left > MAX_KEPT { Err(RtmpError::Long) } else { Ok(()) }
    }

    fn take(&mut self, part: &[u8]) -> Result<(), RtmpError> {
        self.left = self.left.checked_sub(part.len()).ok_or(RtmpError::Chunk)?;
        if self.is_kept() {
            self.kept.extend_from_slice(part);
        }
        Ok(())
    }
}

/// The number that a control message begins with.
pub(super) fn word(payload: &[u8]) -> Option<u32> {
    payload.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

/// Writes a message on a chunk stream below 64, in chunks of the size that both sides start with.
pub(super) fn write(out: &mut Vec<u8>, chunk_stream: u8, message_stream: u32, (kind, payload): (u8, &[u8])) {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    out.extend([chunk_stream & 0x3F, 0, 0, 0, length[1], length[2], length[3], kind]);
    out.extend(message_stream.to_le_bytes());
    for (number, part) in payload.chunks(FIRST_CHUNK_SIZE).enumerate() {
        if number > 0 {
            out.push(0xC0 | (chunk_stream & 0x3F));
        }
        out.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests;
