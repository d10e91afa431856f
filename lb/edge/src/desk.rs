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

mod ledger;
mod steered;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry};
use weir_core::{
    BytesPerSec, InterfaceName, Member, PoolName, PoolView, Reason, Reservations, Snapshot, rendezvous,
};

use self::ledger::{Entry, Field, Ledger, Sent};
use crate::steering::poll;
use crate::target::TargetForm;
use crate::viewer::Viewer;

/// Chooses interfaces, and counts what it chose.
#[derive(Debug)]
pub struct Desk {
    form: TargetForm,
    redirects: IntCounterVec,
    overflows: IntCounterVec,
    moves: IntCounterVec,
    players: IntGaugeVec,
    table: RwLock<Table>,
    /// What was sent to each interface, and moved away from it.
    reserved: Mutex<HashMap<InterfaceName, Arc<Sent>>>,
}

#[derive(Debug, Default)]
struct Table {
    /// The newest generation that was followed.
    generation: Option<u64>,
    ledgers: HashMap<PoolName, Mutex<Ledger>>,
}

/// Where a viewer is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Choice<'a> {
    /// To this interface.
    Member(&'a Member),
    /// Elsewhere: every interface is full, or nothing plays.
    Overflow(&'a str),
    /// The pool has no interface.
    Nobody,
}

impl Desk {
    /// A desk that names interfaces in this form and counts its redirects in the registry.
    ///
    /// # Errors
    /// When the registry counts redirects already.
    pub fn new(form: TargetForm, registry: &Registry) -> Result<Self, prometheus::Error> {
        let redirects = IntCounterVec::new(
            Opts::new("weir_redirects_total", "Viewers sent to an interface, by pool."),
            &["pool", "interface"],
        )?;
        let overflows = IntCounterVec::new(
            Opts::new(
                "weir_overflow_redirects_total",
                "Viewers sent elsewhere, as every interface of the pool was full.",
            ),
            &["pool"],
        )?;
        let moves = IntCounterVec::new(
            Opts::new("weir_steering_moves_total", "Players that were told to leave their interface."),
            &["pool"],
        )?;
        let players = IntGaugeVec::new(
            Opts::new("weir_steering_players", "Players that are steered: those that are to ask again."),
            &["pool"],
        )?;
        registry.register(Box::new(redirects.clone()))?;
        registry.register(Box::new(overflows.clone()))?;
        registry.register(Box::new(moves.clone()))?;
        registry.register(Box::new(players.clone()))?;
        let (table, reserved) = (RwLock::default(), Mutex::default());
        Ok(Self { form, redirects, overflows, moves, players, table, reserved })
    }

    /// The form in which it names interfaces.
    pub fn form(&self) -> TargetForm {
        self.form
    }

    /// The interface of the pool for one more viewer: of the client's family, or of the other if the pool has none of it.
    pub(crate) fn choose<'a>(&self, snapshot: &Snapshot, pool: &'a PoolView, viewer: Viewer) -> Choice<'a> {
        let field = Field { snapshot, pool };
        self.with_ledger(snapshot, pool, |ledger| {
            self.follow_members(ledger, pool);
            let has_no_room =
                || pool.reason == Reason::NothingHealthy || pool.members.is_empty() || ledger.is_full(field);
            if let Some(overflow) = pool.http.overflow.as_deref().filter(|_| has_no_room()) {
                self.overflows.with_label_values(&[pool.name.as_str()]).inc();
                return Choice::Overflow(overflow);
            }
            let family = ledger.family(field, self.form, viewer.client.address);
            let index = ledger.place(field, family, viewer.key);
            index.and_then(|index| Some((index, pool.members.get(index)?))).map_or(
                Choice::Nobody,
                |(index, member)| {
                    ledger.count(pool, index);
                    Choice::Member(member)
                },
            )
        })
    }

    /// The interfaces on which a viewer who was sent to `first` may go on, in the viewer's own order, and the viewer's
    /// number.
    pub(crate) fn pathways<'a>(
        &self,
        (snapshot, pool): (&'a Snapshot, &'a PoolView),
        viewer: Viewer,
        first: &'a Member,
    ) -> (Vec<&'a Member>, u64) {
        let field = Field { snapshot, pool };
        self.with_ledger(snapshot, pool, |ledger| {
            self.follow_members(ledger, pool);
            let key = viewer.key.unwrap_or_else(|| {
                poll::number(ledger.draw(), crate::viewer::of_address(viewer.client.address))
            });
            let order = ledger.order(field, first.family(), key);
            let others = order.into_iter().filter_map(|index| pool.members.get(index));
            let others = others.filter(|member| member.name != first.name);
            (std::iter::once(first).chain(others).collect(), key)
        })
    }

    /// Where the origin is asked for a playlist: the interface with the lowest load first.
    pub(crate) fn origins(&self, snapshot: &Snapshot, pool: &PoolView) -> Vec<SocketAddr> {
        let field = Field { snapshot, pool };
        let mut berths = self.with_ledger(snapshot, pool, |ledger| {
            self.follow_members(ledger, pool);
            ledger.berths(field).collect::<Vec<_>>()
        });
        berths.sort_by(|(_, one), (_, other)| {
            (one.load / one.capacity.max(1.0)).total_cmp(&(other.load / other.capacity.max(1.0)))
        });
        let port = pool.origin.plain().1;
        berths.iter().map(|(index, _)| SocketAddr::new(pool.members[*index].address, port)).collect()
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

    /// What steered players on each interface measured since this was last asked, on average.
    pub(crate) fn downloaded(&self) -> Vec<(InterfaceName, BytesPerSec)> {
        let reserved = self.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        reserved.iter().filter_map(|(name, sent)| Some((name.clone(), sent.heard()?))).collect()
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
                // These fail only if the series do not exist, which is what is wanted.
                let _ = self.overflows.remove_label_values(&[name.as_str()]);
                let _ = self.moves.remove_label_values(&[name.as_str()]);
                let _ = self.players.remove_label_values(&[name.as_str()]);
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
            number: rendezvous::hash(member.name.as_str().as_bytes()),
            redirects: self.redirects.with_label_values(&[pool.name.as_str(), member.name.as_str()]),
            sent: Arc::clone(reserved.entry(member.name.clone()).or_default()),
        }));
    }

    fn forget(&self, pool: &PoolName, interface: &InterfaceName) {
        // It fails only if the series does not exist, which is what is wanted.
        let _ = self.redirects.remove_label_values(&[pool.as_str(), interface.as_str()]);
    }
}
