//! Counter readings become a rate; wraps, resets and gaps do not become nonsense.

use std::time::{Duration, Instant};

use crate::units::BytesPerSec;

/// A reading of an interface's counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When it was read.
    pub at: Instant,
    /// Bytes sent, ever.
    pub transmitted: u64,
    /// Bytes received, ever.
    pub received: u64,
    /// Viewer connections at that moment, when known.
    pub connections: Option<u32>,
    /// Packets that the card or its queue refused to send, ever, when that can be known.
    pub refused: Option<u64>,
    /// What TCP knows of the viewers' connections, when it can be asked.
    pub tcp: Option<TcpReading>,
}

/// What TCP knows of the viewers' connections on one address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpReading {
    /// Bytes sent on them, ever, repetitions included.
    pub sent: u64,
    /// Bytes of those that were sent again.
    pub resent: u64,
    /// At which rate TCP delivers on a busy connection, on average; none as long as none is busy.
    pub delivery: Option<BytesPerSec>,
}

/// Turns the readings of one counter into growth.
///
/// ```text
///            first reading / gap / reset            next reading
///  (nothing) ────────────────────────► (baseline) ───────────────► growth over the time between
///                                          ▲                              │
///                                          └──────────────────────────────┘
/// ```
#[derive(Clone, Debug, Default)]
pub struct Meter {
    last: Option<(Instant, u64)>,
    total: u64,
}

/// What a reading said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Growth {
    /// So much per second since the reading before.
    Rate(BytesPerSec),
    /// Nothing can be said: the first reading, one after a gap or a reset, or one too close to the last.
    Unknown,
}

impl Meter {
    /// Readings further apart than this do not make a rate: what was in between is not known.
    pub const GAP: Duration = Duration::from_secs(10);
    /// Readings closer than this do not make a rate: the division would magnify jitter.
    pub const CLOSEST: Duration = Duration::from_millis(100);

    /// Bytes counted so far, as a counter that never falls, whatever the source did.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Takes a reading. `fastest` is a rate that cannot be exceeded (a few times the capacity): a counter that fell
    /// is believed to have wrapped at 32 bits only if the growth that this means stays below it; otherwise it was reset.
    pub fn read(&mut self, at: Instant, value: u64, fastest: BytesPerSec) -> Growth {
        let Some((then, before)) = self.last else {
            self.last = Some((at, value));
            return Growth::Unknown;
        };
        let elapsed = at.saturating_duration_since(then);
        if elapsed < Self::CLOSEST {
            return Growth::Unknown;
        }
        self.last = Some((at, value));
        let Some(grown) = growth(before, value, elapsed, fastest) else {
            return Growth::Unknown;
        };
        self.total = self.total.saturating_add(grown);
        if elapsed > Self::GAP {
            return Growth::Unknown;
        }
        Growth::Rate(BytesPerSec::from_f64(BytesPerSec::new(grown).as_f64() / elapsed.as_secs_f64()))
    }
}

/// How much a counter grew, unless it was reset.
fn growth(before: u64, now: u64, elapsed: Duration, fastest: BytesPerSec) -> Option<u64> {
    if now >= before {
        return Some(now - before);
    }
    // Old drivers count in 32 bits; counters of 64 bits do not live to see their wrap.
    const WRAP: u64 = 1 << 32;
    let wrapped = WRAP.checked_sub(before)? + now;
    let possible = fastest.as_f64() * elapsed.as_secs_f64();
    (BytesPerSec::new(wrapped).as_f64() <= possible).then_some(wrapped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FAST: BytesPerSec = BytesPerSec::new(1 << 40);

    fn second(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn two_readings_make_a_rate() {
        let start = Instant::now();
        let mut meter = Meter::default();
        assert_eq!(meter.read(start, 5_000, FAST), Growth::Unknown);
        assert_eq!(meter.read(start + second(2), 9_000, FAST), Growth::Rate(BytesPerSec::new(2_000)));
        assert_eq!(meter.total(), 4_000);
    }

    #[test]
    fn a_counter_of_32_bits_wraps_without_a_jump() {
        let start = Instant::now();
        let mut meter = Meter::default();
        meter.read(start, u64::from(u32::MAX) - 99, FAST);
        assert_eq!(meter.read(start + second(1), 100, FAST), Growth::Rate(BytesPerSec::new(200)));
    }

    #[test]
    fn a_reset_makes_no_rate_and_the_next_reading_does() {
        let start = Instant::now();
        let slow = BytesPerSec::from_bits(1_000_000_000);
        let mut meter = Meter::default();
        meter.read(start, 3_000_000_000, slow);
        assert_eq!(meter.read(start + second(1), 100, slow), Growth::Unknown);
        assert_eq!(meter.read(start + second(2), 1_100, slow), Growth::Rate(BytesPerSec::new(1_000)));
        meter.read(start + second(3), 1 << 40, slow);
        assert_eq!(meter.read(start + second(4), 7, slow), Growth::Unknown);
    }

    #[test]
    fn a_gap_makes_no_rate_yet_its_bytes_count() {
        let start = Instant::now();
        let mut meter = Meter::default();
        meter.read(start, 0, FAST);
        assert_eq!(meter.read(start + second(60), 60_000, FAST), Growth::Unknown);
        assert_eq!(meter.total(), 60_000);
        assert_eq!(meter.read(start + second(61), 61_000, FAST), Growth::Rate(BytesPerSec::new(1_000)));
    }

    #[test]
    fn a_reading_that_comes_too_soon_or_from_the_past_is_left_out() {
        let start = Instant::now() + second(100);
        let mut meter = Meter::default();
        meter.read(start, 0, FAST);
        assert_eq!(meter.read(start + Duration::from_millis(1), 1, FAST), Growth::Unknown);
        assert_eq!(meter.read(start - second(5), 1, FAST), Growth::Unknown);
        assert_eq!(meter.read(start + second(1), 1_000, FAST), Growth::Rate(BytesPerSec::new(1_000)));
    }

    proptest! {
        #[test]
        fn the_total_never_falls_and_no_rate_is_above_what_the_readings_allow(
            readings in prop::collection::vec((0_u64..20_000, 0_u64..1 << 48), 1..50),
        ) {
            let start = Instant::now();
            let (mut at, mut meter) = (start, Meter::default());
            for (millis, value) in readings {
                at += Duration::from_millis(millis);
                let before = meter.total();
                let growth = meter.read(at, value, FAST);
                prop_assert!(meter.total() >= before);
                if let Growth::Rate(rate) = growth {
                    let bytes = BytesPerSec::new(meter.total() - before).as_f64();
                    prop_assert!(rate.as_f64() <= bytes / 0.1 + 1.0);
                }
            }
        }
    }
}
