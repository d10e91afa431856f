//! The dispatchers of all pools: who is next in line, kept from answer to answer.
//!
//! A dispatcher's credits outlive snapshots, so they live here and not in one. The lock is held for one pick.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError, RwLock};

use weir_core::{Dispatcher, Family, PoolName, PoolView, Snapshot};

/// Hands out each pool's interfaces in the exact proportion of their weights.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    lines: RwLock<HashMap<PoolName, Mutex<Lines>>>,
}

/// A pool's dispatchers: each family is handed out on its own.
#[derive(Debug, Default)]
struct Lines {
    v4: Dispatcher,
    v6: Dispatcher,
}

impl Desk {
    /// Picks the members of `pool` that one answer names, as indices in `pool.members`; the first one pays for
    /// the answer. Empty when no member of the family may be used.
    pub(crate) fn pick(&self, pool: &PoolView, family: Family) -> Vec<usize> {
        let mut picked = Vec::with_capacity(usize::from(pool.answer_count));
        if !self.pick_from_line(pool, family, &mut picked) {
            self.open_line(&pool.name);
            self.pick_from_line(pool, family, &mut picked);
        }
        picked
    }

    /// Forgets pools that are gone.
    pub(crate) fn retain(&self, snapshot: &Snapshot) {
        let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
        lines.retain(|name, _| snapshot.pool(name).is_some());
    }

    /// Picks, unless the pool has no line yet.
    fn pick_from_line(&self, pool: &PoolView, family: Family, picked: &mut Vec<usize>) -> bool {
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        let Some(line) = lines.get(&pool.name) else { return false };
        let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
        let dispatcher = match family {
            Family::V4 => &mut line.v4,
            Family::V6 => &mut line.v6,
        };
        dispatcher.pick(pool, family, usize::from(pool.answer_count.max(1)), picked);
        true
    }

    fn open_line(&self, pool: &PoolName) {
        let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
        lines.entry(pool.clone()).or_default();
    }
}
