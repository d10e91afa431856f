//! Directives that follow each other quickly, and what is known of them at any moment.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use weir_tests::patience;
use weir_tests::weir::Weir;

/// An order is in all answers by then, counted from its confirmation.
const IN_FORCE: Duration = Duration::from_millis(200);

/// So long one interface stays drained while others come and go: well above [`IN_FORCE`].
const SHIFT: u32 = 16;

/// So many orders in a second.
const RATE: f64 = 20.0;

/// No run lasts longer.
const LONGEST: Duration = Duration::from_secs(60);

/// Since when each interface is drained: a lower bound of the truth at any time. It is written after the order to
/// drain was confirmed, and struck out before the order that ends it is sent.
#[derive(Debug, Default)]
pub(crate) struct Drains {
    since: Mutex<[Option<Instant>; 4]>,
}

impl Drains {
    /// Drains an interface.
    pub(crate) fn drain(&self, weir: &Weir, index: usize) {
        weir.direct(&format!("eni{index}"), "drain", "changes under load");
        self.set(index, Some(Instant::now()));
    }

    /// Whether no answer to a question that was sent at `asked` may name this interface.
    pub(crate) fn forbids(&self, index: usize, asked: Instant) -> bool {
        let since = self.since.lock().unwrap_or_else(PoisonError::into_inner)[index];
        since.is_some_and(|since| asked > since + IN_FORCE)
    }

    fn end(&self, weir: &Weir, index: usize) {
        self.set(index, None);
        weir.direct(&format!("eni{index}"), "auto", "");
    }

    fn set(&self, index: usize, since: Option<Instant>) {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)[index] = since;
    }
}

/// Orders until it is told to end; each order changes the snapshot. In turn, each interface is drained for a shift,
/// and meanwhile the three others for one step each. Two are drained at most.
pub(crate) fn order_until(end: &AtomicBool, weir: &Weir, drains: &Drains) -> u32 {
    let (start, mut step) = (Instant::now(), 0);
    patience::wait_for("the end of the load", LONGEST, || {
        // On a busy machine an order takes as long as a look; then those that are late follow at once.
        while f64::from(step) < RATE * start.elapsed().as_secs_f64() && !end.load(Ordering::Relaxed) {
            order(step, weir, drains);
            step += 1;
        }
        end.load(Ordering::Relaxed).then_some(())
    });
    step
}

fn order(step: u32, weir: &Weir, drains: &Drains) {
    let place = |number: u32| usize::try_from(number % 4).expect("below four");
    let (shift, within) = (step / SHIFT, step % SHIFT);
    let other = place(shift + 1 + within.saturating_sub(1) / 2 % 3);
    match within {
        0 => drains.drain(weir, place(shift)),
        within if within == SHIFT - 1 => drains.end(weir, place(shift)),
        within if within % 2 == 1 => drains.drain(weir, other),
        _ => drains.end(weir, other),
    }
}
