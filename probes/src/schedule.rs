//! When a prober looks.
//!
//! The first look comes at once, so that a start or a new interface is judged soon; then one per interval, spread by
//! jitter, so that the probes of many interfaces do not beat in step. A first failure hurries the next look, once: what
//! is dead is told sooner, and what is flaky is not hammered.

#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use weir_core::Outcome;

use crate::prober::Prober;
use crate::random::Draws;

/// The first looks of many probers are spread over this.
const FIRST_WITHIN: Duration = Duration::from_millis(200);

/// After a first failure the next look comes within this.
const HURRY: Duration = Duration::from_millis(500);

/// Looks again and again, and sends each report, until cancelled or until nobody takes the reports.
///
/// One look at a time. A full queue is waited for, and no report is dropped; the next look is due by the start of the
/// last one all the same, and comes at once if that has passed.
pub async fn schedule(
    mut prober: Prober,
    seed: u64,
    sink: mpsc::Sender<weir_core::Report>,
    cancel: CancellationToken,
) {
    let mut draws = Draws::new(seed);
    let mut rhythm = Rhythm::new(prober.spec().timing().interval);
    let work = async {
        sleep_until(Instant::now() + part(FIRST_WITHIN, draws.next())).await;
        loop {
            let begin = Instant::now();
            let report = prober.look().await;
            let next = begin + rhythm.next_look(&report.outcome, begin.elapsed(), draws.next());
            if sink.send(report).await.is_err() {
                return;
            }
            sleep_until(next).await;
        }
    };
    cancel.run_until_cancelled(work).await;
}

/// Decides when the next look is due.
#[derive(Clone, Copy, Debug)]
struct Rhythm {
    interval: Duration,
    /// Whether the last look that passed or failed had passed; a warning is neither.
    passing: bool,
}

impl Rhythm {
    fn new(interval: Duration) -> Self {
        Self { interval, passing: false }
    }

    /// How long after the start of a look, which took so long and saw this, the next one begins.
    fn next_look(&mut self, seen: &Outcome, took: Duration, draw: u64) -> Duration {
        let regular = jittered(self.interval, draw);
        match seen {
            Outcome::Pass => self.passing = true,
            Outcome::Warn(_) => {}
            Outcome::Fail(_) => {
                let first = std::mem::replace(&mut self.passing, false);
                if first {
                    return regular.min(took + hurried(self.interval, draw));
                }
            }
        }
        regular
    }
}

/// From 90 to 110 % of the interval, each as likely.
fn jittered(interval: Duration, draw: u64) -> Duration {
    let tenth = interval / 10;
    interval - tenth + part(tenth * 2, draw)
}

/// At most the interval and half a second, and at least half of that.
fn hurried(interval: Duration, draw: u64) -> Duration {
    let most = interval.min(HURRY);
    most / 2 + part(most / 2, draw)
}

/// The part of a duration that a draw stands for, from none to all of it.
fn part(whole: Duration, draw: u64) -> Duration {
    // The upper 32 bits as a fraction of 2^32; the product of a u128 and 32 bits fits, as durations have 94 bits.
    let nanos = (whole.as_nanos() * u128::from(draw >> 32)) >> 32;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
