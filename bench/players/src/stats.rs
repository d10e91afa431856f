//! What a crowd has seen, in all and per address: relaxed counters that every viewer adds to.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The most addresses that get figures of their own; addresses come from the network. Others count in the total only.
const MAX_ADDRESSES: usize = 4096;

/// A reading of the counters. The figures of one reading may be a few operations apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// The whole crowd.
    pub total: Tally,
    /// Per address that viewers connected to (after the rewrite), in order.
    pub addresses: BTreeMap<IpAddr, Tally>,
}

/// The figures of the crowd, or of one address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// In the total: viewers who have come and not left. Per address: those who get their media from it now.
    pub viewers: u64,
    /// In the total: sessions begun. Per address: how often a viewer settled on it, returns after errors included.
    pub sessions: u64,
    /// Bytes read from sockets.
    pub received_bytes: u64,
    /// Bytes of segments and of audio and video messages among them.
    pub media_bytes: u64,
    /// How often a viewer's virtual buffer ran empty.
    pub stalls: u64,
    /// Failed look-ups, connections and exchanges.
    pub errors: u64,
    /// Sessions whose playback began.
    pub starts: u64,
    /// The sum of their times from arrival to playback.
    pub start_time: Duration,
}

impl Tally {
    /// The mean time from arrival to playback.
    #[must_use]
    pub fn mean_start_time(&self) -> Option<Duration> {
        let starts = u32::try_from(self.starts).unwrap_or(u32::MAX);
        self.start_time.checked_div(starts)
    }
}

#[derive(Debug, Default)]
struct Counters {
    viewers: AtomicU64,
    sessions: AtomicU64,
    received_bytes: AtomicU64,
    media_bytes: AtomicU64,
    stalls: AtomicU64,
    errors: AtomicU64,
    starts: AtomicU64,
    start_micros: AtomicU64,
}

impl Counters {
    fn read(&self) -> Tally {
        Tally {
            viewers: self.viewers.load(Relaxed),
            sessions: self.sessions.load(Relaxed),
            received_bytes: self.received_bytes.load(Relaxed),
            media_bytes: self.media_bytes.load(Relaxed),
            stalls: self.stalls.load(Relaxed),
            errors: self.errors.load(Relaxed),
            starts: self.starts.load(Relaxed),
            start_time: Duration::from_micros(self.start_micros.load(Relaxed)),
        }
    }
}

/// The crowd's counters.
#[derive(Debug, Default)]
pub(crate) struct Books {
    total: Arc<Counters>,
    addresses: Mutex<BTreeMap<IpAddr, Arc<Counters>>>,
}

impl Books {
    pub(crate) fn stats(&self) -> Stats {
        let addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let addresses = addresses.iter().map(|(address, counters)| (*address, counters.read())).collect();
        Stats { total: self.total.read(), addresses }
    }

    /// What a viewer at `address` counts with.
    pub(crate) fn meter(&self, address: IpAddr) -> Meter {
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let known = addresses.get(&address).cloned();
        let here = known.or_else(|| {
            (addresses.len() < MAX_ADDRESSES).then(|| Arc::clone(addresses.entry(address).or_default()))
        });
        Meter { total: Arc::clone(&self.total), here }
    }

    /// What a viewer that is not yet at an address counts with.
    pub(crate) fn nowhere(&self) -> Meter {
        Meter { total: Arc::clone(&self.total), here: None }
    }

    /// A session begins; it ends when the presence is dropped.
    pub(crate) fn arrive(&self) -> Presence {
        self.total.sessions.fetch_add(1, Relaxed);
        Presence::of(&self.total)
    }
}

/// Adds to the total and to the figures of one address.
#[derive(Debug, Clone)]
pub(crate) struct Meter {
    total: Arc<Counters>,
    here: Option<Arc<Counters>>,
}

impl Meter {
    pub(crate) fn received(&self, bytes: usize) {
        self.add(|counters| &counters.received_bytes, count(bytes));
    }

    pub(crate) fn media(&self, bytes: u64) {
        self.add(|counters| &counters.media_bytes, bytes);
    }

    pub(crate) fn stalled(&self) {
        self.add(|counters| &counters.stalls, 1);
    }

    pub(crate) fn failed(&self) {
        self.add(|counters| &counters.errors, 1);
    }

    pub(crate) fn started(&self, after: Duration) {
        self.add(|counters| &counters.starts, 1);
        self.add(|counters| &counters.start_micros, u64::try_from(after.as_micros()).unwrap_or(u64::MAX));
    }

    /// The viewer gets its media here until the presence is dropped.
    pub(crate) fn settle(&self) -> Option<Presence> {
        let here = self.here.as_ref()?;
        here.sessions.fetch_add(1, Relaxed);
        Some(Presence::of(here))
    }

    fn add(&self, counter: impl Fn(&Counters) -> &AtomicU64, amount: u64) {
        counter(&self.total).fetch_add(amount, Relaxed);
        if let Some(here) = &self.here {
            counter(here).fetch_add(amount, Relaxed);
        }
    }
}

/// One viewer in a count; dropping takes it out, also when its task is cut off.
#[derive(Debug)]
pub(crate) struct Presence(Arc<Counters>);

impl Presence {
    /// Whether this is a presence where `meter` counts.
    pub(crate) fn is_at(&self, meter: &Meter) -> bool {
        meter.here.as_ref().is_some_and(|here| Arc::ptr_eq(here, &self.0))
    }

    fn of(counters: &Arc<Counters>) -> Self {
        counters.viewers.fetch_add(1, Relaxed);
        Self(Arc::clone(counters))
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.viewers.fetch_sub(1, Relaxed);
    }
}

fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_meter_counts_shows_in_the_total_and_at_its_address() {
        let books = Books::default();
        let address = IpAddr::from([127, 0, 0, 11]);
        let meter = books.meter(address);
        let presence = (books.arrive(), meter.settle());
        meter.received(10);
        meter.started(Duration::from_millis(30));
        let stats = books.stats();
        assert_eq!(stats.total, stats.addresses[&address]);
        assert_eq!((stats.total.viewers, stats.total.received_bytes), (1, 10));
        assert_eq!(stats.total.mean_start_time(), Some(Duration::from_millis(30)));
        drop(presence);
        assert_eq!(books.stats().total.viewers, 0);
    }

    #[test]
    fn addresses_beyond_the_bound_count_in_the_total_only() {
        let books = Books::default();
        for number in 0..=u32::try_from(MAX_ADDRESSES).unwrap() {
            books.meter(std::net::Ipv4Addr::from(number).into()).received(1);
        }
        let stats = books.stats();
        assert_eq!(stats.addresses.len(), MAX_ADDRESSES);
        assert_eq!(stats.total.received_bytes, count(MAX_ADDRESSES) + 1);
    }
}
