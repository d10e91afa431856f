//! A pool with its interfaces as JSON.

use std::time::Instant;

use serde::Serialize;
use weir_core::{Member, PoolView};

use super::probe::{ProbeJson, probe};

/// A pool with the weights of its interfaces.
#[derive(Debug, Serialize)]
pub(super) struct PoolJson<'a> {
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

/// Shows a pool as it is at `now`.
pub(super) fn pool(view: &PoolView, now: Instant) -> PoolJson<'_> {
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
