//! MPEG-2 transport stream segments (ISO/IEC 13818-1).
//!
//! A segment is its tables, then its frames, then null packets. Continuity counters follow from the numbers of segment
//! and frame, because each takes a fixed count of packets; nothing is kept from one segment to the next.

use std::ops::Range;

use bytes::Bytes;

use super::{frame, picture, sound};

/// A packet's size.
pub(crate) const PACKET: usize = 188;
const PAYLOAD: usize = PACKET - 4;
const SYNC: u8 = 0x47;

const PAT: u16 = 0;
const PMT: u16 = 0x1000;
const VIDEO: u16 = 0x100;
const AUDIO: u16 = 0x101;
const NULL: u16 = 0x1FFF;

/// Packets that a picture takes; a test holds it.
const PICTURE_PACKETS: u64 = 4;
/// Timestamps are 33 bits wide and wrap.
const CLOCK_MASK: u64 = (1 << 33) - 1;
/// Presentation is this much after the clock reference, so that a decoder has time: 0.1 s.
const LEAD: u64 = 9_000;

/// The part of a segment that is its own.
pub(crate) fn head(number: u64, frames: Range<u64>, seed: u64) -> Bytes {
    let count = frames.end.saturating_sub(frames.start).saturating_mul(PICTURE_PACKETS + 1) + 2;
    let mut out = Writer(Vec::with_capacity(usize::try_from(count).unwrap_or(0) * PACKET));
    out.table(PAT, number, &[0x00, 0xB0, 0x0D, 0, 1, 0xC1, 0, 0, 0, 1, 0xF0, 0x00]);
    out.table(PMT, number, &PROGRAM);
    for number in frames {
        let time = number.wrapping_mul(frame::TICKS);
        out.pes(
            VIDEO,
            &pes(0xE0, time, &picture_bytes(number, seed)),
            number.wrapping_mul(PICTURE_PACKETS),
            Some(time),
        );
        let sounds = frame::sounds(number);
        let begin = sounds.start.wrapping_mul(frame::SOUND_TICKS);
        let silence: Vec<u8> = sounds.flat_map(|_| sound::ADTS_FRAME).collect();
        out.pes(AUDIO, &pes(0xC0, begin, &silence), number, None);
    }
    Bytes::from(out.0)
}

/// Null packets: the filler of every segment.
pub(crate) fn nulls(count: usize) -> Bytes {
    let mut packet = [0xFF; PACKET];
    packet[..4].copy_from_slice(&header(NULL, false, 0, false));
    Bytes::from(packet.repeat(count))
}

/// One program: H.264 (stream type 0x1B), which carries the clock, and AAC in ADTS (0x0F).
const PROGRAM: [u8; 22] = [
    0x02, 0xB0, 0x17, 0, 1, 0xC1, 0, 0, 0xE1, 0x00, 0xF0, 0x00, // clock on 0x100
    0x1B, 0xE1, 0x00, 0xF0, 0x00, // 0x100
    0x0F, 0xE1, 0x01, 0xF0, 0x00, // 0x101
];

fn picture_bytes(number: u64, seed: u64) -> Vec<u8> {
    const START: [u8; 4] = [0, 0, 0, 1];
    let delimiter = [0x09, 0x10]; // Only intra slices follow.
    [
        &delimiter[..],
        &picture::sequence_parameters(),
        &picture::picture_parameters(),
        &picture::picture(number, seed),
    ]
    .iter()
    .flat_map(|unit| START.iter().chain(unit.iter()))
    .copied()
    .collect()
}

/// A packet of the elementary stream, with its presentation time.
fn pes(stream: u8, time: u64, payload: &[u8]) -> Vec<u8> {
    // Eight bytes of header count. A picture's are under 1,000, so it fits 16 bits; 0 would mean "unbounded".
    let length = u16::try_from(payload.len() + 8).unwrap_or(0).to_be_bytes();
    let time = time.wrapping_add(LEAD) & CLOCK_MASK;
    let bits = |shift: u32| low_byte(time >> shift);
    let mut out = vec![0, 0, 1, stream, length[0], length[1], 0x80, 0x80, 5];
    out.extend([
        0x21 | bits(29) & 0x0E,
        bits(22),
        0x01 | bits(14) & 0xFE,
        bits(7),
        0x01 | low_byte(time << 1) & 0xFE,
    ]);
    out.extend_from_slice(payload);
    out
}

fn header(pid: u16, start: bool, count: u64, adaptation: bool) -> [u8; 4] {
    let [high, low] = pid.to_be_bytes();
    let control = if adaptation { 0x30 } else { 0x10 };
    [SYNC, high & 0x1F | u8::from(start) << 6, low, control | low_byte(count) & 0x0F]
}

/// The lowest eight bits.
fn low_byte(value: u64) -> u8 {
    value.to_le_bytes()[0]
}

struct Writer(Vec<u8>);

impl Writer {
    /// A table with its checksum in a packet of its own.
    fn table(&mut self, pid: u16, count: u64, table: &[u8]) {
        self.0.extend(header(pid, true, count, false));
        self.0.push(0);
        self.0.extend_from_slice(table);
        self.0.extend(checksum(table).to_be_bytes());
        self.0.resize(self.0.len().next_multiple_of(PACKET), 0xFF);
    }

    /// A PES packet over as many packets as it needs, the first with the clock if it is given.
    fn pes(&mut self, pid: u16, pes: &[u8], first: u64, clock: Option<u64>) {
        let (mut rest, mut count, mut clock, mut start) = (pes, first, clock, true);
        while !rest.is_empty() {
            let field = clock.take().map(clock_field).unwrap_or_default();
            let room = PAYLOAD - field.len();
            let (now, later) = rest.split_at(rest.len().min(room));
            self.packet(header(pid, start, count, !field.is_empty() || now.len() < room), &field, now);
            (rest, count, start) = (later, count.wrapping_add(1), false);
        }
    }

    /// A packet whose adaptation field grows to fill what the payload leaves.
    fn packet(&mut self, mut header: [u8; 4], field: &[u8], payload: &[u8]) {
        let spare = PAYLOAD - payload.len();
        if spare == 0 {
            header[3] &= !0x20;
        }
        self.0.extend(header);
        let at = self.0.len();
        self.0.extend_from_slice(field);
        self.0.resize(at + spare, 0xFF);
        if spare > 0 {
            // At most 183, as the payload is not empty.
            self.0[at] = u8::try_from(spare - 1).unwrap_or(0);
            if field.is_empty() && spare > 1 {
                self.0[at + 1] = 0;
            }
        }
        self.0.extend_from_slice(payload);
    }
}

/// An adaptation field with the clock; its length is set by the packet. The first byte after it says "random access".
fn clock_field(time: u64) -> Vec<u8> {
    let time = time & CLOCK_MASK;
    let bits = |shift: u32| low_byte(time >> shift);
    vec![0, 0x50, bits(25), bits(17), bits(9), bits(1), low_byte(time << 7) | 0x7E, 0]
}

/// CRC-32 of MPEG: 0x04C11DB7, highest bit first, not inverted.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte) << 24, |sum, _| {
            if sum >> 31 == 1 { sum << 1 ^ 0x04C1_1DB7 } else { sum << 1 }
        })
    })
}

#[cfg(test)]
mod tests;
