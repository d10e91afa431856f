//! Which interfaces, groups and pools there are.

use super::{Brought, Law, Stem};
use crate::law::capacity::Branch;
use crate::law::lane::{Lane, Nominal};
use crate::law::split::{PoolRules, Split};
use crate::units::BytesPerSec;

/// What is assumed of an interface when nobody has said what any can carry, 10 Gbit/s: all alike.
const ASSUMED: f64 = 1.25e9;

/// All that there is, and what it was before: `None` for what is new.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// The interfaces.
    pub lanes: Vec<(Option<usize>, Nominal)>,
    /// The groups; one that others belong to comes later.
    pub groups: Vec<(Option<usize>, Branch)>,
    /// The pools.
    pub pools: Vec<PoolLayout>,
}

/// One pool.
#[derive(Clone, Debug)]
pub struct PoolLayout {
    /// Which pool it was before.
    pub was: Option<usize>,
    /// What it is.
    pub rules: PoolRules,
    /// For each of its interfaces, the place that it had in the pool before.
    pub places: Vec<Option<usize>>,
}

impl Law {
    /// Takes over what there is. What stays keeps what is known of it. A judgement has to follow.
    pub fn arrange(&mut self, layout: &Layout) {
        // An unknown capacity counts as the smallest known one: better to send too few there than too many.
        let known = layout.lanes.iter().filter_map(|(_, nominal)| nominal.capacity).map(BytesPerSec::as_f64);
        let assumed = known.min_by(f64::total_cmp).unwrap_or(ASSUMED);
        let old = std::mem::take(&mut self.lanes);
        let lane = |&(was, nominal): &(Option<usize>, Nominal)| match was.and_then(|was| old.get(was)) {
            None => Lane::new(nominal, assumed, self.rules.late),
            Some(before) => {
                let mut lane = before.clone();
                lane.group = nominal.group;
                let said = nominal.capacity.map_or(assumed, BytesPerSec::as_f64);
                lane.capacity.restate(said, nominal.capacity.is_some());
                lane
            }
        };
        self.lanes = layout.lanes.iter().map(lane).collect();
        let old = std::mem::take(&mut self.stems);
        let stem = |&(was, branch): &(Option<usize>, Branch)| {
            let mut stem = was.and_then(|was| old.get(was)).cloned().unwrap_or_else(|| Stem::new(branch));
            stem.restate(branch);
            stem
        };
        self.stems = layout.groups.iter().map(stem).collect();
        let mut old: Vec<Option<Split>> = std::mem::take(&mut self.splits).into_iter().map(Some).collect();
        let mut split = |pool: &PoolLayout| {
            let before = pool.was.and_then(|was| old.get_mut(was)?.take());
            let Some(mut split) = before else {
                return Split::new(pool.rules.clone(), |lane| self.lanes[lane].capacity.configured());
            };
            split.rearrange(pool.rules.clone(), &pool.places);
            split
        };
        self.splits = layout.pools.iter().map(&mut split).collect();
        self.brought = layout.pools.iter().map(|_| Brought::default()).collect();
        self.capacities = self.within_groups();
        // Where a load was lost is told by number.
        self.losses.clear();
    }
}
