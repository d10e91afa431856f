//! A value that follows its readings slowly: an exponentially weighted mean over time, not over readings, so that
//! late or missing readings do not change how fast it forgets.

use std::time::{Duration, Instant};

/// A smoothed rate with the age of its last reading.
#[derive(Clone, Copy, Debug, Default)]
pub struct Smoothed {
    value: Option<(Instant, f64)>,
}

impl Smoothed {
    /// Takes a reading; after `time_constant` the old value counts for 1/e.
    pub fn read(&mut self, at: Instant, reading: f64, time_constant: Duration) {
        self.value = Some(match self.value {
            None => (at, reading),
            Some((then, value)) => {
                let elapsed = at.saturating_duration_since(then).as_secs_f64();
                let keep = (-elapsed / time_constant.as_secs_f64().max(f64::MIN_POSITIVE)).exp();
                (at.max(then), value * keep + reading * (1.0 - keep))
            }
        });
    }

    /// The value, unless its last reading is older than `stale_after`.
    pub fn at(&self, now: Instant, stale_after: Duration) -> Option<f64> {
        let (then, value) = self.value?;
        (now.saturating_duration_since(then) <= stale_after).then_some(value)
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.value = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAU: Duration = Duration::from_secs(10);

    #[test]
    fn after_one_time_constant_two_thirds_of_a_step_are_seen() {
        let start = Instant::now();
        let mut smoothed = Smoothed::default();
        smoothed.read(start, 0.0, TAU);
        for second in 1..=10 {
            smoothed.read(start + Duration::from_secs(second), 100.0, TAU);
        }
        let value = smoothed.at(start + TAU, TAU).expect("fresh");
        assert!((value - 63.2).abs() < 0.1, "{value}");
    }

    #[test]
    fn a_value_without_fresh_readings_is_unknown() {
        let start = Instant::now();
        let mut smoothed = Smoothed::default();
        smoothed.read(start, 5.0, TAU);
        assert_eq!(smoothed.at(start + TAU, TAU), Some(5.0));
        assert_eq!(smoothed.at(start + TAU * 2, TAU), None);
    }
}
