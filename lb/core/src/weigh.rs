//! Judgement in one place: a state becomes a snapshot.
//!
//! Who may be picked is decided by `health`, and how much each gets by the law, both when the state took in its events.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use crate::grounds::{Band, Grounds, InterfaceLaw, Lost, Steering};
use crate::inventory::Interface;
use crate::law::control::Loss;
use crate::law::hidden::HiddenLoad;
use crate::law::split::Limit;
use crate::law::weight_of;
use crate::name::GroupName;
use crate::pool::Pool;
use crate::snapshot::{GroupView, InterfaceView, Member, PoolView, Reason, Snapshot};
use crate::state::State;
use crate::traffic::Traffic;
use crate::units::{BytesPerSec, Ttl, Weight};
use crate::verdict::Verdict;

/// How long answers are short-lived after a verdict has changed.
const UNSETTLED: Duration = Duration::from_secs(120);

/// Makes the snapshot of this moment. Its generation is given by the publisher.
pub fn weigh(state: &State, now: Instant) -> Snapshot {
    let groups = group_views(state, now);
    let interfaces: Vec<_> =
        state.interfaces().enumerate().map(|one| interface_view(state, one, &groups, now)).collect();
    let pools = state.settings().pools.iter().enumerate();
    let pools: Vec<_> = pools.map(|pool| pool_view(state, pool, &interfaces, now)).collect();
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
    let stated = |name: &GroupName| {
        state.settings().groups.iter().find(|group| group.name == *name).and_then(|group| group.capacity)
    };
    let judgement = state.judgement();
    let view = |(name, rate): (&GroupName, BytesPerSec)| {
        let effective = judgement.group(name).and_then(|group| judgement.law.group(group));
        GroupView {
            name: name.clone(),
            capacity: stated(name),
            effective,
            rate,
            headroom: effective.map(|capacity| capacity.saturating_sub(rate)),
        }
    };
    rates.into_iter().map(view).collect()
}

fn interface_view(
    state: &State,
    (lane, interface): (usize, &Interface),
    groups: &[GroupView],
    now: Instant,
) -> InterfaceView {
    let traffic = state.traffic_of(&interface.name);
    let rate = traffic.and_then(|traffic| traffic.rate(now));
    let group_room =
        groups.iter().find(|group| group.name == interface.group).and_then(|group| group.headroom);
    let law = interface_law(state, (lane, interface), traffic, now);
    let own_room = law.effective.map(|capacity| capacity.saturating_sub(rate.unwrap_or_default()));
    InterfaceView {
        interface: interface.clone(),
        order: state.order_of(&interface.name, now),
        transmitted: traffic.map_or(0, Traffic::transmitted),
        received: traffic.map_or(0, Traffic::received),
        rate,
        connections: traffic.and_then(|traffic| traffic.connections(now)),
        headroom: own_room.map(|own| group_room.map_or(own, |group| own.min(group))),
        law,
    }
}

fn interface_law(
    state: &State,
    (lane, interface): (usize, &Interface),
    traffic: Option<&Traffic>,
    now: Instant,
) -> InterfaceLaw {
    let law = &state.judgement().law;
    let (expected, effective) = (law.expected(lane), law.effective(lane));
    let is_full = law.is_full(lane);
    // One that is down carries nothing of nothing.
    let plays = law.within(lane) > BytesPerSec::ZERO;
    let band = effective
        .filter(|_| plays)
        .map(|_| if is_full { Band::Full } else { Band::of(expected, law.within(lane)) });
    InterfaceLaw {
        expected,
        effective,
        band,
        is_full,
        is_suspect: law.is_suspect(lane),
        reserved: state.reserved(&interface.name),
        resent: traffic.and_then(|traffic| traffic.resent(now)),
        delivery: traffic.and_then(|traffic| traffic.delivery(now)),
        players: traffic.and_then(|traffic| traffic.players(now)),
        signals: traffic.map_or_else(Vec::new, |traffic| traffic.signals(now)),
    }
}

fn pool_view(
    state: &State,
    (number, pool): (usize, &Pool),
    interfaces: &[InterfaceView],
    now: Instant,
) -> PoolView {
    let judgement = state.judgement();
    let law = &judgement.law;
    let mut members: Vec<_> = interfaces
        .iter()
        .enumerate()
        .filter(|(_, view)| pool.has(&view.interface.name))
        .map(|(index, view)| member(state, pool, index, view))
        .collect();
    for (place, (member, &share)) in members.iter_mut().zip(law.shares(number)).enumerate() {
        member.weight = weight_of(share);
        member.grounds = Grounds {
            capacity: law.within(member.index),
            expected: law.expected(member.index),
            limit: law.limit(number, place),
            berth: law.berth(number, place, now).filter(|_| member.weight.is_some()),
        };
    }
    let sum: u32 = members.iter().map(|member| member.weight.get()).sum();
    for member in &mut members {
        member.share = f64::from(member.weight.get()) / f64::from(sum.max(1));
    }
    let opened = judgement.opened.get(number).copied().flatten();
    let restless = opened.is_some() || law.is_restless(number, now);
    let lost = |loss: &Loss| {
        let member = members.iter().position(|member| member.index == loss.lane)?;
        let load = BytesPerSec::from_f64(loss.load);
        Some(Lost { serial: loss.serial, member, load, inflow: loss.inflow })
    };
    let steering = Steering {
        shortest_ttl: pool.ttl.min(),
        longest_ttl: pool.ttl.max(),
        resolver_rows: HiddenLoad::MOST_ROWS / state.settings().pools.len().max(1),
        viewer: law.viewer_rate(number),
        losses: law.losses().iter().filter_map(lost).collect(),
    };
    PoolView {
        name: pool.name.clone(),
        hostname: pool.hostname.clone(),
        ttl: ttl(pool, &members, restless, now),
        answer_count: pool.answer_count.max(1),
        private_clients: pool.private_clients.clone(),
        origin: pool.origin,
        http: pool.http.clone(),
        reason: opened.unwrap_or_else(|| reason(&members, interfaces)),
        members,
        steering,
    }
}

/// Why the weights of a pool are as they are that did not fail open.
fn reason(members: &[Member], interfaces: &[InterfaceView]) -> Reason {
    let law = |member: &Member| &interfaces[member.index].law;
    let mut picked = members.iter().filter(|member| member.weight.is_some());
    if members.is_empty() {
        Reason::NoInterface
    } else if picked.clone().all(|member| law(member).is_full) {
        Reason::Saturated
    } else if members.iter().all(|member| law(member).effective.is_none()) {
        Reason::NothingKnown
    } else if picked.all(|member| member.grounds.limit == Limit::Unmeasured) {
        Reason::Unmeasured
    } else {
        Reason::Headroom
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
        grounds: Grounds::default(),
    }
}

/// The longest time to live of this moment: in quiet times the pool's longest. Its shortest when a verdict may flip soon or
/// the pool has failed open, so that caches expire about when the next answer is ready (gdnsd's rule, in two steps), and
/// while things change: for some time after a verdict has changed, and while weights move far or an interface is full.
fn ttl(pool: &Pool, members: &[Member], restless: bool, now: Instant) -> Ttl {
    let is_new = |since: Instant| now.saturating_duration_since(since) < UNSETTLED;
    let mut probes = members.iter().flat_map(|member| &member.probes);
    if restless || probes.any(|probe| probe.contrary > 0 || probe.since.is_some_and(is_new)) {
        pool.ttl.min()
    } else {
        pool.ttl.max()
    }
}

#[cfg(test)]
mod tests;
