//! Judgement in one place: a state becomes a snapshot.
//!
//! Which interfaces of a pool may be picked, first rule that leaves any:
//! 1. those that play (verdict up, or ordered up) and are not ordered away (drain, down);
//! 2. those that have not been probed, if nothing of the pool has been probed yet;
//! 3. failed open: those that play, though they are being drained;
//! 4. failed open: all that are not ordered down;
//! 5. failed open: all.
//!
//! Failing open is better than an empty answer: a probe can be wrong about all, a resolver keeps an empty answer,
//! and a viewer who is sent somewhere may still play. Then capacities decide, since the rate of a dead interface
//! says that it has all the room of the world.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use crate::directive::Directive;
use crate::inventory::Interface;
use crate::law::{Load, weights};
use crate::name::GroupName;
use crate::pool::Pool;
use crate::snapshot::{GroupView, InterfaceView, Member, PoolView, Reason, Snapshot};
use crate::state::{State, Traffic};
use crate::units::{BytesPerSec, Ttl, Weight};
use crate::verdict::Verdict;

/// How long answers are short-lived after a verdict has changed.
const UNSETTLED: Duration = Duration::from_secs(120);

/// Makes the snapshot of this moment. Its generation is given by the publisher.
pub fn weigh(state: &State, now: Instant) -> Snapshot {
    let groups = group_views(state, now);
    let interfaces: Vec<_> =
        state.interfaces().map(|interface| interface_view(state, interface, &groups, now)).collect();
    let pools: Vec<_> =
        state.settings().pools.iter().map(|pool| pool_view(state, pool, &interfaces, &groups, now)).collect();
    let hosts: HashMap<_, _> =
        pools.iter().enumerate().map(|(index, pool)| (pool.hostname.clone(), index)).collect();
    Snapshot {
        generation: 0,
        interfaces,
        groups,
        pools,
        left_out: state.left_out().cloned().collect(),
        hosts,
    }
}

fn group_views(state: &State, now: Instant) -> Vec<GroupView> {
    let rate_of = |interface: &Interface| {
        state.traffic_of(&interface.name).and_then(|traffic| traffic.rate(now)).unwrap_or_default()
    };
    let mut rates: BTreeMap<&GroupName, BytesPerSec> = BTreeMap::new();
    for interface in state.interfaces() {
        let rate = rates.entry(&interface.group).or_default();
        *rate = rate.saturating_add(rate_of(interface));
    }
    let capacity = |name: &GroupName| {
        state.settings().groups.iter().find(|group| group.name == *name).and_then(|group| group.capacity)
    };
    let view = |(name, rate): (&GroupName, BytesPerSec)| GroupView {
        name: name.clone(),
        capacity: capacity(name),
        rate,
        headroom: capacity(name).map(|capacity| capacity.saturating_sub(rate)),
    };
    rates.into_iter().map(view).collect()
}

fn interface_view(state: &State, interface: &Interface, groups: &[GroupView], now: Instant) -> InterfaceView {
    let traffic = state.traffic_of(&interface.name);
    let rate = traffic.and_then(|traffic| traffic.rate(now));
    let group_room =
        groups.iter().find(|group| group.name == interface.group).and_then(|group| group.headroom);
    let own_room = interface.capacity.map(|capacity| capacity.saturating_sub(rate.unwrap_or_default()));
    InterfaceView {
        interface: interface.clone(),
        order: state.order_of(&interface.name, now),
        transmitted: traffic.map_or(0, Traffic::transmitted),
        received: traffic.map_or(0, Traffic::received),
        rate,
        connections: traffic.and_then(|traffic| traffic.connections(now)),
        headroom: own_room.map(|own| group_room.map_or(own, |group| own.min(group))),
    }
}

fn pool_view(
    state: &State,
    pool: &Pool,
    interfaces: &[InterfaceView],
    groups: &[GroupView],
    now: Instant,
) -> PoolView {
    let mut members: Vec<_> = interfaces
        .iter()
        .enumerate()
        .filter(|(_, view)| pool.has(&view.interface.name))
        .map(|(index, view)| member(state, pool, index, view))
        .collect();
    let orders: Vec<_> = members.iter().map(|m| interfaces[m.index].order.directive).collect();
    let (usable, opened) = choose(&members, &orders);
    let loads: Vec<_> = members
        .iter()
        .zip(&usable)
        .map(|(member, &usable)| load(&interfaces[member.index], groups, usable, opened.is_some()))
        .collect();
    let (weights, reason) = weights(&loads);
    let sum: u32 = weights.iter().map(|weight| weight.get()).sum();
    for (member, weight) in members.iter_mut().zip(weights) {
        member.weight = weight;
        member.share = f64::from(weight.get()) / f64::from(sum.max(1));
    }
    let ttl = ttl(pool, &members, opened.is_some(), now);
    PoolView {
        name: pool.name.clone(),
        hostname: pool.hostname.clone(),
        ttl,
        answer_count: pool.answer_count.max(1),
        private_clients: pool.private_clients.clone(),
        origin: pool.origin,
        reason: if members.is_empty() { Reason::NoInterface } else { opened.unwrap_or(reason) },
        members,
    }
}

fn member(state: &State, pool: &Pool, index: usize, view: &InterfaceView) -> Member {
    let probes = state.probes_of(pool, &view.interface.name);
    Member {
        index,
        name: view.interface.name.clone(),
        address: view.interface.address,
        public_address: view.interface.public_address,
        verdict: Verdict::worst(probes.iter().map(|probe| probe.verdict)),
        probes,
        weight: Weight::ZERO,
        share: 0.0,
    }
}

/// Which members may be picked, and why if the pool had to fail open.
fn choose(members: &[Member], orders: &[Directive]) -> (Vec<bool>, Option<Reason>) {
    let plays = |i: usize| members[i].verdict == Verdict::Up || orders[i] == Directive::Up;
    let wanted = |i: usize| !matches!(orders[i], Directive::Drain | Directive::Down);
    let unprobed = members.iter().all(|member| member.verdict == Verdict::Unknown);
    type Rule<'a> = (&'a dyn Fn(usize) -> bool, Option<Reason>);
    let rules: [Rule<'_>; 5] = [
        (&|i| plays(i) && wanted(i), None),
        (&|i| unprobed && wanted(i), Some(Reason::NotProbedYet)),
        (&|i| plays(i) && orders[i] == Directive::Drain, Some(Reason::OnlyDrainedPlay)),
        (&|i| orders[i] != Directive::Down, Some(Reason::NothingHealthy)),
        (&|_| true, Some(Reason::NothingHealthy)),
    ];
    let apply = |(rule, reason): Rule<'_>| {
        let usable: Vec<bool> = (0..members.len()).map(rule).collect();
        usable.contains(&true).then_some((usable, reason))
    };
    rules.into_iter().find_map(apply).unwrap_or_default()
}

fn load(view: &InterfaceView, groups: &[GroupView], usable: bool, opened: bool) -> Load {
    let group = groups.iter().position(|group| group.name == view.interface.group).unwrap_or(usize::MAX);
    let group_view = groups.get(group);
    let group_room = if opened {
        group_view.and_then(|group| group.capacity)
    } else {
        group_view.and_then(|group| group.headroom)
    };
    Load {
        capacity: view.interface.capacity,
        rate: if opened { None } else { view.rate },
        group: (group, group_room),
        usable,
    }
}

/// The time to live of this moment: the longest in quiet times; the shortest when a verdict may flip soon or the pool has
/// failed open, so that caches expire about when the next answer is ready (gdnsd's rule, in two steps), and for some
/// time after a verdict has changed, while viewers come back from elsewhere or go there and weights follow them.
fn ttl(pool: &Pool, members: &[Member], opened: bool, now: Instant) -> Ttl {
    let is_new = |since: Instant| now.saturating_duration_since(since) < UNSETTLED;
    let mut probes = members.iter().flat_map(|member| &member.probes);
    let restless = probes.any(|probe| probe.contrary > 0 || probe.since.is_some_and(is_new));
    if restless || opened { pool.ttl.min() } else { pool.ttl.max() }
}

#[cfg(test)]
mod tests;
