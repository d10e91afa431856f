//! What is counted: questions by transport and kind, whom each pool's answers named first, and what became of
//! datagrams that were not answered at once.
//!
//! Threads that answer count in a [`Tally`] of their own, and the dispatchers' desk counts what it hands out; both are
//! summed when somebody looks.

mod handed;
mod tally;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};
use weir_core::Reader;

use crate::answer::Kind;
use crate::desk::Desk;

use handed::Handed;
pub(crate) use tally::{Dropped, Tally};

/// The way a question came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// One datagram each way.
    Udp,
    /// A connection, each message behind its length.
    Tcp,
}

/// As people write it.
impl std::fmt::Display for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        })
    }
}

/// All counters of this crate that answering needs.
#[derive(Debug)]
pub(crate) struct Metrics {
    queries: HashMap<(&'static str, &'static str), IntCounter>,
    sums: Arc<Sums>,
}

/// What the threads' tallies are summed into.
#[derive(Debug)]
struct Sums {
    queries: IntCounterVec,
    slow: IntCounter,
    queued: IntGauge,
    dropped: IntCounterVec,
    tallies: Mutex<Vec<Arc<Tally>>>,
}

impl Transport {
    /// Its label.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        }
    }
}

impl Metrics {
    pub(crate) fn new(
        registry: &Registry,
        desk: Arc<Desk>,
        reader: Reader,
    ) -> Result<Self, prometheus::Error> {
        let queries = IntCounterVec::new(
            Opts::new("weir_dns_queries_total", "DNS questions that were answered, by what they were about."),
            &["transport", "kind"],
        )?;
        let dropped = IntCounterVec::new(
            Opts::new("weir_dns_dropped_total", "DNS datagrams that were not answered, by the reason."),
            &["reason"],
        )?;
        for reason in Dropped::ALL {
            dropped.get_metric_with_label_values(&[reason.as_str()])?;
        }
        let slow = IntCounter::new(
            "weir_dns_slow_path_total",
            "DNS datagrams that were left to the general path, which is slower.",
        )?;
        let queued = IntGauge::new(
            "weir_dns_slow_path_queue_length",
            "DNS datagrams that wait for the general path.",
        )?;
        let mut counters = HashMap::new();
        for transport in [Transport::Udp, Transport::Tcp] {
            for kind in Kind::ALL {
                let labels = (transport.as_str(), kind.as_str());
                counters.insert(labels, queries.get_metric_with_label_values(&[labels.0, labels.1])?);
            }
        }
        let sums = Arc::new(Sums { queries, slow, queued, dropped, tallies: Mutex::default() });
        registry.register(Box::new(Arc::clone(&sums).collector()))?;
        registry.register(Box::new(Handed::new(desk, reader)?))?;
        Ok(Self { queries: counters, sums })
    }

    /// Counts a question that was answered.
    pub(crate) fn count(&self, transport: Transport, kind: Kind) {
        if let Some(counter) = self.queries.get(&(transport.as_str(), kind.as_str())) {
            counter.inc();
        }
    }

    /// A tally for one thread.
    pub(crate) fn open_tally(&self) -> Arc<Tally> {
        let tally = Arc::new(Tally::default());
        self.sums.tallies().push(Arc::clone(&tally));
        tally
    }

    /// Takes over what a thread has counted when it ends.
    pub(crate) fn close_tally(&self, tally: &Arc<Tally>) {
        let mut tallies = self.sums.tallies();
        tallies.retain(|open| !Arc::ptr_eq(open, tally));
        self.sums.add(tally);
    }
}

impl Sums {
    fn collector(self: Arc<Self>) -> Summing {
        Summing { sums: self }
    }

    fn tallies(&self) -> MutexGuard<'_, Vec<Arc<Tally>>> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what a tally has counted since it was added last.
    fn add(&self, tally: &Tally) {
        let news = tally.take_news();
        for (kind, count) in Kind::ALL.into_iter().zip(news.kinds) {
            self.queries.with_label_values(&[Transport::Udp.as_str(), kind.as_str()]).inc_by(count);
        }
        for (reason, count) in Dropped::ALL.into_iter().zip(news.dropped) {
            self.dropped.with_label_values(&[reason.as_str()]).inc_by(count);
        }
        self.slow.inc_by(news.slow);
    }
}

/// Sums at each scrape.
struct Summing {
    sums: Arc<Sums>,
}

impl Collector for Summing {
    fn desc(&self) -> Vec<&Desc> {
        let sums = &self.sums;
        [sums.queries.desc(), sums.slow.desc(), sums.queued.desc(), sums.dropped.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let sums = &self.sums;
        // Held to the end, so that two scrapes at once don't add the same news twice.
        let tallies = sums.tallies();
        tallies.iter().for_each(|tally| sums.add(tally));
        sums.queued.set(tallies.iter().map(|tally| tally.queued()).sum());
        [sums.queries.collect(), sums.slow.collect(), sums.queued.collect(), sums.dropped.collect()].concat()
    }
}
