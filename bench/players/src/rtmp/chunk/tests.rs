use super::*;

type Seen = Vec<(u8, u32, Vec<u8>)>;

fn read(pieces: &[&[u8]]) -> Result<Seen, RtmpError> {
    let mut reader = Reader::default();
    let mut seen = Vec::new();
    for piece in pieces {
        reader.feed(piece, |message| {
            seen.push((message.kind, message.length, message.payload.to_vec()));
            Ok(())
        })?;
    }
    Ok(seen)
}

/// A command of 300 bytes, a video message of 200 between whose chunks an audio message of 10 comes, with an extended
/// timestamp and the headers of all four kinds.
fn sample() -> (Vec<u8>, Seen) {
    let mut bytes = Vec::new();
    write(&mut bytes, 3, 0, (kind::COMMAND, &[7; 300]));
    bytes.extend([0x06, 0xFF, 0xFF, 0xFF, 0, 0, 200, kind::VIDEO, 1, 0, 0, 0, 0x01, 0, 0, 0]);
    bytes.extend([1; 128]);
    bytes.extend([0x04, 0, 0, 0, 0, 0, 10, kind::AUDIO, 1, 0, 0, 0]);
    bytes.extend([2; 10]);
    bytes.extend([0xC6, 0x01, 0, 0, 0]);
    bytes.extend([1; 72]);
    bytes.extend([0x84, 0, 0, 23]);
    bytes.extend([2; 10]);
    bytes.push(0xC4);
    bytes.extend([2; 10]);
    bytes.extend([0x44, 0, 0, 23, 0, 0, 4, kind::AUDIO]);
    bytes.extend([2; 4]);
    let audio = |length| (kind::AUDIO, length, Vec::new());
    let video = (kind::VIDEO, 200, Vec::new());
    (bytes, vec![(kind::COMMAND, 300, vec![7; 300]), audio(10), video, audio(10), audio(10), audio(4)])
}

#[test]
fn messages_read_the_same_however_they_are_cut() {
    let (bytes, seen) = sample();
    for cut in 0..bytes.len() {
        assert_eq!(read(&[&bytes[..cut], &bytes[cut..]]).as_ref(), Ok(&seen));
    }
    assert_eq!(read(&bytes.chunks(1).collect::<Vec<_>>()), Ok(seen));
}

#[test]
fn a_new_chunk_size_holds_from_the_next_chunk() {
    let mut bytes = Vec::new();
    write(&mut bytes, 2, 0, (kind::SET_CHUNK_SIZE, &4096_u32.to_be_bytes()));
    bytes.extend([0x04, 0, 0, 0, 0, 1, 44, kind::COMMAND, 0, 0, 0, 0]);
    bytes.extend([5; 300]);
    assert_eq!(read(&[&bytes]), Ok(vec![(kind::COMMAND, 300, vec![5; 300])]));
}

#[test]
fn long_stream_ids_and_aborts_are_understood() {
    let mut bytes = vec![0x01, 0x10, 0x01, 0, 0, 0, 0, 0, 200, kind::VIDEO, 1, 0, 0, 0];
    bytes.extend([1; 128]);
    write(&mut bytes, 2, 0, (kind::ABORT, &(64 + 16 + 256_u32).to_be_bytes()));
    bytes.extend([0x00, 0x10, 0, 0, 0, 0, 0, 1, kind::AUDIO, 1, 0, 0, 0, 9]);
    assert_eq!(read(&[&bytes]), Ok(vec![(kind::AUDIO, 1, Vec::new())]));
}

#[test]
fn what_cannot_be_is_refused() {
    assert_eq!(read(&[&[0xC4]]), Err(RtmpError::Chunk), "a continuation of nothing");
    let long = [0x03, 0, 0, 0, 1, 0, 0, kind::COMMAND, 0, 0, 0, 0];
    assert_eq!(read(&[&long]), Err(RtmpError::Long));
    let zero = [0x02, 0, 0, 0, 0, 0, 4, kind::SET_CHUNK_SIZE, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(read(&[&zero]), Err(RtmpError::Chunk));
    let many: Vec<u8> = (2..40).flat_map(|id| [id, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]).collect();
    assert_eq!(read(&[&many]), Err(RtmpError::Chunk));
}

#[test]
fn damaged_chunks_never_panic() {
    let (bytes, _) = sample();
    crate::mutate::damage(15, 20_000, &[&bytes], |bytes| {
        let _ = read(&[bytes]);
    });
}
