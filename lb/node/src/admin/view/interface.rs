//! An interface as JSON.

use std::time::Instant;

use serde::Serialize;
use weir_core::{Band, BytesPerSec, InterfaceView, Signal};

/// An interface and what is measured on it.
#[derive(Debug, Serialize)]
pub(super) struct InterfaceJson<'a> {
    name: &'a str,
    node: &'a str,
    address: String,
    public_address: String,
    device: Option<&'a str>,
    group: &'a str,
    capacity_bytes_per_second: Option<u64>,
    effective_capacity_bytes_per_second: Option<u64>,
    rate_bytes_per_second: Option<u64>,
    expected_bytes_per_second: u64,
    used_ratio: Option<f64>,
    band: Option<&'static str>,
    full: bool,
    suspect: bool,
    headroom_bytes_per_second: Option<u64>,
    transmitted_bytes: u64,
    received_bytes: u64,
    connections: Option<u32>,
    resent_ratio: Option<f64>,
    delivery_bytes_per_second: Option<u64>,
    players_bytes_per_second: Option<u64>,
    signals: Vec<SignalJson>,
    directive: DirectiveJson<'a>,
    cloud: Option<CloudJson<'a>>,
}

#[derive(Debug, Serialize)]
struct SignalJson {
    signal: &'static str,
    age_seconds: Option<f64>,
    stale: bool,
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

/// Shows an interface as it is at `now`. `within` is what it can carry within its groups, as far as that is known.
pub(super) fn interface(
    view: &InterfaceView,
    within: Option<BytesPerSec>,
    now: Instant,
) -> InterfaceJson<'_> {
    let (known, law) = (&view.interface, &view.law);
    InterfaceJson {
        name: known.name.as_str(),
        node: known.node.as_str(),
        address: known.address.to_string(),
        public_address: known.public_address.to_string(),
        device: known.device.as_deref(),
        group: known.group.as_str(),
        capacity_bytes_per_second: known.capacity.map(BytesPerSec::get),
        effective_capacity_bytes_per_second: law.effective.map(BytesPerSec::get),
        rate_bytes_per_second: view.rate.map(BytesPerSec::get),
        expected_bytes_per_second: law.expected.get(),
        used_ratio: used(view, within),
        band: law.band.map(Band::code),
        full: law.is_full,
        suspect: law.is_suspect,
        headroom_bytes_per_second: view.headroom.map(BytesPerSec::get),
        transmitted_bytes: view.transmitted,
        received_bytes: view.received,
        connections: view.connections,
        resent_ratio: law.resent,
        players_bytes_per_second: law.players.map(BytesPerSec::get),
        delivery_bytes_per_second: law.delivery.map(BytesPerSec::get),
        signals: law.signals.iter().map(|view| signal(view, now)).collect(),
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

/// The part of what it can carry that it is expected to carry: what its band goes by. One that is down can carry nothing.
fn used(view: &InterfaceView, within: Option<BytesPerSec>) -> Option<f64> {
    let own = view.law.effective?;
    let capacity = within.unwrap_or(own);
    (capacity > BytesPerSec::ZERO).then(|| view.law.expected.as_f64() / capacity.as_f64())
}

fn signal(signal: &Signal, now: Instant) -> SignalJson {
    SignalJson {
        signal: signal.kind.code(),
        age_seconds: signal.seen.map(|seen| now.saturating_duration_since(seen).as_secs_f64()),
        stale: signal.is_stale,
    }
}
