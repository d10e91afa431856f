//! All header forms, in all cuts.

use super::*;
use crate::rtmp::chunk::write::{self, Kind, Outgoing};

fn all(bytes: &[u8]) -> Result<Vec<Message>, ChunkError> {
    let mut reader = Reader::default();
    reader.feed(bytes);
    let mut messages = Vec::new();
    while let Some(message) = reader.take()? {
        messages.push(message);
    }
    Ok(messages)
}

fn chunk_size(size: u32) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0][..], &size.to_be_bytes()].concat()
}

fn written(time: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = BytesMut::new();
    write::message(&mut out, &Outgoing { kind: Kind::Command, time, stream: 1, payload });
    let size = u32::try_from(write::CHUNK_SIZE).unwrap();
    [chunk_size(size), out.to_vec()].concat()
}

#[test]
fn what_is_written_is_read_with_and_without_extended_time() {
    let payload: Vec<u8> = (0..10_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    for time in [0, 5, EXTENDED - 1, EXTENDED, EXTENDED + 1, u32::MAX] {
        let messages = all(&written(time, &payload)).unwrap();
        let [message] = &messages[..] else { panic!("{} messages", messages.len()) };
        assert_eq!((message.kind, message.time, message.stream), (20, time, 1));
        assert_eq!(message.payload, payload);
    }
}

#[test]
fn pieces_of_any_size_give_the_same_messages() {
    let bytes = [written(EXTENDED, &[7; 5_000]), written(9, &[8; 300])].concat();
    let whole = all(&bytes).unwrap();
    for piece in [1, 2, 3, 7, 128, 4_097] {
        let mut reader = Reader::default();
        let mut messages = Vec::new();
        for bytes in bytes.chunks(piece) {
            reader.feed(bytes);
            while let Some(message) = reader.take().unwrap() {
                messages.push(message);
            }
        }
        assert_eq!(messages, whole, "in pieces of {piece}");
    }
}

#[test]
fn shorter_headers_repeat_what_the_longer_ones_said() {
    let bytes = [
        &[0x03, 0, 0, 100, 0, 0, 1, 20, 9, 0, 0, 0, b'a'][..], // type 0: time 100
        &[0x43, 0, 0, 10, 0, 0, 2, 18, b'b', b'c'],            // type 1: 10 later, 2 bytes, type 18
        &[0x83, 0, 0, 5, b'd', b'e'],                          // type 2: 5 later
        &[0xC3, b'f', b'g'],                                   // type 3: 5 later again
    ]
    .concat();
    let seen: Vec<_> = all(&bytes)
        .unwrap()
        .iter()
        .map(|message| (message.kind, message.time, message.stream, message.payload.to_vec()))
        .collect();
    let expected = [
        (20, 100, 9, b"a".to_vec()),
        (18, 110, 9, b"bc".to_vec()),
        (18, 115, 9, b"de".to_vec()),
        (18, 120, 9, b"fg".to_vec()),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn chunk_streams_interleave_and_have_long_ids() {
    let mut bytes = Vec::new();
    for basic in [&[0x00, 0][..], &[0x01, 0, 1]] {
        bytes.extend([basic, &[0, 0, 0, 0, 0, 200, 20, 0, 0, 0, 0], &[1; 128]].concat());
    }
    bytes.extend([&[0xC1, 0, 1][..], &[2; 72], &[0xC0, 0], &[3; 72]].concat());
    let messages = all(&bytes).unwrap();
    assert_eq!(messages.len(), 2);
    assert_eq!((messages[0].payload[199], messages[1].payload[199]), (2, 3));
}

#[test]
fn an_aborted_message_is_forgotten() {
    let bytes = [
        &[0x03, 0, 0, 0, 0, 0, 200, 20, 0, 0, 0, 0][..],
        &[1; 128],
        &[2, 0, 0, 0, 0, 0, 4, 2, 0, 0, 0, 0, 0, 0, 0, 3],
        &[0x03, 0, 0, 0, 0, 0, 1, 20, 0, 0, 0, 0, b'x'],
    ]
    .concat();
    assert_eq!(all(&bytes).unwrap()[0].payload, &b"x"[..]);
}

#[test]
fn each_bound_is_an_error() {
    let long = [0x03, 0, 0, 0, 1, 0, 1, 20, 0, 0, 0, 0];
    assert_eq!(all(&long), Err(ChunkError::TooLong(65_537)));
    assert_eq!(all(&[0xC5]), Err(ChunkError::NothingToContinue(5)));
    assert_eq!(all(&chunk_size(0)), Err(ChunkError::BadChunkSize(0)));
    assert_eq!(all(&chunk_size(1 << 31)), Err(ChunkError::BadChunkSize(1 << 31)));
    assert_eq!(all(&[2, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 9]), Err(ChunkError::BadControl(1)));
    let lanes: Vec<u8> = (3..30).flat_map(|id| [id, 0, 0, 0, 0, 0, 1, 20, 0, 0, 0, 0, 0]).collect();
    assert_eq!(all(&lanes), Err(ChunkError::TooManyLanes));
}
