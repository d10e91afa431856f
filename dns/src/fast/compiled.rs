//! What one snapshot and one set of zones are for the fast path.
//!
//! Most snapshots differ from the one before in numbers only. Then the table of names stays, and what is left to do is
//! to compare the names of pools and members: a thousand pools of four take a fraction of a millisecond.

use std::sync::Arc;

use weir_core::{Family, PoolView, Reader, Snapshot};

use super::names::Names;
use crate::desk::{Desk, Line};
use crate::zone::Zones;

/// Tables that never change.
#[derive(Debug)]
pub(crate) struct Compiled {
    zones: Arc<Zones>,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) names: Arc<Names>,
    /// In the order of the snapshot's.
    pub(super) pools: Vec<PoolNow>,
}

/// What is not in a pool's view.
#[derive(Debug)]
pub(super) struct PoolNow {
    pub(super) line: Arc<Line>,
    pub(super) v4: FamilyNow,
    pub(super) v6: FamilyNow,
}

/// A pool's members of one family.
#[derive(Clone, Copy, Debug)]
pub(super) struct FamilyNow {
    /// How many may be named.
    pub(super) usable: usize,
    /// Whether there are any, usable or not.
    pub(super) exists: bool,
}

/// Tables that know no name, so that all is left to the general path.
impl Default for Compiled {
    fn default() -> Self {
        let (zones, snapshot) = (Arc::default(), Arc::new(Snapshot::empty()));
        Self { zones, snapshot, names: Arc::default(), pools: Vec::new() }
    }
}

impl Compiled {
    /// Whether these are the tables of what is published now.
    pub(super) fn is_of(&self, zones: &Arc<Zones>, reader: &Reader) -> bool {
        Arc::ptr_eq(&self.zones, zones) && reader.is_current(&self.snapshot)
    }

    /// The tables of other zones or another snapshot.
    pub(super) fn followed_by(&self, zones: Arc<Zones>, snapshot: Arc<Snapshot>, desk: &Desk) -> Self {
        if Arc::ptr_eq(&zones, &self.zones) && same_names(&self.snapshot, &snapshot) {
            let lines = self.pools.iter().map(|pool| Arc::clone(&pool.line));
            let pools =
                snapshot.pools.iter().zip(lines).map(|(view, line)| PoolNow::new(view, line)).collect();
            return Self { zones, snapshot, names: Arc::clone(&self.names), pools };
        }
        // Lines are let go here and nowhere else, so that those that were kept above are still the desk's.
        desk.retain(&snapshot);
        let names = Arc::new(Names::new(&zones, &snapshot, desk));
        let pools = snapshot.pools.iter().map(|view| PoolNow::new(view, desk.line(&view.name))).collect();
        Self { zones, snapshot, names, pools }
    }
}

impl PoolNow {
    fn new(view: &PoolView, line: Arc<Line>) -> Self {
        let family = |family| FamilyNow {
            usable: view.members.iter().filter(|m| m.family() == family && m.weight.is_some()).count(),
            exists: view.has_family(family),
        };
        Self { line, v4: family(Family::V4), v6: family(Family::V6) }
    }

    pub(super) fn family(&self, family: Family) -> FamilyNow {
        match family {
            Family::V4 => self.v4,
            Family::V6 => self.v6,
        }
    }
}

/// Whether two snapshots have the same pools and members, in the same order.
fn same_names(one: &Snapshot, other: &Snapshot) -> bool {
    let same_pool = |(a, b): (&PoolView, &PoolView)| {
        a.name == b.name
            && a.hostname == b.hostname
            && a.members.len() == b.members.len()
            && a.members.iter().zip(&b.members).all(|(a, b)| a.name == b.name)
    };
    one.pools.len() == other.pools.len() && one.pools.iter().zip(&other.pools).all(same_pool)
}
