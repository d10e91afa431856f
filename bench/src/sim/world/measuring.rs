//! What really is in a second, and what a policy sees of it: rates that are noisy, clipped and late.

use super::{FULL, World, index};
use crate::sim::interface::short;
use crate::sim::policy::{Reading, Sight};
use crate::sim::scenario::WARM;
use crate::sim::series::Moment;

/// The part of the bytes that TCP sends again while nothing is short: what is lost on the way to the viewers.
const AT_REST: f64 = 0.002;
/// Players fall back before more than this is sent again.
const AT_WORST: f64 = 0.05;

/// The part of the bytes that TCP sends again: what the interface drops since it exceeds the capacity, beside what is
/// lost elsewhere.
fn sent_again(demand: f64, capacity: f64) -> f64 {
    let excess = if demand > capacity { 1.0 - capacity / demand } else { 0.0 };
    (AT_REST + excess).min(AT_WORST)
}

impl World<'_> {
    /// What really is, and what the policy sees of it.
    pub(super) fn measure(&mut self, now: u32) -> Moment {
        let mut carried = std::mem::take(&mut self.carried);
        carried.clear();
        carried.extend(self.interfaces.iter().map(|interface| (interface.demand(), interface.capacity)));
        if now >= WARM {
            let used = carried.iter().zip(&self.capacity).map(|((demand, _), capacity)| demand / capacity);
            self.series.utilisation.extend(used);
        }
        let mut moment = self.moment(&carried);
        self.share_card(&mut carried);
        for (interface, &(demand, capacity)) in self.interfaces.iter().zip(&carried) {
            if interface.alive {
                moment.short += if demand > capacity { short(&interface.running, capacity) } else { 0 };
                moment.delivered += demand.min(capacity);
            }
        }
        self.read(now, &carried);
        self.show(now);
        self.carried = carried;
        moment
    }

    /// Measures a rate for each interface.
    fn read(&mut self, now: u32, carried: &[(f64, f64)]) {
        let first = index(now) * carried.len();
        let noise = &self.crowd.noise[first..first + carried.len()];
        self.readings.clear();
        for ((interface, &(demand, capacity)), noise) in self.interfaces.iter().zip(carried).zip(noise) {
            let full = |full: bool| (!self.setting.mistakes.blind).then_some(full);
            let resent = |part: f64| self.setting.mistakes.blind.then_some(part);
            let dead = Reading {
                rate: 0.0,
                full: full(false),
                resent: None,
                alive: interface.verdict,
                connections: interface.orphans,
            };
            self.readings.push(if interface.alive {
                // On and off downloads of `burst` Mbit/s each: a sum of many, so normal, with this variance.
                let measured = demand + noise * (demand * self.setting.site.burst).sqrt();
                Reading {
                    rate: measured.clamp(0.0, capacity),
                    full: full(demand > FULL * capacity),
                    resent: resent(sent_again(demand, capacity)),
                    connections: interface.viewers(),
                    ..dead
                }
            } else {
                dead
            });
        }
    }

    /// Shows the readings to the policy: at once, or late but with the verdicts of now.
    fn show(&mut self, now: u32) {
        let lag = self.setting.lag;
        if lag == 0 {
            self.policy.see(&Sight { now, age: 0, readings: &self.readings });
            return;
        }
        self.late.push_back(self.readings.clone());
        if self.late.len() > index(lag) + 1 {
            self.late.pop_front();
        }
        let old = self.late.front_mut().expect("one was just put in");
        for (old, new) in old.iter_mut().zip(&self.readings) {
            old.alive = new.alive;
        }
        self.policy.see(&Sight { now, age: now.min(lag), readings: old });
    }

    /// Cuts the capacities of what sits on one card to what the card lets through.
    fn share_card(&self, carried: &mut [(f64, f64)]) {
        let Some(card) = &self.setting.site.card else { return };
        let wanted = |carried: &[(f64, f64)], member: usize| carried[member].0.min(carried[member].1);
        let sum: f64 = card.members.iter().map(|&member| wanted(carried, member)).sum();
        if sum > card.capacity {
            for &member in &card.members {
                let part = card.capacity * wanted(carried, member) / sum;
                carried[member].1 = carried[member].1.min(part);
            }
        }
    }

    /// Utilisation against the true capacities; a card counts as one interface more.
    fn moment(&self, carried: &[(f64, f64)]) -> Moment {
        let mut moment = Moment::default();
        let mut capacity = 0.0;
        let mut wanted = 0.0;
        for (interface, &(demand, _)) in self.interfaces.iter().zip(carried) {
            moment.wanted += demand;
            if interface.alive {
                moment.max = moment.max.max(demand / interface.capacity);
                wanted += demand;
                capacity += interface.capacity;
            }
        }
        if let Some(card) = &self.setting.site.card {
            let alive = card.members.iter().filter(|&&member| self.interfaces[member].alive);
            let behind: f64 = alive.clone().map(|&member| self.interfaces[member].capacity).sum();
            if behind > 0.0 {
                let through = behind.min(card.capacity);
                let demand: f64 = alive.map(|&member| carried[member].0).sum();
                moment.max = moment.max.max(demand / through);
                capacity += through - behind;
            }
        }
        moment.mean = if capacity > 0.0 { wanted / capacity } else { 0.0 };
        moment
    }
}
