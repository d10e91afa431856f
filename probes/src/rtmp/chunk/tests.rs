use super::*;
use crate::random::Draws;
use crate::tests::mutate::mutants;

/// Reads all messages, fed in parts of this size.
fn read(bytes: &[u8], part: usize) -> Result<Vec<Message>, ChunkError> {
    let mut reader = ChunkReader::new();
    let mut messages = Vec::new();
    for bytes in bytes.chunks(part) {
        reader.feed(bytes);
        while let Some(message) = reader.message()? {
            messages.push(message);
        }
    }
    Ok(messages)
}

fn message(kind: u8, stream: u32, body: &[u8]) -> Message {
    Message { kind, stream, body: body.to_vec() }
}

/// A type 0 header.
fn header(id: u8, time: u32, length: u32, kind: u8) -> Vec<u8> {
    let (time, length) = (time.to_be_bytes(), length.to_be_bytes());
    [&[id][..], &time[1..], &length[1..], &[kind, 1, 0, 0, 0]].concat()
}

#[test]
fn what_is_written_is_read_back_however_it_is_cut() {
    let messages = [message(20, 0, &[7; 300]), message(20, 1, &[]), message(4, 0, &[8; 128])];
    let bytes = messages.iter().flat_map(write).collect::<Vec<_>>();
    for part in [1, 2, 7, 128, 1000] {
        assert_eq!(read(&bytes, part), Ok(messages.to_vec()), "{part}");
    }
}

#[test]
fn later_chunks_leave_out_what_has_not_changed() {
    let bytes = [
        &header(4, 0, 2, 9)[..],
        &[1, 2],
        // Type 1: another length and type, the same stream.
        &[0x44, 0, 0, 40, 0, 0, 3, 8, 3, 4, 5],
        // Type 2: only the time. Type 3: nothing.
        &[0x84, 0, 0, 40, 6, 7, 8],
        &[0xc4, 9, 9, 9],
    ]
    .concat();
    let expected = vec![
        message(9, 1, &[1, 2]),
        message(8, 1, &[3, 4, 5]),
        message(8, 1, &[6, 7, 8]),
        message(8, 1, &[9, 9, 9]),
    ];
    assert_eq!(read(&bytes, 1), Ok(expected));
}

#[test]
fn chunk_streams_are_interleaved() {
    let bytes = [&header(4, 0, 130, 9)[..], &[1; 128], &header(5, 0, 3, 8), &[2; 3], &[0xc4, 1, 1]].concat();
    assert_eq!(read(&bytes, 50), Ok(vec![message(8, 1, &[2; 3]), message(9, 1, &[1; 130])]));
}

#[test]
fn extended_times_are_stepped_over_whether_repeated_or_not() {
    let begin = [&header(4, 0x00ff_ffff, 130, 9)[..], &[1, 0, 0, 0], &[5; 128]].concat();
    let repeated = [&begin[..], &[0xc4, 1, 0, 0, 0, 5, 5]].concat();
    let left_out = [&begin[..], &[0xc4, 5, 5, 0xc4, 5, 5]].concat();
    assert_eq!(read(&repeated, 3), Ok(vec![message(9, 1, &[5; 130])]));
    assert_eq!(read(&left_out, 3).expect("chunks")[0], message(9, 1, &[5; 130]));
}

#[test]
fn long_numbers_of_chunk_streams_are_read() {
    let rest = &header(0, 0, 1, 8)[1..];
    let two = [&[0x00, 10][..], rest, &[1], &[0xc0, 10, 2]].concat();
    let three = [&[0x01, 10, 1][..], rest, &[1], &[0xc1, 10, 1, 2]].concat();
    for bytes in [two, three] {
        assert_eq!(read(&bytes, 1), Ok(vec![message(8, 1, &[1]), message(8, 1, &[2])]));
    }
}

#[test]
fn a_new_chunk_size_counts_from_the_next_chunk() {
    let bytes =
        [&header(2, 0, 4, SET_CHUNK_SIZE)[..], &[0, 0, 16, 0], &header(4, 0, 1000, 9), &[1; 1000]].concat();
    assert_eq!(read(&bytes, 77).expect("chunks")[1], message(9, 1, &[1; 1000]));
}

#[test]
fn an_aborted_message_is_forgotten() {
    let bytes = [
        &header(4, 0, 200, 9)[..],
        &[1; 128],
        &header(2, 0, 4, ABORT),
        &[0, 0, 0, 4],
        &header(4, 0, 1, 8),
        &[2],
    ]
    .concat();
    assert_eq!(read(&bytes, 9).expect("chunks")[1..], [message(8, 1, &[2])]);
}

#[test]
fn what_breaks_a_bound_or_a_rule_is_refused() {
    assert_eq!(read(&[0xc4, 1], 9), Err(ChunkError::NotBegun(4)));
    assert_eq!(read(&[0x84, 0, 0, 1], 9), Err(ChunkError::NotBegun(4)));
    assert_eq!(read(&header(4, 0, 0x00ff_ffff, 9), 99), Err(ChunkError::TooLarge(0x00ff_ffff)));
    for size in [[0, 0, 0, 0], [0xff; 4]] {
        let bytes = [&header(2, 0, 4, SET_CHUNK_SIZE)[..], &size].concat();
        assert_eq!(read(&bytes, 99), Err(ChunkError::ChunkSize(u32::from_be_bytes(size))));
    }
    let many: Vec<u8> =
        (0..=64).flat_map(|id| [&[0, id][..], &header(0, 0, 1, 8)[1..], &[1]].concat()).collect();
    assert_eq!(read(&many, 99), Err(ChunkError::TooManyStreams));
    let large = u32::try_from(MAX_MESSAGE).expect("fits");
    let size = [&header(2, 0, 4, SET_CHUNK_SIZE)[..], &(large - 1).to_be_bytes()].concat();
    let unfinished = (4..8)
        .flat_map(|id| [header(id, 0, large, 9), vec![0; MAX_MESSAGE - 1]].concat())
        .collect::<Vec<_>>();
    assert_eq!(read(&[size, unfinished].concat(), 65_536), Err(ChunkError::TooMuchPending));
}

#[test]
fn mutated_chunks_never_panic_and_stay_within_bounds() {
    let messages = [message(1, 0, &[0, 0, 0, 200]), message(20, 0, &[7; 500]), message(9, 1, &[1; 300])];
    let mut bytes = messages.iter().flat_map(write).collect::<Vec<_>>();
    bytes.extend_from_slice(
        &[header(4, 0x00ff_ffff, 130, 9), vec![1; 132], vec![0xc4, 1, 1, 1, 1, 5, 5]].concat(),
    );
    let mut draws = Draws::new(3);
    for (index, mutant) in mutants(&bytes, 4_000, &mut draws).enumerate() {
        let mut reader = ChunkReader::new();
        for part in mutant.chunks(1 + index % 40) {
            reader.feed(part);
            while let Ok(Some(message)) = reader.message() {
                assert!(message.body.len() <= MAX_MESSAGE);
            }
        }
        assert!(reader.pending <= MAX_PENDING && reader.streams.len() <= MAX_STREAMS);
        assert_eq!(reader.pending, reader.streams.values().map(|stream| stream.body.len()).sum::<usize>());
    }
}
