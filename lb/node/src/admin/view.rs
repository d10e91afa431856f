//! The snapshot as JSON: the contract of `/api/v1/state` and `/api/v1/events`. What is not known is null.

use std::time::{Duration, Instant};

use serde::Serialize;
use weir_core::{
    BytesPerSec, GroupView, InterfaceView, LeftOut, Member, NodeName, PoolView, ProbeView, Snapshot, Timings,
};

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
    rate_bytes_per_second: u64,
    headroom_bytes_per_second: Option<u64>,
}

#[derive(Debug, Serialize)]
struct InterfaceJson<'a> {
    name: &'a str,
    node: &'a str,
    address: String,
    public_address: String,
    device: Option<&'a str>,
    group: &'a str,
    capacity_bytes_per_second: Option<u64>,
    rate_bytes_per_second: Option<u64>,
    headroom_bytes_per_second: Option<u64>,
    transmitted_bytes: u64,
    received_bytes: u64,
    connections: Option<u32>,
    directive: DirectiveJson<'a>,
    cloud: Option<CloudJson<'a>>,
}

#[derive(Debug, Serialize)]
struct DirectiveJson<'a> {
    directive: String,
    reason: Option<&'a str>,
    expires_in_seconds: Option<u64>,
}

#[derive(Debug, Serialize)]
struct CloudJson<'a> {
    eni: &'a str,
    mac: &'a str,
    device_number: Option<u32>,
    network_card: u32,
}

#[derive(Debug, Serialize)]
struct PoolJson<'a> {
    name: &'a str,
    hostname: &'a str,
    ttl_seconds: u32,
    answer_count: u8,
    reason: ReasonJson,
    members: Vec<MemberJson<'a>>,
}

#[derive(Debug, Serialize)]
struct ReasonJson {
    code: &'static str,
    text: String,
    failed_open: bool,
}

#[derive(Debug, Serialize)]
struct MemberJson<'a> {
    interface: &'a str,
    address: String,
    public_address: String,
    verdict: String,
    weight: u32,
    share: f64,
    probes: Vec<ProbeJson<'a>>,
}

#[derive(Debug, Serialize)]
struct ProbeJson<'a> {
    probe: &'a str,
    verdict: String,
    outcome: Option<&'static str>,
    failure: Option<FailureJson>,
    reported_seconds_ago: Option<f64>,
    verdict_since_seconds: Option<f64>,
    contrary_reports: u32,
    timings: TimingsJson,
}

#[derive(Debug, Serialize)]
struct FailureJson {
    code: &'static str,
    text: String,
}

#[derive(Debug, Serialize)]
struct TimingsJson {
    connect_seconds: Option<f64>,
    first_byte_seconds: Option<f64>,
    total_seconds: f64,
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
        interfaces: snapshot.interfaces.iter().map(|view| interface(view, now)).collect(),
        pools: snapshot.pools.iter().map(|view| pool(view, now)).collect(),
        left_out: snapshot.left_out.iter().map(left_out).collect(),
    }
}

fn group(view: &GroupView) -> GroupJson<'_> {
    GroupJson {
        name: view.name.as_str(),
        capacity_bytes_per_second: view.capacity.map(BytesPerSec::get),
        rate_bytes_per_second: view.rate.get(),
        headroom_bytes_per_second: view.headroom.map(BytesPerSec::get),
    }
}

fn interface(view: &InterfaceView, now: Instant) -> InterfaceJson<'_> {
    let known = &view.interface;
    InterfaceJson {
        name: known.name.as_str(),
        node: known.node.as_str(),
        address: known.address.to_string(),
        public_address: known.public_address.to_string(),
        device: known.device.as_deref(),
        group: known.group.as_str(),
        capacity_bytes_per_second: known.capacity.map(BytesPerSec::get),
        rate_bytes_per_second: view.rate.map(BytesPerSec::get),
        headroom_bytes_per_second: view.headroom.map(BytesPerSec::get),
        transmitted_bytes: view.transmitted,
        received_bytes: view.received,
        connections: view.connections,
        directive: DirectiveJson {
            directive: view.order.directive.to_string(),
            reason: view.order.reason.as_deref(),
            expires_in_seconds: view.order.remaining(now).map(|remaining| remaining.as_secs()),
        },
        cloud: known.cloud.as_ref().map(|cloud| CloudJson {
            eni: &cloud.eni,
            mac: &cloud.mac,
            device_number: cloud.device_number,
            network_card: cloud.network_card,
        }),
    }
}

fn pool(view: &PoolView, now: Instant) -> PoolJson<'_> {
    PoolJson {
        name: view.name.as_str(),
        hostname: view.hostname.as_str(),
        ttl_seconds: view.ttl.as_secs(),
        answer_count: view.answer_count,
        reason: ReasonJson {
            code: view.reason.code(),
            text: view.reason.to_string(),
            failed_open: view.reason.failed_open(),
        },
        members: view.members.iter().map(|view| member(view, now)).collect(),
    }
}

fn member(view: &Member, now: Instant) -> MemberJson<'_> {
    MemberJson {
        interface: view.name.as_str(),
        address: view.address.to_string(),
        public_address: view.public_address.to_string(),
        verdict: view.verdict.to_string(),
        weight: view.weight.get(),
        share: view.share,
        probes: view.probes.iter().map(|view| probe(view, now)).collect(),
    }
}

fn probe(view: &ProbeView, now: Instant) -> ProbeJson<'_> {
    let ago = |at: Instant| now.saturating_duration_since(at).as_secs_f64();
    let failure = view.last.as_ref().and_then(|outcome| outcome.failure());
    ProbeJson {
        probe: view.id.as_str(),
        verdict: view.verdict.to_string(),
        outcome: view.last.as_ref().map(weir_core::Outcome::label),
        failure: failure.map(|failure| FailureJson { code: failure.code(), text: failure.to_string() }),
        reported_seconds_ago: view.reported.map(ago),
        verdict_since_seconds: view.since.map(ago),
        contrary_reports: view.contrary,
        timings: timings(view.timings),
    }
}

fn timings(timings: Timings) -> TimingsJson {
    TimingsJson {
        connect_seconds: timings.connect.as_ref().map(Duration::as_secs_f64),
        first_byte_seconds: timings.first_byte.as_ref().map(Duration::as_secs_f64),
        total_seconds: timings.total.as_secs_f64(),
    }
}

fn left_out(left_out: &LeftOut) -> LeftOutJson<'_> {
    LeftOutJson {
        address: left_out.address.to_string(),
        device: left_out.device.as_deref(),
        why: &left_out.why,
    }
}
