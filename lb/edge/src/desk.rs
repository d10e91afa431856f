//! Whose turn it is: one ledger per pool, apart from that of DNS.
//!
//! The ledgers follow the snapshots: the first request of a new generation drops those of pools that are gone.
//! A request that still holds an older snapshot never brings a pool back.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

use prometheus::{IntCounterVec, Opts, Registry};
use weir_core::{Dispatcher, Family, InterfaceName, Member, PoolName, PoolView, Snapshot};

use crate::target::TargetForm;

/// Chooses interfaces, and counts what it chose.
#[derive(Debug)]
pub struct Desk {
    form: TargetForm,
    redirects: IntCounterVec,
    table: RwLock<Table>,
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
    /// One for each family: to a dispatcher, members of the other family have left, and their credit with them.
    v4: Dispatcher,
    v6: Dispatcher,
    /// Room for one pick.
    picked: Vec<usize>,
    /// The counter of each member, in the pool's order, so that no redirect looks its labels up.
    counters: Vec<(InterfaceName, prometheus::IntCounter)>,
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
        Ok(Self { form, redirects, table: RwLock::default() })
    }

    /// The form in which it names interfaces.
    pub fn form(&self) -> TargetForm {
        self.form
    }

    /// The interface of the pool whose turn it is: of the client's family, or of the other if the pool has none of it.
    pub(crate) fn choose<'a>(
        &self,
        snapshot: &Snapshot,
        pool: &'a PoolView,
        client: IpAddr,
    ) -> Option<&'a Member> {
        let first = self.form.first_family(client);
        self.with_ledger(snapshot, pool, |ledger| {
            let index = ledger.pick(pool, first)?;
            self.count(ledger, pool, index);
            pool.members.get(index)
        })
    }

    /// Counts a redirect to an interface that the client named itself.
    pub(crate) fn told(&self, snapshot: &Snapshot, pool: &PoolView, member: &Member) {
        let Some(index) = pool.members.iter().position(|other| other.name == member.name) else { return };
        self.with_ledger(snapshot, pool, |ledger| self.count(ledger, pool, index));
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
                ledger.counters.drain(..).for_each(|(interface, _)| self.forget(name, &interface));
            }
            kept
        });
    }

    fn count(&self, ledger: &mut Ledger, pool: &PoolView, index: usize) {
        let known = ledger.counters.get(index).zip(pool.members.get(index));
        if known.is_none_or(|((name, _), member)| *name != member.name) {
            self.learn(ledger, pool);
        }
        if let Some((_, counter)) = ledger.counters.get(index) {
            counter.inc();
        }
    }

    /// Looks the counters of all members up, and ends the series of those that are gone.
    fn learn(&self, ledger: &mut Ledger, pool: &PoolView) {
        for (name, _) in ledger.counters.drain(..) {
            if !pool.members.iter().any(|member| member.name == name) {
                self.forget(&pool.name, &name);
            }
        }
        ledger.counters.extend(pool.members.iter().map(|member| {
            let labels = [pool.name.as_str(), member.name.as_str()];
            (member.name.clone(), self.redirects.with_label_values(&labels))
        }));
    }

    fn forget(&self, pool: &PoolName, interface: &InterfaceName) {
        // It fails only if the series does not exist, which is what is wanted.
        let _ = self.redirects.remove_label_values(&[pool.as_str(), interface.as_str()]);
    }
}

impl Ledger {
    fn pick(&mut self, pool: &PoolView, first: Family) -> Option<usize> {
        self.picked.clear();
        let Self { v4, v6, picked, .. } = self;
        match first {
            Family::V4 => v4.pick(pool, Family::V4, 1, picked),
            Family::V6 => v6.pick(pool, Family::V6, 1, picked),
        }
        if picked.is_empty() {
            match first {
                Family::V4 => v6.pick(pool, Family::V6, 1, picked),
                Family::V6 => v4.pick(pool, Family::V4, 1, picked),
            }
        }
        picked.first().copied()
    }
}
