//! The law of weights: its parts put together, once a second.
//!
//! ```text
//!  samples ──► expected load ─┐                                ┌─► shares of answers
//!              capacity ──────┼─► water filling ─► smoothing ──┤
//!              guard, return ─┘                                └─► lowest load (redirects, steering)
//!     ▲                                                                 │
//!     └─ answers × hidden load, redirects × mean rate ◄─────────────────┘
//! ```
//!
//! Pure: time and draws are arguments. Interfaces are numbered as they were given; inside, rates are floats in bytes
//! per second, as everything here is about reals.
//!
//! With many viewers any reasonable law balances; this one is made for the three cases in which the simple ones fail:
//! when noise is as large as what can be steered (small sites), when a few resolvers hold most viewers, and when what
//! is known of an interface is wrong for a while (death, return, a capacity that is not there).

mod answers;
mod redirects;
mod rules;
mod weighing;

use std::time::{Duration, Instant};

pub use answers::Bill;
pub use rules::{Parts, Rules};

use super::capacity::{Branch, Learned};
use super::comeback::Comeback;
use super::expected::{Expected, Manner, Phase};
use super::guard::{Guard, Pulse};
use super::hidden::HiddenLoad;
use super::inflow::Inflow;
use super::promised::Promised;
use super::smooth::normalised;
use crate::units::BytesPerSec;

/// An interface as the operator knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nominal {
    /// What it can carry.
    pub capacity: BytesPerSec,
    /// The group that it belongs to.
    pub group: Option<usize>,
}

/// What one second showed of an interface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sight {
    /// The measured rate, unless there is no fresh one.
    pub rate: Option<BytesPerSec>,
    /// Whether packets were refused, if that can be known.
    pub refused: Option<bool>,
    /// Whether viewers may be sent there.
    pub standing: Standing,
}

/// Whether viewers may be sent to an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It plays.
    Up,
    /// It plays, but is to be left.
    Drained,
    /// It does not play.
    Down,
}

/// The law and all that it remembers.
#[derive(Clone, Debug)]
pub struct Law {
    rules: Rules,
    tree: Vec<Branch>,
    lanes: Vec<Lane>,
    hidden: HiddenLoad,
    promised: Promised,
    inflow: Inflow,
    newcomers: f64,
    newcomer_rate: f64,
    shares: Vec<f64>,
    /// What each can carry and who is open to viewers, as of the last sight.
    capacities: Vec<f64>,
    open: Vec<bool>,
    started: Instant,
    seen: Option<Instant>,
    changed: Instant,
    weighed: Option<Instant>,
    restless_until: Instant,
}

#[derive(Clone, Debug)]
struct Lane {
    group: Option<usize>,
    capacity: Learned,
    expected: Expected,
    guard: Guard,
    comeback: Comeback,
    standing: Standing,
    was_live: bool,
    was_full: bool,
    /// When its rate was last seen.
    read: Option<Instant>,
    /// Viewers who asked in this second.
    asked: f64,
    /// Viewers who lost their interface and were answered in this second.
    recovered: f64,
}

/// Shares are weighed anew after so long.
const EVERY: Duration = Duration::from_secs(5);
/// For so long after a change of health nothing is corrected.
const SETTLES: Duration = Duration::from_secs(5);
/// For so long after a change of health corrections are quick.
const CATCHES_UP: Duration = Duration::from_secs(20);
/// For so long after a failure, after the return of one that fails often, and once one is saturated, answers are kept for a
/// short time only.
const RESTLESS: Duration = Duration::from_secs(120);
/// Held interfaces come back when the others would be used by more than this.
const OTHERS_CARRY: f64 = 0.95;
/// A step of the model is no longer, in seconds: a clock that stalled does not make viewers leave.
const LONGEST_STEP: f64 = 10.0;

impl Law {
    /// A law that has seen nothing. Groups that others belong to come later in the tree.
    pub fn new(now: Instant, rules: Rules, interfaces: &[Nominal], tree: Vec<Branch>) -> Self {
        let lane = |nominal: &Nominal| Lane {
            group: nominal.group,
            capacity: Learned::new(nominal.capacity.as_f64()),
            expected: Expected::new(0.0, 0.0, rules.late),
            guard: Guard::Calm,
            comeback: Comeback::default(),
            standing: Standing::Up,
            was_live: true,
            was_full: false,
            read: None,
            asked: 0.0,
            recovered: 0.0,
        };
        let lanes: Vec<Lane> = interfaces.iter().map(lane).collect();
        let capacities: Vec<f64> = lanes.iter().map(|lane| lane.capacity.configured()).collect();
        Self {
            promised: Promised::new(lanes.len(), rules.ttl.1.as_secs()),
            open: vec![true; lanes.len()],
            rules,
            tree,
            lanes,
            hidden: HiddenLoad::default(),
            inflow: Inflow::default(),
            newcomers: 0.0,
            newcomer_rate: 0.0,
            shares: normalised(capacities.clone()),
            capacities,
            started: now,
            seen: None,
            changed: now,
            weighed: None,
            restless_until: now,
        }
    }

    /// The shares in force; they add up to one.
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// The expected load of an interface.
    pub fn expected(&self, interface: usize) -> BytesPerSec {
        BytesPerSec::from_f64(self.lanes[interface].expected.load())
    }

    /// Takes in what a second has shown, one sight for each interface, and weighs when it is time.
    pub fn see(&mut self, now: Instant, sights: &[Sight]) {
        let step = self.seen.map_or(0.0, |then| now.saturating_duration_since(then).as_secs_f64());
        if self.seen.is_none() {
            self.start(sights);
        }
        self.seen = Some(now);
        self.promised.pass(whole(self.at(now)));
        self.predict(step.min(LONGEST_STEP));
        let before: Vec<Standing> = self.lanes.iter().map(|lane| lane.standing).collect();
        for (lane, sight) in self.lanes.iter_mut().zip(sights) {
            lane.standing = sight.standing;
        }
        let phase = self.phase(now);
        for (index, sight) in sights.iter().enumerate().take(self.lanes.len()) {
            self.measure(index, now, *sight, phase);
        }
        let turned = before.iter().zip(&self.lanes).any(|(before, lane)| *before != lane.standing);
        let changed = self.follow_health(now, sights) || turned;
        if changed {
            self.changed = now;
            self.inflow.forget();
            self.lanes.iter_mut().for_each(|lane| lane.expected.forget_trail());
        }
        self.inflow.observe(sights.iter().filter_map(|sight| sight.rate).sum::<BytesPerSec>().as_f64());
        let live = self.live(now);
        self.open = self.open(&live);
        self.capacities = self.capacities();
        let jump = self.follow_saturation(now) || changed;
        let due = self.weighed.is_none_or(|then| now.saturating_duration_since(then) >= EVERY);
        if jump || due {
            self.weighed = Some(now);
            self.weigh(now, &live, jump);
        }
    }

    /// The first sight is believed as it is.
    fn start(&mut self, sights: &[Sight]) {
        for (lane, sight) in self.lanes.iter_mut().zip(sights) {
            let rate = sight.rate.unwrap_or_default().as_f64();
            lane.expected = Expected::new(rate, self.rules.grain.as_f64(), self.rules.late);
        }
    }

    /// Those whose stay ends leave, and those who were answered arrive.
    fn predict(&mut self, seconds: f64) {
        if seconds <= 0.0 {
            return;
        }
        let kept = (-self.rules.leaving() * seconds).exp();
        let brought =
            if self.rules.parts.feed_forward { self.brought(seconds) } else { vec![0.0; self.lanes.len()] };
        for (lane, brought) in self.lanes.iter_mut().zip(brought) {
            lane.expected.pass(kept, brought);
        }
    }

    fn phase(&self, now: Instant) -> Phase {
        match now.saturating_duration_since(self.changed) {
            past if past < SETTLES => Phase::Settling,
            past if past < CATCHES_UP => Phase::Catching,
            _ => Phase::Quiet,
        }
    }

    fn measure(&mut self, index: usize, now: Instant, sight: Sight, phase: Phase) {
        let time_constant = self.rules.time_constant();
        let parts = self.rules.parts;
        let lane = &mut self.lanes[index];
        let Some(rate) = sight.rate.map(BytesPerSec::as_f64) else { return };
        lane.read = Some(now);
        lane.expected.listen(rate);
        if parts.learned_capacity && sight.standing != Standing::Down {
            lane.capacity.observe(rate, sight.refused);
        }
        let capacity = lane.capacity.configured();
        let pulse = Pulse {
            rate,
            expected: lane.expected.load(),
            deviation: lane.expected.variance().sqrt(),
            capacity,
        };
        lane.guard = match sight.standing {
            Standing::Up if parts.guard => lane.guard.watch(now, pulse),
            _ => Guard::Calm,
        };
        // What collapsed is not followed: it is a death or nothing.
        if lane.guard == Guard::Calm {
            let clipped = lane.capacity.is_saturated();
            lane.expected.correct(rate, Manner { time_constant, capacity, clipped, phase });
        }
    }

    /// Who went and who came. Says whether anybody did.
    fn follow_health(&mut self, now: Instant, sights: &[Sight]) -> bool {
        let rules = self.rules.comeback;
        for index in 0..self.lanes.len() {
            let lane = &mut self.lanes[index];
            let dead = lane.guard.is_suspect() || lane.standing == Standing::Down;
            if dead && lane.was_live {
                let lost = lane.expected.load();
                lane.expected.set(0.0);
                lane.comeback.failed(now, &rules);
                self.restless_until = now + RESTLESS;
                self.storm(now, index, lost);
            }
            let lane = &mut self.lanes[index];
            if lane.standing == Standing::Down {
                lane.expected.set(0.0);
            }
        }
        let live = self.live(now);
        let mut changed = false;
        for ((lane, live), sight) in self.lanes.iter_mut().zip(live).zip(sights) {
            changed |= lane.was_live != live;
            if live && !lane.was_live {
                lane.comeback.returned(now);
                // One that has failed before may soon fail again.
                if lane.comeback.failed_again() {
                    self.restless_until = now + RESTLESS;
                }
                lane.expected.set(sight.rate.unwrap_or_default().as_f64());
            }
            lane.was_live = live;
        }
        changed
    }

    /// Says whether any has become saturated just now: it is to be left at once, as one that died.
    fn follow_saturation(&mut self, now: Instant) -> bool {
        let mut any = false;
        for lane in &mut self.lanes {
            let full = lane.capacity.is_saturated();
            any |= full && !lane.was_full;
            lane.was_full = full;
        }
        if any {
            self.restless_until = now + RESTLESS;
        }
        if self.lanes.iter().any(|lane| lane.was_full) && self.rules.parts.learned_capacity {
            self.lanes.iter_mut().for_each(|lane| lane.capacity.outgrow());
        }
        any
    }

    /// Who may be picked. One that failed again and again is held out as long as the others carry the load.
    fn live(&self, now: Instant) -> Vec<bool> {
        let up = |lane: &Lane| lane.standing == Standing::Up && !lane.guard.is_suspect();
        let free = |lane: &Lane| up(lane) && !lane.comeback.is_held(now);
        let carried: f64 = self.lanes.iter().filter(|lane| free(lane)).map(|l| l.capacity.effective()).sum();
        let load: f64 = self.lanes.iter().map(|lane| lane.expected.load()).sum();
        let enough = OTHERS_CARRY * carried >= load && carried > 0.0;
        self.lanes.iter().map(|lane| if enough { free(lane) } else { up(lane) }).collect()
    }

    /// Who is open to viewers: the live ones; if there are none, those that play; then those that are drained; then all.
    fn open(&self, live: &[bool]) -> Vec<bool> {
        let by = |standing| self.lanes.iter().map(|lane| lane.standing == standing).collect();
        let all = vec![true; self.lanes.len()];
        let rules: [Vec<bool>; 4] = [live.to_vec(), by(Standing::Up), by(Standing::Drained), all];
        rules.into_iter().find(|open| open.contains(&true)).unwrap_or_default()
    }

    /// Seconds since the start.
    fn at(&self, now: Instant) -> f64 {
        now.saturating_duration_since(self.started).as_secs_f64()
    }
}

/// Whole seconds.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(seconds: f64) -> u32 {
    // Negative becomes 0, and 2^32 seconds are 136 years.
    seconds as u32
}

#[cfg(test)]
mod tests;
