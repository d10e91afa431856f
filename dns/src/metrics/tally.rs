//! What one thread has counted.
//!
//! Only its thread writes the counts, so that adding is a load and a store and no other thread waits for the cache
//! line. Whoever sums remembers how much it has taken already.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::answer::Kind;

const KINDS: usize = Kind::ALL.len();
const REASONS: usize = Dropped::ALL.len();

/// Why a datagram got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// An answer to its source would reach nobody, or too many.
    Source,
    /// The queue of the general path was full.
    QueueFull,
    /// The kernel did not take the answer.
    Unsent,
}

/// The counts of one thread, on cache lines of their own (two, as processors fetch them in pairs).
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Tally {
    kinds: [AtomicU64; KINDS],
    dropped: [AtomicU64; REASONS],
    slow: AtomicU64,
    /// Also written by the task that empties the queue, like what follows.
    queued: AtomicI64,
    unsent: AtomicU64,
    taken: Mutex<Counts>,
}

/// Plain counts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) kinds: [u64; KINDS],
    pub(crate) dropped: [u64; REASONS],
    pub(crate) slow: u64,
}

impl Dropped {
    /// Every reason, in the order of its declaration.
    pub(crate) const ALL: [Self; 3] = [Self::Source, Self::QueueFull, Self::Unsent];

    /// Its label.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::QueueFull => "queue_full",
            Self::Unsent => "unsent",
        }
    }
}

impl Tally {
    /// Counts an answer.
    pub(crate) fn answered(&self, kind: Kind) {
        add(&self.kinds[kind as usize]);
    }

    /// Counts a datagram that gets no answer.
    pub(crate) fn drop_for(&self, reason: Dropped) {
        add(&self.dropped[reason as usize]);
    }

    /// Counts a datagram that gets no answer of the general path, beside its thread.
    pub(crate) fn drop_unsent(&self) {
        self.unsent.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a datagram that was queued for the general path.
    pub(crate) fn enqueued(&self) {
        add(&self.slow);
        self.queued.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a datagram that the general path has taken.
    pub(crate) fn dequeued(&self) {
        self.queued.fetch_sub(1, Ordering::Relaxed);
    }

    /// How many datagrams wait for the general path.
    pub(super) fn queued(&self) -> i64 {
        self.queued.load(Ordering::Relaxed).max(0)
    }

    /// What was counted since this was asked last.
    pub(super) fn take_news(&self) -> Counts {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut dropped = read(&self.dropped);
        dropped[Dropped::Unsent as usize] += self.unsent.load(Ordering::Relaxed);
        let now = Counts { kinds: read(&self.kinds), dropped, slow: self.slow.load(Ordering::Relaxed) };
        let news = Counts {
            kinds: std::array::from_fn(|at| now.kinds[at] - taken.kinds[at]),
            dropped: std::array::from_fn(|at| now.dropped[at] - taken.dropped[at]),
            slow: now.slow - taken.slow,
        };
        *taken = now;
        news
    }
}

fn add(count: &AtomicU64) {
    count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

fn read<const N: usize>(counts: &[AtomicU64; N]) -> [u64; N] {
    std::array::from_fn(|at| counts[at].load(Ordering::Relaxed))
}
