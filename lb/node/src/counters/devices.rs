//! The kernel's byte counters of its devices.

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkFlags, LinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;

use super::sample::Reading;
use crate::discovery::netlink::{NetlinkError, dump, off_the_runtime};

/// A device's counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DeviceReading {
    /// Its name.
    pub(super) name: String,
    /// Whether it is the loopback device, on which every byte is both sent and received.
    pub(super) is_loopback: bool,
    /// The kernel's number for it, under which its queues are told.
    pub(super) index: u32,
    /// Packets that it dropped behind its queue.
    pub(super) dropped: u64,
    /// Its bytes, since it exists or since its driver was reset.
    pub(super) reading: Reading,
}

/// All devices of this machine, in one question to the kernel.
pub(super) async fn read() -> Result<Vec<DeviceReading>, NetlinkError> {
    off_the_runtime(|| {
        let links = dump(NETLINK_ROUTE, RouteNetlinkMessage::GetLink(LinkMessage::default()))?;
        Ok(links.into_iter().filter_map(reading).collect())
    })
    .await
}

fn reading(message: RouteNetlinkMessage) -> Option<DeviceReading> {
    let RouteNetlinkMessage::NewLink(link) = message else { return None };
    let is_loopback = link.header.flags.contains(LinkFlags::Loopback);
    let mut name = None;
    let mut bytes = None;
    let mut dropped = 0;
    for attribute in link.attributes {
        match attribute {
            LinkAttribute::IfName(text) => name = Some(text),
            LinkAttribute::Stats64(stats) => {
                dropped = stats.tx_dropped;
                bytes = Some(Reading { transmitted: stats.tx_bytes, received: stats.rx_bytes });
            }
            _ => {}
        }
    }
    Some(DeviceReading { name: name?, is_loopback, index: link.header.index, dropped, reading: bytes? })
}
