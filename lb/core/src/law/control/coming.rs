//! What is on its way: how much new load there is, and where answers bring it.

use super::Law;
use crate::law::audience::{Arrivals, Brought};
use crate::units::BytesPerSec;

/// Answers of one second may bring more than the mean inflow of a second, as they come in bursts.
const MOST_OF_INFLOW: f64 = 3.0;
/// A measured rate of a viewer is the mean of about so many seconds,
const FOLLOWS: f64 = 30.0;
/// with no fewer connections than these,
const ENOUGH: u32 = 8;
/// and within these bounds, in bytes per second: 250 kbit/s and 20 Mbit/s. A player that opens a connection for each segment has few.
const BETWEEN: (f64, f64) = (31_250.0, 2_500_000.0);

impl Law {
    /// Answers of a pool brought this; places are the pool's.
    pub fn hear(&mut self, pool: usize, brought: &Brought) {
        let Some(pending) = self.brought.get_mut(pool) else { return };
        pending.viewers_per_second = brought.viewers_per_second;
        pending.to.resize(pending.to.len().max(brought.to.len()), Arrivals::default());
        for (pending, new) in pending.to.iter_mut().zip(&brought.to) {
            pending.viewers += new.viewers;
            pending.recovered += new.recovered;
            pending.saved += new.saved;
        }
    }

    /// So many connections are open on all interfaces together: what one viewer needs can be measured.
    pub fn count_connections(&mut self, connections: u32) {
        let rate: f64 = self.lanes.iter().filter_map(|lane| lane.read).map(|(_, rate)| rate).sum();
        if connections < ENOUGH {
            return;
        }
        // A second counts by its connections: those who start fill their buffers first, and they are few then.
        let (rates, open) = self.measured_viewer;
        let keep = 1.0 - 1.0 / FOLLOWS;
        self.measured_viewer = (keep * rates + rate, keep * open + f64::from(connections));
    }

    /// What a viewer of a pool needs: as told, else as measured, else as the rules have it.
    pub fn viewer_rate(&self, pool: usize) -> BytesPerSec {
        let told = self.splits.get(pool).and_then(|split| split.rules.viewer);
        let (rates, open) = self.measured_viewer;
        let measured =
            (open > 0.0).then(|| BytesPerSec::from_f64((rates / open).clamp(BETWEEN.0, BETWEEN.1)));
        told.or(measured).unwrap_or(self.rules.mean_rate)
    }

    /// Counts what answers brought in one step as load that comes. All together no more than the measured inflow,
    /// whoever asks how often; what comes back after a failure is known and counts in full.
    pub(super) fn count_arrivals(&mut self, seconds: f64) {
        let inflow = self.inflow_of(self.total());
        let rates: Vec<f64> = (0..self.splits.len()).map(|pool| self.viewer_rate(pool).as_f64()).collect();
        let asked: f64 = self.brought.iter().zip(&rates).map(|(b, rate)| b.viewers_per_second * rate).sum();
        let per_unit = if asked > 0.0 { inflow / asked } else { 0.0 };
        let viewers = |brought: &Brought| brought.to.iter().map(|to| to.viewers).sum::<f64>();
        let all: f64 = self.brought.iter().zip(&rates).map(|(b, rate)| viewers(b) * rate).sum();
        let most = MOST_OF_INFLOW * inflow * seconds;
        let scale = if all * per_unit > most { most / all } else { per_unit };
        for ((split, brought), rate) in self.splits.iter().zip(&mut self.brought).zip(rates) {
            for (to, &lane) in brought.to.iter_mut().zip(&split.rules.lanes) {
                let Arrivals { viewers, recovered, saved } = std::mem::take(to);
                self.lanes[lane].coming += (viewers * scale + recovered * per_unit) * rate + saved;
            }
        }
    }

    /// The expected load of all lanes.
    pub(super) fn total(&self) -> f64 {
        self.lanes.iter().map(|lane| lane.expected.load()).sum()
    }

    /// New load per second for a total load.
    pub(super) fn inflow_of(&self, load: f64) -> f64 {
        let variance = self.lanes.iter().map(|lane| lane.expected.variance()).sum();
        self.inflow.per_second(self.rules.leaving() * load, variance)
    }

    /// The part of the new load per second that comes to these lanes: the one that they have of all load.
    pub(in crate::law) fn inflow_to(&self, lanes: &[usize]) -> f64 {
        let all = self.total();
        let theirs: f64 = lanes.iter().map(|&lane| self.lanes[lane].expected.load()).sum();
        if all > 0.0 { self.inflow_of(all) * (theirs / all) } else { 0.0 }
    }
}
