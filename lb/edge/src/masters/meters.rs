//! What fetching counts.

use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, IntCounterVec, Opts, Registry};

use super::fault::FetchFault;
use crate::playlist::Playlist;

/// From what an idle origin on the same machine takes to two interfaces that hang.
const BUCKETS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.0, 4.0];

/// The words of the label, so that each series is there from the start.
const OUTCOMES: [&str; 9] =
    ["master", "media", "refused", "unreachable", "timeout", "lost", "error", "unusable", "busy"];

/// The metrics of all fetches.
#[derive(Debug)]
pub(super) struct Meters {
    fetches: IntCounterVec,
    duration: Histogram,
}

impl Meters {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let fetches = IntCounterVec::new(
            Opts::new("weir_master_fetches_total", "Fetches of master playlists, by what came of them."),
            &["outcome"],
        )?;
        let duration = HistogramOpts::new(
            "weir_master_fetch_duration_seconds",
            "How long fetches of master playlists take, a second interface included.",
        );
        let duration = Histogram::with_opts(duration.buckets(BUCKETS.to_vec()))?;
        registry.register(Box::new(fetches.clone()))?;
        registry.register(Box::new(duration.clone()))?;
        for outcome in OUTCOMES {
            fetches.with_label_values(&[outcome]);
        }
        Ok(Self { fetches, duration })
    }

    /// Counts a fetch that ended.
    pub(super) fn ended(&self, result: Result<&Playlist, &FetchFault>, took: Duration) {
        self.duration.observe(took.as_secs_f64());
        self.count(result);
    }

    /// Counts a fetch that was not begun.
    pub(super) fn refused(&self, fault: &FetchFault) {
        self.count(Err(fault));
    }

    fn count(&self, result: Result<&Playlist, &FetchFault>) {
        self.fetches.with_label_values(&[outcome(result)]).inc();
    }
}

fn outcome(result: Result<&Playlist, &FetchFault>) -> &'static str {
    match result {
        Ok(Playlist::Master(_)) => "master",
        Ok(Playlist::Media) => "media",
        Err(FetchFault::Refused { .. }) => "refused",
        Err(FetchFault::Connect { .. } | FetchFault::NoInterface) => "unreachable",
        Err(FetchFault::TimedOut { .. }) => "timeout",
        Err(FetchFault::Lost { .. } | FetchFault::GivenUp) => "lost",
        Err(FetchFault::Broken { .. } | FetchFault::Status { .. }) => "error",
        Err(FetchFault::Busy { .. }) => "busy",
        Err(
            FetchFault::BadRequest(_)
            | FetchFault::NotHttp { .. }
            | FetchFault::Redirected { .. }
            | FetchFault::Encoded { .. }
            | FetchFault::LongHead { .. }
            | FetchFault::LongBody { .. }
            | FetchFault::NoPlaylist { .. },
        ) => "unusable",
    }
}
