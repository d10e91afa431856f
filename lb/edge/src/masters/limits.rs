//! How much an origin may send, and how slowly; how much is fetched and kept.

use std::time::Duration;

/// What fetching masters may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FetchLimits {
    /// Bytes of a playlist. The longest that were seen have some ten variants and 10 KiB.
    pub(crate) body_bytes: usize,
    /// Bytes of a response's status line and headers; hyper takes no less than 8 KiB.
    pub(crate) head_bytes: usize,
    /// For one interface, from the connection's first packet to the playlist's last byte.
    pub(crate) time: Duration,
    /// How many interfaces a fetch asks, one after the other.
    pub(crate) interfaces: usize,
    /// How long a playlist is kept, from the end of its fetch.
    pub(crate) kept: Duration,
    /// How long a fault is kept: a broken origin is asked no more often than that for one path.
    pub(crate) fault_kept: Duration,
    /// Fetches at once. A pool may have as many as are still free, so that one whose origin hangs never takes all.
    pub(crate) fetches: usize,
    /// Masters, and faults in their place, that are kept or being fetched.
    pub(crate) masters: usize,
    /// Bytes of their bodies and paths together.
    pub(crate) kept_bytes: usize,
}

impl FetchLimits {
    /// The limits of an edge that is told nothing else. At most 64 × 1 MiB are on their way, and 16 MiB are kept.
    pub(crate) const DEFAULT: Self = Self {
        body_bytes: 1024 * 1024,
        head_bytes: 16 * 1024,
        time: Duration::from_secs(2),
        interfaces: 2,
        kept: Duration::from_secs(1),
        fault_kept: Duration::from_millis(200),
        fetches: 64,
        masters: 1024,
        kept_bytes: 16 * 1024 * 1024,
    };
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
