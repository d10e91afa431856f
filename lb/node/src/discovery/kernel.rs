//! The kernel's own addresses, as facts, before anybody judges them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressMessage, AddressScope};
use netlink_packet_route::link::{LinkAttribute, LinkFlags, LinkMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;

pub use super::netlink::NetlinkError;
use super::netlink::{dump, off_the_runtime};

/// A device of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelDevice {
    /// Its number; the kernel counts up, so older devices come first.
    pub index: u32,
    /// Its name, such as `eth0`.
    pub name: String,
    /// Its MAC address, lower case with colons, if it has one.
    pub mac: Option<String>,
    /// What it is good for.
    pub state: DeviceState,
}

/// What a device is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceState {
    /// Switched on, with a carrier. A probe from this machine to its own address does not leave the machine and
    /// passes with the cable pulled: this is the only place that notices.
    Up,
    /// Switched off, or without a carrier.
    Down,
    /// The loopback device.
    Loopback,
}

/// How an address came to its device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// The first address of its network on the device.
    Primary,
    /// A further one.
    Secondary,
}

/// Whether an address may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It may.
    Ready,
    /// It is not valid beyond its link or host.
    NotGlobal,
    /// The kernel still looks for others with the same address (RFC 4862 section 5.4).
    Tentative,
    /// Somebody else has it.
    Duplicate,
    /// Not to be used for anything new (RFC 4862 section 5.5.4).
    Deprecated,
    /// A privacy address (RFC 8981): it is gone within days.
    Temporary,
}

/// An address of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelAddress {
    /// The device that holds it.
    pub device: KernelDevice,
    /// The address.
    pub address: IpAddr,
    /// How it came there.
    pub rank: Rank,
    /// Whether it may be used.
    pub condition: Condition,
}

/// All addresses of this machine (of its network namespace), in the kernel's order.
pub async fn read() -> Result<Vec<KernelAddress>, NetlinkError> {
    off_the_runtime(read_blocking).await
}

fn read_blocking() -> Result<Vec<KernelAddress>, NetlinkError> {
    let links = dump(NETLINK_ROUTE, RouteNetlinkMessage::GetLink(LinkMessage::default()))?;
    let addresses = dump(NETLINK_ROUTE, RouteNetlinkMessage::GetAddress(AddressMessage::default()))?;
    let devices: BTreeMap<u32, KernelDevice> =
        links.iter().filter_map(device).map(|d| (d.index, d)).collect();
    Ok(addresses.iter().filter_map(|message| address(message, &devices)).collect())
}

fn device(message: &RouteNetlinkMessage) -> Option<KernelDevice> {
    let RouteNetlinkMessage::NewLink(link) = message else { return None };
    let name = link.attributes.iter().find_map(|attribute| match attribute {
        LinkAttribute::IfName(name) => Some(name.clone()),
        _ => None,
    })?;
    let mac = link.attributes.iter().find_map(|attribute| match attribute {
        LinkAttribute::Address(bytes) if bytes.len() == 6 => Some(mac_text(bytes)),
        _ => None,
    });
    Some(KernelDevice { index: link.header.index, name, mac, state: state(link.header.flags) })
}

fn state(flags: LinkFlags) -> DeviceState {
    if flags.contains(LinkFlags::Loopback) {
        DeviceState::Loopback
    } else if flags.contains(LinkFlags::Up | LinkFlags::Running) {
        DeviceState::Up
    } else {
        DeviceState::Down
    }
}

fn mac_text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

fn address(message: &RouteNetlinkMessage, devices: &BTreeMap<u32, KernelDevice>) -> Option<KernelAddress> {
    let RouteNetlinkMessage::NewAddress(message) = message else { return None };
    let address = local(message)?;
    Some(KernelAddress {
        device: devices.get(&message.header.index)?.clone(),
        address,
        // On IPv6 the same bit says "temporary", which is a condition here.
        rank: match has(message, AddressFlags::Secondary) && address.is_ipv4() {
            true => Rank::Secondary,
            false => Rank::Primary,
        },
        condition: condition(message, address),
    })
}

/// On a point-to-point device `Address` is the other end and `Local` is ours; IPv6 often has `Address` alone.
fn local(message: &AddressMessage) -> Option<IpAddr> {
    let find = |pick: fn(&AddressAttribute) -> Option<IpAddr>| message.attributes.iter().find_map(pick);
    find(|attribute| if let AddressAttribute::Local(ip) = attribute { Some(*ip) } else { None }).or_else(
        || find(|attribute| if let AddressAttribute::Address(ip) = attribute { Some(*ip) } else { None }),
    )
}

fn condition(message: &AddressMessage, address: IpAddr) -> Condition {
    let v6 = message.header.family == AddressFamily::Inet6;
    if message.header.scope != AddressScope::Universe || link_local(address) {
        Condition::NotGlobal
    } else if has(message, AddressFlags::Dadfailed) {
        Condition::Duplicate
    } else if has(message, AddressFlags::Tentative) && !has(message, AddressFlags::Optimistic) {
        Condition::Tentative
    } else if v6 && has(message, AddressFlags::Secondary) {
        Condition::Temporary
    } else if has(message, AddressFlags::Deprecated) {
        Condition::Deprecated
    } else {
        Condition::Ready
    }
}

fn link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

/// Flags stand in the attribute, which has all of them, or else in the header, which has the first eight.
fn has(message: &AddressMessage, flag: AddressFlags) -> bool {
    let all = message.attributes.iter().find_map(|attribute| match attribute {
        AddressAttribute::Flags(flags) => Some(*flags),
        _ => None,
    });
    all.unwrap_or_else(|| AddressFlags::from_bits_retain(u32::from(message.header.flags.bits())))
        .contains(flag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_loopback_address_of_this_machine_is_found_on_its_loopback_device() {
        let all = read().await.expect("netlink answers");
        let lo = all.iter().find(|one| one.address.is_loopback()).expect("127.0.0.1 or ::1");
        assert_eq!(lo.device.state, DeviceState::Loopback);
        assert_eq!(lo.condition, Condition::NotGlobal);
    }

    #[test]
    fn flags_decide_the_condition() {
        let message = |flags: AddressFlags, scope| {
            let mut message = AddressMessage::default();
            message.header.family = AddressFamily::Inet6;
            message.header.scope = scope;
            message.attributes.push(AddressAttribute::Flags(flags));
            condition(&message, "2001:db8::1".parse().unwrap())
        };
        let global = |flags| message(flags, AddressScope::Universe);
        assert_eq!(global(AddressFlags::Permanent), Condition::Ready);
        assert_eq!(global(AddressFlags::Tentative), Condition::Tentative);
        assert_eq!(global(AddressFlags::Tentative | AddressFlags::Dadfailed), Condition::Duplicate);
        assert_eq!(global(AddressFlags::Deprecated), Condition::Deprecated);
        assert_eq!(global(AddressFlags::Secondary), Condition::Temporary);
        assert_eq!(message(AddressFlags::Permanent, AddressScope::Link), Condition::NotGlobal);
    }

    #[test]
    fn a_mac_is_lower_case_with_colons() {
        assert_eq!(mac_text(&[2, 0xAB, 0, 0, 0, 0x1F]), "02:ab:00:00:00:1f");
    }
}
