//! The order to end, from a listener to its connections.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

/// An order that is given once. Looking at it is one load, as every connection looks after every request; the
/// token alone would take a lock that all connections share.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    given: AtomicBool,
    token: CancellationToken,
}

impl Stop {
    /// Gives the order.
    pub(crate) fn order(&self) {
        // First the flag: whoever the token wakes must see it.
        self.given.store(true, Ordering::Release);
        self.token.cancel();
    }

    pub(crate) fn is_ordered(&self) -> bool {
        self.given.load(Ordering::Acquire)
    }

    /// Resolves when the order is given; may be polled again after that.
    pub(crate) fn ordered(&self) -> WaitForCancellationFuture<'_> {
        self.token.cancelled()
    }
}
