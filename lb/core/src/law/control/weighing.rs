//! From loads and capacities to shares.

use std::time::{Duration, Instant};

use super::{Lane, Law, Standing};
use crate::law::capacity::cut;
use crate::law::fill::{Vessel, fill};
use crate::law::smooth::{Wish, normalised};

/// No horizon is longer, in seconds.
const LONGEST_HORIZON: f64 = 600.0;
/// Within the horizon so many standard deviations of the estimate must come in.
const NOISE_IN_HORIZON: f64 = 10.0;
/// Of the present load at least this part is expected to stay.
const STAYS: f64 = 0.2;
/// A rate that was seen so long ago says nothing any more.
const STALE_AFTER: Duration = Duration::from_secs(180);

impl Law {
    /// What each can carry, within its groups. Those that are down promise nothing.
    pub(super) fn capacities(&self) -> Vec<f64> {
        let own = |lane: &Lane| match lane.standing {
            Standing::Down => 0.0,
            Standing::Up | Standing::Drained => lane.capacity.effective(),
        };
        let mut capacities: Vec<f64> = self.lanes.iter().map(own).collect();
        if !self.tree.is_empty() {
            let home: Vec<Option<usize>> = self.lanes.iter().map(|lane| lane.group).collect();
            cut(&mut capacities, &home, &self.tree);
        }
        capacities
    }

    pub(super) fn inflow_per_second(&self) -> f64 {
        self.inflow_of(self.lanes.iter().map(|lane| lane.expected.load()).sum())
    }

    pub(super) fn inflow_of(&self, load: f64) -> f64 {
        let variance = self.lanes.iter().map(|lane| lane.expected.variance()).sum();
        self.inflow.per_second(self.rules.leaving() * load, variance)
    }

    /// The horizon in seconds: long enough that noise is small against what can be steered within it.
    fn horizon(&self, inflow: f64) -> f64 {
        let variance: f64 = self.lanes.iter().map(|lane| lane.expected.variance()).sum();
        let deviation = (variance / (2.0 * self.rules.time_constant())).sqrt();
        let quiet = NOISE_IN_HORIZON * deviation / inflow.max(f64::MIN_POSITIVE);
        self.rules.horizon().max(quiet).min(LONGEST_HORIZON)
    }

    pub(super) fn weigh(&mut self, now: Instant, live: &[bool], jump: bool) {
        if !live.contains(&true) {
            let weight = |(lane, open): (&Lane, bool)| if open { lane.capacity.configured() } else { 0.0 };
            self.shares = normalised(self.lanes.iter().zip(self.open.iter().copied()).map(weight).collect());
            return;
        }
        let wishes = self.wishes(now, live);
        let wished = self.rules.pace.bound(&wishes);
        self.shares = if jump || !self.rules.parts.smooth {
            wished
        } else {
            self.rules.pace.step(&self.shares, &wished)
        };
    }

    fn wishes(&self, now: Instant, live: &[bool]) -> Vec<Wish> {
        let inflow = self.inflow_per_second();
        let horizon = self.horizon(inflow);
        let stays = (1.0 - self.rules.leaving() * horizon).max(STAYS);
        let loads = self.believed_loads(now);
        let vessel = |index: usize| Vessel {
            capacity: if live[index] { self.capacities[index] } else { 0.0 },
            carried: loads[index] * stays,
        };
        let vessels: Vec<Vessel> = (0..live.len()).map(vessel).collect();
        let mut room = if self.rules.parts.fill {
            fill(&vessels, (inflow * horizon).max(1.0))
        } else {
            vessels.iter().map(|vessel| vessel.capacity).collect()
        };
        let full = |index: usize| self.lanes[index].capacity.is_saturated();
        if (0..room.len()).any(|index| room[index] > 0.0 && !full(index)) {
            (0..room.len()).filter(|&index| full(index)).for_each(|index| room[index] = 0.0);
        }
        let shares = normalised(room);
        let all: f64 = vessels.iter().map(|vessel| vessel.capacity).sum();
        let wish = |index: usize| Wish {
            share: shares[index],
            of_capacity: if all > 0.0 { vessels[index].capacity / all } else { 0.0 },
            trust: self.lanes[index].comeback.trust(now, &self.rules.comeback),
            full: full(index),
        };
        (0..live.len()).map(wish).collect()
    }

    /// The loads by which is weighed. One whose rate has not been seen for long is taken to be as full as the others
    /// are together, so that its capacity decides.
    fn believed_loads(&self, now: Instant) -> Vec<f64> {
        let blind =
            |lane: &Lane| lane.read.is_none_or(|then| now.saturating_duration_since(then) > STALE_AFTER);
        let seen = || self.lanes.iter().zip(&self.capacities).filter(|(lane, _)| !blind(lane));
        let capacity: f64 = seen().map(|(_, capacity)| capacity).sum();
        let carried: f64 = seen().map(|(lane, _)| lane.expected.load()).sum();
        let level = if capacity > 0.0 { carried / capacity } else { 0.0 };
        let load = |(lane, capacity): (&Lane, &f64)| {
            if blind(lane) { level * capacity } else { lane.expected.load() }
        };
        self.lanes.iter().zip(&self.capacities).map(load).collect()
    }
}
