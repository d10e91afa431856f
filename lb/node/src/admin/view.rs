//! The snapshot as JSON: the contract of `/api/v1/state` and `/api/v1/events`. What is not known is null.

mod interface;
mod pool;
mod probe;

use std::collections::HashMap;
use std::time::Instant;

use serde::Serialize;
use weir_core::{BytesPerSec, GroupView, LeftOut, NodeName, Snapshot};

use interface::{InterfaceJson, interface};
use pool::{PoolJson, pool};

/// The whole state.
#[derive(Debug, Serialize)]
pub(super) struct StateJson<'a> {
    generation: u64,
    node: &'a str,
    version: &'static str,
    groups: Vec<GroupJson<'a>>,
    interfaces: Vec<InterfaceJson<'a>>,
    pools: Vec<PoolJson<'a>>,
    left_out: Vec<LeftOutJson<'a>>,
}

#[derive(Debug, Serialize)]
struct GroupJson<'a> {
    name: &'a str,
    capacity_bytes_per_second: Option<u64>,
    effective_capacity_bytes_per_second: Option<u64>,
    rate_bytes_per_second: u64,
    headroom_bytes_per_second: Option<u64>,
}

#[derive(Debug, Serialize)]
struct LeftOutJson<'a> {
    address: String,
    device: Option<&'a str>,
    why: &'a str,
}

/// Shows a snapshot as it is at `now`.
pub(super) fn state<'a>(node: &'a NodeName, snapshot: &'a Snapshot, now: Instant) -> StateJson<'a> {
    StateJson {
        generation: snapshot.generation,
        node: node.as_str(),
        version: env!("CARGO_PKG_VERSION"),
        groups: snapshot.groups.iter().map(group).collect(),
        interfaces: interfaces(snapshot, now),
        pools: snapshot.pools.iter().map(|view| pool(view, now)).collect(),
        left_out: snapshot.left_out.iter().map(left_out).collect(),
    }
}

fn interfaces(snapshot: &Snapshot, now: Instant) -> Vec<InterfaceJson<'_>> {
    // What a group leaves to an interface is only told to its pools.
    let members = snapshot.pools.iter().flat_map(|pool| &pool.members);
    let within: HashMap<usize, BytesPerSec> =
        members.map(|member| (member.index, member.grounds.capacity)).collect();
    let views = snapshot.interfaces.iter().enumerate();
    views.map(|(index, view)| interface(view, within.get(&index).copied(), now)).collect()
}

fn group(view: &GroupView) -> GroupJson<'_> {
    GroupJson {
        name: view.name.as_str(),
        capacity_bytes_per_second: view.capacity.map(BytesPerSec::get),
        effective_capacity_bytes_per_second: view.effective.map(BytesPerSec::get),
        rate_bytes_per_second: view.rate.get(),
        headroom_bytes_per_second: view.headroom.map(BytesPerSec::get),
    }
}

fn left_out(left_out: &LeftOut) -> LeftOutJson<'_> {
    LeftOutJson {
        address: left_out.address.to_string(),
        device: left_out.device.as_deref(),
        why: &left_out.why,
    }
}

#[cfg(test)]
mod tests;
