//! The dispatchers of all pools: who is next in line, kept from answer to answer.
//!
//! A dispatcher's credits outlive snapshots, so they live here and not in one. All sockets share one line per pool:
//! shares are exact over all answers together, wherever they were asked for. What was handed out is counted in the
//! same place, under the same lock.
//!
//! The lock is held for one pick, some tens of nanoseconds of integers. Without a contender it costs two atomic
//! operations; with one, std's lock spins longer than a pick lasts before it parks. Refused: a dispatcher per thread,
//! whose shares are exact for each thread only, so that a resolver that always meets the same thread sees others; and
//! atomics without a lock, as a pick reads and writes all credits of a pool together.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use weir_core::{Ask, Dispatcher, Family, InterfaceName, Member, PoolName, PoolView, Snapshot};

/// Hands out each pool's interfaces in the exact proportion of their weights.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    lines: RwLock<HashMap<PoolName, Arc<Line>>>,
}

/// A pool's dispatchers, each family on its own, and what they have handed out.
#[derive(Debug, Default)]
pub(crate) struct Line {
    queues: Mutex<Queues>,
}

#[derive(Debug, Default)]
struct Queues {
    v4: Queue,
    v6: Queue,
    /// By the members' places in the pool.
    handed: Vec<(InterfaceName, u64)>,
}

#[derive(Debug, Default)]
struct Queue {
    dispatcher: Dispatcher,
    /// The generation of the snapshot whose members it followed last, if that is known.
    followed: Option<u64>,
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
}

impl Desk {
    /// Picks the members that one answer names, as indices in the pool's members; the first one pays for the answer.
    /// Empty when no member of the family may be used.
    pub(crate) fn pick(&self, turn: Turn<'_>) -> Vec<usize> {
        let mut picked = Vec::with_capacity(usize::from(turn.pool.answer_count));
        self.line(&turn.pool.name).pick(turn, &mut picked);
        picked
    }

    /// The line of a pool, for callers that keep it over many answers; it is opened if there is none.
    pub(crate) fn line(&self, pool: &PoolName) -> Arc<Line> {
        if let Some(line) = self.lines.read().unwrap_or_else(PoisonError::into_inner).get(pool) {
            return Arc::clone(line);
        }
        let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lines.entry(pool.clone()).or_default())
    }

    /// Forgets pools that are gone.
    pub(crate) fn retain(&self, snapshot: &Snapshot) {
        let present: HashSet<&PoolName> = snapshot.pools.iter().map(|pool| &pool.name).collect();
        let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
        lines.retain(|name, _| present.contains(name));
    }

    /// How often each interface of a pool of `snapshot` was handed out, if it ever was.
    pub(crate) fn handed(&self, snapshot: &Snapshot, mut tell: impl FnMut(&PoolName, &InterfaceName, u64)) {
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        for pool in &snapshot.pools {
            let Some(line) = lines.get(&pool.name) else { continue };
            let counts = line.queues().handed.clone();
            let present = |name: &InterfaceName| pool.members.iter().any(|member| member.name == *name);
            for (name, count) in counts.iter().filter(|(name, count)| *count > 0 && present(name)) {
                tell(&pool.name, name, *count);
            }
        }
    }
}

impl Line {
    /// Pushes the members that one answer names; see [`Desk::pick`].
    pub(crate) fn pick(&self, turn: Turn<'_>, picked: &mut Vec<usize>) {
        self.queues().pick(turn, picked);
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queues {
    fn pick(&mut self, turn: Turn<'_>, picked: &mut Vec<usize>) {
        let queue = match turn.family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        };
        if turn.generation.is_none() || queue.followed != turn.generation {
            queue.dispatcher.follow(&turn.pool.members, turn.family);
            queue.followed = turn.generation;
            align(&mut self.handed, &turn.pool.members);
        }
        let count = usize::from(turn.pool.answer_count.max(1));
        let ask = Ask { family: turn.family, count, cost: cost(turn.client) };
        queue.dispatcher.pick_among_followed(ask, picked);
        if let Some((_, count)) = picked.first().and_then(|&first| self.handed.get_mut(first)) {
            *count += 1;
        }
    }
}

/// What an answer to this client costs the one that is named first, in ordinary answers. Nothing is known of
/// resolvers, so all are alike.
fn cost(_client: IpAddr) -> u32 {
    1
}

/// Brings the counts into the order of the members; those of members that are gone are forgotten.
fn align(handed: &mut Vec<(InterfaceName, u64)>, members: &[Member]) {
    let same = handed.len() == members.len()
        && handed.iter().zip(members).all(|((name, _), member)| *name == member.name);
    if same {
        return;
    }
    let before = std::mem::take(handed);
    let count = |member: &Member| before.iter().find(|(name, _)| *name == member.name).map_or(0, |(_, n)| *n);
    *handed = members.iter().map(|member| (member.name.clone(), count(member))).collect();
}
