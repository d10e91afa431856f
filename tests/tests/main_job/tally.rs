//! Counts who was handed out, against the shares that stood when it happened.
//!
//! The bound. The dispatcher keeps each interface within 1 of its exact share after every pick (Tijdeman's rule, see
//! `lb/core/src/dispatch.rs`), counted from its start. A window between two later picks differs by the difference of
//! two such deviations: below 2. The exact share of a window is the sum, over its picks, of the share that stood at
//! that pick. The state is read before and after each small batch: what stood at a pick lies between the two, so the
//! sums of the smaller and of the larger ones enclose the exact share. While weights stand still, both are the same.

use std::collections::BTreeMap;
use std::fmt::Debug;

/// Two deviations, each below one.
const BOUND: f64 = 2.0;

/// The counts of a window.
#[derive(Debug)]
pub(crate) struct Tally<K> {
    of: BTreeMap<K, Entry>,
}

#[derive(Debug, Default)]
struct Entry {
    count: u32,
    least: f64,
    most: f64,
}

impl<K: Ord + Clone + Debug> Tally<K> {
    /// An empty window.
    pub(crate) fn new() -> Self {
        Self { of: BTreeMap::new() }
    }

    /// Takes in a batch: the shares before it, who was picked in it, and the shares after it.
    pub(crate) fn batch(&mut self, before: &[(K, f64)], picked: &[K], after: &[(K, f64)]) {
        let picks = f64::from(u32::try_from(picked.len()).expect("batches are small"));
        for ((key, share), (same, later)) in before.iter().zip(after) {
            assert_eq!(key, same, "interfaces came or went within a batch");
            let entry = self.of.entry(key.clone()).or_default();
            entry.least += share.min(*later) * picks;
            entry.most += share.max(*later) * picks;
        }
        for key in picked {
            self.of.entry(key.clone()).or_default().count += 1;
        }
    }

    /// How often this one was picked.
    pub(crate) fn count(&self, key: &K) -> u32 {
        self.of.get(key).map_or(0, |entry| entry.count)
    }

    /// Fails when anyone was handed out more or less than its exact share.
    pub(crate) fn is_exact(&self) {
        for (key, Entry { count, least, most }) in &self.of {
            let count = f64::from(*count);
            assert!(
                least - BOUND < count && count < most + BOUND,
                "{key:?} was picked {count} times, its exact share is {least:.2} to {most:.2}; all: {:#?}",
                self.of
            );
        }
    }
}
