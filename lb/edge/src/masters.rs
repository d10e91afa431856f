//! Master playlists of the origin, fetched through a healthy interface and shared by all who ask.
//!
//! Facts of the world: thousands of viewers ask for one master within the seconds after a stream begins, and a master
//! hardly ever changes; but a viewer's token in the query makes its path another one. An origin that hangs does so for
//! everybody at once, and each fetch that waits for it holds memory. Wowza begins a session with each master that it
//! answers, whose id is in the names of the variants (`chunklist_w<id>`): who shares a master shares a session there.
//!
//! Invariants, each with a test:
//! * Requests for one path of one pool share one fetch, and what came of it, a fault too, for a while after its end.
//! * A fetch belongs to nobody who asked: a viewer who goes away takes nothing from the others.
//! * What is fetched at once and what is kept are bounded ([`FetchLimits`]), whatever is asked and whatever comes back.
//! * A pool whose origin hangs leaves room for the fetches of the others.
//! * No lock is held across an `.await`.
//!
//! ```text
//! get ─► Table ─ kept ──────────────────────────────────────────────► playlist or fault
//!          │ ├── flying ─► wait ────────────────────────────────────► the same
//!          │ └── busy ──────────────────────────────────────────────► fault
//!          └─ nothing ─► a task of its own: Errand ─ first interface, second ─► playlist::read ─► all who wait
//! ```
//!
//! Refused: a cache crate (moka's queues and policies are for tables that are larger and live longer), connections that
//! are kept (there is one fetch a second), following redirects (an origin could send us anywhere), forwarding a viewer's
//! headers (the answer is shared with others), and decompression (a megabyte can become a gigabyte).

mod fault;
mod limits;
mod meters;

mod fetch;
mod own;
mod table;

use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use prometheus::Registry;
use tokio::task::JoinSet;
use weir_core::PoolName;

pub(crate) use self::fault::FetchFault;
pub(crate) use self::limits::FetchLimits;

use self::fetch::{Errand, Fetched};
use self::meters::Meters;
use self::table::{Fetch, Found, Key, Landed, Landing, Table, Takeoff};

/// Fetched masters, each kept for a second and shared by all who ask meanwhile.
///
/// A viewer's token in the query makes every path its own, so there may be as many masters as viewers: beyond the limits
/// (1,024 masters, 16 MiB) the oldest leaves, and is fetched again for the next who asks.
#[derive(Debug)]
pub(crate) struct Masters {
    shared: Arc<Shared>,
    /// The fetches. They end with this, or by themselves after the time for all their interfaces.
    tasks: Mutex<JoinSet<()>>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'a> {
    /// Whose master it is.
    pub(crate) pool: &'a PoolName,
    /// The Host header to send: the pool's host name.
    pub(crate) host: &'a str,
    /// Path and query, byte for byte.
    pub(crate) path: &'a str,
    /// The interfaces' bound addresses with the origin's port, in the order of preference.
    pub(crate) from: &'a [SocketAddr],
}

/// What fetches need, too.
#[derive(Debug)]
struct Shared {
    limits: FetchLimits,
    table: Mutex<Table>,
    meters: Meters,
}

/// A fetch that counts as flying until this is dropped, however its task ends.
struct Flight {
    shared: Arc<Shared>,
    key: Key,
    number: u64,
    bytes: usize,
}

impl Masters {
    /// Nothing is fetched yet.
    ///
    /// # Errors
    /// When the registry already has one of its metrics.
    pub(crate) fn new(limits: FetchLimits, registry: &Registry) -> Result<Self, prometheus::Error> {
        let table = Mutex::new(Table::new(limits));
        let shared = Shared { limits, table, meters: Meters::new(registry)? };
        Ok(Self { shared: Arc::new(shared), tasks: Mutex::default() })
    }

    /// The playlist that is asked for: one that is kept, one that is being fetched, or one that is fetched now.
    ///
    /// # Errors
    /// When there is none to be had; [`FetchFault::status`] is what to answer.
    pub(crate) async fn get(&self, ask: Ask<'_>, now: Instant) -> Fetch {
        let key = Key { pool: ask.pool.clone(), path: ask.path.into() };
        let found = self.shared.table().seek(&key, now);
        let landing = match found {
            Found::Kept(fetch) => return fetch,
            Found::Flying(landing) => landing,
            Found::Begin(takeoff) => self.begin(ask, key, takeoff),
            Found::Busy => {
                let fault = FetchFault::Busy { fetches: self.shared.limits.fetches };
                self.shared.meters.refused(&fault);
                return Err(fault);
            }
        };
        wait(landing).await
    }

    /// Fetches in a task of its own, so that it outlives the viewer who asked first.
    fn begin(&self, ask: Ask<'_>, key: Key, takeoff: Takeoff) -> Landing {
        let Takeoff { number, sender, landing } = takeoff;
        let mut flight = Flight { shared: Arc::clone(&self.shared), key, number, bytes: 0 };
        let errand = Errand::new(ask.path, ask.host, ask.from, self.shared.limits);
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that ended are taken out here; their panics, if any, were reported by the hook.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let begun = Instant::now();
            let fetched = match errand {
                Ok(errand) => errand.run().await,
                Err(fault) => Err(fault),
            };
            let landed = flight.end(begun, fetched);
            // Nobody may be waiting any more; the table's own receiver may be gone, too.
            let _ = sender.send(Some(landed));
        });
        landing
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    /// Counts what came of it, and says until when it is kept: time counts from the end, not from the start.
    fn end(&mut self, begun: Instant, fetched: Result<Fetched, FetchFault>) -> Landed {
        let ended = Instant::now();
        let fetch = fetched.map(|fetched| {
            self.bytes = fetched.bytes;
            Arc::new(fetched.playlist)
        });
        self.shared.meters.ended(fetch.as_deref(), ended - begun);
        let limits = &self.shared.limits;
        if let Err(fault) = &fetch {
            let error: &(dyn Error + 'static) = fault;
            tracing::debug!(pool = %self.key.pool, path = %self.key.path, error, "no_master");
        }
        let kept = if fetch.is_ok() { limits.kept } else { limits.fault_kept };
        Landed { fetch, until: ended + kept }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.shared.table().ended(&self.key, self.number, self.bytes, Instant::now());
    }
}

async fn wait(mut landing: Landing) -> Fetch {
    let landed = landing.wait_for(Option::is_some).await;
    match landed.as_deref() {
        Ok(Some(landed)) => landed.fetch.clone(),
        Ok(None) | Err(_) => Err(FetchFault::GivenUp),
    }
}

#[cfg(test)]
mod origin;
#[cfg(test)]
mod tests;
