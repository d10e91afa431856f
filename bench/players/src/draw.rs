//! A viewer's chances: one seeded generator each.

use std::ops::Range;
use std::time::Duration;

/// The draws of one viewer; the same seed and number give the same draws.
#[derive(Debug)]
pub(crate) struct Draw(fastrand::Rng);

impl Draw {
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        // The golden ratio's odd multiple keeps neighbours' seeds far apart.
        Self(fastrand::Rng::with_seed(seed ^ number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }

    /// From 0 up to, not including, 1.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.f64()
    }

    /// An index below `bound`, which is not zero.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0.usize(..bound.max(1))
    }

    /// Evenly from a range; its start if it is empty.
    pub(crate) fn between(&mut self, range: &Range<Duration>) -> Duration {
        range.start + range.end.saturating_sub(range.start).mul_f64(self.unit())
    }

    /// Exponentially distributed; at most 37 times the mean, because -ln(2^-53) is 36.7.
    pub(crate) fn exponential(&mut self, mean: Duration) -> Duration {
        let longest = Duration::from_secs(u64::from(u32::MAX));
        mean.min(longest).mul_f64(-(1.0 - self.unit()).ln())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_number_draw_the_same() {
        let draws = |seed, number| {
            let mut draw = Draw::new(seed, number);
            (0..8).map(|_| draw.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(draws(1, 2), draws(1, 2));
        assert_ne!(draws(1, 2), draws(1, 3));
        assert_ne!(draws(1, 2), draws(2, 2));
    }

    #[test]
    fn sessions_have_their_mean_length() {
        let mut draw = Draw::new(7, 0);
        let sum: Duration = (0..10_000).map(|_| draw.exponential(Duration::from_secs(100))).sum();
        let mean = sum.as_secs_f64() / 10_000.0;
        assert!((97.0..103.0).contains(&mean), "{mean}");
    }

    #[test]
    fn an_empty_range_gives_its_start() {
        let second = Duration::from_secs(1);
        assert_eq!(Draw::new(1, 1).between(&(second..second)), second);
    }
}
