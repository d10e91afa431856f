//! The law of weights: its parts put together, once a second.
//!
//! ```text
//!  sights ──► lanes: expected load ─┐                              ┌─► split of each pool (answers)
//!             lanes, stems: capacity ┼─► water filling ─► smoothing ┤
//!             guard, comeback ──────┘                              └─► lowest load (redirects, steering)
//!     ▲                                                                  │
//!     └─ what answers brought, redirects × a viewer's rate ◄─────────────┘
//! ```
//!
//! Loads are of interfaces (lanes), whoever's viewers they are; what plays, and how viewers are split, is of pools. A pool
//! knows its interfaces by their places in its own list.
//!
//! Pure: time and draws are arguments. Inside, rates are floats in bytes per second, as everything here is about reals.
//!
//! With many viewers any reasonable law balances; this one is made for the three cases in which the simple ones fail:
//! when noise is as large as what can be steered (small sites), when a few resolvers hold most viewers, and when what
//! is known of an interface is wrong for a while (death, return, a capacity that is not there).

mod arrange;
mod coming;
mod reading;

use std::time::{Duration, Instant};

use super::audience::Brought;
use super::capacity::{Branch, cut};
use super::expected::Phase;
use super::inflow::Inflow;
use super::lane::{Lane, Sight, Standing, Taking};
use super::rules::Rules;
use super::split::{Health, Split};
use super::stem::{Shown, Stem};
use super::strain::strained;
use crate::units::BytesPerSec;

pub use arrange::{Layout, PoolLayout};

/// For so long after a change of health nothing is corrected.
const SETTLES: Duration = Duration::from_secs(5);
/// For so long after a change of health corrections are quick.
const CATCHES_UP: Duration = Duration::from_secs(20);
/// For so long after an interface became saturated, answers are kept for a short time only.
const RESTLESS: Duration = Duration::from_secs(120);
/// A step of the model is no longer, in seconds: a clock that stalled does not make viewers leave.
const LONGEST_STEP: f64 = 10.0;
/// For so long it is told that a load was lost.
const TOLD: Duration = Duration::from_secs(10);
/// The law and all that it remembers.
#[derive(Clone, Debug, Default)]
pub struct Law {
    pub(super) rules: Rules,
    pub(super) lanes: Vec<Lane>,
    pub(super) splits: Vec<Split>,
    /// What each lane can carry within its groups, as of the last judgement.
    pub(super) capacities: Vec<f64>,
    stems: Vec<Stem>,
    /// What answers of each pool brought and was not yet counted.
    brought: Vec<Brought>,
    inflow: Inflow,
    /// Sums of rates and of connections of the last seconds, older ones counting less.
    measured_viewer: (f64, f64),
    losses: Vec<Loss>,
    serial: u64,
    seen: Option<Instant>,
    changed: Option<Instant>,
    restless_until: Option<Instant>,
}

/// An interface died, and its viewers come back elsewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// Rises with every loss.
    pub serial: u64,
    /// When.
    pub at: Instant,
    /// Which.
    pub lane: usize,
    /// What it carried, in bytes per second.
    pub load: f64,
    /// The new load that came per second to all interfaces then, in bytes per second.
    pub inflow: f64,
}

impl Law {
    /// A law without interfaces and pools.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            lanes: Vec::new(),
            splits: Vec::new(),
            capacities: Vec::new(),
            stems: Vec::new(),
            brought: Vec::new(),
            inflow: Inflow::default(),
            measured_viewer: (0.0, 0.0),
            losses: Vec::new(),
            serial: 0,
            seen: None,
            changed: None,
            restless_until: None,
        }
    }

    /// Takes in what a second has shown, one sight for each lane and one health for each pool, and weighs when it is time.
    pub fn see(&mut self, now: Instant, sights: &[Sight], healths: &[Health]) {
        let step = self.seen.map_or(0.0, |then| now.saturating_duration_since(then).as_secs_f64());
        if self.seen.replace(now).is_none() {
            self.changed = Some(now);
        }
        self.losses.retain(|loss| now.saturating_duration_since(loss.at) < TOLD);
        self.predict(step.min(LONGEST_STEP));
        let turned = self.stand(healths);
        self.measure(now, sights);
        self.follow(now, healths, turned);
        // A change of health makes the total start anew.
        self.inflow.observe(self.lanes.iter().filter_map(|lane| lane.read).map(|(_, rate)| rate).sum());
        self.weigh(now, turned || self.changed == Some(now));
    }

    /// Judges at once, between two seconds: something has changed that answers must follow.
    pub fn judge(&mut self, now: Instant, healths: &[Health]) {
        let turned = self.stand(healths);
        self.follow(now, healths, turned);
        self.weigh(now, turned || self.changed == Some(now));
    }

    /// Something is sent to a lane, in bytes per second, that its counters can't show yet. No lane is believed to carry more
    /// than it can by what was sent alone, as somebody may ask for one redirect after another and go nowhere.
    pub fn reserve(&mut self, lane: usize, rate: BytesPerSec) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            let room = (lane.capacity.configured() - lane.expected.load()).max(0.0);
            lane.expected.send(rate.as_f64().min(room));
        }
    }

    /// Viewers of so much were moved away from a lane.
    pub fn give_up(&mut self, lane: usize, rate: BytesPerSec) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.expected.send(-rate.as_f64());
        }
    }

    /// Those whose stay ends leave, and those who were answered arrive.
    fn predict(&mut self, seconds: f64) {
        if seconds <= 0.0 {
            return;
        }
        self.count_arrivals(seconds);
        let kept = (-self.rules.leaving() * seconds).exp();
        for lane in &mut self.lanes {
            let coming = std::mem::take(&mut lane.coming);
            lane.expected.pass(kept, if self.rules.parts.feed_forward { coming } else { 0.0 });
        }
    }

    /// Takes over what pools think; says whether any thinks something else than before.
    fn stand(&mut self, healths: &[Health]) -> bool {
        let mut turned = false;
        for (split, health) in self.splits.iter_mut().zip(healths) {
            turned |= split.stand(health);
        }
        let mut best: Vec<Option<Standing>> = vec![None; self.lanes.len()];
        for (lane, standing) in self.splits.iter().flat_map(Split::standings) {
            best[lane] = best[lane].max(Some(standing));
        }
        for (lane, best) in self.lanes.iter_mut().zip(best) {
            lane.standing = best.unwrap_or_default();
        }
        turned
    }

    fn measure(&mut self, now: Instant, sights: &[Sight]) {
        let phase = match self.changed.map(|then| now.saturating_duration_since(then)) {
            Some(past) if past < SETTLES => Phase::Settling,
            Some(past) if past < CATCHES_UP => Phase::Catching,
            _ => Phase::Quiet,
        };
        let parts = self.rules.parts;
        let taking = Taking {
            now,
            phase,
            time_constant: self.rules.time_constant(),
            learns: parts.learned_capacity,
            guards: parts.guard,
            early: parts.early,
            strained: false,
        };
        let grain = (self.rules.grain.as_f64(), self.rules.late);
        let strained = strained(sights);
        let together = self.follow_stems(sights, &strained);
        for ((lane, sight), strained) in self.lanes.iter_mut().zip(sights).zip(strained) {
            // What a whole group refuses says nothing of its members.
            let alone = !lane.group.is_some_and(|group| together[group]);
            let sight = Sight { refused: sight.refused.map(|refused| refused && alone), ..*sight };
            lane.measure(sight, Taking { strained: strained && alone, ..taking }, grain);
        }
    }

    /// Shows the groups what their members carry. Says which of them refuse as a whole.
    fn follow_stems(&mut self, sights: &[Sight], strained: &[bool]) -> Vec<bool> {
        let mut shown: Vec<Shown> = self.stems.iter().map(|_| Shown::default()).collect();
        for ((lane, sight), &strained) in self.lanes.iter().zip(sights).zip(strained) {
            if let Some(shown) = lane.group.and_then(|group| shown.get_mut(group)) {
                shown.add(lane, sight, strained);
            }
        }
        let learns = self.rules.parts.learned_capacity;
        self.stems.iter_mut().zip(&shown).map(|(stem, shown)| stem.follow(shown, learns)).collect()
    }

    /// Who went and who came.
    fn follow(&mut self, now: Instant, healths: &[Health], turned: bool) {
        self.bury(now);
        let mut splits = std::mem::take(&mut self.splits);
        let mut changed = turned;
        let mut live = vec![false; self.lanes.len()];
        for (split, health) in splits.iter_mut().zip(healths) {
            changed |= split.follow(now, self, health.opened.as_deref());
            split.live_lanes().for_each(|lane| live[lane] = true);
        }
        self.splits = splits;
        for (lane, live) in self.lanes.iter_mut().zip(live) {
            if live && !lane.is_live {
                lane.expected.set(lane.read.map_or(0.0, |(_, rate)| rate));
            }
            lane.is_live = live;
        }
        if changed {
            self.changed = Some(now);
            self.inflow.forget();
            self.lanes.iter_mut().for_each(|lane| lane.expected.forget_trail());
        }
    }

    /// Takes the load from those that died, and tells of it.
    fn bury(&mut self, now: Instant) {
        for index in 0..self.lanes.len() {
            let lane = &mut self.lanes[index];
            if lane.is_dead() && lane.is_live {
                let load = lane.expected.load();
                lane.expected.set(0.0);
                if load <= 0.0 {
                    continue;
                }
                self.serial += 1;
                let inflow = self.inflow_of(self.total() + load);
                self.losses.push(Loss { serial: self.serial, at: now, lane: index, load, inflow });
            } else if lane.standing == Standing::Down {
                lane.expected.set(0.0);
            }
        }
    }

    fn weigh(&mut self, now: Instant, changed: bool) {
        self.capacities = self.within_groups();
        let jump = self.follow_saturation(now) || changed;
        let mut splits = std::mem::take(&mut self.splits);
        splits.iter_mut().for_each(|split| split.weigh(now, self, jump));
        self.splits = splits;
    }

    /// Says whether any has become saturated just now: it is to be left at once, as one that died.
    fn follow_saturation(&mut self, now: Instant) -> bool {
        let full: Vec<bool> = (0..self.lanes.len()).map(|lane| self.is_full(lane)).collect();
        let mut any = false;
        for (lane, &full) in self.lanes.iter_mut().zip(&full) {
            any |= full && !lane.was_full;
            lane.was_full = full;
        }
        if any {
            self.restless_until = Some(now + RESTLESS);
        }
        if full.contains(&true) && self.rules.parts.learned_capacity {
            self.lanes.iter_mut().for_each(|lane| lane.capacity.outgrow());
        }
        any
    }

    /// What each lane can carry, within its groups. Those that are down promise nothing.
    fn within_groups(&self) -> Vec<f64> {
        let own = |lane: &Lane| match lane.standing {
            Standing::Down => 0.0,
            Standing::Up | Standing::Drained | Standing::OrderedDown => lane.capacity.effective(),
        };
        let mut capacities: Vec<f64> = self.lanes.iter().map(own).collect();
        if !self.stems.is_empty() {
            let home: Vec<Option<usize>> = self.lanes.iter().map(|lane| lane.group).collect();
            let tree: Vec<Branch> = self.stems.iter().map(Stem::branch).collect();
            cut(&mut capacities, &home, &tree);
        }
        capacities
    }
}

#[cfg(test)]
mod tests;
