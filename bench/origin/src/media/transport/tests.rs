//! Segments are what a demultiplexer expects.

use std::collections::HashMap;

use super::*;

const PER_SEGMENT: u64 = 20;

fn segment(number: u64) -> Bytes {
    head(number, number * PER_SEGMENT..(number + 1) * PER_SEGMENT, 7)
}

#[test]
fn every_packet_is_whole_and_begins_with_the_sync_byte() {
    let bytes = [segment(3), nulls(9)].concat();
    assert_eq!(bytes.len() % PACKET, 0);
    assert!(bytes.chunks(PACKET).all(|packet| packet[0] == SYNC));
}

#[test]
fn continuity_counters_run_on_from_segment_to_segment() {
    let bytes = [segment(14), segment(15), segment(16), segment(17)].concat();
    let mut last = HashMap::new();
    for packet in bytes.chunks(PACKET) {
        let pid = u16::from_be_bytes([packet[1] & 0x1F, packet[2]]);
        let count = packet[3] & 0x0F;
        if let Some(before) = last.insert(pid, count) {
            assert_eq!(count, (before + 1) % 16, "of {pid:#x}");
        }
    }
    assert_eq!(last.len(), 4);
}

#[test]
fn a_table_and_its_checksum_sum_to_zero() {
    let bytes = segment(0);
    assert_eq!(checksum(&bytes[5..5 + 16]), 0);
    assert_eq!(checksum(&bytes[PACKET + 5..PACKET + 5 + 26]), 0);
}

#[test]
fn the_checksum_is_that_of_mpeg() {
    assert_eq!(checksum(b"123456789"), 0x0376_E6E7);
}

#[test]
fn a_segment_is_the_same_each_time_and_differs_from_the_next() {
    assert_eq!(segment(5), segment(5));
    assert_ne!(segment(5), segment(6));
}

#[test]
fn far_positions_wrap_and_do_not_panic() {
    assert!(!head(u64::MAX, u64::MAX - 3..u64::MAX, u64::MAX).is_empty());
}
