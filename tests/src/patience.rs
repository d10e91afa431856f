//! Waiting for a condition, with a deadline and with words for what did not come.

use std::thread;
use std::time::{Duration, Instant};

/// How often a condition is looked at.
const PERIOD: Duration = Duration::from_millis(50);

/// Looks until there is something, and returns it.
///
/// # Panics
/// When the deadline passes first; `what` says what was waited for.
pub fn wait_for<T>(what: &str, deadline: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < deadline, "waited {:.1?} in vain for: {what}", start.elapsed());
        thread::sleep(PERIOD);
    }
}

/// Looks again and again for as long as `period` lasts: for things that must not happen, or that are counted.
pub fn all_through(period: Duration, mut look: impl FnMut()) {
    let start = Instant::now();
    while start.elapsed() < period {
        look();
        thread::sleep(PERIOD);
    }
}
