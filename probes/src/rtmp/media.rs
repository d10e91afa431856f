//! Is a message media, which a player could show, or only the preparation for it?
//!
//! Servers keep the codec headers of a stream and send them to whoever begins to play, even when the publisher has
//! stalled; an empty audio message or a video "command" says no more. None of these is a pass.

/// RTMP message types (specification 7.1).
const AUDIO: u8 = 8;
const VIDEO: u8 = 9;
const AGGREGATE: u8 = 22;

/// The header of a message within an aggregate: type, size (3), time (4), stream (3).
const SUB_HEADER: usize = 11;

/// The size of the part before, after each message within an aggregate.
const BACK_POINTER: usize = 4;

/// Whether a message holds audio or video.
pub(crate) fn is_media(kind: u8, body: &[u8]) -> bool {
    match kind {
        AUDIO => is_sound(body),
        VIDEO => is_picture(body),
        AGGREGATE => holds_media(body),
        _ => false,
    }
}

/// The audio tag of FLV (specification 10.1, E.4.2.1): format in the high nibble; of AAC (10) and of the enhanced form
/// (9), type 0 is the header.
fn is_sound(body: &[u8]) -> bool {
    match body {
        [] | [_] => false,
        [first, second, rest @ ..] => match first >> 4 {
            10 => *second != 0 && !rest.is_empty(),
            9 => first & 0x0f != 0,
            _ => true,
        },
    }
}

/// The video tag of FLV (E.4.3.1): frame type 5 is a command; of AVC (7) and HEVC (12), packet type 0 is the header
/// and 2 the end. In the enhanced form (high bit), the low nibble is the packet type: 1 and 3 are frames, 6 is many.
fn is_picture(body: &[u8]) -> bool {
    match body {
        [] | [_] => false,
        [first, ..] if first & 0x80 != 0 => (first >> 4) & 7 != 5 && matches!(first & 0x0f, 1 | 3 | 6),
        [first, ..] if first >> 4 == 5 => false,
        [first, second, rest @ ..] => match first & 0x0f {
            7 | 12 => *second == 1 && !rest.is_empty(),
            _ => true,
        },
    }
}

fn holds_media(mut body: &[u8]) -> bool {
    while let Some((header, rest)) = body.split_at_checked(SUB_HEADER) {
        let size = usize::from(header[1]) << 16 | usize::from(header[2]) << 8 | usize::from(header[3]);
        let Some((part, rest)) = rest.split_at_checked(size) else { return false };
        if matches!(header[0], AUDIO | VIDEO) && is_media(header[0], part) {
            return true;
        }
        body = rest.get(BACK_POINTER..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(kind: u8, body: &[u8]) -> Vec<u8> {
        let size = u8::try_from(body.len()).expect("short");
        [&[kind, 0, 0, size, 0, 0, 0, 0, 0, 0, 0], body, &[0, 0, 0, size + 11]].concat()
    }

    #[test]
    fn frames_are_media() {
        assert!(is_media(8, &[0xaf, 1, 0x21]));
        assert!(is_media(8, &[0x2f, 0xff]), "MP3 has no header");
        assert!(is_media(9, &[0x17, 1, 0, 0, 0, 9]));
        assert!(is_media(9, &[0x27, 1, 0, 0, 0, 9]));
        assert!(is_media(9, &[0x22, 9]), "H.263 has no header");
        assert!(is_media(9, &[0x91, b'a', b'v', b'0', b'1', 9]), "enhanced");
    }

    #[test]
    fn headers_commands_and_empty_messages_are_not() {
        for (kind, body) in [
            (8, &[][..]),
            (8, &[0xaf]),
            (8, &[0xaf, 0, 0x12, 0x10]),
            (8, &[0x90, b'O', b'p', b'u', b's']),
            (9, &[]),
            (9, &[0x17]),
            (9, &[0x17, 0, 0, 0, 0, 1]),
            (9, &[0x17, 2, 0, 0, 0]),
            (9, &[0x57, 0]),
            (9, &[0x90, b'h', b'v', b'c', b'1', 1]),
            (18, b"onMetaData"),
        ] {
            assert!(!is_media(kind, body), "{kind} {body:?}");
        }
    }

    #[test]
    fn an_aggregate_is_media_if_one_of_its_parts_is() {
        let header = within(9, &[0x17, 0, 0, 0, 0, 1]);
        let frame = within(9, &[0x17, 1, 0, 0, 0, 1]);
        assert!(!is_media(22, &header) && !is_media(22, &[]) && !is_media(22, &frame[..12]));
        assert!(is_media(22, &[&header[..], &within(18, b"x"), &frame].concat()));
    }
}
