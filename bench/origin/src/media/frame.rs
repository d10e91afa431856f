//! Time in frames: ten pictures per second, each with the sound that begins during it.
//!
//! Ten, because each frame is one timer and one write per RTMP player.

use std::ops::Range;
use std::time::Duration;

/// How long a frame is shown.
pub(crate) const LENGTH: Duration = Duration::from_millis(100);
/// The same in the 90 kHz units of MPEG.
pub(crate) const TICKS: u64 = 9_000;
/// Frames per second.
pub(crate) const PER_SECOND: u64 = 10;
/// 1,024 samples at 48 kHz in 90 kHz units: exact, which is why the sound is at 48 kHz.
pub(crate) const SOUND_TICKS: u64 = 1_920;

/// When a frame begins.
pub(crate) fn begin(number: u64) -> Duration {
    Duration::from_millis(number.saturating_mul(1_000 / PER_SECOND))
}

/// The frames that begin within a segment. Segments are at least one frame long, so it is never empty.
pub(crate) fn of_segment(number: u64, segment: Duration) -> Range<u64> {
    let boundary = |n: u64| {
        let frames = (u128::from(n) * segment.as_nanos()).div_ceil(LENGTH.as_nanos());
        u64::try_from(frames).unwrap_or(u64::MAX)
    };
    boundary(number)..boundary(number.saturating_add(1))
}

/// The AAC frames that begin within a frame: four or five.
pub(crate) fn sounds(number: u64) -> Range<u64> {
    let boundary = |n: u64| n.saturating_mul(TICKS).div_ceil(SOUND_TICKS);
    boundary(number)..boundary(number.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_and_sounds_leave_no_gap() {
        for length in [100, 130, 250, 2_000].map(Duration::from_millis) {
            for number in 0..500 {
                let frames = of_segment(number, length);
                assert!(!frames.is_empty());
                assert_eq!(frames.end, of_segment(number + 1, length).start);
            }
        }
        for number in 0..500 {
            assert!((4..=5).contains(&sounds(number).count()));
            assert_eq!(sounds(number).end, sounds(number + 1).start);
        }
    }
}
