//! How long to wait before the next try.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Waits that double up to a limit, each cut by a random part of its upper half, so that machines that failed
/// together do not come back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The wait after the first failure, before the cut.
    pub first: Duration,
    /// No wait is longer than this.
    pub most: Duration,
}

impl Backoff {
    /// The wait after so many failures in a row (the first failure is number 1). `draw` is any random number.
    pub fn wait(self, failures: u32, draw: u64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let whole = self.first.saturating_mul(1 << doublings).min(self.most);
        let half = whole / 2;
        let range = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX).saturating_add(1);
        half + Duration::from_nanos(draw % range)
    }
}

/// A random number for [`Backoff::wait`], from the seed that each hasher of the standard library gets.
pub(super) fn draw() -> u64 {
    RandomState::new().hash_one(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WAITS: Backoff = Backoff { first: Duration::from_secs(1), most: Duration::from_secs(30) };

    proptest! {
        #[test]
        fn a_wait_is_between_half_and_all_of_its_doubling(failures in 1u32.., draw: u64) {
            let whole = WAITS.first.saturating_mul(1 << (failures - 1).min(20)).min(WAITS.most);
            let wait = WAITS.wait(failures, draw);
            prop_assert!(wait >= whole / 2 && wait <= whole, "{wait:?} of {whole:?}");
        }
    }

    #[test]
    fn the_draw_decides_within_the_range() {
        assert_eq!(WAITS.wait(1, 0), Duration::from_millis(500));
        assert_ne!(WAITS.wait(1, 1_000_000), WAITS.wait(1, 0));
        assert_eq!(Backoff { first: Duration::ZERO, most: Duration::ZERO }.wait(5, 77), Duration::ZERO);
    }
}
