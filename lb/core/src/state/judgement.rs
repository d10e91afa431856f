//! The law at work on what the state knows: which interfaces, groups and pools there are, what a second has shown, and
//! what pools think of their interfaces.

use std::time::{Duration, Instant};

use super::{State, interfaces_of};
use crate::health::{Condition, health};
use crate::inventory::Interface;
use crate::law::audience::{Arrivals, Brought};
use crate::law::capacity::Branch;
use crate::law::control::{Law, Layout, PoolLayout};
use crate::law::lane::{Nominal, Sight};
use crate::law::redirects::Reservations;
use crate::law::split::{Health, PoolRules};
use crate::name::{GroupName, InterfaceName, PoolName};
use crate::pool::Pool;
use crate::snapshot::Reason;
use crate::traffic::Traffic;
use crate::units::BytesPerSec;

/// The law, and whose numbers are whose.
#[derive(Clone, Debug, Default)]
pub(crate) struct Judgement {
    pub(crate) law: Law,
    /// The lanes, in the order of the inventory.
    pub(crate) lanes: Vec<InterfaceName>,
    groups: Vec<GroupName>,
    /// The pools in the order of the configuration, each with its lanes.
    pools: Vec<(PoolName, Vec<InterfaceName>)>,
    healths: Vec<Health>,
    /// Why each pool failed open, if it did.
    pub(crate) opened: Vec<Option<Reason>>,
}

impl Judgement {
    /// The number of a group.
    pub(crate) fn group(&self, name: &GroupName) -> Option<usize> {
        self.groups.iter().position(|known| known == name)
    }

    fn lane(&self, name: &InterfaceName) -> Option<usize> {
        self.lanes.iter().position(|known| known == name)
    }

    fn pool(&self, name: &PoolName) -> Option<usize> {
        self.pools.iter().position(|(known, _)| known == name)
    }
}

impl State {
    /// Tells the law what there is now. What it knew of an interface that `moved` elsewhere is void.
    pub(super) fn arrange(&mut self, moved: &[InterfaceName]) {
        let interfaces: Vec<&Interface> = interfaces_of(&self.nodes).collect();
        let mut groups: Vec<GroupName> = interfaces.iter().map(|one| one.group.clone()).collect();
        groups.sort();
        groups.dedup();
        let before = &self.judgement;
        let was = |name: &InterfaceName| before.lane(name).filter(|_| !moved.contains(name));
        let number = |name: &GroupName| groups.iter().position(|known| known == name);
        let lanes = interfaces
            .iter()
            .map(|one| (was(&one.name), Nominal { capacity: one.capacity, group: number(&one.group) }))
            .collect();
        let capacity = |name: &GroupName| {
            let group = self.settings.groups.iter().find(|group| group.name == *name);
            group.and_then(|group| group.capacity).map(BytesPerSec::as_f64)
        };
        let branch =
            |name: &GroupName| (before.group(name), Branch { capacity: capacity(name), parent: None });
        let pool = |pool: &Pool| {
            let lanes = (0..interfaces.len()).filter(|&lane| pool.has(&interfaces[lane].name)).collect();
            let rules = PoolRules { lanes, longest: pool.ttl.max(), viewer: pool.viewer.rate };
            let known = before.pool(&pool.name);
            let place = |lane: &usize| {
                let name = &interfaces[*lane].name;
                let (_, members) = &before.pools[known?];
                members.iter().position(|member| member == name).filter(|_| !moved.contains(name))
            };
            PoolLayout { was: known, places: rules.lanes.iter().map(place).collect(), rules }
        };
        let layout = Layout {
            lanes,
            groups: groups.iter().map(branch).collect(),
            pools: self.settings.pools.iter().map(pool).collect(),
        };
        let names = |pool: &Pool| {
            let members = interfaces.iter().map(|one| &one.name).filter(|name| pool.has(name));
            (pool.name.clone(), members.cloned().collect())
        };
        let pools = self.settings.pools.iter().map(names).collect();
        let lanes = interfaces.iter().map(|one| one.name.clone()).collect();
        let judgement = &mut self.judgement;
        (judgement.lanes, judgement.groups, judgement.pools) = (lanes, groups, pools);
        if let Some(stay) = mean_stay(&self.settings.pools) {
            judgement.law.set_mean_stay(stay);
        }
        judgement.law.arrange(&layout);
    }

    /// Answers of a pool have brought viewers.
    pub(super) fn bring(
        &mut self,
        pool: &PoolName,
        to: &[(InterfaceName, Arrivals)],
        viewers_per_second: f64,
    ) {
        let Some(number) = self.judgement.pool(pool) else { return };
        let (_, members) = &self.judgement.pools[number];
        let arrivals = |member: &InterfaceName| {
            to.iter().find(|(name, _)| name == member).map_or(Arrivals::default(), |(_, arrivals)| *arrivals)
        };
        let brought = Brought { to: members.iter().map(arrivals).collect(), viewers_per_second };
        self.judgement.law.hear(number, &brought);
    }

    /// What was promised to an interface so far, and moved away from it.
    pub(super) fn reserve(&mut self, interface: &InterfaceName, now: Reservations) {
        let Some(lane) = self.judgement.lane(interface) else { return };
        let before = self.reserved.entry(interface.clone()).or_default();
        let made = BytesPerSec::new(now.made.saturating_sub(before.made));
        let given_up = BytesPerSec::new(now.given_up.saturating_sub(before.given_up));
        before.made = before.made.max(now.made);
        before.given_up = before.given_up.max(now.given_up);
        self.judgement.law.reserve(lane, made);
        self.judgement.law.give_up(lane, given_up);
    }

    /// A second has passed.
    pub(super) fn see(&mut self, now: Instant) {
        self.take_pulse(now);
        let Self { judgement, traffic, .. } = self;
        let sights: Vec<Sight> = judgement
            .lanes
            .iter()
            .map(|name| traffic.get_mut(name).map_or_else(Sight::default, |traffic| traffic.sight(now)))
            .collect();
        judgement.law.see(now, &sights, &judgement.healths);
        let connections = judgement.lanes.iter().filter_map(|name| traffic.get(name)?.connections(now));
        judgement.law.count_connections(connections.fold(0, u32::saturating_add));
    }

    /// Something has changed that answers must follow at once.
    pub(super) fn judge(&mut self, now: Instant) {
        self.take_pulse(now);
        let Self { judgement, .. } = self;
        judgement.law.judge(now, &judgement.healths);
    }

    /// Finds out what each pool thinks of its interfaces.
    fn take_pulse(&mut self, now: Instant) {
        let conditions = |(pool, (_, members)): (&Pool, &(PoolName, Vec<InterfaceName>))| {
            let condition = |name: &InterfaceName| Condition {
                verdict: self.verdict_of(pool, name),
                directive: self.directive_of(name, now),
            };
            health(&members.iter().map(condition).collect::<Vec<_>>())
        };
        let pools = self.settings.pools.iter().zip(&self.judgement.pools);
        let (healths, opened) = pools.map(conditions).unzip();
        (self.judgement.healths, self.judgement.opened) = (healths, opened);
    }

    pub(crate) fn judgement(&self) -> &Judgement {
        &self.judgement
    }

    /// What was promised to an interface, and moved away, as far as its expected load has taken it in.
    pub(crate) fn reserved(&self, interface: &InterfaceName) -> Reservations {
        self.reserved.get(interface).copied().unwrap_or_default()
    }
}

/// How long viewers of all pools stay on average: the mean of how many leave per second.
fn mean_stay(pools: &[Pool]) -> Option<Duration> {
    let count = u32::try_from(pools.len()).ok().filter(|&count| count > 0)?;
    let leaving = |pool: &Pool| 1.0 / pool.viewer.stay.as_secs_f64().max(1.0);
    let leaving: f64 = pools.iter().map(leaving).sum();
    Some(Duration::from_secs_f64(f64::from(count) / leaving))
}

/// What `weigh` reads of the measurements.
impl State {
    pub(crate) fn traffic_of(&self, interface: &InterfaceName) -> Option<&Traffic> {
        self.traffic.get(interface)
    }
}
