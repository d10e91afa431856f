//! How long the stream has been running.

use std::time::Duration;

use tokio::time::Instant;

/// The stream's only source of time. Tokio's clock, so that tests can pause it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that starts now.
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Time since start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// The moment at which this much has elapsed.
    pub(crate) fn at(&self, elapsed: Duration) -> Instant {
        self.start + elapsed
    }
}

/// How many whole units fit into a time. Exact, and total for any unit above zero.
pub(crate) fn whole(elapsed: Duration, unit: Duration) -> u64 {
    u64::try_from(elapsed.as_nanos() / unit.as_nanos().max(1)).unwrap_or(u64::MAX)
}
