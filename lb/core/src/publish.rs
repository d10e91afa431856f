//! One atomic pointer: written by the control task alone, read by every answer.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::snapshot::Snapshot;

/// The writing end. There is one, and it cannot be cloned: one task publishes.
#[derive(Debug)]
pub struct Publisher {
    current: Arc<ArcSwap<Snapshot>>,
}

/// A reading end; cheap to clone.
#[derive(Clone, Debug)]
pub struct Reader {
    current: Arc<ArcSwap<Snapshot>>,
}

impl Publisher {
    /// A publisher whose readers see an empty snapshot until the first one is published.
    #[allow(clippy::new_without_default)] // A second publisher by accident is what must not happen.
    pub fn new() -> Self {
        Self { current: Arc::new(ArcSwap::from_pointee(Snapshot::empty())) }
    }

    /// A reading end.
    pub fn reader(&self) -> Reader {
        Reader { current: Arc::clone(&self.current) }
    }

    /// Makes `snapshot` the one that answers come from, under the next generation, which is returned.
    pub fn publish(&mut self, mut snapshot: Snapshot) -> u64 {
        snapshot.generation = self.current.load().generation + 1;
        let generation = snapshot.generation;
        self.current.store(Arc::new(snapshot));
        generation
    }
}

impl Reader {
    /// The snapshot of this moment. Take it once per request and keep it to the end.
    pub fn load(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Whether `snapshot` is still the one of this moment. Cheaper than taking it: nothing is counted.
    pub fn is_current(&self, snapshot: &Arc<Snapshot>) -> bool {
        Arc::ptr_eq(&self.current.load(), snapshot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_published_snapshot_has_a_higher_number_and_old_readers_keep_theirs() {
        let mut publisher = Publisher::new();
        let reader = publisher.reader();
        let before = reader.load();
        assert_eq!(publisher.publish(Snapshot::empty()), 1);
        assert_eq!(publisher.publish(Snapshot::empty()), 2);
        assert_eq!((before.generation, reader.load().generation), (0, 2));
    }
}
