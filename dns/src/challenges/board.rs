//! The challenges in force: read by every question that needs them, replaced as a whole.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use arc_swap::{ArcSwap, Guard};
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntGauge, Registry};

use super::{ChallengeError, ChallengeName, ChallengeValue, Challenges};

/// Where challenges are put up and taken down.
#[derive(Debug, Default)]
pub(crate) struct Board {
    current: ArcSwap<Challenges>,
    /// One change at a time: each begins with what the one before left.
    changing: Mutex<()>,
}

impl Board {
    /// An empty board that is counted in `registry`.
    pub(crate) fn new(registry: &Registry) -> prometheus::Result<Arc<Self>> {
        let board = Arc::new(Self::default());
        let gauge = IntGauge::new("weir_dns_acme_challenges", "ACME challenges that are answered now.")?;
        registry.register(Box::new(Count { board: Arc::clone(&board), gauge }))?;
        Ok(board)
    }

    /// What there is now.
    pub(crate) fn load(&self) -> Guard<Arc<Challenges>> {
        self.current.load()
    }

    /// Puts up a challenge.
    pub(crate) fn set(
        &self,
        name: &ChallengeName,
        value: &ChallengeValue,
        until: Instant,
        now: Instant,
    ) -> Result<(), ChallengeError> {
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let next = self.current.load().with(name, value, until, now)?;
        self.current.store(Arc::new(next));
        Ok(())
    }

    /// Takes a challenge down; says whether it was there.
    pub(crate) fn unset(&self, name: &ChallengeName, value: &ChallengeValue, now: Instant) -> bool {
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, found) = self.current.load().without(name, value, now);
        self.current.store(Arc::new(next));
        found
    }
}

/// Counts at each scrape, since challenges expire while nobody looks.
struct Count {
    board: Arc<Board>,
    gauge: IntGauge,
}

impl Collector for Count {
    fn desc(&self) -> Vec<&Desc> {
        self.gauge.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let count = self.board.load().count(Instant::now());
        self.gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        self.gauge.collect()
    }
}
