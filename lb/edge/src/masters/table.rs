//! What was fetched and what is being fetched, by pool and path: bounded, oldest out first.
//!
//! ```text
//!            seek                     send                    until passed, or too many
//! (nothing) ──────► Flying, shared ─────────► Kept, shared ─────────────────────────────► (nothing)
//!                     │ the task ended without an end, or it became the oldest of too many      ▲
//!                     └─────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Nothing here waits or reads a clock: whoever holds the table's lock holds it for a few look-ups.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;
use weir_core::PoolName;

use super::fault::FetchFault;
use super::limits::FetchLimits;
use crate::playlist::Playlist;

/// What a fetch came to, for everybody who waits for it.
pub(super) type Fetch = Result<Arc<Playlist>, FetchFault>;

/// Where a fetch's end will be seen.
pub(super) type Landing = watch::Receiver<Option<Landed>>;

/// A fetch that ended.
#[derive(Debug)]
pub(super) struct Landed {
    pub(super) fetch: Fetch,
    /// From then on it is not answered any more.
    pub(super) until: Instant,
}

/// What tells one master from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) pool: PoolName,
    /// With its query.
    pub(super) path: Arc<str>,
}

/// What is there for a key.
#[derive(Debug)]
pub(super) enum Found {
    /// A fetch that ended, and is fresh.
    Kept(Fetch),
    /// A fetch that somebody else began.
    Flying(Landing),
    /// Nothing: whoever gets this has to fetch.
    Begin(Takeoff),
    /// Nothing, and no more may be fetched now.
    Busy,
}

/// The duty to fetch.
#[derive(Debug)]
pub(super) struct Takeoff {
    /// To be given back by [`Table::ended`].
    pub(super) number: u64,
    pub(super) sender: watch::Sender<Option<Landed>>,
    pub(super) landing: Landing,
}

/// All masters of an edge.
#[derive(Debug)]
pub(super) struct Table {
    limits: FetchLimits,
    entries: HashMap<Key, Entry>,
    /// By their numbers, which rise: the oldest first.
    order: BTreeMap<u64, Key>,
    next: u64,
    /// Of all entries.
    bytes: usize,
    /// Fetches now, of the pools that have any. An entry may be out of the table before its fetch ends.
    flying: HashMap<PoolName, usize>,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    bytes: usize,
    landing: Landing,
}

impl Table {
    pub(super) fn new(limits: FetchLimits) -> Self {
        Self {
            limits,
            entries: HashMap::new(),
            order: BTreeMap::new(),
            next: 0,
            bytes: 0,
            flying: HashMap::new(),
        }
    }

    /// What is there for a key at this moment. After [`Found::Begin`], the fetch counts as flying.
    pub(super) fn seek(&mut self, key: &Key, now: Instant) -> Found {
        if let Some(found) = self.entries.get(key).and_then(|entry| entry.fresh(now)) {
            return found;
        }
        let of_pool = self.flying.get(&key.pool).copied().unwrap_or(0);
        let free = self.limits.fetches.saturating_sub(self.flying.values().sum());
        if of_pool >= free {
            return Found::Busy;
        }
        self.remove(key);
        *self.flying.entry(key.pool.clone()).or_default() += 1;
        let (sender, landing) = watch::channel(None);
        let number = self.next;
        self.next += 1;
        let bytes = key.path.len();
        self.bytes += bytes;
        self.order.insert(number, key.clone());
        self.entries.insert(key.clone(), Entry { number, bytes, landing: landing.clone() });
        self.make_room(now);
        Found::Begin(Takeoff { number, sender, landing })
    }

    /// Notes that a fetch is not flying any more, and the length of what it brought.
    pub(super) fn ended(&mut self, key: &Key, number: u64, bytes: usize, now: Instant) {
        if let Some(flying) = self.flying.get_mut(&key.pool) {
            *flying -= 1;
            if *flying == 0 {
                self.flying.remove(&key.pool);
            }
        }
        if let Some(entry) = self.entries.get_mut(key).filter(|entry| entry.number == number) {
            entry.bytes += bytes;
            self.bytes += bytes;
        }
        self.make_room(now);
    }

    /// Removes what is past from the old end, and what is too much.
    fn make_room(&mut self, now: Instant) {
        while let Some(key) = self.order.first_key_value().map(|(_, key)| key.clone()) {
            let is_over = self.entries.len() > self.limits.masters || self.bytes > self.limits.kept_bytes;
            if !is_over && self.entries.get(&key).is_some_and(|entry| entry.fresh(now).is_some()) {
                return;
            }
            self.remove(&key);
        }
    }

    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.order.remove(&entry.number);
            self.bytes -= entry.bytes;
        }
    }
}

impl Entry {
    /// What it is good for at this moment.
    fn fresh(&self, now: Instant) -> Option<Found> {
        match &*self.landing.borrow() {
            Some(landed) => (now < landed.until).then(|| Found::Kept(landed.fetch.clone())),
            // Without a sender there will be no end.
            None => self.landing.has_changed().is_ok().then(|| Found::Flying(self.landing.clone())),
        }
    }
}

#[cfg(test)]
mod tests;
