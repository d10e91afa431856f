//! What others may read of the law.

use std::time::Instant;

use super::{Law, Loss, Rules};
use crate::law::split::Limit;
use crate::units::BytesPerSec;

impl Law {
    /// The rules.
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// How long a viewer stays on average, from now on.
    pub fn set_mean_stay(&mut self, stay: std::time::Duration) {
        self.rules.mean_stay = stay;
    }

    /// The shares of a pool in force; they add up to one.
    pub fn shares(&self, pool: usize) -> &[f64] {
        self.splits.get(pool).map_or(&[], |split| &split.shares)
    }

    /// What made the share of a pool's interface what it is.
    pub fn limit(&self, pool: usize, place: usize) -> Limit {
        self.splits.get(pool).and_then(|split| split.places.get(place)).map_or(Limit::Room, |p| p.limit)
    }

    /// The expected load of a lane.
    pub fn expected(&self, lane: usize) -> BytesPerSec {
        self.lanes.get(lane).map_or(BytesPerSec::ZERO, |lane| BytesPerSec::from_f64(lane.expected.load()))
    }

    /// What a lane can carry, if anything is known of it: as told or as learned, without its groups.
    pub fn effective(&self, lane: usize) -> Option<BytesPerSec> {
        let capacity = &self.lanes.get(lane)?.capacity;
        capacity.is_known().then(|| BytesPerSec::from_f64(capacity.effective()))
    }

    /// What a lane can carry within its groups; what is assumed counts too.
    pub fn within(&self, lane: usize) -> BytesPerSec {
        BytesPerSec::from_f64(self.capacities.get(lane).copied().unwrap_or_default())
    }

    /// What a group can carry, if anything is known of it.
    pub fn group(&self, group: usize) -> Option<BytesPerSec> {
        self.stems.get(group)?.known().map(BytesPerSec::from_f64)
    }

    /// Whether a lane, or a group of it, carries all that it can.
    pub fn is_full(&self, lane: usize) -> bool {
        let Some(lane) = self.lanes.get(lane) else { return false };
        let mut group = lane.group;
        let mut full = lane.capacity.is_saturated();
        while let Some(stem) = group.and_then(|group| self.stems.get(group)) {
            full |= stem.is_full();
            group = stem.parent().filter(|&parent| Some(parent) > group);
        }
        full
    }

    /// Whether a lane's rate collapsed while nobody was told to leave.
    pub fn is_suspect(&self, lane: usize) -> bool {
        self.lanes.get(lane).is_some_and(|lane| lane.guard.is_suspect())
    }

    /// Whether nobody may be sent to a lane, whatever a pool thinks.
    pub(in crate::law) fn is_dead(&self, lane: usize) -> bool {
        self.lanes.get(lane).is_some_and(crate::law::lane::Lane::is_dead)
    }

    /// Whether a pool's answers are to be kept for a short time only: something changes.
    pub fn is_restless(&self, pool: usize, now: Instant) -> bool {
        let parts = self.rules.parts;
        let split = self.splits.get(pool).is_some_and(|split| split.is_restless(now));
        parts.ttl_by_change && (self.restless_until.is_some_and(|until| now < until) || split)
    }

    /// The loads that were lost in the last seconds.
    pub fn losses(&self) -> &[Loss] {
        &self.losses
    }
}
