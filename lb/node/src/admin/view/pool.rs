//! A pool with its interfaces as JSON.

use std::time::Instant;

use serde::Serialize;
use weir_core::{Grounds, Member, PoolView};

use super::probe::{ProbeJson, probe};

/// A pool with the weights of its interfaces.
#[derive(Debug, Serialize)]
pub(super) struct PoolJson<'a> {
    name: &'a str,
    hostname: &'a str,
    ttl_seconds: u32,
    shortest_ttl_seconds: u32,
    answer_count: u8,
    viewer_bytes_per_second: u64,
    http_mode: &'static str,
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
    grounds: GroundsJson,
    probes: Vec<ProbeJson<'a>>,
}

#[derive(Debug, Serialize)]
struct GroundsJson {
    capacity_bytes_per_second: u64,
    expected_bytes_per_second: u64,
    room_bytes_per_second: u64,
    limit: LimitJson,
}

#[derive(Debug, Serialize)]
struct LimitJson {
    code: &'static str,
    text: String,
}

/// Shows a pool as it is at `now`.
pub(super) fn pool(view: &PoolView, now: Instant) -> PoolJson<'_> {
    PoolJson {
        name: view.name.as_str(),
        hostname: view.hostname.as_str(),
        ttl_seconds: view.ttl.as_secs(),
        shortest_ttl_seconds: view.steering.shortest_ttl.as_secs(),
        answer_count: view.answer_count,
        viewer_bytes_per_second: view.steering.viewer.get(),
        http_mode: view.http.mode.as_str(),
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
        grounds: grounds(&view.grounds),
        probes: view.probes.iter().map(|view| probe(view, now)).collect(),
    }
}

fn grounds(grounds: &Grounds) -> GroundsJson {
    GroundsJson {
        capacity_bytes_per_second: grounds.capacity.get(),
        expected_bytes_per_second: grounds.expected.get(),
        room_bytes_per_second: grounds.room().get(),
        limit: LimitJson { code: grounds.limit.code(), text: grounds.limit.to_string() },
    }
}
