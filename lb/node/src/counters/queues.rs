//! Packets that the queues of devices refused to send, and those that stand in them.
//!
//! A queue of the machine's own that is deep refuses nothing, however full: the kernel lets a connection have no more
//! than some packets in it (TCP small queues) and holds the senders back. So what stands in it tells as much as drops.
//!
//! Only the root of a device's queueing disciplines is read. One with children (htb, mq) counts their drops as its
//! own, so a sum over all would have them twice. The device's `tx_dropped` does not have them: what a tbf, an htb or
//! the queues below an mq drop never reaches the device.

use std::collections::BTreeMap;

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::tc::{TcAttribute, TcHandle, TcMessage, TcStats2};
use netlink_sys::protocols::NETLINK_ROUTE;

use crate::discovery::netlink::{NetlinkError, dump};

/// A device's root queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QueueReading {
    /// Packets that it dropped, ever.
    pub(super) drops: u64,
    /// Packets and bytes that stand in it.
    pub(super) waiting: (u64, u64),
}

/// A queue stands when it holds more than this part of a second's bytes: ten milliseconds,
const STANDS: u64 = 100;
/// and more than this, which one burst fills.
const BURST: u64 = 32 * 1024;

impl QueueReading {
    /// Packets that it holds back from a device that sent so many bytes in the last second; none if it is only passed.
    pub(super) fn holds_back(&self, sent: u64) -> u64 {
        let (packets, bytes) = self.waiting;
        if bytes > (sent / STANDS).max(BURST) { packets } else { 0 }
    }
}

/// Each device's root queue by the device's number, in one question to the kernel. Blocks.
pub(super) fn read() -> Result<BTreeMap<u32, QueueReading>, NetlinkError> {
    let queues = dump(NETLINK_ROUTE, RouteNetlinkMessage::GetQueueDiscipline(TcMessage::default()))?;
    Ok(queues.iter().filter_map(reading).collect())
}

fn reading(message: &RouteNetlinkMessage) -> Option<(u32, QueueReading)> {
    let RouteNetlinkMessage::NewQueueDiscipline(queue) = message else { return None };
    if queue.header.parent != TcHandle::ROOT {
        return None;
    }
    let index = u32::try_from(queue.header.index).ok()?;
    let stats = queue.attributes.iter().find_map(|attribute| match attribute {
        TcAttribute::Stats2(all) => all.iter().find_map(|one| match one {
            TcStats2::Queue(queue) => Some(queue),
            _ => None,
        }),
        _ => None,
    })?;
    let waiting = (stats.qlen.into(), stats.backlog.into());
    Some((index, QueueReading { drops: stats.drops.into(), waiting }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use netlink_packet_route::tc::TcStatsQueue;

    fn queue(parent: TcHandle, drops: u32) -> RouteNetlinkMessage {
        let mut stats = TcStatsQueue::default();
        stats.drops = drops;
        let mut message = TcMessage::with_index(3);
        message.header.parent = parent;
        message.attributes.push(TcAttribute::Stats2(vec![TcStats2::Queue(stats)]));
        RouteNetlinkMessage::NewQueueDiscipline(message)
    }

    #[test]
    fn only_the_root_of_a_devices_queues_counts() {
        let root = QueueReading { drops: 7, waiting: (0, 0) };
        assert_eq!(reading(&queue(TcHandle::ROOT, 7)), Some((3, root)));
        assert_eq!(reading(&queue(TcHandle { major: 1, minor: 1 }, 7)), None);
        assert_eq!(reading(&queue(TcHandle::INGRESS, 7)), None);
    }

    #[test]
    fn a_queue_holds_back_what_stands_in_it_longer_than_ten_milliseconds() {
        let queue = |bytes| QueueReading { drops: 0, waiting: (bytes / 1500, bytes) };
        // 50 Mbit/s: ten milliseconds are 62 kB.
        assert_eq!(queue(60_000).holds_back(6_250_000), 0);
        assert_eq!(queue(90_000).holds_back(6_250_000), 60);
        assert_eq!(queue(30_000).holds_back(0), 0);
    }
}
