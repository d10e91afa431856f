//! How many connections there may be, in all and of one client, over all listeners together.
//!
//! When all are taken, the one that has been silent the longest makes room (RFC 7766 section 6.2.3 lets a server that
//! is short of connections close idle ones early): who opens connections and asks nothing then keeps nobody out. A
//! connection is silent from one whole question to the next, whatever else its client does or does not do, so that
//! neither half a question nor an answer that is not taken is a way to stay. Who has just been let in, or has just
//! asked, is left alone for a second; else a flood of connections would push out each question on its way. While
//! nobody has been silent for that long, newcomers are refused.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};
use tokio_util::sync::CancellationToken;

use crate::policy::TcpPolicy;

/// How long nobody has to make room after having been let in or having asked.
const LEFT_ALONE: Duration = Duration::from_secs(1);

/// The connections that are open.
#[derive(Debug)]
pub(crate) struct Quota {
    open: Mutex<Open>,
    /// Silence is counted from here.
    begun: Instant,
    refused_total: IntCounter,
    refused_client: IntCounter,
    displaced: IntCounter,
}

#[derive(Debug, Default)]
struct Open {
    held: HashMap<u64, Arc<Held>>,
    /// How many each client has; none that has none.
    clients: HashMap<Client, usize>,
    /// The number of the next one.
    next: u64,
}

/// Who has a connection: an address of IPv4, or a /64 of IPv6, as one host there has all of its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Client(IpAddr);

/// One connection.
#[derive(Debug)]
struct Held {
    client: Client,
    /// When it was let in or last asked, in milliseconds.
    heard: AtomicU64,
    gone: CancellationToken,
}

/// The right to be open; given back when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    number: u64,
    held: Arc<Held>,
    quota: Arc<Quota>,
}

impl Quota {
    /// A quota of which nothing is taken; what becomes of it is told to `registry`.
    pub(crate) fn new(registry: &Registry) -> prometheus::Result<Arc<Self>> {
        let refused = IntCounterVec::new(
            Opts::new("weir_dns_tcp_refused_total", "DNS connections that were refused, by whose limit."),
            &["reason"],
        )?;
        let displaced = IntCounter::new(
            "weir_dns_tcp_displaced_total",
            "DNS connections that were closed to make room, since they asked nothing.",
        )?;
        let gauge = IntGauge::new("weir_dns_tcp_connections", "DNS connections that are open.")?;
        registry.register(Box::new(refused.clone()))?;
        registry.register(Box::new(displaced.clone()))?;
        let quota = Arc::new(Self {
            open: Mutex::default(),
            begun: Instant::now(),
            refused_total: refused.get_metric_with_label_values(&["total"])?,
            refused_client: refused.get_metric_with_label_values(&["client"])?,
            displaced,
        });
        registry.register(Box::new(Count { quota: Arc::clone(&quota), gauge }))?;
        Ok(quota)
    }

    /// A seat for a connection of this client, if there is one by these limits. Fewer than before close nothing.
    pub(crate) fn seat(self: &Arc<Self>, client: IpAddr, limits: &TcpPolicy, now: Instant) -> Option<Seat> {
        let (mut open, client) = (self.open(), Client::from(client));
        // First, so that who has too many already drives nobody out.
        if open.clients.get(&client).is_some_and(|&count| count >= limits.per_client) {
            self.refused_client.inc();
            return None;
        }
        if open.held.len() >= limits.connections {
            if !open.displace(self.millis(now.checked_sub(LEFT_ALONE))) {
                self.refused_total.inc();
                return None;
            }
            self.displaced.inc();
        }
        let heard = AtomicU64::new(self.millis(Some(now)));
        let held = Arc::new(Held { client, heard, gone: CancellationToken::new() });
        let number = open.add(Arc::clone(&held));
        Some(Seat { number, held, quota: Arc::clone(self) })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A time in milliseconds; the beginning, and all before it, is 0.
    fn millis(&self, time: Option<Instant>) -> u64 {
        let since = time.map_or(Duration::ZERO, |time| time.saturating_duration_since(self.begun));
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Open {
    fn add(&mut self, held: Arc<Held>) -> u64 {
        let number = self.next;
        self.next += 1;
        *self.clients.entry(held.client).or_default() += 1;
        self.held.insert(number, held);
        number
    }

    fn remove(&mut self, number: u64) -> Option<Arc<Held>> {
        let held = self.held.remove(&number)?;
        if let Some(of_client) = self.clients.get_mut(&held.client) {
            *of_client -= 1;
            if *of_client == 0 {
                self.clients.remove(&held.client);
            }
        }
        Some(held)
    }

    /// Sends away the connection that has been silent the longest, if that is since before then. Looks at each, which
    /// takes microseconds, and only while all are taken.
    fn displace(&mut self, then: u64) -> bool {
        let silences = self.held.iter().map(|(&number, held)| (held.heard.load(Ordering::Relaxed), number));
        let longest = silences.min().filter(|&(heard, _)| heard < then);
        let Some(held) = longest.and_then(|(_, number)| self.remove(number)) else { return false };
        held.gone.cancel();
        true
    }
}

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
            v4 => v4,
        })
    }
}

impl Seat {
    /// Its connection asked something.
    pub(crate) fn heard(&self, now: Instant) {
        self.held.heard.store(self.quota.millis(Some(now)), Ordering::Relaxed);
    }

    /// Waits until the seat is another's.
    pub(crate) async fn gone(&self) {
        self.held.gone.cancelled().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.quota.open().remove(self.number);
    }
}

/// Counts at each scrape.
struct Count {
    quota: Arc<Quota>,
    gauge: IntGauge,
}

impl Collector for Count {
    fn desc(&self) -> Vec<&Desc> {
        self.gauge.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let count = self.quota.open().held.len();
        self.gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        self.gauge.collect()
    }
}

#[cfg(test)]
mod tests;
