//! What resolvers and viewers write down while they run, by seconds since the start.

use std::net::Ipv4Addr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The records of a run.
#[derive(Debug)]
pub(crate) struct Books {
    start: Instant,
    records: Mutex<Records>,
}

/// All that was written down.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    /// Viewers second by second.
    pub(crate) watched: Vec<Watched>,
    /// What resolvers were answered.
    pub(crate) answers: Vec<Told>,
    /// Which address viewers went to, and when.
    pub(crate) visits: Vec<Visit>,
    /// Viewers who were cut off, until they were served again.
    pub(crate) outages: Vec<Outage>,
    /// Attempts that failed.
    pub(crate) failures: u32,
    /// Reads that came more than half a pace too late: then the harness itself is what is short.
    pub(crate) late: u32,
    /// All reads.
    pub(crate) reads: u32,
}

/// One second of all viewers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Watched {
    /// How many watched.
    pub(crate) viewers: u32,
    /// How many of them had less than they wanted in the last five seconds.
    pub(crate) short: u32,
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) at: f64,
    pub(crate) resolver: usize,
    pub(crate) addresses: Vec<Ipv4Addr>,
    pub(crate) ttl: f64,
}

/// A viewer went to an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    pub(crate) at: f64,
    pub(crate) address: Ipv4Addr,
}

/// A viewer had nothing for so long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outage {
    /// When it began.
    pub(crate) at: f64,
    pub(crate) lasted: f64,
}

impl Books {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), records: Mutex::default() }
    }

    /// Seconds since the start.
    pub(crate) fn now(&self) -> f64 {
        self.seconds(Instant::now())
    }

    /// When something was, in seconds since the start.
    pub(crate) fn seconds(&self, at: Instant) -> f64 {
        at.saturating_duration_since(self.start).as_secs_f64()
    }

    /// A copy of all that was written down so far.
    pub(crate) fn records(&self) -> Records {
        self.open().clone()
    }

    /// The last second that all viewers have written down.
    pub(crate) fn last_watched(&self) -> Watched {
        let records = self.open();
        records.watched.iter().rev().nth(2).copied().unwrap_or_default()
    }

    pub(crate) fn answered(&self, resolver: usize, addresses: &[Ipv4Addr], ttl: Duration) {
        let told = Told { at: self.now(), resolver, addresses: addresses.to_vec(), ttl: ttl.as_secs_f64() };
        self.open().answers.push(told);
    }

    pub(crate) fn visited(&self, address: Ipv4Addr) {
        let visit = Visit { at: self.now(), address };
        self.open().visits.push(visit);
    }

    pub(crate) fn failed(&self) {
        self.open().failures += 1;
    }

    pub(crate) fn served_again(&self, since: Instant) {
        let at = self.seconds(since);
        let outage = Outage { at, lasted: self.now() - at };
        self.open().outages.push(outage);
    }

    pub(crate) fn read(&self, late: bool) {
        let mut records = self.open();
        records.reads += 1;
        records.late += u32::from(late);
    }

    /// A viewer watched for a second, which ended then.
    pub(crate) fn watched(&self, at: Instant, short: bool) {
        // Truncation is what is meant: the number of the second.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "runs last minutes")]
        let second = self.seconds(at) as usize;
        let watched = &mut self.open().watched;
        if watched.len() <= second {
            watched.resize(second + 1, Watched::default());
        }
        watched[second].viewers += 1;
        watched[second].short += u32::from(short);
    }

    fn open(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
