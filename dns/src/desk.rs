//! The dispatchers of all pools: who is next in line, kept from answer to answer.
//!
//! A dispatcher's credits outlive snapshots, so they live here and not in one. All sockets share one line per pool:
//! shares are exact over all answers together, wherever they were asked for. What was handed out, and to whom, is kept in
//! the same place, under the same lock.
//!
//! The lock is held for one pick, some tens of nanoseconds of numbers. Without a contender it costs two atomic
//! operations; with one, std's lock spins longer than a pick lasts before it parks. Refused: a dispatcher per thread,
//! whose shares are exact for each thread only, so that a resolver that always meets the same thread sees others; and
//! atomics without a lock, as a pick reads and writes all credits of a pool together.

mod line;

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use weir_core::{Arrivals, Family, InterfaceName, PoolName, PoolView, Snapshot, Ttl};

use crate::hash::HashKey;

pub(crate) use line::Line;

/// Hands out each pool's interfaces in the exact proportion of their weights.
#[derive(Debug)]
pub(crate) struct Desk {
    lines: RwLock<HashMap<PoolName, Arc<Line>>>,
    key: HashKey,
    /// What resolvers are told depends on when they ask: two desks say the same only of one moment.
    #[cfg(test)]
    stopped: std::sync::OnceLock<Instant>,
}

/// An answer that is to name members of a pool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn<'a> {
    pub(crate) pool: &'a PoolView,
    /// The snapshot that the pool is of; None when the caller can't tell, then the members are looked at again.
    pub(crate) generation: Option<u64>,
    pub(crate) family: Family,
    /// Who asks.
    pub(crate) client: IpAddr,
    /// When.
    pub(crate) now: Instant,
}

/// What answers of a pool have brought since this was last asked.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolBrought {
    /// The pool.
    pub pool: PoolName,
    /// To which interfaces.
    pub to: Vec<(InterfaceName, Arrivals)>,
    /// Viewers per second of all its resolvers.
    pub viewers_per_second: f64,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            lines: RwLock::default(),
            key: HashKey::new(),
            #[cfg(test)]
            stopped: std::sync::OnceLock::new(),
        }
    }
}

impl Desk {
    /// Picks the members that one answer names, as indices in the pool's members, and says for how long it may be kept;
    /// the first one pays for the answer. Empty when no member of the family may be used.
    pub(crate) fn pick(&self, turn: Turn<'_>) -> (Vec<usize>, Ttl) {
        let mut picked = Vec::with_capacity(usize::from(turn.pool.answer_count));
        let ttl = self.line(&turn.pool.name).pick(turn, &mut picked);
        (picked, ttl)
    }

    /// The line of a pool, for callers that keep it over many answers; it is opened if there is none.
    pub(crate) fn line(&self, pool: &PoolName) -> Arc<Line> {
        if let Some(line) = self.lines.read().unwrap_or_else(PoisonError::into_inner).get(pool) {
            return Arc::clone(line);
        }
        let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lines.entry(pool.clone()).or_insert_with(|| Arc::new(self.open())))
    }

    #[cfg(not(test))]
    fn open(&self) -> Line {
        Line::new(self.key)
    }

    #[cfg(test)]
    fn open(&self) -> Line {
        let mut line = Line::new(self.key);
        line.stopped = self.stopped.get().copied();
        line
    }

    /// Lines that are opened from now on think that it is always this moment.
    #[cfg(test)]
    pub(crate) fn stop(&self, now: Instant) {
        self.stopped.set(now).expect("it is stopped once");
    }

    /// Forgets pools that are gone.
    pub(crate) fn retain(&self, snapshot: &Snapshot) {
        let present: HashSet<&PoolName> = snapshot.pools.iter().map(|pool| &pool.name).collect();
        let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
        lines.retain(|name, _| present.contains(name));
    }

    /// What the answers of each pool have brought since this was last asked; pools that nobody asked for are left out.
    pub(crate) fn brought(&self, snapshot: &Snapshot, now: Instant) -> Vec<PoolBrought> {
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        let line = |pool: &PoolView| lines.get(&pool.name)?.brought(pool, now);
        snapshot.pools.iter().filter_map(line).collect()
    }

    /// How often each interface of a pool of `snapshot` was handed out, if it ever was.
    pub(crate) fn handed(&self, snapshot: &Snapshot, mut tell: impl FnMut(&PoolName, &InterfaceName, u64)) {
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        for pool in &snapshot.pools {
            let Some(line) = lines.get(&pool.name) else { continue };
            let present = |name: &InterfaceName| pool.members.iter().any(|member| member.name == *name);
            for (name, count) in line.handed().iter().filter(|(name, count)| *count > 0 && present(name)) {
                tell(&pool.name, name, *count);
            }
        }
    }

    /// How many resolvers of each pool of `snapshot` came back at least once.
    pub(crate) fn resolvers(&self, snapshot: &Snapshot, mut tell: impl FnMut(&PoolName, u32)) {
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        for pool in &snapshot.pools {
            if let Some(known) = lines.get(&pool.name).and_then(|line| line.resolvers()) {
                tell(&pool.name, known);
            }
        }
    }
}

#[cfg(test)]
mod tests;
