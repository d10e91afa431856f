//! Redirects: each viewer goes where the expected load is lowest, and counts there at once.

use std::time::Instant;

use super::Law;

/// A viewer moves only when its interface is this much above the mean,
const WORTH_MOVING: f64 = 0.03;
/// and by more than so many standard deviations of the estimate.
const SIGMAS: f64 = 2.0;
/// So much of the excess moves per round of polls.
const PER_ROUND: f64 = 0.5;
/// A saturated interface is left by at least this part per round, before `PER_ROUND`.
const FROM_THE_FULL: f64 = 0.15;

impl Law {
    /// Where one more viewer goes; none if there is no interface. The draw, in [0, 1), only matters while an interface
    /// starts slowly.
    pub fn place(&mut self, now: Instant, draw: f64) -> Option<usize> {
        let (capacities, open) = (&self.capacities, &self.open);
        let all: f64 = (0..open.len()).filter(|&index| open[index]).map(|index| capacities[index]).sum();
        let used = |index: usize| {
            let lane = &self.lanes[index];
            let trust = lane.comeback.trust(now, &self.rules.comeback);
            let most = self.rules.pace.over * trust * capacities[index] / all;
            let waits = trust < 1.0 && draw > most;
            let penalty =
                f64::from(u8::from(lane.capacity.is_saturated())) + 2.0 * f64::from(u8::from(waits));
            lane.expected.load() / capacities[index].max(f64::MIN_POSITIVE) + penalty
        };
        let best = (0..open.len())
            .filter(|&index| open[index])
            .min_by(|&one, &other| used(one).total_cmp(&used(other)))?;
        if self.rules.parts.feed_forward {
            self.lanes[best].expected.send(self.rules.mean_rate.as_f64());
        }
        Some(best)
    }

    /// Where a running viewer on this interface goes on; the draws are in [0, 1).
    pub fn steer(&mut self, now: Instant, on: usize, draws: (f64, f64)) -> usize {
        if self.open.get(on).is_none_or(|&open| open && !self.should_move(on, draws.0)) {
            return on;
        }
        let best = self.place(now, draws.1).unwrap_or(on);
        if self.rules.parts.feed_forward {
            self.lanes[on].expected.send(-self.rules.mean_rate.as_f64());
        }
        best
    }

    fn should_move(&self, on: usize, draw: f64) -> bool {
        let (capacities, open) = (&self.capacities, &self.open);
        let lane = &self.lanes[on];
        let (load, capacity) = (lane.expected.load(), capacities[on].max(f64::MIN_POSITIVE));
        let usable = || (0..open.len()).filter(|&index| open[index]);
        let carried: f64 = usable().map(|index| self.lanes[index].expected.load()).sum();
        let mean = carried / usable().map(|index| capacities[index]).sum::<f64>().max(f64::MIN_POSITIVE);
        let noise =
            SIGMAS * (lane.expected.variance() / (2.0 * self.rules.time_constant())).sqrt() / capacity;
        let full = lane.capacity.is_saturated();
        if load / capacity < mean + noise.max(WORTH_MOVING) && !full {
            return false;
        }
        let excess = if load > 0.0 { (load - mean * capacity) / load } else { 0.0 };
        let part = if full { excess.max(FROM_THE_FULL) } else { excess };
        draw < PER_ROUND * part
    }
}
