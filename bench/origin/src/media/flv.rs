//! RTMP's audio and video messages (FLV tags, E.4), cut into chunks that every session sends alike.

use bytes::{BufMut, Bytes, BytesMut};

use super::{frame, picture, sound};
use crate::rtmp::chunk::write::{self, Kind, Outgoing};

/// Key frame, AVC.
const VIDEO: u8 = 0x17;
/// AAC. What the tag says of rate and channels is fixed (E.4.2.1); the truth is in the configuration.
const AUDIO: u8 = 0xAF;
/// "Filler data" NAL unit.
const FILLER: u8 = 0x0C;

/// What a decoder needs before the first frame.
pub(crate) fn configuration(time: u32) -> Bytes {
    let mut out = BytesMut::new();
    let (sequence, set) = (picture::sequence_parameters(), picture::picture_parameters());
    let mut video = vec![VIDEO, 0, 0, 0, 0, 1];
    video.extend(picture::PROFILE);
    video.extend([0xFF, 0xE1]); // lengths of four bytes; one sequence parameter set
    for (unit, count_of_next) in [(sequence, Some(1)), (set, None)] {
        // Parameter sets are some ten bytes long.
        video.extend(u16::try_from(unit.len()).unwrap_or(0).to_be_bytes());
        video.extend(unit);
        video.extend(count_of_next);
    }
    message(&mut out, Kind::Video, time, &video);
    message(&mut out, Kind::Audio, time, &[AUDIO, 0, sound::CONFIG[0], sound::CONFIG[1]]);
    out.freeze()
}

/// A frame: its picture, filled up to the bit rate, and its sounds.
pub(crate) fn frame(number: u64, bits_per_second: u64, seed: u64) -> Bytes {
    let budget = budget(number, bits_per_second);
    let mut out = BytesMut::with_capacity(budget + 1_024);
    for sound_number in frame::sounds(number) {
        let time = milliseconds(sound_number.saturating_mul(frame::SOUND_TICKS) / 90);
        let [a, b, c, d] = sound::FRAME;
        message(&mut out, Kind::Audio, time, &[AUDIO, 1, a, b, c, d]);
    }
    let mut video = BytesMut::with_capacity(budget);
    video.put_slice(&[VIDEO, 1, 0, 0, 0]);
    unit(&mut video, &picture::picture(number, seed));
    let left = budget.saturating_sub(out.len() + video.len());
    if left > 5 {
        let mut filler = vec![0xFF; left - 4];
        filler[0] = FILLER;
        filler[left - 5] = 0x80;
        unit(&mut video, &filler);
    }
    let time = milliseconds(number.saturating_mul(1_000 / frame::PER_SECOND));
    message(&mut out, Kind::Video, time, &video);
    out.freeze()
}

/// RTMP's clock is 32 bits of milliseconds, and wraps.
pub(crate) fn milliseconds(time: u64) -> u32 {
    u32::try_from(time & u64::from(u32::MAX)).unwrap_or(0)
}

/// Bytes of a frame. Differences of running totals, so that no fraction is ever lost.
fn budget(number: u64, bits_per_second: u64) -> usize {
    let total = |n: u64| u128::from(n) * u128::from(bits_per_second) / u128::from(8 * frame::PER_SECOND);
    let bytes = total(number.saturating_add(1)) - total(number);
    // The configuration's bounds put a segment, and so a frame, under 64 MiB.
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

fn message(out: &mut BytesMut, kind: Kind, time: u32, payload: &[u8]) {
    write::message(out, &Outgoing { kind, time, stream: write::PLAY_STREAM, payload });
}

fn unit(out: &mut BytesMut, unit: &[u8]) {
    // Bounded by the budget.
    out.put_u32(u32::try_from(unit.len()).unwrap_or(u32::MAX));
    out.put_slice(unit);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_frames_weighs_what_the_bit_rate_says() {
        for rate in [200_000, 1_000_000, 8_000_003] {
            let bytes: usize = (40..50).map(|number| frame(number, rate, 1).len()).sum();
            let aim = rate / 8;
            let error = (bytes as u64).abs_diff(aim);
            assert!(error * 100 <= aim, "{bytes} bytes at {rate} bit/s");
        }
    }

    #[test]
    fn a_rate_below_the_pictures_own_sends_the_picture() {
        assert!(frame(1, 1, 1).len() > 600);
    }
}
