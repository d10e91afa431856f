//! Packets that the queues of devices refused to send.
//!
//! Only the root of a device's queueing disciplines is read. One with children (htb, mq) counts their drops as its
//! own, so a sum over all would have them twice. The device's `tx_dropped` does not have them: what a tbf, an htb or
//! the queues below an mq drop never reaches the device.

use std::collections::BTreeMap;

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::tc::{TcAttribute, TcHandle, TcMessage, TcStats2};
use netlink_sys::protocols::NETLINK_ROUTE;

use crate::discovery::netlink::{NetlinkError, dump};

/// Drops of each device's root queue by the device's number, in one question to the kernel. Blocks.
pub(super) fn read() -> Result<BTreeMap<u32, u64>, NetlinkError> {
    let queues = dump(NETLINK_ROUTE, RouteNetlinkMessage::GetQueueDiscipline(TcMessage::default()))?;
    Ok(queues.iter().filter_map(drops).collect())
}

fn drops(message: &RouteNetlinkMessage) -> Option<(u32, u64)> {
    let RouteNetlinkMessage::NewQueueDiscipline(queue) = message else { return None };
    if queue.header.parent != TcHandle::ROOT {
        return None;
    }
    let index = u32::try_from(queue.header.index).ok()?;
    let drops = queue.attributes.iter().find_map(|attribute| match attribute {
        TcAttribute::Stats2(all) => all.iter().find_map(|one| match one {
            TcStats2::Queue(queue) => Some(queue.drops),
            _ => None,
        }),
        _ => None,
    })?;
    Some((index, u64::from(drops)))
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
        assert_eq!(drops(&queue(TcHandle::ROOT, 7)), Some((3, 7)));
        assert_eq!(drops(&queue(TcHandle { major: 1, minor: 1 }, 7)), None);
        assert_eq!(drops(&queue(TcHandle::INGRESS, 7)), None);
    }
}
