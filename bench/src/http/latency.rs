//! How long answers took: a histogram of fixed size, so that a long run costs no more memory than a short one.

use std::time::Duration;

/// One place for each microsecond up to here; what takes longer counts as this.
const LONGEST: usize = 1 << 18;

/// How many answers took how many microseconds.
pub(super) struct Latencies {
    counts: Box<[u32]>,
    all: u64,
}

impl Latencies {
    pub(super) fn new() -> Self {
        Self { counts: vec![0; LONGEST].into_boxed_slice(), all: 0 }
    }

    pub(super) fn add(&mut self, time: Duration) {
        let place = usize::try_from(time.as_micros()).unwrap_or(LONGEST).min(LONGEST - 1);
        self.counts[place] = self.counts[place].saturating_add(1);
        self.all += 1;
    }

    /// The microseconds within which this part of all answers came.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Far below 2^53.
    pub(super) fn percentile(&self, part: f64) -> f64 {
        let wanted = ((self.all as f64 * part).ceil() as u64).max(1);
        let mut so_far = 0;
        let place = self.counts.iter().position(|&count| {
            so_far += u64::from(count);
            so_far >= wanted
        });
        place.map_or(f64::NAN, |place| place as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_all_that_was_added() {
        let mut latencies = Latencies::new();
        assert!(latencies.percentile(0.5).is_nan());
        for microseconds in 1..=99 {
            latencies.add(Duration::from_micros(microseconds));
        }
        latencies.add(Duration::from_secs(100));
        let percentiles = [0.0, 0.5, 0.99].map(|part| latencies.percentile(part));
        assert_eq!(percentiles, [1.0, 50.0, 99.0]);
        assert_eq!(latencies.percentile(1.0), 262_143.0);
    }
}
