//! Redirects: each viewer goes where the expected load is lowest, and counts there at once. Steering: a running viewer
//! leaves an interface that is used more than the others.

use std::time::Instant;

use super::control::Law;

/// A viewer moves only when its interface is this much above the mean,
const WORTH_MOVING: f64 = 0.03;
/// and by more than so many standard deviations of the estimate.
const SIGMAS: f64 = 2.0;
/// So much of the excess moves per round of polls.
const PER_ROUND: f64 = 0.5;
/// A saturated interface is left by at least this part per round, before `PER_ROUND`.
const FROM_THE_FULL: f64 = 0.15;

/// What decides whether an interface gets one more viewer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Berth {
    /// The expected load, in bytes per second.
    pub load: f64,
    /// What it can carry within its groups, in bytes per second.
    pub capacity: f64,
    /// Its largest part of all redirects: below one only while it starts slowly.
    pub most: f64,
    /// Whether it carries all that it can.
    pub is_full: bool,
    /// The standard deviation of the load as it is estimated, in bytes per second.
    pub noise: f64,
}

/// What was promised to an interface by redirects, and given up by steering, in bytes per second: counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reservations {
    /// Viewers who were sent there.
    pub made: u64,
    /// Viewers who were moved away.
    pub given_up: u64,
}

impl Berth {
    /// How well it would be used with so much more; one that is full counts as twice as much, and one that has had its part of the redirects while
    /// it starts slowly as more than any.
    fn used(&self, more: f64, draw: f64) -> f64 {
        let waits = self.most < 1.0 && draw > self.most;
        let penalty = f64::from(u8::from(self.is_full)) + 2.0 * f64::from(u8::from(waits));
        (self.load + more) / self.capacity.max(f64::MIN_POSITIVE) + penalty
    }
}

/// The one that would be used least with one more viewer, who needs `more`; of several, the first. The draw, in [0, 1),
/// only matters while an interface starts slowly.
pub fn lowest(berths: impl Iterator<Item = (usize, Berth)>, more: f64, draw: f64) -> Option<usize> {
    let used = berths.map(|(index, berth)| (index, berth.used(more, draw)));
    used.min_by(|one, other| one.1.total_cmp(&other.1)).map(|(index, _)| index)
}

/// Whether a running viewer on the interface `on` moves; the draw is in [0, 1). Nobody moves for little, or for what may be
/// noise, and of the excess only a part moves at a time, or all would meet on the next interface.
pub fn leaves(berths: impl Iterator<Item = (usize, Berth)>, on: usize, draw: f64) -> bool {
    let (mut here, mut carried, mut capacity) = (None, 0.0, 0.0);
    for (index, berth) in berths {
        carried += berth.load;
        capacity += berth.capacity;
        if index == on {
            here = Some(berth);
        }
    }
    let Some(here) = here else { return true };
    let (own, mean) = (here.capacity.max(f64::MIN_POSITIVE), carried / f64::max(capacity, f64::MIN_POSITIVE));
    let noise = SIGMAS * here.noise / own;
    if here.load / own < mean + noise.max(WORTH_MOVING) && !here.is_full {
        return false;
    }
    let excess = if here.load > 0.0 { (here.load - mean * own) / here.load } else { 0.0 };
    let part = if here.is_full { excess.max(FROM_THE_FULL) } else { excess };
    draw < PER_ROUND * part
}

impl Law {
    /// What decides whether a pool's interface gets one more viewer; none if it is not open to viewers.
    pub fn berth(&self, pool: usize, place: usize, now: Instant) -> Option<Berth> {
        let split = self.splits.get(pool)?;
        let open = || split.places.iter().zip(&split.rules.lanes).filter(|(place, _)| place.is_open);
        let &lane = split.rules.lanes.get(place).filter(|_| split.places[place].is_open)?;
        let trust = split.trust(place, now, &self.rules);
        let all = || open().map(|(_, &lane)| self.capacities[lane]).sum::<f64>();
        let most = if trust < 1.0 && split.places[place].was_live {
            self.rules.pace.over * trust * self.capacities[lane] / all().max(f64::MIN_POSITIVE)
        } else {
            1.0
        };
        let load = self.lanes[lane].expected.load();
        let within = self.capacities[lane];
        // One that is dead and answered all the same promises nothing; then it counts as it was told.
        let capacity = if within > 0.0 { within } else { self.lanes[lane].capacity.configured() };
        let noise = (self.lanes[lane].expected.variance() / (2.0 * self.rules.time_constant())).sqrt();
        Some(Berth { load, capacity, most, is_full: self.is_full(lane), noise })
    }

    /// Where one more viewer of a pool goes; none if there is no interface. It counts there at once.
    pub fn place(&mut self, pool: usize, now: Instant, draw: f64) -> Option<usize> {
        let places = 0..self.splits.get(pool)?.places.len();
        let berths = places.filter_map(|place| Some((place, self.berth(pool, place, now)?)));
        let best = lowest(berths, self.viewer_rate(pool).as_f64(), draw)?;
        if self.rules.parts.feed_forward {
            let lane = self.splits[pool].rules.lanes[best];
            self.reserve(lane, self.viewer_rate(pool));
        }
        Some(best)
    }

    /// Where a running viewer on this interface goes on; the draws are in [0, 1).
    pub fn steer(&mut self, pool: usize, now: Instant, on: usize, draws: (f64, f64)) -> usize {
        let Some(split) = self.splits.get(pool) else { return on };
        let Some(&lane) = split.rules.lanes.get(on) else { return on };
        let berths = (0..split.places.len()).filter_map(|place| Some((place, self.berth(pool, place, now)?)));
        if !leaves(berths, on, draws.0) {
            return on;
        }
        let best = self.place(pool, now, draws.1).unwrap_or(on);
        if self.rules.parts.feed_forward {
            let rate = self.viewer_rate(pool).as_f64();
            self.lanes[lane].expected.send(-rate);
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berth(load: f64, capacity: f64) -> Berth {
        Berth { load, capacity, most: 1.0, is_full: false, noise: 0.0 }
    }

    fn moves(berths: &[Berth], on: usize, draw: f64) -> bool {
        leaves(berths.iter().copied().enumerate(), on, draw)
    }

    #[test]
    fn a_viewer_stays_where_its_interface_is_used_as_the_others_are() {
        let even = [berth(70.0, 100.0), berth(72.0, 100.0)];
        assert!((0..2).all(|on| !moves(&even, on, 0.0)));
    }

    #[test]
    fn half_of_the_excess_moves_in_a_round() {
        // The mean is 0.7: of the 90, 20 are too many, and half of them move.
        let uneven = [berth(90.0, 100.0), berth(50.0, 100.0)];
        assert!(moves(&uneven, 0, 0.11) && !moves(&uneven, 0, 0.12));
        assert!(!moves(&uneven, 1, 0.0), "nobody leaves the one that is used less");
    }

    #[test]
    fn what_may_be_noise_moves_nobody() {
        let noisy = Berth { noise: 15.0, ..berth(90.0, 100.0) };
        assert!(!moves(&[noisy, berth(50.0, 100.0)], 0, 0.0));
    }

    #[test]
    fn one_that_is_full_is_left_and_one_that_is_closed_at_once() {
        let full = Berth { is_full: true, ..berth(60.0, 100.0) };
        assert!(moves(&[full, berth(60.0, 100.0)], 0, 0.07), "{FROM_THE_FULL} x {PER_ROUND}");
        assert!(moves(&[berth(60.0, 100.0)], 7, 0.99), "nobody may be on an interface without a berth");
    }
}
