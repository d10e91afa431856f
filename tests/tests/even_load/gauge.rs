//! What the kernel counted on each device, second by second, against what each may carry.

use std::time::Instant;

use weir_tests::namespace::sent_bytes;

use crate::world::LIMITS;

/// Averages are over so many seconds.
const AVERAGED: usize = 5;

/// The readings of a run.
#[derive(Debug)]
pub(crate) struct Gauge {
    readings: Vec<Reading>,
    /// What the devices let through now, in Mbit/s.
    limits: [f64; 4],
    start: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    at: f64,
    sent: [u64; 4],
    limits: [f64; 4],
}

/// Average utilisations of the last five seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// When they end, in seconds since the start.
    pub(crate) at: f64,
    /// Of each device.
    pub(crate) each: [f64; 4],
    /// Of all limits together.
    pub(crate) mean: f64,
}

impl Moment {
    /// The highest of all.
    pub(crate) fn highest(&self) -> f64 {
        self.each.iter().copied().fold(0.0, f64::max)
    }
}

impl Gauge {
    pub(crate) fn new() -> Self {
        Self { readings: Vec::new(), limits: LIMITS, start: Instant::now() }
    }

    /// Reads the counters when a second is over. To be called more often than that, on the edge.
    pub(crate) fn look(&mut self) {
        let at = self.start.elapsed().as_secs_f64();
        // Seconds are cut where the readings are, so a late one falsifies nothing.
        if self.readings.last().is_none_or(|last| at.floor() > last.at.floor()) {
            self.readings.push(Reading { at, sent: sent_bytes(), limits: self.limits });
        }
    }

    /// A device lets this through from now on, in Mbit/s; zero for one on which nobody serves.
    pub(crate) fn limited(&mut self, index: usize, limit: f64) {
        self.limits[index] = limit;
    }

    /// Five-second averages, one for each second.
    pub(crate) fn moments(&self) -> Vec<Moment> {
        self.readings.windows(AVERAGED + 1).map(|window| average(&window[0], &window[AVERAGED])).collect()
    }
}

fn average(from: &Reading, to: &Reading) -> Moment {
    // Byte counters of minutes are far below 2^53.
    let mbit = |index: usize| (to.sent[index] - from.sent[index]) as f64 * 8e-6 / (to.at - from.at);
    let utilisation =
        |index: usize| if to.limits[index] > 0.0 { mbit(index) / to.limits[index] } else { 0.0 };
    let each: [f64; 4] = std::array::from_fn(utilisation);
    let mean = (0..LIMITS.len()).map(mbit).sum::<f64>() / to.limits.iter().sum::<f64>();
    Moment { at: to.at, each, mean }
}
