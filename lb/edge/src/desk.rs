//! Which interface a viewer is sent to: the one of the lowest expected load, on which the viewer counts at once.
//!
//! The law tells with each snapshot what every interface is expected to carry, and which redirects that contains. What was
//! sent since is counted here, per interface and over all pools, as a counter that never falls: so nothing is counted
//! twice or lost between two snapshots.
//!
//! Ledgers follow the snapshots: the first request of a new generation drops those of pools that are gone.
//! A request that still holds an older snapshot never brings a pool back.
//!
//! Refused: picking by weight, as DNS does. A redirect is one viewer, who counts at once, so the next one can go to where
//! there is most room now; weights only say where there was.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use prometheus::{IntCounterVec, Opts, Registry};
use weir_core::{Berth, Family, InterfaceName, Member, PoolName, PoolView, Reservations, Snapshot, lowest};

use crate::target::TargetForm;

/// The fractional parts of its multiples are spread evenly (H. Weyl): draws without dice. 2^32 divided by the golden ratio.
const GOLDEN: u32 = 0x9e37_79b9;

/// Chooses interfaces, and counts what it chose.
#[derive(Debug)]
pub struct Desk {
    form: TargetForm,
    redirects: IntCounterVec,
    table: RwLock<Table>,
    /// What was sent to each interface, and moved away from it.
    reserved: Mutex<HashMap<InterfaceName, Arc<Sent>>>,
}

/// Viewers of an interface, by all pools, in bytes per second: counters.
#[derive(Debug, Default)]
struct Sent {
    made: AtomicU64,
    given_up: AtomicU64,
}

#[derive(Debug, Default)]
struct Table {
    /// The newest generation that was followed.
    generation: Option<u64>,
    ledgers: HashMap<PoolName, Mutex<Ledger>>,
}

/// What one pool's redirects need.
#[derive(Debug, Default)]
struct Ledger {
    /// Of each member, in the pool's order, so that no redirect looks anything up.
    entries: Vec<Entry>,
    /// Rises with each choice.
    draws: u32,
}

/// What is counted of a pool's member.
#[derive(Debug)]
struct Entry {
    name: InterfaceName,
    redirects: prometheus::IntCounter,
    sent: Arc<Sent>,
}

impl Desk {
    /// A desk that names interfaces in this form and counts its redirects in the registry.
    ///
    /// # Errors
    /// When the registry counts redirects already.
    pub fn new(form: TargetForm, registry: &Registry) -> Result<Self, prometheus::Error> {
        let redirects = IntCounterVec::new(
            Opts::new("weir_redirects_total", "Redirects, by pool and the interface they point to."),
            &["pool", "interface"],
        )?;
        registry.register(Box::new(redirects.clone()))?;
        Ok(Self { form, redirects, table: RwLock::default(), reserved: Mutex::default() })
    }

    /// The form in which it names interfaces.
    pub fn form(&self) -> TargetForm {
        self.form
    }

    /// The interface of the pool that has the lowest load: of the client's family, or of the other if the pool has none of
    /// it.
    pub(crate) fn choose<'a>(
        &self,
        snapshot: &Snapshot,
        pool: &'a PoolView,
        client: IpAddr,
    ) -> Option<&'a Member> {
        let first = self.form.first_family(client);
        let other = if first == Family::V4 { Family::V6 } else { Family::V4 };
        self.with_ledger(snapshot, pool, |ledger| {
            self.follow_members(ledger, pool);
            let draw = ledger.draw();
            let choose = |family| ledger.lowest(snapshot, (pool, family), draw);
            let index = choose(first).or_else(|| choose(other))?;
            ledger.count(pool, index);
            pool.members.get(index)
        })
    }

    /// Counts a redirect to an interface that the client named itself.
    pub(crate) fn told(&self, snapshot: &Snapshot, pool: &PoolView, member: &Member) {
        let Some(index) = pool.members.iter().position(|other| other.name == member.name) else { return };
        self.with_ledger(snapshot, pool, |ledger| {
            self.follow_members(ledger, pool);
            ledger.count(pool, index);
        });
    }

    /// What was sent to each interface so far, and moved away from it: for the law.
    pub(crate) fn reserved(&self) -> Vec<(InterfaceName, Reservations)> {
        let reserved = self.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        reserved.iter().map(|(name, sent)| (name.clone(), sent.so_far())).collect()
    }

    fn with_ledger<T>(&self, snapshot: &Snapshot, pool: &PoolView, work: impl FnOnce(&mut Ledger) -> T) -> T {
        let table = self.table(snapshot);
        match table.ledgers.get(pool.name.as_str()) {
            // A ledger is sound between any two of its steps, so a panic of another request does not spoil it.
            Some(ledger) => work(&mut ledger.lock().unwrap_or_else(PoisonError::into_inner)),
            // The request began before the pool was removed.
            None => work(&mut Ledger::default()),
        }
    }

    /// The table, once it has followed this snapshot.
    fn table(&self, snapshot: &Snapshot) -> RwLockReadGuard<'_, Table> {
        let generation = Some(snapshot.generation);
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        if table.generation >= generation {
            return table;
        }
        drop(table);
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        if table.generation < generation {
            table.generation = generation;
            self.follow(&mut table, snapshot);
        }
        drop(table);
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn follow(&self, table: &mut Table, snapshot: &Snapshot) {
        for pool in &snapshot.pools {
            if !table.ledgers.contains_key(pool.name.as_str()) {
                table.ledgers.insert(pool.name.clone(), Mutex::default());
            }
        }
        if table.ledgers.len() == snapshot.pools.len() {
            return;
        }
        table.ledgers.retain(|name, ledger| {
            let kept = snapshot.pool(name).is_some();
            if !kept {
                let ledger = ledger.get_mut().unwrap_or_else(PoisonError::into_inner);
                ledger.entries.drain(..).for_each(|entry| self.forget(name, &entry.name));
            }
            kept
        });
    }

    /// Takes over who is a member, and ends the series of those that are gone.
    fn follow_members(&self, ledger: &mut Ledger, pool: &PoolView) {
        let same = ledger.entries.len() == pool.members.len()
            && ledger.entries.iter().zip(&pool.members).all(|(entry, member)| entry.name == member.name);
        if same {
            return;
        }
        for Entry { name, .. } in ledger.entries.drain(..) {
            if !pool.members.iter().any(|member| member.name == name) {
                self.forget(&pool.name, &name);
            }
        }
        let mut reserved = self.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.entries.extend(pool.members.iter().map(|member| Entry {
            name: member.name.clone(),
            redirects: self.redirects.with_label_values(&[pool.name.as_str(), member.name.as_str()]),
            sent: Arc::clone(reserved.entry(member.name.clone()).or_default()),
        }));
    }

    fn forget(&self, pool: &PoolName, interface: &InterfaceName) {
        // It fails only if the series does not exist, which is what is wanted.
        let _ = self.redirects.remove_label_values(&[pool.as_str(), interface.as_str()]);
    }
}

impl Sent {
    fn so_far(&self) -> Reservations {
        Reservations { made: self.made.load(Relaxed), given_up: self.given_up.load(Relaxed) }
    }

    /// What the law has not taken in yet, in bytes per second.
    fn since(&self, contained: Reservations) -> f64 {
        let Reservations { made, given_up } = self.so_far();
        // Far below 2^53.
        #[allow(clippy::cast_precision_loss)]
        let [made, given_up] =
            [made.saturating_sub(contained.made), given_up.saturating_sub(contained.given_up)]
                .map(|n| n as f64);
        made - given_up
    }
}

impl Ledger {
    fn draw(&mut self) -> f64 {
        self.draws = self.draws.wrapping_add(GOLDEN);
        f64::from(self.draws) / 4_294_967_296.0
    }

    /// Each member that may get viewers, with its load as of now.
    fn berths<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        pool: &'a PoolView,
    ) -> impl Iterator<Item = (usize, Berth)> + 'a {
        let berth = |(index, (member, entry)): (usize, (&Member, &Entry))| {
            let berth = member.grounds.berth?;
            let contained = snapshot.interfaces.get(member.index)?.law.reserved;
            Some((index, Berth { load: (berth.load + entry.sent.since(contained)).max(0.0), ..berth }))
        };
        pool.members.iter().zip(&self.entries).enumerate().filter_map(berth)
    }

    /// The place of the one with the lowest load.
    fn lowest(&self, snapshot: &Snapshot, (pool, family): (&PoolView, Family), draw: f64) -> Option<usize> {
        let berths = self.berths(snapshot, pool).filter(|(index, _)| pool.members[*index].family() == family);
        lowest(berths, pool.steering.viewer.as_f64(), draw)
    }

    fn count(&self, pool: &PoolView, index: usize) {
        if let Some(entry) = self.entries.get(index) {
            entry.redirects.inc();
            entry.sent.made.fetch_add(pool.steering.viewer.get(), Relaxed);
        }
    }
}
