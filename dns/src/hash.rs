//! A hash whose results nobody can choose.
//!
//! Two multiplications folded, under keys of this process: whoever does not see a result can't look for inputs that
//! collide. It is no cryptography; nothing that it makes leaves the process.

use std::hash::{BuildHasher, RandomState};

/// The keys of one table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HashKey([u64; 2]);

impl HashKey {
    /// Keys that nobody knows.
    pub(crate) fn new() -> Self {
        Self([1, 2].map(|n| RandomState::new().hash_one(n)))
    }

    /// The hash of a value.
    pub(crate) fn hash(self, value: u64) -> u64 {
        self.0.iter().fold(value, |hash, &key| fold(hash ^ key))
    }
}

/// Mixes all bits into all: both halves of a product with 2^64 divided by the golden ratio, made odd.
fn fold(value: u64) -> u64 {
    let [low, high] = halves(u128::from(value) * 0x9e37_79b9_7f4a_7c15);
    low ^ high
}

fn halves(wide: u128) -> [u64; 2] {
    let bytes = wide.to_le_bytes();
    let half = |at: usize| bytes[at..].first_chunk().map_or(0, |half| u64::from_le_bytes(*half));
    [half(0), half(8)]
}
