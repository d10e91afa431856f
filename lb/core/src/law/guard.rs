//! The guard against black holes: a dead interface looks like the emptiest one.
//!
//! When the rate collapses although nobody was told to leave, the interface is suspect after the second sample,
//! before any probe has failed. Collapsed is: less than three tenths of what is expected, and less by more than five
//! standard deviations of a sample, so that a small interface with few viewers is not suspected for its noise.
//! A suspicion ends when half of the rate is back, or after half a minute in which the probes found nothing.

use std::time::{Duration, Instant};

/// An expected load below this part of the capacity proves nothing by its absence.
const WORTH_A_LOOK: f64 = 0.05;
/// Below this part of what is expected, a rate has collapsed.
const COLLAPSED: f64 = 0.3;
/// So many standard deviations are no noise.
const SIGMAS: f64 = 5.0;
/// At this part of the former load, the rate is back.
const BACK: f64 = 0.5;
/// So long the probes have to find something.
const PROBES_TAKE: Duration = Duration::from_secs(30);

/// What is known of an interface in one second; rates in one unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pulse {
    /// The measured rate.
    pub rate: f64,
    /// The expected one.
    pub expected: f64,
    /// The standard deviation of one sample.
    pub deviation: f64,
    /// What the interface can carry.
    pub capacity: f64,
}

/// The watch over one interface.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Guard {
    /// Nothing strange.
    #[default]
    Calm,
    /// One collapsed sample.
    Alerted,
    /// Two in a row.
    Suspect {
        /// From when on.
        since: Instant,
        /// What it carried before.
        load: f64,
    },
}

impl Guard {
    /// Looks at one more sample.
    #[must_use]
    pub fn watch(self, now: Instant, pulse: Pulse) -> Self {
        let Pulse { rate, expected, deviation, capacity } = pulse;
        let collapsed = expected > WORTH_A_LOOK * capacity
            && rate < COLLAPSED * expected
            && expected - rate > SIGMAS * deviation;
        match self {
            Self::Suspect { since, load } => {
                let over = rate > BACK * load || now.saturating_duration_since(since) > PROBES_TAKE;
                if over { Self::Calm } else { self }
            }
            Self::Alerted if collapsed => Self::Suspect { since: now, load: expected },
            Self::Calm if collapsed => Self::Alerted,
            Self::Calm | Self::Alerted => Self::Calm,
        }
    }

    /// Whether nobody should be sent there.
    pub const fn is_suspect(self) -> bool {
        matches!(self, Self::Suspect { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: Pulse = Pulse { rate: 7.0, expected: 7.0, deviation: 0.3, capacity: 10.0 };
    const DEAD: Pulse = Pulse { rate: 0.0, ..FULL };

    #[test]
    fn the_second_collapsed_sample_makes_a_suspect() {
        let now = Instant::now();
        let once = Guard::Calm.watch(now, DEAD);
        assert!(!once.is_suspect() && once.watch(now, DEAD).is_suspect());
        assert!(!once.watch(now, FULL).watch(now, DEAD).is_suspect(), "not in a row");
    }

    #[test]
    fn noise_and_small_loads_make_none() {
        let now = Instant::now();
        for pulse in [Pulse { deviation: 2.0, ..DEAD }, Pulse { expected: 0.4, ..DEAD }] {
            assert!(!Guard::Calm.watch(now, pulse).watch(now, pulse).is_suspect(), "{pulse:?}");
        }
    }

    #[test]
    fn a_suspicion_ends_with_the_rate_or_after_half_a_minute() {
        let now = Instant::now();
        let suspect = Guard::Calm.watch(now, DEAD).watch(now, DEAD);
        assert!(!suspect.watch(now, FULL).is_suspect());
        assert!(suspect.watch(now + PROBES_TAKE, DEAD).is_suspect());
        assert!(!suspect.watch(now + PROBES_TAKE + Duration::from_secs(1), DEAD).is_suspect());
    }
}
