//! What is to be: the instances, their interfaces, their addresses. What the program believes of its configuration.
//!
//! When an instance is to run is not said here but by an [`Intent`] for each.
//!
//! [`Intent`]: crate::intent::Intent

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use crate::ids::{AllocationId, GroupId, InstanceId, InterfaceId, SubnetId};

/// A key and a value that a resource bears.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

/// One instance, as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// What the operator calls it.
    pub name: String,
    /// Which one it is.
    pub selector: Selector,
    /// The weir that runs on it.
    pub node: Option<Node>,
    /// So long after its start at most, the pools are healthy.
    pub ready_within: Duration,
    /// How it is emptied before it is stopped.
    pub drain: Drain,
    /// Whether what somebody started by hand after the hours is left running.
    pub started_by_hand: StartedByHand,
    /// What is done when EC2 has no room for it.
    pub no_capacity: NoCapacity,
    /// Its interfaces, by device index and then card.
    pub interfaces: Vec<Interface>,
}

/// Which instance is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// The one of this id.
    Id(InstanceId),
    /// The only one that bears this tag and is not terminated.
    Tag(Tag),
}

/// Where weir is asked and ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The root of its admin API, `http://10.0.1.10:9880` or `https://...`.
    pub url: String,
    /// The file that holds its bearer token.
    pub token_file: Option<PathBuf>,
    /// The certificates that its own is checked against, if not the machine's.
    pub ca_file: Option<PathBuf>,
}

/// How viewers are waited for before a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drain {
    /// Fewer viewers than these are not waited for.
    pub below_viewers: u32,
    /// Nobody is waited for longer.
    pub at_most: Duration,
}

/// What becomes of an instance that somebody started after its last closing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartedByHand {
    /// It runs until the next closing: somebody wanted it.
    #[default]
    Keep,
    /// It is stopped.
    Stop,
}

/// What is done when EC2 has no room for an instance of its type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoCapacity {
    /// Types in the order of preference; the first is the one that it should have. Empty: its type is left alone.
    pub instance_types: Vec<String>,
    /// So long after it was to run, an alarm says that it does not. Trying goes on.
    pub give_up_after: Duration,
}

/// One interface of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its place among the instance's devices; 0 is the one that it was launched with.
    pub device_index: u32,
    /// The network card that it sits on.
    pub network_card: u32,
    /// Which one it is.
    pub source: Source,
    /// The address that viewers are told.
    pub elastic_ip: Option<AllocationId>,
    /// Whether the Elastic IP is taken from another interface that holds it.
    pub reassociate: bool,
}

/// Where an interface comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The one that the instance was launched with (device index 0).
    Primary,
    /// One that exists.
    Existing(InterfaceId),
    /// One that is created when it is not there; it is known again by its subnet and address.
    Create(Create),
}

/// An interface that may have to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// The subnet.
    pub subnet: SubnetId,
    /// Its private address.
    pub address: Ipv4Addr,
    /// Its security groups; empty: the VPC's default group.
    pub security_groups: Vec<GroupId>,
}
