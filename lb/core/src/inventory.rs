//! Which interfaces exist, and which of them share a capacity.

use std::net::IpAddr;

use crate::name::{GroupName, InterfaceName, NodeName};
use crate::units::BytesPerSec;

/// One address pair on a node: what is bound and probed, and what viewers are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name, unique in the whole fleet.
    pub name: InterfaceName,
    /// The machine that it belongs to.
    pub node: NodeName,
    /// Bound by us, listened on by the origin, probed.
    pub address: IpAddr,
    /// What viewers are told. Its family decides whether the interface answers A or AAAA.
    pub public_address: IpAddr,
    /// The kernel's name of the device whose counters are read, when known.
    pub device: Option<String>,
    /// What it can carry, when known.
    pub capacity: Option<BytesPerSec>,
    /// The group whose capacity it shares.
    pub group: GroupName,
    /// What the cloud says of it, when it runs in one.
    pub cloud: Option<CloudFacts>,
}

/// What EC2's instance metadata says of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudFacts {
    /// The id of the elastic network interface, such as `eni-0123456789abcdef0`.
    pub eni: String,
    /// Its MAC address, in lower case.
    pub mac: String,
    /// Its device number; absent as long as the metadata does not know it.
    pub device_number: Option<u32>,
    /// The index of the network card that carries it.
    pub network_card: u32,
}

/// Interfaces that share one capacity: a network card, or the instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: GroupName,
    /// What its members can carry together, when known.
    pub capacity: Option<BytesPerSec>,
}

/// All that one node has at one moment; replaces what was known of that node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeInventory {
    /// The machine.
    pub node: NodeName,
    /// Its interfaces, in the order in which people expect them.
    pub interfaces: Vec<Interface>,
    /// What it has and does not use.
    pub left_out: Vec<LeftOut>,
}

/// An address that is not used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The address.
    pub address: IpAddr,
    /// The kernel's name of its device, when known.
    pub device: Option<String>,
    /// Why it is not used, as a sentence part.
    pub why: String,
}
