//! What a segment begins with, which tells media from an error page with status 200.

use weir_core::Evidence;

/// How many bytes of a segment are read: some ten packets of a transport stream, or the first boxes of a fragment.
pub(crate) const HEAD: usize = 2048;

/// The same, as a request.
pub(crate) const HEAD_RANGE: &str = "bytes=0-2047";

/// One packet of an MPEG transport stream (ISO 13818-1), which begins with the sync byte.
const PACKET: usize = 188;
const SYNC: u8 = 0x47;

/// Top-level boxes that a fragment may begin with (ISO 14496-12).
const BOXES: [&[u8; 4]; 8] = [b"styp", b"sidx", b"moof", b"ftyp", b"emsg", b"prft", b"free", b"mdat"];

/// Whether the first bytes of a segment are media: transport stream, fragmented MP4, or packed audio.
pub(crate) fn check(head: &[u8]) -> Result<(), Evidence> {
    if is_transport_stream(head) || is_fragment(head) || is_packed_audio(head) {
        return Ok(());
    }
    if head.is_empty() {
        return Err(Evidence::new("it is empty"));
    }
    let hex: Vec<String> = head.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Err(Evidence::new(format!("begins with {}", hex.join(" "))))
}

/// Every packet that has begun within the head must begin with the sync byte, and the first must be whole.
fn is_transport_stream(head: &[u8]) -> bool {
    head.len() >= PACKET && head.iter().step_by(PACKET).all(|byte| *byte == SYNC)
}

fn is_fragment(head: &[u8]) -> bool {
    head.get(4..8).is_some_and(|kind| BOXES.iter().any(|known| kind == known.as_slice()))
}

/// An ID3 tag, with which packed audio must begin (RFC 8216 section 3.4), or ADTS without one.
fn is_packed_audio(head: &[u8]) -> bool {
    head.starts_with(b"ID3") || matches!(head, [0xff, second, ..] if second & 0xf6 == 0xf0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(count: usize) -> Vec<u8> {
        (0..count * PACKET).map(|at| if at % PACKET == 0 { SYNC } else { 0xff }).collect()
    }

    #[test]
    fn transport_streams_fragments_and_packed_audio_are_media() {
        assert_eq!(check(&packets(1)), Ok(()));
        assert_eq!(check(&packets(11)[..HEAD]), Ok(()));
        assert_eq!(check(b"\0\0\0\x18styp....."), Ok(()));
        assert_eq!(check(b"\0\0\0\x18moof....."), Ok(()));
        assert_eq!(check(b"ID3\x04"), Ok(()));
        assert_eq!(check(&[0xff, 0xf1, 0x50]), Ok(()));
    }

    #[test]
    fn a_page_an_empty_body_and_a_lost_sync_are_not() {
        let mut shifted = packets(4);
        shifted[PACKET * 2] = 0;
        assert!(check(&shifted).is_err());
        assert!(check(&packets(1)[..PACKET - 1]).is_err());
        assert_eq!(check(b"").map_err(|e| e.to_string()), Err("it is empty".into()));
        assert_eq!(check(b"<ht").map_err(|e| e.to_string()), Err("begins with 3c 68 74".into()));
    }
}
