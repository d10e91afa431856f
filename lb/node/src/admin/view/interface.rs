//! An interface as JSON.

use std::time::Instant;

use serde::Serialize;
use weir_core::{BytesPerSec, InterfaceView};

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

/// Shows an interface as it is at `now`.
pub(super) fn interface(view: &InterfaceView, now: Instant) -> InterfaceJson<'_> {
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
