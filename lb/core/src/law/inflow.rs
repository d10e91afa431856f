//! How much new load comes per second: what replaces those who leave, and a clear growth.
//!
//! In a steady state as much comes as goes, and what goes is known: the expected load over the mean stay. A crowd
//! brings more; it shows as a growth of the total over half a minute that is larger than noise would be and than half
//! of the usual inflow.

use std::collections::VecDeque;

/// Seconds of the moving average over the total.
const SMOOTHED: f64 = 15.0;
/// Seconds over which growth is measured.
const LOOKED_BACK: usize = 30;
/// A growth per second below so many standard deviations of the total is noise.
const SIGMAS: f64 = 0.036;
/// A growth below this part of the usual inflow changes nothing.
const WORTH_IT: f64 = 0.5;

/// The growth of the measured total, in any unit of rate.
#[derive(Clone, Debug, Default)]
pub struct Inflow {
    smoothed: Option<f64>,
    past: VecDeque<f64>,
}

impl Inflow {
    /// Takes over the total of one second.
    pub fn observe(&mut self, total: f64) {
        let before = self.smoothed.unwrap_or(total);
        let smoothed = before + (total - before) / SMOOTHED;
        self.smoothed = Some(smoothed);
        self.past.push_back(smoothed);
        while self.past.len() > LOOKED_BACK {
            self.past.pop_front();
        }
    }

    /// Starts again: after a change of health the total says nothing about a crowd.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// New load per second, given what leaves per second and the variance of the total.
    pub fn per_second(&self, leaving: f64, variance: f64) -> f64 {
        let (Some(first), Some(last)) = (self.past.front(), self.past.back()) else { return leaving };
        // The window is full: LOOKED_BACK values have LOOKED_BACK - 1 seconds between them.
        let growth = (last - first) / 29.0;
        let clear = growth > (WORTH_IT * leaving).max(SIGMAS * variance.sqrt());
        if clear && self.past.len() == LOOKED_BACK { leaving + growth } else { leaving }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: u32, total: impl Fn(f64) -> f64) -> Inflow {
        let mut inflow = Inflow::default();
        (0..seconds).for_each(|second| inflow.observe(total(f64::from(second))));
        inflow
    }

    #[test]
    fn a_steady_total_brings_what_leaves() {
        assert!((after(100, |_| 500.0).per_second(4.0, 10.0) - 4.0).abs() < 1e-9);
    }

    #[test]
    fn a_crowd_brings_more() {
        let inflow = after(120, |second| 500.0 + 10.0 * second).per_second(4.0, 10.0);
        assert!((inflow - 14.0).abs() < 0.5, "{inflow}");
    }

    #[test]
    fn a_growth_within_the_noise_is_none() {
        let inflow = after(120, |second| 500.0 + 10.0 * second).per_second(4.0, 1e6);
        assert!((inflow - 4.0).abs() < 1e-9, "{inflow}");
    }
}
