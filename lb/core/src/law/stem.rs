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

    /// Takes in what a second has shown of the members. Says whether they refuse together: several carry something,
    /// and each of those refuses packets.
    pub(super) fn follow<'a>(
        &mut self,
        members: impl Iterator<Item = (&'a Lane, &'a Sight)>,
        learns: bool,
    ) -> bool {
        let (mut promised, mut rate, mut measured) = (0.0, 0.0, false);
        let (mut carriers, mut refusing, mut known) = (0, 0, false);
        for (lane, sight) in members.filter(|(lane, _)| lane.standing != Standing::Down) {
            promised += lane.capacity.effective();
            let own = sight.rate.map(BytesPerSec::as_f64);
            measured |= own.is_some();
            let own = own.or(lane.read.map(|(_, rate)| rate)).unwrap_or(0.0);
            rate += own;
            known |= sight.refused.is_some();
            if own > CARRIES * lane.capacity.effective() {
                carriers += 1;
                refusing += usize::from(sight.refused == Some(true));
            }
        }
        let together = carriers > 1 && refusing == carriers;
        if learns && measured {
            if self.stated.is_none() {
                // As long as its ceiling was not met, its members alone say what it carries.
                self.capacity.restate(promised, false);
            }
            self.capacity.observe(rate, Signs { refused: known.then_some(together), strained: false });
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
