//! What the law keeps of a group: a card or a whole instance, whose members share what it can carry.

use super::capacity::{Branch, Learned, Signs};
use super::lane::{Lane, Sight, Standing};
use crate::units::BytesPerSec;

/// One that carries less than this part of its capacity need not refuse anything for its group to be full.
const CARRIES: f64 = 0.1;

/// One group.
#[derive(Clone, Debug)]
pub(super) struct Stem {
    capacity: Learned,
    stated: Option<f64>,
    parent: Option<usize>,
}

/// What one second has shown of a group's members together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shown {
    /// What they can carry, each for itself.
    promised: f64,
    rate: f64,
    /// Whether any has a fresh rate, and whether it is known of any what it refuses.
    measured: bool,
    known: bool,
    /// How many carry something, and how many of those refuse packets or are strained.
    carriers: u32,
    refusing: u32,
}

impl Shown {
    /// Adds a member.
    pub(super) fn add(&mut self, lane: &Lane, sight: &Sight, strained: bool) {
        if lane.standing == Standing::Down {
            return;
        }
        self.promised += lane.capacity.effective();
        let fresh = sight.rate.map(BytesPerSec::as_f64);
        self.measured |= fresh.is_some();
        self.known |= sight.refused.is_some();
        let rate = fresh.or(lane.read.map(|(_, rate)| rate)).unwrap_or(0.0);
        self.rate += rate;
        if rate > CARRIES * lane.capacity.effective() {
            self.carriers += 1;
            self.refusing += u32::from(sight.refused == Some(true) || strained);
        }
    }

    /// Whether several carry something, and each of those refuses packets or is strained.
    fn refuse_together(&self) -> bool {
        self.carriers > 1 && self.refusing == self.carriers
    }
}

impl Stem {
    pub(super) const fn new(branch: Branch) -> Self {
        let capacity = match branch.capacity {
            Some(capacity) => Learned::new(capacity),
            None => Learned::assumed(0.0),
        };
        Self { capacity, stated: branch.capacity, parent: branch.parent }
    }

    /// Takes over what is said of it now.
    pub(super) fn restate(&mut self, branch: Branch) {
        if self.stated != branch.capacity {
            *self = Self::new(branch);
        }
        self.parent = branch.parent;
    }

    /// Takes in what a second has shown of the members. Says whether they refuse together.
    pub(super) fn follow(&mut self, shown: &Shown, learns: bool) -> bool {
        let together = shown.refuse_together();
        if learns && shown.measured {
            if self.stated.is_none() {
                // As long as its ceiling was not met, its members alone say what it carries.
                self.capacity.restate(shown.promised, false);
            }
            let refused = (shown.known || together).then_some(together);
            self.capacity.observe(shown.rate, Signs { refused, strained: false });
        }
        together
    }

    /// What it can carry, if that is known.
    pub(super) fn known(&self) -> Option<f64> {
        self.capacity.is_known().then(|| self.capacity.effective())
    }

    pub(super) fn branch(&self) -> Branch {
        Branch { capacity: self.known(), parent: self.parent }
    }

    pub(super) const fn parent(&self) -> Option<usize> {
        self.parent
    }

    pub(super) const fn is_full(&self) -> bool {
        self.capacity.is_saturated()
    }
}
